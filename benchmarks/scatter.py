"""Seconds against style distance of networks that take any painting: `python -m benchmarks.scatter`.

Ours and those of others take turns on the same pictures, pass by pass in changing order, so that whatever
else the machine does meets all alike; it says medians of their seconds and of the ratios of one round. The
style picture is encoded beforehand, for all. On a busy machine set CPU_CORES=1: threads that wait for each
other keep cores busy. It writes scatter.csv, scatter.md and scatter.svg.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from benchmarks.machine import claim, this_machine
from benchmarks.pairs import read_pairs
from benchmarks.peers import LiteArbitrary, LiteFixed
from compare.checks import checked_size
from core.device import pick_device, use_cores
from core.images import open_picture, resize, to_tensor
from core.measure import Stopwatch
from core.metrics import pareto_front
from core.resample import fit_long_side
from core.yardstick import Yardstick
from methods.adain import AdaIN
from methods.base import Method, Stop, Style
from methods.cin import CIN
from methods.magenta import Magenta
from methods.mix import STYLE_SIDE
from methods.wct import Transport

TICKS = [digit * 10.0**power for power in range(-3, 3) for digit in (1, 2, 5)]  # seconds
PEER = LiteArbitrary.name  # whose seconds are the unit of ratios
KINDS: dict[str, tuple[type[Method], dict[str, Any]]] = {
    "cin-slim": (CIN, {"width": "slim"}),
    "cin-full": (CIN, {"width": "full"}),
    "adain": (AdaIN, {}),
    "transport": (Transport, {}),
    "magenta": (Magenta, {}),
    LiteArbitrary.name: (LiteArbitrary, {}),
    LiteFixed.name: (LiteFixed, {}),
}


@dataclass(frozen=True)
class Entrant:
    """A method with some settings, loaded."""

    name: str
    method: Method
    settings: Any

    def encode(self, content: Tensor, style: Style) -> None:
        """All that comes before its pass."""
        self.method.prepare(style, self.settings, {})
        self.method.encode(content, style, self.settings)

    def paint(self, content: Tensor, style: Style) -> Tensor:
        """Its pass."""
        *_, frame = self.method.stylize(content, style, self.settings, Stop())
        return frame.image


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 for wrong arguments."""
    arguments = parser().parse_args(argv)
    use_cores()
    device = torch.device("cpu")
    try:
        pairs = read_pairs(arguments.pairs, arguments.content, arguments.style)
        sizes = [checked_size(int(each) if each.isdecimal() else each) for each in arguments.sizes.split(",")]
        claim(arguments.out, this_machine(pick_device("cpu")))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    field = entrants(arguments.methods.split(","), device)
    rows = []
    for size in sizes:
        for pair in pairs:
            rows += measured(field, pair, size, arguments.rounds, device)
            write(pd.DataFrame(rows), arguments.out)
            print(f"{size} px, {pair[0].stem}, {pair[1].stem}", file=sys.stderr, flush=True)
    return 0


def write(table: pd.DataFrame, folder: Path) -> None:
    """What is known so far."""
    table.to_csv(folder / "scatter.csv", index=False, float_format="%.4g")
    (folder / "scatter.md").write_text(report(table), encoding="utf-8")
    draw(table, folder / "scatter.svg")


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.scatter", description=__doc__)
    found.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="two file names a line")
    found.add_argument("--content", type=Path, default=Path("examples"), metavar="DIR", help="(%(default)s)")
    found.add_argument("--style", type=Path, default=Path("styles"), metavar="DIR", help="(%(default)s)")
    found.add_argument(
        "--sizes", default="256,512,1024", metavar="A,B", help="long sides in px (%(default)s)"
    )
    found.add_argument("--methods", default=",".join(KINDS), metavar="A,B", help="(%(default)s)")
    found.add_argument("--rounds", type=int, default=5, help="passes of each (%(default)s)")
    found.add_argument("--out", type=Path, required=True, metavar="DIR")
    return found


def entrants(names: Sequence[str], device: torch.device) -> list[Entrant]:
    """Those of these names that can run here."""
    found = []
    for name, (kind, values) in KINDS.items():
        if name not in names:
            continue
        if missing := kind.unavailable():
            print(f"{name} is left out: {missing}", file=sys.stderr)
            continue
        method = kind()
        method.load(device)
        found.append(Entrant(name, method, kind.Settings.make(**values)))
    return found


