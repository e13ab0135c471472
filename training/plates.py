"""Makes style plates: textures with the style statistics of paintings, synthesised by the Gatys engine.

    python -m training.plates --paintings DIR --out styles [NAME ...]

DIR holds pictures and paintings.tsv (tab-separated, with the columns file, title, artist, year, rights). A
plate takes nothing from its painting but Gram matrices and feature means (Gatys, Ecker, Bethge 2015, "Texture
Synthesis Using Convolutional Neural Networks"; the means are our addition, they keep large areas even).
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.device import DEVICES, allow_fast_matmul, fast_dtype, pick_device
from core.images import open_picture, to_image, to_tensor
from core.losses import gram, relative_error
from core.plates import plates
from core.resample import fit_short_side, resample
from core.vgg import VGG
from core.yardstick import Yardstick
from methods.gatys_presets import FIRST_OF_BLOCK
from methods.optimisation import ImageOptimiser, OptimiserSettings, pixel_scale
from training.draw_plates import encoded

LEVELS = ((128, 80), (256, 80), (512, 40))  # side in px, L-BFGS steps
MEAN_WEIGHT = 1.0


class Texture:
    """The loss of a texture at one size: relative errors of Gram matrices and feature means.

    Args:
        network: VGG with the first ReLU of every block.
        painting: (1, 3, H, W) RGB in [0, 1], its short side as long as the texture's.
    """

    def __init__(self, network: VGG, painting: Tensor) -> None:
        self.scale = pixel_scale("unit", painting.device)
        self.network = network
        with torch.no_grad():
            self.targets = {layer: (gram(f), mean(f)) for layer, f in network(painting).items()}

    def __call__(self, variable: Tensor) -> dict[str, Tensor]:
        """The losses of a (1, 3, H, W) picture in [0, 1], and under "total" their sum."""
        features = self.network(variable)
        errors = [
            (relative_error(gram(features[layer]), target), relative_error(mean(features[layer]), means))
            for layer, (target, means) in self.targets.items()
        ]
        style, means = (torch.stack(each).mean() for each in zip(*errors, strict=True))
        return {"style": style, "means": means, "total": style + MEAN_WEIGHT * means}


def mean(features: Tensor) -> Tensor:
    """The mean of each channel: (1, C, H, W) -> (1, C)."""
    return features.mean(dim=(2, 3), dtype=torch.float32)


def synthesised(painting: Tensor, seed: int, levels: tuple[tuple[int, int], ...] = LEVELS) -> Tensor:
    """A square texture, (1, 3, H, H) in [0, 1], with the style of a (1, 3, H, W) painting, coarse to fine."""
    device = painting.device
    network = VGG(FIRST_OF_BLOCK, "average", device, fast_dtype(device))
    side = levels[0][0]
    image = torch.rand((1, 3, side, side), generator=torch.Generator().manual_seed(seed)).to(device)
    for side, steps in levels:
        texture = Texture(network, fit_short_side(painting, side))
        descent = ImageOptimiser(texture, resample(image, side, side), OptimiserSettings())
        for _ in range(steps):
            descent.step()
        image = descent.image()
    return image


def made(row: dict[str, str], folder: Path, out: Path, seed: int, device: torch.device) -> dict[str, Any]:
    """Synthesise the plate of one row of paintings.tsv into `out`; its table for styles.toml."""
    name = Path(row["file"]).stem.replace("_", "-")
    painting = to_tensor(open_picture(folder / row["file"]).rgb).to(device)
    jpeg = encoded(to_image(synthesised(painting, seed)))
    (out / f"{name}.jpg").write_bytes(jpeg)
    plate = to_tensor(open_picture(jpeg).rgb).to(device)
    error = Yardstick(plate, painting).measure(plate).style
    return {
        "file": f"{name}.jpg",
        "name": name,
        "title": row["title"],
        "artist": row["artist"],
        "year": row["year"],
        "licence": row["rights"],
        "made": "texture synthesised by training/plates.py from the painting's style statistics",
        "seed": seed,
        "gram_error": round(error, 4),
    }


def relisted(text: str, table: dict[str, Any]) -> str:
    """The text of a styles.toml with a plate's table at its end, instead of any older one of its name."""
    # A JSON string is a TOML string too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    head, *tables = text.split("[[plate]]")
    name = f"\nname = {json.dumps(table['name'], ensure_ascii=False)}\n"
    tables = [each for each in tables if name not in each] + ["\n" + "\n".join(lines)]
    return "\n\n[[plate]]".join(part.rstrip() for part in (head, *tables)).lstrip() + "\n"


def main() -> None:
    """Make the plates that are not there yet, and list them."""
    parser = argparse.ArgumentParser(prog="python -m training.plates", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="paintings' file names without ending (all)")
    parser.add_argument("--paintings", type=Path, required=True, help="folder with paintings.tsv")
    parser.add_argument("--out", type=Path, default=Path("styles"), help="folder of plates (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the noise that a plate starts as (%(default)s)"
    )
    parser.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    arguments = parser.parse_args()
    device = pick_device(arguments.device)
    allow_fast_matmul(device)
    with (arguments.paintings / "paintings.tsv").open(encoding="utf-8", newline="") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file, delimiter="\t")}
    if unknown := set(arguments.names) - set(rows):
        parser.error(f"paintings.tsv has no {', '.join(sorted(unknown))}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    listing = arguments.out / "styles.toml"
    for name in arguments.names or rows:
        if name.replace("_", "-") in {plate.name for plate in plates(arguments.out)}:
            continue
        table = made(rows[name], arguments.paintings, arguments.out, arguments.seed, device)
        text = listing.read_text(encoding="utf-8") if listing.exists() else ""
        listing.write_text(relisted(text, table), encoding="utf-8")
        print(f"{table['name']}: relative Gram error {table['gram_error']}", flush=True)


if __name__ == "__main__":
    main()
