"""The page's handlers without a browser: controls, checks, runs, tiles, and the /compare endpoint."""

import io
import json
import math
import re
import socket
import zipfile
from contextlib import closing
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from compare.comparison import Comparison
from core.images import PictureError, open_picture, read_png_text
from core.plates import PlateIndex
from fake_methods import Failing, FakeSettings, Quick, Silent, Stepped
from methods.base import Frame, Stopped
from methods.cin import CIN
from methods.gatys import Gatys
from methods.gatys_presets import PRESETS, GatysSettings
from page_handlers import Prepared, handlers_of, noise, session, started, uploaded, values_of
from ui.api import described
from ui.curves import chart
from ui.examples import pairs, photos, shown_plates
from ui.picture_input import browsers_show, path_of
from ui.settings_panel import Panel, settings_of
from ui.store import Run, Runs
from ui.texts import paper_link
from ui.theme import LAUNCH

# Controls


def test_controls_follow_the_fields():
    with gr.Blocks():
        controls = Panel(Gatys()).controls
    assert set(controls) == {setting.name for setting in GatysSettings.fields()}
    assert next(iter(controls)) == "preset"
    assert isinstance(controls["steps"], gr.Slider)
    assert (controls["steps"].minimum, controls["steps"].maximum, controls["steps"].step) == (1, 5000, 1)
    assert isinstance(controls["content_weight"], gr.Number)  # spans orders of magnitude
    assert isinstance(controls["seed"], gr.Number)  # too many values for a slider
    assert isinstance(controls["clip"], gr.Checkbox)
    assert controls["optimiser"].choices == [(name, name) for name in ("lbfgs", "adam", "gradient")]
    assert controls["style_layers"].multiselect
    assert {setting.help for setting in GatysSettings.fields()} == {
        control.info for control in controls.values()
    }


def test_free_text_and_files_have_controls_of_their_own():
    with gr.Blocks():
        controls = Panel(CIN()).controls
    assert isinstance(controls["shares"], gr.Textbox)
    assert isinstance(controls["learnt"], gr.File)
    assert controls["plates"].choices == [(name, name) for name in CIN.styles]


def test_a_file_setting_takes_uploads_only(photo):
    assert settings_of("CIN", CIN.Settings, {"learnt": uploaded(photo)}).learnt == str(photo)
    assert settings_of("CIN", CIN.Settings, {"learnt": None}).learnt == ""
    with pytest.raises(ValueError, match="CIN: The file did not arrive"):
        settings_of("CIN", CIN.Settings, {"learnt": str(photo)})


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_fills_all_other_controls_and_the_size(preset):
    with gr.Blocks():
        panel = Panel(Gatys())
    *values, size = panel.preset_values(preset)
    names = [name for name in panel.controls if name != "preset"]
    filled = dict(zip(names, values, strict=True))
    assert size == PRESETS[preset].size
    assert filled["steps"] == PRESETS[preset].steps
    assert filled["style_layers"] == list(PRESETS[preset].style_layers)
    controls = {panel.controls[name]: value for name, value in filled.items()}
    assert panel.settings({**controls, panel.controls["preset"]: preset}) == PRESETS[preset]


def test_choosing_a_preset_is_an_event_of_the_page():
    page = app.build(Comparison([Gatys()], "cpu"))
    filling = next(each for each in page.fns.values() if each.name == "preset_values")
    assert len(filling.outputs) == len(GatysSettings.fields())  # all but the preset, and the size


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"strength": 3}, "Quick: strength is 3; it must be a number from 0 to 1."),
        ({"strength": None}, "Quick: strength is None; it must be a number from 0 to 1."),
        ({"seed": 1.5}, "Quick: seed is 1.5; it must be a whole number from"),
        ({"seed": math.inf}, "Quick: "),
        ({"bold": "yes"}, "Quick: bold is 'yes'; it is true or false."),
        ({"colour": 1}, "Quick: there is no setting 'colour'"),
    ],
)
def test_wrong_settings_are_told_with_method_field_and_range(changes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        settings_of("Quick", FakeSettings, changes)


def test_a_whole_number_may_come_as_a_float():
    seed = settings_of("Quick", FakeSettings, {"seed": 7.0}).seed
    assert (seed, type(seed)) == (7, int)


# Checks before a run


def test_nothing_chosen_is_told_beneath_both_inputs():
    handlers = handlers_of(Quick())
    told = Prepared(handlers.prepare(values_of(handlers, None, None), session("a")))
    assert "No content photo was chosen" in told.content
    assert "No style picture was chosen" in told.style
    assert not told.accepted
    assert told.compare.interactive


def test_a_setting_out_of_range_is_told_in_the_status_line(photo, painting):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting), strength=2)
    told = Prepared(handlers.prepare(values, session("a")))
    assert "Quick: strength is 2; it must be a number from 0 to 1." in told.status
    assert "64 × 48 px" in told.content
    assert not told.accepted


