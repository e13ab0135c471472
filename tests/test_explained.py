"""What the page says of the methods: at their tiles, in the tab, and about two pictures of a comparison."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch

from compare.costs import CostModel
from core.yardstick import Distances
from fake_methods import Quick
from methods import ALL
from methods.cin import CIN, CINSettings
from methods.gatys_presets import GatysSettings
from test_distance_charts import NEAR, QUICK, SLOW
from ui.explained import SENTENCES, about, how_it_works
from ui.figures import FIGURES, figure_svg
from ui.language import texts
from ui.why import reasons, why_html

TILES = {each.method: each for each in (QUICK, NEAR, SLOW)}


@pytest.mark.parametrize("method", ALL)
def test_every_method_says_what_it_is(method):
    assert {f"how.{method.name}.{part}" for part in ("idea", *SENTENCES, "formula", "matches")} <= {
        *texts("en")
    }
    html = about(method.name, method.title)
    assert html.count("<p>") == 3
    assert f'popovertarget="about-{method.name}"' in html
    ElementTree.fromstring(figure_svg(method.name))
    assert f'id="how-{method.name}"' in how_it_works([method])


def test_a_method_from_elsewhere_has_a_tile_all_the_same():
    assert about("quick", "Quick") == '<p class="idea"></p>'  # of the same height
    assert figure_svg("quick") == ""
    assert "<section" not in how_it_works([Quick()])


def test_every_text_is_used_and_none_is_missing():
    used = {f"figure.{node.key}" for figure in FIGURES.values() for node in figure.nodes}
    assert used <= {*texts("en")}
    spare = {key for key in texts("en") if key.startswith("figure.")} - used
    assert spare == {"figure.back"}
    named = {key.split(".")[1] for key in texts("en") if key.startswith("how.") and key.count(".") == 2}
    assert named == {each.name for each in ALL}


def test_two_pictures_are_told_apart_by_their_own_numbers():
    sentences = list(reasons(SLOW, replace(QUICK, distances=Distances(0.2, 0.2))))
    assert sentences == [
        "Slow is nearer to the painting than Quick: 0.100 against 0.200; the untouched photo has 0.900.",
        "Quick keeps more of the photo than Slow: 0.200 against 0.700; the photo itself has 0.",
        "Slow worked for 40.0\u202fs, Quick for 0.10\u202fs.",
        "Slow began with a picture 0.800 from the painting and came to 0.100 in 1 steps.",
    ]


def test_what_both_do_and_what_was_set_otherwise_is_said():
    gatys = replace(SLOW, method="gatys", settings=GatysSettings.make(preset="paper", keep_colours=True))
    first, *_, last = reasons(replace(NEAR, method="cin"), gatys)
    assert first.startswith("Near paints with one network for all styles")
    assert last == "Of Slow some settings are not as usual: Keep the photo's colours True."


def test_what_was_left_to_the_machine_is_no_setting_that_was_changed():
    device = torch.device("cpu")
    decide = CostModel({"cin": CIN()}, device, lambda: 1.0).decided
    tile = replace(NEAR, method="cin", settings=CIN().decide(CINSettings.make(), device))
    assert tile.settings.width != CINSettings.make().width
    assert "as usual" not in " ".join(reasons(tile, tile, decide=decide))
    other = {"full": "slim", "slim": "full"}[tile.settings.width]
    *_, last = reasons(tile, replace(tile, settings=CINSettings.make(width=other)), decide=decide)
    assert f"Width of the network {other}" in last


@pytest.mark.parametrize("pair", [("quick", "quick"), ("quick", None), ("quick", "unknown"), (None, None)])
def test_two_different_pictures_are_asked_for(pair):
    assert "Choose two different pictures" in why_html(TILES, *pair)
    assert len(re.findall("<li>", why_html(TILES, "quick", "near"))) == 3
