"""The page's words: every text is there in every language, none is unused, and none repeats a number."""

import ast
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import gradio as gr
import pytest
from starlette.requests import Request

from compare.leaderboard import QUESTIONS as QUESTIONS_OF_VOTES
from compare.schema import State
from compare.votes import OUTCOMES
from core.images import PAINTING, PictureError, picture_size
from core.measures import MEASURES
from core.sentence import Sentence, sentence_of
from engine.admission import HOURLY, INSPECTED, NETWORK_HOURLY
from methods import ALL
from methods.base import Note, Serves
from methods.settings import NEEDED, Setting
from ui.chart import LOSSES
from ui.examples import photos, shown_plates
from ui.explained import SENTENCES
from ui.figures import FIGURES
from ui.inspect_html import COLOURS, DIRECTIONS, VIEWS
from ui.language import ENGLISH, I18N, LANGUAGES, LOCALES, Language, label, language_of, texts
from ui.measures import QUESTIONS
from ui.sweep import QUANTITIES
from ui.tile import FILES as FILES_OF_METHODS
from ui.vote_html import KIND_KEYS, word
from ui.weights_panel import HEADINGS
from weights.inventory import State as WeightState

ROOT = Path(__file__).parent.parent
ROOMS = ("app.py", "ui", "engine", "compare", "methods", "core")  # what the page's words are from
FILES = [path for room in ROOMS for path in ([ROOT / room] if "." in room else (ROOT / room).rglob("*.py"))]
NUMBERS = ("load", "first", "warm", "content", "style", "memory")  # of a tile
SPEAKERS = {"say", "label", "standing"}  # what is called with a key
NAMES = re.compile(  # digits of names, the ends of a scale, an example, and counts up to two
    r"VGG-1[69]|vgg19|relu\d_\d|SHA-256|JPEG 2000|bfloat16|1:1|\b2, 1(, 1)?\b"
    r"|(?<![\d.,])[01](?![\d.,]\d)|255|90|2(?=枚|回|倍|本)"
)
COUNTS = re.compile(r"\b(three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand)\b", re.IGNORECASE)
FOUR_TIMES = {"size.about"}  # an area, not a number of ours
BANNED = re.compile(
    r"\b(plates?|own work|above the start|away|by style|shares|norm|learn steps|embedded|alpha|pastiche)\b",
    re.IGNORECASE,
)


