"""Trains the multi-style CIN network: `python -m training.cin --content DIR --plates styles --minutes 90`.

`--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg (pictures of every
style, now and then) and at the end cin.safetensors, which goes into weights/embedded.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype, pick_device
from core.images import open_picture, to_tensor
from core.perceptual_loss import PerceptualLoss
from core.plates import plates
from core.sheet import contact_sheet
from core.transformer_net import TransformerNet
from methods.cin_network import conditional, is_style
from training.command import finish, parser, plan, run
from training.data import Pictures
from training.loop import Training

SHEET_PHOTOS, SHEET_SIDE = 4, 128  # how many, and px
STYLE_PACE = 10.0


def pace(parameter: str) -> float:
    """Styles learn faster than the trunk, for a batch brings each of them few pictures or none."""
    return STYLE_PACE if is_style(parameter) else 1.0


class MultiStyle:
    """The losses of a batch in which every picture gets a style of its own, drawn at random."""

    def __init__(self, network: TransformerNet, perceptual: PerceptualLoss, styles: int) -> None:
        self.network, self.perceptual, self.styles = network, perceptual, styles

    def __call__(self, content: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        style = torch.randint(self.styles, (len(content),), generator=random).to(
            content.device, non_blocking=True
        )
        mix = F.one_hot(style, self.styles).float()
        return self.perceptual(self.network(content, mix), content, style)


@torch.no_grad()
def sheet(network: TransformerNet, photos: Tensor, styles: Sequence[Tensor]) -> Image.Image:
    """The styles, and below them a row per photo: the photo and its pastiche in every style."""
    chosen = torch.eye(len(styles), device=photos.device)
    rows: list[list[Tensor]] = [[torch.ones_like(photos[:1]), *styles]]
    for photo in photos[:, None]:
        rows.append([photo, *(network(photo, one[None]) for one in chosen)])
    return contact_sheet(rows, SHEET_SIDE)


def train(args: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    device = pick_device(args.device)
    allow_fast_matmul(device)
    dtype = fast_dtype(device)
    known = plates(args.plates, complete=True)
    if not known:
        raise ValueError(f"{args.plates} lists no plates in its styles.toml.")
    styles = [to_tensor(open_picture(plate.path, "plate").rgb).to(device) for plate in known]
    pictures = Pictures(args.content, device)
    torch.manual_seed(args.seed)
    network = conditional(len(known)).to(device, dtype).to(memory_format=torch.channels_last)
    losses = MultiStyle(network, PerceptualLoss(styles, device, dtype), len(known))
    training = Training(network, losses, pictures.batch, plan(args), pace)
    photos = pictures.batch(SHEET_PHOTOS, 256, torch.Generator().manual_seed(1))
    names = [plate.name for plate in known]
    finish(
        training, args, f"{len(pictures)} photographs", lambda: sheet(network, photos, styles), "cin", names
    )


def main() -> None:
    """The command line."""
    flags = parser("cin", __doc__.splitlines()[0])
    flags.add_argument(
        "--plates", type=Path, default=Path("styles"), help="folder with styles.toml (%(default)s)"
    )
    run(train, flags)


if __name__ == "__main__":
    main()
