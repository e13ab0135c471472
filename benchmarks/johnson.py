"""The Johnson networks' quality, and their speed beside the same networks run the plain way.

    python -m benchmarks.johnson --content examples --size 256 --sheet out/johnson.jpg

Quality: both distances of the yardstick, averaged over the folder's photos. Speed: seconds of one warm pass,
all networks taking turns; see `Plain`.
"""

from __future__ import annotations

from functools import partial

from rich.console import Console

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
from weights.catalog import find
from weights.files import load

SHEET_SIDE = 112  # px
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
    files = {width: find(key(trained()[0], "instance", width)) for width in WIDTHS}
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
        rows = [pictures(method, contents, case) for some in cases.values() for case in some]
        save_sheet(rows, SHEET_SIDE, given.sheet)


if __name__ == "__main__":
    main()
