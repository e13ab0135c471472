"""A finished comparison to take away: a ZIP with pictures, numbers and a page that needs no network."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from compare.results import loss_curve, photo, picture, png_text, provenance, record
from compare.schema import Tile
from core.images import png_bytes, to_image
from core.sheet import contact_sheet
from core.version import VERSION
from ui.files import FileCache, held
from ui.language import ENGLISH, Language
from ui.store import Finished
from ui.summary import summary
from ui.sweep import Points, records, section
from ui.texts import measure
from ui.theme import STYLE, THEME, ULTRAMARINE
from ui.tile import Pictures, tile_html

SHEET_SIDE = 320  # px
PACKING = threading.Lock()
NOTHING = "data:,"  # until SHARE puts a picture that is already in the page
SHARE = """
for (const tile of document.querySelectorAll('.tile')) {
  const photo = tile.querySelector('.photo'), link = tile.querySelector('.download');
  photo.src = document.getElementById('content').src;
  if (link) link.href = tile.querySelector('.result').src;
}
"""


def packed(finished: Finished, files: FileCache, say: Language = ENGLISH) -> Path:
    """The ZIP file of a comparison, which is built once, and no two at a time. Raises DiskError."""
    with PACKING:
        if finished.archive is None or not finished.archive.exists():
            data = archive(finished, say)
            finished.archive = files.save_bytes(data, "stylegrid.zip")
        return finished.archive


def archive(finished: Finished, say: Language = ENGLISH) -> bytes:
    """The ZIP file of a run, its tiles as they stand, and what its sweep found."""
    request, tiles, points = finished.request, finished.tiles, finished.points
    origin = provenance(request, tiles, finished.ended)
    inputs = {"content": photo(request), "style": to_image(request.style)}
    outputs = {
        name: image
        for name, tile in tiles.items()
        if (image := picture(tile, finished.request_of(name))) is not None
    }
    results = {name: {**record(tile), **origin[name]} for name, tile in tiles.items()}
    files = {f"{name}.png": png_bytes(image, {}) for name, image in inputs.items()}
    for own in (finished.own or {}).values():
        files[own_photo(own.side)] = png_bytes(photo(own), {})
    curves = {name: {**each, "loss_curve": loss_curve(tiles[name])} for name, each in results.items()}
    files["results.json"] = json.dumps(curves, indent=2).encode()
    files["results.csv"] = table(results.values())
    if points:
        files["sweep.csv"] = table(records(points))
    for name, image in outputs.items():
        files[f"{name}.png"] = png_bytes(image, png_text(tiles[name]))
        files |= tiles[name].files
    pixels = [tiles[name].image for name in outputs]
    row = [request.content, request.style, *(each for each in pixels if each is not None)]
    files["sheet.png"] = png_bytes(contact_sheet([row], SHEET_SIDE), {})
    ratio = inputs["content"].width / inputs["content"].height
    files["report.html"] = page(tiles, points, files, ratio, say)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return stream.getvalue()


def own_photo(side: int) -> str:
    """The file in a ZIP of the photo at a long side in px that is not the other pictures'."""
    return f"content-{side}.png"


def table(results: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as CSV, a row each; what is nested becomes columns such as seconds.total."""
    text: str = pd.DataFrame(map(flat, results), dtype=object).to_csv(index=False)
    return text.encode()


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, lists as JSON."""
    row: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            row |= flat(value, f"{prefix}{name}.")
        else:
            row[prefix + name] = json.dumps(value) if isinstance(value, (list, tuple)) else value
    return row


def page(
    tiles: Mapping[str, Tile], points: Points, files: Mapping[str, bytes], ratio: float, say: Language
) -> bytes:
    """The report as one HTML file without links to anything else, from the pictures of the archive.

    Each picture is in it once: where it stands again, SHARE puts it.
    """
    articles = []
    for name, tile in tiles.items():
        result = address(files[f"{name}.png"]) if f"{name}.png" in files else ""
        articles.append(tile_html(tile, Pictures(ratio, NOTHING, result, result and NOTHING), say=say))
    inputs = "".join(
        f'<figure><img id="{name}" src="{address(files[f"{name}.png"])}" alt="{say(role)}">'
        f"<figcaption>{say(role)}</figcaption></figure>"
        for name, role in (("content", "photo"), ("style", "painting"))
    )
    style = STYLE + (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
    settings = {name: tile.settings.as_dict() for name, tile in tiles.items()}
    sweep = section(points, {name: tile.title for name, tile in tiles.items()}, say)
    return (
        f'<!doctype html><html lang="{say.name}"><head><meta charset="utf-8"><title>StyleGrid</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><style>{variables(style)}{style}</style></head>'
        '<body class="gradio-container report"><main>'
        f'<div class="masthead"><h1>StyleGrid</h1><p>{say("header.idea")}</p>'
        f'<span class="device">StyleGrid {VERSION}</span></div><div class="inputs">{inputs}</div>'
        f'<div id="results"><div id="grid">{"".join(articles)}</div>{summary(tiles, say)}{sweep}'
        f"{measure(say)}</div><details><summary>{say('report.settings')}</summary>"
        f"<pre>{escape(json.dumps(settings, indent=2))}</pre></details>"
        f"</main><script>{SHARE}</script></body></html>"
    ).encode()


def variables(style: str) -> str:
    """The colours that a style sheet takes from the page's theme, light and dark."""
    pairs = {"primary-500": (ULTRAMARINE.c500, ULTRAMARINE.c400)}
    for name in sorted(set(re.findall(r"var\(--([a-z-]+)\)", style))):
        attribute = name.replace("-", "_")
        if hasattr(THEME, f"{attribute}_dark"):
            pairs[name] = getattr(THEME, attribute), getattr(THEME, f"{attribute}_dark")
    listed = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items())
    return f":root{{color-scheme:light dark;{listed}}}"


def address(png: bytes) -> str:
    """A PNG file itself as an address."""
    return held(png, "image/png")
