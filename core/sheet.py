"""Contact sheets: many small pictures in one."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageOps
from torch import Tensor

from core.images import to_image

GAP = 2  # px


def contact_sheet(rows: Sequence[Sequence[Tensor]], side: int) -> Image.Image:
    """Rows of (1, 3, H, W) pictures in [0, 1] on white, the middle of each cut to a square of `side` px."""
    pitch = side + GAP
    sheet = Image.new("RGB", (max(map(len, rows)) * pitch - GAP, len(rows) * pitch - GAP), "white")
    for down, row in enumerate(rows):
        for across, tensor in enumerate(row):
            cell = ImageOps.fit(to_image(tensor), (side, side), Image.Resampling.LANCZOS)
            sheet.paste(cell, (across * pitch, down * pitch))
    return sheet
