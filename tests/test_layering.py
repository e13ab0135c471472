"""Imports point down and form no circle, the command line starts light, and importing leaves no files."""

import ast
import itertools
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHAIN = ("app", "ui", "engine", "compare", "methods", "core", "weights")  # from the top down
BELOW = {room: CHAIN[place + 1 :] for place, room in enumerate(CHAIN)}
BELOW |= {"benchmarks": CHAIN[1:], "training": CHAIN[4:]}
PAIRS = tuple(itertools.permutations(BELOW, 2))
OWNERS = {  # the modules and folders that alone may import a package
    "gradio": ("app", "ui"),
    "huggingface_hub": ("weights.hub",),
    "ray": ("engine.ray",),
    "spaces": ("engine",),
}


def module_name(path: Path) -> str:
    """core/vgg.py -> core.vgg; core/__init__.py -> core."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for path in sorted([ROOT / "app.py", *(path for room in BELOW for path in (ROOT / room).rglob("*.py"))])
}


def imported(source: str, package: str) -> Iterator[str]:
    """Every module that `source` imports, inside functions too; relative imports start at `package`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from methods import gatys` names a module, `from methods import ALL` does not.
            names = (f"{base}.{alias.name}" for alias in node.names)
            yield from dict.fromkeys(name if name in FILES else base for name in names)


def graph() -> dict[str, set[str]]:
    """What each module of the project imports of it."""
    found = {}
    for name, path in FILES.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found[name] = {*imported(path.read_text(encoding="utf-8"), package)} & FILES.keys()
    return found


GRAPH = graph()


def room(module: str) -> str:
    """core.vgg -> core."""
    return module.partition(".")[0]


def faults(name: str, targets: Iterable[str]) -> list[str]:
    """What is wrong with the imports of the module called `name`.

    A door, X.__main__, counts as top: it may import all that app.py may, and nothing may import it.
    """
    here, door = room(name), name.endswith(".__main__")
    allowed = {here, *BELOW[here], *(BELOW["app"] if door else ())}
    wrong = []
    for target in targets:
        there = room(target)
        if there in ("tests", "runs") or (there in BELOW and there not in allowed):
            wrong.append(f"{name} imports {target}, which is not below it")
        if there in BELOW and target.endswith(".__main__"):
            wrong.append(f"{name} imports {target}, which is a door")
        if there in OWNERS and not f"{name}.".startswith(tuple(f"{owner}." for owner in OWNERS[there])):
            wrong.append(f"{name} imports {target}; only {' and '.join(OWNERS[there])} may")
    return wrong


def reachable(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    """All that `start` imports, directly or not; itself too where it stands in a circle."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for each in graph[waiting.pop()] - found:
            found.add(each)
            waiting.append(each)
    return found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The largest groups of modules that all import one another, directly or not."""
    below = {name: reachable(name, graph) for name in graph}
    found = {frozenset(other for other in below[name] if name in below[other]) for name in graph}
    return sorted(sorted(group) for group in found if group)


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles(GRAPH) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"e"}}
    assert circles(graph) == [["a", "b", "c"], ["e"]]


def test_every_import_is_allowed() -> None:
    found = []
    for name, path in FILES.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found += faults(name, imported(path.read_text(encoding="utf-8"), package))
    assert found == []


def rooms() -> dict[str, set[str]]:
    """Which rooms each room's modules import, its door aside."""
    found: dict[str, set[str]] = {each: set() for each in BELOW}
    for name, targets in GRAPH.items():
        if not name.endswith(".__main__"):
            found[room(name)] |= {room(target) for target in targets} - {room(name)}
    return found


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_between_two_rooms_imports_point_down_and_none_leads_back(here: str, there: str) -> None:
    down = there in BELOW[here]
    graph = rooms()
    assert there not in graph[here] or down
    assert not (there in reachable(here, graph) and here in reachable(there, graph))
    assert bool(faults(f"{here}.x", [f"{there}.y"])) != down  # a planted import is found, a right one passes
    assert bool(faults(f"{here}.__main__", [f"{there}.y"])) != (down or there in BELOW["app"])


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("weights.load", "import core.device"),
        ("core.vgg", "def lazy():\n    from methods.base import Frame"),
        ("core.vgg", "from methods import base"),
        ("methods.gatys", "if True:\n    import benchmarks"),
        ("training.loop", "from benchmarks.run import main"),
        ("ui.tile", "class Late:\n    import training.data"),
        ("compare.cli", "from methods.__main__ import main"),
        ("methods.__main__", "from app import main"),
        ("compare.comparison", "import gradio as gr"),
        ("benchmarks.report", "from gradio.events import api"),
        ("core.vgg", "from huggingface_hub import hf_hub_download"),
        ("weights.load", "import huggingface_hub"),
        ("compare.comparison", "import ray"),
        ("engine.cluster", "from ray import serve"),
        ("engine.rays", "import ray"),
        ("app", "import spaces"),
        ("methods.gatys", "import tests.fake_methods"),
    ],
)
def test_a_wrong_import_is_found(name: str, source: str) -> None:
    assert len(faults(name, imported(source, name.rpartition(".")[0]))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app", "import gradio, ui.tile, methods, core.images, weights"),
        ("training.loop", "from training.data import crops\nfrom methods.base import Frame"),
        ("weights.hub", "import huggingface_hub"),
        ("weights.__main__", "from methods import ALL"),
        ("methods.__main__", "from compare.cli import main"),
        ("engine.ray.client", "import ray"),
        ("methods.gatys", "from . import base\nfrom .settings import setting\nimport torch"),
    ],
)
def test_a_right_import_passes(name: str, source: str) -> None:
    assert faults(name, imported(source, name.rpartition(".")[0])) == []


def test_relative_imports_are_resolved() -> None:
    assert {*imported("from .vgg import VGG", "core")} == {"core.vgg"}
    assert {*imported("from . import vgg", "core")} == {"core.vgg"}
    assert {*imported("from ..load import load", "weights.embedded")} == {"weights.load"}


def test_all_rooms_are_looked_at() -> None:
    assert {room(name) for name in FILES} == {*BELOW}
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == {*BELOW} - {"app"}


def test_the_top_level_has_at_most_twelve_folders() -> None:
    made = ("out", "runs", "shared", "__pycache__")  # by runs and tools
    folders = [each.name for each in ROOT.iterdir() if each.is_dir() and each.name not in made]
    assert len([name for name in folders if not name.startswith(".")]) <= 12


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter whose working directory is `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_imports_nothing_that_is_slow_to_import(tmp_path: Path) -> None:
    code = """
import runpy, sys
sys.argv = ["methods", "--help"]
try:
    runpy.run_module("methods", run_name="__main__", alter_sys=True)
except SystemExit as exit:
    print("STATUS", exit.code)
heavy = ("gradio", "torchvision", "huggingface_hub", "fastapi")
print("HEAVY", [name for name in heavy if name in sys.modules])
"""
    done = python(code, tmp_path)
    assert "CONTENT" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-2:] == ["STATUS 0", "HEAVY []"]
    assert list(tmp_path.iterdir()) == []


def test_importing_any_module_writes_nothing(tmp_path: Path) -> None:
    code = f"""
import importlib
for name in {[*FILES]!r}:
    importlib.import_module(name)
print("imported")
"""
    done = python(code, tmp_path)
    assert done.stdout.splitlines()[-1:] == ["imported"], done.stderr
    assert list(tmp_path.iterdir()) == []
