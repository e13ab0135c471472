"""The report's tables, computed from series."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.document import Table
from benchmarks.estimates import Estimate, mean, median, ranks, ratio
from benchmarks.published import Published
from benchmarks.rows import Cell, Row
from benchmarks.series import Series, seconds_at

NOTHING = "–"
STEPS = (100, 300, 500)  # of Gatys, in the Johnson paper's Table 1
QUALITIES: dict[str, Callable[[Row], float | None]] = {
    "content distance": lambda row: row.content_distance,
    "style distance": lambda row: row.style_distance,
    "SSIM": lambda row: row.ssim,
    "colour distance": lambda row: row.colour_distance,
}
UNTOUCHED: dict[str, Callable[[Row], float | None]] = {
    "content distance": lambda row: 0.0,
    "style distance": lambda row: row.untouched_style,
    "SSIM": lambda row: 1.0,
    "colour distance": lambda row: row.untouched_colour,
}


def number(value: float | None) -> str:
    """Three significant digits."""
    return NOTHING if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def with_interval(estimate: Estimate | None) -> str:
    """A value and its interval."""
    if estimate is None:
        return NOTHING
    low, value, high = (number(each) for each in (estimate.low, estimate.value, estimate.high))
    return value if low == high else f"{value} ({low} to {high})"


def speed(some: Sequence[Series]) -> Table:
    """Seconds of each method at each size, as in the AdaIN paper's Table 1; medians and quartiles."""
    sizes = sorted({size for each in some for size in each.sizes})
    rows = []
    for each in some:
        found = [list(each.seconds(size).values()) for size in sizes]
        knows = each.rows[0].styles
        rows.append(
            [
                each.label,
                *(with_interval(median(seconds)) if seconds else NOTHING for seconds in found),
                "any" if knows is None else str(knows),
            ]
        )
    return Table(["method", *(f"{size} px" for size in sizes), "styles"], rows)


def costs(some: Sequence[Series], size: int) -> Table:
    """What a run costs at a size: loading, the first run, warm runs, memory."""
    rows = []
    for each in (each for each in some if each.at(size)):
        load, total, warm, spread = (
            median(values.values()).value if (values := each.values(size, number_of)) else None
            for number_of in (
                lambda row: row.load,
                lambda row: row.total,
                lambda row: row.warm_median,
                lambda row: row.warm_spread,
            )
        )
        memory = each.values(size, lambda row: row.peak_memory)
        peak = max(memory.values()) if memory else None
        row = each.at(size)[0]
        rows.append([each.label, *map(number, (load, total, warm, spread, peak)), row.dtype, row.device])
    heads = ["method", "load, s", "first run, s", "warm, s", "warm spread, s", "peak memory, MB", "in", "on"]
    return Table(heads, rows)


def notes(some: Sequence[Series], size: int) -> list[str]:
    """What a method says of every one of its runs at a size, a sentence each."""
    found = [(each.label, {row.note for row in each.at(size)}) for each in some]
    return [f"{label}: {note}" for label, said in found if len(said) == 1 for note in said if note]


def quality(some: Sequence[Series], size: int, cells: set[Cell] | None) -> Table:
    """Distances of each method at a size, and of the untouched photos; means with bootstrap intervals.

    Args:
        cells: only these pairs, and then each method's place too; None: each method's own pairs.
    """
    some = [each for each in some if each.at(size)]
    found: dict[str, dict[str, Estimate]] = {name: {} for name in QUALITIES}
    for name, value in QUALITIES.items():
        for each in some:
            values = within(each.values(size, value), cells)
            if values:
                found[name][each.label] = mean(values)
    places = {name: ranks(found[name]) for name in ("content distance", "style distance")}
    heads, rows = ["method", "pairs"], []
    for name in QUALITIES:
        heads += [name, *(["place"] if cells and name in places else [])]
    for each in some:
        pairs = found["style distance"].get(each.label)
        line = [each.label, str(pairs.count if pairs else 0)]
        for name in QUALITIES:
            line.append(with_interval(found[name].get(each.label)))
            line += [places[name].get(each.label, NOTHING)] if cells and name in places else []
        rows.append(line)
    return Table(heads, [*rows, untouched(some, size, cells)] if rows else [])


