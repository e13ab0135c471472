"""One method's tile as HTML. Every part has its place and height from the start, so that nothing jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median
from typing import Any

from compare.schema import Tile
from ui.chart import losses_chart
from ui.explained import about
from ui.html import about as roughly
from ui.html import megabytes, time
from ui.measures import measures_html
from ui.texts import FARTHER

STATES = {  # others are words already
    "loading": "Loading the weights",
    "timing": "Timing again",
    "declined": "Not painted",
}
LEAST_LOAD = 0.005  # seconds; what takes less is not loading


@dataclass(frozen=True)
class Pictures:
    """Addresses of what a tile shows.

    Attributes:
        ratio: width / height of all of them.
        photo: the content photo at working size.
        result: the picture so far; empty before the first.
        download: the finished file; empty where there is none.
        others: what else can be downloaded, by file name.
    """

    ratio: float
    photo: str
    result: str = ""
    download: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def tile_html(tile: Tile, pictures: Pictures, seconds: Sequence[float] = ()) -> str:
    """A tile at any moment of a run; `seconds` are predicted of what it offers, without them it offers
    nothing."""
    finished = tile.ended and pictures.result
    return article(
        tile,
        picture_html(tile, pictures, seconds),
        actions(tile, pictures, seconds)
        if finished
        else progress_bar(tile.title, tile.step, tile.total, tile.ended),
        details(tile),
        measures_html(tile),
    )


def article(tile: Tile, *beneath: str) -> str:
    """A tile's head and its parts in their order; its distances are there for who wants to pin them."""
    name, heading, distances = escape(tile.method), f"tile-{escape(tile.method)}", tile.distances
    known = f' data-style="{distances.style:.3f}" data-content="{distances.content:.3f}"' if distances else ""
    return (
        f'<article class="tile tile-{tile.state}" data-method="{name}" data-state="{tile.state}"{known} '
        f'aria-labelledby="{heading}"><header><h2 id="{heading}">{escape(tile.title)}</h2>'
        f'<span class="state">{state_line(tile)}</span></header>{about(tile.method, tile.title)}'
        f"{''.join(beneath)}</article>"
    )


def state_line(tile: Tile) -> str:
    """What the method does, in words, and its seconds so far."""
    seconds = f"<b>{time(tile.seconds.total)}</b>" if tile.seconds else ""
    words = tile.message or STATES.get(tile.state, tile.state.capitalize())
    if tile.step and not tile.message and tile.state in ("running", "stopped"):
        step = f"step {tile.step:,} of {tile.total:,}"
        words = f"Stopped at {step}" if tile.state == "stopped" else step.capitalize()
    return f"<span>{escape(words)}</span>{seconds}"


def picture_html(tile: Tile, pictures: Pictures, seconds: Sequence[float]) -> str:
    """The picture, over the photo that it comes from, or what is wrong in its place."""
    title = escape(tile.title)
    parts = [f'<img class="photo" src="{pictures.photo}" alt="The content photo">']
    if pictures.result:
        alt = f"Picture of {title} at step {tile.step} of {tile.total}"
        alt = f"Result of {title}" if tile.state == "done" else alt
        parts.append(f'<img class="result" src="{pictures.result}" alt="{alt}">')
    if tile.ended and pictures.result:
        parts.append(
            '<input class="split" type="range" min="0" max="100" value="0" step="1" '
            f'aria-label="Uncover the photo beneath the result of {title}, in percent" '
            "oninput=\"this.parentNode.style.setProperty('--split', this.value + '%')\">"
            '<i class="divider" aria-hidden="true"></i>'
        )
    if tile.painted_as:
        parts.append(f'<span class="painted-as">painted as {escape(tile.painted_as)}</span>')
    if tile.farther:
        parts.append(f'<span class="farther">{FARTHER.capitalize()}</span>')
    if tile.state in ("failed", "declined"):
        buttons = offers(tile, seconds)
        parts.append(f'<div class="message" role="alert"><p>{escape(tile.error)}</p>{buttons}</div>')
    return f'<div class="picture" style="--ratio:{pictures.ratio:.4f}">{"".join(parts)}</div>'


def progress_bar(title: str, step: int, total: int, ended: bool = False) -> str:
    """A thin bar."""
    share = 100 * step / total if total else 0
    label = escape(f"Progress of {title}")
    return (
        f'<div class="under"><div class="progress{" ended" if ended else ""}" role="progressbar" '
        f'aria-label="{label}" aria-valuemin="0" aria-valuemax="{total}" aria-valuenow="{step}">'
        f'<i style="width:{share:.1f}%"></i></div></div>'
    )


