"""Where a picture changes: Sobel gradients, and how edges are shown. High frequencies themselves are
`core.losses.neighbour_differences`, whose absolute sum is the total variation.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

HIGH_PASS_GAIN, SOBEL_GAIN = 2.0, 0.25  # of what is shown, as in TensorFlow's style transfer tutorial
MIDDLE = 0.5  # grey, where nothing changes


def sobel(image: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel gradients down and across: (B, C, H, W) -> two of the same shape, eight times the slope a pixel.

    Borders are reflected, as `tf.image.sobel_edges` does.
    """
    smooth, slope = torch.tensor([[1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]], device=image.device)
    kernels = torch.stack([slope[:, None] * smooth, smooth[:, None] * slope])[:, None]
    batch, channels, height, width = image.shape
    planes = F.pad(image.float().reshape(-1, 1, height, width), (1, 1, 1, 1), "reflect")
    down, across = F.conv2d(planes, kernels).reshape(batch, channels, 2, height, width).unbind(2)
    return down, across


def around_grey(edges: Tensor, gain: float) -> Tensor:
    """Edges as a picture in [0, 1]: MIDDLE where there are none, brighter where it becomes brighter."""
    return (gain * edges + MIDDLE).clamp(0, 1)
