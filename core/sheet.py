"""Contact sheets: many small pictures in one."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageOps
from torch import Tensor

from core.images import Pixels, to_image

GAP = 2  # px


def contact_sheet(rows: Sequence[Sequence[Tensor | Pixels]], side: int) -> Image.Image:
    """Rows of pictures on white, the middle of each cut to a square of `side` px.

    Each is a (1, 3, H, W) tensor in [0, 1], or (H, W, 3) in 0..255.
    """
    pitch = side + GAP
    sheet = Image.new("RGB", (max(map(len, rows)) * pitch - GAP, len(rows) * pitch - GAP), "white")
    for down, row in enumerate(rows):
        for across, picture in enumerate(row):
            cell = ImageOps.fit(to_image(picture), (side, side), Image.Resampling.LANCZOS)
            sheet.paste(cell, (across * pitch, down * pitch))
    return sheet
