"""Trains the AdaIN decoder, which the transport method shares:
`python -m training.adain --content DIR --style DIR --minutes 120`; `--refine` goes on from the embedded one.

`--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg and at the end
adain.safetensors, which goes into weights/embedded, and its SHA-256 into weights/catalog.py.
"""

from __future__ import annotations

import argparse

import torch
from PIL import Image
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype, pick_device
from core.losses import gram, mean_std, periodicity, relative_error
from core.noise import Noise, periodic_noise
from core.patches import whole
from core.perceptual_loss import STYLE_WEIGHT, limited, smoothness
from core.sheet import contact_sheet
from core.vgg import VGG
from methods import wct
from methods.adain import adain
from methods.autoencoder import LAYERS, MULTIPLE, Decoder, encoder
from training.command import finish, plan, run, style_parser
from training.data import Pictures, listed
from training.loop import Training
from weights.formats import fill, in_8_bits
from weights.load import load

CONTENT_WEIGHT = 2.5  # more than CIN's 1: the features that are asked for have left the photo already
TARGET_WEIGHT, RANGE_WEIGHT, IDENTITY_WEIGHT, MESH_WEIGHT = 0.25, 1.0, 5.0, 1.0
TRANSPORTED = 0.5  # of the pictures of a batch are asked for by optimal transport, the others by AdaIN
ROOT_STEPS = 20
GRAIN = 0.05  # more than the method takes by itself, so that a user may ask for more
SHEET_PICTURES, SHEET_SIDE = 6, 128  # styles and contents, and px


class ArbitraryStyle:
    """The losses of a batch in which every picture gets a style picture of its own.

    Deviations from the paper (eq. 11 to 13): what is compared is the photo's content and the style's Gram
    matrices, relative to their targets as in all our trainings, where the paper asks for the features that
    the decoder is given and for means and deviations alone; those features count a little, so that the
    decoder stays their inverse. They come from AdaIN and from optimal transport, half and half. Total
    variation, the lattice and the mesh of upsampling, and the distance from [0, 1] are held down. One
    picture of every batch is its own style and must come back as it was, so that a small alpha has little to
    give back. The others get grain before they are encoded, from which flat areas take strokes.

    Args:
        network: frozen. styles: as many pictures as a batch has, but one, are drawn.
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
        last = LAYERS[-1]
        with torch.no_grad():
            styles = torch.cat([self.styles.batch(count - 1, size, random), content[-1:]])
            grain = GRAIN * periodic_noise(count, size, random)
            grain[-1] = 0
            of_photo = self.encoder(content)[last]
            of_grained = self.encoder(content + grain.to(content))[last]
            of_style = self.encoder(styles)
            grams = {layer: gram(of_style[layer].float()) for layer in LAYERS}
            wanted = self.wanted(of_grained, of_style[last])
        pastiche = self.decoder(wanted)
        actual = self.encoder(pastiche)
        errors = torch.stack([relative_error(gram(actual[layer].float()), grams[layer]) for layer in LAYERS])
        losses = {
            "content": CONTENT_WEIGHT * relative_error(actual[last], of_photo).mean(),
            "style": STYLE_WEIGHT * limited(errors).sum(0).mean(),
            "target": TARGET_WEIGHT * relative_error(actual[last], wanted).mean(),
            "identity": IDENTITY_WEIGHT * relative_error(pastiche[-1:], content[-1:]).mean(),
            **smoothness(pastiche),
            "mesh": MESH_WEIGHT * periodicity(pastiche, MULTIPLE).mean(),
            "range": RANGE_WEIGHT * (pastiche - pastiche.clamp(0, 1)).abs().mean(),
        }
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses

    def wanted(self, content: Tensor, style: Tensor) -> Tensor:
        """Features (B, C, H, W) in the styles of others: the first by transport, the rest by AdaIN."""
        count = int(TRANSPORTED * len(content))
        others = adain(content[count:], mean_std(content[count:]), mean_std(style[count:]))
        return torch.cat([transported(content[:count], style[:count]), others]) if count else others


def transported(content: Tensor, style: Tensor) -> Tensor:
    """As the transport method changes them, features (B, C, H, W) in the mean and covariance of others."""
    if content.is_cuda:
        return by_iteration(content, style)
    moved = []
    for one, other in zip(torch.split(content, 1), torch.split(style, 1), strict=True):
        (mean, covariance), (new_mean, wanted) = wct.moments(one), wct.moments(other)
        moved.append(wct.applied(wct.transport(covariance, wanted), mean, new_mean, one))
    return torch.cat(moved)


def by_iteration(content: Tensor, style: Tensor) -> Tensor:
    """The same without eigenvectors, which take long on a GPU: T = C^-1/2 (C^1/2 S C^1/2)^1/2 C^-1/2."""
    mean, covariance = moments(content)
    new_mean, wanted = moments(style)
    root, inverse = matrix_root(wct.lifted(covariance))
    matrix = inverse @ matrix_root(root @ wanted @ root)[0] @ inverse
    moved = new_mean + matrix @ (content.flatten(2).float() - mean)
    return moved.reshape(content.shape).to(content.dtype)


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, C, 1) and covariance (B, C, C) of features (B, C, H, W) over their positions, float32."""
    positions = features.flatten(2).float()
    mean = positions.mean(2, keepdim=True)
    centred = positions - mean
    return mean, centred @ centred.mT / positions.shape[2]


def matrix_root(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """The square roots of symmetric positive matrices (B, N, N), and their inverses, by the coupled iteration
    of Newton and Schulz (Higham 2008: Functions of Matrices, eq. 6.35).

    The root converges also where a matrix has no inverse.
    """
    norm = torch.linalg.matrix_norm(matrices)[:, None, None]
    identity = torch.eye(matrices.shape[-1], device=matrices.device)
    root, inverse = matrices / norm, identity.expand_as(matrices)
    for _ in range(ROOT_STEPS):
        step = 1.5 * identity - 0.5 * inverse @ root
        root, inverse = root @ step, step @ inverse
    return root * norm.sqrt(), inverse / norm.sqrt()


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
    if args.refine:
        fill(decoder, load("adain"), "adain")
    pictures, styles = (
        Pictures(listed(folder, args.hold_out)[0], device) for folder in (args.content, args.style)
    )
    training = Training(decoder, ArbitraryStyle(decoder, network, styles), pictures.batch, plan(args))
    contents, paintings = (
        each.batch(SHEET_PICTURES, 256, torch.Generator().manual_seed(1)) for each in (pictures, styles)
    )
    finish(
        training,
        args,
        f"{len(pictures)} photographs, {len(styles)} paintings",
        lambda: sheet(decoder, network, contents, paintings),
        "adain",
        [],
        in_8_bits,
    )


def main() -> None:
    """The command line."""
    flags = style_parser("adain", "Trains the AdaIN decoder.")
    flags.add_argument("--refine", action="store_true", help="go on from the embedded decoder")
    flags.set_defaults(learning_rate=5e-4)
    run(train, flags)


if __name__ == "__main__":
    main()
