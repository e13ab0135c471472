"""The page's events without a browser: controls, checks, runs, tiles, and the /compare endpoint."""

import errno
import io
import json
import math
import os
import re
import socket
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from compare.limits import KEPT
from compare.pictures import browsers_show
from core.images import PictureError, open_picture, read_text
from core.plates import PlateIndex
from engine.inline import InlineEngine
from engine.visitor import Visitor
from fake_methods import Failing, Quick, Stepped
from methods.adain import AdaIN
from methods.base import Frame
from methods.cin import CIN, PLATES
from methods.gatys import Gatys
from methods.gatys_presets import PRESETS, GatysSettings
from page_handlers import clicked, events_of, noise, session, started, uploaded, values_of
from ui.api import Endpoint, described
from ui.chart import losses_chart
from ui.examples import PAIRS, pairs, photos, shown_plates
from ui.files import path_of
from ui.language import standing
from ui.page import build
from ui.request import read_settings
from ui.settings_panel import SettingsPanel, help_of
from ui.store import Finished, Store
from ui.texts import paper_link
from ui.theme import LAUNCH

# Controls


def panel_of(method):
    with gr.Blocks():
        return SettingsPanel(method, gr.Slider(), InlineEngine([method], "cpu"))


def test_controls_follow_the_fields():
    controls = panel_of(Gatys()).controls
    assert set(controls) == {setting.name for setting in GatysSettings.fields()}
    assert next(iter(controls)) == "preset"
    assert isinstance(controls["steps"], gr.Slider)
    assert (controls["steps"].minimum, controls["steps"].maximum, controls["steps"].step) == (1, 5000, 1)
    assert isinstance(controls["content_weight"], gr.Number)  # spans orders of magnitude
    assert isinstance(controls["seed"], gr.Number)  # too many values for a slider
    assert isinstance(controls["clip"], gr.Checkbox)
    assert controls["optimiser"].choices == [(name, name) for name in ("lbfgs", "adam", "gradient")]
    assert controls["style_layers"].multiselect
    assert {standing(partial(help_of, setting)) for setting in GatysSettings.fields()} == {
        control.info for control in controls.values()
    }


def test_free_text_and_files_have_controls_of_their_own():
    controls = panel_of(CIN()).controls
    assert isinstance(controls["shares"], gr.Textbox)
    assert isinstance(controls["learnt"], gr.File)
    assert controls["plates"].choices == [(name, name) for name in PLATES]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_fills_all_other_controls_and_the_size(preset):
    panel = panel_of(Gatys())
    values = panel.preset_values(preset)
    filled = {name: values[control] for name, control in panel.controls.items() if name != "preset"}
    assert values.get(panel.size) == PRESETS[preset].size
    assert filled["steps"] == PRESETS[preset].steps
    assert filled["style_layers"] == list(PRESETS[preset].style_layers)
    assert (
        read_settings(Gatys(), panel.values({**values, panel.controls["preset"]: preset})) == PRESETS[preset]
    )


def test_choosing_a_preset_is_an_event_of_the_page():
    page = build(InlineEngine([Gatys()], "cpu"))
    filling = next(each for each in page.fns.values() if each.name == "preset_values")
    assert len(filling.outputs) == len(GatysSettings.fields()) + 1  # and the size


def test_what_cannot_run_or_is_slow_is_not_ticked():
    class Absent(Quick):
        name, title = "absent", "Absent"

        @classmethod
        def unavailable(cls):
            return "It needs what is not here."

    class Slow(Quick):
        name, title, slow = "slow", "Slow", True

    inputs = events_of(Quick(), Absent(), Slow()).inputs
    assert inputs.chosen.value == ["quick"]
    assert [name for _, name in inputs.chosen.choices] == ["quick", "absent", "slow"]


def test_a_shared_control_sets_its_like_under_any_name():
    with gr.Blocks():
        inputs = events_of(Quick(), AdaIN(), Failing()).inputs
    panels = inputs.panels
    found = inputs.shared.targets("strength", panels.values())
    assert found == [panels["quick"].controls["strength"], panels["adain"].controls["alpha"],
                     panels["failing"].controls["strength"]]  # fmt: skip
    assert len(inputs.shared.targets("seed", panels.values())) == 3


# Checks before a run


def refused(events, values):
    """The page after a click that starts nothing."""
    (page,) = clicked(events, values)
    assert not page.began
    assert not events.runs.stops
    return page


