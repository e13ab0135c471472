import sys

import pytest
from PIL import Image, ImageChops

from core.plates import STYLES, plates
from training.draw_plates import MOST_BYTES, PLATES, SEED, SIDE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLES = tomllib.loads((STYLES / "styles.toml").read_text(encoding="utf-8"))["plate"]


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
