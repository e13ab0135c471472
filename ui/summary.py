"""What a comparison comes to: speed against style distance in a chart, in sentences and in a table; and the
trade-off between quality, speed and flexibility."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from compare.schema import Tile
from ui.distance_charts import content_chart, seconds_and_style, seconds_chart
from ui.html import time
from ui.language import ENGLISH, Language
from ui.tile import numbers
from ui.tradeoff import tradeoff_html

COLUMNS = ("load", "first", "warm", "memory", "content", "style")  # of the table, as `numbers` calls them
SORT = (
    "const h=this.closest('th'),t=h.closest('table'),i=h.cellIndex,up=h.ariaSort!=='ascending';"
    "t.querySelectorAll('th').forEach(o=>o.ariaSort='none');h.ariaSort=up?'ascending':'descending';"
    "const key=r=>{const v=r.cells[i].dataset.value;return i?parseFloat(v||'Infinity'):v};"
    "[...t.tBodies[0].rows].sort((a,b)=>(key(a)<key(b)?-1:key(a)>key(b)?1:0)*(up?1:-1))"
    ".forEach(r=>t.tBodies[0].append(r))"
)
BROAD, NARROW = 380, 360  # px of a chart, and on a phone


def summary(tiles: Mapping[str, Tile], say: Language = ENGLISH) -> str:
    """The chart, the sentences and the table; nothing before a method was measured."""
    measured = [tile for tile in tiles.values() if tile.distances and tile.seconds]
    if not measured:
        return '<section class="summary" hidden></section>'
    alike = of_one_size(measured)
    said = overtaking(alike, say)
    said += [say("summary.size", title=each.title, side=side(each)) for each in measured if each not in alike]
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return (
        f'<section class="summary" aria-label="{say("summary.label")}"><h2>{say("summary.title")}</h2>'
        f"<figure>{charts(alike, 'broad', BROAD, say)}{charts(alike, 'narrow', NARROW, say)}"
        f"<figcaption>{say('summary.caption')}</figcaption></figure>"
        f'<ul>{sentences}</ul><p class="foremost">{escape(foremost(alike, say))}</p>{table(measured, say)}'
        f"{tradeoff_html(alike, say)}</section>"
    )


def foremost(tiles: Sequence[Tile], say: Language = ENGLISH) -> str:
    """Which method was quickest and which came nearest to the painting, of those that painted this one, two
    at least; in a sentence."""
    own = [tile for tile in tiles if tile.seconds and tile.distances and not tile.painted_as]
    if len(own) < 2:
        return ""
    quick = min(own, key=lambda tile: seconds_and_style(tile)[0])
    near = min(own, key=lambda tile: seconds_and_style(tile)[1])
    by_wasserstein = {tile.measures.wasserstein: tile for tile in own if tile.measures}
    other = by_wasserstein[min(by_wasserstein)] if len(by_wasserstein) == len(own) else near
    seconds, style = seconds_and_style(quick)[0], seconds_and_style(near)[1]
    also = say("summary.wasserstein", title=other.title) if other is not near else ""
    about = {"quick": quick.title, "seconds": time(seconds), "near": near.title, "style": style}
    return say("summary.foremost", **about, also=also)


def side(tile: Tile) -> int:
    """Long side of its picture in px; 0 where it has none."""
    return 0 if tile.image is None else int(max(tile.image.shape))


def of_one_size(tiles: Sequence[Tile]) -> list[Tile]:
    """Those of the size that most of them have, of equally frequent ones the smallest: seconds of others
    cannot be compared with theirs."""
    sides = [side(tile) for tile in tiles]
    usual = min(sides, key=lambda each: (-sides.count(each), each))
    return [tile for tile in tiles if side(tile) == usual]


def charts(tiles: Sequence[Tile], kind: str, width: int, say: Language) -> str:
    """Both charts of distances, of a width in px each."""
    drawn = seconds_chart(tiles, width, say) + content_chart(tiles, width, say)
    return f'<div class="pair {kind}">{drawn}</div>'


def overtaking(tiles: Sequence[Tile], say: Language = ENGLISH) -> list[str]:
    """When each iterative method comes as near to the style as each of the others, in sentences."""
    sentences = []
    for slow in (tile for tile in tiles if tile.distance_history):
        for fast in (tile for tile in tiles if not tile.distance_history):
            seconds, style = seconds_and_style(fast)
            moment = reached(slow, style)
            end = slow.distance_history[-1].seconds if moment is None else moment
            about = {"slow": slow.title, "fast": fast.title, "end": time(end), "seconds": time(seconds)}
            sentences.append(say("summary.behind" if moment is None else "summary.passes", **about))
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


def table(tiles: Sequence[Tile], say: Language = ENGLISH) -> str:
    """A row per method; a click on a heading sorts by it. Loading has a column where something was loaded."""
    loaded = any(numbers(tile)["load"][0] for tile in tiles)
    shown = [each for each in COLUMNS if each != "load" or loaded]
    sizes = len({side(tile) for tile in tiles}) > 1
    headings = "".join(
        '<th scope="col" aria-sort="none">'
        f'<button type="button" onclick="{escape(SORT)}">{heading}</button></th>'
        for heading in (
            say("summary.method"),
            *([say("size")] if sizes else []),
            *(say(f"number.{key}") for key in shown),
        )
    )
    rows = "".join(row(tile, shown, say, sizes) for tile in tiles)
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"


def row(tile: Tile, columns: Sequence[str], say: Language, sizes: bool = False) -> str:
    """A method's numbers, and beside each what it is sorted by; with `sizes` its picture's size first."""
    title, known = escape(tile.title), numbers(tile)
    cells = "".join(
        f'<td data-value="{"" if known[each][0] is None else known[each][0]}">{cell(tile, each, say)}</td>'
        for each in columns
    )
    size = f'<td data-value="{side(tile)}">{side(tile):,}\u202fpx</td>' if sizes else ""
    return f'<tr><th scope="row" data-value="{title}">{title}</th>{size}{cells}</tr>'


def cell(tile: Tile, column: str, say: Language) -> str:
    """A number as text: warm seconds with their range, a style distance beyond the photo's own marked."""
    words, warm = numbers(tile)[column][1], tile.seconds.warm if tile.seconds else ()
    if column == "warm" and warm:
        return f"{words}<small>{min(warm):.2f}–{max(warm):.2f}</small>"
    if column == "style" and tile.farther:
        return f'<span class="farther" title="{say("tile.farther")}">{words}</span>'
    return words
