"""A folder with the app as a Space on the Hub runs it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEVELOPMENT = ("benchmarks", "training")  # packages that the app does not import
PICTURES = ("styles", "examples")
NOT_OURS = ("__pycache__", "*.pyc", "*.pt", "*.pth", "*.model")
# The newest that ZeroGPU runs; pip would take a newer one.
TORCH = "torch>=2.8,<2.12"
EXTRAS = ("onnx>=1.17", "spaces")


def build(folder: Path, repo: str) -> None:
    """Write the app into an existing folder, with a README and requirements made for the Space."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    for part in (*packages.difference(DEVELOPMENT), *PICTURES):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*NOT_OURS))
    for mine in (folder / "weights").glob("*.safetensors"):  # networks that a user added
        mine.unlink()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[.*?\]\(([\w/.-]+)\)", readme)
    for file in ("app.py", *shown):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, folder / file)
    (folder / "README.md").write_text(with_thumbnail(readme, repo, shown[0]), encoding="utf-8")
    listed = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (folder / "requirements.txt").write_text(for_a_space(listed), encoding="utf-8")


def with_thumbnail(readme: str, repo: str, picture: str) -> str:
    """The README with a picture from the Space itself in its front matter."""
    address = f"https://huggingface.co/spaces/{repo}/resolve/main/{picture}"
    return readme.replace("---\n", f"---\nthumbnail: {address}\n", 1)


def for_a_space(requirements: str) -> str:
    """requirements.txt with a torch that ZeroGPU runs, and with what a Space has use for.

    Gradio is left out, because a Space installs the version that the README names.
    """
    lines = [line for line in requirements.splitlines() if not line.startswith("gradio")]
    lines = [re.sub(r"^torch>=.*", TORCH, line) for line in lines]
    return "\n".join([*lines, *EXTRAS]) + "\n"
