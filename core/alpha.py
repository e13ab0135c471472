"""Transparency: pictures over a ground, and back; the part of a picture that is opaque."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""A picture, (H, W, 3) RGB, or an alpha channel, (H, W), in 0..255."""

FAINTEST = 8  # the least alpha, of 255, that is undone in full: beneath it, rounding would be seen
SHIFTS = 8  # a hole in a style is filled from places that lie multiples of an eighth of its sides away


def over(colours: Image.Image, alpha: Image.Image | None, ground: str) -> Image.Image:
    """Straight colours laid over a ground of one colour, in mode RGB."""
    if alpha is None:
        return colours
    canvas = Image.new("RGB", colours.size, ground)
    canvas.paste(colours, mask=alpha)
    return canvas


def unblended(result: Pixels, blended: Pixels, straight: Pixels, alpha: Pixels) -> Pixels:
    """The straight colours of a result that was made of a picture over a ground, (H, W, 3) in 0..255.

    result = a * colour + (1 - a) * ground, and blended = a * straight + (1 - a) * ground, so that the ground
    cancels: colour = straight + (result - blended) / a. A result that is the picture itself gives its own
    colours back, at every alpha.
    """
    opacity = np.maximum(alpha, FAINTEST)[..., None].astype(np.float32) / 255
    change = (result.astype(np.float32) - blended) / opacity
    restored: Pixels = np.rint(np.clip(straight + change, 0, 255)).astype(np.uint8)
    return restored


def resized(
    colours: Image.Image, alpha: Image.Image, size: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """Both by Lanczos filtering; colours count as much as they are opaque, so that what is hidden does not
    bleed into what is seen."""
    weights = np.asarray(alpha, np.float32)
    small = np.asarray(Image.fromarray(weights).resize(size, Image.Resampling.LANCZOS))
    channels = []
    for channel in colours.split():
        weighted = Image.fromarray(np.asarray(channel, np.float32) * weights)
        sums = np.asarray(weighted.resize(size, Image.Resampling.LANCZOS))
        hidden = np.asarray(channel.resize(size, Image.Resampling.LANCZOS), np.float32)
        visible = small >= 0.5
        channels.append(np.where(visible, sums / np.where(visible, small, 1), hidden))
    pixels = np.rint(np.clip(np.stack(channels, axis=2), 0, 255)).astype(np.uint8)
    return Image.fromarray(pixels), Image.fromarray(np.rint(np.clip(small, 0, 255)).astype(np.uint8))


def opaque_part(colours: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """A picture of the same size that consists of opaque pixels only: holes are filled with other parts.

    Opaque is what has at least half of the greatest alpha. A ground seen through holes would become part of a
    style's statistics. ValueError where all is transparent.
    """
    if alpha is None:
        return colours
    opacity, pixels = np.asarray(alpha), np.array(colours)
    if not opacity.max():
        raise ValueError("all of it is transparent")
    source, opaque = pixels.copy(), opacity * 2.0 >= opacity.max()
    holes = ~opaque
    height, width = opaque.shape
    steps = sorted(
        ((down, across) for down in range(SHIFTS) for across in range(SHIFTS)),
        key=lambda step: sum(min(each, SHIFTS - each) ** 2 for each in step),
    )
    for down, across in steps[1:]:
        if not holes.any():
            break
        shift = down * height // SHIFTS, across * width // SHIFTS
        filled = holes & np.roll(opaque, shift, (0, 1))
        pixels[filled] = np.roll(source, shift, (0, 1))[filled]
        holes &= ~filled
    if holes.any():  # opaque specks: their pixels again and again
        specks = source[opaque]
        pixels[holes] = specks[np.arange(holes.sum()) % len(specks)]
    return Image.fromarray(pixels)
