"""Trains the AdaIN decoder: `python -m training.adain --content DIR --style DIR --minutes 120`.

`--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg and at the end
adain.safetensors, which goes into weights/embedded.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype, pick_device
from core.losses import mean_std, periodicity, relative_error, total_variation
from core.noise import Noise, periodic_noise
from core.patches import whole
from core.sheet import contact_sheet
from core.vgg import VGG
from methods.adain import adain
from methods.autoencoder import LAYERS, MULTIPLE, Decoder, encoder
from training.command import finish, parser, plan, run
from training.data import Pictures
from training.loop import Training

CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT, RANGE_WEIGHT = 1.0, 1.5, 0.1, 1.0
IDENTITY_WEIGHT, COLOUR_WEIGHT, MESH_WEIGHT = 5.0, 1.0, 1.0
GRAIN = 0.05  # more than the method takes by itself, so that a user may ask for more
OPPONENT = ((0.299, 0.587, 0.114), (1.0, -1.0, 0.0), (-0.5, -0.5, 1.0))  # light, red-green, blue-yellow
LEAST_COLOUR = 0.003  # added to the energy of a channel, which in a grey picture is 0
SHEET_PICTURES, SHEET_SIDE = 6, 128  # styles and contents, and px


class ArbitraryStyle:
    """The losses of a batch in which every picture gets a style picture of its own (eq. 11 to 13).

    Deviations: errors are relative, as in all our trainings, so that no layer outweighs the others; total
    variation, and the output's distance from [0, 1], are held down as well. One picture of every batch is
    its own style and must come back as it was, so that a small alpha has little to give back. The others get
    grain before they are encoded, from which flat areas take strokes instead of a mesh, what mesh there is
    is held down, and their colours' means and deviations are asked for as well, which VGG's relative errors
    hardly tell apart.

    Args:
        decoder, network: trained, and frozen. styles: as many pictures as a batch has, but one, are drawn.
    """

    def __init__(self, decoder: Decoder, network: VGG, styles: Pictures) -> None:
        self.decoder, self.encoder, self.styles = decoder, network, styles

    def __call__(self, content: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        count, size = len(content), content.shape[-1]
        if count < 2 or size % MULTIPLE:
            raise ValueError(
                f"--stages has crops of {size} px in batches of {count}; AdaIN needs a multiple of "
                f"{MULTIPLE} px, and batches of 2 or more, because one picture of each is its own style."
            )
        with torch.no_grad():
            styles = torch.cat([self.styles.batch(count - 1, size, random), content[-1:]])
            grain = GRAIN * periodic_noise(count, size, random)
            grain[-1] = 0
            features = self.encoder(torch.cat([content + grain.to(content), styles]))
            target = {layer: torch.cat(mean_std(features[layer][count:]), 1) for layer in LAYERS}
            of_content, of_style = features[LAYERS[-1]].split(count)
            wanted = adain(of_content, mean_std(of_content), mean_std(of_style))
        pastiche = self.decoder(wanted)
        actual = self.encoder(pastiche)
        errors = [
            relative_error(torch.cat(mean_std(actual[layer]), 1), target[layer]).mean() for layer in LAYERS
        ]
        losses = {
            "content": CONTENT_WEIGHT * relative_error(actual[LAYERS[-1]], wanted).mean(),
            "style": STYLE_WEIGHT * torch.stack(errors).sum(),
            "colour": COLOUR_WEIGHT * colour_error(pastiche, styles).mean(),
            "identity": IDENTITY_WEIGHT * relative_error(pastiche[-1:], content[-1:]).mean(),
            "total variation": VARIATION_WEIGHT * total_variation(pastiche) / pastiche.numel(),
            "mesh": MESH_WEIGHT * periodicity(pastiche, MULTIPLE).mean(),
            "range": RANGE_WEIGHT * (pastiche - pastiche.clamp(0, 1)).abs().mean(),
        }
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses


def colour_error(actual: Tensor, target: Tensor) -> Tensor:
    """How far the colours' means and deviations differ, relative to each opponent channel's energy.

    Two (B, 3, H, W) to (B,).
    """
    matrix = torch.tensor(OPPONENT, device=actual.device)
    statistics = [
        torch.stack(mean_std(torch.einsum("oc,bchw->bohw", matrix, each.float())))
        for each in (actual, target)
    ]
    difference, energy = (statistics[0] - statistics[1]).square().sum(0), statistics[1].square().sum(0)
    return (difference / (energy + LEAST_COLOUR)).mean((1, 2, 3))


@torch.no_grad()
def sheet(decoder: Decoder, network: VGG, contents: Tensor, styles: Tensor) -> Image.Image:
    """The styles, and below them a row per content: the photo and its pastiche in every style."""
    rows = [[torch.ones_like(contents[:1]), *torch.split(styles, 1)]]
    statistics = [mean_std(network(style)[LAYERS[-1]]) for style in torch.split(styles, 1)]
    grain = Noise(0, GRAIN).at(whole(contents.shape[-2], contents.shape[-1])).to(contents.device)
    for content in torch.split(contents, 1):
        features = network(content + grain)[LAYERS[-1]]
        wanted = [adain(features, mean_std(features), style) for style in statistics]
        rows.append([content, *(decoder(each).clamp(0, 1) for each in wanted)])
    return contact_sheet(rows, SHEET_SIDE)


def train(args: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the decoder. ValueError where something is unfit."""
    device = pick_device(args.device)
    allow_fast_matmul(device)
    dtype = fast_dtype(device)
    torch.manual_seed(args.seed)
    decoder = Decoder().to(device, dtype).to(memory_format=torch.channels_last)
    network = encoder(device, dtype, LAYERS)
    pictures, styles = Pictures(args.content, device), Pictures(args.style, device)
    training = Training(decoder, ArbitraryStyle(decoder, network, styles), pictures.batch, plan(args))
    contents, paintings = (
        each.batch(SHEET_PICTURES, 256, torch.Generator().manual_seed(1)) for each in (pictures, styles)
    )
    finish(
        training,
        args,
        f"{len(pictures)} photographs",
        lambda: sheet(decoder, network, contents, paintings),
        "adain",
        [],
    )


def main() -> None:
    """The command line."""
    flags = parser("adain", __doc__.splitlines()[0])
    flags.add_argument("--style", type=Path, required=True, help="folder of paintings")
    flags.set_defaults(learning_rate=5e-4)
    run(train, flags)


if __name__ == "__main__":
    main()
