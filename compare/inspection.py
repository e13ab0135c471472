"""A look inside a finished picture, beside photo and painting: edges, colours, layers, Gram matrices, patch.

It is computed on the CPU and comes out as plain data with pictures as files, so that an engine can do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.device import full_float32
from core.edges import HIGH_PASS_GAIN, SOBEL_GAIN, around_grey, sobel
from core.heat import BOTH_WAYS, FROM_NOTHING, coloured, signed_root, strongest
from core.histogram import channel_histograms, histogram_distance, uv_histogram
from core.images import Pixels, open_picture, picture_bytes, png_bytes, to_image, to_tensor
from core.losses import neighbour_differences, total_variation
from core.neighbours import nearest_map
from core.resample import fit_short_side
from core.yardstick import CONTENT_LAYER, SHORT_SIDE, STYLE_LAYERS, features_of, grams_of, layer_distances

CHANNELS = 64  # of a Gram matrix that are shown
QUALITY = 80  # of WebP


@dataclass(frozen=True)
class View:
    """What is shown of one picture, at a short side of SHORT_SIDE px.

    Attributes:
        image: itself; high_pass, sobel: its edges across and down; all WebP files.
        variation: its total variation, a pixel and channel.
        levels: the shares of LEVELS steps of red, green and blue; colours: its RGB-uv histogram, a PNG file.
        colour: the distance of that to the painting's.
        layers: its style distance by layer.
    """

    image: bytes
    high_pass: tuple[bytes, bytes]
    sobel: tuple[bytes, bytes]
    variation: float
    levels: tuple[tuple[float, ...], ...]
    colours: bytes
    colour: float
    layers: Mapping[str, float]


@dataclass(frozen=True)
class Grams:
    """Heat maps of Gram matrices at one layer, PNG files: the painting's, the picture's, the difference.

    Of its `channels` they show the CHANNELS that are strongest in the painting, the strongest first.
    """

    channels: int
    painting: bytes
    picture: bytes
    difference: bytes


@dataclass(frozen=True)
class Nearest:
    """Where the painting is most like each patch of the picture.

    Attributes:
        columns: of the picture's places; painted: of the painting's.
        places: row by row, of the painting: row * painted + column; distances: cosine distances there.
    """

    columns: int
    painted: int
    places: tuple[int, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class Inspection:
    """All that is shown of a picture; `grams` by layer of STYLE_LAYERS."""

    photo: View
    painting: View
    picture: View
    grams: Mapping[str, Grams]
    nearest: Nearest


@torch.no_grad()
@full_float32()
def inspect(content: Pixels | Path, style: Pixels | Path, picture: Pixels | Path) -> Inspection:
    """Of a picture that was made of a photo and a painting, each pixels or a file. PictureError where a file
    is unfit."""
    images = [fit_short_side(to_tensor(pixels_of(each)), SHORT_SIDE) for each in (content, style, picture)]
    grams, deepest = zip(*map(encoded, images), strict=True)
    colours = [uv_histogram(image) for image in images]
    distances = [layer_distances(each, grams[1]) for each in grams]
    photo, painting, made = (
        view(image, own, histogram_distance(own, colours[1]), {name: d.item() for name, d in layers.items()})
        for image, own, layers in zip(images, colours, distances, strict=True)
    )
    maps = {layer: heat_maps(grams[1][layer][0], grams[2][layer][0]) for layer in STYLE_LAYERS}
    return Inspection(photo, painting, made, maps, nearest(deepest[2], deepest[1]))


def pixels_of(source: Pixels | Path) -> Pixels:
    """Pixels as they are, or those of a file, over white. PictureError where it is unfit."""
    return np.asarray(open_picture(source).rgb) if isinstance(source, Path) else source


def encoded(image: Tensor) -> tuple[Mapping[str, Tensor], Tensor]:
    """Of a (1, 3, H, W) picture in [0, 1]: Gram matrices by layer, and the features at CONTENT_LAYER. Of one
    picture at a time, for those of a panorama take half a gigabyte."""
    features = features_of(image)
    return grams_of(features), features[CONTENT_LAYER]


def view(image: Tensor, colours: Tensor, colour: float, layers: Mapping[str, float]) -> View:
    """Of a (1, 3, H, W) picture in [0, 1], its RGB-uv histogram, and its distances to the painting."""
    down, across = neighbour_differences(image)
    sobel_down, sobel_across = sobel(image)
    return View(
        webp(image),
        (webp(around_grey(across, HIGH_PASS_GAIN)), webp(around_grey(down, HIGH_PASS_GAIN))),
        (webp(around_grey(sobel_across, SOBEL_GAIN)), webp(around_grey(sobel_down, SOBEL_GAIN))),
        total_variation(image).item() / image.numel(),
        tuple(tuple(each) for each in channel_histograms(image).tolist()),
        png(signed_root(colours, colours.amax((1, 2), keepdim=True))[None]),
        colour,
        layers,
    )


def heat_maps(painting: Tensor, picture: Tensor) -> Grams:
    """Of two Gram matrices (C, C) of one layer, on the painting's scale."""
    shown = strongest(painting, CHANNELS)
    target, actual = (each[shown][:, shown] for each in (painting, picture))
    largest = target.max()
    ways = (signed_root(actual - target, largest) + 1) / 2
    return Grams(
        len(painting),
        png(coloured(signed_root(target, largest), FROM_NOTHING)),
        png(coloured(signed_root(actual, largest), FROM_NOTHING)),
        png(coloured(ways, BOTH_WAYS)),
    )


def nearest(picture: Tensor, painting: Tensor) -> Nearest:
    """By the features (1, C, H, W) of both."""
    distances, places = nearest_map(picture, painting)
    rounded = (round(each, 3) for each in distances.flatten().tolist())
    return Nearest(places.shape[1], painting.shape[-1], tuple(places.flatten().tolist()), tuple(rounded))


def webp(image: Tensor) -> bytes:
    """A (1, 3, H, W) picture in [0, 1] as a WebP file."""
    return picture_bytes(to_image(image), {}, "webp", QUALITY)


def png(image: Tensor) -> bytes:
    """The same as a PNG file, which loses nothing."""
    return png_bytes(to_image(image), {})
