"""The report's tables: pandas tables of text, computed from those of measurements."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.published import Published
from benchmarks.rows import PERIODS
from benchmarks.series import at, seconds_at, series
from benchmarks.statistics import Estimate, mean, median, ranks, ratio

NOTHING = "–"
PHOTO = "the untouched photo"
STEPS = (100, 300, 500)  # of Gatys, in the Johnson paper's Table 1
QUALITIES = {
    "content distance": "content_distance",
    "style distance": "style_distance",
    "SSIM": "ssim",
    "colour distance": "colour_distance",
}
RANKED = ("content distance", "style distance")


def number(value: float | None) -> str:
    """Three significant digits."""
    if value is None or pd.isna(value):
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def with_interval(estimate: Estimate | None) -> str:
    """A value and its interval."""
    if estimate is None:
        return NOTHING
    low, value, high = (number(each) for each in (estimate.low, estimate.value, estimate.high))
    return value if low == high else f"{value} ({low} to {high})"


def speed(table: pd.DataFrame) -> pd.DataFrame:
    """Seconds of each method at each size, as in the AdaIN paper's Table 1; medians and quartiles."""
    shown = table.groupby(["label", "size"], observed=True)["seconds"].agg(
        lambda each: with_interval(median(each))
    )
    shown = shown.unstack().fillna(NOTHING).rename(columns="{} px".format)
    known = table.groupby("label", observed=True)["styles"].first()
    shown["styles"] = ["any" if pd.isna(each) else f"{each:.0f}" for each in known]
    return shown.rename_axis("method").reset_index()


def costs(table: pd.DataFrame) -> pd.DataFrame:
    """What a run costs at one size: loading, the first run, warm runs, memory."""
    groups = table.groupby("label", observed=True)
    shown = groups[["load", "total", "warm_median", "warm_spread"]].median()
    shown = shown.join(groups["peak_memory"].max()).map(number).join(groups[["dtype", "device"]].first())
    shown = shown.rename_axis("method").reset_index()
    heads = ["method", "load, s", "first run, s", "warm, s", "warm spread, s", "peak memory, MB", "in", "on"]
    return shown.set_axis(heads, axis=1)


def notes(table: pd.DataFrame) -> list[str]:
    """What a method notes on every one of its runs at one size, a sentence each."""
    found = [(label, set(each["note"])) for label, each in series(table).items()]
    return [f"{label}: {note}" for label, every in found if len(every) == 1 for note in every if note]


def quality(table: pd.DataFrame, pairs: pd.Index | None = None) -> pd.DataFrame:
    """Distances of each method at one size, and of the photos themselves; means with bootstrap intervals.

    Args:
        pairs: only these, and then each method's place too; None: each method's own.
    """
    most = max(series(table).values(), key=len)
    photo = most.assign(
        label=PHOTO,
        content_distance=0.0,
        style_distance=most["untouched_style"],
        ssim=1.0,
        colour_distance=most["untouched_colour"],
    )
    groups = {**series(table), PHOTO: photo}
    if pairs is not None:
        groups = {label: each[each.index.isin(pairs)] for label, each in groups.items()}
    columns = {"method": list(groups), "pairs": [str(len(each)) for each in groups.values()]}
    for name, column in QUALITIES.items():
        found = {label: mean(each[column]) for label, each in groups.items()}
        columns[name] = [with_interval(each) for each in found.values()]
        if pairs is not None and name in RANKED:
            del found[PHOTO]
            columns[f"{name}, place"] = [*ranks(found).values(), NOTHING]
    return pd.DataFrame(columns).rename(columns=lambda name: name.split(", ")[-1])


def paired(table: pd.DataFrame) -> pd.DataFrame:
    """How many times the quickest method's seconds each other takes on the same pairs, at one size."""
    seconds = {label: each["seconds"] for label, each in series(table).items()}
    quickest = min(seconds, key=lambda label: seconds[label].median())
    found = {label: ratio(each, seconds[quickest]) for label, each in seconds.items()}
    lines = [[label, str(each.count if each else 0), with_interval(each)] for label, each in found.items()]
    return pd.DataFrame(lines, columns=["method", "pairs", f"times the seconds of {quickest}"])


