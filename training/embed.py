"""Makes CIN's file from a checkpoint: `python -m training.embed runs/predictor/checkpoint.pt --data WORDS`.

Without `--out` it takes the place of the file in weights/embedded, and of its SHA-256 in weights/catalog.py.
"""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.version import VERSION
from methods.cin_network import PredictedCIN
from training.command import run
from weights import catalog
from weights.catalog import entry
from weights.formats import fill, pack
from weights.load import EMBEDDED


def of_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state of the network in a checkpoint of training.predictor, and how far its training is.

    WeightsError where it is another network's.
    """
    network = PredictedCIN(len(entry("cin").styles))
    state = torch.load(path, map_location="cpu", weights_only=True)
    names = [name for name, _ in (*network.named_parameters(), *network.named_buffers())]
    tensors = dict(zip(names, [*state["masters"], *state["buffers"]], strict=True))
    fill(network, tensors, path.name)
    return tensors, {**state["progress"], "losses": state["recent"]}


def file_of(path: Path, data: str) -> bytes:
    """The safetensors file of such a checkpoint. `data`: what it was trained on, in words."""
    tensors, about = of_checkpoint(path)
    metadata = {
        "styles": entry("cin").styles,
        "steps": about["step"],
        "minutes": round(about["seconds"] / 60),
        "seed": 0,
        "losses": {name: round(loss, 4) for name, loss in about["losses"].items()},
        "data": f"{data}, {about['pictures']} crops",
        "version": VERSION,
    }
    return pack({name: each.half() for name, each in tensors.items()}, metadata)


def embed(given: argparse.Namespace) -> None:
    """As the command line asks."""
    data = file_of(given.checkpoint, given.data)
    digest, target = sha256(data).hexdigest(), given.out or EMBEDDED / entry("cin").file
    target.write_bytes(data)
    if not given.out:
        listing = Path(catalog.__file__)
        text = listing.read_text(encoding="utf-8").replace(entry("cin").sha256, digest)
        listing.write_text(text, encoding="utf-8")
    print(f"{target}: {len(data):,} bytes, SHA-256 {digest}")


def main() -> None:
    """The command line."""
    flags = argparse.ArgumentParser(prog="python -m training.embed", description=__doc__.splitlines()[0])
    flags.add_argument("checkpoint", type=Path, help="checkpoint.pt of training.predictor")
    flags.add_argument("--data", required=True, help='as in "4,000 photographs, 2,000 paintings"')
    flags.add_argument("--out", type=Path, help="another file instead of the embedded one")
    run(embed, flags)


if __name__ == "__main__":
    main()
