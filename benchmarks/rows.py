"""What is measured: a row for each method, pair of pictures and size; and the file that holds the rows."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from weights.catalog import CATALOG

Key = tuple[str, str, int, str, str]
Cell = tuple[str, str]  # file names of content and style


@dataclass(frozen=True)
class Row:
    """One method on one pair at one size. What was not measured is None.

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

    @property
    def key(self) -> Key:
        """What makes it another measurement than any other row."""
        return key(self.content, self.style, self.size, self.method, self.settings)

    @property
    def cell(self) -> Cell:
        """The pair of pictures."""
        return self.content, self.style

    @property
    def seconds(self) -> float | None:
        """The warm median where there is one, else those of the first run."""
        return self.total if self.warm_median is None else self.warm_median

    @property
    def picture(self) -> str:
        """The file name of its picture."""
        settings = sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:8]
        return f"{self.content}--{self.style}--{self.size}-{self.method}-{settings}.jpg"


COLUMNS = [each.name for each in fields(Row)]
TEXTS = {each.name for each in fields(Row) if each.type == "str"}


def key(content: str, style: str, size: int, method: str, settings: Mapping[str, Any]) -> Key:
    """The key of a row, whether it exists or not."""
    return content, style, size, method, json.dumps(settings, sort_keys=True)


class Results:
    """A folder's results.csv, to which rows are added as they come; the newest of a key counts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "results.csv"
        text = whole_lines(self.path) if self.path.exists() else ""
        if text:
            os.truncate(self.path, len(text.encode()))  # without what was cut short
        else:
            self.path.write_text(line(COLUMNS), encoding="utf-8", newline="\n")
        self.found = {row.key: row for row in read(self.path)}

    @property
    def rows(self) -> list[Row]:
        """The newest row of each key."""
        return list(self.found.values())

    def has(self, wanted: Key, repeats: int) -> bool:
        """Whether a key was measured without error, in as many further runs, with today's weights."""
        row = self.found.get(wanted)
        return row is not None and not row.error and len(row.warm) >= repeats and not outdated(row)

    def add(self, row: Row) -> None:
        """Write the row at once."""
        values = [cell(getattr(row, name)) for name in COLUMNS]
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(line(values))
        self.found[row.key] = parsed(dict(zip(COLUMNS, values, strict=True)))

    def finish(self) -> None:
        """Drop what newer rows replace, and let results.json say the same."""
        kept = [line(COLUMNS), *(line([cell(getattr(row, name)) for name in COLUMNS]) for row in self.rows)]
        new = self.path.with_suffix(".new")
        new.write_text("".join(kept), encoding="utf-8", newline="\n")
        os.replace(new, self.path)
        rows = ",\n".join(json.dumps(asdict(row)) for row in self.rows)
        (self.folder / "results.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


def outdated(row: Row) -> bool:
    """Whether the catalog now has other weights than those that the row was measured with."""
    known = {key: CATALOG[key].sha256 for key in row.weights if key in CATALOG}
    return any(known[key] not in ("", row.weights[key]) for key in known)


def read(path: Path) -> list[Row]:
    """The rows of a results.csv, of each key the newest. ValueError where it is none."""
    reader = csv.DictReader(io.StringIO(whole_lines(path)))
    if reader.fieldnames != COLUMNS:
        raise ValueError(f"{path} is not a results.csv of this version of `python -m benchmarks run`.")
    rows = [parsed(each) for each in reader]
    return list({row.key: row for row in rows}.values())


def whole_lines(path: Path) -> str:
    """The file's text up to its last line feed: a row that was cut short is not a row."""
    if not path.is_file():
        raise ValueError(f"There is no file {path}: `python -m benchmarks run` writes it.")
    text = path.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1]


def line(values: list[str]) -> str:
    """A line of CSV."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(values)
    return stream.getvalue()


def cell(value: Any) -> str:
    """A value as it stands in the CSV: text as it is on one line, all else as JSON with six digits."""
    if isinstance(value, str):
        return " ".join(value.split())
    return "" if value is None else json.dumps(shortened(value), sort_keys=True)


def shortened(value: Any) -> Any:
    """Floats with six significant digits, within lists and dicts too."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [shortened(each) for each in value]
    return {name: shortened(each) for name, each in value.items()} if isinstance(value, dict) else value


def parsed(cells: Mapping[str, str]) -> Row:
    """The row of a line's cells by column."""
    values: dict[str, Any] = {
        name: text if name in TEXTS else json.loads(text) if text else None for name, text in cells.items()
    }
    return Row(**values)
