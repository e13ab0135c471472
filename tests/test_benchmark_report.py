"""`python -m benchmarks report` and `gate`, on results that were never measured."""

import csv
import dataclasses
import json
import random
import re
import statistics
from itertools import product

import pytest
from PIL import Image

from benchmarks.__main__ import main
from benchmarks.published import published
from benchmarks.rows import Results, Row
from benchmarks.run import PICTURES
from benchmarks.series import label, paces, seconds_at, table_of
from benchmarks.tables import number
from methods import ALL
from methods.cin import CIN
from methods.gatys import Gatys
from methods.johnson import Johnson

PHOTOS = "cat.jpg", "coffee.jpg", "rocket.jpg"
STYLES = "irises.jpg", "swirls.jpg", "waves.jpg", "udnie.jpg"
NEAREST = STYLES[:2]  # what Johnson does not know here
PAIR = PHOTOS[0], STYLES[0]
USUAL = {Johnson: 0.1, CIN: 0.2, Gatys: 30.0}  # seconds at 512 px
MACHINE, OTHER = {"device": "an abacus"}, {"device": "a slower abacus"}


def made_up():
    """A row for each of three methods on twelve pairs at two sizes, one of few steps, and one that failed."""
    dice = random.Random(0)
    rows = [made_up_row(dice, *which) for which in product((256, 512), PHOTOS, STYLES, USUAL)]
    slow = dataclasses.replace(
        rows[-1],
        settings=Gatys.Settings.make(preset="tensorflow", steps=10).as_dict(),
        course=[[2, 3.0, 0, 1], [6, 7.0, 0, 1], [10, 11.0, 0.1, 0.9]],
        content=PAIR[0],
        style=PAIR[1],
        steps=10,
        total=11.0,
    )
    failed = Row("cat.jpg", "lost.jpg", 256, "cin", CIN.title, {}, error="It | was <lost>.")
    return [*rows, slow, failed]


def made_up_row(dice, size, photo, style, method):
    """A row with numbers that differ from pair to pair."""
    seconds = USUAL[method] * size**2 / 512**2 * dice.uniform(0.9, 1.1)
    distances = [dice.uniform(0.6, 0.8), dice.uniform(0.1, 0.2)]
    warm = [seconds, seconds * 1.01, seconds * 0.98] if method is not Gatys else []
    return Row(
        photo,
        style,
        size,
        method.name,
        method.title,
        method.Settings.make().as_dict(),
        styles=None if method is Gatys else 8,
        nearest=method is Johnson and style in NEAREST,
        steps=52 if method is Gatys else 1,
        load=0.1,
        first=seconds,
        total=1.5 * seconds,  # the first run is slower
        warm=warm,
        warm_median=statistics.median(warm) if warm else None,
        warm_spread=0.01 if warm else None,
        peak_memory=100.0,
        content_distance=distances[0],
        style_distance=distances[1],
        ssim=dice.uniform(0.3, 0.6),
        colour_distance=dice.uniform(0.1, 0.2),
        untouched_style=dice.uniform(0.9, 1.1),
        untouched_colour=0.3,
        course=[[1, seconds / 52, 0.1, 0.9], [52, seconds, *distances]] if method is Gatys else [],
        device="an abacus",
        dtype="float32",
    )


def written(folder, rows, machine=MACHINE):
    """A folder with these results."""
    results = Results(folder)
    for row in rows:
        results.add(row)
    (folder / "machine.json").write_text(json.dumps(machine))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results with a report; of the pictures one is there."""
    out = written(tmp_path_factory.mktemp("results"), made_up())
    (out / PICTURES).mkdir()
    Image.new("RGB", (64, 48), "red").save(out / PICTURES / made_up()[-3].picture)
    assert main(["report", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def lines(folder):
    """The rows of results.csv as anybody reads them, without those that failed."""
    with (folder / "results.csv").open(newline="", encoding="utf-8") as file:
        return [line for line in csv.DictReader(file) if not line["error"]]


def table(folder, first_head, after):
    """A table of the report as dicts by its heads; the first with that head after some text."""
    text = (folder / "report.md").read_text(encoding="utf-8")
    text = text[text.index(after) :]
    found = text[text.index(f"| {first_head} |") :].split("\n\n")[0].splitlines()
    heads, _, *rows = ([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in found)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def numbers(lines, column, **wanted):
    """A column of the lines that have these values."""
    return [
        float(line[column]) for line in lines if all(line[name] == value for name, value in wanted.items())
    ]


def seconds(line):
    """A line's seconds."""
    return float(line["warm_median"] or line["total"])


def test_seconds_are_medians_of_the_csv(folder, lines):
    shown = {row["method"]: row for row in table(folder, "method", "## Speed")}
    for method in (Johnson, CIN):
        for size in ("256", "512"):
            median = statistics.median(numbers(lines, "warm_median", method=method.name, size=size))
            assert shown[method.title][f"{size} px"].split()[0] == number(median)
    assert shown["Johnson et al."]["styles"] == "8"
    assert shown["Gatys et al."]["styles"] == "any"


