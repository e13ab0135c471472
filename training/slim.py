"""Trains the slim CIN with its predictor: `python -m training.slim --content DIR --style DIR --minutes 90`.

For the first share of the time it learns to paint what the embedded full network paints, a step of which is a
fifth of the work of a step by the loss; then by the loss, as training/predictor.py does. `--out` collects
log.csv, checkpoint.pt (from which the same command goes on), sheet.jpg and at the end cin-slim.safetensors,
which goes into weights/embedded, and its SHA-256 into weights/catalog.py; those of the first share are in
`--out`/taught.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor

from core.losses import relative_error
from methods.cin_network import PredictedCIN, embedded_network, is_style, joined
from training.bank import StyleBank
from training.command import finish, run
from training.log import watch
from training.predictor import Material, PredictedStyles, flags, material, painted

TAUGHT = 0.25  # of the training
ROW_PACE = 2.0  # on the learning rate of the plates' own rows
STYLE_WEIGHT = 3.0  # the full network's is 2: a slim one keeps the photo, and lacks style
ROW_DEVIATION = 0.3  # of gammas and betas among styles: about the full network's


class Taught:
    """The losses of a batch of crops: how far each is from what the full network paints in the same style."""

    def __init__(self, network: PredictedCIN, losses: PredictedStyles) -> None:
        self.network, self.of, self.teacher = network, losses, embedded_network()
        self.teacher.to(losses.device).to(memory_format=torch.channels_last)

    def __call__(self, batch: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        style, plate = self.of.styles(len(batch), random)
        statistics = self.of.bank.statistics[style]
        content = self.of.crops.pictures(batch)
        with self.of.mixed_precision():
            with torch.no_grad():
                target = painted(self.teacher, content, statistics, plate)
            error = relative_error(painted(self.network, content, statistics, plate), target).mean()
        return {"total": error}


def pace(parameter: str) -> float:
    """A plate's row is in few batches."""
    return ROW_PACE if is_style(parameter) else 1.0


def network_of(bank: StyleBank, styles: int) -> PredictedCIN:
    """The slim network before its training."""
    network = PredictedCIN(styles, "slim")
    with torch.no_grad():
        network.predictor.standardise(bank.statistics.cpu(), joined(network.table))
        network.predictor.get_buffer("output_deviation").fill_(ROW_DEVIATION)
    return network


def teach(network: PredictedCIN, found: Material, given: argparse.Namespace) -> None:
    """The first share of the training, or what is left of it."""
    training = found.training(
        network, lambda of: Taught(of, losses(of, found)), pace, found.part(TAUGHT, 0.2)
    )
    folder = given.out / "taught"
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "checkpoint.pt").exists():
        training.resume(folder / "checkpoint.pt")
    watch(training, folder, given.every, lambda: found.sheet(network))


def losses(network: PredictedCIN, found: Material) -> PredictedStyles:
    """Those by which it learns afterwards."""
    return PredictedStyles(network, found.crops, found.bank, found.own, STYLE_WEIGHT)


def train(given: argparse.Namespace) -> None:
    """Train, go on where a checkpoint is, and write the network. ValueError where something is unfit."""
    found = material(given)
    torch.manual_seed(given.seed)
    network = network_of(found.bank, len(found.plates))
    teach(network, found, given)
    training = found.training(network, lambda of: losses(of, found), pace, found.part(1 - TAUGHT))
    finish(training, given, found.words, lambda: found.sheet(network), "cin-slim", found.plates)


def main() -> None:
    """The command line."""
    run(train, flags("slim", __doc__.splitlines()[0]))


if __name__ == "__main__":
    main()
