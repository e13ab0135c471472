"""A folder with all networks that we trained, and their model card, as it goes to the Hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from weights.catalog import CATALOG, WeightFile
from weights.load import EMBEDDED, embedded, unpack

README = Path(__file__).parent.parent / "README.md"
CARD = """---
license: mit
library_name: pytorch
pipeline_tag: image-to-image
tags:
- neural-style-transfer
- style-transfer
- art
---

# Networks of StyleGrid

Feed-forward networks for neural style transfer, trained by StyleGrid, which compares such methods side by
side.

{methods}

## Files

{files}

## Plates

The plates are {count} pictures of StyleGrid's own: textures synthesised from the style statistics of
paintings in the public domain, and a few drawn ones. {plates}.

## Training data

Content: crops of photographs, as many as the table says. None of the photos that the distances below were
measured on was among them. Styles:

{styles}

## Distances

{distances}

## Licence

The networks: MIT. They were trained with the features of VGG-19 (Simonyan and Zisserman 2015, CC BY 4.0).

## How to load

StyleGrid reads them from here where they are not beside its code, and checks every SHA-256:

```
STYLEGRID_WEIGHTS_REPO={repo} python app.py
```

Without StyleGrid they are state dicts in safetensors, float16:

```python
from huggingface_hub import hf_hub_download
from safetensors.torch import load_file

tensors = load_file(hf_hub_download("{repo}", "{example}"))
```
"""
METHODS = {
    "cin": "one network for many styles (Dumoulin, Shlens, Kudlur 2017, https://arxiv.org/abs/1610.07629)",
    "johnson": "one network per style (Johnson, Alahi, Fei-Fei 2016, https://arxiv.org/abs/1603.08155), with "
    "the instance norm of Ulyanov, Vedaldi, Lempitsky 2016; `-batch` has batch norm, `-slim` a quarter of "
    "the channels",
    "adain": "a decoder for any style (Huang, Belongie 2017, https://arxiv.org/abs/1703.06868); it belongs "
    "to the original weights of VGG-19",
}
STYLES = {
    "cin": "the plates, all of them",
    "johnson": "the plate that a network is called after",
    "adain": "a folder of artworks; the plates are textures that it never saw",
}


def ours() -> list[WeightFile]:
    """The networks that we trained and ship."""
    return [weight for weight in CATALOG.values() if not weight.repo and not weight.package]


def build(folder: Path, repo: str) -> None:
    """Write the files and README.md into an existing folder. WeightsError where a network is a wrong one."""
    about: dict[str, dict[str, Any]] = {}
    for weight in ours():
        data, path = embedded(weight)
        target = folder / weight.file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        about[weight.key] = unpack(data, weight.file)[1]
    (folder / "README.md").write_text(
        card(repo, about, measured(README.read_text("utf-8"))), encoding="utf-8"
    )


def card(repo: str, about: dict[str, dict[str, Any]], distances: str) -> str:
    """The model card of a repository, from what each network's file says about itself, by catalog key."""
    kinds = dict.fromkeys(key.split("/")[0] for key in about)
    plates = sorted({plate for weight in ours() for plate in weight.styles})
    rows = [
        (f"`{each.file}`", (EMBEDDED / each.file).stat().st_size, *told(about[each.key]), f"`{each.sha256}`")
        for each in ours()
    ]
    return CARD.format(
        repo=repo,
        methods="\n".join(f"- **{kind}**: {METHODS[kind]}" for kind in kinds),
        styles="\n".join(f"- **{kind}**: {STYLES[kind]}" for kind in kinds),
        files=table(("file", "bytes", "steps", "trained on", "SHA-256"), rows),
        count=len(plates),
        plates=", ".join(plates),
        distances=distances,
        example=ours()[0].file,
    )


def told(about: dict[str, Any]) -> tuple[Any, Any]:
    """Steps, and photographs and crops, as far as a file tells them."""
    return about.get("steps", ""), about.get("data", "")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def measured(readme: str) -> str:
    """Every paragraph about distances in StyleGrid's own README, called after its method, with its table."""
    method, found = "", list[str]()
    for text, numbers in pairwise(readme.split("\n\n")):
        if text.startswith("**"):
            method = text.split("**")[1]
        if "Distances by" in text and numbers.startswith("|"):
            found.append(f"**{method}.** {text[text.index('Distances by') :]}\n\n{numbers}")
    return "\n\n".join(found) or "Not measured."
