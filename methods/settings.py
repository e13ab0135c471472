"""Settings: frozen dataclasses whose fields carry their ranges and help.

Validation, command line flags and the page's controls all derive from the fields, so a range stands once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

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
    expert: bool = False,
) -> T:
    """A settings field with its range (low to high, inclusive), slider step and one sentence of help.

    `choices` are the allowed values, or members of a tuple field; a function is asked each time. A Literal
    field brings its own. A str field without choices is free text, or with `file` the path of a file: of that
    ending, or an "image", or a "mask", which is an image that can be painted on the photo. `expert` fields
    are shown last.
    """
    metadata = {
        "low": low,
        "high": high,
        "step": step,
        "help": help,
        "choices": choices,
        "file": file,
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
    expert: bool

    @property
    def limits(self) -> tuple[str, str]:
        """The lowest and the highest number, to be read."""
        low, high = (int(limit) if limit == int(limit) else limit for limit in (self.low, self.high))
        return str(low), str(high)


@dataclass(frozen=True)
class MethodSettings:
    """Base of every method's settings. Constructing one with a value out of range raises ValueError."""

    presets: ClassVar[Mapping[str, MethodSettings]] = {}

    seed: int = setting(0, 0, 2**31 - 1, 1, help="Same seed, device and settings: same picture.")

    def __post_init__(self) -> None:
        for setting in self.fields():
            _check(setting, getattr(self, setting.name))

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
        """The fields in order, those that all methods have after their own, experts' ones last."""
        types = get_type_hints(cls)
        entries = []
        for each in fields(cls):
            kind, choices = types[each.name], each.metadata["choices"]
            if get_origin(kind) is Literal:
                kind, choices = str, get_args(kind)
            dynamic = callable(choices)
            if dynamic:
                choices = choices()
            metadata = {**each.metadata, "choices": choices, "dynamic": dynamic}
            entries.append(Setting(each.name, get_origin(kind) or kind, each.default, **metadata))
        common = {each.name for each in fields(MethodSettings)}
        return tuple(sorted(entries, key=lambda setting: (setting.expert, setting.name in common)))

    @classmethod
    def make(cls, **values: Any) -> MethodSettings:
        """Settings from some values: the named preset (or the first), with the other values put in."""
        if not cls.presets:
            return cls(**values)
        name = values.get("preset", next(iter(cls.presets)))
        if name not in tuple(cls.presets):  # what a program sends need not have a hash
            raise ValueError(f"preset is {name!r}; choose one of {', '.join(cls.presets)}.")
        return dataclasses.replace(cls.presets[name], **values)

    def with_values(self: S, values: Mapping[str, Any]) -> S:
        """The same settings but for some values."""
        return dataclasses.replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """Field values by name, ready for JSON: tuples as lists, of files the name without its folder."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values |= {setting.name: Path(values[setting.name]).name for setting in self.fields() if setting.file}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _check(setting: Setting, value: Any) -> None:
    """ValueError naming the field and its range when `value` is outside."""
    if setting.kind is tuple and not isinstance(value, tuple):
        raise ValueError(f"{setting.name} is {value!r}; it must be a list of {', '.join(setting.choices)}.")
    if setting.kind is tuple:
        wrong = [str(member) for member in value if member not in setting.choices]
        if wrong or (not value and setting.default):
            raise ValueError(
                f"{setting.name} is {', '.join(wrong) or 'empty'}; "
                f"choose some of {', '.join(setting.choices)}."
            )
    elif setting.kind is str and not setting.choices:
        if not isinstance(value, str):
            raise ValueError(f"{setting.name} is {value!r}; it must be text.")
    elif setting.kind is str:
        if value not in setting.choices:
            raise ValueError(f"{setting.name} is {value!r}; choose one of {', '.join(setting.choices)}.")
    elif setting.kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{setting.name} is {value!r}; it is true or false.")
    else:
        _check_number(setting, value)


def _check_number(setting: Setting, value: Any) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    whole = "a whole number" if setting.kind is int else "a number"
    allowed = f"it must be {whole} from {' to '.join(setting.limits)}."
    if not number or (setting.kind is int and value % 1 != 0):
        raise ValueError(f"{setting.name} is {value!r}; {allowed}")
    if not setting.low <= value <= setting.high:
        shown = f"{value:g}" if isinstance(value, float) else value  # a huge int has no float form
        raise ValueError(f"{setting.name} is {shown}; {allowed}")
