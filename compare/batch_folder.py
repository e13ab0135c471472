"""The folder of a batch: a picture a method of each pair, a journal by which it goes on, a table, and sheets.

The journal has one line of JSON a result, written after the result's files: what a kill leaves half done is
not in it, and is made again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from compare.results import picture, png_text, record, write_whole
from compare.schema import Request, Tile
from core.images import Kind, PictureError, Pixels, open_picture, picture_bytes
from core.sheet import contact_sheet

JOURNAL, TABLE = "batch.jsonl", "results.csv"
COLUMNS = (
    *("photo", "style", "method", "state", "file", "width", "height", "steps", "seconds", "warm_seconds"),
    *("load_seconds", "peak_memory_bytes", "content_distance", "style_distance", "photo_style_distance"),
    *("device", "dtype", "note", "error", "photo_sha256", "style_sha256", "version"),
)
SIDE = 112  # px of a picture in a contact sheet
ROWS, CELLS = 30, 40  # of one sheet: photos, and pictures side by side
QUALITY = 85

Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A photo and a style by their names, and the hashes of their files."""

    photo: str
    style: str
    photo_sha256: str
    style_sha256: str


@dataclass(frozen=True, eq=False)
class Painted:
    """One method's result: its row, its picture where there is one, and what else came out, by file name."""

    method: str
    row: Row
    picture: bytes | None
    files: Mapping[str, bytes]


def painted(tile: Tile, request: Request, kind: Kind, quality: int) -> Painted:
    """What is kept of a tile that has ended."""
    image = picture(tile, request) if tile.state == "done" else None
    data = None if image is None else picture_bytes(image, png_text(tile), kind, quality)
    return Painted(tile.method, row_of(tile), data, tile.files)


def row_of(tile: Tile) -> Row:
    """The columns that a tile alone decides; None where not measured."""
    known, seconds, distances = record(tile), tile.seconds, tile.distances
    return {
        **{column: known[column] for column in COLUMNS if column in known},
        "seconds": None if seconds is None else seconds.total,
        "warm_seconds": seconds.median if seconds and seconds.warm else None,
        "load_seconds": None if seconds is None else seconds.load,
        "content_distance": distances.content if distances else None,
        "style_distance": distances.style if distances else None,
        "photo_style_distance": tile.baseline.style if tile.baseline else None,
    }


def failed_row(method: str, error: str) -> Painted:
    """The row of a method whose worker failed or was lost."""
    return Painted(method, {"method": method, "state": "failed", "error": error}, None, {})


def digest(*parts: Any) -> str:
    """A hash of plain values."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class BatchFolder:
    """See the module. OSError, naming the folder, where it cannot be made or written to.

    Attributes:
        rows: by photo, style and method, those of this batch: finished before or now, and errors.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, dict[tuple[str, str, str], Row]()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._journal = (folder / JOURNAL).open("a+", encoding="utf-8")
        except OSError as error:
            raise OSError(f"{folder} cannot be written to: {error.strerror}.") from error
        self._known = dict(self._read())

    def _read(self) -> Iterator[tuple[str, Row]]:
        """The journal's rows by key; a last line that was cut short is closed and left out."""
        self._journal.seek(0)
        text = self._journal.read()
        for line in text.splitlines():
            try:
                entry = json.loads(line)
                yield entry["key"], entry["row"]
            except (ValueError, KeyError, TypeError):  # cut short by a kill
                continue
        if text and not text.endswith("\n"):
            self._journal.write("\n")

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def finished(self, pair: Pair, key: str, method: str) -> bool:
        """Whether this result is there with its picture, or the method declined; then it is one of `rows`."""
        row = self._known.get(key)
        if row is None or (row["photo"], row["style"]) != (pair.photo, pair.style):
            return False
        there = row["state"] == "done" and (self.folder / row["file"]).is_file()
        if not there and row["state"] != "declined":
            return False
        self.rows[pair.photo, pair.style, method] = row
        return True

    def add(self, pair: Pair, key: str, result: Painted, kind: Kind) -> None:
        """Write a result's files and then its line. OSError, naming the file, where one cannot be written."""
        name = ""
        if result.picture is not None:
            name = f"{pair.photo}/{pair.style}.{result.method}.{kind}"
            write_whole(self.folder / name, result.picture)
            for file, data in result.files.items():
                write_whole(self.folder / pair.photo / f"{pair.style}.{file}", data)
        row = {**result.row, **vars(pair), "file": name}
        self.rows[pair.photo, pair.style, result.method] = row
        self._journal.write(json.dumps({"key": key, "row": row}) + "\n")
        self._journal.flush()

    def refuse(self, photo: str, style: str, error: str) -> None:
        """A row for a picture that cannot be used, or for a pair."""
        self.rows[photo, style, ""] = {"photo": photo, "style": style, "state": "failed", "error": error}

    def write_table(self) -> None:
        """results.csv, by photo, style and method."""
        text = io.StringIO()
        table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(row for _, row in sorted(self.rows.items()))
        write_whole(self.folder / TABLE, text.getvalue().encode())

    def write_sheets(
        self, photos: Mapping[str, Path], styles: Mapping[str, Path], methods: Sequence[str]
    ) -> None:
        """Contact sheets: a row a photo, and in it for each style the methods side by side. What is not
        there stays white."""
        across = max(1, CELLS // len(methods))
        corners = product(range(0, len(styles), across), range(0, len(photos), ROWS))
        for number, (left, top) in enumerate(corners, 1):
            some = list(styles)[left : left + across]
            heads = [
                thumbnail(styles[style] if at == 0 else None) for style in some for at in range(len(methods))
            ]
            rows = [[thumbnail(None), *heads]]
            for photo in list(photos)[top : top + ROWS]:
                files = (self._file(photo, style, method) for style in some for method in methods)
                rows.append([thumbnail(photos[photo]), *map(thumbnail, files)])
            stream = io.BytesIO()
            contact_sheet(rows, SIDE).save(stream, "JPEG", quality=QUALITY)
            write_whole(self.folder / f"sheet-{number}.jpg", stream.getvalue())

    def _file(self, photo: str, style: str, method: str) -> Path | None:
        """Of a picture of this batch; None where there is none."""
        file = self.rows.get((photo, style, method), {}).get("file")
        return self.folder / file if file else None


def thumbnail(path: Path | None) -> Pixels:
    """The middle of a picture, (SIDE, SIDE, 3); white where there is none that can be read."""
    try:
        if path is not None:
            image = open_picture(path).rgb
            return np.asarray(ImageOps.fit(image, (SIDE, SIDE), Image.Resampling.LANCZOS))
    except PictureError:
        pass  # a row of the table says so
    return np.full((SIDE, SIDE, 3), 255, np.uint8)
