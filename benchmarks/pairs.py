"""Methods side by side on chosen pairs of photo and painting: `python -m benchmarks.pairs`.

It writes what `python -m benchmarks run` does, so that `report` reads its folder too, a contact sheet with a
row for each pair and a column for each run, and prints the runs' means. Ctrl-C ends it; the same command goes
on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import claim, this_machine
from benchmarks.rows import Results, Row, key
from benchmarks.run import ENDINGS, PICTURES, Job, Plan, measured
from compare.checks import checked_size
from core.device import DEVICES, pick_device
from core.images import Pixels, open_picture
from core.sheet import contact_sheet
from methods.adain import AdaIN
from methods.base import Method, Stop
from methods.cin import CIN
from methods.gatys import Gatys
from methods.johnson import Johnson
from methods.nnst import NNST
from methods.settings import MethodSettings
from methods.wasserstein import Wasserstein
from methods.wct import Transport

SHEET = "pairs.jpg"
CELL, QUALITY = 160, 80  # px of a picture in the sheet; of the JPEG


@dataclass(frozen=True)
class Variant:
    """A method with some settings, under the name of its column."""

    name: str
    method: type[Method]
    values: Mapping[str, Any]

    @property
    def settings(self) -> MethodSettings:
        """All its settings."""
        return self.method.Settings.make(**self.values)


VARIANTS = (
    Variant("cin", CIN, {"width": "full"}),
    Variant("cin-slim", CIN, {"width": "slim"}),
    Variant("cin-30", CIN, {"width": "full", "learn_steps": 30}),
    Variant("johnson-trained", Johnson, {"new_style": "train"}),
    Variant("adain", AdaIN, {}),
    Variant("transport", Transport, {}),
    Variant("balanced-4s", Gatys, {"seconds": 4}),
    Variant("balanced-8s", Gatys, {"seconds": 8}),
    Variant("balanced", Gatys, {}),
    Variant("paper-300", Gatys, {"preset": "paper", "steps": 300}),
    Variant("wasserstein", Wasserstein, {}),
    Variant("nnst", NNST, {}),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 for wrong arguments."""
    arguments = parser().parse_args(argv)
    try:
        variants = chosen(arguments.variants)
        pairs = read_pairs(arguments.pairs, arguments.content, arguments.style)
        size = checked_size(arguments.size)
        claim(arguments.out, this_machine(pick_device(arguments.device)))
        results = Results(arguments.out)
        for variant in variants:
            measure(variant, pairs, size, arguments.device, results)
        draw(pairs, variants, size, results).save(arguments.out / SHEET, quality=QUALITY, optimize=True)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(summary(pairs, variants, size, results)))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__)
    found.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="two file names a line")
    found.add_argument("--content", type=Path, default=Path("examples"), metavar="DIR", help="(%(default)s)")
    found.add_argument("--style", type=Path, default=Path("styles"), metavar="DIR", help="(%(default)s)")
    names = ",".join(each.name for each in VARIANTS)
    found.add_argument("--variants", default=names, metavar="A,B", help="(%(default)s)")
    found.add_argument("--size", type=int, default=384, help="long side in px (%(default)s)")
    found.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    found.add_argument("--out", type=Path, required=True, metavar="DIR", help="for results and contact sheet")
    return found


def chosen(names: str) -> list[Variant]:
    """The variants of a comma-separated list. ValueError for one that does not exist."""
    known = {each.name: each for each in VARIANTS}
    if missing := [name for name in names.split(",") if name not in known]:
        raise ValueError(f"There is no variant {', '.join(missing)}; choose from {', '.join(known)}.")
    return [known[name] for name in names.split(",")]


def read_pairs(file: Path, contents: Path, styles: Path) -> list[tuple[Path, Path]]:
    """Photo and style picture of each line of a file. ValueError where one of them is no picture there."""
    pairs = []
    for line in file.read_text(encoding="utf-8").splitlines():
        names = line.split()
        if len(names) != 2:
            raise ValueError(f"{file} must name a photo and a style picture on every line: {line!r}.")
        pair = contents / names[0], styles / names[1]
        for path in pair:
            if not path.is_file() or path.suffix.lower() not in ENDINGS:
                raise ValueError(f"There is no picture {path}.")
        pairs.append(pair)
    return pairs


def measure(
    variant: Variant, pairs: Sequence[tuple[Path, Path]], size: int, device: str, results: Results
) -> None:
    """Add the rows that are missing, of a variant on every pair."""
    method = variant.method
    plan = Plan([], [], [method], {method.name: variant.settings}, [size], 0, device, results.path.parent)
    for content, style in pairs:
        if results.has(row_key(variant, content, style, size), 0):
            continue
        for row in measured(Job(content, style, size, (method,)), plan, Stop()):
            results.add(row)
            print(f"{content.stem} {style.stem} {variant.name}: {numbers([row])}", file=sys.stderr)


def row_key(variant: Variant, content: Path, style: Path, size: int) -> tuple[str, str, int, str, str]:
    """The key of a variant's row."""
    return key(content.name, style.name, size, variant.method.name, variant.settings.as_dict())


def rows_of(
    variant: Variant, pairs: Sequence[tuple[Path, Path]], size: int, results: Results
) -> list[Row | None]:
    """A variant's row for each pair, None where it has no picture."""
    found = [results.by_key.get(row_key(variant, *pair, size)) for pair in pairs]
    return [row if row and row.style_distance is not None else None for row in found]


def draw(
    pairs: Sequence[tuple[Path, Path]], variants: Sequence[Variant], size: int, results: Results
) -> Image.Image:
    """A row for each pair: photo, style picture, and each variant's picture, or white where there is none."""
    white = np.full((CELL, CELL, 3), 255, np.uint8)
    columns = [rows_of(variant, pairs, size, results) for variant in variants]
    sheet = []
    for (content, style), *rows in zip(pairs, *columns, strict=True):
        painted = [picture(results.path.parent / PICTURES / row.picture) if row else white for row in rows]
        sheet.append([picture(content), picture(style), *painted])
    return contact_sheet(sheet, CELL)


def picture(path: Path) -> Pixels:
    """A file's picture, (H, W, 3) in 0..255."""
    return np.asarray(open_picture(path).rgb)


def summary(
    pairs: Sequence[tuple[Path, Path]], variants: Sequence[Variant], size: int, results: Results
) -> list[str]:
    """A line for each variant."""
    columns = {each.name: rows_of(each, pairs, size, results) for each in variants}
    found = {name: [row for row in rows if row] for name, rows in columns.items()}
    return [f"{name} ({len(rows)} pairs): {numbers(rows)}" for name, rows in found.items() if rows]


def numbers(rows: Sequence[Row]) -> str:
    """Means of some rows' distances and seconds, and the worst style distance; or the first row's error."""
    if rows[0].error:
        return rows[0].error
    each = [(row.style_distance or 0.0, row.content_distance or 0.0, row.total or 0.0) for row in rows]
    style, content, seconds = map(mean, zip(*each, strict=True))
    worst = f" (worst {max(each)[0]:.3f})" if len(rows) > 1 else ""
    return f"style {style:.3f}{worst}, content {content:.2f}, {seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
