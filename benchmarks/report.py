"""report.md, report.html, distances.md and figures from a folder's results.csv. Nothing is measured here."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
from markdown_it import MarkdownIt

from benchmarks import agree, plots, tables, tradeoff
from benchmarks.machine import read_machine
from benchmarks.published import published
from benchmarks.rows import Row, read
from benchmarks.run import PICTURES
from benchmarks.series import at, common_pairs, main_size, paces, series, split_nearest, table_of
from core.measures import Question
from methods import ALL

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
REPETITION = {
    "periodicity": "how much detail repeats itself at fixed distances, as a mesh does",
    "lattice": "how much stronger the gradient is at the strongest place of a lattice than at the weakest",
}
AGREEMENT = (
    "Methods are ranked on each pair of pictures by each measure. Rank correlations are Spearman's over the "
    "methods, then means over pairs with 95 % bootstrap intervals over photos and styles: 1 where two "
    "measures always give one order, 0 where one tells nothing of the other."
)
FEWEST = 6  # pairs that a mean is taken of, where there are as many
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:70rem;color:#1d2433}"
    "table{border-collapse:collapse;display:block;overflow-x:auto;font-variant-numeric:tabular-nums;"
    "font-size:.9rem}th,td{padding:.3rem .7rem;border-bottom:1px solid #d9dde5;text-align:left;"
    "vertical-align:top}th{border-bottom:2px solid #5b6475}img{max-width:100%}"
    "p:has(img)+p{font-size:.9rem;color:#4a5265}h2{margin-top:2.5rem}"
    "@media print{body{font-size:11px;max-width:none}p:has(img),tr{break-inside:avoid}}"
)


def report(folder: Path) -> None:
    """Write the report into the folder. ValueError where it holds no measurement."""
    rows = read(folder / "results.csv")
    table = table_of(row for row in rows if not row.error)
    if table.empty:
        raise ValueError(f"{folder} holds no measurement that succeeded.")
    failed = [row for row in rows if row.error]
    parts = [*heading(folder, rows), *speed(folder, table), *quality(folder, table)]
    parts += [*trade(folder, table), *agreement(table)]
    text = "\n\n".join([*parts, *ending(folder, table, failed)]) + "\n"
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(html(text, folder), encoding="utf-8")
    text = "\n\n".join(distances(folder, table)) + "\n"
    (folder / "distances.md").write_text(text, encoding="utf-8")


def agreed(folder: Path) -> str:
    """The report's part on whether the measures agree. ValueError where there is nothing to tell of it."""
    parts = agreement(table_of(row for row in read(folder / "results.csv") if not row.error))
    if not parts:
        raise ValueError(
            f"{folder} has no pair of pictures on which {agree.FEWEST} methods have all measures."
        )
    return "\n\n".join(parts)


def heading(folder: Path, rows: Sequence[Row]) -> list[str]:
    """What was measured on which machine, and how."""
    photos, styles = {row.content for row in rows}, {row.style for row in rows}
    machine = [(name, str(value)) for name, value in read_machine(folder).items()]
    return [
        f"# {TITLE}",
        f"{len(rows)} measurements of {len(photos)} photos in {len(styles)} styles. Written by "
        "`python -m benchmarks report` from results.csv beside it, which has a row for each of them.",
        markdown(pd.DataFrame(machine, columns=["machine", ""]), numbers=False),
        PROTOCOL,
    ]


def speed(folder: Path, table: pd.DataFrame) -> list[str]:
    """How long it takes."""
    size = main_size(table)
    plots.resolution(table, plots.Palette(table), folder / "resolution.png")
    quick, steps = table[~table["iterative"]], paces(table)
    paper = [label for label, each in steps.items() if each["settings"].iloc[0].get("preset") == "paper"]
    beside = []
    for label in (paper or list(steps)[:1]) if len(quick) else ():
        beside += [
            f"{label} after 100, 300 and 500 steps beside one pass, and how many times quicker the pass is. "
            "≈: extrapolated from the pace of fewer steps.",
            markdown(tables.speed_up(steps[label], quick)),
        ]
    return [
        "## Speed",
        "Seconds for one picture, medians and quartiles, by the long side of the photo.",
        markdown(tables.speed(table)),
        f"What a run costs at {size} px: medians, and the most memory that any run needed.",
        markdown(tables.costs(at(table, size))),
        *tables.notes(at(table, size)),
        f"How many times the seconds of the quickest, pair by pair, at {size} px: geometric means.",
        markdown(tables.paired(at(table, size))),
        *figure(
            "resolution.png",
            "Seconds over the long side: medians and quartiles over the pairs that a method painted at all "
            "its sizes.",
        ),
        *beside,
        "## Beside published numbers",
        "The published ones were measured on other hardware, most of them on GPUs, and with other software: "
        "they show orders of magnitude, not who is quicker. ≈: extrapolated from fewer steps.",
        markdown(tables.beside_published(published(), table), numbers=False),
    ]


