"""What a comparison comes to: a table, and speed against style distance in one drawing."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from html import escape

from compare.comparison import Tile
from ui.scatter import drawing, seconds_of, style_of
from ui.tile import megabytes, time

HEADINGS = ("Method", "Load", "First run", "Warm run", "Peak memory", "Content distance", "Style distance")
SORT = (
    "const h=this.closest('th'),t=h.closest('table'),i=h.cellIndex,up=h.ariaSort!=='ascending';"
    "t.querySelectorAll('th').forEach(o=>o.ariaSort='none');h.ariaSort=up?'ascending':'descending';"
    "const key=r=>{const v=r.cells[i].dataset.value;return i?parseFloat(v||'Infinity'):v};"
    "[...t.tBodies[0].rows].sort((a,b)=>(key(a)<key(b)?-1:key(a)>key(b)?1:0)*(up?1:-1))"
    ".forEach(r=>t.tBodies[0].append(r))"
)


def summary(tiles: Mapping[str, Tile]) -> str:
    """The table, the drawing and what they say; nothing before a method was measured."""
    measured = [tile for tile in tiles.values() if tile.distances and tile.seconds]
    if not measured:
        return '<section class="summary" hidden></section>'
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in passing(measured))
    return (
        '<section class="summary" aria-label="Summary"><h2>Speed and quality</h2>'
        f"{drawing(measured)}<ul>{sentences}</ul>{table(measured)}</section>"
    )


def passing(tiles: Sequence[Tile]) -> list[str]:
    """When each method with a course comes as near to the style as each of the others, in sentences."""
    sentences = []
    for slow in tiles:
        for fast in tiles:
            if not slow.course or fast is slow or fast.course:
                continue
            moment = passed(slow, style_of(fast))
            if moment is None:
                told = f"did not come as near to the style as {fast.title} in {time(slow.course[-1][0])}"
            else:
                told = f"passes {fast.title} in style distance after {time(moment)}"
            sentences.append(f"{slow.title} {told} ({fast.title}: {time(seconds_of(fast))}).")
    return sentences


def passed(tile: Tile, style: float) -> float | None:
    """When the tile's course falls to a style distance, in seconds, between its samples; None if never."""
    before: tuple[float, float] | None = None
    for seconds, distances in tile.course:
        if distances.style <= style:
            if before is None:
                return seconds
            share = (before[1] - style) / (before[1] - distances.style)
            return before[0] + share * (seconds - before[0])
        before = seconds, distances.style
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
    assert tile.seconds is not None
    assert tile.distances is not None
    warm = statistics.median(tile.seconds.warm) if tile.seconds.warm else None
    memory = tile.peak_memory
    cells = (
        (tile.seconds.load, time(tile.seconds.load)),
        (tile.seconds.total, time(tile.seconds.total)),
        (warm, "–" if warm is None else time(warm)),
        (memory, "–" if memory is None else megabytes(memory)),
        (tile.distances.content, f"{tile.distances.content:.3f}"),
        (tile.distances.style, f"{tile.distances.style:.3f}"),
    )
    numbers = "".join(
        f'<td data-value="{"" if value is None else value}">{shown}</td>' for value, shown in cells
    )
    title = escape(tile.title)
    return f'<tr><th scope="row" data-value="{title}">{title}</th>{numbers}</tr>'
