"""The CIN network's quality per plate, and its speed beside the same network run the plain way.

    python -m benchmarks.cin --content examples --size 256 --sheet out/cin.jpg

Quality: both distances of the yardstick, averaged over the folder's photos. Speed: seconds of one warm pass,
the two ways taking turns; plain is eager float32 in the default memory layout, as public examples run it.
"""

from __future__ import annotations

import argparse
import statistics
from itertools import zip_longest
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from core.device import DEVICES, describe, pick_device
from core.images import open_picture, to_tensor
from core.measure import Stopwatch
from core.plates import Plate, plates
from core.resample import fit_long_side, fit_short_side
from core.sheet import contact_sheet
from core.yardstick import Distances, Yardstick, style_grams
from methods.base import Style
from methods.cin import CIN, conditional, is_style, painted
from methods.settings import MethodSettings
from weights.files import load

SHEET_SIDE = 84  # px


def result(method: CIN, content: Tensor, style: Style, settings: MethodSettings) -> Tensor:
    """The method's last picture."""
    *_, last = method.stylize(content, style, settings)
    return last.image


def quality(method: CIN, photos: list[Tensor], known: list[Plate]) -> tuple[Table, list[list[Tensor]]]:
    """Mean distances of every plate over the photos, and the pictures: a row per plate, the plate first."""
    table = Table("plate", "content distance", "style distance")
    means, rows = [], []
    for plate in track(known, "Plates", console=Console(stderr=True)):
        style = Style(to_tensor(open_picture(plate.path, "plate").rgb), plate.name)
        pictures = [result(method, photo, style, method.Settings.make()) for photo in photos]
        grams = style_grams(style.image.to(method.device))
        measured = [
            Yardstick(photo.to(method.device), style.image, grams).measure(picture)
            for photo, picture in zip(photos, pictures, strict=True)
        ]
        means.append(mean(measured))
        rows.append([style.image, *pictures])
        table.add_row(plate.name, f"{means[-1].content:.3f}", f"{means[-1].style:.3f}")
    overall = mean(means)
    table.add_section()
    table.add_row("mean", f"{overall.content:.3f}", f"{overall.style:.3f}")
    return table, rows


def mean(distances: list[Distances]) -> Distances:
    """The mean of both distances."""
    return Distances(
        statistics.mean(each.content for each in distances), statistics.mean(each.style for each in distances)
    )


@torch.no_grad()
def speed(method: CIN, photo: Tensor, sizes: list[int], repeats: int) -> Table:
    """Median seconds of both ways at each size, and how far their pictures are apart."""
    plain = conditional(1)  # with the file's own weights: the method's are rounded to its format
    trunk = {name: each for name, each in load("cin").items() if not is_style(name)}
    plain.load_state_dict(trunk, strict=False)
    plain.to(method.device)
    row = method.mixed({method.styles[0]: 1.0})
    table = Table("size", "plain float32", "StyleGrid", "plain / StyleGrid", "PSNR")
    for size in sizes:
        content = fit_long_side(photo, size).to(method.device)
        seconds: dict[str, list[float]] = {"plain": [], "ours": []}
        pictures = {}
        for turn in range(repeats + 1):
            for name, network in (("plain", plain), ("ours", method.network)):
                with Stopwatch(method.device) as watch:
                    pictures[name] = painted(network, content, row)
                if turn:  # the first one warms up
                    seconds[name].append(watch.seconds)
        psnr = -10 * (pictures["plain"] - pictures["ours"]).square().mean().log10().item()
        slow, fast = (statistics.median(each) for each in seconds.values())
        ratio = f"{slow / fast:.1f}"
        table.add_row(
            f"{content.shape[-1]} x {content.shape[-2]}",
            f"{slow:.3f} s",
            f"{fast:.3f} s",
            ratio,
            f"{psnr:.1f} dB",
        )
    return table


def main() -> None:
    """Print both tables and, where asked, save the contact sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cin", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--content", type=Path, default=Path("examples"), help="folder of photos (%(default)s)"
    )
    parser.add_argument(
        "--size", type=int, default=256, help="short side for the quality, in px (%(default)s)"
    )
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[512], help="long sides for the speed (%(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=5, help="timed passes each (%(default)s)")
    parser.add_argument("--sheet", type=Path, help="where to save the pictures")
    parser.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    arguments = parser.parse_args()
    photos = [to_tensor(open_picture(path, "photo").rgb) for path in sorted(arguments.content.glob("*.jpg"))]
    if not photos:
        parser.error(f"{arguments.content} holds no *.jpg photo.")
    method = CIN()
    method.load(pick_device(arguments.device))
    console = Console(width=110)
    console.print(f"{describe(method.device)}, {len(photos)} photos of {arguments.content}")
    table, rows = quality(
        method,
        [fit_short_side(photo, arguments.size) for photo in photos],
        [plate for plate in plates() if plate.name in method.styles],
    )
    console.print(table)
    console.print(speed(method, photos[0], arguments.sizes, arguments.repeats))
    if arguments.sheet:
        arguments.sheet.parent.mkdir(parents=True, exist_ok=True)
        half = -(-len(rows) // 2)
        beside = [[*left, *right] for left, right in zip_longest(rows[:half], rows[half:], fillvalue=())]
        contact_sheet(beside, SHEET_SIDE).save(arguments.sheet, quality=80, optimize=True)


if __name__ == "__main__":
    main()
