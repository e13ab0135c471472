"""The Johnson networks' quality, and their speed beside the same networks run the plain way.

    python -m benchmarks.johnson --content examples --size 256 --sheet out/johnson.jpg

Quality: both distances of the yardstick, averaged over the folder's photos. Speed: seconds of one warm pass,
all networks taking turns; see `Plain`.
"""

from __future__ import annotations

from functools import partial

from rich.console import Console
from torch import Tensor

from benchmarks.feedforward import (
    Case,
    heading,
    parse,
    parser,
    pictures,
    plate_style,
    quality,
    save_sheet,
    speed,
)
from benchmarks.plain import Plain
from core.resample import fit_short_side
from methods.johnson import NORMS, WIDTHS, Johnson, JohnsonSettings, key, network_of, trained
from weights.catalog import entry
from weights.load import load

SHEET_SIDE = 96  # px
KINDS = [(norm, width) for norm in NORMS for width in WIDTHS]


def main() -> None:
    """Print both tables and, where asked, save the contact sheet."""
    flags = parser("johnson", __doc__.splitlines()[0])
    flags.add_argument(
        "--sheet-size", type=int, default=512, help="short side of its pictures, in px (%(default)s)"
    )
    given = parse(flags)
    method = Johnson()
    method.load(given.device)
    console = Console(width=110)
    console.print(heading(given))
    cases = {
        (norm, width): [
            Case(
                key(plate, norm, width).removeprefix("johnson/"),
                plate_style(plate),
                JohnsonSettings(norm=norm, width=width),  # type: ignore[arg-type]
            )
            for plate in trained(norm, width)
        ]
        for norm, width in KINDS
    }
    contents = [fit_short_side(photo, given.size) for photo in given.photos]
    for some in filter(None, cases.values()):
        console.print(quality(method, contents, some, given.device))
    files = {width: entry(key(trained()[0], "instance", width)) for width in WIDTHS}
    console.print(
        speed(
            {w: Plain(network_of(load(each.key), each.file)).to(given.device) for w, each in files.items()},
            {w: method.network(each, partial(load, each.key)) for w, each in files.items()},
            given.photos[0],
            given.sizes,
            given.repeats,
            given.device,
        )
    )
    if given.sheet:
        contents = [fit_short_side(photo, given.sheet_size) for photo in given.photos]
        save_sheet(sheet_rows(method, contents, cases), SHEET_SIDE, given.sheet)


def sheet_rows(
    method: Johnson, contents: list[Tensor], cases: dict[tuple[str, str], list[Case]]
) -> list[list[Tensor]]:
    """A row per plate: the plate, full beside slim; and last batch norm beside its instance-norm twin."""
    painted = {kind: [pictures(method, contents, case) for case in some] for kind, some in cases.items()}
    full, slim = painted["instance", "full"], painted["instance", "slim"]
    rows = [[*left, *right[1:]] for left, right in zip(full, slim, strict=True)]
    for plate, batch in zip(trained("batch"), painted["batch", "full"], strict=True):
        rows.append([*batch, *full[trained().index(plate)][1:]])
    return rows


if __name__ == "__main__":
    main()
