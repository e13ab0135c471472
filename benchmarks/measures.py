"""What all measures of a picture cost beside the yardstick alone, the two taking turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from core.device import pick_device, synchronize, use_cores
from core.images import open_picture, resize, to_tensor
from core.measures import Measurer
from core.plates import plate
from core.yardstick import Yardstick
from methods.fitting import EXAMPLES

PHOTO, STYLE = "cat", "starry-night"


@dataclass(frozen=True)
class Cost:
    """Medians of one picture's seconds: that passed, and of the processor, which other work on the machine
    changes less."""

    seconds: float
    processor: float


def costs(size: int, rounds: int, device_name: str) -> tuple[Cost, Cost]:
    """Of the yardstick, and of all measures, which include it, on a picture with a long side of `size` px."""
    use_cores()
    device = pick_device(device_name)
    content = to_tensor(resize(open_picture(EXAMPLES / f"{PHOTO}.jpg"), size).rgb).to(device)
    style = to_tensor(open_picture(plate(STYLE).path).rgb).to(device)
    yardstick = Yardstick(content, style)
    measurer = Measurer(content, style, yardstick)
    picture = content.roll(size // 3, -1)
    works: tuple[Callable[[], object], ...] = (
        lambda: yardstick.measure(picture),
        lambda: measurer.measure(picture),
    )
    found: tuple[list[tuple[float, float]], ...] = ([], [])
    for _ in range(1 + rounds):
        for work, each in zip(works, found, strict=True):
            synchronize(device)
            began = time.perf_counter(), time.process_time()
            work()
            synchronize(device)
            each.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    one, all_of_them = (Cost(*map(median, zip(*each[1:], strict=True))) for each in found)
    return one, all_of_them


def table(size: int, rounds: int, device_name: str) -> str:
    """The same in words."""
    one, all_of_them = costs(size, rounds, device_name)
    return (
        f"One picture of {size} px, medians of {rounds} rounds; seconds, and of the processor:\n"
        f"the yardstick   {one.seconds:.3f}  {one.processor:.3f}\n"
        f"all measures    {all_of_them.seconds:.3f}  {all_of_them.processor:.3f}\n"
        f"ratio           {all_of_them.seconds / one.seconds:.2f}   "
        f"{all_of_them.processor / one.processor:.2f}"
    )
