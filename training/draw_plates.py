"""Draws StyleGrid's own style plates: `python -m training.draw_plates --out styles`.

Everything is drawn at twice the size and then reduced, which smooths the edges. The seed decides all chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.float64]

SIDE = 512  # px
MOST_BYTES = 120_000
SEED = 7


def colours(text: str) -> Array:
    """Hexadecimal colours, separated by blanks, as rows of red, green and blue from 0 to 255."""
    return np.array([list(bytes.fromhex(each)) for each in text.split()], dtype=np.float64)


def gradient(palette: Array, position: Array) -> Array:
    """The colour at each position along a palette, 0 being its first colour and 1 its last."""
    stops = np.linspace(0, 1, len(palette))
    return np.stack([np.interp(position, stops, channel) for channel in palette.T], axis=-1)


def noise(random: np.random.Generator, side: int, columns: int, rows: int) -> Array:
    """Smooth noise from about -1 to 1: few columns or rows make it broad in that direction."""
    grid = random.uniform(-1, 1, (rows, columns)).astype(np.float32)
    smooth = Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float64)


def plane(side: int) -> tuple[Array, Array]:
    """Across and down, both from 0 to 1, for each pixel."""
    steps = (np.arange(side) + 0.5) / side
    across, down = np.meshgrid(steps, steps)
    return across, down


def picture(pixels: Array) -> Image.Image:
    """Pixels from 0 to 255 as a picture."""
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def reduced(image: Image.Image, size: int) -> Image.Image:
    """The picture at its final size."""
    return image.resize((size, size), Image.Resampling.LANCZOS)


def swirls(size: int = SIDE, seed: int = SEED) -> Image.Image:
    """Curved strokes of oil paint that follow a flow around glowing centres."""
    random = np.random.default_rng(seed)
    side = 2 * size
    across, down = plane(side)
    # Across, down, radius and turn of each centre.
    centres = ((0.30, 0.36, 0.17, 1), (0.74, 0.22, 0.12, -1), (0.68, 0.68, 0.15, 1), (0.16, 0.80, 0.10, -1),
               (0.95, 0.50, 0.07, 1), (0.05, 0.12, 0.09, -1), (0.45, 0.93, 0.08, 1))  # fmt: skip
    stream = down + 0.05 * np.sin(7 * across + 1) + 0.04 * noise(random, side, 5, 5)
    glow = np.zeros_like(stream)
    for x, y, radius, turn in centres:
        distance = np.hypot(across - x, down - y) / radius
        calm = np.exp(-(distance**4) / 2)  # the broad flow gives way to the circles
        stream += calm * (y - down) + 1.3 * turn * radius * np.exp(-(distance**2) / 1.6)
        halo = 0.36 * np.exp(-(((distance - 0.98) / 0.15) ** 2))
        glow = np.maximum(glow, np.exp(-((distance / 0.55) ** 2)) + halo)
    slope_down, slope_across = np.gradient(stream)
    heading = np.arctan2(-slope_across, slope_down)

    night = colours("0b1438 14286b 1c4a9c 0f2f78 3f86c8 8fc3dc 2563b0 12235e")
    sun = colours("3f86c8 b9d6bc f6df8c f9c93a f2a01c fff2b8")
    bands = 0.5 + 0.5 * np.sin(15 * stream + 1.2 * noise(random, side, 4, 4))
    warmth = np.clip(glow, 0, 1)[..., None] ** 0.6
    base = gradient(night, bands) * (1 - warmth) + gradient(sun, np.clip(glow, 0, 1)) * warmth

    image = picture(0.6 * base)
    draw = ImageDraw.Draw(image)
    # Strokes, steps and bristles of each layer of paint, from the broad ones to the fine ones.
    for strokes, steps, bristles in ((2600, 16, 7), (4200, 13, 5), (3600, 10, 3)):
        thickness = side / 460
        starts = random.uniform(-0.02, 1.02, (strokes, 2)) * side
        for start, shade in zip(starts, random.normal(0, 1, (strokes, 4)), strict=True):
            path, sideways = trace(start, steps, heading)
            x, y = np.clip(path[steps // 2], 0, side - 1).astype(int)
            colour = base[y, x] * (1 + 0.10 * shade[0]) + 9 * shade[1:]
            for place in np.linspace(-1, 1, bristles):
                light = 1 - 0.24 * place + 0.07 * np.sin(9 * place + 5 * shade[0])
                red, green, blue = np.clip(colour * light, 0, 255).astype(int).tolist()
                line = path + sideways * place * bristles * thickness / 2
                draw.line(line.ravel().tolist(), (red, green, blue), max(1, round(1.5 * thickness)))
    return reduced(image.filter(ImageFilter.UnsharpMask(2, 40, 0)), size)


def trace(start: Array, steps: int, heading: Array) -> tuple[Array, Array]:
    """A path along the flow, and at each of its points the direction across it, shorter towards both ends."""
    last = len(heading) - 1
    path, directions = np.zeros((2, steps, 2))
    for step in range(steps):
        path[step] = start
        x, y = np.clip(start, 0, last).astype(int)
        directions[step] = np.cos(heading[y, x]), np.sin(heading[y, x])
        start = start + directions[step] * len(heading) / 180
    taper = np.sin(np.linspace(0.5, np.pi - 0.3, steps))[:, None]
    return path, directions[:, ::-1] * (-1, 1) * taper


def stained_glass(size: int = SIDE, seed: int = SEED) -> Image.Image:
    """A rose window: the cells nearest to points on rings, in jewel colours, with lead between them."""
    random = np.random.default_rng(seed)
    side = 2 * size
    across, down = plane(side)
    points, hues = [np.array([0.5, 0.5])], [3]
    # Radius, cells and colours of each ring.
    rings = ((0.085, 8, (0, 5)), (0.155, 16, (1, 3)), (0.245, 16, (4, 0)), (0.325, 32, (2, 5, 2, 3)),
             (0.395, 32, (1,)), (0.50, 16, (0, 4)), (0.585, 48, (3, 1, 0)), (0.68, 32, (5, 2)))  # fmt: skip
    for order, (radius, cells, choice) in enumerate(rings):
        for cell in range(cells):
            angle = 2 * np.pi * (cell + 0.5 * (order % 2)) / cells + random.normal(0, 0.016)
            points.append(0.5 + (radius + random.normal(0, 0.006)) * np.array([np.cos(angle), np.sin(angle)]))
            hues.append(choice[cell % len(choice)] if random.random() < 0.86 else int(random.integers(6)))

    nearest, second = np.full_like(across, np.inf), np.full_like(across, np.inf)
    owner, other = np.zeros(across.shape, dtype=int), np.zeros(across.shape, dtype=int)
    for index, (x, y) in enumerate(points):
        distance = (across - x) ** 2 + (down - y) ** 2
        first = distance < nearest
        later = ~first & (distance < second)
        second = np.where(first, nearest, np.where(later, distance, second))
        other = np.where(first, owner, np.where(later, index, other))
        nearest, owner = np.where(first, distance, nearest), np.where(first, index, owner)
    sites = np.array(points)
    gap = np.linalg.norm(sites[owner] - sites[other], axis=-1)
    edge = (second - nearest) / (2 * np.maximum(gap, 1e-9))  # the way to the nearest lead

    jewels = colours("123fa8 c2142e 0e8a5a f4b41a 6a1f9c 12a0c4")
    tints = jewels[hues] * random.uniform(0.75, 1.2, (len(points), 1))
    tints += random.normal(0, 10, tints.shape)
    streaks = noise(random, side, 60, 14) + noise(random, side, 18, 70) + noise(random, side, 110, 110)
    streaks += 0.6 * np.sin(900 * edge + 4 * noise(random, side, 30, 30))  # ripples of hand-blown glass
    depth = np.clip(edge / 0.035, 0, 1)
    light = (0.60 + 0.66 * depth**0.8 + 0.17 * streaks)[..., None]
    glass = tints[owner] * light + 70 * np.clip(depth - 0.45, 0, 1)[..., None] ** 1.3
    width = 0.0062
    rounding = np.sqrt(np.clip(1 - (edge / width) ** 2, 0, 1))
    lead = 16 + 46 * rounding[..., None] ** 3 * np.array([0.9, 0.95, 1.05])
    pixels = np.where((edge < width)[..., None], lead, glass)
    image = picture(pixels)
    bloom = np.asarray(image.filter(ImageFilter.GaussianBlur(side / 60)), dtype=np.float64)
    return reduced(picture(255 - (255 - pixels.clip(0, 255)) * (255 - 0.26 * bloom) / 255), size)


def waves(size: int = SIDE, seed: int = SEED) -> Image.Image:
    """Layers of waves as in a woodblock print, filled with scales and fine lines, below a red sun."""
    random = np.random.default_rng(seed)
    side = 2 * size
    across, down = plane(side)
    indigo = colours("0f1f4b 1b3a78 3a669f 86a9c4")
    cream, vermilion = colours("f3e6c8 d5412b")
    pixels = gradient(colours("e9b98a f3e6c8 efe0bd"), down / 0.4)
    sun = np.hypot(across - 0.68, down - 0.2)
    pixels = np.where((sun < 0.15)[..., None], vermilion, pixels)
    clouds = np.abs(np.sin(np.pi * (down * 46 + 0.7 * np.sin(9 * across))))
    pixels = np.where(((clouds < 0.22) & (sun > 0.165))[..., None], 0.55 * pixels + 0.45 * indigo[2], pixels)
    for layer, top in enumerate(np.linspace(0.26, 0.98, 8)):
        period = 0.30 + 0.05 * layer
        phase = across / period + random.uniform(0, 1)
        swell = 1 - np.abs(np.sin(np.pi * (phase + 0.09 * np.sin(2 * np.pi * phase)))) ** 0.8
        height = 0.07 + 0.008 * layer
        depth = down - top + height * (swell - 0.4) + 0.006 * noise(random, side, 5, 3)
        if layer % 2:
            ring, row = scales(across, depth - 0.75 * height * swell + 0.1, 0.042 + 0.004 * layer)
            lines = np.abs(ring * 4.5 % 1 - 0.5) > 0.33
            fill = gradient(indigo, np.clip(0.15 + depth * 3, 0, 1))
            fill = np.where(((row % 5 == 2) & (ring < 0.45))[..., None], vermilion, fill)
        else:
            lines = np.abs(np.sqrt(np.abs(depth)) * 34 % 1 - 0.5) > 0.36
            fill = gradient(indigo[::-1], np.clip(0.1 + depth * 6, 0, 1))
        fill = np.where(lines[..., None], cream, fill)
        fill = np.where((depth < 0.012)[..., None], cream, fill)
        fill = np.where((depth < 0.003)[..., None], indigo[0], fill)
        pixels = np.where((depth > 0)[..., None], fill, pixels)
    grain = 5 * noise(random, side, 6, side // 3) + 5 * noise(random, side, side // 2, side // 2)
    return reduced(picture(pixels + grain[..., None]), size)


def scales(across: Array, down: Array, radius: float) -> tuple[Array, Array]:
    """The overlapping arches of seigaiha: the way from the arch's middle, 1 at its rim, and its row."""
    ring, row = np.ones_like(across), np.zeros_like(across)
    for ahead in range(-1, 4):
        candidate = np.floor(down / (radius / 2)) + ahead
        shifted = across / radius + candidate % 2
        distance = np.hypot((shifted + 1) % 2 - 1, down / radius - candidate / 2)
        ring, row = np.where(distance < 1, distance, ring), np.where(distance < 1, candidate, row)
    return ring, row


Draw = Callable[[int, int], Image.Image]
PLATES: dict[str, Draw] = {"swirls": swirls, "stained-glass": stained_glass, "waves": waves}


def encoded(image: Image.Image) -> bytes:
    """The picture as the best JPEG that is small enough."""
    for quality in range(94, 40, -2):
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < MOST_BYTES:
            return buffer.getvalue()
    raise ValueError(f"the picture does not fit into {MOST_BYTES} bytes")


def main() -> None:
    """Draw every plate into the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("styles"), help="the folder to draw into")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, draw in PLATES.items():
        (arguments.out / f"{name}.jpg").write_bytes(encoded(draw(SIDE, arguments.seed)))


if __name__ == "__main__":
    main()
