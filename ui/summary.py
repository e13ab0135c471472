"""What a comparison comes to: speed against style distance in a chart, in sentences and in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from compare.schema import Tile
from ui.chart import distance_chart, trade
from ui.html import time
from ui.tile import numbers

HEADINGS = ("Method", "Load", "First run", "Warm run", "Peak memory", "Content distance", "Style distance")
SORT = (
    "const h=this.closest('th'),t=h.closest('table'),i=h.cellIndex,up=h.ariaSort!=='ascending';"
    "t.querySelectorAll('th').forEach(o=>o.ariaSort='none');h.ariaSort=up?'ascending':'descending';"
    "const key=r=>{const v=r.cells[i].dataset.value;return i?parseFloat(v||'Infinity'):v};"
    "[...t.tBodies[0].rows].sort((a,b)=>(key(a)<key(b)?-1:key(a)>key(b)?1:0)*(up?1:-1))"
    ".forEach(r=>t.tBodies[0].append(r))"
)
NARROW = 360  # px of the chart on a phone
CAPTION = (
    "Filled: no other method is both quicker and nearer to the style. Curve: a method with steps on its way. "
    "Seconds: the warm median where there is one, else the first run."
)


def summary(tiles: Mapping[str, Tile]) -> str:
    """The chart, the sentences and the table; nothing before a method was measured."""
    measured = [tile for tile in tiles.values() if tile.distances and tile.seconds]
    if not measured:
        return '<section class="summary" hidden></section>'
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in overtaking(measured))
    return (
        '<section class="summary" aria-label="Summary"><h2>Speed and quality</h2>'
        f'<figure><div class="broad">{distance_chart(measured)}</div>'
        f'<div class="narrow">{distance_chart(measured, NARROW)}</div>'
        f"<figcaption>{CAPTION}</figcaption></figure>"
        f"<ul>{sentences}</ul>{table(measured)}</section>"
    )


def overtaking(tiles: Sequence[Tile]) -> list[str]:
    """When each iterative method comes as near to the style as each of the others, in sentences."""
    sentences = []
    for slow in (tile for tile in tiles if tile.distance_history):
        for fast in (tile for tile in tiles if not tile.distance_history):
            seconds, style = trade(fast)
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
    """A row per method; a click on a heading sorts by it."""
    headings = "".join(
        '<th scope="col" aria-sort="none">'
        f'<button type="button" onclick="{escape(SORT)}">{heading}</button></th>'
        for heading in HEADINGS
    )
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{''.join(map(row, tiles))}</tbody></table>"


def row(tile: Tile) -> str:
    """A method's numbers, and beside each what it is sorted by."""
    title, known = escape(tile.title), numbers(tile)
    values = [known[heading][:2] for heading in HEADINGS[1:]]
    cells = "".join(
        f'<td data-value="{"" if value is None else value}">{text}</td>' for value, text in values
    )
    return f'<tr><th scope="row" data-value="{title}">{title}</th>{cells}</tr>'
