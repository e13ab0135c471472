"""A ZIP of a comparison is read back whole; what is none, or too large, is refused with a sentence."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from compare.limits import PAGE_SIDE, SWEEP_SIDES
from core.images import to_image
from fake_methods import FakeSettings, Masked, Quick
from page_handlers import Shown, clicked, events_of, noise, session, uploaded, values_of
from ui.report import archive
from ui.unpack import unpacked
from ui.visitors import page_of


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The events of a page, its comparison, and the ZIP of that."""
    tmp_path = tmp_path_factory.mktemp("unpack")
    photo, painting = tmp_path / "photo.png", tmp_path / "painting.png"
    for path in (photo, painting):
        Image.effect_noise((64, 48), 90).convert("RGB").save(path)
    events = events_of(Quick(), folder=tmp_path / "history")
    values = values_of(events, uploaded(photo), uploaded(painting), strength=0.7)
    list(clicked(events, values))
    finished = events.store.latest(page_of(session("a")))
    path = tmp_path / "stylegrid.zip"
    path.write_bytes(archive(finished))
    return events, finished, path


def changed(path, **files):
    """A copy of the ZIP with some of its files replaced."""
    with zipfile.ZipFile(path) as packed:
        held = {name: packed.read(name) for name in packed.namelist()} | files
    path = path.with_name("changed.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in held.items():
            packed.writestr(name, data)
    return path


def test_pictures_settings_and_results_come_back(compared):
    events, finished, path = compared
    found = unpacked(str(path), events.inputs.methods, events.files).finished
    before, after = finished.tiles["quick"], found.tiles["quick"]
    assert after.settings == FakeSettings(strength=0.7)
    assert np.array_equal(after.image, before.image)
    assert np.array_equal(found.request.content, finished.request.content)
    assert (after.seconds, after.distances, after.state) == (before.seconds, before.distances, "done")
    assert str(after.notes[0]) == str(before.notes[0])


def test_dropped_on_the_page_it_is_all_there(compared):
    events, _, path = compared
    outputs = events.restore(uploaded(path), session("b"))
    shown = Shown(events)
    list(shown.after(iter([outputs])))
    assert "in the ZIP is back" in shown.status
    assert "again" not in shown.status  # none of its settings was a file
    assert 'data-state="done"' in shown.tile("quick")
    assert outputs[events.inputs.panels["quick"].controls["strength"]] == 0.7
    assert outputs[events.inputs.chosen] == ["quick"]
    assert set(outputs) <= set(events.earlier.outputs)
    assert events.archive(session("b"))  # and can be downloaded again


def test_a_sweep_comes_back_at_its_last_size_and_the_page_at_one_of_its_own(compared):
    events, finished, path = compared
    content = np.asarray(noise(SWEEP_SIDES[-1], 128))
    request = replace(finished.request, content=content)
    tiles = {"quick": replace(finished.tiles["quick"], image=255 - content)}
    path = path.with_name("sweep.zip")
    path.write_bytes(archive(replace(finished, request=request, tiles=tiles, archive=None)))
    outputs = events.restore(uploaded(path), session("c"))
    assert "in the ZIP is back" in outputs[events.inputs.status]
    back = events.store.latest(page_of(session("c")))
    assert np.array_equal(back.tiles["quick"].image, 255 - content)
    assert outputs[events.inputs.size] == PAGE_SIDE[1]


def record_with(path, **changes):
    with zipfile.ZipFile(path) as packed:
        records = json.loads(packed.read("results.json"))
    records["quick"] |= changes
    return json.dumps(records).encode()


def large(width, height):
    stream = io.BytesIO()
    to_image(np.zeros((height, width, 3), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        lambda path: {"results.json": b"{}"},
        lambda path: {"results.json": b"[" * 100_000},
        lambda path: {"results.json": b" " * 6_000_000},
        lambda path: {"content.png": b"no picture"},
        lambda path: {"content.png": large(2100, 128)},
        lambda path: {"content.png": large(11_000, 11_000)},
        lambda path: {"results.json": record_with(path, seconds={"load": "x"})},
        lambda path: {"results.json": record_with(path, settings={"strength": 7})},
    ],
)
def test_what_is_none_of_ours_is_refused(compared, files):
    events, _, path = compared
    outputs = events.restore(uploaded(changed(path, **files(path))), session("b"))
    assert list(outputs) == [events.inputs.status]
    assert "no comparison that StyleGrid knows" in outputs[events.inputs.status]


def test_nothing_of_it_is_taken_for_html_or_for_a_path_of_the_server(compared):
    events, _, path = compared
    weights = [{"key": "vgg19", "sha256": "<script>", "source": "", "licence": ""}]
    data = record_with(path, weights=weights, device="<script>", settings={"seed": 1, "mask": "/etc/passwd"})
    outputs = events.restore(uploaded(changed(path, **{"results.json": data})), session("b"))
    assert "<script>" not in outputs[events.results.tiles["quick"]]
    masked = events_of(Masked())
    records = json.loads(data)
    records["masked"] = records["quick"]
    path = changed(path, **{"results.json": json.dumps(records).encode()})
    found = unpacked(str(path), masked.inputs.methods, masked.files).finished
    assert found.request.files == {}
    assert "Add Mask again: the ZIP" in masked.restore(uploaded(path), session("b"))[masked.inputs.status]
    assert found.tiles["masked"].settings.mask == ""
