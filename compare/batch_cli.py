"""The command line of a batch: which pictures are meant, a line of progress, what came out."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from compare.batch import Batch, Pool, Recipe
from compare.batch_folder import TABLE, BatchFolder
from methods.base import Stop

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")
LINE_SECONDS = 30  # between two lines of progress, where nobody sees a bar


def listed(path: Path) -> dict[str, Path]:
    """The pictures of a folder, without its subfolders, or one file: by the name that their results get,
    which has the ending where two would be called the same. ValueError where a folder has none."""
    if not path.is_dir():
        return {path.stem: path}
    files = sorted(
        each
        for each in path.iterdir()
        if each.suffix.lower() in ENDINGS and not each.name.startswith(".") and each.is_file()
    )
    if not files:
        raise ValueError(f"{path} holds no picture; {', '.join(ENDINGS)} files are needed.")
    stems = [each.stem.lower() for each in files]
    return {each.name if stems.count(each.stem.lower()) > 1 else each.stem: each for each in files}


def run_batch(
    photos: Mapping[str, Path],
    styles: Mapping[str, Path],
    recipe: Recipe,
    out: Path,
    pool: Pool,
    print_rows: bool,
) -> int:
    """Exit status: 0 when all is done, 1 when a picture, a method or a file failed, 130 when Ctrl-C ended it.
    ValueError and OSError where it cannot begin."""
    folder, stop, console = BatchFolder(out), Stop(), Console(stderr=True)
    batch = Batch(photos, styles, recipe, folder)
    failed = ""
    with on_ctrl_c(stop), Shown(console, batch) as shown:
        try:
            for pair in batch.run(pool, stop):
                shown.update(f"{pair.photo}, {pair.style}")
        except OSError as error:
            failed = f"{error.filename or out} could not be written: {error.strerror}."
    try:
        batch.finish()
    except OSError as error:
        failed = failed or f"{error.filename or out} could not be written: {error.strerror}."
    finally:
        folder.close()
    rows = [row for _, row in sorted(folder.rows.items())]
    errors = [row for row in rows if row["state"] == "failed"]
    for row in errors[:10]:
        name = ", ".join(filter(None, (row["photo"], row["style"], row.get("method"))))
        console.print(f"{name}: {row['error']}", highlight=False, markup=False, soft_wrap=True)
    done = sum(row["state"] == "done" for row in rows)
    summary = f"{done:,} pictures are there, {len(errors):,} failed; {out / TABLE} lists them."
    ended = " The same command goes on." if stop.asked() else ""
    console.print(failed or summary + ended, highlight=False, markup=False, soft_wrap=True)
    if print_rows:
        print(json.dumps(rows, indent=2))
    return 130 if stop.asked() else 1 if failed or errors else 0


@contextmanager
def on_ctrl_c(stop: Stop) -> Iterator[None]:
    """Meanwhile Ctrl-C sets the stop; the work ends at its next check."""
    previous = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


class Shown:
    """The progress of a batch: a bar in a terminal, else a line now and then."""

    def __init__(self, console: Console, batch: Batch) -> None:
        self.console, self.batch, self.told = console, batch, time.monotonic()
        columns = (BarColumn(), TextColumn("{task.description}", markup=False))
        self.progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self.bar = self.progress.add_task(self.line(), total=batch.total)

    def __enter__(self) -> Shown:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def line(self) -> str:
        """How far it is, how fast, and for how long it will go on."""
        batch, left = self.batch, self.batch.left
        pace = "" if left is None else f", {rate_text(batch.rate)}, {time_text(left)} left"
        return f"{batch.past:,} of {batch.total:,} pairs{pace}"

    def update(self, pair: str) -> None:
        """A pair more is made."""
        self.progress.update(self.bar, completed=self.batch.past, description=f"{self.line()}: {pair}")
        if not self.console.is_terminal and time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            self.console.print(self.line(), highlight=False, markup=False, soft_wrap=True)


def rate_text(rate: float) -> str:
    """Pairs a second, or a minute where they take longer."""
    return f"{rate:.1f} a second" if rate >= 1 else f"{60 * rate:.1f} a minute"


def time_text(seconds: float) -> str:
    """For instance 1:05:00, or 0:07."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