def test_ratios_are_taken_pair_by_pair(folder, lines):
    shown = {row["method"]: row for row in table(folder, "method", "How many times")}
    by_pair = {
        name: {(line["content"], line["style"]): seconds(line) for line in lines if line["method"] == name}
        for name in ("johnson", "cin")
    }  # the later of two sizes stays, 512, which has the most rows
    ratios = [by_pair["cin"][pair] / by_pair["johnson"][pair] for pair in by_pair["cin"]]
    assert shown[CIN.title]["times the seconds of Johnson et al."].split()[0] == number(
        statistics.geometric_mean(ratios)
    )


def test_distances_are_means_over_the_pairs_in_common(folder, lines):
    shown = {row["method"]: row for row in table(folder, "method", "At 512 px, on the 6 pairs")}
    common = [line for line in lines if line["size"] == "512" and line["style"] not in NEAREST]
    assert shown.keys() == {"Johnson et al.", CIN.title, "Gatys et al.", "the untouched photo"}
    for method in (Johnson, CIN):
        for name in ("content", "style"):
            found = numbers(common, f"{name}_distance", method=method.name)
            assert len(found) == 6
            value, low, high = re.findall(r"[\d.]+", shown[method.title][f"{name} distance"])
            assert value == number(statistics.mean(found))
            assert min(found) < float(low) < float(value) < float(high) < max(found)
    untouched = numbers(common, "untouched_style", method="cin")
    assert shown["the untouched photo"]["style distance"].split()[0] == number(statistics.mean(untouched))


def test_a_place_is_shared_where_intervals_overlap(folder):
    for row in table(folder, "method", "At 512 px, on the 6 pairs")[:-1]:
        assert row["place"] == "1–3"


def test_the_nearest_style_is_counted_apart(folder, lines):
    shown = {row["method"]: row for row in table(folder, "method", "At 256 px, each method")}
    assert shown["Johnson et al."]["pairs"] == "6"
    found = numbers(lines, "style_distance", method="johnson", size="256", nearest="true")
    assert len(found) == int(shown["Johnson et al. (nearest)"]["pairs"]) == 6
    assert shown["Johnson et al. (nearest)"]["style distance"].split()[0] == number(statistics.mean(found))


def test_steps_beyond_the_run_go_on_at_its_pace(folder, lines):
    rows = table(folder, "size, method", "100, 300 and 500 steps")
    one_pass = next(
        seconds(line)
        for line in lines
        if (line["method"], line["size"], line["content"], line["style"]) == ("johnson", "512", *PAIR)
    )
    shown = next(row for row in rows if row["size, method"] == "512 px, Johnson et al.")
    assert shown["100 steps, s"] == "≈ 101"  # 11 s for 10 steps, then 1 s each
    assert shown["500 steps, s"] == "≈ 501"
    assert shown["one pass, s"] == number(one_pass)
    assert shown["300 steps / one pass"] == number(301 / one_pass)


def test_published_numbers_stand_beside_ours(folder):
    shown = {row["what"]: row for row in table(folder, "what", "## Beside published")}
    assert shown["TensorFlow tutorial, 1,000 steps"]["ours, s"] == "≈ 1,001"
    assert shown["Dive into Deep Learning, 500 steps at 450 x 300 px"]["ours, s"] == "–"
    assert "hardware" in (folder / "report.md").read_text(encoding="utf-8")


def test_every_published_number_has_its_source():
    listed = published()
    assert {each.method for each in listed} <= {method.name for method in ALL} | {"adain"}
    assert all(each.source.startswith("https://") and each.hardware for each in listed)
    assert all(2015 <= each.year <= 2026 for each in listed)
    known = {(each.method, each.preset, each.size): each.seconds for each in listed}
    assert known["gatys", "hvass", 512] == 3 * 60 + 4
    assert known["adain", None, 256] == pytest.approx(1 / 56, rel=0.02)
    assert known["adain", None, 512] == pytest.approx(1 / 15, rel=0.03)


def test_training_is_weighed_against_what_a_picture_takes(folder):
    found = {row["method"]: row for row in table(folder, "method", "## Quality, speed, flexibility")}
    pays = next(name for name in found["Gatys et al."] if name.startswith("Cheaper than Gatys"))
    assert [found[each.title][pays] for each in (CIN, Gatys)] == ["1", "–"]
    assert found["Johnson et al."][pays] == "–"  # how large its pictures are is not in these rows
    assert found["Johnson et al."]["Styles of one training"] == "one"
    svg = (folder / "tradeoff.svg").read_text(encoding="utf-8")
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "Dumoulin et al. (CIN)" in svg


