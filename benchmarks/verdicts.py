"""Verdicts of a benchmark on a running page."""

from __future__ import annotations

from collections.abc import Sequence


def told(verdicts: Sequence[tuple[str, bool]]) -> int:
    """Print each, and whether it is as it should be; 1 where one is not, else 0."""
    for text, fine in verdicts:
        print(f"{'pass' if fine else 'FAIL'}: {text}")
    return 0 if all(fine for _, fine in verdicts) else 1
