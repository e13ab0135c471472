"""`python -m benchmarks.scatter`: all take turns, and what is in front is said so."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from PIL import Image

import benchmarks.scatter
import core.yardstick
from benchmarks.page import main as page_main
from benchmarks.scatter import main, summary
from fake_methods import Quick

PASSES: list[str] = []


class Counted(Quick):
    """Notes its passes."""

    def stylize(self, *arguments):
        PASSES.append(self.name)
        yield from super().stylize(*arguments)


class Other(Counted):
    name = "other"


class Missing(Counted):
    name = "missing"

    @classmethod
    def unavailable(cls) -> str:
        return "It is not installed."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kinds = {kind.name: (kind, {}) for kind in (Counted, Other, Missing)}
    monkeypatch.setattr(benchmarks.scatter, "KINDS", kinds)
    monkeypatch.setattr(benchmarks.scatter, "PEER", "quick")
    monkeypatch.setattr(core.yardstick, "SHORT_SIDE", 48)
    random = torch.Generator().manual_seed(0)
    for name in ("photo.png", "painting.png"):
        pixels = (torch.rand(48, 64, 3, generator=random) * 255).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "pairs.txt").write_text("photo.png painting.png\n")
    PASSES.clear()
    return tmp_path


def run(folder: Path, *more: str) -> int:
    where = ("--content", str(folder), "--style", str(folder), "--out", str(folder / "out"))
    return main(["--pairs", str(folder / "pairs.txt"), *where, *more])


def test_all_take_turns_and_the_first_round_does_not_count(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--sizes", "64,72", "--rounds", "2", "--methods", "quick,other,missing") == 0
    assert "missing is left out: It is not installed." in capsys.readouterr().err
    assert len(PASSES) == 2 * 3 * 2
    assert all({*PASSES[turn : turn + 2]} == {"quick", "other"} for turn in range(0, len(PASSES), 2))
    table = pd.read_csv(folder / "out" / "scatter.csv")
    assert len(table) == 2 * 2 * 2
    assert {*table["round"]} == {1, 2}
    assert (table["seconds"] >= 0).all()
    assert table["style"].nunique() == 2  # one for each size, for both do the same
    report = (folder / "out" / "scatter.md").read_text()
    assert "pairs of photo and painting: 1 at 64 px, 1 at 72 px; 2 rounds" in report
    assert "| 72 | other |" in report
    drawn = (folder / "out" / "scatter.svg").read_text()
    assert "<text" in drawn
    assert "72 px" in drawn


def test_in_front_is_what_nothing_is_quicker_and_nearer_than(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks.scatter, "PEER", "quick")
    numbers = {"quick": (1.0, 0.3), "slow but near": (4.0, 0.1), "slow and far": (3.0, 0.4)}
    rows = [
        {"size": 64, "photo": "a", "painting": "b", "round": number, "method": name}
        | {"seconds": 2 * seconds, "core_seconds": seconds * number, "style": style, "content": 0.5}
        for name, (seconds, style) in numbers.items()
        for number in (1, 2, 3)
    ]
    found = summary(pd.DataFrame(rows)).loc[64]
    assert dict(found["front"]) == {"quick": True, "slow but near": True, "slow and far": False}
    assert dict(found["ratio"]) == {"quick": 1, "slow but near": 4, "slow and far": 3}
    assert found.loc["quick", "core_seconds"] == 2  # the median


def test_wrong_arguments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--sizes", "5") == 2
    assert "size is 5" in capsys.readouterr().err
    assert page_main([str(folder / "painting.png")]) == 2
    assert "two paintings at least" in capsys.readouterr().err
