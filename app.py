"""The StyleGrid page: `python app.py`, with HOST and PORT from the environment."""

from __future__ import annotations

import os
import socket
import sys

import gradio as gr
from gradio.events import api

from core.device import modest, use_cores
from core.plates import Names
from core.vgg import prepare
from methods import ALL
from methods.compare import Comparison
from ui.api import Endpoint
from ui.controls import Panel
from ui.examples import pairs, photos, shown_plates, strip
from ui.handlers import Handlers
from ui.inputs import PictureInput, said
from ui.look import LAUNCH
from ui.pictures import Shelf
from ui.runs import SIZES
from ui.shared import SharedControls
from ui.summary import summary
from ui.sweep import SweepPanel, section
from ui.texts import footer, header, yardstick
from ui.tiles import empty_tile
from ui.weights import WeightsPanel
from ui.zero import comparison_of

DEFAULT_SIZE, MODEST_SIZE = 512, 256
FAIR_REPEATS = 3
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
            with gr.Column(elem_id="desk"):
                with gr.Row(elem_id="inputs"):
                    with gr.Column(min_width=150):
                        content = PictureInput("content photo")
                        strip(
                            [(each,) for each in contents], "Example photos", content.example, content.shown
                        )
                    with gr.Column(min_width=150):
                        style = PictureInput("style picture")
                        strip([(each,) for each in styles], "Style plates", style.example, style.shown)
                strip(
                    pairs(contents, styles),
                    "Pairs to start with",
                    lambda photo, plate: [*content.example(photo), *style.example(plate)],
                    [*content.shown, *style.shown],
                )
                size = gr.Slider(
                    *SIZES,
                    MODEST_SIZE if modest(comparison.device) else DEFAULT_SIZE,
                    step=32,
                    label="Size",
                    info="Long side of the pictures in pixels; twice the size takes about four times as long",
                )
                chosen = gr.CheckboxGroup(
                    [(method.title, method.name) for method in methods],
                    value=[method.name for method in methods if not method.missing()],
                    label="Methods",
                    visible=len(comparison.methods) > 1,
                )
                timing = gr.Radio(
                    [("Quick: one run each", 0), ("Fair: one to warm up, then three", FAIR_REPEATS)],
                    value=0,
                    label="Timing",
                )
                foretold = gr.HTML(said(""), elem_id="forecast", apply_default_css=False)
                with gr.Row(elem_id="actions"):
                    compare = gr.Button("Compare", variant="primary", elem_id="compare", min_width=120)
                    stop = gr.Button("Stop", interactive=False, elem_id="stop", min_width=80)
                status = gr.HTML(said(""), elem_id="status", apply_default_css=False)
                shared = SharedControls()
                panels = {method.name: Panel(method) for method in methods}
                sweep = SweepPanel()
                png = gr.File(
                    label="Drop a PNG from StyleGrid to restore its settings",
                    file_types=[".png"],
                    height=150,
                    elem_id="restore",
                )
            with gr.Column(elem_id="wall"):
                with gr.Column(elem_id="grid"):
                    tiles = [
                        gr.HTML(
                            empty_tile(method.name, method.title, method.missing()), apply_default_css=False
                        )
                        for method in methods
                    ]
                summed = gr.HTML(summary({}), apply_default_css=False)
                swept = gr.HTML(section({}, {}), apply_default_css=False)
                take = gr.Button("Download everything (ZIP)", size="sm", elem_id="take")
                parcel = gr.HTML("", visible="hidden", elem_id="parcel", apply_default_css=False)
                gr.HTML(yardstick(), apply_default_css=False)
        weights = WeightsPanel()
        gr.HTML(footer(methods), apply_default_css=False)

        names, shelf = Names({each.name: each.path for each in styles}), Shelf(tiles[0])
        handlers = Handlers(
            comparison, content, style, size, chosen, timing, sweep, foretold, panels, shelf, names
        )
        shared.connect(panels.values())
        for panel in panels.values():
            panel.connect(page, content, size, shelf)
        handlers.connect(page, compare, stop, status, [*tiles, summed, swept], take, parcel, png)
        weights.connect(page)
        endpoint = Endpoint(comparison, handlers.runs, shelf, names)
        api(endpoint.compare, api_name="compare", concurrency_id="device", concurrency_limit=1)
        api(endpoint.methods, api_name="methods", queue=False)
        api(endpoint.report, api_name="report", queue=False)
    page.queue(max_size=32)
    return page


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
