"""Keeps a training's records: a progress line, a log, checkpoints and sheets of pictures."""

from __future__ import annotations

import csv
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from training.loop import Report, Training


def watch(training: Training, folder: Path, every: int, sheet: Callable[[], Image.Image]) -> None:
    """Run a training to its end, or until Ctrl-C, which ends the program after the current step.

    Writes into the folder: log.csv, a row per report; about every `every` steps and at the end checkpoint.pt
    and sheet.jpg.
    """
    log = folder / "log.csv"
    began, seen, saved = time.perf_counter(), training.pictures, training.step
    previous = signal.signal(signal.SIGINT, lambda *_: setattr(training, "stopping", True))
    try:
        for report in training.run():
            append(log, report)
            show(report, (report.pictures - seen) / (time.perf_counter() - began))
            if report.step - saved >= every or report.done >= 1 or training.stopping:
                training.save(folder / "checkpoint.pt")
                sheet().save(folder / "sheet.jpg", quality=90)
                saved = report.step
    finally:
        signal.signal(signal.SIGINT, previous)
    print(file=sys.stderr)
    if training.stopping:
        sys.exit(f"Stopped after step {training.step:,}; the same command goes on from there.")


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
    losses = "  ".join(f"{name} {loss:.3f}" for name, loss in report.recent.items())
    line = f"{report.done:4.0%}  step {report.step:,}  {losses}  {speed:.1f} pictures/s  {left:.0f} min left"
    if sys.stderr.isatty():
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
    elif report.step % 100 == 0:
        print(line, file=sys.stderr, flush=True)
