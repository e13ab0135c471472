"""How soon `fast` reaches what `paper` reaches: both Gatys presets side by side in one run.

    python -m benchmarks.gatys CONTENT STYLE --size 512 --steps 300

The two runs take turns, a frame each (a step, or 0.3 s of quicker steps), so that whatever else the machine
does slows both alike. Seconds are those of the steps alone; the pictures are judged afterwards, clipped to
[0, 1] as a user gets them, by the paper's own objective in float32.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from core.device import DEVICES, describe, pick_device
from core.images import open_picture, resize, to_tensor
from core.measure import PeakMemory, Stopwatch
from core.resample import fit_long_side
from core.vgg import VGG
from methods.base import Frame, Style
from methods.gatys import Gatys
from methods.gatys_loss import GatysLoss
from methods.gatys_presets import FAST, PAPER, GatysSettings

CLOSE_ENOUGH = 1.02
JUDGED_EVERY = 10  # steps


@dataclass(frozen=True)
class Point:
    """A picture on the way: after `step` steps and `seconds` of them, at objective value `value`."""

    step: int
    seconds: float
    value: float


class Judge:
    """The paper's objective of any picture, float32, at the content's size."""

    def __init__(self, content: Tensor, style: Tensor) -> None:
        layers = (*PAPER.content_layers, *PAPER.style_layers)
        network = VGG(layers, PAPER.pooling, content.device)
        self.device = content.device
        self.objective = GatysLoss(PAPER, network, content, fit_long_side(style, max(content.shape[-2:])))

    @torch.no_grad()
    def value(self, image: Tensor) -> float:
        """Objective of a (1, 3, H, W) picture in [0, 1]."""
        return self.objective(image.to(self.device))["total"].item()


def points(
    method: Gatys, content: Tensor, style: Style, settings: GatysSettings, judge: Judge
) -> Iterator[Point]:
    """One point a frame; judged, and otherwise NaN, every few steps and at the end."""
    watch = Stopwatch(method.device)
    frames: Generator[Frame] = method.stylize(content, style, settings)
    while True:
        with watch:
            frame = next(frames, None)
        if frame is None:
            return
        due = frame.step % JUDGED_EVERY == 0 or frame.step == frame.total
        yield Point(frame.step, watch.seconds, judge.value(frame.image) if due else float("nan"))


def side_by_side(
    method: Gatys, content: Tensor, style: Style, runs: dict[str, GatysSettings]
) -> dict[str, list[Point]]:
    """All runs' points, the runs taking turns until each has ended."""
    judge = Judge(content.to(method.device), style.image.to(method.device))
    going = {name: points(method, content, style, settings, judge) for name, settings in runs.items()}
    gathered: dict[str, list[Point]] = {name: [] for name in runs}
    while going:
        for name, run in list(going.items()):
            point = next(run, None)
            if point is None:
                del going[name]
            else:
                gathered[name].append(point)
    return gathered


def table(gathered: dict[str, list[Point]]) -> Table:
    """Each run's end, and when `fast` first came within 2 % of `paper`'s end."""
    paper = gathered["paper"][-1]
    shown = Table("run", "steps", "seconds", "objective", "objective / paper", "time / paper")
    rows = {name: points[-1] for name, points in gathered.items()}
    reached = [point for point in gathered["fast"] if point.value <= CLOSE_ENOUGH * paper.value]
    if reached:
        rows["fast, within 2 %"] = reached[0]
    for name, point in rows.items():
        ratios = f"{point.value / paper.value:.3f}", f"1 / {paper.seconds / point.seconds:.1f}"
        shown.add_row(name, str(point.step), f"{point.seconds:.1f}", f"{point.value:.4g}", *ratios)
    if not reached:
        shown.add_row("fast, within 2 %", "", "", "not reached", "", "")
    return shown


def main() -> None:
    """Print the table for one pair of pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gatys", description=__doc__.splitlines()[0])
    parser.add_argument("content", help="the photo")
    parser.add_argument("style", help="the style picture")
    parser.add_argument("--size", type=int, default=512, help="long side in pixels (%(default)s)")
    parser.add_argument("--steps", type=int, default=300, help="of `paper` (%(default)s)")
    parser.add_argument("--fast-steps", type=int, default=FAST.steps, help="of `fast` (%(default)s)")
    parser.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    arguments = parser.parse_args()
    content = to_tensor(resize(open_picture(arguments.content, "content photo"), arguments.size).rgb)
    style = Style(to_tensor(open_picture(arguments.style, "style picture").rgb))
    method = Gatys()
    method.load(pick_device(arguments.device))
    runs = {
        "paper": replace(PAPER, steps=arguments.steps),
        "fast": replace(FAST, steps=arguments.fast_steps),
    }
    with PeakMemory(method.device) as memory:
        gathered = side_by_side(method, content, style, runs)
    console = Console(width=110)
    console.print(f"{describe(method.device)}, {content.shape[-1]} x {content.shape[-2]} px")
    console.print(table(gathered))
    console.print(f"peak memory of both together: {memory.bytes / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
