"""Which method, when? `python -m benchmarks run`, then `report`; before a release `gate`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers import PEERS
from benchmarks.plain import PLAIN
from benchmarks.run import Plan, picture_files, run
from compare.checks import checked_repeats, checked_size
from core.device import DEVICES, pick_device
from methods import ALL
from methods.base import Method
from methods.flags import add_flags, settings_from_flags

RESULTS = Path("out") / "benchmark"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 where `gate` or `hostile` finds a fault; 2 for wrong arguments; 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.command == "run":
            return 0 if run(plan(arguments)) else 130
        if arguments.command == "gate":
            from benchmarks.gate import gate

            return gate(arguments.folder, arguments.baseline, arguments.slower, arguments.worse)
        if arguments.command == "hostile":
            from benchmarks.crowd import crowd
            from benchmarks.hostile import hostile
            from benchmarks.kills import kills
            from benchmarks.load import load

            if arguments.crowd:
                return crowd(arguments.url, arguments.clients)
            if arguments.load:
                return load(arguments.url, arguments.load, arguments.clients, arguments.seed)
            if arguments.kills:
                return kills(arguments.url, arguments.kills)
            return hostile(arguments.url, arguments.requests, arguments.clients, arguments.seed)
        if arguments.command == "waiting":
            from benchmarks.waiting import Traffic, table

            names = ("visitors", "each", "quick", "long", "share")
            traffic = Traffic(**{name: getattr(arguments, name) for name in names})
            print(f"{traffic.load:.1f} workers would be busy all the time.\n")
            print(table(traffic, arguments.workers))
            return 0
        if arguments.command == "engines":
            from benchmarks import engines

            if arguments.workers:
                print(engines.at_once(arguments.workers, arguments.rounds, arguments.size))
            else:
                print(engines.table(arguments.names, arguments.size, arguments.rounds))
            return 0
        if arguments.command == "measures":
            from benchmarks import measures

            print(measures.table(arguments.size, arguments.rounds, arguments.device))
            return 0
        from benchmarks.report import agreed, report  # draws with what only requirements-bench.txt installs

        if arguments.command == "agree":
            print(agreed(arguments.folder))
        else:
            report(arguments.folder)
    except ModuleNotFoundError as error:
        print(f"{error.name} is missing: `pip install -r requirements-bench.txt` adds it.", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """The eight commands and their flags; those of the methods come from their settings."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    add_run(commands.add_parser("run", help="measure; the same command goes on after Ctrl-C"))
    write = commands.add_parser("report", help="write report.md, report.html and plots of a folder's results")
    both = commands.add_parser("agree", help="print whether the measures agree on a folder's results")
    check = commands.add_parser("gate", help="exit with 1 where results are worse than a baseline's")
    attack = commands.add_parser(
        "hostile", help="send hostile requests to a page; 1 where it does not bear them"
    )
    attack.add_argument("url", metavar="URL", help="of the page, as http://127.0.0.1:7860")
    for flag, value in (("--requests", 200), ("--clients", 50), ("--seed", 0)):
        attack.add_argument(flag, type=int, default=value, help="(%(default)s)")
    attack.add_argument(
        "--kills", type=int, default=0, metavar="N", help="in place of requests, kill what computes N times"
    )
    attack.add_argument(
        "--load",
        type=float,
        default=0,
        metavar="MINUTES",
        help="in place of requests, let the clients do what visitors do, for so long, and look at the page",
    )
    attack.add_argument(
        "--crowd", action="store_true", help="in place of requests, let each client compare once, all at once"
    )
    wait = commands.add_parser("waiting", help="simulate how long visitors wait, by the number of workers")
    wait.add_argument("--visitors", type=int, default=1000, help="in an hour (%(default)s)")
    for flag, number, text in (
        ("--each", 3.0, "comparisons of a visitor"),
        ("--quick", 7.5, "seconds of a quick comparison"),
        ("--long", 27.0, "seconds of a long one"),
        ("--share", 0.1, "of the comparisons that are long"),
    ):
        wait.add_argument(flag, type=float, default=number, help=f"{text} (%(default)s)")
    wait.add_argument("--workers", type=int, nargs="+", default=[4, 6, 8, 9, 10, 12, 16], metavar="N")
    cost = commands.add_parser("measures", help="print what all measures cost beside the yardstick alone")
    cost.add_argument("--size", type=int, default=512, help="long side in px (%(default)s)")
    cost.add_argument("--rounds", type=int, default=9, help="(%(default)s)")
    cost.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    beside = commands.add_parser("engines", help="print what an engine adds, or what several workers save")
    beside.add_argument(
        "names", nargs="*", default=["process"], metavar="ENGINE", help="process, ray (process)"
    )
    beside.add_argument("--size", type=int, default=512, help="long side in px (%(default)s)")
    beside.add_argument("--rounds", type=int, default=8, help="comparisons of each (%(default)s)")
    text = "in place of engines: how long --rounds comparisons at once take with so many of Ray's workers"
    beside.add_argument("--workers", type=int, nargs="+", metavar="N", help=text)
    for each in (write, both, check):
        each.add_argument(
            "folder", type=Path, nargs="?", default=RESULTS, metavar="DIR", help="(%(default)s)"
        )
    check.add_argument("--baseline", type=Path, required=True, metavar="FILE", help="an earlier results.csv")
    check.add_argument("--slower", type=float, default=0.1, help="share of seconds (%(default)s)")
    check.add_argument("--worse", type=float, default=0.02, help="share of a mean distance (%(default)s)")
    return top


