"""Tiles as a comparison leaves them, for tests of what is drawn of their numbers."""

from collections.abc import Sequence

from compare.schema import Moment, Seconds, Tile
from core.yardstick import Distances
from fake_methods import FakeSettings


def tile(
    name: str,
    seconds: float,
    style: float,
    history: Sequence[tuple[float, float]] = (),
    content: float = 0.7,
    warm: tuple[float, ...] = (),
) -> Tile:
    """A measured tile; `history` are (seconds, style distance)."""
    return Tile(
        name,
        name.title(),
        FakeSettings(),
        state="done",
        seconds=Seconds(1.5, seconds, seconds, warm),
        peak_memory=200_000_000,
        distances=Distances(content, style),
        baseline=Distances(0.0, 0.9),
        distance_history=tuple(Moment(moment, 1, Distances(0.4, each)) for moment, each in history),
    )


QUICK, NEAR = tile("quick", 0.1, 0.2), tile("near", 0.4, 0.05)
SLOW = tile("slow", 40.0, 0.1, [(2.0, 0.8), (10.0, 0.4), (20.0, 0.1), (40.0, 0.1)])