def quality(folder: Path, table: pd.DataFrame) -> list[str]:
    """How near the pictures come to photo and style."""
    palette, table = plots.Palette(table), split_nearest(table)
    parts = ["## Quality"]
    for size in sorted(table["size"].unique()):
        measured = with_enough(table, size)
        shared = comparable(measured)
        pairs = common_pairs(shared)
        if shared["label"].nunique() > 1:
            parts += [
                f"At {size} px, on the {len(pairs)} pairs that these methods have in common.",
                markdown(tables.quality(shared, pairs)),
            ]
        if len(measured):
            parts += [
                f"At {size} px, each method on all its pairs; these means are of different pictures.",
                markdown(tables.quality(measured)),
            ]
        for measure, meaning in REPETITION.items():
            if measured[measure].map(bool).any():
                parts += [
                    f"At {size} px, {meaning} (core/losses.py): means, and the highest mean of one style.",
                    markdown(tables.repetition(measured, measure)),
                ]
    return [*parts, *quality_figures(folder, table, palette)]


def trade(folder: Path, table: pd.DataFrame) -> list[str]:
    """Quality, speed and flexibility at the main size, on the pairs that the series have in common."""
    shared = comparable(with_enough(split_nearest(table), main_size(table)))
    shared = shared[shared.index.isin(common_pairs(shared))]
    tiles = tradeoff.tiles_of(shared)
    tradeoff.draw(tiles, folder / tradeoff.FILE)
    return [
        "## Quality, speed, flexibility",
        f"At {main_size(table)} px. {tradeoff.PROTOCOL}",
        markdown(tradeoff.as_table(tiles)),
        *figure(tradeoff.FILE, tradeoff.CAPTION),
    ]


def agreement(table: pd.DataFrame) -> list[str]:
    """Whether the measures agree; nothing where rows do not have them all."""
    parts: list[str] = []
    for size in sorted(table["size"].unique()):
        values = agree.measured(at(split_nearest(table), size))
        if values["label"].nunique() < agree.FEWEST:
            continue
        placed = agree.places(values)
        parts += [
            f"At {size} px, on {len(placed.index.unique())} pairs of pictures: each method's mean place by "
            "every measure, 1 being the best (core/measures.py).",
            markdown(agree.mean_places(placed)),
            *(part for question in agree.QUESTIONS for part in agreement_on(placed, question)),
        ]
    return ["## Do the measures agree?", AGREEMENT, *parts] if parts else []


def agreement_on(placed: pd.DataFrame, question: Question) -> list[str]:
    """What measures of one question say of each other, and where the order of two methods depends on them."""
    words = agree.QUESTIONS[question]
    found = agree.correlations(placed, question).items()
    lines = [[f"{one}; {other}", tables.with_interval(each)] for (one, other), each in found]
    sentences = list(agree.disagreements(placed, question))
    told = "The order depends on the measure: " + " ".join(sentences)
    if not sentences:
        told = f"No two methods change places by the measures of {words} beyond chance."
    return [markdown(pd.DataFrame(lines, columns=[f"measures of {words}", "rank correlation"])), told]


