"""What the trainers' command lines share: how long, on what, from which pictures, into which folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image
from torch import Tensor

from core.device import DEVICES
from core.version import VERSION
from training.log import watch
from training.loop import Plan, Stage, Training
from weights.errors import WeightsError
from weights.formats import in_halves, pack


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """A parser with the shared flags, for `python -m training.<name>`."""
    shared = argparse.ArgumentParser(prog=f"python -m training.{name}", description=description)
    shared.add_argument("--content", type=Path, required=True, help="folder of photographs")
    shared.add_argument("--minutes", type=float, default=60.0, help="of training (%(default)s)")
    shared.add_argument("--steps", type=int, default=0, help="of training, instead of minutes")
    shared.add_argument(
        "--stages",
        nargs="+",
        type=stage,
        default=Plan.stages,
        metavar="UNTIL:SIZExBATCH",
        help="crop size in px and batch until a share of the training (0.7:128x8 1:256x4)",
    )
    shared.add_argument("--learning-rate", type=float, default=Plan.learning_rate, help="(%(default)s)")
    shared.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    shared.add_argument("--every", type=int, default=200, help="steps between checkpoints (%(default)s)")
    shared.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    shared.add_argument("--out", type=Path, default=Path("runs") / name, help="folder (%(default)s)")
    return shared


def style_parser(name: str, description: str) -> argparse.ArgumentParser:
    """`parser` with the flags of a training on style pictures of all kinds."""
    flags = parser(name, description)
    flags.add_argument("--style", type=Path, required=True, help="folder of style pictures")
    flags.add_argument(
        "--hold-out",
        type=name_range,
        nargs="+",
        default=[],
        metavar="FIRST:LAST",
        help="names without ending of pictures, photographs or styles, that are not trained on",
    )
    return flags


def name_range(text: str) -> tuple[str, str]:
    """`first:last`, or one name, as the first and last of a range."""
    first, _, last = text.partition(":")
    return first, last or first


def run(train: Callable[[argparse.Namespace], None], flags: argparse.ArgumentParser) -> None:
    """Train as the command line asks; where that is impossible, end with a sentence."""
    try:
        train(flags.parse_args())
    except (ValueError, OSError, WeightsError) as error:
        sys.exit(str(error))


def stage(text: str) -> Stage:
    """`0.7:128x8` as a Stage; ValueError for anything else."""
    until, shape = text.split(":")
    size, batch = shape.split("x")
    return Stage(float(until), int(size), int(batch))


def plan(given: argparse.Namespace) -> Plan:
    """The plan that the flags ask for."""
    return Plan(given.steps, given.minutes, tuple(given.stages), given.learning_rate, seed=given.seed)


def finish(
    training: Training,
    given: argparse.Namespace,
    data: str,
    sheet: Callable[[], Image.Image],
    name: str,
    styles: list[str],
    stored: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = in_halves,
) -> None:
    """Train to the end, from the checkpoint in the folder if there is one; write <name>.safetensors there.
    A training that is finished already only writes the file. `data` says in words what it saw, `stored` how
    the file has the tensors.

    ValueError where the checkpoint does not fit.
    """
    given.out.mkdir(parents=True, exist_ok=True)
    if (given.out / "checkpoint.pt").exists():
        training.resume(given.out / "checkpoint.pt")
    watch(training, given.out, given.every, sheet)
    metadata = {
        "styles": styles,
        "steps": training.step,
        "seed": given.seed,
        "losses": {name: round(loss, 4) for name, loss in training.recent.items()},
        "data": f"{data}, {training.pictures} crops",
        "version": VERSION,
    }
    (given.out / f"{name}.safetensors").write_bytes(pack(stored(training.weights()), metadata))
