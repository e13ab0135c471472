"""A link brings back what was chosen, and BibTeX comes of the papers' texts."""

import json
import re
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import pytest

from engine.inline import InlineEngine
from fake_methods import Stepped
from methods import ALL
from methods.gatys import Gatys
from page_handlers import uploaded
from ui.cite import bibtex, cite_html
from ui.examples import photos, shown_plates
from ui.input_panel import InputPanel
from ui.links import Links

PHOTOS, PAINTINGS = photos(), shown_plates()


@pytest.fixture
def links():
    with gr.Blocks():
        inputs = InputPanel(InlineEngine([Gatys(), Stepped()], "cpu"), PHOTOS, PAINTINGS)
        return Links(inputs, PHOTOS, PAINTINGS, gr.HTML())


def values_of(links, photo, painting, **changes):
    inputs = links.inputs
    values = {inputs.content.image: photo, inputs.style.image: painting, inputs.size: 384, inputs.timing: 3}
    values |= {inputs.chosen: ["gatys", "stepped"]} | {each: each.value for each in inputs.controls}
    controls = inputs.panels["gatys"].controls
    return values | {controls[name]: value for name, value in changes.items()}


def query_of(shown, links):
    address = unescape(re.search('href="([^"]*)"', shown[links.shown])[1])
    return {key: value for key, (value,) in parse_qs(urlsplit(address).query).items()}


def opened(links, query):
    return links.open(SimpleNamespace(query_params=query, request=None))


def test_a_link_brings_everything_back(links):
    photo, painting = uploaded(PHOTOS[1].path), uploaded(PAINTINGS[3].path)
    shown = links.link(values_of(links, photo, painting, stylisation=0.7))
    query = query_of(shown, links)
    assert query == {
        "photo": PHOTOS[1].name,
        "painting": PAINTINGS[3].name,
        "methods": "gatys,stepped",
        "size": "384",
        "timing": "3",
        "gatys.stylisation": "0.7",
    }
    inputs, back = links.inputs, opened(links, query)
    assert back[inputs.content.image] == str(PHOTOS[1].path)
    assert back[inputs.style.image] == str(PAINTINGS[3].path)
    assert (back[inputs.size], back[inputs.timing], back[inputs.chosen]) == (384, 3, ["gatys", "stepped"])
    assert back[inputs.panels["gatys"].controls["stylisation"]] == 0.7
    assert "press Compare" in back[inputs.status]
    assert set(back) <= set(links.outputs)


def test_own_pictures_are_not_in_a_link_which_says_so(links, photo):
    shown = links.link(values_of(links, uploaded(photo), uploaded(PAINTINGS[0].path)))
    assert "photo" not in query_of(shown, links)
    for place in (links.inputs.status, links.shown):
        assert "your own photo: the ZIP can" in shown[place]
    back = opened(links, query_of(shown, links))
    assert "Add what is missing (photo), then press Compare." in back[links.inputs.status]


def test_why_there_is_no_link_stands_at_the_button_too(links):
    shown = links.link(values_of(links, None, None, steps=-1))
    assert "Steps is -1" in shown[links.shown]
    assert shown[links.shown] == shown[links.inputs.status]


@pytest.mark.parametrize(
    "change",
    [
        {"size": "many"},
        {"size": "9999"},
        {"gatys.steps": "1e9"},
        {"gatys.steps": "{"},
        {"gatys.unknown": "1"},
    ],
)
def test_what_there_is_not_is_said_and_changes_nothing(links, change):
    back = opened(links, {"methods": "gatys", "size": "256", "timing": "0", **change})
    assert list(back) == [links.inputs.status]
    assert "what there is not here" in back[links.inputs.status]


def test_files_of_the_server_are_no_settings_of_a_link(links):
    files = json.dumps({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}})
    back = opened(
        links, {"methods": "stepped", "size": "256", "photo": "../../etc/passwd", "painting": files}
    )
    assert links.inputs.content.image not in back
    assert links.inputs.style.image not in back


def test_a_page_without_a_link_is_offered_the_first_size(links):
    assert opened(links, {}) == {links.inputs.offered: links.inputs.first_size()}


@pytest.mark.parametrize("method", ALL)
def test_every_paper_can_be_cited(method):
    entry = bibtex(method)
    assert entry.count("{") == entry.count("}")
    fields = dict(re.findall(r"  (\w+) = \{(.*)\}", entry))
    assert fields["url"].startswith("https://")
    assert (fields["year"], "(" in fields["title"]) == (str(method.year), False)
    assert fields["author"]
    assert entry.splitlines()[0] in unescape(cite_html([method()]))