def test_nothing_chosen_is_said_beneath_both_inputs():
    events = events_of(Quick())
    content, style = refused(events, values_of(events, None, None)).lines
    assert "No photo was chosen" in content
    assert "No painting was chosen" in style
    assert "Add a photo and a painting first." in refused(events, values_of(events, None, None)).status


def test_a_setting_out_of_range_is_said_in_the_status_line(photo, painting):
    events = events_of(Quick())
    page = refused(events, values_of(events, uploaded(photo), uploaded(painting), strength=2))
    assert "Quick: Strength is 2; it must be a number from 0 to 1." in page.status


@pytest.mark.parametrize("size", [63, 1025, None, "512", math.nan])
def test_a_size_out_of_range_is_refused(photo, painting, size):
    events = events_of(Quick())
    values = values_of(events, uploaded(photo), uploaded(painting)) | {events.inputs.size: size}
    assert "it must be from 64 to 1024 pixels" in refused(events, values).status


def test_a_run_that_the_line_refuses_leaves_no_tile_waiting(photo, painting, monkeypatch):
    monkeypatch.setenv("STYLEGRID_HOURLY", "1")
    events = events_of(Quick())
    *_, shown = started(events, photo, painting)
    assert 'data-state="done"' in shown.tile("quick")
    *_, shown = started(events, photo, painting)
    assert "comparisons an hour" in shown.status
    assert 'data-state="stopped"' in shown.tile("quick")
    assert not shown.running


def test_no_method_chosen_is_refused(photo, painting):
    events = events_of(Quick())
    values = values_of(events, uploaded(photo), uploaded(painting)) | {events.inputs.chosen: []}
    assert "No method was chosen" in refused(events, values).status


def test_a_bad_picture_is_refused_on_upload_and_leaves_the_input_empty(tmp_path, photo):
    source = events_of(Quick()).inputs.content
    text, cut = tmp_path / "text.jpg", tmp_path / "cut.jpg"
    text.write_text("not a picture")
    stream = io.BytesIO()
    noise(200, 200).save(stream, format="JPEG")
    cut.write_bytes(stream.getvalue()[:2000])
    for path, words in ((text, "is not a JPEG"), (cut, "damaged, cut short")):
        shown = source.check(uploaded(path))
        assert shown[source.image] is None
        assert words in shown[source.line]
        assert 'role="alert"' in shown[source.line]
    shown = source.check(uploaded(photo))
    assert source.image not in shown
    assert "64 × 48 px" in shown[source.line]


def test_a_file_that_is_no_upload_is_not_read(photo):
    with pytest.raises(PictureError, match="did not arrive"):
        path_of({"path": str(photo)})
    assert path_of(uploaded(photo)) == str(photo)


def test_what_browsers_cannot_show_is_shown_as_png(tmp_path):
    source = events_of(Quick()).inputs.content
    path = tmp_path / "scan.tif"
    noise(50, 40, "RGB").save(path)
    assert not browsers_show(str(path))
    shown = source.check(uploaded(path))
    copy = shown[source.image]
    assert copy.endswith("scan.png")
    assert browsers_show(copy)
    assert open_picture(copy).rgb.tobytes() == open_picture(path).rgb.tobytes()
    assert "50 × 40 px" in shown[source.line]
    cmyk = tmp_path / "print.jpg"
    noise(50, 40, "RGB").convert("CMYK").save(cmyk)
    assert not browsers_show(str(cmyk))


# Runs and sessions


def test_a_store_keeps_the_newest_sessions():
    store, finished = Store(), Finished(None, {})
    for number in range(KEPT + 1):
        store.save(str(number), finished, f"owner {number}")
    assert store.run("0") is store.latest("owner 0") is None
    assert store.run("1") is store.latest("owner 1") is finished
    store.discard("owner 1")
    assert store.run("1") is store.latest("owner 1") is None
    store.discard("owner 1")


def test_a_failing_method_leaves_the_others_alone(photo, painting):
    *seen, page = states(started(events_of(Failing(), Quick()), photo, painting), "quick")
    assert seen == ["waiting", "loading", "running", "measuring", "done"]
    assert 'data-state="failed"' in page.tile("failing")
    assert "The weights &lt;file&gt; is damaged." in page.tile("failing")
    assert "Traceback" not in page.tile("failing")
    done = page.tile("quick")
    assert 'data-state="done"' in done
    assert "A &lt;b&gt;negative&lt;/b&gt;." in done
    assert re.search(r"Content distance</dt><dd>\d\.\d{3}", done)
    assert "1 of 2 finished; 1 failed" in page.status
    assert not page.running


