"""The content pictures of a training: a folder, decoded once, from which batches of random crops come."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from core.images import PictureError, open_picture

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
SIDE = 288  # px of the squares that are kept


class Pictures:
    """A folder's pictures as one tensor on the device, so that no step waits for a disk or a decoder.

    Args:
        pictures: a folder, searched through all its subfolders, or files. A broken one is reported once and
            skipped.
        most: pictures kept at most, evenly spread over the folder; each takes 249 kB.

    Raises ValueError for a folder without usable pictures.
    """

    def __init__(
        self, pictures: Path | Sequence[Path], device: torch.device, most: int = 40_000, side: int = SIDE
    ) -> None:
        paths = listed(pictures)[0] if isinstance(pictures, Path) else pictures
        paths = paths[:: -(-len(paths) // most) or 1]
        squares = torch.empty(len(paths), 3, side, side, dtype=torch.uint8)
        count = 0
        with ThreadPoolExecutor() as threads:
            for each in threads.map(lambda path: square(path, side), paths):
                if each is not None:
                    squares[count] = each
                    count += 1
        if not count:
            raise ValueError(f"{pictures} holds no usable picture; {', '.join(ENDINGS)} files are needed.")
        self.squares = squares[:count].to(device)

    def __len__(self) -> int:
        return len(self.squares)

    def batch(self, count: int, size: int, random: torch.Generator) -> Tensor:
        """`count` random crops, (count, 3, size, size) in [0, 1], at one random scale, half of them flipped.

        All chance comes from `random`, a generator of the CPU.
        """
        side = self.squares.shape[-1]
        crop = int(torch.randint(min(size, side), side + 1, (), generator=random))
        chosen = torch.randint(len(self), (count,), generator=random).tolist()
        corners = torch.randint(side - crop + 1, (count, 2), generator=random).tolist()
        flips = torch.randint(2, (count,), generator=random).tolist()
        crops = torch.stack(
            [
                flipped(self.squares[index, :, top : top + crop, left : left + crop], flip)
                for index, (top, left), flip in zip(chosen, corners, flips, strict=True)
            ]
        )
        return F.interpolate(crops.float() / 255, (size, size), mode="bilinear", antialias=True)


def listed(folder: Path, held_out: Sequence[tuple[str, str]] = ()) -> tuple[list[Path], list[Path]]:
    """The folder's pictures in two sorted lists: those to train on, and those held out.

    Args:
        held_out: first and last name, without ending, of each range that is never trained on.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    apart = [path for path in paths if any(first <= path.stem <= last for first, last in held_out)]
    return [path for path in paths if path not in set(apart)], apart


def flipped(picture: Tensor, flip: int) -> Tensor:
    """The picture, mirrored where `flip` is 1."""
    return picture.flip(-1) if flip else picture


def square(path: Path, side: int) -> Tensor | None:
    """The middle of a picture as a (3, side, side) uint8 tensor; None, with a line on stderr, if broken."""
    try:
        image = open_picture(path).rgb
    except PictureError as error:
        print(f"skipped {path}: {error}", file=sys.stderr)
        return None
    middle = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    return (
        torch.frombuffer(bytearray(middle.tobytes()), dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1)
    )
