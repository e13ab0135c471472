"""Imports point down only, the command line starts light, and importing a module leaves no files behind."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"app": 3, "ui": 3, "training": 3, "benchmarks": 3, "methods": 2, "core": 1, "weights": 0}
PAGE = {"app", "ui"}  # one part in two places
SOURCES = sorted(
    [ROOT / "app.py", *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))],
    key=lambda path: path.as_posix(),
)


def module_name(path: Path) -> str:
    """core/vgg.py -> core.vgg; core/__init__.py -> core."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, package: str) -> Iterator[str]:
    """Every module that `source` imports, inside functions too; relative imports start at `package`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from . import ui` and `from methods import gatys` may name modules as well.
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names)) if base else ()


def faults(name: str, source: str, package: str) -> list[str]:
    """What is wrong with the imports of the module called `name`."""
    here = name.split(".")[0]
    wrong = []
    for target in imported(source, package):
        there = target.split(".")[0]
        same = here == there or {here, there} <= PAGE
        if there in PARTS and not same and PARTS[there] >= PARTS[here]:
            wrong.append(f"{name} imports {target}, which is not below it")
        if there == "gradio" and here not in PAGE:
            wrong.append(f"{name} imports {target}; only app.py and ui/ may")
        if there == "huggingface_hub" and name != "weights.hub":
            wrong.append(f"{name} imports {target}; only weights/hub.py may")
        if there in ("tests", "runs"):
            wrong.append(f"{name} imports {target}, which is no part of the program")
    return wrong


def test_imports_point_down_only() -> None:
    found = []
    for path in SOURCES:
        name = module_name(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found += faults(name, path.read_text(encoding="utf-8"), package)
    assert found == []


def test_all_parts_are_looked_at() -> None:
    names = {module_name(path) for path in SOURCES}
    assert {
        "app",
        "core",
        "core.vgg",
        "compare.comparison",
        "methods.__main__",
        "ui.tile",
        "weights.catalog",
    } <= names


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("weights.load", "import core.device"),
        ("core.vgg", "def lazy():\n    from methods.base import Frame"),
        ("core.vgg", "from methods import base"),
        ("methods.gatys", "import ui.tile"),
        ("methods.gatys", "if True:\n    import benchmarks"),
        ("training.loop", "from benchmarks.run import main"),
        ("benchmarks.run", "from ui import tile"),
        ("ui.tile", "class Late:\n    import training.data"),
        ("app", "import benchmarks.run"),
        ("compare.comparison", "import gradio as gr"),
        ("benchmarks.report", "from gradio.events import api"),
        ("core.vgg", "from huggingface_hub import hf_hub_download"),
        ("weights.load", "import huggingface_hub"),
        ("methods.gatys", "import tests.fake_methods"),
    ],
)
def test_a_wrong_import_is_found(name: str, source: str) -> None:
    assert len(set(faults(name, source, name.rpartition(".")[0]))) >= 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app", "import gradio, ui.tiles, methods, core.images, weights"),
        ("ui.tile", "from app import build"),
        ("training.loop", "from training.data import crops\nfrom methods.base import Frame"),
        ("weights.hub", "import huggingface_hub"),
        ("methods.gatys", "from . import base\nfrom .settings import setting\nimport torch"),
    ],
)
def test_a_right_import_passes(name: str, source: str) -> None:
    assert faults(name, source, name.rpartition(".")[0]) == []


def test_relative_imports_are_resolved() -> None:
    assert "core.vgg" in set(imported("from .vgg import VGG", "core"))
    assert "core.vgg" in set(imported("from . import vgg", "core"))
    assert "weights.load" in set(imported("from ..load import load", "weights.embedded"))


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


def test_help_imports_neither_gradio_nor_torchvision(tmp_path: Path) -> None:
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
    names = [module_name(path) for path in SOURCES]
    code = f"""
import importlib
for name in {names!r}:
    importlib.import_module(name)
print("imported")
"""
    done = python(code, tmp_path)
    assert done.stdout.splitlines()[-1:] == ["imported"], done.stderr
    assert list(tmp_path.iterdir()) == []
