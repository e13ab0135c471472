"""A drawing of how each method works, as SVG: pictures, networks and what is compared, joined by arrows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ui.language import ENGLISH, Language

Kind = Literal["photo", "painting", "picture", "network", "features", "numbers", "difference"]

COLUMN, ROW, MARGIN = 148, 104, 58  # px between middles, and around them
WIDTH, HEIGHT = 4 * COLUMN + 2 * MARGIN, 2 * ROW + 2 * MARGIN + 16
APART, RADIUS = 40, 34  # px that arrows keep from a middle, and from its edge above
NAME, LINE = 26, 14  # px from a middle to above its name, and of a line of it
BELOW = HEIGHT - 10  # px, where arrows that go back run


@dataclass(frozen=True)
class Node:
    """One thing, its column from 0 to 4, its row from 0 to 2, and the key of what it is called."""

    kind: Kind
    column: float
    row: float
    key: str

    @property
    def middle(self) -> tuple[float, float]:
        """In px."""
        return MARGIN + COLUMN * self.column, MARGIN - 12 + ROW * self.row


@dataclass(frozen=True)
class Figure:
    """Things, arrows between them by their places in the list, and one that goes back beneath them all."""

    nodes: Sequence[Node]
    arrows: Sequence[tuple[int, int]]
    back: tuple[int, int] | None = None


PHOTO, PAINTING = Node("photo", 0, 0, "photo"), Node("painting", 0, 1, "painting")
OPTIMISED = (
    PHOTO,
    PAINTING,
    Node("picture", 0, 2, "picture"),
    Node("network", 1.3, 1, "vgg"),
    Node("features", 2.6, 0.35, "features"),
)
TO_NETWORK = ((0, 3), (1, 3), (2, 3), (3, 4), (3, 5), (4, 6), (5, 6))
DIFFERENCE = Node("difference", 3.9, 1, "difference")


def optimised(key: str) -> Figure:
    """The pixels are changed until the features, and what is taken of the painting's, agree."""
    return Figure((*OPTIMISED, Node("numbers", 2.6, 1.65, key), DIFFERENCE), TO_NETWORK, back=(6, 2))


def moved(key: str) -> Figure:
    """The photo's features get the painting's statistics and are turned back into a picture."""
    nodes = (
        Node("photo", 0, 0.4, "photo"),
        Node("painting", 0, 1.6, "painting"),
        Node("network", 1, 1, "vgg"),
        Node("features", 2, 0.4, "features"),
        Node("numbers", 2, 1.6, key),
        Node("network", 3, 1, "decoder"),
        Node("picture", 4, 1, "picture"),
    )
    return Figure(nodes, ((0, 2), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5), (5, 6)))


def predicted(reader: str, key: str) -> Figure:
    """A network reads numbers off the painting, by which another paints."""
    nodes = (
        Node("painting", 0, 1.6, "painting"),
        Node("network", 1.1, 1.6, reader),
        Node("numbers", 2.2, 1.6, key),
        Node("photo", 0, 0.4, "photo"),
        Node("network", 2.2, 0.4, "painter"),
        Node("picture", 3.7, 0.4, "picture"),
    )
    return Figure(nodes, ((0, 1), (1, 2), (2, 4), (3, 4), (4, 5)))


FIGURES = {
    "johnson": Figure(
        (
            Node("photo", 0, 0.3, "photo"),
            Node("network", 1.6, 0.3, "one_network"),
            Node("picture", 3.2, 0.3, "picture"),
            Node("painting", 0, 1.6, "painting"),
            Node("difference", 1.6, 1.6, "training"),
            Node("photo", 3.2, 1.6, "many_photos"),
        ),
        ((0, 1), (1, 2), (3, 4), (5, 4), (4, 1)),
    ),
    "cin": predicted("predictor", "two_numbers"),
    "adain": moved("mean_spread"),
    "wct": moved("covariance"),
    "magenta": predicted("reader", "vector"),
    "gatys": optimised("gram"),
    "wasserstein": optimised("gaussians"),
    "nnst": optimised("nearest"),
}
"""By the methods' names."""

