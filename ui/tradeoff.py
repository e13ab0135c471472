"""Quality, speed and flexibility of the methods of a comparison: one table and one drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from compare.schema import Tile
from compare.tradeoff import Tradeoff, tradeoff
from ui.chart import LINE_HEIGHT, Axis, Chart, Line, Mark, text
from ui.html import duration
from ui.language import ENGLISH, Language

PICTURES = 1000  # that the drawing reaches to at least, in one painting
MOST_PICTURES = 100_000
POINTS = 24  # of a line, which logarithmic axes bend
LEFT, LETTER = 70, 6.6  # px before the lines, and of a letter of the names beside them
TICK = 50  # px at least from a number of pictures to the next
MEASURED = ("content", "deepdc", "style", "wasserstein")  # as core.measures calls them

BROAD, NARROW = 640, 360  # px of the drawing, and on a phone

Sides = Mapping[str, Tradeoff]
"""By the tiles' titles."""


def sides_of(tiles: Sequence[Tile]) -> Sides:
    """Of tiles that have their seconds."""
    return {tile.title: tradeoff(tile) for tile in tiles}


def tradeoff_html(tiles: Sequence[Tile], say: Language = ENGLISH) -> str:
    """The table and the drawing, in two widths, of measured tiles, one at least."""
    sides, other = sides_of(tiles), untrained(tiles)
    drawings = "".join(
        f'<div class="{kind}">{drawing(tiles, sides, width, say)}</div>'
        for kind, width in (("broad", BROAD), ("narrow", NARROW))
    )
    pays = say("trade.dot", other=other.title) if other else ""
    return (
        f'<section class="trade" aria-label="{say("trade.title")}"><h2>{say("trade.title")}</h2>'
        f"<figure>{drawings}<figcaption>{say('trade.caption')} {escape(pays)}</figcaption></figure>"
        f'{table(tiles, sides, say)}<p class="protocol">{say("trade.note")}</p></section>'
    )


def untrained(tiles: Sequence[Tile]) -> Tile | None:
    """The first that needs no training, which the others' training is held against: Gatys, where it ran."""
    return next((tile for tile in tiles if tile.serves == "untrained"), None)


def headings(tiles: Sequence[Tile], say: Language = ENGLISH) -> list[str]:
    """Of the table's columns but the first, which is the method's."""
    other = untrained(tiles)
    return [
        say("trade.styles"),
        say("trade.training"),
        say("trade.learning"),
        say("trade.picture"),
        *([say("trade.pays", other=other.title)] if other else []),
        *(say(f"measures.{each}.title") for each in MEASURED),
    ]


def cells(tile: Tile, tiles: Sequence[Tile], sides: Sides, say: Language = ENGLISH) -> list[str]:
    """A method's, in the order of `headings`."""
    side, other = sides[tile.title], untrained(tiles)
    return [
        serves(side, say),
        trained(side, say),
        learnt(side, say),
        duration(side.picture),
        *([pays(tile, other, sides, say)] if other else []),
        *("–" if value is None else f"{value:.3f}" for value in measures(tile)),
    ]


def table(tiles: Sequence[Tile], sides: Sides, say: Language) -> str:
    """A row per method. On a phone a cell says itself what it is."""
    heads, rows = headings(tiles, say), ""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in (say("summary.method"), *heads))
    for tile in tiles:
        drawn = "".join(
            f'<td data-label="{escape(label)}">{escape(cell)}</td>'
            for label, cell in zip(heads, cells(tile, tiles, sides, say), strict=True)
        )
        rows += f'<tr><th scope="row">{escape(tile.title)}</th>{drawn}</tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def serves(side: Tradeoff, say: Language) -> str:
    """How many styles one training serves."""
    if side.serves == "several":
        return say("trade.serves.several", count=side.styles)
    return say(f"trade.serves.{side.serves}")


