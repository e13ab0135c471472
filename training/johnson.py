"""Trains a Johnson network for one style: `python -m training.johnson --plate NAME --content DIR`.

The style is a plate or, with --style, any picture. `--out` collects log.csv, checkpoint.pt (from which the
same command goes on), sheet.jpg and at the end the network, <style>[-batch][-slim].safetensors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype, pick_device
from core.images import open_picture, to_tensor
from core.perceptual_loss import PerceptualLoss
from core.plates import plate
from core.sheet import contact_sheet
from core.transformer_net import TransformerNet
from core.yardstick import encode_style
from methods.cin_network import embedded_network, folded
from methods.johnson import NORMS, WIDTHS, in_format, johnson
from training.command import finish, parser, plan, run
from training.data import Pictures
from training.loop import Training
from weights.catalog import entry
from weights.formats import fill, read

SHEET_PHOTOS, SHEET_SIDE = 6, 256  # how many, and px
NORM_PACE = 10.0


def pace(parameter: str) -> float:
    """Gammas and betas learn faster than the convolutions, as in the multi-style network."""
    return NORM_PACE if ".norm." in parameter else 1.0


class SingleStyle:
    """The losses of a batch in the only style."""

    def __init__(self, network: TransformerNet, perceptual: PerceptualLoss) -> None:
        self.network, self.perceptual = network, perceptual

    def __call__(self, content: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        style = torch.zeros(len(content), dtype=torch.long, device=content.device)
        return self.perceptual(self.network(content), content, style)


def start(network: TransformerNet, path: Path | None, name: str, style: Tensor) -> None:
    """Put in the weights of another network. With the path `cin`: the multi-style network's, with the row of
    the plate called `name` or, for any other style, with the row predicted from its picture.

    WeightsError where they do not fit.
    """
    if path is None:
        return
    if path == Path("cin"):
        known, styles = embedded_network(), entry("cin").styles
        row = known.row(styles.index(name)) if name in styles else known.predicted(encode_style(style.cpu()))
        state = folded(known.with_row(row))
    else:
        state = read(path.read_bytes(), path)
    fill(network, state, str(path))


@torch.no_grad()
def sheet(network: TransformerNet, photos: Tensor, style: Tensor) -> Image.Image:
    """The style and the photos, and below each photo its pastiche."""
    singles = torch.split(photos, 1)
    network.eval()  # batch norm then uses its running statistics, as in the app
    pastiches = [network(photo) for photo in singles]
    network.train()
    return contact_sheet([[style, *singles], [torch.ones_like(style), *pastiches]], SHEET_SIDE)


def style_picture(args: argparse.Namespace) -> tuple[str, Path]:
    """The style's name and file, from --plate or --style. ValueError where there is none."""
    if args.style:
        return args.style.stem, args.style
    return args.plate, plate(args.plate).path


def train(args: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    device = pick_device(args.device)
    allow_fast_matmul(device)
    dtype = fast_dtype(device)
    name, path = style_picture(args)
    style = to_tensor(open_picture(path, f"style picture {path.name}").rgb).to(device)
    torch.manual_seed(args.seed)
    network = johnson(args.norm, args.width)
    start(network, args.start, name, style)
    in_format(network, device, dtype)
    pictures = Pictures(args.content, device)
    losses = SingleStyle(network, PerceptualLoss([style], device, dtype))
    training = Training(network, losses, pictures.batch, plan(args), pace)
    photos = pictures.batch(SHEET_PHOTOS, 256, torch.Generator().manual_seed(1))
    kind = [name, *(["batch"] if args.norm == "batch" else []), *(["slim"] if args.width == "slim" else [])]
    args.out = args.out or Path("runs") / "-".join(kind)
    finish(
        training,
        args,
        f"{len(pictures)} photographs",
        lambda: sheet(network, photos, style),
        "-".join(kind),
        [name],
    )


def main() -> None:
    """The command line."""
    flags = parser("johnson", __doc__.splitlines()[0])
    which = flags.add_mutually_exclusive_group(required=True)
    which.add_argument("--plate", help="name of a plate as the style")
    which.add_argument("--style", type=Path, help="any picture as the style; the network gets its name")
    flags.add_argument("--norm", choices=NORMS, default="instance", help="(%(default)s)")
    flags.add_argument("--width", choices=WIDTHS, default="full", help="(%(default)s)")
    flags.add_argument(
        "--start",
        type=Path,
        help="a network to start from, or cin: the multi-style network with the row of this style",
    )
    flags.set_defaults(out=None)
    run(train, flags)


if __name__ == "__main__":
    main()
