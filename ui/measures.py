"""All measures of a finished tile, to be unfolded: a number each, the two landmarks, and what it says."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import get_args

from compare.schema import Tile
from core.measures import MEASURES, Measure, Question
from core.yardstick import CONTENT_LAYER
from ui.language import ENGLISH, Language

QUESTIONS: tuple[Question, ...] = get_args(Question)


def measures_html(tile: Tile, say: Language = ENGLISH) -> str:
    """A table that is folded; its line alone, blank, before the tile is measured."""
    if not (tile.measures and tile.landmarks and tile.distances and tile.baseline):
        return '<p class="all-measures blank"></p>'
    values = {**asdict(tile.distances), **asdict(tile.measures)}
    photo = {**asdict(tile.baseline), **asdict(tile.landmarks.photo)}
    painting = {"style": 0.0, **asdict(tile.landmarks.painting)}
    known = (values, photo, painting)
    heads = say("measures.measure"), say("measures.here"), say("photo"), say("painting")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    bodies = ""
    for question in QUESTIONS:
        asked = say(f"measures.ask.{question}")
        bodies += f'<tbody><tr class="question"><th colspan="4" scope="rowgroup">{asked}</th></tr>'
        for each in MEASURES:
            if each.question == question:
                words = (
                    say(f"measures.{each.key}.title", **about(each)),
                    say(f"measures.{each.key}", **about(each)),
                )
                bodies += row(*words, *(one.get(each.key) for one in known))
        bodies += "</tbody>"
    label = say("measures.all_of", title=tile.title)
    return (
        f'<details class="all-measures"><summary aria-label="{escape(label)}">'
        f"{say('measures.all')}</summary><table><thead><tr>{head}</tr></thead>{bodies}</table></details>"
    )


def about(measure: Measure) -> dict[str, str]:
    """What a measure's texts may name: the yardstick's layer, and the period of a mesh in px."""
    return {"layer": CONTENT_LAYER, "period": measure.key.rpartition("_")[2]}


def row(title: str, sentence: str, *values: float | None) -> str:
    """A measure's numbers: here, of the untouched photo, and of the painting."""
    cells = "".join(f"<td>{'–' if value is None else format(value, '.3f')}</td>" for value in values)
    return f'<tr><th scope="row">{escape(title)}<small>{escape(sentence)}</small></th>{cells}</tr>'
