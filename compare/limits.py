"""Every limit of a comparison, once: sizes, repeats, files, and how many runs may wait.

What a single picture file may be is checked while it is decoded, in core/images.py.
"""

from __future__ import annotations

from typing import Any

SIDE = (64, 8192)  # px, long side of the content
PAGE_SIDE = (64, 1024)  # px, the same in the page and its API
SWEEP_SIDES = (256, 384, 512, 768, 1024, 1536, 2048)  # px, that a sweep of the page offers
# Long side of the style picture in px: no method works on a larger one, and 100 megapixels would be a tensor
# of 1.2 GB.
STYLE_SIDE = 4096
REPEATS = 20  # at most, of each method after its first run
UPLOAD = "200mb"  # JPEGs of 100 megapixels, the most that core.images takes, stay far below
WAITING = 32  # runs in line at most
KEPT = 16  # finished comparisons whose pictures stay in memory


def checked_size(size: Any, sides: tuple[int, int] = SIDE) -> int:
    """The working size; ValueError where it is out of range."""
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not sides[0] <= size <= sides[1]:
        raise ValueError(f"size is {size!r}; it must be from {sides[0]} to {sides[1]} pixels.")
    return int(size)


def checked_repeats(repeats: Any) -> int:
    """How often each method runs again; ValueError where it is out of range."""
    if isinstance(repeats, bool) or not isinstance(repeats, int) or not 0 <= repeats <= REPEATS:
        raise ValueError(f"repeats is {repeats!r}; it must be a whole number from 0 to {REPEATS}.")
    return repeats


def checked_sweep(sizes: Any) -> tuple[int, ...]:
    """The sizes of a sweep, small ones first; ValueError where there is none or one is not offered."""
    if not isinstance(sizes, (list, tuple)) or not sizes or not set(sizes) <= set(SWEEP_SIDES):
        offered = ", ".join(map(str, SWEEP_SIDES))
        raise ValueError(f"The sweep's sizes are {sizes!r}; choose at least one of {offered}.")
    return tuple(sorted(set(sizes)))
