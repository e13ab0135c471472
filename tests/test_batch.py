"""python -m methods PHOTOS STYLES: every pair, what is skipped, what fails, what a kill leaves."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import compare.batch
from command_line import stand_in
from compare.cli import main
from conftest import ROOT
from core.images import read_text
from fake_methods import Failing, Quick
from methods.base import Declined

PAIRS = 4


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two photos and two styles, beside a file that is no picture by its name."""
    for folder, names in (("photos", ("a.png", "b.jpg")), ("styles", ("s.png", "t.png"))):
        (tmp_path / folder).mkdir()
        for place, name in enumerate(names):
            picture = Image.linear_gradient("L").resize((64, 48 + place)).convert("RGB")
            picture.save(tmp_path / folder / name)
    (tmp_path / "photos" / "notes.txt").write_text("none", encoding="utf-8")
    return tmp_path / "photos", tmp_path / "styles"


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Quick and Failing as the methods, a yardstick that costs nothing, and the shapes that Quick painted."""
    shapes = []

    class Noted(Quick):
        def stylize(self, content, *rest):
            shapes.append(tuple(content.shape[-2:]))
            yield from super().stylize(content, *rest)

    stand_in(monkeypatch, quick=Noted, failing=Failing)
    return shapes


def run(folders, out, *flags, methods="quick"):
    """The exit status."""
    return main([*map(str, folders), "--methods", methods, "--size", "64", "--out", str(out), *flags])


def table(out):
    """The rows of results.csv by photo, style and method."""
    with (out / "results.csv").open(encoding="utf-8") as file:
        return {(row["photo"], row["style"], row["method"]): row for row in csv.DictReader(file)}


def test_every_pair_is_painted_and_then_skipped(folders, tmp_path, painted, capsys):
    out = tmp_path / "out"
    assert run(folders, out, "--json") == 0
    rows = table(out)
    assert [*rows] == [(photo, style, "quick") for photo in "ab" for style in "st"]
    for (photo, style, _), row in rows.items():
        assert (row["state"], row["style_distance"], row["error"]) == ("done", "0.5", "")
        assert row["file"] == f"{photo}/{style}.quick.png"
        assert read_text(out / row["file"])["stylegrid.method"] == "quick"
    told = capsys.readouterr()
    assert [row["file"] for row in json.loads(told.out)] == [row["file"] for row in rows.values()]
    with Image.open(out / "sheet-1.jpg") as sheet:
        assert sheet.height > sheet.width * 0.9  # three rows: the styles and two photos, of three pictures

    made = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    assert len(painted) == len(made) == PAIRS
    assert run(folders, out) == 0
    assert len(painted) == PAIRS
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.png")} == made
    assert table(out) == rows


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda photos, out: Image.new("RGB", (64, 40), "red").save(photos / "a.png"), 2),
        (lambda photos, out: (out / "b" / "s.quick.png").unlink(), 1),
        (lambda photos, out: os.utime(photos / "a.png", (1, 1)), 0),
        (lambda photos, out: Image.new("RGB", (64, 40), "red").save(photos / "c.png"), 2),
    ],
)
def test_what_has_changed_is_painted_again(change, again, folders, tmp_path, painted):
    out = tmp_path / "out"
    assert run(folders, out) == 0
    change(folders[0], out)
    assert run(folders, out) == 0
    assert len(painted) == PAIRS + again


def test_other_settings_paint_again_and_another_method_is_added(folders, tmp_path, painted):
    out = tmp_path / "out"
    assert run(folders, out) == 0
    assert run(folders, out, "--quick.strength", "0.25") == 0
    assert len(painted) == 2 * PAIRS
    assert run(folders, out, "--quick.strength", "0.25", methods="quick,failing") == 1
    assert len(painted) == 2 * PAIRS
    rows = table(out)
    assert len(rows) == 2 * PAIRS
    assert rows["a", "s", "failing"]["error"] == "The weights <file> is damaged."
    assert rows["a", "s", "quick"]["state"] == "done"


def test_who_declines_is_not_asked_again(folders, tmp_path, painted, monkeypatch):
    asked = []

    class Shy(Quick):
        def prepare(self, *given):
            asked.append(given)
            raise Declined("It dares not.")

    stand_in(monkeypatch, quick=Shy)
    for _ in range(2):
        assert run(folders, tmp_path / "out") == 0
    assert len(asked) == PAIRS
    assert {row["state"] for row in table(tmp_path / "out").values()} == {"declined"}


def test_another_network_of_the_users_paints_again(folders, tmp_path, painted, monkeypatch):
    file = tmp_path / "mine.pth"
    monkeypatch.setattr("compare.batch.user_files", lambda: {"0.5": file})
    for data, made in ((b"one", PAIRS), (b"one", PAIRS), (b"other", 2 * PAIRS)):
        file.write_bytes(data)
        assert run(folders, tmp_path / "out", "--quick.strength", "0.5") == 0
        assert len(painted) == made


def test_a_bad_picture_is_one_row_and_takes_nothing_with_it(folders, tmp_path, painted, capsys):
    photos, styles = folders
    (photos / "a2.png").write_text("no picture", encoding="utf-8")
    (styles / "broken.jpg").write_bytes((photos / "b.jpg").read_bytes()[:200])
    out = tmp_path / "out"
    assert run(folders, out) == 1
    rows = table(out)
    assert len(rows) == PAIRS + 2
    assert "The photo is not a JPEG" in rows["a2", "", ""]["error"]
    assert rows["", "broken", ""]["error"].startswith("The painting")
    assert sum(row["state"] == "done" for row in rows.values()) == PAIRS
    assert "a2: The photo" in capsys.readouterr().err


def test_a_torn_line_of_the_journal_costs_its_own_picture_alone(folders, tmp_path, painted):
    out = tmp_path / "out"
    assert run(folders, out) == 0
    journal = out / "batch.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    assert run(folders, out) == 0
    assert len(painted) == PAIRS + 1
    assert run(folders, out) == 0
    assert len(painted) == PAIRS + 1
    assert len(table(out)) == PAIRS


def test_pictures_of_one_name_keep_apart_and_a_plate_is_known(folders, tmp_path, painted):
    photos, _ = folders
    Image.new("RGB", (64, 64), "blue").save(photos / "a.jpg")
    out = tmp_path / "out"
    assert run((photos, "starry-night"), out) == 0
    assert [photo for photo, _, _ in table(out)] == ["a.jpg", "a.png", "b"]
    assert (out / "a.jpg" / "starry-night.quick.png").is_file()


def test_folders_that_cannot_be_used_are_told(folders, tmp_path, painted, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run((empty, folders[1]), tmp_path / "out") == 2
    assert f"{empty} holds no picture" in capsys.readouterr().err
    assert run((tmp_path / "none", folders[1]), tmp_path / "out") == 2
    assert "none was not found" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    assert run(folders, tmp_path / "file") == 2
    assert f"{tmp_path / 'file'} cannot be written to" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_ends_it_in_a_sentence(folders, tmp_path, painted, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b").write_text("in the way", encoding="utf-8")
    assert run(folders, out) == 1
    assert "could not be written" in capsys.readouterr().err.replace("\n", " ")
    assert [*table(out)] == [("a", "s", "quick"), ("a", "t", "quick")]


def test_ctrl_c_keeps_what_was_painted_and_the_same_command_goes_on(
    folders, tmp_path, painted, monkeypatch, capsys
):
    paint = compare.batch.paint

    def interrupted(*arguments):
        if len(painted) == 1:
            signal.raise_signal(signal.SIGINT)
        return paint(*arguments)

    monkeypatch.setattr(compare.batch, "paint", interrupted)
    out = tmp_path / "out"
    assert run(folders, out) == 130
    assert "The same command goes on." in capsys.readouterr().err.replace("\n", " ")
    assert [*table(out)] == [("a", "s", "quick")]
    monkeypatch.setattr(compare.batch, "paint", paint)
    assert run(folders, out) == 0
    assert len(painted) == PAIRS


def test_a_kill_loses_nothing_that_was_finished(folders, tmp_path):
    out = tmp_path / "out"
    command = [
        str(folders[0]),
        str(folders[1] / "s.png"),
        *f"--methods cin --size 64 --device cpu --out {out}".split(),
    ]
    journal = out / "batch.jsonl"
    with subprocess.Popen([sys.executable, "-m", "methods", *command], cwd=ROOT) as program:
        try:
            deadline = time.monotonic() + 120
            while program.poll() is None and not (journal.exists() and journal.read_bytes()):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            program.kill()
    first = json.loads(journal.read_text(encoding="utf-8").splitlines()[0])["row"]
    written = (out / first["file"]).stat().st_mtime_ns
    assert main(command) == 0
    assert [*table(out)] == [("a", "s", "cin"), ("b", "s", "cin")]
    assert (out / first["file"]).stat().st_mtime_ns == written
