"""Quality, speed and flexibility of the methods of a folder's results, as the page's summary has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.peers import PEERS
from benchmarks.plain import PLAIN
from benchmarks.series import series
from benchmarks.tables import NOTHING
from compare.schema import Seconds, Tile
from compare.tradeoff import predicted_learning
from core.measures import Measures
from core.yardstick import Distances
from methods import ALL
from methods.base import Method
from ui.tradeoff import cells, drawing, headings, sides_of
from weights.catalog import CATALOG

WIDTH, FILE = 720, "tradeoff.svg"  # px
PROTOCOL = (
    "What was trained before took what our trainers measured on the machine that is named "
    "(weights/catalog.py), once for all who use it; VGG-19 is not counted. A training for a new painting is "
    "predicted from the method's own seconds. From which picture on it has cost less: compare/tradeoff.py."
)
CAPTION = (
    "Seconds in all over the number of pictures in one new painting, with what has to be learnt of it first. "
    "Solid: one training serves any painting, or several and their mixes (blue); dashed: each painting needs "
    "a training; dotted: no training. Beside each name its style distance; a dot where training has paid."
)
STYLE = (
    "<style>svg{background:#fff}text{font:12px system-ui,sans-serif;fill:#4a5265}"
    "path{fill:none;stroke:#9aa3b2}"
    ".rule{stroke:#e4e7ec}circle{fill:#3d4fd1}[class^=serves-]{stroke:#1d2433;stroke-width:1.6}"
    ".serves-several,.serves-one{stroke:#3d4fd1}.serves-one{stroke-dasharray:7 4}"
    ".serves-untrained{stroke-dasharray:2 4}</style>"
)


def tiles_of(table: pd.DataFrame) -> list[Tile]:
    """A tile for each series of a table of one size: means of distances and measures, the median of seconds.

    The seconds of a training here and now are predicted, by how much slower than `Method.reference_seconds`
    the series was.
    """
    known: dict[str, type[Method]] = {each.name: each for each in (*ALL, *PEERS, *PLAIN)}
    return [
        tile_of(known[each["method"].iloc[0]](), label, each)
        for label, each in series(table).items()
        if each["method"].iloc[0] in known
    ]


def tile_of(method: Method, label: str, rows: pd.DataFrame) -> Tile:
    """The tile of one series."""
    median = float(rows["seconds"].median())
    content, style = (float(rows[f"{name}_distance"].mean()) for name in ("content", "style"))
    measured = pd.DataFrame([each for each in rows["measures"] if each]).mean().to_dict()
    given: dict[str, Any] = rows["settings"].iloc[0]
    names = {each.name for each in method.Settings.fields()}
    settings = method.Settings.make(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if name in names
        }
    )
    learning = None
    pixels = (rows["width"] * rows["height"]).median()
    if pd.notna(pixels):
        count = int(pixels)
        slower = median / method.reference_seconds(settings, count / 1e6)
        learning = predicted_learning(
            method, settings, count, lambda _, each, some: slower * method.reference_seconds(each, some / 1e6)
        )
    return Tile(
        method.name,
        label,
        settings,
        seconds=Seconds(0.0, median, median, (median,)),
        distances=Distances(content, style),
        measures=Measures(**measured) if measured else None,
        serves=method.serves,
        learning=learning,
        weights=tuple(CATALOG[key] for key in rows["weights"].iloc[0] if key in CATALOG),
    )


def as_table(tiles: list[Tile]) -> pd.DataFrame:
    """The page's table, as text."""
    sides, heads = sides_of(tiles), headings(tiles)
    rows = [[tile.title, *cells(tile, tiles, sides)] for tile in tiles]
    return pd.DataFrame(rows, columns=["method", *heads]).fillna(NOTHING)


def draw(tiles: list[Tile], path: Path) -> None:
    """The page's drawing as a file of its own."""
    svg = drawing(tiles, sides_of(tiles), WIDTH)
    opened = svg.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1)
    start = opened.index(">") + 1
    path.write_text(opened[:start] + STYLE + opened[start:] + "\n", encoding="utf-8")
