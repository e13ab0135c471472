"""The complete method that CONTRIBUTING.md shows, as a module: its code runs here."""

from pathlib import Path

TEXT = (Path(__file__).resolve().parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE = TEXT.split("```python\n", 1)[1].split("```", 1)[0]

exec(compile(CODE, "CONTRIBUTING.md", "exec"))