def speed_up(slow: pd.DataFrame, quick: pd.DataFrame) -> pd.DataFrame:
    """Seconds of Gatys after 100, 300 and 500 steps beside one pass, as in the Johnson paper's Table 1."""
    lines = []
    for size, some in slow.groupby("size"):
        after = [seconds_after(some, steps) for steps in STEPS]
        for label, each in series(at(quick, size)).items():
            shared = each[each.index.isin(some.index)]
            one = (each if shared.empty else shared)["seconds"].median()
            ratios = [number(None if seconds is None else seconds / one) for seconds, _ in after]
            texts = [about(*each) for each in after]
            lines.append([f"{size} px, {label}", *texts, number(one), *ratios])
    heads = [*(f"{steps} steps, s" for steps in STEPS), "one pass, s"]
    heads += [f"{steps} steps / one pass" for steps in STEPS]
    return pd.DataFrame(lines, columns=["size, method", *heads])


def seconds_after(table: pd.DataFrame, steps: int) -> tuple[float | None, bool]:
    """The median of seconds after so many steps, and whether some runs were shorter than that."""
    found = [(seconds_at(row.course, row.settings, steps), row.steps) for row in table.itertuples()]
    known = [(seconds, taken) for seconds, taken in found if seconds is not None]
    if not known:
        return None, False
    return median(seconds for seconds, _ in known).value, any(taken < steps for _, taken in known)


def about(seconds: float | None, extrapolated: bool) -> str:
    """Seconds, marked where they were extrapolated."""
    return ("≈ " if extrapolated else "") + number(seconds)


def beside_published(listed: Sequence[Published], table: pd.DataFrame) -> pd.DataFrame:
    """What others published, and ours of the same kind where it was measured."""
    presets = table["settings"].map(lambda settings: settings.get("preset"))
    lines = []
    for each in listed:
        same = (table["method"] == each.method) & (table["size"] == each.size)
        ours = table[same & (presets.isna() if each.preset is None else presets == each.preset)]
        text = NOTHING
        for some in series(ours).values():
            seconds = seconds_after(some, each.steps) if each.steps else (some["seconds"].median(), False)
            text = about(*seconds) if text == NOTHING else text
        hardware = f"{each.hardware}, {each.year}"
        lines.append([each.what, str(each.size), each.as_published, text, hardware, each.source])
    heads = ["what", "size, px", "published", "ours, s", "published on, in", "source"]
    return pd.DataFrame(lines, columns=heads)


def repetition(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Photos, styles and results by `periodicity` or `lattice`: means, and the highest mean of one style."""
    table = table[table[measure].map(bool)]
    kinds = [("the photos", table, f"photo_{measure}"), ("the style pictures", table, f"style_{measure}")]
    kinds += [(label, each, measure) for label, each in series(table).items()]
    lines = []
    for name, some, column in kinds:
        found = pd.DataFrame(some[column].tolist(), some.index)
        means, most = found.mean(), found.groupby("style").mean().max()
        lines.append([name, *(f"{means[place]:.3f} ({most[place]:.3f})" for place in found)])
    return pd.DataFrame(lines, columns=["pictures", *(f"every {period} px" for period in PERIODS)])


def distances(table: pd.DataFrame) -> pd.DataFrame:
    """The mean distances of each method at each size."""
    lines = []
    for (label, size), some in table.groupby(["label", "size"], observed=True):
        content, style = (with_interval(mean(some[f"{name}_distance"])) for name in ("content", "style"))
        lines.append([label, content, style, str(size), str(len(some))])
    return pd.DataFrame(lines, columns=["method", "content", "style", "at, px", "pictures"])


def by_style(table: pd.DataFrame) -> pd.DataFrame:
    """Mean content and style distance of each method and style picture, of one size."""
    groups = table.groupby(["style", "label"], observed=True)[["content_distance", "style_distance"]]
    shown = groups.mean().map(number).agg(" / ".join, axis=1).unstack().fillna(NOTHING)
    shown.index = shown.index.str.rsplit(".", n=1).str[0]
    return shown.rename_axis("content / style").reset_index()
