"""The contact sheet of all pairs: a row for each style; for each photo the methods side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from benchmarks.series import Series
from core.images import open_picture, to_tensor
from core.sheet import contact_sheet

SIDE = 72  # px
DPI = 200
LOOK: dict[Any, Any] = {"font.size": 6, "axes.grid": False}


def draw_sheet(some: Sequence[Series], size: int, pictures: Path, path: Path) -> None:
    """Write the sheet as JPEG from a folder's pictures; what is not there stays white."""
    rows = {(row.cell, each.label): row for each in some for row in each.at(size)}
    photos, styles = (list(dict.fromkeys(cell[side] for cell, _ in rows)) for side in (0, 1))
    files = [["", *(name for photo in photos for name in (f"{photo}.jpg", *[""] * (len(some) - 1)))]]
    for style in styles:
        found = [rows.get(((photo, style), each.label)) for photo in photos for each in some]
        files.append([f"{style}.jpg", *(row.picture if row else "" for row in found)])
    sheet = contact_sheet([[opened(pictures / name) for name in line] for line in files], SIDE)
    columns = ["style", *(f"{Path(photo).stem}: {each.label}" for photo in photos for each in some)]
    named(sheet, ["photo", *(Path(style).stem for style in styles)], columns, path)


def opened(path: Path) -> Tensor:
    """The picture of a file, white where there is none."""
    return to_tensor(open_picture(path).rgb) if path.is_file() else torch.ones(1, 3, SIDE, SIDE)


def named(picture: Image.Image, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Write a contact sheet, pixel by pixel, with names beside its rows and above its columns."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(picture.width / DPI, picture.height / DPI))
        axis = figure.add_axes((0, 0, 1, 1))  # the names stand outside, so that the page grows
        axis.imshow(np.asarray(picture), interpolation="none", aspect="auto")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0, labeltop=True, labelbottom=False)
        across, down = (np.arange(len(names)) + 0.5 for names in (columns, rows))
        axis.set_xticks(across * picture.width / len(columns), list(columns), rotation=90)
        axis.set_yticks(down * picture.height / len(rows), list(rows))
        figure.savefig(path, dpi=DPI, bbox_inches="tight", pil_kwargs={"quality": 54, "optimize": True})
