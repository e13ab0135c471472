"""The CIN network's quality per plate, and its speed beside the same network run the plain way.

    python -m benchmarks.cin --content examples --size 256 --sheet out/cin.jpg

Quality: both distances of the yardstick, averaged over the folder's photos. Speed: seconds of one warm pass,
the two ways taking turns; see `Plain`.
"""

from __future__ import annotations

from itertools import zip_longest

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
from methods.cin import CIN, conditional, is_style
from weights.load import load

SHEET_SIDE = 84  # px


def main() -> None:
    """Print both tables and, where asked, save the contact sheet."""
    given = parse(parser("cin", __doc__.splitlines()[0]))
    method = CIN()
    method.load(given.device)
    console = Console(width=110)
    console.print(heading(given))
    contents = [fit_short_side(photo, given.size) for photo in given.photos]
    cases = [Case(plate, plate_style(plate), method.Settings.make()) for plate in method.styles]
    console.print(quality(method, contents, cases, given.device))
    network = conditional(1)  # with the file's own weights: the method's are rounded to its format
    network.load_state_dict(
        {name: each[:1] if is_style(name) else each for name, each in load("cin").items()}
    )
    row = method.mixed({method.styles[0]: 1.0})
    console.print(
        speed(
            {"cin": Plain(network).to(given.device)},
            {"cin": lambda content: method.paint(content, row)},
            given.photos[0],
            given.sizes,
            given.repeats,
            given.device,
        )
    )
    if given.sheet:
        rows = [pictures(method, contents, case) for case in cases]
        half = -(-len(rows) // 2)
        beside = [[*left, *right] for left, right in zip_longest(rows[:half], rows[half:], fillvalue=())]
        save_sheet(beside, SHEET_SIDE, given.sheet)


if __name__ == "__main__":
    main()