def untouched(some: Sequence[Series], size: int, cells: set[Cell] | None) -> list[str]:
    """The row of the photos themselves, over the pairs of the series with the most."""
    largest = max(some, key=lambda each: len(each.at(size)))
    line = ["the untouched photo", str(len(within(largest.values(size, UNTOUCHED["SSIM"]), cells)))]
    for name, value in UNTOUCHED.items():
        values = within(largest.values(size, value), cells)
        line.append(with_interval(mean(values)) if values else NOTHING)
        line += [NOTHING] if cells and name in ("content distance", "style distance") else []
    return line


def within(values: dict[Cell, float], cells: set[Cell] | None) -> dict[Cell, float]:
    """The values of some pairs."""
    return {cell: each for cell, each in values.items() if cells is None or cell in cells}


def paired(some: Sequence[Series], size: int) -> Table:
    """How many times the quickest method's seconds each other takes on the same pairs."""
    there = [each for each in some if each.seconds(size)]
    quickest = min(there, key=lambda each: median(each.seconds(size).values()).value)
    rows = []
    for each in there:
        found = ratio(each.seconds(size), quickest.seconds(size))
        rows.append([each.label, str(found.count if found else 0), with_interval(found)])
    return Table(["method", "pairs", f"times the seconds of {quickest.label}"], rows)


def speed_up(gatys: Series, quick: Sequence[Series]) -> Table:
    """Seconds of Gatys after 100, 300 and 500 steps beside one pass, as in the Johnson paper's Table 1."""
    rows = []
    for size in gatys.sizes:
        slow = [seconds_after(gatys, size, steps) for steps in STEPS]
        for each in (each for each in quick if each.seconds(size)):
            passes = each.seconds(size)
            cells = set(passes) & {row.cell for row in gatys.at(size)}
            one = median((within(passes, cells) or passes).values()).value
            ratios = [None if seconds is None else seconds / one for seconds, _ in slow]
            rows.append(
                [
                    f"{size} px, {each.label}",
                    *(about(*seconds) for seconds in slow),
                    number(one),
                    *map(number, ratios),
                ]
            )
    heads = [*(f"{steps} steps, s" for steps in STEPS), "one pass, s"]
    return Table(["size, method", *heads, *(f"{steps} steps / one pass" for steps in STEPS)], rows)


def seconds_after(series: Series, size: int, steps: int) -> tuple[float | None, bool]:
    """The median of seconds after so many steps, and whether the runs were shorter than that."""
    found = [(seconds_at(row, steps), row.steps or 0) for row in series.at(size)]
    known = [(seconds, taken) for seconds, taken in found if seconds is not None]
    if not known:
        return None, False
    return median(seconds for seconds, _ in known).value, any(taken < steps for _, taken in known)


def about(seconds: float | None, extrapolated: bool) -> str:
    """Seconds, marked where they were extrapolated."""
    return ("≈ " if extrapolated else "") + number(seconds)


def beside_published(listed: Sequence[Published], some: Sequence[Series]) -> Table:
    """What others published, and ours of the same kind where it was measured."""
    rows = []
    for each in listed:
        ours = NOTHING
        for series in some:
            fits = series.method == each.method and series.settings.get("preset") == each.preset
            if not fits or not series.at(each.size) or ours != NOTHING:
                continue
            if each.steps:
                ours = about(*seconds_after(series, each.size, each.steps))
            elif series.seconds(each.size):
                ours = number(median(series.seconds(each.size).values()).value)
        published = f"{each.hardware}, {each.year}"
        rows.append([each.what, str(each.size), each.as_published, ours, published, each.source])
    heads = ["what", "size, px", "published", "ours, s", "published on, in", "source"]
    return Table(heads, rows, numbers=False)


def failures(rows: Sequence[Row]) -> Table:
    """The runs that failed."""
    return Table(
        ["method", "photo", "style", "size, px", "error"],
        [[row.title, row.content, row.style, str(row.size), row.error] for row in rows if row.error],
        numbers=False,
    )