def states(pages, method):
    """The states of a tile, one after the other, and the page at the end."""
    seen = []
    for page in pages:
        found = re.search(r'data-state="(\w+)"', page.tile(method))
        if found and found[1] not in seen[-1:]:
            seen.append(found[1])
    return [*seen, page]


def test_a_run_is_one_event_with_named_outputs(photo, painting):
    """From the click on: lines and status, buttons, tiles, and the buttons again."""
    events = events_of(Quick(), Stepped())
    outputs = list(events.compare(values_of(events, uploaded(photo), uploaded(painting)), session("a")))
    inputs, results = events.inputs, events.results
    buttons = set(inputs.buttons(running=True))
    assert set(outputs[0]) == buttons
    begun = {inputs.status, *results.tiles.values(), results.pair, results.summary, results.more}
    assert set(outputs[1]) == begun
    assert set(outputs[2]) == {results.pair}, "now that the pictures are decoded"
    assert set(outputs[-1]) == {*buttons, results.earlier, results.more}
    drawn = [set(results.tiles.values()) & set(each) for each in outputs[3:-1]]
    assert all(len(each) == 1 for each in drawn), "one changed tile at a time"


def test_the_download_is_the_exact_picture_with_its_settings(photo, painting):
    *_, page = started(events_of(Quick()), photo, painting, strength=0.7)
    path = re.search(r'href="gradio_api/file=([^"]+)" download="stylegrid-quick.png"', page.tile("quick"))[1]
    with Image.open(path) as image, Image.open(photo) as original:
        negative = original.convert("RGB").point(lambda level: 255 - level)
        assert image.tobytes() == negative.tobytes()
    text = read_text(path)
    assert text["stylegrid.method"] == "quick"
    assert json.loads(text["stylegrid.settings"])["strength"] == 0.7


def test_what_came_out_beside_the_picture_can_be_downloaded(photo, painting):
    class Giving(Quick):
        def stylize(self, content, style, settings, stop=None):
            yield Frame(content, 1, 1, files={"learnt.safetensors": b"gammas and betas"})

    *_, page = started(events_of(Giving()), photo, painting)
    link = r'href="gradio_api/file=([^"]+)" download="learnt.safetensors">learnt.safetensors<'
    path = re.search(link, page.tile("quick"))[1]
    assert Path(path).read_bytes() == b"gammas and betas"


def test_stop_keeps_what_is_finished_and_the_picture_so_far(photo, painting):
    events = events_of(Stepped(), Quick())
    for page in started(events, photo, painting, steps=10_000):
        if 'class="result"' in page.tile("stepped") and page.running:
            button = events.stop(session("a"))
    assert (button.value, button.interactive) == ("Stopping…", False)
    assert 'data-state="stopped"' in page.tile("stepped")
    assert "Stopped at step" in page.tile("stepped")
    assert 'download="stylegrid-stepped.png"' in page.tile("stepped")
    assert 'data-state="stopped"' in page.tile("quick")
    assert not page.running


def test_what_was_missing_is_no_longer_told_when_pictures_are_chosen(photo):
    events = events_of(Quick())
    *_, page = clicked(events, values_of(events, uploaded(photo), None))
    assert "Add a painting first." in page.status
    assert "painting" not in events.picked(page.status)
    assert events.picked('<p class="status" role="status">Painting</p>') == gr.skip()


def test_a_stopped_waiting_run_shows_so_and_never_runs(photo, painting):
    events = events_of(Quick())
    first = started(events, photo, painting, "a")
    while not events.queue.busy("a"):
        next(first)
    for page in started(events, photo, painting, "b"):
        if "Waiting, 1 before you" in page.status:
            events.stop(session("b"))
    assert "Stopped before it began." in page.status
    assert not page.running
    assert events.store.latest("b/b") is None
    *_, other = first  # goes on
    assert 'data-state="done"' in other.tile("quick")


def test_a_run_that_a_full_line_refuses_is_said_and_forgotten(photo, painting, monkeypatch):
    events = events_of(Quick())
    monkeypatch.setenv("STYLEGRID_WAITING", "2")
    line = [events.queue.submit(Visitor(name), lambda: None, 10) for name in "xy"]
    first = started(events, photo, painting, "first")
    while not events.queue.busy("first"):
        next(first)
    for each in line:
        next(each)
    *_, page = started(events, photo, painting)
    assert "Too many runs are waiting" in page.status
    assert not page.running
    for each in line:
        each.close()
    first.close()
    *_, page = started(events, photo, painting)
    assert "Finished" in page.status


