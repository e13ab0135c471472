"""`python -m benchmarks.pairs`: rows, resuming, the sheet, what it says of wrong arguments."""

from pathlib import Path

import pytest
import torch
from PIL import Image

import benchmarks.pairs
import core.yardstick
from benchmarks.pairs import CELL, SHEET, Variant, main
from benchmarks.rows import read
from core.sheet import GAP
from fake_methods import Failing, Quick, Stepped

VARIANTS = (
    Variant("quick", Quick, {}),
    Variant("two", Stepped, {"steps": 2}),
    Variant("three", Stepped, {"steps": 3}),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos, one style picture and the two pairs of them; methods that need no weights."""
    monkeypatch.setattr(benchmarks.pairs, "VARIANTS", VARIANTS)
    monkeypatch.setattr(core.yardstick, "SHORT_SIDE", 48)
    random = torch.Generator().manual_seed(0)
    for name in ("one.png", "two.png", "painting.png"):
        pixels = (torch.rand(48, 64, 3, generator=random) * 255).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "pairs.txt").write_text("one.png painting.png\ntwo.png painting.png\n")
    return tmp_path


def run(folder: Path, *more: str) -> int:
    where = ("--content", str(folder), "--style", str(folder), "--out", str(folder / "out"))
    return main(["--pairs", str(folder / "pairs.txt"), *where, "--size", "64", "--device", "cpu", *more])


def test_every_variant_has_a_row_for_each_pair_and_a_place_in_the_sheet(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == 0
    rows = read(folder / "out" / "results.csv")
    assert [(row.method, row.steps) for row in rows] == [("quick", 1)] * 2 + [("stepped", 2)] * 2 + [
        ("stepped", 3)
    ] * 2
    sheet = Image.open(folder / "out" / SHEET)
    assert sheet.size == (5 * (CELL + GAP) - GAP, 2 * (CELL + GAP) - GAP)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["quick (2 pairs)", "two (2 pairs)", "three (2 pairs)"]
    assert f"style {sum(row.style_distance or 0 for row in rows[:2]) / 2:.3f} (worst" in lines[0]


def test_what_is_measured_is_not_measured_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(folder, "--variants", "quick") == 0
    before = (folder / "out" / "results.csv").read_text()

    def never(*_: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr(Quick, "stylize", never)
    assert run(folder, "--variants", "quick") == 0
    assert (folder / "out" / "results.csv").read_text() == before


def test_a_variant_that_fails_is_white_in_the_sheet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.pairs, "VARIANTS", (Variant("failing", Failing, {}),))
    assert run(folder) == 0
    sheet = Image.open(folder / "out" / SHEET)
    assert min(sheet.getpixel((2 * (CELL + GAP) + CELL // 2, CELL // 2))) > 250


@pytest.mark.parametrize(
    ("pairs", "more", "message"),
    [
        ("one.png", (), "must name a photo and a style picture on every line"),
        ("one.png three.png", (), "There is no picture"),
        ("one.png pairs.txt", (), "There is no picture"),
        (
            "one.png painting.png",
            ("--variants", "slow"),
            "There is no variant slow; choose from quick, two, three",
        ),
    ],
)
def test_wrong_arguments_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], pairs: str, more: tuple[str, ...], message: str
) -> None:
    (folder / "pairs.txt").write_text(pairs)
    assert run(folder, *more) == 2
    assert message in capsys.readouterr().err
