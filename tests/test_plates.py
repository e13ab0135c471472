import sys

import pytest
import torch
from PIL import Image, ImageChops

from core.images import to_tensor
from core.plates import STYLES, PlateIndex, plates
from core.yardstick import style_distance, style_grams
from training.draw_plates import MOST_BYTES, PLATES, SEED, SIDE
from training.plates import relisted, synthesised

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLES = tomllib.loads((STYLES / "styles.toml").read_text(encoding="utf-8"))["plate"]


def drawn(name, side):
    return to_tensor(PLATES[name](side, SEED))


def test_every_plate_that_can_be_drawn_is_listed():
    drawn = {table["name"] for table in TABLES if table["artist"] == "StyleGrid"}
    assert drawn == set(PLATES)
    assert {plate.name for plate in plates()} == {table["name"] for table in TABLES}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["name"])
def test_a_plate_is_a_small_square_jpeg_of_known_origin(table):
    path = STYLES / table["file"]
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (SIDE, SIDE))
    assert table["title"]
    assert table["licence"]
    assert table["made"]


@pytest.mark.parametrize("name", PLATES)
def test_the_seed_decides_every_pixel(name):
    first, again, other = (PLATES[name](32, seed) for seed in (SEED, SEED, SEED + 1))
    assert first.size == (32, 32)
    assert ImageChops.difference(first, again).getbbox() is None
    assert ImageChops.difference(first, other).getbbox() is not None


def test_there_are_enough_plates_and_their_names_are_their_files():
    assert len(TABLES) >= 16
    assert len({table["name"] for table in TABLES}) == len(TABLES)
    assert all(table["file"] == f"{table['name']}.jpg" for table in TABLES)


@pytest.mark.parametrize(
    "table", [each for each in TABLES if each["artist"] != "StyleGrid"], ids=lambda table: table["name"]
)
def test_a_synthesised_plate_has_its_paintings_style_and_its_origin(table):
    assert 0 < table["gram_error"] < 0.025
    assert "public domain" in table["licence"]
    assert table["year"]


def test_a_texture_comes_near_its_painting_and_the_seed_decides_it():
    painting = drawn("stained-glass", 64)
    levels = ((32, 12), (64, 12))
    first, again, other = (synthesised(painting, seed, levels) for seed in (0, 0, 1))
    assert first.shape == (1, 3, 64, 64)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert style_distance(style_grams(first), style_grams(painting)) < 0.3 * style_distance(
        style_grams(noise), style_grams(painting)
    )


def test_a_plate_made_anew_replaces_its_table():
    wave = {"name": "wave", "title": 'The "Great" Wave, Größe', "seed": 3, "gram_error": 0.0125}
    sea, text = {"name": "sea", "seed": 1}, "# A comment.\n"
    for table in (wave, sea, {**wave, "seed": 4}):
        text = relisted(text, table)
    assert text.startswith("# A comment.\n\n[[plate]]\n")
    assert tomllib.loads(text) == {"plate": [sea, {**wave, "seed": 4}]}
    assert tomllib.loads(relisted("", wave)) == {"plate": [wave]}


def test_a_copy_of_a_plates_file_is_recognised(tmp_path):
    names = PlateIndex({plate.name: plate.path for plate in plates()})
    copy = tmp_path / "copy.jpg"
    copy.write_bytes((STYLES / "udnie.jpg").read_bytes())
    assert names.of(copy) == "udnie"
    copy.write_bytes(copy.read_bytes() + b" ")
    assert names.of(copy) is None


def test_a_list_of_plates_that_is_none_is_an_error(tmp_path):
    assert plates(tmp_path) == ()
    (tmp_path / "styles.toml").write_text('[[plate]]\nname = "no file"\n')
    with pytest.raises(ValueError, match=r"styles.toml is not a list of plates"):
        plates(tmp_path)
    (tmp_path / "styles.toml").write_text('[[plate]]\nname = "gone"\nfile = "gone.jpg"\n')
    assert plates(tmp_path) == ()
    with pytest.raises(ValueError, match=r"lists pictures that are not there: gone.jpg"):
        plates(tmp_path, complete=True)
