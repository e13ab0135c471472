"""The comparison that the page opens with: what is kept of it, how it is drawn, and how it is made."""

import json
import logging
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from benchmarks import first_sight as maker
from compare.comparison import Comparison
from compare.schema import make_request
from core.images import Picture
from fake_methods import Failing, Quick, Stepped
from methods import ALL, ticked_at_first
from methods.base import Stop
from ui.first_sight import FOLDER, NUMBERS, first_sight, picture_file
from ui.language import ENGLISH

METHODS = {method.name: method() for method in ALL}


def test_the_page_opens_with_a_comparison():
    first = first_sight(METHODS)
    assert list(first.tiles) == [name for name in ticked_at_first(ALL) if name in METHODS]
    assert re.search(r"Computed earlier on .+, \d{4}-\d\d-\d\d\.", first.head(ENGLISH))
    assert "Composition VII" in first.head(ENGLISH)
    for name in first.tiles:
        html = first.tile(name, ENGLISH)
        assert html.count(f"/{picture_file(name)}") == 1
        assert 'data-state="done"' in html
        assert "Download PNG" not in html  # which would be no PNG
    assert first.tiles["gatys"].distances.style < first.tiles["gatys"].baseline.style


def test_its_pictures_have_all_measures_and_say_what_training_takes():
    tiles = first_sight(METHODS).tiles
    assert all(tile.measures and tile.landmarks for tile in tiles.values())
    assert [name for name, tile in tiles.items() if tile.learning] == ["johnson"]
    assert 20 < tiles["johnson"].learning.seconds < 200
    assert "All measures of" in first_sight(METHODS).tile("cin", ENGLISH)


def test_its_settings_are_those_that_it_was_painted_with():
    kept = json.loads((FOLDER / NUMBERS).read_text(encoding="utf-8"))["tiles"]
    for name, tile in first_sight(METHODS).tiles.items():
        painted_with = json.loads(json.dumps(tile.settings.as_dict()))
        assert painted_with.items() >= kept[name]["settings"].items()  # what is newer is as usual


def test_its_pictures_are_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.webp")) < 250_000


def test_methods_that_it_lacks_take_no_tile():
    assert first_sight({"quick": Quick()}) is None
    assert list(first_sight({"quick": Quick(), "cin": METHODS["cin"]}).tiles) == ["cin"]


@pytest.mark.parametrize("damage", ["", "[]", '{"tiles": {"cin": {}}}', "{"])
def test_a_damaged_file_leaves_the_page_without_it(tmp_path, damage, caplog):
    folder = tmp_path / "kept"
    shutil.copytree(FOLDER, folder)
    (folder / NUMBERS).write_text(damage)
    with caplog.at_level(logging.WARNING):
        assert first_sight(METHODS, folder) is None
    assert "The page opens without a comparison" in caplog.text


def test_what_was_made_is_what_is_shown(tmp_path):
    methods = {"quick": Quick(), "stepped": Stepped()}
    noise = [Picture(Image.effect_noise((80, 60), 90).convert("RGB"), None) for _ in range(2)]
    settings = {name: method.Settings.make() for name, method in methods.items()}
    request = make_request(*noise, settings, 64)
    tiles = {tile.method: tile for tile in Comparison(list(methods.values()), "cpu").run(request, Stop())}
    kept = {"photo": "A", "painting": "B", "machine": "C", "date": "2026-11-07",
            "tiles": {name: maker.entry(tile) for name, tile in tiles.items()}}  # fmt: skip
    maker.write(tmp_path, kept, maker.compressed(maker.pictures(request, tiles)))
    first = first_sight(methods, tmp_path)
    assert "<b>A in the style of B</b>Computed earlier on C, 2026-11-07." in first.head(ENGLISH)
    for name, tile in tiles.items():
        shown = first.tiles[name]
        assert (shown.seconds, shown.distances, shown.baseline) == (
            tile.seconds,
            tile.distances,
            tile.baseline,
        )
        assert [*map(str, shown.notes)] == [*map(str, tile.notes)]
        assert np.abs(shown.image.astype(int) - tile.image).mean() < 20
    assert first.tiles["stepped"].loss_history == tiles["stepped"].loss_history
    assert json.loads((tmp_path / NUMBERS).read_text())["tiles"]["quick"]["state"] == "done"


def test_a_method_that_failed_is_not_kept():
    photo = Picture(Image.new("RGB", (64, 64)), None)
    request = make_request(photo, photo, {"failing": Failing().Settings.make()}, 64)
    *_, tile = Comparison([Failing()], "cpu").run(request, Stop())
    with pytest.raises(ValueError, match="Failing is failed: The weights <file> is damaged"):
        maker.entry(tile)


def test_pictures_that_do_not_fit_are_refused(monkeypatch):
    monkeypatch.setattr(maker, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="do not fit into 10 bytes"):
        maker.compressed({"a": Image.new("RGB", (64, 64))})


def test_a_pair_that_is_not_there_is_told(capsys):
    assert maker.main(["--photo", "nobody"]) == 2
    assert "There is no example photo 'nobody'." in capsys.readouterr().err
