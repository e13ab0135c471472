"""Trains the multi-style CIN network: `python -m training.cin --content DIR --plates styles --minutes 90`.

`--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg (pictures of every
style, now and then) and at the end cin.safetensors, which goes into weights/embedded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.device import DEVICES, allow_fast_matmul, fast_dtype, pick_device
from core.images import open_picture, to_tensor
from core.perceptual import Perceptual
from core.plates import plates
from core.sheet import contact_sheet
from core.transformer import Transformer
from core.version import VERSION
from methods.cin import conditional, is_style
from training.data import Pictures
from training.journal import watch
from training.loop import Plan, Stage, Training
from weights.files import pack

SHEET_PHOTOS, SHEET_SIDE = 4, 128  # how many, and px
STYLE_PACE = 10.0


def pace(parameter: str) -> float:
    """Styles learn faster than the trunk, for a batch brings each of them few pictures or none."""
    return STYLE_PACE if is_style(parameter) else 1.0


class MultiStyle:
    """The losses of a batch in which every picture gets a style of its own, drawn at random."""

    def __init__(self, network: Transformer, perceptual: Perceptual, styles: int) -> None:
        self.network, self.perceptual, self.styles = network, perceptual, styles

    def __call__(self, content: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        style = torch.randint(self.styles, (len(content),), generator=random).to(content.device)
        mix = F.one_hot(style, self.styles).float()
        return self.perceptual(self.network(content, mix), content, style)


@torch.no_grad()
def sheet(network: Transformer, photos: Tensor, styles: Sequence[Tensor]) -> Image.Image:
    """The styles, and below them a row per photo: the photo and its pastiche in every style."""
    chosen = torch.eye(len(styles), device=photos.device)
    rows: list[list[Tensor]] = [[torch.ones_like(photos[:1]), *styles]]
    for photo in photos[:, None]:
        rows.append([photo, *(network(photo, one[None]) for one in chosen)])
    return contact_sheet(rows, SHEET_SIDE)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m training.cin", description=__doc__.splitlines()[0])
    parser.add_argument("--content", type=Path, required=True, help="folder of photographs")
    parser.add_argument(
        "--plates", type=Path, default=Path("styles"), help="folder with styles.toml (%(default)s)"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="of training (%(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="of training, instead of minutes")
    parser.add_argument(
        "--stages",
        nargs="+",
        type=stage,
        default=Plan.stages,
        metavar="UNTIL:SIZExBATCH",
        help="crop size in px and batch until a share of the training (0.7:128x8 1:256x4)",
    )
    parser.add_argument("--learning-rate", type=float, default=Plan.learning_rate, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument(
        "--every", type=int, default=200, help="steps between sheets and checkpoints (%(default)s)"
    )
    parser.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("runs/cin"), help="folder (%(default)s)")
    return parser.parse_args()


def stage(text: str) -> Stage:
    """`0.7:128x8` as a Stage; ValueError for anything else."""
    until, shape = text.split(":")
    size, batch = shape.split("x")
    return Stage(float(until), int(size), int(batch))


def train(given: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    device = pick_device(given.device)
    allow_fast_matmul(device)
    dtype = fast_dtype(device)
    known = plates(given.plates)
    if not known:
        raise ValueError(f"{given.plates} lists no plates in its styles.toml.")
    styles = [to_tensor(open_picture(plate.path, "plate").rgb).to(device) for plate in known]
    pictures = Pictures(given.content, device)
    torch.manual_seed(given.seed)
    network = conditional(len(known)).to(device, dtype).to(memory_format=torch.channels_last)
    losses = MultiStyle(network, Perceptual(styles, device, dtype), len(known))
    plan = Plan(given.steps, given.minutes, tuple(given.stages), given.learning_rate, seed=given.seed)
    training = Training(network, losses, pictures.batch, plan, pace)
    given.out.mkdir(parents=True, exist_ok=True)
    if (given.out / "checkpoint.pt").exists():
        training.resume(given.out / "checkpoint.pt")
    photos = pictures.batch(SHEET_PHOTOS, 256, torch.Generator().manual_seed(1))
    last = watch(training, given.out, given.every, lambda: sheet(network, photos, styles))
    metadata = {
        "styles": [plate.name for plate in known],
        "steps": last.step,
        "seed": plan.seed,
        "losses": last.losses,
        "data": f"{len(pictures)} photographs, {last.pictures} crops",
        "version": VERSION,
    }
    tensors = {name: tensor.half() for name, tensor in training.weights().items()}
    (given.out / "cin.safetensors").write_bytes(pack(tensors, metadata))


def main() -> None:
    """Train; where that is impossible, end with a sentence."""
    try:
        train(arguments())
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
