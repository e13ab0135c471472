"""What a comparison comes to: speed against style distance in a chart, in sentences and in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from compare.schema import Tile
from ui.distance_charts import content_chart, seconds_and_style, seconds_chart
from ui.html import time
from ui.texts import CHART_CAPTION, FARTHER
from ui.tile import numbers

HEADINGS = ("Method", "Load", "First run", "Warm run", "Peak memory", "Content distance", "Style distance")
SORT = (
    "const h=this.closest('th'),t=h.closest('table'),i=h.cellIndex,up=h.ariaSort!=='ascending';"
    "t.querySelectorAll('th').forEach(o=>o.ariaSort='none');h.ariaSort=up?'ascending':'descending';"
    "const key=r=>{const v=r.cells[i].dataset.value;return i?parseFloat(v||'Infinity'):v};"
    "[...t.tBodies[0].rows].sort((a,b)=>(key(a)<key(b)?-1:key(a)>key(b)?1:0)*(up?1:-1))"
    ".forEach(r=>t.tBodies[0].append(r))"
)
BROAD, NARROW = 480, 360  # px of a chart, and on a phone


def summary(tiles: Mapping[str, Tile]) -> str:
    """The chart, the sentences and the table; nothing before a method was measured."""
    measured = [tile for tile in tiles.values() if tile.distances and tile.seconds]
    if not measured:
        return '<section class="summary" hidden></section>'
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in overtaking(measured))
    return (
        '<section class="summary" aria-label="Summary"><h2>Speed and quality</h2>'
        f"<figure>{charts(measured, 'broad', BROAD)}{charts(measured, 'narrow', NARROW)}"
        f"<figcaption>{CHART_CAPTION}</figcaption></figure>"
        f"<ul>{sentences}</ul>{table(measured)}</section>"
    )


def charts(tiles: Sequence[Tile], kind: str, width: int) -> str:
    """Both charts of distances, of a width in px each."""
    return f'<div class="pair {kind}">{seconds_chart(tiles, width)}{content_chart(tiles, width)}</div>'


def overtaking(tiles: Sequence[Tile]) -> list[str]:
    """When each iterative method comes as near to the style as each of the others, in sentences."""
    sentences = []
    for slow in (tile for tile in tiles if tile.distance_history):
        for fast in (tile for tile in tiles if not tile.distance_history):
            seconds, style = seconds_and_style(fast)
            moment = reached(slow, style)
            if moment is None:
                end = time(slow.distance_history[-1].seconds)
                words = f"did not come as near to the style as {fast.title} in {end}"
            else:
                words = f"passes {fast.title} in style distance after {time(moment)}"
            sentences.append(f"{slow.title} {words} ({fast.title}: {time(seconds)}).")
    return sentences


def reached(tile: Tile, style: float) -> float | None:
    """When the tile's history falls to a style distance, in seconds, between its samples; None if never."""
    before: tuple[float, float] | None = None
    for each in tile.distance_history:
        if each.distances.style <= style:
            if before is None:
                return each.seconds
            share = (before[1] - style) / (before[1] - each.distances.style)
            return before[0] + share * (each.seconds - before[0])
        before = each.seconds, each.distances.style
    return None


def table(tiles: Sequence[Tile]) -> str:
    """A row per method; a click on a heading sorts by it. Loading has a column where something was loaded."""
    loaded = any(numbers(tile)["Load"][0] for tile in tiles)
    shown = [each for each in HEADINGS if each != "Load" or loaded]
    headings = "".join(
        '<th scope="col" aria-sort="none">'
        f'<button type="button" onclick="{escape(SORT)}">{heading}</button></th>'
        for heading in shown
    )
    rows = "".join(row(tile, shown[1:]) for tile in tiles)
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"


def row(tile: Tile, headings: Sequence[str]) -> str:
    """A method's numbers, and beside each what it is sorted by."""
    title, known = escape(tile.title), numbers(tile)
    cells = "".join(
        f'<td data-value="{"" if known[each][0] is None else known[each][0]}">{cell(tile, each)}</td>'
        for each in headings
    )
    return f'<tr><th scope="row" data-value="{title}">{title}</th>{cells}</tr>'


def cell(tile: Tile, heading: str) -> str:
    """A number as text: warm seconds with their range, a style distance beyond the photo's own marked."""
    words, warm = numbers(tile)[heading][1], tile.seconds.warm if tile.seconds else ()
    if heading == "Warm run" and warm:
        return f"{words}<small>{min(warm):.2f}–{max(warm):.2f}</small>"
    if heading == "Style distance" and tile.farther:
        return f'<span class="farther" title="{FARTHER.capitalize()}">{words}</span>'
    return words