def test_one_run_a_session(photo, painting):
    events = events_of(Quick())
    going = started(events, photo, painting)
    assert next(going).running
    assert list(started(events, photo, painting)) == []
    *_, page = going
    assert "Finished" in page.status
    assert not events.runs.stops


def test_a_closed_tab_ends_the_run_and_drops_its_pictures(photo, painting):
    events = events_of(Stepped())
    pages = started(events, photo, painting, steps=10_000)
    while not events.store.latest("a/a"):
        next(pages)
    events.on_unload(session("a"))
    assert events.store.latest("a/a") is None
    *_, page = pages
    assert 'data-state="stopped"' in page.tile("stepped")
    going = started(events, photo, painting, steps=10_000)
    while not events.queue.busy("a"):
        next(going)
    going.close()  # as Gradio does
    assert not events.queue.busy("a")
    assert not events.runs.stops


def test_two_sessions_get_their_own_pictures(photo, painting):
    events = events_of(Quick())
    *_, first = started(events, photo, painting, "a")
    *_, second = started(events, painting, photo, "b")
    tiles = first.tile("quick"), second.tile("quick")
    files = [set(re.findall(r"file=([^\"]+)", tile)) for tile in tiles]
    assert len(files[0]) == len(files[1]) == 2  # the photo and the result
    assert not files[0] & files[1]
    assert "--ratio:1.3333" in tiles[0]
    assert "--ratio:0.7500" in tiles[1]


def test_an_unforeseen_error_is_a_sentence_and_ends_the_run(photo, painting, monkeypatch):
    events = events_of(Quick())
    with monkeypatch.context() as patch:
        patch.setattr(events.queue.engine, "run", lambda *_: 1 / 0)
        *_, page = started(events, photo, painting)
    assert "The comparison failed" in page.status
    assert not page.running
    *_, page = started(events, photo, painting)  # the next one is accepted
    assert "Finished" in page.status


def test_a_run_is_not_called_finished_while_its_distances_are_measured(photo, painting):
    seen = [page.status for page in started(events_of(Quick()), photo, painting)]
    assert any("Measuring the distances" in each for each in seen)
    first = next(place for place, each in enumerate(seen) if "Finished" in each)
    assert len(set(seen[first:])) == 1


def test_everything_is_packed_once_there_is_something(photo, painting):
    events = events_of(Quick())
    with pytest.raises(gr.Error, match="nothing to download yet"):
        events.archive(session("a"))
    list(started(events, photo, painting))
    path = re.search(r'href="gradio_api/file=([^"]+)"', events.archive(session("a")))[1]
    again = re.search(r'href="gradio_api/file=([^"]+)"', events.archive(session("a")))[1]
    assert again == path
    assert events.store.latest("a/a").archive == Path(path), "it is built once"
    with zipfile.ZipFile(path) as archive:
        assert {"quick.png", "content.png", "report.html"} <= set(archive.namelist())


# Curves


def heights(svg):
    """The y coordinates of each line."""
    lines = re.findall(r'class="line line-\d" d="M(\d[^"]*L[^"]*)"', svg)
    return [[float(point.split()[1]) for point in line.split("L")] for line in lines]


def test_a_decade_is_a_decade_everywhere():
    (line,) = heights(losses_chart([(1, {"style": 1e6}), (2, {"style": 1e4}), (3, {"style": 1e2})]))
    assert line[1] - line[0] == pytest.approx(line[2] - line[1], abs=0.11)
    assert line[0] < line[2]


def test_what_a_logarithm_cannot_show_is_left_out():
    svg = losses_chart(
        [(1, {"style": 5.0}), (2, {"style": 0.0}), (3, {"style": math.nan}), (4, {"style": 4.0})]
    )
    assert len(heights(svg)[0]) == 2
    assert "total" not in losses_chart([(1, {"total": 1.0, "style": 2.0}), (2, {"total": 1.0, "style": 1.0})])


def test_a_long_curve_stays_small_and_keeps_its_last_value():
    curve = [(float(second), {"content": 1.0 + second}) for second in range(5000)]
    svg = losses_chart(curve)
    assert len(svg) < 6000
    assert "<b>5e+03</b>" in svg


