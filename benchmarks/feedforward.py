"""What measurements of feed-forward methods share: quality by the yardstick, speed beside the plain way."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from core.device import DEVICES, describe, pick_device
from core.images import open_picture, to_tensor
from core.measure import Stopwatch
from core.plates import plate
from core.resample import fit_long_side
from core.sheet import contact_sheet
from core.yardstick import Distances, Yardstick, style_grams
from methods.base import Method, Style
from methods.settings import MethodSettings

Painter = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """A row of the quality table."""

    label: str
    style: Style
    settings: MethodSettings


def plate_style(name: str) -> Style:
    """The plate of that name."""
    return Style(to_tensor(open_picture(plate(name).path, "plate").rgb), name)


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """The shared flags, for `python -m benchmarks.<name>`."""
    shared = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    shared.add_argument(
        "--content", type=Path, default=Path("examples"), help="folder of photos (%(default)s)"
    )
    shared.add_argument(
        "--size", type=int, default=256, help="short side for the quality, in px (%(default)s)"
    )
    shared.add_argument(
        "--sizes", type=int, nargs="*", default=[512], help="long sides for the speed (%(default)s)"
    )
    shared.add_argument("--repeats", type=int, default=5, help="timed passes each (%(default)s)")
    shared.add_argument("--sheet", type=Path, help="where to save the pictures")
    shared.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    return shared


def parse(flags: argparse.ArgumentParser) -> argparse.Namespace:
    """The flags, with the folder's *.jpg photos as `photos` and the device itself as `device`."""
    given = flags.parse_args()
    try:
        given.device = pick_device(given.device)
        given.photos = [
            to_tensor(open_picture(path, "photo").rgb) for path in sorted(given.content.glob("*.jpg"))
        ]
        if not given.photos:
            raise ValueError(f"{given.content} holds no *.jpg photo.")
    except ValueError as error:
        flags.error(str(error))
    return given


def pictures(method: Method, contents: list[Tensor], case: Case) -> list[Tensor]:
    """The style, and each content in it."""
    painted = [case.style.image]
    for content in contents:
        *_, last = method.stylize(content, case.style, case.settings)
        painted.append(last.image)
    return painted


def quality(method: Method, contents: list[Tensor], cases: list[Case], device: torch.device) -> Table:
    """Mean distances of every case over the photos, and their mean."""
    table = Table("network", "content distance", "style distance")
    means = []
    for case in track(cases, "Quality", console=Console(stderr=True)):
        style, *painted = (picture.to(device) for picture in pictures(method, contents, case))
        grams = style_grams(style)
        means.append(
            mean(
                [
                    Yardstick(content.to(device), style, grams).measure(picture)
                    for content, picture in zip(contents, painted, strict=True)
                ]
            )
        )
        table.add_row(case.label, f"{means[-1].content:.3f}", f"{means[-1].style:.3f}")
    table.add_section()
    overall = mean(means)
    table.add_row("mean", f"{overall.content:.3f}", f"{overall.style:.3f}")
    return table


def mean(distances: list[Distances]) -> Distances:
    """The mean of both distances."""
    return Distances(
        statistics.mean(each.content for each in distances), statistics.mean(each.style for each in distances)
    )


@torch.no_grad()
def speed(
    plain: Mapping[str, Painter],
    ours: Mapping[str, Painter],
    photo: Tensor,
    sizes: list[int],
    repeats: int,
    device: torch.device,
) -> Table:
    """Median seconds of one warm pass of each network, all taking turns, at each size.

    The ratio is that of the first plain network to ours; the PSNR is against the plain network of ours' name.
    """
    reference = next(iter(plain))
    table = Table("size", "network", "plain", "StyleGrid", f"plain {reference} / StyleGrid", "PSNR")
    for size in sizes:
        content = fit_long_side(photo, size).to(device)
        seconds: dict[tuple[str, str], list[float]] = {}
        pictures: dict[tuple[str, str], Tensor] = {}
        for turn in range(repeats + 1):
            for way, networks in (("plain", plain), ("ours", ours)):
                for name, network in networks.items():
                    with Stopwatch(device) as watch:
                        pictures[way, name] = network(content)
                    if turn:  # the first one warms up
                        seconds.setdefault((way, name), []).append(watch.seconds)
        median = {key: statistics.median(each) for key, each in seconds.items()}
        for name in ours:
            table.add_row(
                f"{content.shape[-1]} x {content.shape[-2]}",
                name,
                f"{median['plain', name]:.3f} s",
                f"{median['ours', name]:.3f} s",
                f"{median['plain', reference] / median['ours', name]:.1f}",
                f"{psnr(pictures['ours', name], pictures['plain', name]):.1f} dB",
            )
    return table


def psnr(a: Tensor, b: Tensor) -> float:
    """Peak signal-to-noise ratio of two pictures in [0, 1], in dB."""
    return -10 * (a - b).square().mean().log10().item()


def heading(given: argparse.Namespace) -> str:
    """On what and on how much the tables were measured."""
    return f"{describe(given.device)}, {len(given.photos)} photos of {given.content}"


def save_sheet(rows: list[list[Tensor]], side: int, path: Path) -> None:
    """Rows of pictures as one small JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(rows, side).save(path, quality=80, optimize=True)
