"""AdaIN's quality on paintings that it has not seen, its speed, and what tiles change.

    python -m benchmarks.adain --content examples --style styles --size 256 --sheet out/adain.jpg

Quality: both distances of the yardstick, averaged over the folder's photos, how near the decoder comes to a
photo that is given no style, and how much of a mesh it leaves. Speed: seconds of one warm pass with the
style known, beside the same network run the plain way, the two taking turns. Tiles: PSNR of the picture
in tiles against the same picture in one piece.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.feedforward import (
    Case,
    heading,
    parse,
    parser,
    pictures,
    plate_style,
    psnr,
    quality,
    save_sheet,
    speed,
)
from core.images import open_picture, save_png, to_image, to_tensor
from core.losses import mean_std, periodicity
from core.noise import Grain
from core.patches import whole
from core.resample import fit_long_side, fit_short_side
from core.vgg import MEAN_RGB
from methods.adain import FEATURE_SCALE, GRAIN, MULTIPLE, AdaIN, AdaINSettings, Decoder, encoder
from methods.base import Stop, Style
from weights.load import load

SHEET_SIDE, CONTROLS_SIDE = 112, 176  # px
STYLE_SIDE = 512  # px, of the style picture where speed is measured


class Plain(nn.Module):
    """AdaIN as public examples write and run it: eager float32 in the default memory layout."""

    def __init__(self, style: Tensor) -> None:
        super().__init__()
        encoding: list[nn.Module] = []
        for stage in encoder(style.device, torch.float32).stages.values():
            encoding += padded(stage) if isinstance(stage, nn.Conv2d) else [stage]
        decoder = Decoder()
        decoder.load_state_dict(load("adain"))
        decoding: list[nn.Module] = []
        for index, convolution in enumerate(decoder.convolutions):
            if index:
                decoding.append(nn.ReLU())
            if index in Decoder.ENLARGED:
                decoding.append(nn.Upsample(scale_factor=2))
            decoding += padded(convolution)  # type: ignore[arg-type]
        self.encoder = nn.Sequential(*encoding).to(style.device)
        self.decoder = nn.Sequential(*decoding).to(style.device)
        self.pixel_mean = torch.tensor(MEAN_RGB, device=style.device).view(3, 1, 1)
        self.style_mean, self.style_std = mean_std(self.encode(style))
        self.grain = Grain(0, GRAIN)

    def encode(self, image: Tensor) -> Tensor:
        """relu4_1."""
        features: Tensor = self.encoder(image * 255 - self.pixel_mean)
        return features

    def forward(self, image: Tensor) -> Tensor:
        grain = self.grain.at(whole(image.shape[-2], image.shape[-1]))
        features = self.encode(image + grain.to(image.device))
        mean, std = mean_std(features)
        wanted = (features - mean) / std * self.style_std + self.style_mean
        image = 0.5 + self.decoder(wanted / FEATURE_SCALE) / 4
        return image.clamp(0, 1)


def padded(convolution: nn.Conv2d) -> list[nn.Module]:
    """A padding module and the convolution with its weights in the default memory layout."""
    plain = nn.Conv2d(convolution.in_channels, convolution.out_channels, 3)
    plain.load_state_dict({name: each.contiguous() for name, each in convolution.state_dict().items()})
    return [nn.ReflectionPad2d(1), plain]


@torch.no_grad()
def reconstruction(method: AdaIN, contents: list[Tensor]) -> str:
    """How near the decoder alone comes to photos whose features it gets: alpha 0 of eq. 14."""
    kept = []
    for photo in (each.to(method.device) for each in contents):
        kept.append(psnr(method.decoded(method.features(photo), photo).clamp(0, 1), photo))
    return f"decoder of a photo's own features: PSNR {statistics.mean(kept):.1f} dB, worst {min(kept):.1f} dB"


def mesh(painted: Mapping[str, list[Tensor]], contents: list[Tensor]) -> Table:
    """How much photos, styles and pastiches repeat themselves.

    At the distance of the decoder's positions, which its training holds down, and at half and twice that,
    which it does not. `painted` has for each style its picture and the pastiches.
    """
    styles = [style for style, *_ in painted.values()]
    table = Table("periodicity", "photos", "styles", "pastiches", "at most")
    for period in (MULTIPLE // 2, MULTIPLE, 2 * MULTIPLE):
        found = {label: mean_periodicity(each, period) for label, (_, *each) in painted.items()}
        worst = max(found, key=lambda label: found[label])
        means = (
            mean_periodicity(contents, period),
            mean_periodicity(styles, period),
            statistics.mean(found.values()),
        )
        table.add_row(f"{period} px", *(f"{each:.3f}" for each in means), f"{found[worst]:.3f} ({worst})")
    return table


def mean_periodicity(images: list[Tensor], period: int) -> float:
    """That of (1, 3, H, W) pictures of any sizes."""
    return statistics.mean(periodicity(each, period).item() for each in images)


@torch.no_grad()
def tiled(method: AdaIN, photo: Tensor, style: Style, size: int) -> str:
    """How near the picture in tiles comes to the one in one piece."""
    content = fit_long_side(photo, size)
    whole, pieces = (
        next(method.stylize(content, style, AdaINSettings(tile=tile))).image for tile in (4096, 512)
    )
    return f"{size} px in tiles of 512 px against one piece: PSNR {psnr(pieces, whole):.1f} dB"


def controls(method: AdaIN, photo: Tensor, first: str, second: str) -> list[list[Tensor]]:
    """Three rows of pictures of what the settings do, with two plates.

    The first plate, and alpha 0, 0.25, 0.5, 0.75, 1. The second, and its share as much. A mask, and by it
    the first plate on white and the second on black; the photo's colours kept by recolouring and by
    luminance; and the first plate at half and at twice the usual size.
    """
    style, other = plate_style(first), plate_style(second)

    def painted(**settings: Any) -> Tensor:
        return next(method.stylize(photo, style, AdaINSettings(**settings))).image

    quarters = (0, 0.25, 0.5, 0.75, 1)
    across = torch.linspace(-1, 1, photo.shape[-1])
    down = torch.linspace(-1, 1, photo.shape[-2])[:, None]
    disc = (3 - 4 * (across.square() + down.square()).sqrt()).clamp(0, 1).expand(1, 3, *photo.shape[-2:])
    with TemporaryDirectory() as folder:
        mask = Path(folder) / "mask.png"
        save_png(to_image(disc), mask, {})
        masked = painted(plates=(second,), mask=str(mask))
    return [
        [style.image, *(painted(alpha=alpha) for alpha in quarters)],
        [other.image, *(painted(plates=(second,), shares=f"{1 - share}, {share}") for share in quarters)],
        [
            disc,
            masked,
            *(painted(keep_colours=True, colours=way) for way in ("recolour", "luminance")),
            *(painted(style_size=size) for size in (256, 1024)),
        ],
    ]


def main() -> None:
    """Print the tables and, where asked, save the contact sheet."""
    flags = parser("adain", __doc__.splitlines()[0])
    flags.add_argument("--style", type=Path, default=Path("styles"), help="folder of *.jpg (%(default)s)")
    flags.add_argument("--alpha", type=float, default=1.0, help="(%(default)s)")
    flags.add_argument(
        "--sheet-size",
        type=int,
        default=512,
        help="short side there, and of the mesh's pictures, in px (%(default)s)",
    )
    flags.add_argument("--sheet-styles", nargs="+", help="names of the sheet's styles (all)")
    flags.add_argument("--tiled", type=int, default=1536, help="long side for the tiles, in px (%(default)s)")
    flags.add_argument("--controls", type=Path, help="where to save what the settings do")
    flags.add_argument(
        "--plates", nargs=2, default=["starry-night", "garden-klee"], help="the plates for that (%(default)s)"
    )
    given = parse(flags)
    method = AdaIN()
    method.load(given.device)
    console = Console(width=110)
    console.print(heading(given))
    settings = AdaINSettings(alpha=given.alpha)
    cases = [
        Case(path.stem, Style(to_tensor(open_picture(path, "style").rgb)), settings)
        for path in sorted(given.style.glob("*.jpg"))
    ]
    contents = [fit_short_side(photo, given.size) for photo in given.photos]
    console.print(quality(method, contents, cases, given.device))
    console.print(reconstruction(method, contents))
    contents = [fit_short_side(photo, given.sheet_size) for photo in given.photos]
    painted = {case.label: pictures(method, contents, case) for case in cases}
    console.print(mesh(painted, contents))
    first = cases[0].style
    target = method.target(given.photos[0], first, AdaINSettings(style_size=STYLE_SIDE))
    style = fit_short_side(first.image, STYLE_SIDE).to(given.device)
    with torch.no_grad():
        plain = {"adain": Plain(style)}

    def ours(content: Tensor) -> Tensor:
        return method.paint(content, target, AdaINSettings(), Stop())

    console.print(speed(plain, {"adain": ours}, given.photos[0], given.sizes, given.repeats, given.device))
    if given.tiled:
        console.print(tiled(method, given.photos[0], first, given.tiled))
    if given.sheet:
        chosen = [row for label, row in painted.items() if label in (given.sheet_styles or painted)]
        save_sheet(chosen, SHEET_SIDE, given.sheet)
    if given.controls:
        photo = fit_short_side(given.photos[0], given.sheet_size)
        save_sheet(controls(method, photo, *given.plates), CONTROLS_SIDE, given.controls)


if __name__ == "__main__":
    main()
