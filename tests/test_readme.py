"""The documents are right: calls work as printed, links lead somewhere, numbers are those measured."""

import re
import shlex
import subprocess
import sys

import pytest
from PIL import Image

import benchmarks.__main__
import compare.cli
import weights.__main__
from conftest import ROOT
from core.version import VERSION

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "training/README.md")
)


def block(language, words):
    """The README's block of code in a language that contains some words."""
    (found,) = [each for each in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if words in each]
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


def test_the_readme_is_short():
    front, body = README.split("---\n", 2)[1:]
    assert "sdk: gradio" in front
    assert len(body.splitlines()) <= 150


def code(name):
    """The blocks of code of a document, continued lines joined."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return "\n".join(
        [*re.findall(r"```\w*\n(.*?)```", text, re.DOTALL), *re.findall(r"^    \S.*", text, re.M)]
    )


COMMANDS = [
    (name, *found)
    for name in DOCUMENTS
    for found in re.findall(r"python -m (methods|benchmarks|weights) +([^#\n&]*)", code(name))
]


def test_commands_are_found():
    assert {"methods", "benchmarks", "weights"} == {door for _, door, _ in COMMANDS}


@pytest.mark.parametrize(("name", "door", "rest"), COMMANDS)
def test_commands_are_understood(name, door, rest):
    parser = {"methods": compare.cli, "benchmarks": benchmarks.__main__, "weights": weights.__main__}[
        door
    ].parser()
    parser.parse_args(shlex.split(rest))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_modules_that_a_document_runs_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for module in re.findall(r"python -m\s+((?:methods|benchmarks|weights|training)[.\w]*)", text):
        path = ROOT / module.rstrip(".").replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def headings(path):
    """The anchors of a document's headings."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    path = ROOT / name
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_of_the_code_that_a_document_names_exist(name):
    rooms = "app|ui|engine|compare|methods|core|weights|benchmarks|training|tests"
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(rf"(?<![\w/.<])((?:{rooms})/[\w/]+\.(?:py|toml|jpg|md))", text)
    assert [each for each in named if not (ROOT / each).exists()] == []


def rows(name):
    """The rows of a document's tables, cells without links and marks."""
    text = re.sub(r"\[(.*?)\]\(.*?\)|\*", r"\1", (ROOT / name).read_text(encoding="utf-8"))
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def paper(title):
    """What a method's rows begin with in every table, whatever follows."""
    return re.split(r" et al| &", title)[0]


@pytest.mark.parametrize("name", ["README.md", "docs/measuring.md"])
def test_numbers_of_our_run_are_those_of_its_report(name):
    measured = {}
    reports = rows("benchmarks/results/report.md") + rows("benchmarks/results/six-pairs/report.md")
    for title, *cells in reports:
        numbers = re.findall(r"\d+\.?\d*", " ".join(cells))
        measured.setdefault(paper(title), set()).update(map(float, numbers))
    claimed = [(paper(title), cells) for title, *cells in rows(name)]
    assert {"Johnson", "Dumoulin", "Huang", "Ghiasi", "Gatys"} <= {title for title, _ in claimed}
    for title, cells in claimed:
        for number in re.findall(r"\b\d+\.\d+", " ".join(cell for cell in cells if cell[:1].isdigit())):
            digits = len(number.partition(".")[2])
            assert float(number) in {round(each, digits) for each in measured[title]}, (title, number)


def test_the_version_stands_in_one_place():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == VERSION
    assert VERSION not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_ruff_before_a_commit_is_the_ruff_of_the_tests():
    (hook,) = re.findall(r"rev: v(\S+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    pinned = re.findall(r"^ruff==(\S+)", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.M)
    assert pinned == [hook]
