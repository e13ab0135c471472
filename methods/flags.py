"""Command line flags of the methods, made from the fields of their settings."""

from __future__ import annotations

import argparse
from typing import Any

from methods.base import Method
from methods.settings import MethodSettings, Setting


def add_flags(parser: argparse.ArgumentParser, method: type[Method]) -> None:
    """A group of flags, one for each of the method's settings."""
    group = parser.add_argument_group(f"{method.name}: {method.title}")
    defaults = method.Settings.make()
    for setting in method.Settings.fields():
        options = flag(method.name, setting, getattr(defaults, setting.name))
        group.add_argument(f"--{method.name}.{setting.name.replace('_', '-')}", **options)


def flag(method: str, setting: Setting, default: Any) -> dict[str, Any]:
    """argparse's arguments for one settings field; ranges are checked by the settings themselves.

    `default` is what a run takes without the flag: the first preset's value.
    """
    displayed = ",".join(default) if setting.kind is tuple else default
    options: dict[str, Any] = {
        "dest": f"{method}.{setting.name}",
        "default": None,
        "help": f"{setting.help} ({displayed})",
    }
    if setting.kind is bool:
        return {**options, "action": argparse.BooleanOptionalAction}
    if setting.kind is tuple:
        return {**options, "type": lambda text: tuple(filter(None, text.split(","))), "metavar": "A,B"}
    if setting.choices:
        return {**options, "metavar": "{" + ",".join(setting.choices) + "}"}
    if setting.kind is str:
        return {**options, "metavar": "FILE" if setting.file else "TEXT"}
    return {**options, "type": setting.kind, "metavar": "..".join(setting.limits)}


def settings_from_flags(arguments: argparse.Namespace, method: type[Method]) -> MethodSettings:
    """One method's settings from the flags that `add_flags` added; ValueError where one is out of range."""
    values = {
        key.split(".", 1)[1]: value
        for key, value in vars(arguments).items()
        if key.startswith(f"{method.name}.") and value is not None
    }
    return method.Settings.make(**values)