@pytest.mark.parametrize("size", [63, 1025, None, "512", math.nan])
def test_a_size_out_of_range_is_told(photo, painting, size):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting)) | {handlers.desk.size: size}
    told = Prepared(handlers.prepare(values, session("a")))
    assert "it must be from 64 to 1024 pixels" in told.status
    assert not told.accepted


def test_no_method_chosen_is_told(photo, painting):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting)) | {handlers.desk.chosen: []}
    told = Prepared(handlers.prepare(values, session("a")))
    assert "No method was chosen" in told.status
    assert not told.accepted


def test_a_bad_picture_is_told_on_upload_and_leaves_the_input_empty(tmp_path, photo):
    source = handlers_of(Quick()).desk.content
    text, cut = tmp_path / "text.jpg", tmp_path / "cut.jpg"
    text.write_text("not a picture")
    stream = io.BytesIO()
    noise(200, 200).save(stream, format="JPEG")
    cut.write_bytes(stream.getvalue()[:2000])
    for path, words in ((text, "is not a JPEG"), (cut, "damaged, cut short")):
        value, told = source.check(uploaded(path))
        assert value is None
        assert words in told
        assert 'role="alert"' in told
    value, told = source.check(uploaded(photo))
    assert value == gr.skip()
    assert "64 × 48 px" in told


def test_a_file_that_is_no_upload_is_not_read(photo):
    with pytest.raises(PictureError, match="did not arrive"):
        path_of({"path": str(photo)})
    assert path_of(uploaded(photo)) == str(photo)


def test_what_browsers_cannot_show_is_shown_as_png(tmp_path):
    source = handlers_of(Quick()).desk.content
    path = tmp_path / "scan.tif"
    noise(50, 40, "RGB").save(path)
    assert not browsers_show(str(path))
    shown, told = source.check(uploaded(path))
    assert shown.endswith("scan.png")
    assert browsers_show(shown)
    assert open_picture(shown).rgb.tobytes() == open_picture(path).rgb.tobytes()
    assert "50 × 40 px" in told
    cmyk = tmp_path / "print.jpg"
    noise(50, 40, "RGB").convert("CMYK").save(cmyk)
    assert not browsers_show(str(cmyk))


# Runs and sessions


def a_run():
    return Run(None, None, {}, 64)


def is_stopped(run):
    try:
        run.stop.check()
    except Stopped:
        return True
    return False


def test_sessions_do_not_touch_each_other():
    runs, first, second = Runs(), a_run(), a_run()
    runs.ask("a", first)
    runs.ask("b", second)
    with runs.going("a") as run:
        assert run is first
        assert runs.stop("b") is second
        assert is_stopped(second)
        assert not is_stopped(first)


def test_one_run_a_session():
    runs, first, second = Runs(), a_run(), a_run()
    assert runs.ask("a", first)
    with runs.going("a"):
        assert not runs.ask("a", second)
        assert runs.stop("a") is None  # it was not waiting any more
        assert is_stopped(first)
        assert not is_stopped(second)
    assert runs.ask("a", second)


def test_a_run_that_left_the_line_never_begins():
    runs, run = Runs(), a_run()
    runs.ask("a", run)
    assert runs.stop("a") is run
    with runs.going("a") as going:
        assert going is None


def test_nothing_of_a_run_is_kept():
    runs = Runs()
    runs.ask("a", a_run())
    with runs.going("a"):
        pass
    runs.ask("b", a_run())
    runs.stop("b")
    assert not runs._waiting
    assert not runs._going


