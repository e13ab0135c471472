"""One method's tile as HTML. Every part has its place and height from the start, so that nothing jumps."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from compare.comparison import Tile
from ui.curves import chart

MEGABYTE = 10**6  # bytes
ENDED = ("measuring", "done", "timing", "stopped", "failed")  # the picture is the last one
SAID = {
    "waiting": "Waiting",
    "loading": "Loading the weights",
    "measuring": "Measuring",
    "timing": "Timing again",
    "done": "Done",
    "failed": "Failed",
}


@dataclass(frozen=True)
class Pictures:
    """Addresses of what a tile shows.

    Attributes:
        ratio: width / height of all of them.
        photo: the content photo at working size.
        result: the picture so far; empty before the first.
        download: the finished file; empty while there is none.
        others: what else can be downloaded, by file name.
    """

    ratio: float
    photo: str
    result: str = ""
    download: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def empty_tile(name: str, title: str, message: str = "") -> str:
    """A tile before its first run."""
    message = message or "Choose a photo and a style picture, then Compare."
    return article(
        name,
        title,
        "empty",
        "",
        f'<div class="picture" style="--ratio:1.5"><p class="message">{escape(message)}</p></div>',
        progress(title, 0, 0),
        "",
    )


def tile_html(tile: Tile, pictures: Pictures) -> str:
    """A tile at any moment of a run."""
    frame = tile.frame
    ended = tile.state in ENDED
    step, total = (frame.step, frame.total) if frame else (0, 0)
    under = (
        actions(tile, pictures) if ended and pictures.download else progress(tile.title, step, total, ended)
    )
    return article(
        tile.method, tile.title, tile.state, said_state(tile), stage(tile, pictures), under, details(tile)
    )


def article(name: str, title: str, state: str, told: str, stage: str, under: str, details: str) -> str:
    """The parts of a tile in their order."""
    heading = f"tile-{escape(name)}"
    return (
        f'<article class="tile tile-{state}" data-method="{escape(name)}" data-state="{state}" '
        f'aria-labelledby="{heading}"><header><h2 id="{heading}">{escape(title)}</h2>'
        f'<span class="state">{told}</span></header>{stage}{under}{details}</article>'
    )


def said_state(tile: Tile) -> str:
    """Where the method stands, in words."""
    seconds = f"<b>{time(tile.seconds.total)}</b>" if tile.seconds else ""
    if tile.frame and tile.state in ("running", "stopped"):
        told = f"step {tile.frame.step:,} of {tile.frame.total:,}"
        told = f"Stopped at {told}" if tile.state == "stopped" else told[0].upper() + told[1:]
    else:
        told = escape(tile.told) or {**SAID, "running": "Running", "stopped": "Stopped"}[tile.state]
    return f"<span>{told}</span>{seconds}"


def stage(tile: Tile, pictures: Pictures) -> str:
    """The picture, over the photo that it comes from, or what is wrong in its place."""
    title = escape(tile.title)
    shown = [f'<img class="photo" src="{pictures.photo}" alt="The content photo">']
    if pictures.result:
        told = escape(f"step {tile.frame.step} of {tile.frame.total}") if tile.frame else ""
        alt = f"Result of {title}" if tile.state == "done" else f"Picture of {title} at {told}"
        shown.append(f'<img class="result" src="{pictures.result}" alt="{alt}">')
    if tile.state in ENDED and pictures.download:
        shown.append(
            '<input class="split" type="range" min="0" max="100" value="0" step="1" '
            f'aria-label="Uncover the photo beneath the result of {title}, in percent" '
            "oninput=\"this.parentNode.style.setProperty('--split', this.value + '%')\">"
            '<i class="divider" aria-hidden="true"></i>'
        )
    if tile.state == "failed":
        shown.append(f'<p class="message" role="alert">{escape(tile.error)}</p>')
    return f'<div class="picture" style="--ratio:{pictures.ratio:.4f}">{"".join(shown)}</div>'


def progress(title: str, step: int, total: int, ended: bool = False) -> str:
    """A thin bar."""
    share = 100 * step / total if total else 0
    label = escape(f"Progress of {title}")
    return (
        f'<div class="under"><div class="progress{" ended" if ended else ""}" role="progressbar" '
        f'aria-label="{label}" aria-valuemin="0" aria-valuemax="{total}" aria-valuenow="{step}">'
        f'<i style="width:{share:.1f}%"></i></div></div>'
    )


def actions(tile: Tile, pictures: Pictures) -> str:
    """What can be done with a picture that stays."""
    title, file = escape(tile.title), f"stylegrid-{escape(tile.method)}.png"
    others = "".join(
        f'<a class="download" href="{where}" download="{escape(name)}">'
        f"{escape(name.split('.')[0].capitalize())} style</a>"
        for name, where in pictures.others.items()
    )
    whole = (  # browsers open no tab for a picture inside its own address
        ""
        if pictures.result.startswith("data:")
        else f'<a href="{pictures.result}" target="_blank" rel="noopener" '
        f'aria-label="Open the picture of {title} in full size">Full size</a>'
    )
    return (
        f'<div class="under actions"><span>Drag to see the photo</span>{whole}'
        f'<a class="download" href="{pictures.download}" download="{file}" '
        f'aria-label="Download the picture of {title} as PNG">Download PNG</a>{others}</div>'
    )


def details(tile: Tile) -> str:
    """Numbers, losses and where it all came from."""
    seconds, distances = tile.seconds, tile.distances
    memory = "" if tile.peak_memory is None else megabytes(tile.peak_memory)
    numbers = (
        ("Load", "weights, once", time(seconds.load) if seconds else ""),
        ("First run", "own work", time(seconds.total) if seconds else ""),
        ("Warm run", *warm(seconds.warm if seconds else ())),
        ("Content distance", "photo = 0", f"{distances.content:.3f}" if distances else ""),
        ("Style distance", "style picture = 0", f"{distances.style:.3f}" if distances else ""),
        ("Peak memory", "above the start", memory),
    )
    cells = "".join(
        f'<div><dt>{name}</dt><dd>{value or "–"}</dd><dd class="anchor">{anchor}</dd></div>'
        for name, anchor, value in numbers
    )
    plotted = counts_steps(tile) or any(losses for _, losses in tile.curve)
    return (
        f'<div class="details{" plotted" if plotted else ""}"><dl class="numbers">{cells}</dl>'
        f"{chart(tile.curve) if plotted else ''}{provenance(tile)}</div>"
    )


def warm(seconds: Sequence[float]) -> tuple[str, str]:
    """What stands beneath and what is the number of the repeated runs: their spread and their median."""
    if not seconds:
        return "with fair timing", ""
    low, high = (time(each) for each in (min(seconds), max(seconds)))
    return f"median of {len(seconds)}, {low} to {high}", time(statistics.median(seconds))


def counts_steps(tile: Tile) -> bool:
    """Whether losses are to be expected: room is kept for their curves before the first frame."""
    return any(setting.name == "steps" for setting in tile.settings.fields())


def provenance(tile: Tile) -> str:
    """Device, number format, size and weights, with the hash that proves them, and the method's own note."""
    size = f", {tile.frame.image.shape[-1]} × {tile.frame.image.shape[-2]} px" if tile.frame else ""
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
    notes = [tile.frame.note if tile.frame else "", tile.error if tile.state != "failed" else ""]
    note = escape(" ".join(note for note in notes if note))
    return f'<div class="provenance"><dl>{listed}</dl><p class="note">{note}</p></div>'


def time(seconds: float) -> str:
    """Seconds to about three figures, with their unit."""
    digits = 2 if seconds < 10 else 1 if seconds < 100 else 0
    return f"{seconds:,.{digits}f}\u202fs"


def megabytes(size: int, digits: int = 0) -> str:
    """Bytes in megabytes, with their unit."""
    return f"{size / MEGABYTE:,.{digits}f}\u202fMB"
