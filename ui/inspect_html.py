"""What Inspect shows of a finished picture, as HTML: one view at a time, which the browser chooses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from statistics import mean

from compare.inspection import CHANNELS, Inspection, View
from core.neighbours import PATCH, STRIDE
from core.yardstick import CONTENT_LAYER, SHORT_SIDE, STYLE_LAYERS
from ui.files import held
from ui.html import error_html, status_html
from ui.language import Language

VIEWS = ("edges", "colours", "layers", "grams", "difference", "patches")
DIRECTIONS = ("across", "down")
COLOURS = ("red", "green", "blue")
CURVE = (256, 96)  # of a drawing of shares, in its own units


def answer(number: int, inside: str) -> str:
    """What the browser waits for under this number."""
    return f'<div class="inspection" data-number="{number}">{inside}</div>'


def waits(number: int, text: str) -> str:
    """That there is nothing yet."""
    return answer(number, status_html(text))


def refused(number: int, text: str) -> str:
    """Why there will be nothing."""
    return answer(number, error_html(text))


def inspection_html(number: int, seen: Inspection, say: Language) -> str:
    """All views of a picture; but for the first they are hidden until they are chosen."""
    drawn = {
        "edges": edges(seen, say),
        "colours": colours(seen, say),
        "layers": layers(seen, say),
        "grams": grams(seen, say),
        "difference": difference(say),
        "patches": patches(seen, say),
    }
    sections = "".join(
        f'<section data-view="{name}"{"" if name == VIEWS[0] else " hidden"}>'
        f'<p class="about-view">{escape(say(f"inspect.{name}.about", **ABOUT))}</p>{drawn[name]}</section>'
        for name in VIEWS
    )
    names = {name: say(f"inspect.{name}") for name in VIEWS}
    return answer(number, f'<div class="seen">{choice("view", say("face.view"), names)}{sections}</div>')


ABOUT = {"side": SHORT_SIDE, "layer": CONTENT_LAYER, "shown": CHANNELS, "patch": PATCH}


def choice(group: str, label: str, names: Mapping[str, str]) -> str:
    """Buttons of which one is pressed: the browser shows the parts whose data-`group` is that one's."""
    buttons = "".join(
        f'<button type="button" data-value="{value}" aria-pressed="{"false" if place else "true"}">'
        f"{escape(name)}</button>"
        for place, (value, name) in enumerate(names.items())
    )
    return (
        f'<div class="modes" role="group" aria-label="{escape(label)}" data-group="{group}">{buttons}</div>'
    )


def views(seen: Inspection, say: Language) -> tuple[tuple[str, View], ...]:
    """Photo, painting and picture with their names."""
    return (
        (say("photo"), seen.photo),
        (say("painting"), seen.painting),
        (say("inspect.picture"), seen.picture),
    )


def edges(seen: Inspection, say: Language) -> str:
    """Each picture, its high frequencies and its Sobel gradients, along one of two axes."""
    rows = ""
    for name, view in views(seen, say):
        shown = figure(image(view.image, "webp", name), name, say("inspect.variation", value=view.variation))
        for kind, files in (("high_pass", view.high_pass), ("sobel", view.sobel)):
            words = say(f"inspect.{kind}")
            both = "".join(
                image(file, "webp", f"{name}: {words}", direction, place > 0)
                for place, (direction, file) in enumerate(zip(DIRECTIONS, files, strict=True))
            )
            shown += figure(both, words)
        rows += f'<div class="three">{shown}</div>'
    names = {each: say(f"inspect.{each}") for each in DIRECTIONS}
    return choice("direction", say("inspect.direction"), names) + rows


def colours(seen: Inspection, say: Language) -> str:
    """The histograms of each picture's channels, and its RGB-uv histogram."""
    columns = ""
    for name, view in views(seen, say):
        alt = say("inspect.uv", name=name)
        columns += (
            f'<div class="column">{figure(curves(view.levels, say("inspect.levels", name=name)), name)}'
            f"{figure(image(view.colours, 'png', alt), alt, say('inspect.colour', value=view.colour))}</div>"
        )
    return f'<div class="three">{columns}</div>{legend(say)}'


def curves(levels: Sequence[Sequence[float]], alt: str) -> str:
    """Shares of each channel over its levels; their roots, so that rare ones are seen."""
    width, height = CURVE
    most = max(max(each) for each in levels) ** 0.5 or 1.0
    lines = ""
    for colour, shares in zip(COLOURS, levels, strict=True):
        points = " ".join(
            f"{(place + 0.5) * width / len(shares):.0f},{height - height * share**0.5 / most:.1f}"
            for place, share in enumerate(shares)
        )
        lines += f'<polyline class="{colour}" points="{points}"/>'
    return (
        f'<svg class="curves" viewBox="0 -2 {width} {height + 4}" role="img" '
        f'aria-label="{escape(alt)}">{lines}</svg>'
    )


