"""The panel of weights: where each file is from and whether it is here, and a button that fetches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from html import escape

import gradio as gr

from compare.loading import downloads, progress
from ui.examples import ON_CLICK
from ui.html import megabytes
from ui.language import ENGLISH, Language, label, language_of, standing
from weights.catalog import CATALOG
from weights.errors import WeightsError
from weights.inventory import Item, item
from weights.load import resolve

HEADINGS = ("file", "source", "commit", "hash", "size", "licence", "state")


class WeightsPanel:
    """The collapsible panel. Constructing it draws it."""

    def __init__(self) -> None:
        with gr.Accordion(label("weights.panel"), open=False, elem_id="weights"):
            self.html = gr.HTML(standing(partial(table, {})), js_on_load=ON_CLICK, apply_default_css=False)

    def table(self, request: gr.Request | None = None) -> str:
        """The table as it is now."""
        return table({}, language_of(request))

    def fetch(self, event: gr.SelectData, request: gr.Request | None = None) -> Iterator[str]:
        """The table while a file is fetched, and with what came of it."""
        # The index comes from the browser: a wrong one raises here and changes nothing.
        weight, say = list(CATALOG.values())[int(event.index)], language_of(request)
        try:
            for download in downloads(lambda: resolve(weight), None):
                yield table({weight.key: say.sentence(progress(download))}, say)
        except WeightsError as error:
            yield table({weight.key: say.sentence(error)}, say)
        else:
            yield table({}, say)


def table(messages: Mapping[str, str], say: Language = ENGLISH) -> str:
    """A row per file; `messages` are what to say of some of them, by key."""
    headings = "".join(f'<th scope="col">{say(f"weights.{heading}")}</th>' for heading in HEADINGS)
    rows = "".join(row(index, key, messages.get(key, ""), say) for index, key in enumerate(CATALOG))
    return (
        f'<div class="weights"><table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def row(index: int, key: str, message: str, say: Language) -> str:
    """One file, with a button where it can be fetched."""
    weight = CATALOG[key]
    try:
        here = item(weight)
    except WeightsError as error:
        here, message = Item(weight, "missing", 0), say.sentence(error)
    state = say(f"weights.{here.state.replace(' ', '_')}")
    if here.state == "not fetched":
        state += (
            f' <button type="button" data-index="{index}" title="{escape(key)}">{say("weights.fetch")}'
            f'<span class="spoken"> {escape(weight.title)}</span></button>'
        )
    source = f"{weight.repo}: {weight.source}" if weight.repo else weight.source
    cells = (
        escape(source),
        f'<abbr title="{here.revision}">{here.revision[:7]}</abbr>' if here.revision else "–",
        f'<abbr title="{here.sha256}">{here.sha256[:8]}</abbr>' if here.sha256 else say("weights.recorded"),
        megabytes(here.size, 1) if here.size else "–",
        escape(weight.licence),
        f'{state}<span role="status">{escape(message)}</span>',
    )
    listed = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(weight.title)}</th>{listed}</tr>'