def test_no_losses_no_curve():
    assert "blank" in losses_chart([(1.0, {})])
    assert "blank" in losses_chart(())


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
    assert pairs((plate, plate), (plate,)) == []


def test_the_pairs_to_start_with_are_there():
    assert [(photo.name, plate.name) for photo, plate in pairs(photos(), shown_plates())] == list(PAIRS)


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
    page = build(InlineEngine([Stepped(), Failing()], "cpu"))
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


def test_a_full_disk_ends_no_comparison_of_a_program(photo, painting, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    events = events_of(Quick(), Stepped())
    endpoint = Endpoint(events.queue, Store(), events.files, PlateIndex({}))
    *_, last = endpoint.compare(uploaded(photo), uploaded(painting), session("a"), 64)
    assert {name: each["state"] for name, each in last.items()} == {"quick": "done", "stepped": "done"}
    for each in last.values():
        assert each["error"] == "The server's disk takes no more files (No space left on device)."
        assert each["seconds"]
        assert "picture" not in each
    assert events.queue.outcomes == {"done": 1}


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
    assert defaults["preset"] == "balanced"
    assert defaults == GatysSettings.make().as_dict()


def test_report_gives_a_run_by_its_key_or_the_newest_by_the_cookie_and_no_other(client, photo, painting):
    wanted = {"content": handle_file(photo), "style": handle_file(painting), "size": 64}
    records = list(client.submit(**wanted, settings={"stepped": {}}, repeats=1, api_name="/compare"))
    assert len(records[-1]["stepped"]["seconds"]["warm"]) == 1
    key = records[-1]["stepped"]["run"]
    assert {each["run"] for each in records[-1].values()} == {key}
    assert len(key) >= 16
    with zipfile.ZipFile(client.predict(api_name="/report")) as parcel:
        assert json.loads(parcel.read("results.json"))["stepped"]["state"] == "done"
    stranger = Client(client.src, verbose=False)
    stranger.session_hash = client.session_hash  # which a client chooses
    for cookies in (stranger.cookies, {}):  # a cookie of their own, and none
        stranger.cookies = cookies
        with pytest.raises(AppError, match="No comparison was named"):
            stranger.predict(api_name="/report")
        with pytest.raises(AppError, match=r"There is no comparison 'guessed'"):
            stranger.predict("guessed", api_name="/report")
    assert zipfile.is_zipfile(stranger.predict(key, api_name="/report"))
    stranger.close()


def test_who_has_no_cookie_gets_nothing_by_address(client, photo, painting):
    """Two programs behind one address, neither with a cookie or a session."""
    files = {}
    with httpx.Client(base_url=client.src, timeout=60) as program:
        for name, path in (("content", photo), ("style", painting)):
            (there,) = program.post("/gradio_api/upload", files=[("files", path.open("rb"))]).json()
            files[name] = {"path": there, "meta": {"_type": "gradio.FileData"}}
        wanted = {**files, "size": 64, "settings": {"stepped": {"steps": 1}}}

        def answer(api_name, body):
            event = program.post(f"/gradio_api/call/v2/{api_name}", json=body).json()["event_id"]
            return program.get(f"/gradio_api/call/{api_name}/{event}").text

        records = answer("compare", wanted)
        assert "event: complete" in records
        assert not program.cookies
        assert "No comparison was named" in answer("report", {})
        key = re.findall(r'"run": "([^"]+)"', records)[-1]
        assert "stylegrid.zip" in answer("report", {"run": key})


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


def test_the_engine_is_chosen_by_a_flag(monkeypatch, capsys):
    monkeypatch.setenv("STYLEGRID_ENGINE", "process")
    monkeypatch.setenv("PORT", "0")
    with pytest.raises(SystemExit, match="PORT"):
        app.main(["--engine", "inline"])
    assert os.environ["STYLEGRID_ENGINE"] == "inline"
    with pytest.raises(SystemExit):
        app.main(["--engine", "abacus"])
    assert "choose from process, inline, zerogpu, ray" in capsys.readouterr().err.replace("'", "")


def test_on_a_space_visitors_keep_their_addresses_behind_its_proxy(monkeypatch):
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    monkeypatch.setenv("SPACE_ID", "somebody/stylegrid")
    for expected in ("192.0.2.1", app.INNER):
        with pytest.raises(SystemExit, match="PORT"):
            app.main()
        assert os.environ["FORWARDED_ALLOW_IPS"] == expected
        monkeypatch.delenv("FORWARDED_ALLOW_IPS")