def legend(say: Language) -> str:
    """Which line is which."""
    return (
        '<p class="legend">'
        + "".join(
            f'<span><svg class="curves" viewBox="0 0 24 4" aria-hidden="true"><polyline class="{each}" '
            f'points="0,2 24,2"/></svg>{say(f"inspect.{each}")}</span>'
            for each in COLOURS
        )
        + "</p>"
    )


def layers(seen: Inspection, say: Language) -> str:
    """The style distance of each layer, and their mean, which is the yardstick's; a mark is the photo's."""
    here, photo = ({**each.layers} for each in (seen.picture, seen.photo))
    longest = max(*here.values(), *photo.values(), 1e-9)
    rows = "".join(bar(layer, here[layer], photo[layer], longest) for layer in STYLE_LAYERS)
    rows += bar(say("inspect.mean"), mean(here.values()), mean(photo.values()), longest, "mean")
    heads = (say("inspect.layer"), say("inspect.picture"), "", say("inspect.untouched"))
    head = "".join(f'<th scope="col">{escape(each)}</th>' if each else "<td></td>" for each in heads)
    return f'<table class="layers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def bar(name: str, here: float, photo: float, longest: float, kind: str = "") -> str:
    """A row: a number as a bar, and the photo's as a mark on it."""
    return (
        f'<tr class="{kind}"><th scope="row">{escape(name)}</th><td>{here:.3f}</td>'
        f'<td><div class="bar"><span style="width:{100 * here / longest:.1f}%"></span>'
        f'<i style="left:{100 * photo / longest:.1f}%"></i></div></td><td>{photo:.3f}</td></tr>'
    )


def grams(seen: Inspection, say: Language) -> str:
    """Heat maps of the Gram matrices at one layer."""
    parts = ""
    for layer, maps in seen.grams.items():
        words = say("inspect.channels", shown=min(CHANNELS, maps.channels), channels=maps.channels)
        three = "".join(
            figure(image(file, "png", f"{layer}: {name}"), name)
            for name, file in (
                (say("painting"), maps.painting),
                (say("inspect.picture"), maps.picture),
                (say("inspect.less_more"), maps.difference),
            )
        )
        hidden = "" if layer == STYLE_LAYERS[0] else " hidden"
        parts += (
            f'<div data-layer="{layer}"{hidden}><div class="three maps">{three}</div>'
            f'<p class="legend">{escape(words)}</p></div>'
        )
    return choice("layer", say("inspect.layer"), {layer: layer for layer in STYLE_LAYERS}) + parts


def difference(say: Language) -> str:
    """A canvas that the browser fills, from two pictures of the page."""
    return (
        f'<div class="chooses"><label>{say("inspect.other")}'
        f'<select class="other"><option>{say("photo")}</option></select></label>'
        f'<label>{say("inspect.gain")}<input class="gain" type="range" min="1" max="16" value="4">'
        f'<output class="times"></output></label></div>'
        f'<canvas class="difference" role="img" aria-label="{say("inspect.difference")}"></canvas>'
        '<p class="legend told" role="status"></p>'
    )


def patches(seen: Inspection, say: Language) -> str:
    """Picture and painting, with the patch under the pointer and the one that is nearest to it."""
    data = json.dumps({**asdict(seen.nearest), "stride": STRIDE, "patch": PATCH}, separators=(",", ":"))
    name, painting = say("inspect.picture"), say("painting")
    return (
        f'<div class="pointing" data-map="{escape(data)}">'
        f'<figure><div class="field" tabindex="0" role="application" aria-label="{say("inspect.point")}">'
        f"{image(seen.picture.image, 'webp', name)}<i></i></div><figcaption>{name}</figcaption></figure>"
        f'<figure><div class="found">{image(seen.painting.image, "webp", painting)}<i></i></div>'
        f"<figcaption>{painting}</figcaption></figure>"
        f'<figure><canvas role="img" aria-label="{say("inspect.patch")}"></canvas>'
        f"<figcaption>{say('inspect.patch')}</figcaption></figure>"
        f'<figure><canvas role="img" aria-label="{say("inspect.nearest")}"></canvas>'
        f"<figcaption>{say('inspect.nearest')}</figcaption></figure></div>"
        '<p class="legend told" role="status"></p>'
    )


def figure(inside: str, caption: str, more: str = "") -> str:
    """Something to look at and what it is."""
    small = f"<small>{escape(more)}</small>" if more else ""
    return f"<figure>{inside}<figcaption>{escape(caption)}{small}</figcaption></figure>"


def image(data: bytes, kind: str, alt: str, direction: str = "", hidden: bool = False) -> str:
    """A picture's file inside the page; with a direction one of two in the same place."""
    where = f' data-direction="{direction}"' if direction else ""
    source = held(data, f"image/{kind}")
    return f'<img src="{source}" alt="{escape(alt)}"{where}{" hidden" if hidden else ""}>'
