"""Sentences for people which know what they are made of, so that a page can say them in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

S = TypeVar("S", bound="Sentence")


class Sentence(str):
    """English text made of a template and values; it is used as any other text.

    Attributes:
        key: its name, for translations and for programs.
        text: the template, as str.format takes it.
        values: what is put in: numbers, texts, sentences, and tuples of these, which become lists.
    """

    key: str
    text: str
    values: Mapping[str, Any]

    def __new__(cls: type[S], key: str, text: str, values: Mapping[str, Any] | None = None) -> S:
        values = values or {}
        listed = {
            name: ", ".join(map(str, each)) if isinstance(each, tuple) else each
            for name, each in values.items()
        }
        made = super().__new__(cls, text.format(**listed))
        made.key, made.text, made.values = key, text, values
        return made

    def __getnewargs__(self) -> tuple[str, str, Mapping[str, Any]]:  # type: ignore[override]  # of str: text alone
        return self.key, self.text, self.values


def sentence_of(error: BaseException) -> str:
    """What an error says: the Sentence that it was raised with, else its text."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, Sentence) else str(error)
