"""Settings: frozen dataclasses whose fields carry their ranges and help.

Validation, command line flags and the page's controls all derive from the fields, so a range stands once.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

from core.sentence import Sentence

ECHOED = 80  # characters of a wrong value that a message repeats
NEEDED = {  # what is said of a wrong value, by key
    "setting_list": "{name} is {value}; it must be a list of {choices}.",
    "setting_choices": "{name} is {value}; choose some of {choices}.",
    "setting_choice": "{name} is {value}; choose one of {choices}.",
    "setting_text": "{name} is {value}; it must be text.",
    "setting_switch": "{name} is {value}; it is true or false.",
    "setting_whole": "{name} is {value}; it must be a whole number from {low} to {high}.",
    "setting_number": "{name} is {value}; it must be a number from {low} to {high}.",
}
T = TypeVar("T")
S = TypeVar("S", bound="MethodSettings")


def setting(
    default: T,
    low: float = 0,
    high: float = 0,
    step: float | None = None,
    *,
    help: str,
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
    file: str = "",
    alias: str = "",
    expert: bool = False,
) -> T:
    """A settings field with its range (low to high, inclusive), slider step and one sentence of help.

    `choices` are the allowed values, or members of a tuple field; a function is asked each time. A Literal
    field brings its own. A str field without choices is free text, or with `file` the path of a file: of that
    ending, or an "image", or a "mask", which is an image that can be painted on the photo. `alias` is the
    name under which other methods have the same setting. `expert` fields are shown last.
    """
    metadata = {
        "low": low,
        "high": high,
        "step": step,
        "help": help,
        "choices": choices,
        "file": file,
        "alias": alias,
        "expert": expert,
    }
    value: T = field(default=default, metadata=metadata)
    return value


@dataclass(frozen=True)
class Setting:
    """One settings field as seen by whoever builds a control or a flag for it."""

    name: str
    kind: type  # bool, int, float, str (one of choices, or free) or tuple (some of choices)
    default: Any
    low: float  # of numbers only, like high and step
    high: float
    step: float | None  # None: the range spans orders of magnitude
    choices: tuple[str, ...]
    dynamic: bool  # more choices may come while the program runs
    help: str
    file: str  # an ending, "image" or "mask", where the text is a file's path
    alias: str  # the name of the same setting in other methods; empty where it has that name
    expert: bool
    owner: str  # the class that declares it

    @property
    def key(self) -> str:
        """Of its help, in translations."""
        return f"help.{self.owner}.{self.name}"

    @property
    def limits(self) -> tuple[str, str]:
        """The lowest and the highest number, to be read."""
        low, high = (int(limit) if limit == int(limit) else limit for limit in (self.low, self.high))
        return str(low), str(high)


@dataclass(frozen=True)
class MethodSettings:
    """Base of every method's settings. Constructing one with a value out of range raises ValueError."""

    presets: ClassVar[Mapping[str, MethodSettings]] = {}
    style_side: ClassVar[Literal["short", "long"]] = "long"  # which side of the style picture style_size is

    seed: int = setting(0, 0, 2**31 - 1, 1, help="Same seed, device and settings: same picture.")

    def __post_init__(self) -> None:
        for entry in self.fields():
            _check(entry, getattr(self, entry.name))

    @property
    def size(self) -> int | None:
        """Long side of the content in pixels that the recipe asks for; None where any will do."""
        return None

    @property
    def most_seconds(self) -> float:
        """Seconds after which a run ends whatever is left to do."""
        return math.inf

    @classmethod
    def fields(cls) -> tuple[Setting, ...]:
        """The fields: those with an alias, the others, those of every method, and experts' ones last."""
        types = get_type_hints(cls)
        entries = []
        for each in fields(cls):
            kind, choices = types[each.name], each.metadata["choices"]
            if get_origin(kind) is Literal:
                kind, choices = str, get_args(kind)
            dynamic = callable(choices)
            if dynamic:
                choices = choices()
            owner = next(base.__name__ for base in cls.__mro__ if each.name in inspect.get_annotations(base))
            metadata = {**each.metadata, "choices": choices, "dynamic": dynamic, "owner": owner}
            entries.append(Setting(each.name, get_origin(kind) or kind, each.default, **metadata))
        common = {each.name for each in fields(MethodSettings)}
        return tuple(sorted(entries, key=lambda entry: (entry.expert, entry.name in common, not entry.alias)))

    @classmethod
    def make(cls, **values: Any) -> MethodSettings:
        """Settings from some values: the named preset (or the first), with the other values put in."""
        if not cls.presets:
            return cls(**values)
        name = values.get("preset", next(iter(cls.presets)))
        if name not in tuple(cls.presets):  # what a program sends need not have a hash
            about = {"name": named("preset"), "value": repr(name), "choices": tuple(cls.presets)}
            raise ValueError(Sentence("setting_choice", NEEDED["setting_choice"], about))
        return dataclasses.replace(cls.presets[name], **values)

    def with_values(self: S, values: Mapping[str, Any]) -> S:
        """The same settings but for some values."""
        return dataclasses.replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """Field values by name, ready for JSON: tuples as lists, of files the name without its folder."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values |= {setting.name: Path(values[setting.name]).name for setting in self.fields() if setting.file}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def echo(value: Any) -> str:
    """A wrong value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= ECHOED else f"{text[:ECHOED]}..."


def named(name: str, alias: str = "") -> Sentence:
    """A setting's name: programs know it by that, people by the words of its control."""
    return Sentence(f"setting.{alias or name}", name)


def _check(entry: Setting, value: Any) -> None:
    """ValueError naming the field and its range when `value` is outside."""
    found, (low, high) = echo(value), entry.limits
    if entry.kind is tuple and not isinstance(value, tuple):
        fits, key = False, "setting_list"
    elif entry.kind is tuple:
        unknown = [str(member) for member in value if member not in entry.choices]
        fits, key = not unknown and bool(value or not entry.default), "setting_choices"
        found = ", ".join(unknown)[:ECHOED] or "empty"
    elif entry.choices:
        fits, key = value in entry.choices, "setting_choice"
    elif entry.kind is str:
        fits, key = isinstance(value, str), "setting_text"
    elif entry.kind is bool:
        fits, key = isinstance(value, bool), "setting_switch"
    else:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = fits and not (entry.kind is int and value % 1)
        key = "setting_whole" if entry.kind is int else "setting_number"
        if fits and isinstance(value, float):
            found = f"{value:g}"
        fits = fits and entry.low <= value <= entry.high
    if not fits:
        about = {"value": found, "choices": entry.choices, "low": low, "high": high}
        raise ValueError(Sentence(key, NEEDED[key], {"name": named(entry.name, entry.alias), **about}))
