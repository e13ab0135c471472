"""report.md, report.html and their figures from a folder's results.csv. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import plots, tables
from benchmarks.document import Block, Figure, Heading, Table, Text, html, markdown
from benchmarks.machine import read_machine
from benchmarks.published import published
from benchmarks.rows import Row, read
from benchmarks.run import PICTURES
from benchmarks.series import Series, common_cells, main_size, paces, series_of
from benchmarks.sheet import draw_sheet

TITLE = "Which method, when?"
PROTOCOL = (
    "Seconds are a method's own work, with the device synchronised at each reading and one method at a time: "
    "the warm median of each pair where it was run again, else its only run. Distances are by StyleGrid's "
    "yardstick (core/yardstick.py), SSIM is of the luma to the photo, the colour distance is to the style; "
    "all at a short side of 256 px. Gatys optimises nearly the yardstick's quantities and our networks were "
    "trained on them, so that both are favoured by it. Intervals of means and ratios are 95 % bootstrap "
    "intervals over photos and styles; where they overlap, places are shared. On a CPU, memory is the growth "
    "of the process, which keeps some of it from run to run: the most that any run needed is shown."
)
FEWEST = 6  # pairs that a mean is taken of, where there are as many


def report(folder: Path) -> None:
    """Write the report into the folder. ValueError where it holds no measurement."""
    rows = read(folder / "results.csv")
    if not series_of(rows, split_nearest=False):
        raise ValueError(f"{folder} holds no measurement that succeeded.")
    blocks = [*heading(folder, rows), *speed(folder, rows), *quality(folder, rows), *ending(folder, rows)]
    (folder / "report.md").write_text(markdown(blocks), encoding="utf-8")
    (folder / "report.html").write_text(html(blocks, TITLE), encoding="utf-8")


def heading(folder: Path, rows: Sequence[Row]) -> list[Block]:
    """What was measured on which machine, and how."""
    machine = read_machine(folder)
    photos, styles = ({row.cell[side] for row in rows} for side in (0, 1))
    return [
        Heading(TITLE, 1),
        Text(
            f"{len(rows)} measurements of {len(photos)} photos in {len(styles)} styles. Written by "
            "`python -m benchmarks report` from results.csv beside it, which has a row for each of them."
        ),
        Table(["machine", ""], [[name, str(value)] for name, value in machine.items()], numbers=False),
        Text(PROTOCOL),
    ]


def speed(folder: Path, rows: Sequence[Row]) -> list[Block]:
    """How long it takes."""
    some = series_of(rows, split_nearest=False)
    palette, size = plots.Palette([each.label for each in some]), main_size(some)
    several = [each for each in some if len(each.sizes) > 1]
    plots.resolution(several or some, palette, folder / "resolution.png")
    blocks: list[Block] = [
        Heading("Speed"),
        Text("Seconds for one picture, medians and quartiles, by the long side of the photo."),
        tables.speed(some),
        Text(f"What a run costs at {size} px: medians, and the most memory that any run needed."),
        tables.costs(some, size),
        *map(Text, tables.notes(some, size)),
        Text(f"How many times the seconds of the quickest, pair by pair, at {size} px: geometric means."),
        tables.paired(some, size),
        Figure(
            folder / "resolution.png",
            "Seconds over the long side: medians and quartiles over the pairs that a method painted at all "
            "its sizes.",
        ),
    ]
    quick = [each for each in some if not each.has_course]
    recipes = paces(some)
    paper = [each for each in recipes if each.settings.get("preset") == "paper"]
    for each in (paper or recipes[:1]) if quick else []:
        blocks += [
            Text(
                f"{each.label} after 100, 300 and 500 steps beside one pass, and how many times quicker the "
                "pass is. ≈: extrapolated from the pace of fewer steps."
            ),
            tables.speed_up(each, quick),
        ]
    return [
        *blocks,
        Heading("Beside published numbers"),
        Text(
            "The published ones were measured on other hardware, most of them on GPUs, and with other "
            "software: they show orders of magnitude, not who is quicker. ≈: extrapolated from fewer steps."
        ),
        tables.beside_published(published(), some),
    ]


def quality(folder: Path, rows: Sequence[Row]) -> list[Block]:
    """How near the pictures come to photo and style."""
    palette = plots.Palette([each.label for each in series_of(rows, split_nearest=False)])
    some = series_of(rows, split_nearest=True)
    blocks: list[Block] = [Heading("Quality")]
    for size in sorted({size for each in some for size in each.sizes}):
        measured = with_enough(some, size)
        there = comparable(measured, size)
        cells = common_cells(there, size)
        if len(there) > 1:
            blocks += [
                Text(f"At {size} px, on the {len(cells)} pairs that these methods have in common."),
                tables.quality(there, size, cells),
            ]
        if measured:
            blocks += [
                Text(f"At {size} px, each method on all its pairs; these means are of different pictures."),
                tables.quality(measured, size, None),
            ]
    size = main_size([each for each in some if each.has_course] or some)
    size = size if with_enough(some, size) else main_size(some)
    there = comparable(with_enough(some, size), size)
    if any(each.has_course for each in there):
        blocks.append(losses_figure(folder, there, size, palette))
    count = plots.trade(there, size, palette, folder / "trade.png")
    blocks.append(
        Figure(
            folder / "trade.png",
            f"Style distance (mean, bootstrap interval) over seconds (median, quartiles) at {size} px, on "
            f"{count} common pairs. Filled and joined: no other is both quicker and nearer to the style.",
        )
    )
    return blocks


def losses_figure(folder: Path, there: Sequence[Series], size: int, palette: plots.Palette) -> Figure:
    """The figure of distances over steps."""
    slow, quick = ([each for each in there if each.has_course is kind] for kind in (True, False))
    count = plots.losses(slow, quick, size, palette, folder / "losses.png")
    return Figure(
        folder / "losses.png",
        "Distances to photo and style over the steps of methods that take steps, beside those of one pass, "
        f"at {size} px: means over {count} common pairs; bars at the right are bootstrap intervals.",
    )


def with_enough(some: Sequence[Series], size: int) -> list[Series]:
    """The series with enough pairs at a size to say something of their pictures, not of their speed only."""
    most = max(len(each.at(size)) for each in some for size in each.sizes)
    return [each for each in some if len(each.at(size)) >= min(FEWEST, most)]


def comparable(some: Sequence[Series], size: int) -> list[Series]:
    """The series that can be compared at a size, for they have enough pairs in common.

    Those with the most pairs are taken first. A method that knows some of the styles is compared on these.
    """
    exact = {each.method for each in some if not each.rows[0].nearest}
    there = [each for each in some if not (each.rows[0].nearest and each.method in exact)]
    there.sort(key=lambda each: -len(each.at(size)))
    taken: list[Series] = []
    for each in there:
        common = common_cells([*taken, each], size)
        if len(common) >= min(FEWEST, len(there[0].at(size))):
            taken.append(each)
    return [each for each in some if each in taken]


def ending(folder: Path, rows: Sequence[Row]) -> list[Block]:
    """The contact sheet and what failed."""
    blocks: list[Block] = []
    if (folder / PICTURES).is_dir():
        some = series_of(rows, split_nearest=False)
        size = main_size(some)
        draw_sheet(with_enough(some, size), size, folder / PICTURES, folder / "sheet.jpg")
    if (folder / "sheet.jpg").is_file():
        caption = "All pairs: a row for each style; for each photo, the methods side by side."
        blocks += [Heading("All pictures"), Figure(folder / "sheet.jpg", caption)]
    if any(row.error for row in rows):
        blocks += [Heading("What failed"), tables.failures(rows)]
    return blocks
