"""python -m methods: what it writes, prints and refuses, and what Ctrl-C leaves behind."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import compare.cli
from command_line import stand_in
from compare.cli import main, parser
from compare.schema import Request
from core.images import KINDS, read_text
from fake_methods import Failing, Quick
from methods import ALL
from methods.flags import settings_from_flags
from methods.gatys import Gatys
from methods.gatys_presets import GatysSettings
from ui.restore import restored
from weights.catalog import entry

ROOT = Path(__file__).resolve().parent.parent
NAMES = [method.name for method in ALL]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A photo and a painting, 64 px and small, as paths."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [str(folder / "content.png"), str(folder / "style.png")]
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(paths[0])
    Image.radial_gradient("L").resize((64, 64)).convert("RGB").save(paths[1])
    return paths


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick and Failing in the place of the methods, and a yardstick that costs nothing."""
    stand_in(monkeypatch, quick=Quick, failing=Failing)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said on stderr by a call that must end with status 2 and print nothing."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err.strip()


def test_a_run_writes_the_picture_and_its_results(
    pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    flags = [
        "--methods",
        "gatys",
        "--size",
        "64",
        "--gatys.preset",
        "fast",
        "--gatys.steps",
        "4",
        "--gatys.seed",
        "7",
        "--device",
        "cpu",
        "--json",
    ]
    assert main([*pictures, *flags, "--out", str(out)]) == 0

    assert sorted(path.name for path in out.iterdir()) == ["gatys.png", "results.json"]
    with Image.open(out / "gatys.png") as image:
        assert (image.mode, image.size) == ("RGB", (64, 48))
    text = read_text(out / "gatys.png")
    assert (text["stylegrid.method"], text["stylegrid.seed"], text["stylegrid.size"]) == ("gatys", "7", "64")
    assert GatysSettings.make(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(text["stylegrid.settings"]).items()
        }
    ) == GatysSettings.make(preset="fast", steps=4, seed=7)

    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert list(results) == ["gatys"]
    kept = results["gatys"]
    assert (kept["state"], kept["steps"], kept["width"], kept["height"]) == ("done", 4, 64, 48)
    assert 0 < kept["seconds"]["first"] <= kept["seconds"]["total"] < 60
    assert kept["seconds"]["load"] > 0
    assert kept["peak_memory_bytes"] >= 0
    assert kept["distances"]["content"] > 0
    assert kept["distances"]["style"] > 0
    assert kept["losses"]["total"] > 0
    assert "threads" in kept["device"]
    assert kept["dtype"] in ("float32", "bfloat16")
    weight = entry("vgg19")
    assert [(each["source"], each["sha256"]) for each in kept["weights"]] == [(weight.source, weight.sha256)]
    assert (kept["note"], kept["error"]) == ("", "")

    told = capsys.readouterr()
    assert json.loads(told.out) == results
    assert "gatys.png" in told.err.replace("\n", "")