def offers(tile: Tile, seconds: Sequence[float]) -> str:
    """A button for each thing that the method could do next, with its predicted seconds."""
    return "".join(
        f'<button type="button" class="offer" data-index="{place}">{escape(each.text)} '
        f"({roughly(most)})</button>"
        for place, (each, most) in enumerate(zip(tile.offers, seconds, strict=False))
    )


def actions(tile: Tile, pictures: Pictures, seconds: Sequence[float]) -> str:
    """What can be done with a finished picture."""
    title, file = escape(tile.title), f"stylegrid-{escape(tile.method)}.png"
    offered = offers(tile, seconds)
    hint = "" if offered else "Drag to see the photo"
    others = "".join(
        f'<a class="download" href="{address}" download="{escape(name)}">'
        f"{escape(name.split('.')[0].capitalize())} style</a>"
        for name, address in pictures.others.items()
    )
    whole = ""
    if pictures.download:
        whole = (
            f'<a class="download" href="{pictures.download}" download="{file}" '
            f'aria-label="Download the picture of {title} as PNG">Download PNG</a>'
        )
    return (
        f'<div class="under actions"><span>{hint}</span>'
        f'<button type="button" class="look" aria-label="Look closer at the picture of {title}">'
        f"Look closer</button>{offered}{whole}{others}</div>"
    )


def numbers(tile: Tile) -> dict[str, tuple[float | None, str, str]]:
    """What is measured, by name: the value, None where there is none yet, its text, and what it refers to."""
    seconds, distances, warm = tile.seconds, tile.distances, tile.seconds.warm if tile.seconds else ()
    spread = f"median of {len(warm)}, {time(min(warm))} to {time(max(warm))}" if warm else "with fair timing"
    load = seconds.load if seconds and seconds.load >= LEAST_LOAD else None
    untouched = f"photo {tile.baseline.style:.2f}" if tile.baseline else "painting 0"
    values: tuple[tuple[str, Any, Callable[[Any], str], str], ...] = (
        ("Load", load, time, "weights, once" if load or not seconds else "all was there"),
        ("First run", seconds and seconds.total, time, "own work"),
        ("Warm run", median(warm) if warm else None, time, spread),
        ("Content distance", distances and distances.content, "{:.3f}".format, "photo 0"),
        ("Style distance", distances and distances.style, "{:.3f}".format, untouched),
        ("Peak memory", tile.peak_memory, megabytes, "above the start"),
    )
    return {name: (value, "–" if value is None else text(value), what) for name, value, text, what in values}


def details(tile: Tile) -> str:
    """Numbers, losses and where it all came from."""
    cells = "".join(
        f'<div><dt>{name}</dt><dd>{words}</dd><dd class="anchor">{anchor}</dd></div>'
        for name, (_, words, anchor) in numbers(tile).items()
    )
    plotted = tile.iterative or any(losses for _, losses in tile.loss_history)
    return (
        f'<div class="details{" plotted" if plotted else ""}"><dl class="numbers">{cells}</dl>'
        f"{losses_chart(tile.loss_history) if plotted else ''}{provenance(tile)}</div>"
    )


def provenance(tile: Tile) -> str:
    """Device, number format, size and weights, with the hash that proves them, and the method's own notes."""
    size = "" if tile.image is None else f", {tile.image.shape[1]} × {tile.image.shape[0]} px"
    weights = "".join(
        f'<span title="{escape(" ".join((weight.title + ":", weight.source, weight.revision)).strip())}">'
        f"{escape(weight.title)}</span>"
        f'<abbr title="SHA-256 {weight.sha256}">{weight.sha256[:8]}</abbr>'
        for weight in tile.weights
    )
    rows = (
        ("Device", f"<span>{escape(tile.device)}</span>" if tile.device else ""),
        ("Precision", escape(tile.dtype + size)),
        ("Weights", weights),
    )
    listed = "".join(f"<div><dt>{name}</dt><dd>{value or '–'}</dd></div>" for name, value in rows)
    notes = [*map(str, tile.notes)]
    if tile.state not in ("failed", "declined"):  # which says it in the picture's place
        notes.append(tile.error)
    note = escape(" ".join(notes).strip())
    return f'<div class="provenance"><dl>{listed}</dl><p class="note">{note}</p></div>'
