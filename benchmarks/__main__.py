"""Which method, when? `python -m benchmarks run`, then `report`; before a release `gate`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gate import gate
from benchmarks.peers import PEERS, Peer, is_installed
from benchmarks.run import Plan, picture_files, run
from compare.comparison import REPEATS
from core.device import DEVICES
from methods import ALL
from methods.__main__ import SIZES, add_flags, given_settings
from methods.base import Method

RESULTS = Path("benchmarks") / "results"


def parser() -> argparse.ArgumentParser:
    """The three commands and their flags; those of the methods come from their settings."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    add_run(commands.add_parser("run", help="measure; the same command goes on after Ctrl-C"))
    write = commands.add_parser("report", help="write report.md, report.html and plots of a folder's results")
    check = commands.add_parser("gate", help="exit with 1 where results are worse than a baseline's")
    for each in (write, check):
        each.add_argument(
            "folder", type=Path, nargs="?", default=RESULTS, metavar="DIR", help="(%(default)s)"
        )
    check.add_argument("--baseline", type=Path, required=True, metavar="FILE", help="an earlier results.csv")
    check.add_argument("--slower", type=float, default=0.1, help="share of seconds (%(default)s)")
    check.add_argument("--worse", type=float, default=0.02, help="share of a mean distance (%(default)s)")
    return top


def add_run(measure: argparse.ArgumentParser) -> None:
    """The flags of `run`."""
    names = ",".join(method.name for method in (*ALL, *PEERS))
    for flag, folder in (("--content", "examples"), ("--style", "styles")):
        told = "folder of pictures (%(default)s)"
        measure.add_argument(flag, type=Path, default=Path(folder), metavar="DIR", help=told)
    measure.add_argument("--photos", metavar="A,B", help="some of the photos, by name without ending (all)")
    measure.add_argument("--plates", metavar="A,B", help="some of the style pictures (all)")
    measure.add_argument("--methods", default=names, metavar="A,B", help="(%(default)s)")
    measure.add_argument("--sizes", default="256,512", metavar="A,B", help="long sides in px (%(default)s)")
    measure.add_argument("--repeats", type=int, default=3, help="runs for warm seconds (%(default)s)")
    measure.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    measure.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="(%(default)s)")
    for method in (*ALL, *PEERS):
        add_flags(measure, method)


def plan(given: argparse.Namespace) -> Plan:
    """What the flags of `run` ask for. ValueError where it cannot be done."""
    known: dict[str, type[Method]] = {method.name: method for method in (*ALL, *PEERS)}
    names = [name.strip() for name in given.methods.split(",")]
    for name in names:
        if name not in known:
            raise ValueError(f"There is no method {name!r}; choose from {', '.join(known)}.")
    missing = {name: lacks(known[name]) for name in names}
    for name, told in missing.items():
        if told:
            print(f"{known[name].title} is left out: {told}", file=sys.stderr)
    methods = [known[name] for name in names if not missing[name]]
    sizes = [int(size) if size.strip().isdecimal() else 0 for size in given.sizes.split(",")]
    if not all(SIZES[0] <= size <= SIZES[1] for size in sizes):
        raise ValueError(f"sizes is {given.sizes}; each must be from {SIZES[0]} to {SIZES[1]} pixels.")
    if not 0 <= given.repeats <= REPEATS:
        raise ValueError(f"repeats is {given.repeats}; it must be from 0 to {REPEATS}.")
    return Plan(
        picture_files(given.content, given.photos),
        picture_files(given.style, given.plates),
        methods,
        {method.name: given_settings(given, method) for method in methods},
        sizes,
        given.repeats,
        given.device,
        given.out,
    )


def lacks(method: type[Method]) -> str:
    """What an optional method or a peer lacks here, in a sentence; empty where it can run."""
    if issubclass(method, Peer) and not is_installed(method):
        return "`pip install -r requirements-bench.txt` adds it."
    return method.unavailable()


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 where `gate` found something worse; 2 for wrong arguments; 130 after Ctrl-C."""
    given = parser().parse_args(argv)
    try:
        if given.command == "run":
            return 0 if run(plan(given)) else 130
        if given.command == "gate":
            return gate(given.folder, given.baseline, given.slower, given.worse)
        from benchmarks.report import report  # draws with what only requirements-bench.txt installs

        report(given.folder)
    except ModuleNotFoundError as error:
        print(f"{error.name} is missing: `pip install -r requirements-bench.txt` adds it.", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