@pytest.mark.usefixtures("fakes")
def test_a_failing_method_gives_status_1_and_leaves_the_others(
    pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*pictures, "--methods", "failing, quick", "--size", "64", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().out == ""
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {name: kept["state"] for name, kept in results.items()} == {"failing": "failed", "quick": "done"}
    assert results["failing"]["error"] == "The weights <file> is damaged."
    assert results["quick"]["note"] == "A <b>negative</b>."
    assert results["quick"]["distances"] == {"content": 0.25, "style": 0.5}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick.png", "results.json"]


@pytest.mark.usefixtures("fakes")
def test_an_error_with_brackets_does_not_break_the_progress_bar(
    pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Closed [/bold] too early.")

    monkeypatch.setattr(Failing, "load", fail)
    assert main([*pictures, "--methods", "failing", "--size", "64", "--out", str(tmp_path)]) == 1


@pytest.mark.usefixtures("fakes")
def test_flags_reach_the_settings_and_transparency_the_picture(pictures: list[str], tmp_path: Path) -> None:
    cut_out = tmp_path / "cut-out.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(cut_out)
    flags = ["--methods", "quick", "--quick.bold", "--quick.strength", "0.25", "--size", "64"]
    assert main([str(cut_out), pictures[1], *flags, "--out", str(tmp_path / "out")]) == 0
    kept = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["quick"]
    assert kept["settings"] == {"seed": 0, "strength": 0.25, "bold": True}
    with Image.open(tmp_path / "out" / "quick.png") as image:
        assert image.mode == "RGBA"
        assert image.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--gatys.steps", "0"], "steps is 0; it must be a whole number from 1 to 5000."),
        (["--gatys.steps", "9" * 400], "it must be a whole number from 1 to 5000."),
        (["--gatys.decay", "inf"], "decay is inf; it must be a number from 0.1 to 1."),
        (["--gatys.decay", "nan"], "decay is nan; it must be a number from 0.1 to 1."),
        (
            ["--gatys.preset", "monet"],
            "preset is 'monet'; choose one of balanced, fast, paper, tensorflow, d2l, hvass, eager.",
        ),
        (["--gatys.optimiser", "sgd"], "optimiser is 'sgd'; choose one of lbfgs, adam, gradient."),
        (["--gatys.style-layers", "relu1_1,relu9_9"], "style_layers is relu9_9; choose some of"),
        (["--methods", "monet"], f"There is no method 'monet'; choose from {', '.join(NAMES)}"),
        (["--methods", ""], f"There is no method ''; choose from {', '.join(NAMES)}"),
        (["--size", "63"], "size is 63; it must be from 64 to 8192 pixels."),
        (["--size", "8193"], "size is 8193; it must be from 64 to 8192 pixels."),
        (["--size", "0"], "size is 0; it must be from 64 to 8192 pixels."),
        (["--device", "tpu"], "Unknown device 'tpu': choose one of auto, cpu, cuda, mps."),
    ],
)
def test_a_wrong_flag_is_told_in_a_sentence(
    flags: list[str],
    sentence: str,
    pictures: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert sentence in refused(capsys, *pictures, *flags, "--out", str(out))
    assert not out.exists()


def test_pictures_that_cannot_be_used_are_told(
    pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture at all", encoding="utf-8")
    assert "The photo was not found" in refused(capsys, str(tmp_path / "none.png"), pictures[1])
    missing = str(tmp_path / "none.png")
    assert f"There is neither a file nor a plate '{missing}'" in refused(capsys, pictures[0], missing)
    assert "The painting is not a JPEG" in refused(capsys, pictures[0], str(text))


def test_an_output_folder_that_cannot_be_made_is_told_before_the_work(
    pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gatys, "load", lambda *_: pytest.fail("the work began"))
    file = tmp_path / "file"
    file.write_text("kept", encoding="utf-8")
    assert str(file) in refused(capsys, *pictures, "--out", str(file))
    assert file.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    "flags", [["--gatys.steps", "inf"], ["--gatys.steps", "2.5"], ["--size", "big"], ["--odd"]]
)
def test_what_the_parser_refuses_ends_with_status_2(
    flags: list[str], pictures: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*pictures, *flags])
    assert ended.value.code == 2
    assert flags[0] in capsys.readouterr().err


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 10**400, 2.5, True, "3", None])
def test_settings_refuse_what_is_no_whole_number_in_range(value: object) -> None:
    with pytest.raises(ValueError, match=r"^steps is .+; it must be a whole number from 1 to 5000\.$"):
        GatysSettings.make(steps=value)


def test_a_preset_with_overrides() -> None:
    flags = [
        "a",
        "b",
        "--gatys.preset",
        "d2l",
        "--gatys.steps",
        "12",
        "--gatys.style-layers",
        "relu1_1,relu2_1",
    ]
    settings = settings_from_flags(parser().parse_args(flags), Gatys)
    expected = {**GatysSettings.presets["d2l"].as_dict(), "steps": 12, "style_layers": ["relu1_1", "relu2_1"]}
    assert settings.as_dict() == expected
    assert settings.size == 450
    assert expected["formulas"] == "d2l"


def test_no_flags_mean_the_first_preset() -> None:
    settings = settings_from_flags(parser().parse_args(["a", "b"]), Gatys)
    assert settings == next(iter(GatysSettings.presets.values()))


