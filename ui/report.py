"""A finished comparison to take away: a ZIP with pictures, numbers and a page that needs no network."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from compare.comparison import Tile, working_style
from compare.results import picture, png_text, record
from core.images import png_bytes, resize, to_tensor
from core.sheet import contact_sheet
from ui.store import Run
from ui.summary import summary
from ui.sweep import Points, records, section
from ui.texts import yardstick
from ui.theme import STYLE, THEME, ULTRAMARINE
from ui.tile import Pictures, tile_html

SHEET_SIDE = 320  # px
COLOURS = (
    "body_background_fill",
    "body_text_color",
    "body_text_color_subdued",
    "background_fill_primary",
    "background_fill_secondary",
    "border_color_primary",
)
NOTHING = "data:,"  # until SHARE puts a picture that is already in the page
SHARE = """
for (const tile of document.querySelectorAll('.tile')) {
  const photo = tile.querySelector('.photo'), link = tile.querySelector('.download');
  photo.src = document.getElementById('photo').src;
  if (link) link.href = tile.querySelector('.result').src;
}
"""


def archive(run: Run, tiles: Mapping[str, Tile], points: Points) -> bytes:
    """The ZIP file of a run, its tiles as they stand, and what its sweep found."""
    content = resize(run.content, run.size)
    style = working_style(run.style)
    results = {name: record(tile) for name, tile in tiles.items()}
    painted = {name: image for name, tile in tiles.items() if (image := picture(tile, content)) is not None}
    files = {
        "content.png": png_bytes(content.rgb, {}),
        "style.png": png_bytes(style.rgb, {}),
        "results.json": json.dumps(results, indent=2).encode(),
        "results.csv": table(results.values()).encode(),
    }
    if points:
        files["sweep.csv"] = table(records(points)).encode()
    for name, image in painted.items():
        files[f"{name}.png"] = png_bytes(image, png_text(tiles[name]))
        frame = tiles[name].frame
        files |= dict(frame.files) if frame else {}
    row = [to_tensor(each.convert("RGB")) for each in (content.rgb, style.rgb, *painted.values())]
    files["sheet.png"] = png_bytes(contact_sheet([row], SHEET_SIDE), {})
    files["report.html"] = page(tiles, points, files, content.rgb.width / content.rgb.height).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return stream.getvalue()


def table(results: Iterable[Mapping[str, Any]]) -> str:
    """Records as CSV, a row each; what is nested becomes columns such as seconds.total."""
    rows = [flat(each) for each in results]
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, lists as JSON."""
    row: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            row |= flat(value, f"{prefix}{name}.")
        else:
            row[prefix + name] = json.dumps(value) if isinstance(value, (list, tuple)) else value
    return row


def page(tiles: Mapping[str, Tile], points: Points, files: Mapping[str, bytes], ratio: float) -> str:
    """The report as one HTML file without links to anything else, from the pictures of the archive.

    Each picture is in it once: where it stands again, SHARE puts it.
    """
    shown = []
    for name, tile in tiles.items():
        result = address(files[f"{name}.png"]) if f"{name}.png" in files else ""
        shown.append(tile_html(tile, Pictures(ratio, NOTHING, result, result and NOTHING)))
    own = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    settings = {name: tile.settings.as_dict() for name, tile in tiles.items()}
    swept = section(points, {name: tile.title for name, tile in tiles.items()})
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>StyleGrid report</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{variables()}{STYLE}{own}</style></head>"
        '<body class="gradio-container report"><main>'
        '<div class="masthead"><h1>StyleGrid</h1><p>A comparison of neural style transfer methods.</p></div>'
        f'<div class="given">{given("photo", "Content photo", files["content.png"])}'
        f"{given('painting', 'Style picture', files['style.png'])}</div>"
        f'<div id="wall"><div id="grid">{"".join(shown)}</div>{summary(tiles)}{swept}{yardstick()}</div>'
        f"<details><summary>Settings</summary><pre>{escape(json.dumps(settings, indent=2))}</pre></details>"
        f"</main><script>{SHARE}</script></body></html>"
    )


def given(name: str, caption: str, png: bytes) -> str:
    """One of the two pictures that the comparison began with."""
    alt = f"The {caption.lower()}"
    return (
        f'<figure><img id="{name}" src="{address(png)}" alt="{alt}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def variables() -> str:
    """The colours that the style sheets take from the page's theme, light and dark."""
    pairs = {
        name.replace("_", "-"): (getattr(THEME, name), getattr(THEME, f"{name}_dark")) for name in COLOURS
    }
    pairs["primary-500"] = ULTRAMARINE.c500, ULTRAMARINE.c400
    listed = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items())
    return f":root{{color-scheme:light dark;{listed}}}"


def address(png: bytes) -> str:
    """A PNG file itself as an address."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
