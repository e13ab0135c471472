"""The StyleGrid page: `python app.py`, with HOST and PORT from the environment."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable

import gradio as gr
from gradio.events import api

from compare.comparison import Comparison
from core.device import use_cores
from core.plates import PlateIndex
from core.vgg import prepare
from engine.zerogpu import comparison_of
from methods import ALL
from methods.base import Method
from ui.api import Endpoint
from ui.events import Handlers
from ui.examples import photos, shown_plates
from ui.files import FileCache
from ui.input_panel import InputPanel
from ui.summary import summary
from ui.sweep import section
from ui.texts import footer, header, yardstick
from ui.theme import LAUNCH
from ui.tile import empty_tile
from ui.weights_panel import WeightsPanel

HOUR = 3600


def build(comparison: Comparison) -> gr.Blocks:
    """The page that compares the comparison's methods; launch it with ui.look.LAUNCH."""
    contents, styles = photos(), shown_plates()
    gr.set_static_paths([example.path for example in (*contents, *styles)])
    methods = comparison.methods.values()
    page = gr.Blocks(
        title="StyleGrid", analytics_enabled=False, delete_cache=(HOUR, 24 * HOUR), fill_width=True
    )
    with page:
        gr.HTML(header(comparison.device), apply_default_css=False)
        with gr.Row(elem_id="layout"):
            desk = InputPanel(comparison, contents, styles)
            with gr.Column(elem_id="wall"):
                wall = build_grid(methods)
                take = gr.Button("Download everything (ZIP)", size="sm", elem_id="take")
                parcel = gr.HTML("", visible="hidden", elem_id="parcel", apply_default_css=False)
                gr.HTML(yardstick(), apply_default_css=False)
        weights = WeightsPanel()
        gr.HTML(footer(methods), apply_default_css=False)

        names, files = PlateIndex({each.name: each.path for each in styles}), FileCache(wall[0])
        handlers = Handlers(comparison, desk, files, names)
        desk.connect(page, files)
        handlers.connect(page, wall, take, parcel)
        weights.connect(page)
        publish(Endpoint(comparison, handlers.runs, files, names))
    page.queue(max_size=32)
    return page


def build_grid(methods: Iterable[Method]) -> list[gr.HTML]:
    """The wall before the first run: a tile for each method, the summary, the sweep."""
    with gr.Column(elem_id="grid"):
        tiles = [
            gr.HTML(empty_tile(method.name, method.title, method.unavailable()), apply_default_css=False)
            for method in methods
        ]
    below = [gr.HTML(html, apply_default_css=False) for html in (summary({}), section({}, {}))]
    return [*tiles, *below]


def publish(endpoint: Endpoint) -> None:
    """What programs may call."""
    api(endpoint.compare, api_name="compare", concurrency_id="device", concurrency_limit=1)
    api(endpoint.methods, api_name="methods", queue=False)
    api(endpoint.report, api_name="report", queue=False)


def main() -> None:
    """Serve the page until Ctrl-C; exit with a sentence where HOST and PORT cannot be used."""
    everywhere = "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"  # a Space is reached from outside
    host, port = os.environ.get("HOST") or everywhere, os.environ.get("PORT") or "7860"
    problem = address_problem(host, port)
    if problem:
        sys.exit(problem)
    use_cores()
    comparison = comparison_of([method() for method in ALL])
    page = build(comparison)
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    print(f"StyleGrid is at http://{shown}:{port} (Ctrl-C ends it)", flush=True)
    page.launch(server_name=host, server_port=int(port), quiet=True, prevent_thread_lock=True, **LAUNCH)
    prepare()
    comparison.costs.first_pace()  # before somebody is timed
    page.block_thread()


def address_problem(host: str, port: str) -> str:
    """Why the page cannot be served at this address, in a sentence; empty where it can."""
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        return f"PORT is {port!r}; it must be a whole number from 1 to 65535."
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            trial.bind(where)
    except socket.gaierror:
        return f"HOST is {host!r}, which names no machine: leave it out, or use 127.0.0.1 or 0.0.0.0."
    except OSError as error:
        return (
            f"StyleGrid cannot be served at {host}, port {port} ({error.strerror}): set another HOST or PORT."
        )
    return ""


if __name__ == "__main__":
    main()