def literals(node: ast.expr | None) -> Iterator[str]:
    """Texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def calls() -> Iterator[tuple[str, ast.Call, ast.Module]]:
    """Every call of a name, or of an attribute, in the rooms."""
    for path in FILES:
        module = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                yield name, node, module


def sentences() -> dict[str, set[str]]:
    """The English of each key that a sentence or a note has in the rooms."""
    found: dict[str, set[str]] = {}
    for name, call, module in calls():
        if name in ("Sentence", "Note") and len(call.args) > 1:
            for key in text_of(call.args[0], call, module):
                found.setdefault(key, set()).update(text_of(call.args[1], call, module))
    return found


def text_of(node: ast.expr, call: ast.Call, module: ast.Module) -> set[str]:
    """What a template is: a text, or a name that was given one before, nearest before the call."""
    if not isinstance(node, ast.Name):
        return set(literals(node))
    given = [
        each
        for each in ast.walk(module)
        if isinstance(each, ast.Assign)
        and each.lineno < call.lineno
        and any(getattr(target, "id", "") == node.id for target in each.targets)
    ]
    return set(literals(max(given, key=lambda each: each.lineno).value)) if given else set()


def unused_and_said() -> set[str]:
    """Keys that the rooms say: those that are written out, and those that are put together."""
    said = {
        key for name, call, _ in calls() if name in SPEAKERS for arg in call.args for key in literals(arg)
    }
    for script in (ROOT / "ui").glob("*.js"):
        said |= set(re.findall(r"say\('([\w.]+)'", script.read_text(encoding="utf-8")))
    said |= set(
        re.findall(r'"(examples\.\w+|weights\.\w+)"', (ROOT / "ui/input_panel.py").read_text("utf-8"))
    )
    return said | set(composed())


def composed() -> Iterator[str]:
    """Keys that are put together, of what they are put together from."""
    yield "list.separator"
    yield from ("link.photo", "link.painting")
    yield from (f"old.{kind}" for kind in ("photo", "painting", "both"))
    yield from (f"connection.{kind}" for kind in ("lost", "lost_running", "back", "back_running"))
    for state in get_args(State):
        yield f"state.{state}"
    yield from ("state.running_at", "state.stopped_at")
    yield from ("missing.photo", "missing.painting", "missing.photo_and_painting")
    for key in NUMBERS:
        yield from (f"number.{key}", f"number.{key}.about")
    yield from (f"tile.{each}" for each in (*FILES_OF_METHODS, "device", "precision", "weights"))
    yield from (f"sweep.{each.key}" for each in QUANTITIES)
    yield from (f"loss.{name.replace(' ', '_')}" for name in (*LOSSES, "neighbours"))
    yield from (f"measures.ask.{question}" for question in QUESTIONS)
    for each in MEASURES:
        yield from (f"measures.{each.key}", f"measures.{each.key}.title")
    yield from (f"vote.question.{each}" for each in QUESTIONS_OF_VOTES)
    yield from (f"vote.kind.{each}" for each in KIND_KEYS.values())
    yield from (f"vote.{part}.{side}" for part in ("picture", "side") for side in ("left", "right"))
    for outcome in OUTCOMES:
        yield from (f"vote.{part}.{word(outcome)}" for part in ("answer", "said"))
    for view in VIEWS:
        yield from (f"inspect.{view}", f"inspect.{view}.about")
    yield from (f"inspect.{each}" for each in (*DIRECTIONS, *COLOURS, "high_pass", "sobel"))
    yield from (f"weights.{heading}" for heading in HEADINGS)
    yield from (f"weights.{state.replace(' ', '_')}" for state in get_args(WeightState))
    yield from (f"trade.serves.{each}" for each in get_args(Serves))
    for figure in FIGURES.values():
        yield from (f"figure.{node.key}" for node in figure.nodes)
    for method in ALL:
        parts = ("idea", *SENTENCES, "formula", "figure", "matches")
        yield from (f"how.{method.name}.{part}" for part in parts)
    yield from (f"why.{kind}{same}" for kind in ("style", "content") for same in ("", "_same"))
    for setting in settings():
        yield f"setting.{setting.alias or setting.name}"
        yield from (f"choice.{setting.name}.{each.replace(' ', '_')}" for each in setting.choices)


def settings() -> list[Setting]:
    return [setting for method in ALL for setting in method.Settings.fields()]


def below() -> dict[str, str]:
    """The English of what the rooms below and the pictures bring along, by key."""
    found = {key: next(iter(english), "") for key, english in sentences().items()}
    found |= {**NEEDED, **dict((HOURLY, NETWORK_HOURLY, INSPECTED))}
    found |= {setting.key: setting.help for setting in settings()}
    found |= {each.title.key: each.title for each in (*photos(), *shown_plates())}
    return {key: text for key, text in found.items() if key not in texts("en")}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_text_that_is_said_is_there_and_every_text_is_said() -> None:
    said, choices = unused_and_said(), {key for key in unused_and_said() if key.startswith("choice.")}
    known = set(texts("en"))
    assert {key for key in said - choices - known if "." in key or key in ("compare", "stop")} == set()
    assert known - said - set(sentences()) == set()


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_them_all_with_the_same_values(language: str) -> None:
    english, own = {**below(), **texts("en")}, texts(language)
    assert set(english) - set(own) == set()
    assert set(own) - set(english) == set()
    different = [
        key for key in own if english[key] and not placeholders(own[key]) <= placeholders(english[key])
    ]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_repeats_a_number_that_is_computed_elsewhere(language: str) -> None:
    words = {**below(), **texts("en")} if language == "en" else texts(language)
    numbers = {
        key: text
        for key, text in words.items()
        if not key.startswith(("painting.", "photo.")) and key not in FOUR_TIMES
        for bare in [NAMES.sub("", re.sub(r"\{[^{}]*\}", "", text))]
        if re.search(r"\d", bare) or COUNTS.search(bare)
    }
    assert numbers == {}


def test_english_is_plain() -> None:
    words = {**below(), **texts("en")}
    del words["network_none"]  # which names the settings as programs do
    assert {key: text for key, text in words.items() if BANNED.search(re.sub(r"\{\w*", "", text))} == {}


def test_a_sentence_is_its_english_and_keeps_what_it_is_made_of() -> None:
    inner = Sentence("role.photo", "photo")
    made = Sentence(
        "x", "The {role} has {count:,} of {names}.", {"role": inner, "count": 1200, "names": ("a", "b")}
    )
    assert made == "The photo has 1,200 of a, b."
    again = pickle.loads(pickle.dumps(made))
    assert (again, again.key, again.values["role"].key) == (made, "x", "role.photo")
    assert sentence_of(pickle.loads(pickle.dumps(ValueError(made)))).key == "x"
    assert sentence_of(ValueError("plain")) == "plain"
    note = pickle.loads(pickle.dumps(Note("n", "{a}", {"a": 1})))
    assert (note, note.key, note.offers) == ("1", "n", ())


def test_a_sentence_is_said_in_another_language_with_the_sentences_in_it() -> None:
    with pytest.raises(PictureError) as raised:
        picture_size(None, PAINTING)
    error = raised.value
    assert str(error).startswith("No painting was chosen: please add a JPEG, PNG")
    said = Language("ja").sentence(error)
    assert said.startswith("絵画が選ばれていません。JPEG、PNG")
    assert Language("ja").sentence("no key") == "no key"
    old = Note("nearest", "{sentence}", {"sentence": "as it was"})  # without the values of today
    assert Language("ru").sentence(old) == "as it was"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ja,en-US;q=0.7", "ja"),
        ("ja-JP", "ja"),
        ("zh-CN,zh;q=0.9", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("zh-HK,zh;q=0.8", "en"),
        ("ru-RU;q=1", "ru"),
        ("de,ja", "en"),
        (None, "en"),
    ],
)
def test_the_browsers_first_language_is_taken(header: str | None, language: str) -> None:
    headers = [] if header is None else [(b"accept-language", header.encode())]
    request = Request({"type": "http", "headers": headers})
    assert language_of(gr.Request(request)).name == language


def test_what_stands_still_is_there_in_every_language() -> None:
    with gr.Blocks():
        mark = json.loads(label("compare").removeprefix("__i18n__"))["key"]
    assert [I18N.translations[LOCALES[each]][mark] for each in LANGUAGES] == [
        texts(each)["compare"] for each in LANGUAGES
    ]
    assert label("compare") == label("compare")


def test_a_page_that_stands_is_given_no_mark_that_it_does_not_know() -> None:
    with pytest.raises(RuntimeError, match="'Stopping…' is drawn after the page was"):
        label("stopping")


def test_scripts_have_their_texts() -> None:
    assert Language("ja").of_scripts().keys() == ENGLISH.of_scripts().keys()
    assert Language("ja").of_scripts()["page.range"].count("{") == 4


def test_no_script_has_another_say_than_the_translator() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "ui").glob("*.js")}
    named = [name for name, text in scripts.items() if re.search(r"\b(?:const|let|function) say\b", text)]
    assert named == ["words.js"]
