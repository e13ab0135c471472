"""All measures of a finished tile, to be unfolded: a number each, the two landmarks, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from html import escape

from compare.schema import Tile
from core.measures import MEASURES, Question

QUESTIONS: Mapping[Question, str] = {
    "photo": "Is the photo still there? Less is more of it.",
    "painting": "Is it like the painting? Less is more like it, save for patches used.",
    "faults": "Are there faults? Less is fewer.",
}
SENTENCES = {
    "content": "How far VGG-19's features at relu4_1 are from the photo's. New colours count as a loss, too.",
    "deepdc": "Whether the features' channels relate as in the photo, from edges to things.",
    "cfsd": "Whether places that are alike in the photo are still alike, whatever they look like now.",
    "style": "How far the Gram matrices are from the painting's. Gatys and our networks optimise this.",
    "wasserstein": "How far the features' mean and covariance have to be moved to be the painting's.",
    "sliced": "The same for their whole distribution, seen along random directions.",
    "neighbours": "How far each patch is from the most similar one in the painting.",
    "patches": "How much of the painting is used: few patches are one motif everywhere.",
    "colour": "How far hues and saturation are from the painting's. Needs no network.",
    "mesh_4": "Detail that repeats itself every 4 px, as a network leaves it that upsamples by 2 twice.",
    "mesh_8": "Detail that repeats itself every 8 px, as a decoder of relu4_1 leaves it.",
    "mesh_16": "Detail that repeats itself every 16 px.",
    "border": "How much busier the border is than the middle; what the photo has is its motif's.",
}


def measures_html(tile: Tile) -> str:
    """A table that is folded; its line alone, blank, before the tile is measured."""
    if not (tile.measures and tile.landmarks and tile.distances and tile.baseline):
        return '<p class="all-measures blank"></p>'
    values = {**asdict(tile.distances), **asdict(tile.measures)}
    photo = {**asdict(tile.baseline), **asdict(tile.landmarks.photo)}
    painting = {"style": 0.0, **asdict(tile.landmarks.painting)}
    known = (values, photo, painting)
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Measure", "Here", "Photo", "Painting"))
    bodies = ""
    for question, words in QUESTIONS.items():
        bodies += f'<tbody><tr class="question"><th colspan="4" scope="rowgroup">{words}</th></tr>'
        for each in MEASURES:
            if each.question == question:
                bodies += row(each.title, SENTENCES[each.key], *(one.get(each.key) for one in known))
        bodies += "</tbody>"
    return (
        f'<details class="all-measures"><summary aria-label="All measures of {escape(tile.title)}">'
        f"All measures</summary><table><thead><tr>{heads}</tr></thead>{bodies}</table></details>"
    )


def row(title: str, sentence: str, *values: float | None) -> str:
    """A measure's numbers: here, of the untouched photo, and of the painting."""
    cells = "".join(f"<td>{'–' if value is None else format(value, '.3f')}</td>" for value in values)
    name = f"{title[0].upper()}{title[1:]}"
    return f'<tr><th scope="row">{escape(name)}<small>{escape(sentence)}</small></th>{cells}</tr>'
