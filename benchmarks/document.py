"""A report as a list of blocks, written as Markdown with files beside it, or as one page of HTML."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path


@dataclass(frozen=True)
class Heading:
    """A section's heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """Cells under column heads; all but the first column are right-aligned where `numbers`."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: bool = True


@dataclass(frozen=True)
class Figure:
    """A picture in a file beside the report, and what it shows."""

    file: Path
    caption: str


Block = Heading | Text | Table | Figure

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1c2230}"
    "table{border-collapse:collapse;display:block;overflow-x:auto;font-variant-numeric:tabular-nums;"
    "font-size:.9rem}th,td{padding:.3rem .7rem;border-bottom:1px solid #d9dde5;text-align:left;"
    "vertical-align:top}.numbers td+td,.numbers th+th{text-align:right}th{border-bottom:2px solid #5b6475}"
    "figure{margin:1.5rem 0}img{max-width:100%}figcaption{font-size:.9rem;color:#4a5265}"
    "h2{margin-top:2.5rem}@media print{body{font-size:11px;max-width:none}figure,tr{break-inside:avoid}}"
)


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks as GitHub's Markdown; figures are links to their files."""
    return "\n\n".join(map(_markdown, blocks)) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return "#" * block.level + " " + block.text
    if isinstance(block, Text):
        return block.text
    if isinstance(block, Figure):
        return f"![{block.caption}]({block.file.name})\n\n{block.caption}"
    rule = ["---", *["---:" if block.numbers else "---"] * (len(block.heads) - 1)]
    lines = (block.heads, rule, *block.rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def html(blocks: Sequence[Block], title: str) -> str:
    """The blocks as one page that needs no other file."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body>{''.join(map(_html, blocks))}</body></html>\n"
    )


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Text):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Figure):
        kind = mimetypes.guess_type(block.file.name)[0]
        data = base64.b64encode(block.file.read_bytes()).decode()
        picture = f'<img src="data:{kind};base64,{data}" alt="{escape(block.caption)}">'
        return f"<figure>{picture}<figcaption>{escape(block.caption)}</figcaption></figure>"
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in block.heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows
    )
    kind = ' class="numbers"' if block.numbers else ""
    return f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