def test_a_failing_method_leaves_the_others_alone(photo, painting):
    handlers = handlers_of(Failing(), Quick())
    waiting = started(handlers, photo, painting).tiles
    assert all('data-state="waiting"' in tile for tile in waiting)
    *_, (status, failed, done, *_) = handlers.run(session("a"))
    assert 'data-state="failed"' in failed
    assert "The weights &lt;file&gt; is damaged." in failed
    assert "Traceback" not in failed
    assert 'data-state="done"' in done
    assert "A &lt;b&gt;negative&lt;/b&gt;." in done
    assert re.search(r"Content distance</dt><dd>\d\.\d{3}", done)
    assert "1 of 2 finished; 1 failed" in status


def test_the_download_is_the_exact_picture_with_its_settings(photo, painting):
    handlers = handlers_of(Quick())
    started(handlers, photo, painting, strength=0.7)
    *_, (_, tile, *_) = handlers.run(session("a"))
    path = re.search(r'href="gradio_api/file=([^"]+)" download="stylegrid-quick.png"', tile)[1]
    with Image.open(path) as image, Image.open(photo) as original:
        negative = original.convert("RGB").point(lambda level: 255 - level)
        assert image.tobytes() == negative.tobytes()
    text = read_png_text(path)
    assert text["stylegrid.method"] == "quick"
    assert json.loads(text["stylegrid.settings"])["strength"] == 0.7


def test_what_came_out_beside_the_picture_can_be_downloaded(photo, painting):
    class Giving(Quick):
        def stylize(self, content, style, settings, stop=None):
            yield Frame(content, 1, 1, files={"learnt.safetensors": b"gammas and betas"})

    handlers = handlers_of(Giving())
    started(handlers, photo, painting)
    *_, (_, tile, *_) = handlers.run(session("a"))
    path = re.search(r'href="gradio_api/file=([^"]+)" download="learnt.safetensors">Learnt style<', tile)[1]
    assert Path(path).read_bytes() == b"gammas and betas"


def test_stop_keeps_what_is_finished_and_the_picture_so_far(photo, painting):
    handlers = handlers_of(Stepped(), Quick())
    started(handlers, photo, painting, steps=10_000)
    for _, *tiles, _summary, _sweep in handlers.run(session("a")):
        if 'class="result"' in tiles[0] and 'data-state="running"' in tiles[0]:
            handlers.stop(session("a"))
    stepped, quick = tiles
    assert 'data-state="stopped"' in stepped
    assert "Stopped at step" in stepped
    assert 'download="stylegrid-stepped.png"' in stepped
    assert 'data-state="stopped"' in quick


def test_a_stopped_waiting_run_shows_so_and_never_runs(photo, painting):
    handlers = handlers_of(Silent())
    started(handlers, photo, painting)
    _button, abandoned, tile, *_ = handlers.stop(session("a"))
    assert isinstance(abandoned, str)
    assert 'data-state="stopped"' in tile
    assert list(handlers.run(session("a"))) == []


def test_a_run_that_the_full_queue_refused_is_told_and_forgotten(photo, painting):
    handlers = handlers_of(Quick())
    started(handlers, photo, painting)
    status, compare, *_ = handlers.rest(session("a"))
    assert "Too many runs are waiting" in status
    assert compare.interactive
    assert list(handlers.run(session("a"))) == []
    assert handlers.rest(session("a"))[0] == gr.skip()  # after a run that went its way


def test_two_sessions_get_their_own_pictures(photo, painting):
    handlers = handlers_of(Quick())
    started(handlers, photo, painting, "a")
    started(handlers, painting, photo, "b")
    *_, (_, first, *_) = handlers.run(session("a"))
    *_, (_, second, *_) = handlers.run(session("b"))
    files = [set(re.findall(r"file=([^\"]+)", tile)) for tile in (first, second)]
    assert len(files[0]) == len(files[1]) == 2  # the photo and the result
    assert not files[0] & files[1]
    assert "--ratio:1.3333" in first
    assert "--ratio:0.7500" in second


def test_an_unforeseen_error_is_a_sentence_and_ends_the_run(photo, painting, monkeypatch):
    handlers = handlers_of(Quick())
    monkeypatch.setattr(handlers.comparison, "run", lambda *_: 1 / 0)
    started(handlers, photo, painting)
    ((status, *_),) = handlers.run(session("a"))
    assert "The comparison failed" in status
    assert started(handlers, photo, painting)  # the next one is accepted


# Curves


