"""The tab "Style space": our style pictures in a plane by style distance, and pictures between styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.style_space import Place, places
from core.images import Pixels, to_image
from methods.mixtures import Shares
from ui.examples import ON_CLICK, Example, line, thumbnail
from ui.files import data_address
from ui.html import status_html
from ui.language import ENGLISH, Language, label, standing

CORNERS = 4
OWN = "own"  # the choice of the visitor's painting
# in the corners, where they are there
FIRST = ("starry-night", "the-scream", "great-wave", "composition-vii")
THUMBNAIL = 80  # px, shown at half of it on dense screens
RATIO, INSET = 4 / 3, 8  # width over height of the plane, and % of it that stay free at its edges

Cells = Sequence[Sequence[tuple[Pixels, Shares]]]


class StyleSpacePanel:
    """Constructing one draws it.

    Attributes:
        plane: our style pictures and the painting; line: what there is to say of it.
        corners: which styles are mixed; strip, square, stop: the buttons; status: how it goes; result.
    """

    def __init__(self, styles: Sequence[Example]) -> None:
        self.styles, self.places = {each.name: each for each in styles}, places()
        known = [name for name in self.styles if name in self.places]
        self.shown = sorted(known, key=lambda name: self.places[name])  # from left to right, for arrow keys
        names = [name for name in dict.fromkeys((*FIRST, *self.styles)) if name in self.styles]
        choices = [(label("space.own"), OWN)]
        choices += [(standing(partial(title_of, each)), name) for name, each in self.styles.items()]
        with gr.Column(elem_id="style-space"):
            text(standing(lambda say: f"<h2>{say('space.title')}</h2><p>{say('space.about')}</p>"))
            self.plane = gr.HTML(
                standing(self.drawn),
                html_template=self.template(),
                js_on_load=ON_CLICK,
                apply_default_css=False,
            )
            self.line = gr.HTML(status_html(""), apply_default_css=False)
            text(standing(lambda say: f"<h2>{say('space.between')}</h2><p>{say('space.between_about')}</p>"))
            with gr.Row(elem_id="corners"):
                marks = (
                    label("space.corner_1"),
                    label("space.corner_2"),
                    label("space.corner_3"),
                    label("space.corner_4"),
                )
                self.corners = [
                    gr.Dropdown(choices, value=name, label=mark, min_width=150)
                    for mark, name in zip(marks, names, strict=False)
                ]
            with gr.Row(elem_id="space-actions"):
                self.strip = gr.Button(label("space.strip"), size="sm", min_width=120)
                self.square = gr.Button(label("space.square"), size="sm", min_width=120)
                self.stop = gr.Button(label("stop"), size="sm", interactive=False, min_width=80)
            self.status = gr.HTML(status_html(""), apply_default_css=False)
            self.result = gr.HTML("", apply_default_css=False, elem_id="between")

    def template(self) -> str:
        """The plane with the pictures, which are in it once; its words and places are the value's lines."""
        buttons = "".join(
            f'<button type="button" data-index="{list(self.styles).index(name)}" '
            f'title="{line(2 + 3 * place)}" style="{line(3 + 3 * place)}" tabindex="{-1 if place else 0}" '
            f'aria-pressed="{line(4 + 3 * place)}"><img src="{thumbnail(self.styles[name].path, THUMBNAIL)}" '
            f'alt=""><span class="name">{line(2 + 3 * place)}</span></button>'
            for place, name in enumerate(self.shown)
        )
        return f'<div class="plane" role="toolbar" aria-label="{line(0)}">{buttons}{line(1)}</div>'

    def drawn(self, say: Language, own: tuple[Place, Pixels] | None = None, chosen: str | None = None) -> str:
        """The plane's words and places, with the visitor's painting or one of ours marked as chosen."""
        at = within({**self.places, **({OWN: own[0]} if own else {})})
        lines = [say("space.title"), ""]
        if own:
            image = data_address(to_image(own[1]), quality=75)
            title = say("space.own")
            lines[1] = (
                f'<span class="own" style="{spot(at[OWN])}" role="img" aria-label="{title}">'
                f'<img src="{image}" alt=""><span class="name" aria-hidden="true">{title}</span></span>'
            )
        for name in self.shown:
            lines += [escape(title_of(self.styles[name], say)), spot(at[name]), str(name == chosen).lower()]
        return "\n".join(lines)

    def buttons(self, running: bool) -> dict[Component, Any]:
        """The buttons while pictures are painted, or are not."""
        start = gr.Button(interactive=not running)
        return {
            self.strip: start,
            self.square: start,
            self.stop: gr.Button(label("stop"), interactive=running),
        }

    @property
    def outputs(self) -> list[Component]:
        """All that painting changes."""
        return [self.strip, self.square, self.stop, self.status, self.result]


def within(points: Mapping[str, Place]) -> dict[str, Place]:
    """Places as shares of the plane in %, from its left and its top, in px one scale for both axes."""
    if not points:
        return {}
    middles, reach = list[float](), 1e-9  # half the height
    for axis, length in ((0, RATIO), (1, 1.0)):
        values = [point[axis] for point in points.values()]
        middles.append((max(values) + min(values)) / 2)
        reach = max(reach, (max(values) - min(values)) / 2 / length)
    half = (50 - INSET) / reach
    return {
        name: (50 + half * (x - middles[0]) / RATIO, 50 - half * (y - middles[1]))
        for name, (x, y) in points.items()
    }


def spot(place: Place) -> str:
    """A place in the plane as a style."""
    return f"left:{place[0]:.1f}%;top:{place[1]:.1f}%"


def sheet(rows: Cells, titles: Sequence[str], say: Language = ENGLISH) -> str:
    """The pictures so far in their places, each with its shares."""
    cells = ""
    for row in rows:
        for pixels, shares in row:
            words = escape(mix_of(titles, shares, say))
            address = data_address(to_image(pixels), quality=85)
            cells += f'<img src="{address}" alt="{words}" title="{words}">'
    caption = escape(say("space.corners", titles=tuple(titles)))
    return (
        f'<figure class="between" style="--columns:{len(rows[0])}"><div>{cells}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def mix_of(titles: Sequence[str], shares: Shares, say: Language) -> str:
    """The shares of a picture in words."""
    return say("list.separator").join(
        f"{title} {share:.0%}" for title, share in zip(titles, shares, strict=True) if share > 0
    )


def title_of(example: Example, say: Language) -> str:
    """An example's title in a language."""
    return say.sentence(example.title)


def text(html: str) -> None:
    """A standing piece of the tab."""
    gr.HTML(html, apply_default_css=False)
