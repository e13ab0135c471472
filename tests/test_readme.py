"""The README's calls of the running page work as printed."""

import re
import subprocess
import sys

import pytest
from PIL import Image

from conftest import ROOT


def block(language, words):
    """The README's block of code in a language that contains some words."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = [each for each in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) if words in each]
    return found


@pytest.fixture
def folder(tmp_path):
    """A folder to run in that has the pictures of the project's root."""
    for name in ("examples", "styles"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_calls_from_python(real, folder):
    source = block("python", "gradio_client").replace("http://127.0.0.1:7860", real)
    printed = run([sys.executable, "-c", source], folder).splitlines()
    assert printed[0].startswith("Loaded as API")
    assert "'gatys'" in printed[1]
    assert printed[2] == "{'cin': 'waiting'}"
    assert printed[-3] == "{'cin': 'done'}"
    assert "'style':" in printed[-2]
    assert printed[-1].endswith(".zip")


def test_the_calls_with_curl(real, folder):
    source = block("sh", "curl").replace("http://127.0.0.1:7860", real)
    printed = run(["bash", "-eu", "-c", source], folder)
    assert "event: complete" in printed
    with Image.open(folder / "cin.png") as image:
        assert (image.format, max(image.size)) == ("PNG", 256)
