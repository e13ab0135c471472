"""Theme, style sheet and the other arguments of launch()."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes.utils.colors import Color
from starlette.middleware import Middleware

from compare.limits import current
from ui.door import Door
from ui.language import I18N, LANGUAGES, Language

FOLDER = Path(__file__).parent

ULTRAMARINE = Color(
    name="ultramarine",
    c50="#eef1fb",
    c100="#dde3f7",
    c200="#bcc8ef",
    c300="#93a6e4",
    c400="#8fa3ec",
    c500="#3a56c5",
    c600="#2b44ab",
    c700="#233788",
    c800="#1c2b69",
    c900="#151f4b",
    c950="#0d1330",
)
SYSTEM_FONT = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "Helvetica Neue",
    "sans-serif",
]
SYSTEM_MONO = ["ui-monospace", "SF Mono", "Consolas", "monospace"]

THEME = gr.themes.Base(
    primary_hue=ULTRAMARINE,
    secondary_hue="stone",
    neutral_hue="stone",
    font=SYSTEM_FONT,
    font_mono=SYSTEM_MONO,
    radius_size="sm",
    text_size="sm",
).set(
    body_background_fill="#faf9f7",
    body_background_fill_dark="#161514",
    body_text_color="#23201d",
    body_text_color_dark="#e8e4df",
    body_text_color_subdued="#6b655e",
    body_text_color_subdued_dark="#a39c94",
    background_fill_primary="#ffffff",
    background_fill_primary_dark="#1e1d1b",
    background_fill_secondary="#f3f1ed",
    background_fill_secondary_dark="#262422",
    border_color_primary="#e3dfd9",
    border_color_primary_dark="#383532",
    block_background_fill="#ffffff",
    block_background_fill_dark="#1e1d1b",
    block_border_width="1px",
    block_label_text_weight="500",
    block_shadow="none",
    block_info_text_color="#6b655e",
    block_info_text_color_dark="#a39c94",
    button_primary_background_fill="*primary_500",
    button_primary_background_fill_hover="*primary_600",
    button_primary_background_fill_dark="*primary_400",
    button_primary_background_fill_hover_dark="*primary_300",
    button_primary_text_color="#ffffff",
    button_primary_text_color_dark="#12131a",
    input_background_fill_dark="#262422",
    slider_color="*primary_500",
    slider_color_dark="*primary_400",
)

STYLE = "".join(
    (FOLDER / name).read_text(encoding="utf-8")
    for name in (
        "page.css",
        "tile.css",
        "measures.css",
        "blend.css",
        "summary.css",
        "how.css",
        "space.css",
        "vote.css",
    )
)
FACE = "".join(
    (FOLDER / name).read_text(encoding="utf-8") for name in ("face.css", "inspect.css", "pinned.css")
)
SCRIPTS = (
    "words.js", "pixels.js",  # which the others use
    "visitor.js", "page.js", "face.js", "inspect.js", "pinned.js", "blend.js", "connection.js",
)  # fmt: skip
SCRIPT = "".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
TEXTS = json.dumps({language: Language(language).of_scripts() for language in LANGUAGES})
# The style sheets go into the head because launch(css=) rewrites them and loses container queries.
HEAD = f"""
<meta name="description" content="Neural style transfer methods side by side.">
<meta name="color-scheme" content="light dark">
<style>{STYLE}{FACE}</style>
<script>(() => {{ const TEXTS = {TEXTS};
{SCRIPT} }})();</script>
"""

THREADS = 40  # of Gradio's, beside those of the line
LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "head": HEAD,
    "i18n": I18N,
    "favicon_path": FOLDER / "favicon.svg",
    "footer_links": [],
    "run_history": False,
    "enable_monitoring": False,
    "app_kwargs": {"middleware": [Middleware(Door)]},
    "ssr_mode": False,
    "show_error": True,
}


def launch_arguments(ready: Callable[[], bool], metrics: Callable[[], bytes] | None = None) -> dict[str, Any]:
    """LAUNCH with a door that knows whether a comparison could begin, and the numbers of /metrics. ValueError
    where the environment has limits that are none."""
    return {
        **LAUNCH,
        "app_kwargs": {"middleware": [Middleware(Door, ready=ready, metrics=metrics)]},
        "max_threads": THREADS + current().waiting,  # for each run in line holds one
    }
