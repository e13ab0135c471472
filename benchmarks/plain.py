"""Our networks as public examples write and run them: the other side of our speed ratios.

Eager float32 in the default memory layout: a padding module, a convolution with bias, nn.InstanceNorm2d, and
features enlarged in memory before they are convolved. They know what the style is and nothing of settings.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.losses import mean_std
from core.resample import fit_short_side
from core.transformer_net import MULTIPLE, Layer, Residual, TransformerNet
from core.vgg import MEAN_RGB
from methods.adain import AdaIN
from methods.autoencoder import FEATURE_SCALE, Decoder, encoder
from methods.autoencoder import MULTIPLE as ENCODER_MULTIPLE
from methods.base import Frame, Method, Stop, Style
from methods.cin import CIN, PLATES
from methods.cin_network import conditional, embedded_network
from methods.johnson import Johnson, key, network_of
from methods.settings import MethodSettings
from weights.catalog import entry
from weights.load import load

STYLE_SIDE = 512  # px, of the style picture


class Plain(Method):
    """A method that is one plain network for each style."""

    Settings = MethodSettings
    weights = ()
    multiple: ClassVar[int] = MULTIPLE

    @abstractmethod
    def network(self, style: Style) -> nn.Module:
        """Takes and gives (1, 3, H, W) pictures in [0, 1], H and W multiples of `multiple`."""

    def load(self, device: torch.device) -> None:
        self.device = device

    def prepare(
        self,
        style: Style,
        settings: MethodSettings,
        files: Mapping[str, bytes],
        stop: Stop | None = None,
    ) -> None:
        if self.styles and style.name not in self.styles:
            raise ValueError(f"{self.title} knows only {', '.join(self.styles)}.")
        style.once(self.name, lambda: self.network(style).to(self.device))

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        network = style.once(self.name, lambda: self.network(style))
        height, width = content.shape[-2:]
        missing = (0, -width % self.multiple, 0, -height % self.multiple)
        padded = F.pad(content.to(self.device), missing, mode="reflect")
        yield Frame(network(padded)[..., :height, :width].cpu(), 1, 1)


class PlainJohnson(Plain):
    """Johnson's full networks with instance norm."""

    name, title = "johnson-plain", f"{Johnson.title}, plain"
    paper, styles = Johnson.paper, Johnson.styles

    def network(self, style: Style) -> nn.Module:
        weight = entry(key(str(style.name), "instance", "full"))
        return PlainTransformer(network_of(load(weight.key), weight.file))


class PlainCIN(Plain):
    """CIN's network with one row of its gammas and betas."""

    name, title = "cin-plain", f"{CIN.title}, plain"
    paper, styles = CIN.paper, PLATES

    def network(self, style: Style) -> nn.Module:
        network, row = conditional(1), self.styles.index(str(style.name))
        known = embedded_network()
        network.load_state_dict(known.with_row(known.row(row)))
        return PlainTransformer(network)


class PlainAdaIN(Plain):
    """AdaIN's encoder and decoder, without noise on the photo."""

    name, title, paper = "adain-plain", f"{AdaIN.title}, plain", AdaIN.paper
    multiple = ENCODER_MULTIPLE

    def network(self, style: Style) -> nn.Module:
        return PlainAutoencoder(fit_short_side(style.image, STYLE_SIDE))


class PlainTransformer(nn.Module):
    """Does what `network`, of one style and with instance norm, does; its weights are copied."""

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


class PlainAutoencoder(nn.Module):
    """AdaIN with the style of a picture (1, 3, H, W) in [0, 1]."""

    pixel_mean: Tensor
    style_mean: Tensor
    style_std: Tensor

    def __init__(self, style: Tensor) -> None:
        super().__init__()
        encoding: list[nn.Module] = []
        for stage in encoder(torch.device("cpu"), torch.float32).stages.values():
            encoding += plain_convolution(stage) if isinstance(stage, nn.Conv2d) else [stage]
        decoder = Decoder()
        decoder.load_state_dict(load("adain"))
        decoding: list[nn.Module] = []
        for index, convolution in enumerate(decoder.convolutions):
            decoding += [nn.ReLU()] if index else []
            decoding += [nn.Upsample(scale_factor=2)] if index in Decoder.ENLARGED else []
            decoding += plain_convolution(convolution)  # type: ignore[arg-type]
        self.encoder, self.decoder = nn.Sequential(*encoding), nn.Sequential(*decoding)
        self.register_buffer("pixel_mean", torch.tensor(MEAN_RGB).view(3, 1, 1))
        with torch.no_grad():
            mean, std = mean_std(self.encoded(style))
        self.register_buffer("style_mean", mean)
        self.register_buffer("style_std", std)

    def encoded(self, image: Tensor) -> Tensor:
        """relu4_1."""
        features: Tensor = self.encoder(image * 255 - self.pixel_mean)
        return features

    def forward(self, image: Tensor) -> Tensor:
        features = self.encoded(image)
        mean, std = mean_std(features)
        target = (features - mean) / std * self.style_std + self.style_mean
        image = 0.5 + self.decoder(target / FEATURE_SCALE) / 4
        return image.clamp(0, 1)


def plain_convolution(convolution: nn.Conv2d) -> list[nn.Module]:
    """A padding module and the convolution with its weights in the default memory layout."""
    plain = nn.Conv2d(convolution.in_channels, convolution.out_channels, 3)
    plain.load_state_dict({name: each.contiguous() for name, each in convolution.state_dict().items()})
    return [nn.ReflectionPad2d(1), plain]


PLAIN: tuple[type[Plain], ...] = (PlainJohnson, PlainCIN, PlainAdaIN)
