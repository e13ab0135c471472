"""Writes styles/sketches.safetensors, by which the nearest plate is found: `python -m training.sketches`.

To be run when a plate is made anew.
"""

from __future__ import annotations

import sys

import torch

from core.images import open_picture, to_tensor
from core.plates import plates
from core.sketch import sketch
from core.yardstick import style_grams
from methods.nearest import SKETCHES
from weights.formats import pack


def main() -> int:
    """Exit status: 0."""
    known = plates(complete=True)
    found = [sketch(style_grams(to_tensor(open_picture(each.path, "plate").rgb))) for each in known]
    tensors = {key: torch.stack([each[key] for each in found]) for key in found[0]}
    SKETCHES.write_bytes(pack(tensors, {"plates": [each.name for each in known]}))
    print(f"{SKETCHES}: {SKETCHES.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
