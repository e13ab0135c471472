"""The example photos and the style plates that come with StyleGrid, as thumbnails to click."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image, ImageOps

from core.plates import STYLES, plates
from core.sentence import Sentence
from ui.files import data_address
from ui.language import Language, language_of, standing

PHOTOS = Path(__file__).parent.parent / "examples"
THUMBNAIL_SIDE = 112  # px, shown at half of it on dense screens

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """A picture that comes with StyleGrid. `name` is the one by which methods know a plate."""

    path: Path
    name: str
    title: Sentence


def photos(folder: Path = PHOTOS) -> tuple[Example, ...]:
    """The example photos, by file name."""
    return tuple(
        Example(path, path.stem, Sentence(f"photo.{path.stem}", path.stem.replace("-", " ").capitalize()))
        for path in sorted(folder.glob("*.jpg"))
    )


def shown_plates(folder: Path = STYLES) -> tuple[Example, ...]:
    """The plates; none where their list cannot be read, which the log tells."""
    try:
        return tuple(
            Example(plate.path, plate.name, Sentence(f"painting.{plate.name}", plate.caption))
            for plate in plates(folder)
        )
    except ValueError as error:
        log.warning("%s", error)
        return ()


def pairs(contents: Sequence[Example], styles: Sequence[Example]) -> list[tuple[Example, Example]]:
    """Photos and plates that suit each other, of those that there are."""
    photos, plates = ({each.name: each for each in some} for some in (contents, styles))
    return [(photos[photo], plates[plate]) for photo, plate in PAIRS if photo in photos and plate in plates]


PAIRS = (  # names of photos and plates that suit each other
    ("cat", "the-scream"),
    ("pagoda", "starry-night"),
    ("flower", "great-wave"),
    ("astronaut", "composition-vii"),
)


ON_CLICK = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('select', {index: Number(button.dataset.index), value: button.title});
});
"""


class Strip:
    """A row of thumbnails, each of one example or several side by side. Constructing it draws it.

    Args:
        heading: key of its text.
        show: what to show when an item was clicked, from its paths.
    """

    def __init__(
        self,
        items: Sequence[tuple[Example, ...]],
        heading: str,
        show: Callable[..., dict[Component, Any]],
        outputs: Sequence[Component],
    ) -> None:
        self.heading = heading
        self.items, self.show, self.outputs = items, show, outputs
        buttons = "".join(
            f'<button type="button" data-index="{index}" title="{line(1 + index)}" '
            f'tabindex="{-1 if index else 0}">'
            + "".join(f'<img src="{thumbnail(each.path)}" alt="">' for each in item)
            + f'<span class="name">{line(1 + index)}</span></button>'
            for index, item in enumerate(items)
        )
        wide = len(items[0]) > 1
        caption = f'<p class="status" aria-hidden="true">{line(0)}</p>' if wide else ""
        self.html = gr.HTML(
            standing(self.words),
            html_template=f'{caption}<div class="strip{" wide" if wide else ""}" role="toolbar" '
            f'aria-label="{line(0)}">{buttons}</div>',
            js_on_load=ON_CLICK,
            apply_default_css=False,
        )

    def words(self, say: Language) -> str:
        """The heading and the items' titles, a line each."""
        return escape("\n".join([say(self.heading), *(titles(item, say) for item in self.items)]))

    def pick(self, event: gr.SelectData, request: gr.Request | None = None) -> dict[Component, Any]:
        """What to show after a click."""
        # The index comes from the browser: a wrong one raises here and changes nothing.
        paths = (example.path for example in self.items[int(event.index)])
        return self.show(*paths, say=language_of(request))


def line(number: int) -> str:
    """A line of the words, as a strip's template names it: they are said in each language, pictures once."""
    return f"${{value.split('\\n')[{number}]}}"


def titles(item: Sequence[Example], say: Language) -> str:
    """The titles of a strip's item as one text."""
    said = [say.sentence(each.title) for each in item]
    return say("pair.title", photo=said[0], painting=said[1]) if len(said) > 1 else said[0]


def thumbnail(path: Path, side: int = THUMBNAIL_SIDE) -> str:
    """A small square from the picture's middle, `side` px long, as a data address."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * side, 2 * side))
        square = ImageOps.fit(image.convert("RGB"), (side, side))
    return data_address(square, quality=75)