def quality_figures(folder: Path, table: pd.DataFrame, palette: plots.Palette) -> list[str]:
    """The figures of distances over steps and over seconds."""
    size = main_size(table[table["iterative"]] if table["iterative"].any() else table)
    size = size if len(with_enough(table, size)) else main_size(table)
    shared = comparable(with_enough(table, size))
    parts = []
    if shared["iterative"].any():
        count = plots.losses(shared, palette, folder / "losses.png")
        parts += figure(
            "losses.png",
            "Distances to photo and style over the steps of methods that take steps, beside those of one "
            f"pass, at {size} px: means over {count} common pairs; bars at the right are bootstrap "
            "intervals.",
        )
    count = plots.trade(shared, palette, folder / "trade.png")
    return parts + figure(
        "trade.png",
        f"Style distance (mean, bootstrap interval) over seconds (median, quartiles) at {size} px, on "
        f"{count} common pairs. Filled and joined: no other is both quicker and nearer to the style.",
    )


def with_enough(table: pd.DataFrame, size: int) -> pd.DataFrame:
    """The rows at a size of the series with enough pairs for means, not for speed only."""
    most = table.groupby(["label", "size"], observed=True)["label"].count().max()
    rows = at(table, size)
    return rows[rows.groupby("label", observed=True)["label"].transform("count") >= min(FEWEST, most)]


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of series of one size that can be compared, for they have enough pairs in common.

    Those with the most pairs are taken first. A method that knows some of the styles is compared on these.
    """
    exact = table.loc[~table["nearest"], "method"]
    groups = series(table[~(table["nearest"] & table["method"].isin(exact))])
    taken: list[str] = []
    for label in sorted(groups, key=lambda label: -len(groups[label])):
        shared = common_pairs(table[table["label"].isin([*taken, label])])
        if len(shared) >= min(FEWEST, max(map(len, groups.values()))):
            taken.append(label)
    return table[table["label"].isin(taken)]


def ending(folder: Path, table: pd.DataFrame, failed: Sequence[Row]) -> list[str]:
    """The contact sheet and what failed."""
    parts = []
    if (folder / PICTURES).is_dir():
        plots.sheet(with_enough(table, main_size(table)), folder / PICTURES, folder / "sheet.jpg")
    if (folder / "sheet.jpg").is_file():
        caption = "All pairs: a row for each style; for each photo, the methods side by side."
        parts += ["## All pictures", *figure("sheet.jpg", caption)]
    if failed:
        lines = [[row.title, row.content, row.style, str(row.size), row.error] for row in failed]
        heads = ["method", "photo", "style", "size, px", "error"]
        parts += ["## What failed", markdown(pd.DataFrame(lines, columns=heads), numbers=False)]
    return parts


def distances(folder: Path, table: pd.DataFrame) -> list[str]:
    """What a model card says of our methods' pictures in the styles that they know, on pairs enough."""
    ours = table[table["method"].isin([method.name for method in ALL]) & ~table["nearest"]]
    ours = pd.concat([ours[:0], *(with_enough(ours, size) for size in sorted(ours["size"].unique()))])
    networks = ours[~ours["iterative"]]
    parts = [
        "Means over photos and style pictures with 95 % bootstrap intervals, by StyleGrid's yardstick "
        "(core/yardstick.py): content distance to the photo, which itself has 0, and style distance to the "
        f"style picture. Measured on {read_machine(folder)['device']}; sizes are of the long side.",
        markdown(tables.distances(ours)),
    ]
    if len(networks):
        size = main_size(networks)
        parts.append(f"By style picture at {size} px, content and style distance:")
        parts.append(markdown(tables.by_style(at(networks, size))))
    return parts


def markdown(table: pd.DataFrame, numbers: bool = True) -> str:
    """A table of text as GitHub's Markdown, all but the first column right-aligned where `numbers`."""
    rule = ["---", *["---:" if numbers else "---"] * (len(table.columns) - 1)]
    cells = (table.columns, rule, *table.itertuples(index=False))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells)


def figure(name: str, caption: str) -> list[str]:
    """A picture beside the report, and what it shows."""
    return [f"![{caption}]({name})", caption]


def html(text: str, folder: Path) -> str:
    """The report's Markdown as one page that needs no other file; its pictures are read from the folder."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                name = str(child.attrs["src"])
                data = base64.b64encode((folder / name).read_bytes()).decode()
                child.attrs["src"] = f"data:{mimetypes.guess_type(name)[0]};base64,{data}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(TITLE)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body>{parser.renderer.render(tokens, parser.options, {})}</body></html>\n"
    )
