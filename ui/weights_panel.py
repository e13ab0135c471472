"""The panel of weights: where each file is from and whether it is here, and a button that fetches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

import gradio as gr

from compare.loading import downloads
from ui.examples import ON_CLICK
from ui.html import megabytes
from weights.catalog import CATALOG
from weights.errors import WeightsError
from weights.inventory import Item, item
from weights.load import resolve

HEADINGS = ("File", "Source", "Commit", "SHA-256", "Size", "Licence", "State")


class WeightsPanel:
    """The collapsible panel. Constructing it draws it."""

    def __init__(self) -> None:
        with gr.Accordion("Weights", open=False, elem_id="weights"):
            self.html = gr.HTML(table({}), js_on_load=ON_CLICK, apply_default_css=False)

    def fetch(self, event: gr.SelectData) -> Iterator[str]:
        """The table while a file is fetched, and with what came of it."""
        # The index comes from the browser: a wrong one raises here and changes nothing.
        weight = list(CATALOG.values())[int(event.index)]
        try:
            for download in downloads(lambda: resolve(weight), None):
                yield table({weight.key: str(download)})
        except WeightsError as error:
            yield table({weight.key: str(error)})
        else:
            yield table({})


def table(messages: Mapping[str, str]) -> str:
    """A row per file; `messages` are what to say of some of them, by key."""
    headings = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    rows = "".join(row(index, key, messages.get(key, "")) for index, key in enumerate(CATALOG))
    return (
        f'<div class="weights"><table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def row(index: int, key: str, message: str) -> str:
    """One file, with a button where it can be fetched."""
    weight = CATALOG[key]
    try:
        here = item(weight)
    except WeightsError as error:
        here, message = Item(weight, "missing", 0), str(error)
    state = here.state[0].upper() + here.state[1:]
    if here.state == "not fetched":
        state += (
            f' <button type="button" data-index="{index}" title="{escape(key)}">Fetch'
            f'<span class="spoken"> {escape(weight.title)}</span></button>'
        )
    source = f"{weight.repo}: {weight.source}" if weight.repo else weight.source
    cells = (
        escape(source),
        f'<abbr title="{here.revision}">{here.revision[:7]}</abbr>' if here.revision else "–",
        f'<abbr title="{here.sha256}">{here.sha256[:8]}</abbr>' if here.sha256 else "recorded when fetched",
        megabytes(here.size, 1) if here.size else "–",
        escape(weight.licence),
        f'{state}<span role="status">{escape(message)}</span>',
    )
    listed = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(weight.title)}</th>{listed}</tr>'