def heights(svg):
    """The y coordinates of each line."""
    lines = re.findall(r'class="line line-\d" d="M(\d[^"]*L[^"]*)"', svg)
    return [[float(point.split()[1]) for point in line.split("L")] for line in lines]


def test_a_decade_is_a_decade_everywhere():
    (line,) = heights(chart([(1, {"style": 1e6}), (2, {"style": 1e4}), (3, {"style": 1e2})]))
    assert line[1] - line[0] == pytest.approx(line[2] - line[1], abs=0.11)
    assert line[0] < line[2]


def test_what_a_logarithm_cannot_show_is_left_out():
    svg = chart([(1, {"style": 5.0}), (2, {"style": 0.0}), (3, {"style": math.nan}), (4, {"style": 4.0})])
    assert len(heights(svg)[0]) == 2
    assert "total" not in chart([(1, {"total": 1.0, "style": 2.0}), (2, {"total": 1.0, "style": 1.0})])


def test_a_long_curve_stays_small_and_keeps_its_last_value():
    curve = [(float(second), {"content": 1.0 + second}) for second in range(5000)]
    svg = chart(curve)
    assert len(svg) < 6000
    assert "<b>5e+03</b>" in svg


def test_no_losses_no_curve():
    assert "blank" in chart([(1.0, {})])
    assert "blank" in chart(())


# Examples


def test_photos_come_with_the_app():
    assert len(photos()) >= 1
    assert all(open_picture(example.path) for example in photos())


def test_plates_are_read_as_far_as_they_are_there(tmp_path):
    assert shown_plates(tmp_path) == ()
    listing = tmp_path / "styles.toml"
    listing.write_text("[[plate")
    assert shown_plates(tmp_path) == ()
    listing.write_text(
        '[[plate]]\nfile = "wave.jpg"\nname = "wave"\ntitle = "The Wave"\nartist = "Hokusai"\nyear = 1831\n'
        '[[plate]]\nfile = "gone.jpg"\nname = "gone"\n'
    )
    noise(32, 32).save(tmp_path / "wave.jpg")
    (plate,) = shown_plates(tmp_path)
    assert (plate.name, plate.title) == ("wave", "The Wave, Hokusai, 1831")
    assert PlateIndex({plate.name: plate.path}).of(str(tmp_path / "wave.jpg")) == "wave"
    assert pairs((plate, plate), ()) == []
    assert pairs((plate, plate), (plate,)) == [(plate, plate)] * 2


def test_another_picture_is_no_plate(tmp_path, photo):
    assert PlateIndex({each.name: each.path for each in photos()}).of(str(photo)) is None


def test_papers_are_links_where_they_have_an_address():
    assert paper_link("A & B 2016: C") == "A &amp; B 2016: C"
    assert paper_link("A 2016: C (ECCV), https://a.org/x").startswith('<a href="https://a.org/x"')
    assert ">A 2016: C (ECCV)</a>" in paper_link("A 2016: C (ECCV), https://a.org/x")


# The endpoint


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def client():
    page = app.build(Comparison([Stepped(), Failing()], "cpu"))
    port = free_port()
    page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **LAUNCH)
    client = Client(f"http://127.0.0.1:{port}", verbose=False)
    yield client
    client.close()
    page.close()


def test_three_endpoints_are_public(client):
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert list(endpoints["named_endpoints"]) == ["/compare", "/methods", "/report"]
    assert endpoints["unnamed_endpoints"] == {}


def test_compare_streams_and_ends_with_the_pictures(client, photo, painting):
    job = client.submit(
        content=handle_file(photo),
        style=handle_file(painting),
        size=64,
        settings={"stepped": {"steps": 30}, "failing": {}},
        api_name="/compare",
    )
    records = list(job)
    steps = [each["stepped"]["steps"] for each in records if each["stepped"]["steps"]]
    assert steps == sorted(steps)
    assert len(set(steps)) >= 3
    last = records[-1]
    assert last["stepped"]["state"] == "done"
    assert last["stepped"]["distances"]["style"] > 0
    assert last["failing"]["error"] == "The weights <file> is damaged."
    assert "picture" not in last["failing"]
    with Image.open(last["stepped"]["picture"]) as image:
        assert (image.format, image.size) == ("PNG", (64, 48))


