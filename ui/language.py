"""The page's words in four languages: English ones have their home in languages/en.json, others beside it.

What stands still is drawn in every language, and the browser shows its own (`standing`, `label`); what an
event draws, is drawn in the language of who caused it (`language_of`). Sentences of the rooms below bring
their English along (`core.sentence`); here they are said again, by their keys and values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context

from core.sentence import Sentence, sentence_of

LANGUAGES = ("en", "ja", "zh-CN", "ru")  # as browsers name them
NEAREST = {"zh-TW": "zh-CN"}  # of other languages that Gradio knows, what is read by who reads them
FOLDER = Path(__file__).parent / "languages"
SCRIPTS = ("face.", "page.")  # how keys begin whose texts scripts say


@cache
def texts(name: str) -> dict[str, str]:
    """All that a language's file says, by key."""
    found: dict[str, str] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


class Language:
    """Says the page's texts and the rooms' sentences in one language, in English what it has no words for."""

    def __init__(self, name: str = "en") -> None:
        self.name = name

    def __call__(self, key: str, **values: Any) -> str:
        """The page's text under a key, with values put in."""
        text = texts(self.name).get(key) or texts("en")[key]
        return text.format(**{name: self._said(value) for name, value in values.items()})

    def sentence(self, words: str | BaseException) -> str:
        """What a note, an error or another text says."""
        words = sentence_of(words) if isinstance(words, BaseException) else words
        if not isinstance(words, Sentence):
            return words
        text = texts(self.name).get(words.key, words.text)
        try:
            return text.format(**{name: self._said(value) for name, value in words.values.items()})
        except (KeyError, ValueError):  # a version that was before this one gave it other values
            return str(words)

    def of_scripts(self) -> dict[str, str]:
        """The texts that the page's scripts say, by key."""
        known = {**texts("en"), **texts(self.name)}
        return {key: known[key] for key in texts("en") if key.startswith(SCRIPTS)}

    def _said(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return texts(self.name)["list.separator"].join(str(self._said(each)) for each in value)
        return self.sentence(value) if isinstance(value, str) else value


ENGLISH = Language()


def language_of(request: gr.Request | None) -> Language:
    """The language of who caused an event, by their browser's first choice, as Gradio takes it; English for
    programs, and where we have no words for it."""
    if request is None or request.request is None:  # made by hand, as in tests
        return ENGLISH
    first = str(request.headers.get("accept-language", "")).split(",")[0].split(";")[0].strip()
    kinds = first, NEAREST.get(first), first.split("-")[0]
    return Language(next((each for each in kinds if each in LANGUAGES), "en"))


LOCALES = {language: {"zh-CN": "zh"}.get(language, language) for language in LANGUAGES}
"""Under what Gradio finds them: "zh" for zh-CN and zh-TW."""

I18N = gr.I18n(**{locale: {} for locale in LOCALES.values()})
"""What the browser shows in place of marks; filled as the page is built."""


def standing(draw: Callable[[Language], str]) -> str:
    """A mark, in whose place the browser shows what was drawn in its language; one mark in a text at most.
    RuntimeError for a new one while no page is built, for a page that stands does not know it."""
    drawn = {name: draw(Language(name)) for name in LANGUAGES}
    key = "stylegrid." + sha256("\0".join(drawn.values()).encode()).hexdigest()[:16]
    if Context.root_block is None and key not in I18N.translations["en"]:
        raise RuntimeError(f"{drawn['en']!r} is drawn after the page was: say it in the visitor's language")
    for name, text in drawn.items():
        I18N.translations[LOCALES[name]][key] = text
    return str(I18N(key))


def label(key: str, **values: Any) -> str:
    """A mark for the page's text under a key, as a component's label."""
    return standing(lambda say: say(key, **values))
