"""A folder with all networks that we trained, and their model card, as it goes to the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weights.catalog import CATALOG, WeightFile
from weights.formats import unpack
from weights.load import embedded

DISTANCES = Path(__file__).parent.parent / "benchmarks" / "results" / "distances.md"
CARD = Path(__file__).parent / "card.md"


def ours() -> list[WeightFile]:
    """The networks that we trained and ship."""
    return [weight for weight in CATALOG.values() if not weight.repo and not weight.package]


def build(folder: Path, repo: str, methods: Mapping[str, tuple[str, str]]) -> None:
    """Write the files and README.md into an existing folder. WeightsError where a network is a wrong one.

    `methods`: summary and paper of those that use the networks, by name.
    """
    about: dict[str, dict[str, Any]] = {}
    for weight in ours():
        data, _ = embedded(weight)
        target = folder / weight.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        about[weight.key] = {**unpack(data, weight.file)[1], "bytes": len(data)}
    (folder / "README.md").write_text(card(repo, methods, about), encoding="utf-8")


def card(repo: str, methods: Mapping[str, tuple[str, str]], about: Mapping[str, dict[str, Any]]) -> str:
    """The model card of a repository. `about`: what each file's metadata say, and its bytes, by key."""
    plates = sorted({plate for weight in ours() for plate in weight.styles})
    lines = ["| file | bytes | steps | trained on | SHA-256 |", "|---|---|---|---|---|"]
    for weight in ours():
        size, steps, data = (about[weight.key].get(key, "") for key in ("bytes", "steps", "data"))
        lines.append(f"| `{weight.file}` | {size} | {steps} | {data} | `{weight.sha256}` |")
    return CARD.read_text("utf-8").format(
        repo=repo,
        methods="\n".join(f"- **{name}**: {' '.join(texts)}" for name, texts in methods.items()),
        styles="\n".join(
            dict.fromkeys(f"- **{weight.key.split('/')[0]}**: {weight.trained_on}" for weight in ours())
        ),
        files="\n".join(lines),
        count=len(plates),
        plates=", ".join(plates),
        distances=DISTANCES.read_text("utf-8").strip() if DISTANCES.is_file() else "Not measured.",
        example=ours()[0].file,
    )
