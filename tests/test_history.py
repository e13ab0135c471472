"""Earlier comparisons: kept on disk for an hour, for the browser alone that made them, and brought back."""

import os
import pickle

import gradio as gr
import pytest

from fake_methods import Quick, Stepped
from page_handlers import Shown, events_of, session, uploaded, values_of
from ui.history import MOST, SECONDS, Entry, History, Kept

KEY = "k" * 32


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "history"


def entry(title):
    return Entry(title, "data:,")


def kept(size=0):
    return Kept(b"x" * size, "photo.png", "painting.png")


def titles(history, key=KEY):
    return [each.title for each in history.newest(key).values()]


def filled(history, clock, count=1, key=KEY, **options):
    for place in range(count):
        clock.now += 1
        history.add(key, entry(str(place)), kept(**options))


def test_the_newest_outlive_a_restart_for_an_hour(folder, clock):
    filled(History(folder, clock), clock, MOST + 3)
    again = History(folder, clock)
    assert titles(again) == [str(place) for place in range(MOST + 2, 2, -1)]
    clock.now += SECONDS - 1
    assert titles(again) == [str(MOST + 2), str(MOST + 1)]
    clock.now += 2
    assert titles(again) == []
    filled(again, clock, key="o" * 32)
    assert len([*folder.glob("*/*")]) == 1  # what is too old is gone from the disk


def test_another_key_opens_nothing(folder, clock):
    history = History(folder, clock)
    filled(history, clock)
    (number,) = history.newest(KEY)
    for other in ("", "o" * 32, "../" * 10, KEY[:-1]):
        assert titles(history, other) == []
        assert history.get(other, number) is None
    history.add("short", entry("a"), kept())
    assert len([*folder.iterdir()]) == 1
    assert KEY not in str([*folder.rglob("*")])


def test_all_visitors_share_a_bound(folder, clock, monkeypatch):
    monkeypatch.setattr("ui.history.MOST_BYTES", 25_000)
    history = History(folder, clock)
    filled(history, clock, 2, size=10_000)
    filled(history, clock, 1, "o" * 32, size=10_000)
    assert (titles(history), titles(history, "o" * 32)) == (["1"], ["0"])


def test_a_damaged_file_and_a_full_disk_stand_in_nobodys_way(folder, clock, monkeypatch, caplog):
    history = History(folder, clock)
    filled(history, clock, 2)
    next(folder.glob("*/*.pickle")).write_bytes(b"no pickle")
    assert len(titles(history)) == 1

    def full(what, file):
        raise OSError("No space left on device")

    monkeypatch.setattr("pickle.dump", full)
    filled(history, clock)
    assert "A comparison is not kept: No space left on device" in caplog.text


class Unread:
    """What must not be unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a comparison is read",)


def test_the_strip_is_drawn_without_reading_a_comparison(folder, clock):
    history = History(folder, clock)
    history.add(KEY, entry("new"), Unread())
    assert titles(history) == ["new"]


def test_a_file_of_an_earlier_version_is_left_out(folder, clock, caplog):
    history = History(folder, clock)
    filled(history, clock, 2)
    next(folder.glob("*/*.pickle")).write_bytes(pickle.dumps(kept()))  # the comparison alone
    assert len(titles(history)) == 1
    assert not caplog.text


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no such modes")
def test_a_folder_that_is_open_to_others_is_not_trusted(folder, clock):
    history = History(folder, clock)
    filled(history, clock)
    folder.chmod(0o777)
    assert titles(history) == []


def test_a_comparison_comes_back_with_its_pictures_and_settings(folder, photo, painting):
    events = events_of(Quick(), Stepped(), folder=folder)
    values = values_of(events, uploaded(photo), uploaded(painting), strength=0.7)
    inputs, results = events.inputs, events.results
    values |= {results.key: KEY, inputs.chosen: ["quick"]}
    *_, last = events.compare(values, session("a"))
    assert last[results.earlier].count("<button") == 1
    (number,) = events.earlier.history.newest(KEY)

    again = events_of(Quick(), Stepped(), folder=folder)  # as after a restart
    painting.unlink()
    click = gr.SelectData(None, {"index": number, "value": ""})
    outputs = again.back(KEY, click, session("b"))
    inputs, results = again.inputs, again.results
    (page,) = Shown(again).after(iter([outputs]))
    assert 'data-state="done"' in page.tile("quick")
    assert page.tile("stepped") == ""
    assert "Quick" in page.summary
    assert (outputs[inputs.size], outputs[inputs.chosen]) == (64, ["quick"])
    assert outputs[inputs.panels["quick"].controls["strength"]] == 0.7
    assert outputs[inputs.content.image] == str(photo)
    assert outputs[inputs.style.image].endswith("picture.png")  # what the methods saw, for the file is gone
    assert set(outputs) <= {*again.earlier.outputs}
    assert again.archive(session("b"))
    gone = again.back("o" * 32, click, session("b"))
    assert "no longer kept" in gone[inputs.status]


def test_a_lost_connection_keeps_what_was_there(folder, photo, painting):
    events = events_of(Quick(), Stepped(), folder=folder)
    values = values_of(events, uploaded(photo), uploaded(painting)) | {events.results.key: KEY}
    run = events.compare(values, session("a"))
    for outputs in run:
        if 'data-state="measuring"' in str(outputs.get(events.results.tiles["quick"])):
            break
    events.on_unload(session("a"))
    run.close()
    assert len(events.earlier.history.newest(KEY)) == 1
    assert not events.runs.going
