"""What is measured: a row for each method, pair of pictures and size; and the file that holds the rows."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from weights.catalog import CATALOG

Key = tuple[str, str, int, str, str]
PERIODS = (2, 4, 8, 16)  # px, of repetition: networks upsample in steps of 2, AdaIN decodes 8 px apart


@dataclass(frozen=True)
class Row:
    """One method on one pair at one size. What was not measured is None. Field names are the file's columns.

    Attributes:
        content, style: file names. size: the content's long side in px, as asked for.
        method, title, settings: who painted. styles: how many it knows, None for any picture.
        nearest: whether it painted the nearest style that it knows instead of this one.
        width, height: of the result, in px. steps: that it took.
        load, first, total: seconds of loading, until the first picture, and until the last.
        warm: seconds of each further run; warm_median, warm_spread: their median, and of several
            the interquartile range.
        peak_memory: in MB. On a CPU the growth of the process, which keeps memory from one run to the next.
        content_distance, style_distance: by the yardstick. ssim: of the luma, to the content.
        colour_distance: to the style. untouched_style, untouched_colour: those of the photo itself.
        periodicity: of the result at its own size, at each of PERIODS (core/losses.py).
            photo_periodicity, style_periodicity: those of the pictures that went in.
        lattice, photo_lattice, style_lattice: likewise, how uneven the places of a lattice are.
        measures: all others (core/measures.py) by key; photo_measures, style_measures: those of the pictures
            that went in.
        course: [step, seconds, content distance, style distance] of some pictures on the way.
        device, dtype, weights: what it ran on, in and with (SHA-256 by key).
        note, error: sentences.
    """

    content: str
    style: str
    size: int
    method: str
    title: str
    settings: dict[str, Any]
    styles: int | None = None
    nearest: bool = False
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    load: float | None = None
    first: float | None = None
    total: float | None = None
    warm: list[float] = field(default_factory=list)
    warm_median: float | None = None
    warm_spread: float | None = None
    peak_memory: float | None = None
    content_distance: float | None = None
    style_distance: float | None = None
    ssim: float | None = None
    colour_distance: float | None = None
    untouched_style: float | None = None
    untouched_colour: float | None = None
    course: list[list[float]] = field(default_factory=list)
    device: str = ""
    dtype: str = ""
    weights: dict[str, str] = field(default_factory=dict)
    note: str = ""
    error: str = ""
    periodicity: list[float] = field(default_factory=list)
    photo_periodicity: list[float] = field(default_factory=list)
    style_periodicity: list[float] = field(default_factory=list)
    lattice: list[float] = field(default_factory=list)
    photo_lattice: list[float] = field(default_factory=list)
    style_lattice: list[float] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)
    photo_measures: dict[str, float] = field(default_factory=dict)
    style_measures: dict[str, float] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What makes it another measurement than any other row."""
        return key(self.content, self.style, self.size, self.method, self.settings)

    @property
    def picture(self) -> str:
        """The file name of its picture."""
        digest = sha256(self.key[-1].encode()).hexdigest()[:8]
        return f"{self.content}--{self.style}--{self.size}-{self.method}-{digest}.jpg"


COLUMNS = [each.name for each in fields(Row)]
NEEDED = {each.name for each in fields(Row) if each.default is each.default_factory is MISSING}
TEXTS = {each.name for each in fields(Row) if each.type == "str"}
FLOATS = [each.name for each in fields(Row) if each.type == "float | None"]


def key(content: str, style: str, size: int, method: str, settings: Mapping[str, Any]) -> Key:
    """The key of a row, whether it exists or not."""
    return content, style, size, method, json.dumps(settings, sort_keys=True)


class Results:
    """A folder's results.csv, to which rows are added as they come; the newest of a key counts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "results.csv"
        self.by_key = {row.key: row for row in read(self.path)} if self.path.exists() else {}
        self.rewrite()

    @property
    def rows(self) -> list[Row]:
        """The newest row of each key."""
        return list(self.by_key.values())

    def has(self, wanted: Key, repeats: int) -> bool:
        """Whether a key was measured without error, in as many further runs, with today's weights."""
        row = self.by_key.get(wanted)
        return row is not None and not row.error and len(row.warm) >= repeats and not outdated(row)

    def add(self, row: Row) -> None:
        """Write the row at once."""
        cells = to_cells(row)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(line(cells))
        self.by_key[row.key] = from_cells(dict(zip(COLUMNS, cells, strict=True)))

    def rewrite(self) -> None:
        """Drop what newer rows replace or what was cut short, and let results.json say the same."""
        new = self.path.with_suffix(".new")
        text = "".join(map(line, (COLUMNS, *map(to_cells, self.rows))))
        new.write_text(text, encoding="utf-8", newline="\n")
        os.replace(new, self.path)
        listed = ",\n".join(json.dumps(asdict(row)) for row in self.rows)
        self.path.with_suffix(".json").write_text(f"[\n{listed}\n]\n", encoding="utf-8")


def outdated(row: Row) -> bool:
    """Whether the catalog now has other weights than those that the row was measured with."""
    known = {key: CATALOG[key].sha256 for key in row.weights if key in CATALOG}
    return any(known[key] not in ("", row.weights[key]) for key in known)


def read(path: Path) -> list[Row]:
    """The rows of a results.csv, of each key the newest; columns that it does not have get their defaults.

    A line that was cut short is not a row. ValueError where there is no such file or it is another table.
    """
    if not path.is_file():
        raise ValueError(f"There is no file {path}: `python -m benchmarks run` writes it.")
    text = path.read_text(encoding="utf-8")
    reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    if not NEEDED <= set(reader.fieldnames or ()) <= set(COLUMNS):
        raise ValueError(f"{path} is not a results.csv of `python -m benchmarks run`.")
    rows = map(from_cells, reader)
    return list({row.key: row for row in rows}.values())


def line(cells: list[str]) -> str:
    """A line of CSV."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def to_cells(row: Row) -> list[str]:
    """A row as it stands in the CSV: text as it is on one line, all else as JSON, None as nothing."""
    values = [getattr(row, name) for name in COLUMNS]
    return [
        " ".join(value.split())
        if isinstance(value, str)
        else ""
        if value is None
        else json.dumps(shortened(value), sort_keys=True)
        for value in values
    ]


def from_cells(cells: Mapping[str, str]) -> Row:
    """The row of a line's cells by column."""
    values: dict[str, Any] = {
        name: cell if name in TEXTS else json.loads(cell) if cell else None for name, cell in cells.items()
    }
    return Row(**values)


def shortened(value: Any) -> Any:
    """Floats with six significant digits, within lists and dicts too."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [shortened(each) for each in value]
    return {name: shortened(each) for name, each in value.items()} if isinstance(value, dict) else value