@pytest.mark.parametrize(("flags", "size"), [([], 450), (["--size", "64"], 64)])
def test_the_size_is_the_presets_own_unless_asked_for(
    flags: list[str], size: int, pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def watch(comparison: object, request: Request, add: object) -> dict:
        asked.append(max(request.content.shape))
        return {}

    monkeypatch.setattr(compare.cli, "watch", watch)
    assert main([*pictures, "--gatys.preset", "d2l", *flags, "--out", str(tmp_path)]) == 0
    assert asked == [size]


def test_help_lists_each_setting_of_each_method(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for method in ALL:
        for setting in method.Settings.fields():
            assert f"--{method.name}.{setting.name.replace('_', '-')}" in told
    assert "CONTENT" in told
    assert "{balanced,fast,paper,tensorflow,d2l,hvass,eager}" in told


def test_help_tells_the_values_that_a_run_starts_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    first = GatysSettings.make()
    assert f"over all pyramid levels. ({first.steps})" in told
    assert f"each doubles the size. ({first.levels})" in told


def read_terminal(terminal: int, until: bytes | None) -> bytes:
    """What the program shows on the terminal until it shows `until`, or until it ends."""
    shown = b""
    while until is None or until not in shown:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # Linux's end of a terminal that nobody writes to any more
            more = b""
        if not more:
            break
        shown += more
    return shown


def test_ctrl_c_keeps_the_picture_so_far(pictures: list[str], tmp_path: Path) -> None:
    terminal, stderr = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200"}
    flags = f"--methods gatys --size 64 --gatys.steps 5000 --device cpu --out {tmp_path}".split()
    program = subprocess.Popen(
        [sys.executable, "-m", "methods", *pictures, *flags],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )
    try:
        os.close(stderr)
        assert b"loss content" in read_terminal(terminal, b"loss content")
        program.send_signal(signal.SIGINT)
        rest = read_terminal(terminal, None)
        assert program.wait(timeout=60) == 130
    finally:
        program.kill()
        program.communicate()
        os.close(terminal)
    assert b"Traceback" not in rest
    kept = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["gatys"]
    assert kept["state"] == "stopped"
    assert 0 < kept["steps"] < 5000
    assert kept["error"] == ""
    with Image.open(tmp_path / "gatys.png") as image:
        assert image.size == (64, 48)


def test_a_plate_may_be_named(pictures: list[str], tmp_path: Path) -> None:
    flags = ["--methods", "cin", "--size", "64", "--device", "cpu", "--out"]
    assert main([pictures[0], "starry-night", *flags, str(tmp_path / "name")]) == 0
    assert main([pictures[0], str(ROOT / "styles/starry-night.jpg"), *flags, str(tmp_path / "file")]) == 0
    first, second = (
        json.loads((tmp_path / each / "results.json").read_text())["cin"] for each in ("name", "file")
    )
    assert first["note"] == second["note"] == ""
    assert first["distances"] == second["distances"]


def test_an_unknown_plate_is_told_with_the_known_ones(
    pictures: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, pictures[0], "sunflowers")
    assert "There is neither a file nor a plate 'sunflowers'; plates: starry-night, great-wave," in told


def test_what_a_method_gives_beside_its_picture_is_kept(pictures: list[str], tmp_path: Path) -> None:
    flags = ["--methods", "cin", "--size", "64", "--cin.learn-steps", "1", "--device", "cpu"]
    assert main([*pictures, *flags, "--out", str(tmp_path)]) == 0
    learnt = tmp_path / "learnt.cin.safetensors"
    again = ["--methods", "cin", "--size", "64", "--cin.learnt", str(learnt), "--device", "cpu"]
    assert main([*pictures, *again, "--out", str(tmp_path / "again")]) == 0
    with Image.open(tmp_path / "cin.png") as first, Image.open(tmp_path / "again" / "cin.png") as second:
        assert first.tobytes() == second.tobytes()


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_every_format_carry_their_settings(
    kind: str, pictures: list[str], tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 0.0)  # where it was taken
    Image.open(pictures[0]).save(photo, exif=exif)
    flags = ["--methods", "quick", "--quick.strength", "0.25", "--size", "64", "--format", kind]
    assert main([str(photo), pictures[1], *flags, "--out", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / f"quick.{kind}"
    assert json.loads(read_text(path)["stylegrid.settings"])["strength"] == 0.25
    with Image.open(path) as image:
        assert image.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[kind]
        assert not image.getexif().get_ifd(0x8825)
    again = restored(str(path), {"quick": Quick()})
    assert (again.method, again.values["strength"], again.size) == ("quick", 0.25, 64)


@pytest.mark.usefixtures("fakes")
def test_a_transparent_result_lies_over_white_in_a_jpeg(pictures: list[str], tmp_path: Path) -> None:
    cut_out = tmp_path / "cut-out.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(cut_out)
    flags = ["--methods", "quick", "--size", "64", "--format", "jpg", "--quality", "100"]
    assert main([str(cut_out), pictures[1], *flags, "--out", str(tmp_path)]) == 0
    with Image.open(tmp_path / "quick.jpg") as image:
        assert image.getextrema() == ((255, 255),) * 3


@pytest.mark.usefixtures("fakes")
def test_a_file_that_cannot_be_written_is_a_sentence_and_the_rest_goes_on(
    pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "quick.png").mkdir()  # nothing can be put in its place
    assert main([*pictures, "--methods", "quick", "--size", "64", "--out", str(tmp_path)]) == 1
    told = capsys.readouterr().err.replace("\n", "")
    assert "quick.png could not be written: " in told
    assert "Traceback" not in told
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["quick"]["state"] == "done"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick.png", "results.json"]


@pytest.mark.usefixtures("fakes")
def test_a_picture_is_written_before_the_next_method_begins(
    pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[list[str]] = []

    def load(*_: object) -> None:
        there.append(sorted(path.name for path in tmp_path.iterdir()))

    monkeypatch.setattr(Failing, "load", load)
    main([*pictures, "--methods", "quick,failing", "--size", "64", "--out", str(tmp_path)])
    assert there == [["quick.png", "results.json"]]


@pytest.mark.usefixtures("fakes")
def test_a_home_folder_is_expanded(
    pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.open(pictures[0]).save(tmp_path / "photo.png")
    assert main(["~/photo.png", pictures[1], "--methods", "quick", "--size", "64", "--out", "~/out"]) == 0
    assert (tmp_path / "out" / "quick.png").is_file()


def test_a_quality_out_of_range_is_told(pictures: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "quality is 0; it must be from 1 to 100." in refused(capsys, *pictures, "--quality", "0")
