"""Trains CIN's style predictor: `python -m training.predictor --content DIR --style DIR --minutes 120`.

The trunk and the plates' own rows start from the embedded CIN and learn along; `--refine` goes on from its
predictor, too. `--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg and
at the end cin.safetensors: the trunk with the plates' rows and the predictor, which goes into
weights/embedded, and its SHA-256 into weights/catalog.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from core.device import cores
from core.images import open_picture, to_tensor
from core.losses import gram, relative_error
from core.perceptual_loss import CONTENT_WEIGHT, STYLE_WEIGHT, smoothness
from core.plates import plates
from core.resample import fit_short_side
from core.sheet import contact_sheet
from core.vgg import VGG
from core.yardstick import CONTENT_LAYER, STYLE_LAYERS
from methods.cin_network import (
    PREDICTOR,
    PredictedCIN,
    apply_styles,
    embedded_network,
    is_style,
    joined,
    parted,
)
from methods.style_predictor import statistics_of
from training.bank import StyleBank
from training.command import finish, parser, plan, run
from training.crops import Crops
from training.data import listed
from training.parallel import ParallelTraining
from weights.catalog import entry
from weights.load import load

MOST_ERROR = 10.0  # of a layer's relative style error; some styles' are a thousand times others'
PLATE_SHARE = 0.25  # of the pictures of a batch are painted with a plate's own row
# Of predictor, trunk and rows. At first the predictor is new and the trunk trained; a plate's row is in few
# batches. When refined, all are trained.
PACES, REFINING_PACES = (1.0, 0.2, 2.0), (0.25, 0.5, 1.0)
SHEET_STYLES, SHEET_PHOTOS, SHEET_SIDE = 8, 3, 192  # how many, and px
REFINED = ("all", "rows")  # everything, or the plates' own rows alone
NO_PLATE = torch.zeros(0, dtype=torch.long)


def painted(network: PredictedCIN, content: Tensor, statistics: Tensor, plate: Tensor) -> Tensor:
    """Pastiches (A + B, 3, H, W): A of the pictures in predicted styles, the others in those of plates.

    Args:
        statistics: (A, 1920) of style pictures.
        plate: (B,) indices.
    """
    table = network.table
    rows = torch.cat([network.predictor(statistics), joined(table)[plate]])
    return apply_styles(network, content, parted(rows, table))


class PredictedStyles:
    """The losses of a batch of crops, each with a style of its own: a picture of the bank, or a plate."""

    def __init__(
        self,
        network: PredictedCIN,
        crops: Mapping[int, Crops],
        bank: StyleBank,
        own: StyleBank,
        plate_share: float = PLATE_SHARE,
    ) -> None:
        self.network, self.crops, self.bank, self.own = network, crops, bank, own
        self.plate_share = plate_share
        self.perceptual = VGG(STYLE_LAYERS)

    def batch(self, count: int, size: int, random: torch.Generator) -> Tensor:
        """Size and index of `count` random crops: (count, 2)."""
        index = torch.randint(len(self.crops[size]), (count,), generator=random)
        return torch.stack([torch.full_like(index, size), index], 1)

    def __call__(self, batch: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        owned = int(len(batch) * self.plate_share + torch.rand((), generator=random))
        style = torch.randint(len(self.bank), (len(batch) - owned,), generator=random)
        plate = torch.randint(len(self.own), (owned,), generator=random)
        content, target = self.crops[int(batch[0, 0])](batch[:, 1])
        pastiche = painted(self.network, content, self.bank.statistics[style], plate)
        features = self.perceptual(pastiche)
        predicted, known = self.bank.grams(style), self.own.grams(plate)
        errors = torch.stack(
            [
                relative_error(gram(features[layer]), torch.cat([predicted[layer], known[layer]]))
                for layer in STYLE_LAYERS
            ]
        )
        limited = errors * (MOST_ERROR / errors.detach()).clamp_max(1)  # unlike clamped ones they can fall
        losses = {
            "content": CONTENT_WEIGHT * relative_error(features[CONTENT_LAYER], target).mean(),
            "style": STYLE_WEIGHT * limited.sum(0).mean(),
            **smoothness(pastiche),
        }
        losses["total"] = torch.stack(list(losses.values())).sum()
        measured = limited.detach().mean()  # as the yardstick has it
        return losses | {"style distance": measured}


def pace(parameter: str, paces: tuple[float, float, float] = PACES) -> float:
    """The factor on a parameter's learning rate."""
    predictor, trunk, row = paces
    if parameter.startswith(PREDICTOR):
        return predictor
    return row if is_style(parameter) else trunk