def test_what_failed_is_listed(folder):
    (row,) = table(folder, "method", "## What failed")
    assert row["error"] == "It \\| was <lost>."
    assert "It | was &lt;lost&gt;." in (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert "url(" not in html
    assert html.count("<img") == 5


def test_the_figures_are_sharp_enough_to_print(folder):
    text = (folder / "report.md").read_text(encoding="utf-8")
    figures = re.findall(r"!\[.+\]\((\S+)\)", text)
    assert figures == ["resolution.png", "losses.png", "trade.png", "tradeoff.svg", "sheet.jpg"]
    for name in figures[:3]:
        with Image.open(folder / name) as image:
            assert image.width == pytest.approx(1440, abs=2)  # 7.2 inches
            assert len(set(image.convert("L").resize((90, 50)).tobytes())) > 20


def test_labels_name_what_is_not_usual():
    def named(method, **values):
        return label(method.name, method.title, method.Settings.make(**values).as_dict())

    assert named(Gatys) == "Gatys et al."
    assert named(Gatys, preset="tensorflow", steps=20) == "Gatys et al., tensorflow, steps 20"
    assert named(Johnson, width="slim") == "Johnson et al., width slim"


def test_seconds_at_a_step_lie_between_those_of_its_neighbours():
    row = dataclasses.replace(made_up()[-2], course=[[2, 4.0, 0, 1], [10, 8.0, 0, 1]], steps=10)
    assert [seconds_at(row.course, row.settings, steps) for steps in (1, 2, 6, 10, 20)] == [2, 4, 6, 8, 13]
    pyramid = dataclasses.replace(row, settings=Gatys.Settings.make(preset="fast").as_dict())
    found = [seconds_at(pyramid.course, pyramid.settings, steps) for steps in (10, 20)]
    assert found == [8, None]
    (series,) = paces(table_of([row, dataclasses.replace(row, steps=5), pyramid])).values()
    assert list(series["picture"]) == [row.picture]
    assert list(series["steps"]) == [10]


def changed(rows, method, **factors):
    """The rows with some of a method's numbers multiplied."""
    return [
        dataclasses.replace(row, **{name: factor * getattr(row, name) for name, factor in factors.items()})
        if row.method == method and getattr(row, next(iter(factors))) is not None
        else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("change", "machine", "found"),
    [
        (lambda rows: rows, MACHINE, None),
        (lambda rows: changed(rows, "cin", style_distance=1.01), MACHINE, None),
        (lambda rows: changed(rows, "cin", style_distance=1.05), MACHINE, "style distance"),
        (lambda rows: changed(rows, "cin", style_distance=0.9, content_distance=0.9), MACHINE, None),
        (lambda rows: changed(rows, "gatys", content_distance=1.05), MACHINE, "content distance"),
        (lambda rows: changed(rows, "johnson", warm_median=1.05), MACHINE, None),
        (lambda rows: changed(rows, "johnson", warm_median=1.3), MACHINE, "seconds x 1.30"),
        (lambda rows: [dataclasses.replace(row, warm_median=None) for row in rows], MACHINE, None),
        (lambda rows: every(rows, 3), MACHINE, "seconds x 3.00"),
        (lambda rows: every(rows, 3), OTHER, None),
        (lambda rows: changed(every(rows, 3), "cin", warm_median=1.5), OTHER, "seconds x 1.50"),
        (lambda rows: [dataclasses.replace(rows[0], error="No beads."), *rows[1:]], MACHINE, "No beads."),
    ],
)
def test_the_gate_opens_unless_something_is_worse(tmp_path, capsys, change, machine, found):
    (tmp_path / "now").mkdir()
    baseline = written(tmp_path, made_up()) / "results.csv"
    now = written(tmp_path / "now", change(made_up()), machine)
    assert main(["gate", str(now), "--baseline", str(baseline)]) == (1 if found else 0)
    said = capsys.readouterr().out
    assert (found or "Nothing is worse beyond noise.") in said


def every(rows, factor):
    """All rows that many times slower."""
    for method in ("johnson", "cin"):
        rows = changed(rows, method, warm_median=factor)
    return changed(rows, "gatys", total=factor)


def test_a_gate_needs_something_to_compare(tmp_path, capsys):
    (tmp_path / "now").mkdir()
    baseline = written(tmp_path, made_up()[:1]) / "results.csv"
    now = written(tmp_path / "now", made_up()[1:2])
    assert main(["gate", str(now), "--baseline", str(baseline)]) == 2
    assert "no measurement in common" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["report"], ["gate", "--baseline", "nowhere.csv"]])
def test_a_folder_without_results_is_a_sentence(tmp_path, capsys, command):
    assert main([command[0], str(tmp_path), *command[1:]]) == 2
    assert "`python -m benchmarks run` writes it" in capsys.readouterr().err


def test_another_table_is_refused(tmp_path, capsys):
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    assert main(["report", str(tmp_path)]) == 2
    assert "is not a results.csv" in capsys.readouterr().err
