"""Trains CIN's style predictor: `python -m training.predictor --content DIR --style DIR --minutes 120`.

The trunk and the plates' own rows start from the embedded CIN and learn along; `--refine` goes on from its
predictor, too. `--out` collects log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg and
at the end cin.safetensors: the trunk with the plates' rows and the predictor, which goes into
weights/embedded, and its SHA-256 into weights/catalog.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from core.device import allow_fast_matmul, cores, fast_dtype, pick_device
from core.images import open_picture, to_tensor
from core.losses import gram, relative_error
from core.perceptual_loss import CONTENT_WEIGHT, STYLE_WEIGHT, limited, smoothness
from core.plates import plates
from core.resample import fit_short_side
from core.sheet import contact_sheet
from core.vgg import VGG
from core.yardstick import CONTENT_LAYER, STYLE_LAYERS, encode_style
from methods.cin_network import (
    PREDICTOR,
    PredictedCIN,
    apply_styles,
    embedded_network,
    is_style,
    joined,
    parted,
)
from methods.style_predictor import style_statistics
from training.bank import StyleBank
from training.command import finish, plan, run, style_parser
from training.crops import Crops, FixedCrops, FreshCrops
from training.data import listed
from training.loop import Losses, Plan, Training
from training.parallel import ParallelTraining
from weights.catalog import entry
from weights.load import load

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
    """The losses of a batch of crops, each with a style of its own: a picture of the bank, or a plate.

    On a GPU that is fast at bfloat16, convolutions and products compute in it; the parameters stay float32.
    """

    def __init__(
        self,
        network: PredictedCIN,
        crops: Crops,
        bank: StyleBank,
        own: StyleBank,
        style_weight: float = STYLE_WEIGHT,
        plate_share: float = PLATE_SHARE,
    ) -> None:
        self.network, self.crops, self.bank, self.own = network, crops, bank, own
        self.style_weight, self.plate_share = style_weight, plate_share
        self.device = bank.statistics.device
        self.perceptual = VGG(STYLE_LAYERS, device=self.device)

    def mixed_precision(self) -> torch.autocast:
        """The context in which the networks compute."""
        dtype = fast_dtype(self.device)
        enabled = self.device.type == "cuda" and dtype is not torch.float32
        return torch.autocast(self.device.type, dtype, enabled)

    def styles(self, count: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random styles for `count` pictures: indices into the bank, and for the last pictures plates."""
        owned = int(count * self.plate_share + torch.rand((), generator=random))
        style = torch.randint(len(self.bank), (count - owned,), generator=random)
        return style, torch.randint(len(self.own), (owned,), generator=random)

    def __call__(self, batch: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        style, plate = self.styles(len(batch), random)
        with self.mixed_precision():
            content, target = self.crops.with_features(batch)
            pastiche = painted(self.network, content, self.bank.statistics[style], plate)
            features = self.perceptual(pastiche)
            predicted, known = self.bank.grams(style), self.own.grams(plate)
            errors = limited(
                torch.stack(
                    [
                        relative_error(gram(features[layer]), torch.cat([predicted[layer], known[layer]]))
                        for layer in STYLE_LAYERS
                    ]
                )
            )
            content_error = relative_error(features[CONTENT_LAYER], target).mean()
        losses = {
            "content": CONTENT_WEIGHT * content_error,
            "style": self.style_weight * errors.sum(0).mean(),
            **smoothness(pastiche),
        }
        losses["total"] = torch.stack(list(losses.values())).sum()
        measured = errors.detach().mean()  # as the yardstick has it
        return losses | {"style distance": measured}


def pace(parameter: str, paces: tuple[float, float, float] = PACES) -> float:
    """The factor on a parameter's learning rate."""
    predictor, trunk, row = paces
    if parameter.startswith(PREDICTOR):
        return predictor
    return row if is_style(parameter) else trunk


def pictures(paths: Sequence[Path], count: int) -> list[Tensor]:
    """Some of the pictures, evenly spread, (1, 3, H, W) with a short side of `SHEET_SIDE` px."""
    chosen = paths[:: max(1, len(paths) // count)][:count]
    return [fit_short_side(to_tensor(open_picture(path).rgb), SHEET_SIDE) for path in chosen]


def network_of(bank: StyleBank, refine: str | None) -> PredictedCIN:
    """The network before its training: the embedded one, where nothing is refined with a new predictor."""
    if refine:
        network = embedded_network()
        for name, each in network.named_parameters():
            each.requires_grad_(refine == "all" or is_style(name))
        return network
    tensors = load("cin")
    network = PredictedCIN(len(entry("cin").styles))
    network.load_state_dict(
        {name: each for name, each in tensors.items() if not name.startswith(PREDICTOR)}, strict=False
    )
    with torch.no_grad():
        network.predictor.standardise(bank.statistics.cpu(), joined(network.table))
    return network


@dataclass(frozen=True)
class Material:
    """What a predictor is trained on and how, and what its sheets show.

    Attributes:
        threads: that share a batch.
        plates: the plates' names, in the order of `own`.
        shown, styles: pictures for the sheet.
        statistics: of `styles`.
    """

    device: torch.device
    schedule: Plan
    threads: int
    crops: Crops
    bank: StyleBank
    own: StyleBank
    plates: list[str]
    words: str
    shown: list[Tensor]
    styles: list[Tensor]
    statistics: Tensor

    def part(self, share: float, least: float = 0.0) -> Plan:
        """The plan of a share of the training, and what it leaves of the learning rate at its end."""
        steps = self.schedule.steps and max(1, round(share * self.schedule.steps))
        return replace(self.schedule, steps=steps, minutes=share * self.schedule.minutes, least=least)

    def training(
        self,
        network: PredictedCIN,
        losses: Callable[[PredictedCIN], Losses],
        pace: Callable[[str], float],
        schedule: Plan | None = None,
    ) -> Training:
        """Of a network, with the losses that are made for each of its copies in a thread."""
        network.to(self.device).to(memory_format=torch.channels_last)
        more = (self.crops.batch, schedule or self.schedule, pace)
        if self.threads == 1:
            return Training(network, losses(network), *more)
        return ParallelTraining(network, losses, *more, threads=self.threads)

    @torch.no_grad()
    def sheet(self, network: PredictedCIN) -> Image.Image:
        """The styles, and below them a row per photo: the photo and its pastiche in every predicted style."""
        rows: list[list[Tensor]] = [[torch.ones_like(self.shown[0]), *self.styles]]
        for photo in self.shown:
            content = photo.to(self.device)
            pastiches = [painted(network, content, known[None], NO_PLATE).cpu() for known in self.statistics]
            rows.append([photo, *pastiches])
        return contact_sheet(rows, SHEET_SIDE)


def material(given: argparse.Namespace) -> Material:
    """All of it as the flags ask for. ValueError where something is unfit."""
    device = pick_device(given.device)
    allow_fast_matmul(device)
    photos, photos_apart = listed(given.content, given.hold_out)
    paintings, paintings_apart = listed(given.style, given.hold_out)
    for folder, found in ((given.content, photos), (given.style, paintings)):
        if len(found) < 2:
            raise ValueError(f"{folder} holds fewer than two pictures to train on.")
    known = plates(complete=True)
    cache = given.cache or given.out / "cache"
    schedule = replace(plan(given), constant=0.4, least=0.0, betas=(0.9, 0.99))
    sizes = {stage.size for stage in schedule.stages}
    fixed = device.type == "cpu"
    styles = pictures(paintings_apart or paintings, SHEET_STYLES)
    return Material(
        device,
        schedule,
        given.threads if fixed else 1,
        FixedCrops(photos, sizes, given.seed) if fixed else FreshCrops(photos, device),
        StyleBank(paintings, cache, "styles", device),
        StyleBank([plate.path for plate in known], cache, "plates", device),
        [plate.name for plate in known],
        f"{len(photos)} photographs, {len(paintings)} paintings",
        pictures(photos_apart or photos, SHEET_PHOTOS),
        styles,
        torch.cat([style_statistics(encode_style(style).moments) for style in styles]).to(device),
    )


def train(given: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    found = material(given)
    torch.manual_seed(given.seed)
    network = network_of(found.bank, given.refine)
    paces = REFINING_PACES if given.refine else PACES
    share = 1.0 if given.refine == "rows" else PLATE_SHARE

    def losses(of: PredictedCIN) -> PredictedStyles:
        return PredictedStyles(of, found.crops, found.bank, found.own, plate_share=share)

    training = found.training(network, losses, lambda parameter: pace(parameter, paces))
    finish(training, given, found.words, lambda: found.sheet(network), "cin", found.plates)


def main() -> None:
    """The command line."""
    described = flags("predictor", __doc__.splitlines()[0])
    described.add_argument("--refine", choices=REFINED, help="what goes on from the embedded network")
    run(train, described)


def flags(name: str, description: str) -> argparse.ArgumentParser:
    """The command line of a training with predicted styles."""
    flags = style_parser(name, description)
    flags.add_argument(
        "--threads", type=int, default=cores(), help="that share a batch on the CPU (%(default)s)"
    )
    flags.add_argument("--cache", type=Path, help="folder for the styles' measurements (OUT/cache)")
    return flags


if __name__ == "__main__":
    main()
