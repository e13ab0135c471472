"""What the grid draws of a run, and the sentence that says how far it is."""

import errno
import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from compare.comparison import waiting_tiles
from compare.schema import Tile, make_request
from core.images import Picture
from fake_methods import FakeSettings, Stepped
from methods.base import Declined
from ui.files import FileCache
from ui.grid import Grid, progress_of, waiting_grid


def named(name, title):
    method = Stepped()
    method.name, method.title, method.iterative = name, title, True
    return method


METHODS = {"one": named("one", "One"), "two": named("two", "Two")}
RUNNING = Tile("one", "One", FakeSettings(), state="running", step=1, total=3)


class Saved:
    """Stands in for a FileCache: names of the files, in the order of saving."""

    def __init__(self):
        self.names = []

    def save(self, image, name, text):
        self.names.append(name)
        return f"/{len(self.names)}-{name}"

    def save_bytes(self, data, name):
        return self.save(data, name, {})


@pytest.fixture
def grid(monkeypatch):
    monkeypatch.setattr("ui.grid.address", str)
    alpha = Image.new("L", (80, 40), 128)
    content = Picture(Image.new("RGB", (80, 40), "red"), alpha)
    request = make_request(content, Picture(Image.new("RGB", (32, 32)), None), {"one": FakeSettings()}, 64)
    return Grid(request, METHODS, Saved(), lambda *_: 12.3)


def with_picture(tile, **changes):
    """A tile as it arrives from another process: with a picture that is an array of its own."""
    image = np.zeros((32, 64, 3), np.uint8)
    return pickle.loads(pickle.dumps(replace(tile, image=image, **changes)))


def test_before_a_run_there_is_a_tile_for_every_method(grid):
    given = waiting_tiles(grid.request.settings, METHODS, None), METHODS, grid.photo
    tiles = waiting_grid(*given)
    assert list(tiles) == ["one", "two"]
    assert 'data-state="waiting"' in tiles["one"]
    assert 'data-state="stopped"' in waiting_grid(*given, "stopped")["one"]
    assert tiles["two"] == ""  # which the run leaves out
    assert "plotted" in tiles["one"]  # the place of its curve from the start, so that nothing jumps
    assert grid.files.names == ["photo.png"]


def test_who_is_known_to_decline_says_so_before_the_run(grid, monkeypatch):
    monkeypatch.setattr(METHODS["one"], "declined", lambda *_: Declined("It dares not."), raising=False)
    tiles = waiting_tiles(grid.request.settings, METHODS, None)
    for state in ("waiting", "stopped"):
        drawn = waiting_grid(tiles, METHODS, grid.photo, state)["one"]
        assert 'data-state="declined"' in drawn
        assert "It dares not." in drawn


def test_photo_and_painting_stand_beside_the_results(grid):
    pair = grid.pair()
    assert re.findall(r'src="([^"]+)"', pair) == ["/1-photo.png", "/2-painting.png"]
    assert "64 × 32 px" in pair


def test_previews_are_no_files_and_a_finished_picture_is_saved_once(grid):
    assert 'class="result"' not in grid.draw(RUNNING)
    assert 'class="result" src="data:image/webp' in grid.draw(with_picture(RUNNING))
    drawn = [
        grid.draw(with_picture(RUNNING, state=state, files={"style.safetensors": b"x"}))
        for state in ("measuring", "done", "timing", "done")
    ]
    assert grid.files.names == ["photo.png", "stylegrid-one.png", "style.safetensors"]
    addresses = {tuple(re.findall(r'(?:src|href)="([^"#]+)"', html)) for html in drawn}
    assert len(addresses) == 1
    assert "/2-stylegrid-one.png" in addresses.pop()


def test_a_stopped_method_keeps_its_picture_so_far_and_a_failed_one_its_sentence(grid):
    assert "Stopped at step 1 of 3" in grid.draw(with_picture(RUNNING, state="stopped"))
    assert "Download PNG" in grid.draw(with_picture(RUNNING, state="stopped"))
    assert "It &lt;failed&gt;." in grid.draw(replace(RUNNING, state="failed", error="It <failed>."))


def test_a_full_disk_leaves_the_pictures_in_the_page_and_a_sentence(grid, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/secret")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    grid = Grid(grid.request, METHODS, FileCache(None), grid.predict)
    assert 'class="photo" src="data:image/png;base64,' in grid.draw(RUNNING)
    assert 'class="result" src="data:image/png;base64,' in grid.draw(with_picture(RUNNING, state="done"))
    assert "takes no more files (No space left on device)" in grid.problem
    assert "secret" not in grid.problem


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (("waiting", "waiting"), "0 of 2 done"),
        (("loading", "waiting"), "One, 1 of 2: Loading the weights"),
        (("measuring", "running"), "Two, 2 of 2: Running"),
        (("done", "timing"), "Two, 2 of 2: Timing again"),
        (("measuring", "done"), "Measuring the distances"),
        (("done", "stopped"), "Stopped; 1 of 2 finished."),
        (("done", "failed"), "1 of 2 finished; 1 failed."),
        (("done", "done"), "Finished."),
    ],
)
def test_a_sentence_says_how_far_a_run_is(states, sentence):
    tiles = {name: replace(RUNNING, method=name, title=method.title) for name, method in METHODS.items()}
    tiles = {
        name: replace(tile, state=state) for (name, tile), state in zip(tiles.items(), states, strict=True)
    }
    assert progress_of(tiles) == sentence
