"""One method's tile as HTML. Every part has its place and height from the start, so that nothing jumps; only
one that declined is small, and the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median
from typing import Any

from compare.schema import Tile
from core.yardstick import OTHER_PHOTO
from methods.base import Offer
from methods.cin import LEARNT_FILE
from methods.johnson import TRAINED_FILE
from ui.chart import losses_chart
from ui.explained import about
from ui.html import about as roughly
from ui.html import megabytes, time
from ui.language import ENGLISH, Language
from ui.measures import measures_html

FILES = (LEARNT_FILE, TRAINED_FILE)  # that have a text
RUN, FIRST = "run", "first"  # where pictures are kept: with the page's run, or with what it opens with
LEAST_LOAD = 0.005  # seconds; what takes less is not loading


Offered = Sequence[tuple[Offer, float]]
"""What a tile offers, each with its predicted seconds."""


@dataclass(frozen=True)
class Pictures:
    """Addresses of what a tile shows.

    Attributes:
        ratio: width / height of all of them.
        photo: the content photo at working size.
        result: the picture so far; empty before the first.
        download: the finished file; empty where there is none.
        others: what else can be downloaded, by file name.
        kept: where the picture is kept for who inspects it, RUN or FIRST.
    """

    ratio: float
    photo: str
    result: str = ""
    download: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    kept: str = RUN


def tile_html(tile: Tile, pictures: Pictures, offered: Offered = (), say: Language = ENGLISH) -> str:
    """A tile at any moment of a run, with what it offers next."""
    if tile.state == "declined":
        return article(tile, say, picture_html(tile, pictures, offered, say))
    finished = tile.ended and pictures.result
    return article(
        tile,
        say,
        picture_html(tile, pictures, offered, say),
        actions(tile, pictures, say) if finished else progress_bar(tile, say),
        blend_html(tile, say) if finished else '<div class="blend"></div>',
        f'<div class="offers">{offers(offered, say) if finished else ""}</div>',
        details(tile, say),
        measures_html(tile, say),
    )


def article(tile: Tile, say: Language, *beneath: str) -> str:
    """A tile's head and its parts in their order; its distances are there for who wants to pin them."""
    name, heading, distances = escape(tile.method), f"tile-{escape(tile.method)}", tile.distances
    known = f' data-style="{distances.style:.3f}" data-content="{distances.content:.3f}"' if distances else ""
    return (
        f'<article class="tile tile-{tile.state}" data-method="{name}" data-state="{tile.state}"{known} '
        f'aria-labelledby="{heading}"><header><h2 id="{heading}">{title_html(tile.title)}</h2>'
        f'<span class="state">{state_line(tile, say)}</span></header>{about(tile.method, tile.title, say)}'
        f"{''.join(beneath)}</article>"
    )


def title_html(title: str) -> str:
    """A title whose end, as in "(AdaIN)", is seen however little room there is."""
    begin, bracket, end = title.partition(" (")
    return f"<span><span>{escape(begin)}</span><span>{escape(bracket + end)}</span></span>"


def state_line(tile: Tile, say: Language) -> str:
    """What the method does, in words, and its seconds so far: once it ran again, the warm median."""
    seconds = f"<b>{time(tile.seconds.median)}</b>" if tile.seconds else ""
    words = say.sentence(tile.message) or say(f"state.{tile.state}")
    if tile.state == "done" and tile.image is not None:
        words = say("state.done_at", side=max(tile.image.shape))
    if tile.step and not tile.message and tile.state in ("running", "stopped"):
        words = say(f"state.{tile.state}_at", step=tile.step, total=tile.total)
    return f"<span>{escape(words)}</span>{seconds}"


def picture_html(tile: Tile, pictures: Pictures, offered: Offered, say: Language) -> str:
    """The picture, over the photo that it comes from, or what is wrong in its place."""
    title, at = escape(tile.title), {"step": tile.step, "total": tile.total}
    parts = [f'<img class="photo" src="{pictures.photo}" alt="{say("photo")}">']
    if pictures.result:
        alt = say("tile.result" if tile.state == "done" else "tile.at", title=title, **at)
        parts.append(f'<img class="result" src="{pictures.result}" alt="{alt}">')
    if tile.ended and pictures.result:
        parts.append(
            '<input class="split" type="range" min="0" max="100" value="0" step="1" '
            f'aria-label="{say("tile.uncover", title=title)}" '
            "oninput=\"this.parentNode.style.setProperty('--split', this.value + '%')\">"
            '<i class="divider" aria-hidden="true"></i>'
        )
    if tile.painted_as:
        parts.append(f'<span class="painted-as">{escape(painted_as(tile, say))}</span>')
    if tile.farther:
        parts.append(f'<span class="farther">{say("tile.farther")}</span>')
    if tile.state in ("failed", "declined"):
        words = escape(say.sentence(tile.error))
        parts.append(f'<div class="message" role="alert"><p>{words}</p>{offers(offered, say)}</div>')
    return f'<div class="picture" style="--ratio:{pictures.ratio:.4f}">{"".join(parts)}</div>'


def painted_as(tile: Tile, say: Language) -> str:
    """In which other painting's style the picture is."""
    return say("tile.painted_as", painting=tile.painted_as)


def progress_bar(tile: Tile, say: Language) -> str:
    """A thin bar."""
    share = 100 * tile.step / tile.total if tile.total else 0
    label = escape(say("tile.progress", title=tile.title))
    return (
        f'<div class="under"><div class="progress{" ended" if tile.ended else ""}" role="progressbar" '
        f'aria-label="{label}" aria-valuemin="0" aria-valuemax="{tile.total}" aria-valuenow="{tile.step}">'
        f'<i style="width:{share:.1f}%"></i></div></div>'
    )