def trained(side: Tradeoff, say: Language) -> str:
    """What the training took that came before, on which machines."""
    if side.serves == "untrained":
        return say("trade.none")
    parts = [
        say("trade.unmeasured", machine=part.machine)
        if part.seconds is None
        else say("trade.part", time=duration(part.seconds), machine=part.machine)
        for part in side.training
    ]
    return " + ".join(parts) or say("trade.others")


def learnt(side: Tradeoff, say: Language) -> str:
    """What a new painting takes before its first picture."""
    if side.painting is None:
        return "–"
    if not side.painting:
        return say("trade.none")
    measured = side.learning is not None and side.learning.picture is not None
    return say("trade.measured" if measured else "trade.predicted", time=duration(side.painting))


def pays(tile: Tile, other: Tile, sides: Sides, say: Language) -> str:
    """From which picture on it has cost less than the other method."""
    side = sides[tile.title]
    if tile is other or side.painting is None:
        return "–"
    count = side.cheaper_than(sides[other.title])
    return say("trade.never") if count is None else f"{count:,}"


def measures(tile: Tile) -> Iterator[float | None]:
    """Those of MEASURED that a tile has."""
    for key in MEASURED:
        kept = tile.distances if hasattr(tile.distances, key) else tile.measures
        yield None if kept is None else getattr(kept, key)


def drawing(tiles: Sequence[Tile], sides: Sides, width: int, say: Language = ENGLISH) -> str:
    """Seconds in all over the number of pictures in one new painting, with what it takes to learn it."""
    other = untrained(tiles)
    shown = [tile for tile in tiles if sides[tile.title].painting is not None]
    counts = {
        tile.title: sides[tile.title].cheaper_than(sides[other.title])
        for tile in shown
        if other and tile is not other and sides[tile.title].painting
    }
    crossings = {title: count for title, count in counts.items() if count and count <= MOST_PICTURES}
    most = max(PICTURES, *(10 ** math.ceil(math.log10(count)) for count in crossings.values()), 0)
    names = {
        tile.title: say("trade.line", title=tile.title, style=tile.distances.style if tile.distances else 0.0)
        for tile in shown
    }
    beside = 6 + LETTER * max(map(len, names.values()), default=0)
    right = max(LEFT + 80.0, width - beside)
    ticks = max(1, int((right - LEFT) / TICK))
    x = Axis.decades((1, most), LEFT, right, lambda exponent: f"{10**exponent:,}", ticks)
    ends = [sides[tile.title].after(pictures) for tile in shown for pictures in (1, most)]
    y = Axis.decades(ends, 268, 30, lambda exponent: f"{10.0**exponent:,g}\u202fs")
    across = [most ** (place / POINTS) for place in range(POINTS + 1)]
    lines, heights, under = list[Line](), dict[str, float](), math.inf
    for tile in sorted(shown, key=lambda tile: sides[tile.title].after(most)):
        side = sides[tile.title]
        lines.append((f"serves-{side.serves}", [(each, side.after(each)) for each in across]))
        under = min(y.at(side.after(most)) + 4, under - LINE_HEIGHT)  # names never cover each other
        heights[names[tile.title]] = under
    down = max(0.0, y.end + 4 - under)  # for the first would else cover the drawing's title
    texts = [text(x.end + 6, at + down, name) for name, at in heights.items()]
    marks = [
        Mark("best", (count, sides[title].after(count)), crossing(title, count, other, say))
        for title, count in crossings.items()
    ]
    said = "; ".join(
        say("trade.at", title=tile.title, time=duration(sides[tile.title].after(most)), count=most)
        for tile in shown
    )
    title = say("trade.chart")
    label = f"{title}. {'; '.join([said, *(mark.title for mark in marks)])}"
    return Chart(width, 308, title, label, x, y, lines, marks, texts).svg()


def crossing(title: str, count: int, other: Tile | None, say: Language) -> str:
    """From where on a method has cost less than another, in words."""
    return say("trade.mark", title=title, count=count, other=other.title if other else "")