SHAPES: dict[Kind, str] = {
    "photo": '<rect x="-30" y="-24" width="60" height="48"/><path d="M-30 14l18-20 14 14 10-9 18 17"/>'
    '<circle cx="14" cy="-11" r="5"/>',
    "painting": '<rect x="-30" y="-24" width="60" height="48"/><path class="stroke" d="M-22-10q10-10 '
    '22 0t22 0M-22 3q10-10 22 0t22 0M-22 16q10-10 22 0t22 0"/>',
    "picture": '<rect x="-30" y="-24" width="60" height="48"/><path class="stroke" d="M-28 12q7-22 '
    '18-14t12 10q6-12 13-4t13 10M4-11q5-9 12-3t-3 8-9-5"/>',
    "network": '<path class="full" d="M-32-26l64 10v32l-64 10z"/><path d="M-11-16v32M11-12v24"/>',
    "features": '<rect class="full" x="-26" y="-10" width="34" height="34"/>'
    '<rect class="full" x="-18" y="-17" width="34" height="34"/>'
    '<rect class="full" x="-10" y="-24" width="34" height="34"/>',
    "numbers": '<path class="bars" d="M-24 22v-18M-12 22v-38M0 22v-26M12 22v-42M24 22v-12"/>'
    '<path d="M-30 24h60"/>',
    "difference": '<circle r="24"/><path d="M-11-6h22M-11 6h22M7-14l-14 28"/>',
}


def figure_svg(name: str, say: Language = ENGLISH) -> str:
    """The drawing of a method; empty where it has none."""
    figure = FIGURES.get(name)
    if figure is None:
        return ""
    arrows = "".join(arrow(figure.nodes[start], figure.nodes[end], say) for start, end in figure.arrows)
    if figure.back:
        start, end = (figure.nodes[place] for place in figure.back)
        arrows += back(start, end, say("figure.back"))
    nodes = "".join(drawn(node, say) for node in figure.nodes)
    size, spoken = f"0 0 {WIDTH} {height(figure):.0f}", say(f"how.{name}.figure")
    marker = (
        f'<marker id="tip-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path d="M0 0l8 4-8 4z"/></marker>'
    )
    return (
        f'<svg class="how-figure" viewBox="{size}" role="img" aria-label="{spoken}" '
        f'style="--tip:url(#tip-{name})"><defs>{marker}</defs>{arrows}{nodes}</svg>'
    )


def height(figure: Figure) -> float:
    """Of the drawing, in px."""
    lowest = max(node.middle[1] for node in figure.nodes)
    return HEIGHT if figure.back else lowest + NAME + 3 * LINE


def drawn(node: Node, say: Language) -> str:
    """A thing and its name beneath it."""
    x, y = node.middle
    lines = say(f"figure.{node.key}").split("\n")
    words = "".join(
        f'<text y="{NAME + LINE * (1 + place)}">{line}</text>' for place, line in enumerate(lines)
    )
    return f'<g class="{node.kind}" transform="translate({x:.0f} {y:.0f})">{SHAPES[node.kind]}{words}</g>'


def arrow(start: Node, end: Node, say: Language) -> str:
    """From one thing to another."""
    (x1, y1), (x2, y2) = start.middle, end.middle
    length = math.dist((x1, y1), (x2, y2))
    dx, dy = APART * (x2 - x1) / length, APART * (y2 - y1) / length
    if x1 == x2:  # upwards, to beneath the name
        lines = len(say(f"figure.{end.key}").split("\n"))
        return f'<path class="arrow" d="M{x1:.0f} {y1 - RADIUS:.0f}V{y2 + NAME + LINE * lines + 8:.0f}"/>'
    return f'<path class="arrow" d="M{x1 + dx:.0f} {y1 + dy:.0f}L{x2 - dx:.0f} {y2 - dy:.0f}"/>'


def back(start: Node, end: Node, words: str) -> str:
    """From a thing round beneath all others to an earlier one, and what happens there."""
    (x1, y1), (x2, y2) = start.middle, end.middle
    return (
        f'<path class="arrow" d="M{x1:.0f} {y1 + 60:.0f}V{BELOW}H{x2:.0f}V{y2 + 46:.0f}"/>'
        f'<text class="back" x="{(x1 + x2) / 2:.0f}" y="{BELOW - 6}">{words}</text>'
    )