@torch.no_grad()
def sheet(
    network: PredictedCIN, photos: Sequence[Tensor], styles: Sequence[Tensor], known: Tensor
) -> Image.Image:
    """The styles, and below them a row per photo: the photo and its pastiche in every predicted style."""
    rows: list[list[Tensor]] = [[torch.ones_like(photos[0]), *styles]]
    for photo in photos:
        rows.append([photo, *(painted(network, photo, statistics[None], NO_PLATE) for statistics in known)])
    return contact_sheet(rows, SHEET_SIDE)


def pictures(paths: Sequence[Path], count: int) -> list[Tensor]:
    """Some of the pictures, evenly spread, (1, 3, H, W) with a short side of `SHEET_SIDE` px."""
    chosen = paths[:: max(1, len(paths) // count)][:count]
    return [fit_short_side(to_tensor(open_picture(path).rgb), SHEET_SIDE) for path in chosen]


def network_of(bank: StyleBank, refine: str | None) -> PredictedCIN:
    """The network before its training: the embedded one, where nothing is refined with a new predictor."""
    if refine:
        network = embedded_network().to(memory_format=torch.channels_last)
        for name, each in network.named_parameters():
            each.requires_grad_(refine == "all" or is_style(name))
        return network
    tensors = load("cin")
    network = PredictedCIN(len(entry("cin").styles))
    network.load_state_dict(
        {name: each for name, each in tensors.items() if not name.startswith(PREDICTOR)}, strict=False
    )
    network.to(memory_format=torch.channels_last)
    with torch.no_grad():
        network.predictor.standardise(bank.statistics, joined(network.table))
    return network


def names(text: str) -> tuple[str, str]:
    """`first:last`, or one name, as the first and last of a range."""
    first, _, last = text.partition(":")
    return first, last or first


def train(given: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    photos, photos_apart = listed(given.content, given.hold_out)
    paintings, paintings_apart = listed(given.style, given.hold_out)
    for folder, found in ((given.content, photos), (given.style, paintings)):
        if len(found) < 2:
            raise ValueError(f"{folder} holds fewer than two pictures to train on.")
    known = plates(complete=True)
    cache = given.cache or given.out / "cache"
    own = StyleBank([plate.path for plate in known], cache, "plates")
    bank = StyleBank(paintings, cache, "styles")
    schedule = replace(plan(given), constant=0.4, least=0.0, betas=(0.9, 0.99))
    crops = {size: Crops(photos, size, given.seed) for size in {stage.size for stage in schedule.stages}}
    torch.manual_seed(given.seed)
    network = network_of(bank, given.refine)
    paces = REFINING_PACES if given.refine else PACES

    def losses(of: PredictedCIN) -> PredictedStyles:
        return PredictedStyles(of, crops, bank, own, 1.0 if given.refine == "rows" else PLATE_SHARE)

    training = ParallelTraining(
        network,
        losses,
        losses(network).batch,
        schedule,
        lambda parameter: pace(parameter, paces),
        threads=given.threads,
    )
    shown = pictures(photos_apart or photos, SHEET_PHOTOS)
    styles = pictures(paintings_apart or paintings, SHEET_STYLES)
    statistics = torch.cat([statistics_of(style) for style in styles])
    finish(
        training,
        given,
        f"{len(photos)} photographs, {len(paintings)} paintings",
        lambda: sheet(network, shown, styles, statistics),
        "cin",
        [plate.name for plate in known],
    )


def main() -> None:
    """The command line."""
    flags = parser("predictor", __doc__.splitlines()[0])
    flags.add_argument("--style", type=Path, required=True, help="folder of style pictures")
    flags.add_argument(
        "--hold-out",
        type=names,
        nargs="+",
        default=[],
        metavar="FIRST:LAST",
        help="names without ending of pictures, photographs or styles, that are not trained on",
    )
    flags.add_argument("--refine", choices=REFINED, help="what goes on from the embedded network")
    flags.add_argument("--threads", type=int, default=cores(), help="that share a batch (%(default)s)")
    flags.add_argument("--cache", type=Path, help="folder for the styles' measurements (OUT/cache)")
    run(train, flags)


if __name__ == "__main__":
    main()