def measured(
    field: Sequence[Entrant], pair: tuple[Path, Path], size: int, rounds: int, device: torch.device
) -> list[dict[str, Any]]:
    """A row for each entrant and round, the first round, which warms up, left out."""
    photo, painting = (open_picture(path) for path in pair)
    content = to_tensor(resize(photo, size).rgb)
    picture = to_tensor(painting.rgb)
    style = Style(fit_long_side(picture, min(STYLE_SIDE, max(picture.shape[-2:]))))
    yardstick = Yardstick(content, style.image, style.grams(device))
    for each in field:
        each.encode(content, style)
    order, rows, known = random.Random(0), [], dict[str, dict[str, Any]]()
    for number in range(rounds + 1):
        for each in order.sample(field, len(field)):
            used, watch = time.process_time(), Stopwatch(device)
            with watch:
                image = each.paint(content, style)
            used = time.process_time() - used
            time.sleep(each.method.settles)
            if each.name not in known:
                distances = yardstick.measure(image)
                known[each.name] = {"content": distances.content, "style": distances.style}
            elif number:
                row = {"size": size, "photo": pair[0].stem, "painting": pair[1].stem, "method": each.name}
                rows.append(
                    {
                        **row,
                        "round": number,
                        "seconds": watch.seconds,
                        "core_seconds": used,
                        **known[each.name],
                    }
                )
    return rows


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By size and method: median seconds and core seconds, the median ratio to the peer's of the same round,
    mean distances, and whether nothing is in front of it."""
    keys = ["size", "photo", "painting", "round"]
    peer = table[table["method"] == PEER].set_index(keys)["core_seconds"]
    ratios = table.set_index(keys)["core_seconds"] / peer.reindex(table.set_index(keys).index).to_numpy()
    table = table.assign(ratio=ratios.to_numpy())
    found = table.groupby(["size", "method"], sort=False).agg(
        seconds=("seconds", "median"),
        core_seconds=("core_seconds", "median"),
        ratio=("ratio", "median"),
        style=("style", "mean"),
        content=("content", "mean"),
    )
    front = [
        name
        for size, some in found.groupby(level="size")
        for name in pareto_front(
            list(some.index), lambda key: tuple(found.loc[key, ["core_seconds", "style"]])
        )
    ]
    return found.assign(front=[key in front for key in found.index])


def report(table: pd.DataFrame) -> str:
    """The summary as Markdown."""
    machine = this_machine(pick_device("cpu"))
    counts = table.drop_duplicates(["size", "photo", "painting"]).groupby("size").size()
    pairs = ", ".join(f"{count} at {size:,} px" for size, count in counts.items())
    lines = [
        "# Seconds against style distance, any painting",
        "",
        f"{machine['CPU']}, PyTorch {machine['PyTorch']} with its kernels for "
        f"{torch.backends.cpu.get_cpu_capability()}; pairs of photo and painting: {pairs}; "
        f"{table['round'].max()} rounds. Core seconds are those that it had of its cores, without "
        f"what else ran. Ratio: to those of {PEER} in the same round. Front: nothing is both quicker and "
        "nearer to the style.",
        "",
        "| size, px | method | seconds | core seconds | ratio | style distance | content distance | front |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for (size, method), row in summary(table).iterrows():
        numbers = [f"{row[name]:.3g}" for name in ("seconds", "core_seconds", "ratio", "style", "content")]
        cells = [f"{size:,}", method, *numbers, "yes" if row["front"] else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(table: pd.DataFrame, path: Path) -> None:
    """A plot for each size, as SVG with text as text."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullLocator

    from benchmarks.plots import COLOURS, LOOK, MARKERS, WIDTH

    found = summary(table)
    sizes = list(found.index.unique("size"))
    names = list(found.index.unique("method"))
    with matplotlib.rc_context({**LOOK, "svg.fonttype": "none", "svg.hashsalt": "scatter"}):
        figure = Figure(figsize=(WIDTH, 3.6))
        axes = list(figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0])
        for axis, size in zip(axes, sizes, strict=True):
            some = found.loc[size]
            line = some[some["front"]].sort_values("core_seconds")
            axis.plot(line["core_seconds"], line["style"], color="#9aa3b2", linestyle="--", zorder=1)
            for place, name in enumerate(names):
                if name not in some.index:  # where it did not take part at this size
                    continue
                row = some.loc[name]
                axis.plot(
                    row["core_seconds"],
                    row["style"],
                    color=COLOURS[place],
                    marker=MARKERS[place],
                    markerfacecolor=COLOURS[place] if row["front"] else "white",
                    linestyle="",
                    label=name,
                )
            axis.set(xscale="log", xlabel="core seconds", title=f"{size:,} px")
            low, high = axis.get_xlim()
            ticks = [tick for tick in TICKS if low <= tick <= high]
            axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.xaxis.set_minor_locator(NullLocator())
        axes[0].set(ylabel="style distance", ylim=(0, 1.05 * found["style"].max()))
        labels = {
            label: handle
            for axis in axes
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=3)
        figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