def test_two_clients_at_once_get_their_own_pictures(client, photo, painting):
    """Both ask before either is served; one waits, and neither sees anything of the other."""
    other = Client(client.src, verbose=False)
    asked = {"size": 64, "settings": {"stepped": {"steps": 5}}, "api_name": "/compare"}
    jobs = [
        each.submit(content=handle_file(content), style=handle_file(style), **asked)
        for each, content, style in ((client, photo, painting), (other, painting, photo))
    ]
    shapes = []
    for job in jobs:
        *_, last = job
        with Image.open(last["stepped"]["picture"]) as image:
            shapes.append(image.size)
    assert shapes == [(64, 48), (48, 64)]
    other.close()


def test_methods_tells_what_can_be_asked_for(client):
    told = client.predict(api_name="/methods")
    assert [method["name"] for method in told["methods"]] == ["stepped", "failing"]
    assert told["methods"][0]["settings"][0] == {
        "name": "strength",
        "kind": "float",
        "default": 0.5,
        "low": 0,
        "high": 1,
        "help": "How much of the style is taken.",
    }
    assert "starry-night" in told["plates"]


def test_methods_tells_the_values_that_a_run_starts_from():
    defaults = {told["name"]: told["default"] for told in described(GatysSettings)}
    assert (defaults["steps"], defaults["levels"]) == (52, 2)
    assert defaults == GatysSettings.make().as_dict()


def test_report_gives_the_newest_run_of_the_session_alone(client, photo, painting):
    stranger = Client(client.src, verbose=False)
    with pytest.raises(AppError, match="This session has compared nothing yet"):
        stranger.predict(api_name="/report")
    stranger.close()
    wanted = {"content": handle_file(photo), "style": handle_file(painting), "size": 64}
    records = list(client.submit(**wanted, settings={"stepped": {}}, repeats=1, api_name="/compare"))
    assert len(records[-1]["stepped"]["seconds"]["warm"]) == 1
    with zipfile.ZipFile(client.predict(api_name="/report")) as parcel:
        assert json.loads(parcel.read("results.json"))["stepped"]["state"] == "done"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repeats": 99}, "repeats is 99; it must be a whole number from 0 to 20."),
        ({"settings": {"stepped": {"steps": 0}}}, "Stepped: steps is 0; it must be"),
        ({"settings": {"other": {}}}, "There is no method 'other'; choose from stepped, failing."),
        ({"settings": {"stepped": None}}, "Stepped: its settings are None; name each, as in"),
        ({"settings": {"stepped": ["steps"]}}, "Stepped: its settings are ['steps']; name each, as in"),
        ({"settings": ["stepped"]}, "settings is ['stepped']; name each method with its settings, as in"),
        ({"settings": []}, "settings is []; name each method"),
        ({"size": 9}, "size is 9; it must be from 64 to 1024 pixels."),
    ],
)
def test_compare_refuses_in_sentences(client, photo, painting, changes, said):
    wanted = {"content": handle_file(photo), "style": handle_file(painting), "size": 64} | changes
    with pytest.raises(AppError, match=re.escape(said)):
        client.predict(**wanted, api_name="/compare")


def test_compare_reads_no_file_of_the_server(client, photo):
    secret = {"path": str(photo)}
    with pytest.raises(AppError, match="did not arrive"):
        client.predict(content=secret, style=secret, size=64, api_name="/compare")


# Starting


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "8.5"])
def test_a_port_that_makes_no_sense_is_told(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit, match="must be a whole number from 1 to 65535"):
        app.main()


def test_a_port_in_use_is_told(monkeypatch):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        with pytest.raises(SystemExit, match=r"cannot be served at 127\.0\.0\.1, port"):
            app.main()


def test_a_host_that_makes_no_sense_is_told(monkeypatch):
    monkeypatch.setenv("HOST", "no such host")
    monkeypatch.setenv("PORT", str(free_port()))
    with pytest.raises(SystemExit, match="HOST is 'no such host'"):
        app.main()


def test_a_run_is_not_called_finished_while_its_distances_are_measured(photo, painting):
    handlers = handlers_of(Quick())
    started(handlers, photo, painting)
    told = [str(status) for status, *_ in handlers.run(session("a"))]
    assert any("Measuring the distances" in each for each in told)
    assert ["Finished" in each for each in told] == [False] * (len(told) - 1) + [True]
