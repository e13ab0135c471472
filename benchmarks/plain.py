"""The transformation network as public examples write and run it: the other side of our speed ratios.

Eager float32 in the default memory layout: a padding module, a convolution with bias, nn.InstanceNorm2d, and
features enlarged in memory before they are convolved.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.transformer_net import Layer, Residual, TransformerNet


class Plain(nn.Module):
    """Does what `network` does for (B, 3, H, W) pictures whose sides are multiples of 4.

    Args:
        network: of one style, with instance norm; its weights are copied.
    """

    def __init__(self, network: TransformerNet) -> None:
        super().__init__()
        self.down = nn.ModuleList(map(plain_layer, network.down))  # type: ignore[arg-type]
        self.residual = nn.ModuleList(map(plain_residual, network.residual))  # type: ignore[arg-type]
        self.up = nn.ModuleList(map(plain_layer, network.up))  # type: ignore[arg-type]
        self.out = plain_layer(network.out)

    def forward(self, image: Tensor) -> Tensor:
        x = 4 * image - 2
        for layer in self.down:
            x = F.relu(layer(x))
        for block in self.residual:
            x = x + block(x)
        for layer in self.up:
            x = F.relu(layer(F.interpolate(x, scale_factor=2, mode="nearest")))
        return torch.sigmoid(self.out(x))


def plain_layer(layer: Layer) -> nn.Sequential:
    """Padding, convolution and instance norm, with the layer's weights."""
    ours = layer.convolution
    convolution = nn.Conv2d(ours.in_channels, ours.out_channels, ours.kernel_size, ours.stride)  # type: ignore[arg-type]
    norm = nn.InstanceNorm2d(ours.out_channels, affine=True)
    with torch.no_grad():
        convolution.weight.copy_(ours.weight)
        convolution.bias.zero_()  # type: ignore[union-attr]
        norm.weight.copy_(layer.norm.gamma.flatten())  # type: ignore[operator]
        norm.bias.copy_(layer.norm.beta.flatten())  # type: ignore[operator]
    return nn.Sequential(nn.ReflectionPad2d(ours.kernel_size[0] // 2), convolution, norm)


def plain_residual(block: Residual) -> nn.Sequential:
    """The change that the block adds."""
    return nn.Sequential(plain_layer(block.first), nn.ReLU(), plain_layer(block.second))
