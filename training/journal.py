"""Keeps a training's records: a progress line, a log, checkpoints and sheets of pictures."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from training.loop import Report, Training

AVERAGED = 20  # reports whose mean is written down: single batches differ too much


def watch(training: Training, folder: Path, every: int, sheet: Callable[[], Image.Image]) -> Report:
    """Run a training to its end; its last report, with the losses averaged over the last ones.

    Writes into the folder: log.csv, a row per report; every `every` steps and at the end checkpoint.pt and
    sheet.jpg. Ctrl-C writes a checkpoint before it ends the program.
    """
    recent: list[Report] = []
    log = folder / "log.csv"
    began, seen = time.perf_counter(), training.pictures
    try:
        for report in training.run():
            recent = [*recent[1 - AVERAGED :], report]
            append(log, report)
            show(mean(recent), (report.pictures - seen) / (time.perf_counter() - began))
            if report.step % every == 0 or report.done >= 1:
                training.save(folder / "checkpoint.pt")
                sheet().save(folder / "sheet.jpg", quality=90)
    except KeyboardInterrupt:
        training.save(folder / "checkpoint.pt")
        sys.exit(f"\nStopped after step {training.step:,}; the same command goes on from there.")
    print(file=sys.stderr)
    if not recent:
        raise ValueError("This training is finished: ask for more steps or minutes to go on.")
    return mean(recent)


def mean(reports: list[Report]) -> Report:
    """The last report with the mean losses of all."""
    last = reports[-1]
    losses = {
        name: round(sum(each.losses[name] for each in reports) / len(reports), 4) for name in last.losses
    }
    return Report(last.step, last.done, last.seconds, last.pictures, losses)


def append(log: Path, report: Report) -> None:
    """Add a row to the log; the first one gets a heading."""
    new = not log.exists()
    with log.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "seconds", "pictures", *report.losses])
        writer.writerow([report.step, f"{report.seconds:.1f}", report.pictures, *report.losses.values()])


def show(report: Report, speed: float) -> None:
    """Redraw the progress line; a file gets a line now and then instead."""
    left = report.seconds * (1 / max(report.done, 1e-6) - 1) / 60
    losses = "  ".join(f"{name} {loss:.3f}" for name, loss in report.losses.items())
    line = f"{report.done:4.0%}  step {report.step:,}  {losses}  {speed:.1f} pictures/s  {left:.0f} min left"
    if sys.stderr.isatty():
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
    elif report.step % 100 == 0:
        print(line, file=sys.stderr, flush=True)
