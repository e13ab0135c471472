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
from core.plates import plates
from core.sheet import contact_sheet

SIDE = 72  # px
DPI = 200
MARGIN = 1.0  # inches to the left and above, for names
LOOK: dict[Any, Any] = {"font.size": 6, "axes.grid": False}


def draw_sheet(some: Sequence[Series], size: int, pictures: Path, path: Path) -> None:
    """Write the sheet as JPEG from a folder's pictures; what is not there stays white."""
    rows = {(row.cell, each.label): row for each in some for row in each.at(size)}
    photos = list(dict.fromkeys(cell[0] for cell, _ in rows))
    styles = list(dict.fromkeys(cell[1] for cell, _ in rows))
    shown = {plate.path.name: plate.path for plate in plates()}
    empty = torch.ones(1, 3, SIDE, SIDE)

    def picture(file: Path | None) -> Tensor:
        return to_tensor(open_picture(file).rgb) if file and file.is_file() else empty

    painted = []
    for style in styles:
        found = [rows.get(((photo, style), each.label)) for photo in photos for each in some]
        files = [pictures / row.picture if row else None for row in found]
        painted.append([picture(file) for file in (shown.get(style), *files)])
    columns = ["style", *(f"{Path(photo).stem}: {each.label}" for photo in photos for each in some)]
    named(contact_sheet(painted, SIDE), [Path(style).stem for style in styles], columns, path)


def named(picture: Image.Image, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Write a contact sheet, pixel by pixel, with names beside its rows and above its columns."""
    width, height = picture.width / DPI, picture.height / DPI
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(width + MARGIN, height + MARGIN))
        space = width + MARGIN, height + MARGIN
        axis = figure.add_axes((MARGIN / space[0], 0, width / space[0], height / space[1]))
        axis.imshow(np.asarray(picture), interpolation="none", aspect="auto")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0, labeltop=True, labelbottom=False)
        across, down = (np.arange(len(names)) + 0.5 for names in (columns, rows))
        axis.set_xticks(across * picture.width / len(columns), list(columns), rotation=90)
        axis.set_yticks(down * picture.height / len(rows), list(rows))
        figure.savefig(path, dpi=DPI, pil_kwargs={"quality": 80, "optimize": True})