def blend_html(tile: Tile, say: Language) -> str:
    """How much of the style is seen, and whether in the photo's colours: blend.js shows it at once."""
    strength = say("blend.strength_of", title=tile.title)
    return (
        f'<div class="blend" role="group" aria-label="{escape(say("blend.label", title=tile.title))}" '
        f'title="{escape(say("blend.about"))}"><label class="range"><span>{say("blend.strength")}</span>'
        f'<input class="strength" type="range" min="0" max="100" value="100" aria-label="{escape(strength)}">'
        "</label><output>100 %</output>"
        f'<label><input class="colours" type="checkbox">{say("blend.colours")}</label>'
        f'<button type="button" class="reset" disabled>{say("blend.reset")}</button></div>'
    )


def offers(offered: Offered, say: Language) -> str:
    """A button for each thing that could be done next."""
    return "".join(
        f'<button type="button" class="offer" data-index="{place}">'
        f"{escape(say('tile.offer', offer=each.text, seconds=roughly(seconds)))}</button>"
        for place, (each, seconds) in enumerate(offered)
    )


def actions(tile: Tile, pictures: Pictures, say: Language) -> str:
    """What can be done with a finished picture."""
    title, file = escape(tile.title), f"stylegrid-{escape(tile.method)}.png"
    others = "".join(
        f'<a class="download" data-other href="{address}" download="{escape(name)}">'
        f"{say('tile.' + name) if name in FILES else escape(name)}</a>"
        for name, address in pictures.others.items()
    )
    whole = ""
    if pictures.download:
        whole = (
            f'<a class="download" href="{pictures.download}" download="{file}" '
            f'aria-label="{say("tile.download_of", title=title)}">{say("tile.download")}</a>'
        )
    return (
        f'<div class="under actions"><span>{say("tile.drag")}</span>'
        f'<button type="button" class="look" title="{escape(say("tile.look_about"))}" '
        f'aria-label="{say("tile.look_at", title=title)}">'
        f"{say('tile.look')}</button>"
        f'<button type="button" class="inspect" data-kept="{pictures.kept}" '
        f'aria-label="{say("tile.inspect_of", title=title)}">{say("tile.inspect")}</button>'
        f"{whole}{others}</div>"
    )


def numbers(tile: Tile, say: Language = ENGLISH) -> dict[str, tuple[float | None, str, str]]:
    """What is measured, by key: the value, None where there is none yet, its text, and what it refers to."""
    seconds, distances, warm = tile.seconds, tile.distances, tile.seconds.warm if tile.seconds else ()
    load = seconds.load if seconds and seconds.load >= LEAST_LOAD else None
    refers = {
        key: say(f"number.{key}.about", other=OTHER_PHOTO)
        for key in ("load", "first", "warm", "content", "style", "memory")
    }
    if seconds and load is None:
        refers["load"] = say("number.load.none")
    if warm:
        refers["warm"] = say(
            "number.warm.spread", runs=len(warm), least=time(min(warm)), most=time(max(warm))
        )
    if tile.baseline:
        refers["style"] = say("number.style.photo", style=tile.baseline.style)
    values: tuple[tuple[str, Any, Callable[[Any], str]], ...] = (
        ("load", load, time),
        ("first", seconds and seconds.total, time),
        ("warm", median(warm) if warm else None, time),
        ("content", distances and distances.content, "{:.3f}".format),
        ("style", distances and distances.style, "{:.3f}".format),
        ("memory", tile.peak_memory, megabytes),
    )
    return {key: (value, "–" if value is None else text(value), refers[key]) for key, value, text in values}


def details(tile: Tile, say: Language = ENGLISH) -> str:
    """Numbers, losses and where it all came from."""
    cells = "".join(
        f'<div><dt>{say(f"number.{key}")}</dt><dd>{words}</dd><dd class="anchor">{anchor}</dd></div>'
        for key, (_, words, anchor) in numbers(tile, say).items()
    )
    plotted = tile.iterative or any(losses for _, losses in tile.loss_history)
    return (
        f'<div class="details{" plotted" if plotted else ""}"><dl class="numbers">{cells}</dl>'
        f"{losses_chart(tile.loss_history, say) if plotted else ''}{provenance(tile, say)}</div>"
    )


def provenance(tile: Tile, say: Language) -> str:
    """Device, number format, size and weights, with the hash that proves them, and the method's own notes."""
    size = "" if tile.image is None else f", {tile.image.shape[1]} × {tile.image.shape[0]} px"
    weights = "".join(
        f'<span title="{escape(" ".join((weight.title + ":", weight.source, weight.revision)).strip())}">'
        f"{escape(weight.title)}</span>"
        f'<abbr title="SHA-256 {weight.sha256}">{weight.sha256[:8]}</abbr>'
        for weight in tile.weights
    )
    rows = (
        ("device", f"<span>{escape(tile.device)}</span>" if tile.device else ""),
        ("precision", escape(tile.dtype + size)),
        ("weights", weights),
    )
    listed = "".join(
        f"<div><dt>{say(f'tile.{key}')}</dt><dd>{value or '–'}</dd></div>" for key, value in rows
    )
    notes = [*map(say.sentence, tile.notes)]
    if tile.state not in ("failed", "declined"):  # which says it in the picture's place
        notes.append(say.sentence(tile.error))
    note = escape(" ".join(notes).strip())
    return f'<div class="provenance"><dl>{listed}</dl><p class="note">{note}</p></div>'