def add_run(measure: argparse.ArgumentParser) -> None:
    """The flags of `run`."""
    names, plain = (",".join(each.name for each in some) for some in ((*ALL, *PEERS), PLAIN))
    for flag, folder in (("--content", "examples"), ("--style", "styles")):
        text = "folder of pictures (%(default)s)"
        measure.add_argument(flag, type=Path, default=Path(folder), metavar="DIR", help=text)
    measure.add_argument("--photos", metavar="A,B", help="some of the photos, by name without ending (all)")
    measure.add_argument("--plates", metavar="A,B", help="some of the style pictures (all)")
    measure.add_argument(
        "--methods", default=names, metavar="A,B", help=f"(%(default)s); also to be had: {plain}"
    )
    measure.add_argument("--sizes", default="256,512", metavar="A,B", help="long sides in px (%(default)s)")
    measure.add_argument("--repeats", type=int, default=3, help="runs for warm seconds (%(default)s)")
    measure.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    measure.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="(%(default)s)")
    for method in (*ALL, *PEERS, *PLAIN):
        add_flags(measure, method)


def plan(arguments: argparse.Namespace) -> Plan:
    """What the flags of `run` ask for. ValueError where it cannot be done."""
    known: dict[str, type[Method]] = {method.name: method for method in (*ALL, *PEERS, *PLAIN)}
    methods, device = [], pick_device(arguments.device)
    for name in listed(arguments.methods):
        if name not in known:
            raise ValueError(f"There is no method {name!r}; choose from {', '.join(known)}.")
        if missing := known[name].unavailable():
            print(f"{known[name].title} is left out: {missing}", file=sys.stderr)
        else:
            methods.append(known[name])
    return Plan(
        picture_files(arguments.content, arguments.photos),
        picture_files(arguments.style, arguments.plates),
        methods,
        {each.name: each().decide(settings_from_flags(arguments, each), device) for each in methods},
        [checked_size(int(each) if each.isdecimal() else each) for each in listed(arguments.sizes)],
        checked_repeats(arguments.repeats),
        arguments.device,
        arguments.out,
    )


def listed(text: str) -> list[str]:
    """The parts of a comma-separated text."""
    return [part.strip() for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
