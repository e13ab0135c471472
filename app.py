"""The StyleGrid page: `python app.py`, with HOST and PORT from the environment."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from compare.limits import current
from core.device import use_cores
from engine import ENGINES, make_engine
from engine.queue import Queue
from methods import ALL

RUNS_END = 2.0  # seconds that runs have for their next check, at the end
ALL_ENDS = 4.5  # seconds after which the process goes, whatever its threads are doing
INNER = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"  # where the proxy in front of a Space may be


def main(argv: Sequence[str] = ()) -> None:
    """Serve the page until Ctrl-C or SIGTERM; exit with a sentence where HOST and PORT cannot be used."""
    arguments = parser().parse_args(argv)
    if arguments.engine:
        os.environ["STYLEGRID_ENGINE"] = arguments.engine
    if "SPACE_ID" in os.environ:  # else all its visitors would have the proxy's address
        os.environ.setdefault("FORWARDED_ALLOW_IPS", INNER)
    everywhere = "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1"  # a Space is reached from outside
    host, port = os.environ.get("HOST") or everywhere, os.environ.get("PORT") or "7860"
    problem = address_problem(host, port)
    if problem:
        sys.exit(problem)
    ended = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal ended
        if not ended:
            last = threading.Timer(ALL_ENDS, os._exit, (0,))
            last.daemon = True
            last.start()
        ended = True

    for number in (signal.SIGINT, signal.SIGTERM):  # for the latter, process 1 of a container has no default
        signal.signal(number, end)
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("stylegrid").setLevel(logging.INFO)  # a line a comparison
    use_cores()
    try:
        current()  # the limits of the environment, said before anything begins where they are none
        engine = make_engine([method() for method in ALL])
    except ValueError as error:
        sys.exit(str(error))
    # Here, for the engine's process begins meanwhile, and runs this file's imports as well.
    from ui.connections import allow_many
    from ui.examples import photos, shown_plates
    from ui.input_panel import usual_plan
    from ui.log import keep_short
    from ui.metrics import metrics_of
    from ui.page import build
    from ui.theme import launch_arguments

    keep_short()
    allow_many()
    queue = Queue(engine)
    page = build(engine, queue)
    try:
        launch = launch_arguments(engine.ready, metrics_of(queue))
    except ValueError as error:
        sys.exit(str(error))
    reachable = "localhost" if host in ("0.0.0.0", "::") else host
    print(f"StyleGrid is at http://{reachable}:{port} (Ctrl-C ends it)", flush=True)
    page.launch(server_name=host, server_port=int(port), quiet=True, prevent_thread_lock=True, **launch)
    page.server.config.timeout_graceful_shutdown = 1  # for the streams of open pages, at the end
    page.server.config.limit_concurrency = 2 * current().connections  # beyond what ui/connections.py closes
    engine.costs.speed_factor()  # before somebody is timed
    for photo, plate in zip(photos()[:1], shown_plates()[:1], strict=False):
        queue.warm(usual_plan(engine, photo, plate).request)
    while not ended:
        time.sleep(0.1)
    queue.close(RUNS_END)
    engine.close()
    page.close(verbose=False)


def parser() -> argparse.ArgumentParser:
    """The one flag; all else is set by the environment."""
    top = argparse.ArgumentParser(prog="python app.py", description="Serve the StyleGrid page.")
    usual = "process, on ZeroGPU zerogpu, unless STYLEGRID_ENGINE names another"
    top.add_argument("--engine", choices=ENGINES, help=f"where comparisons are computed ({usual})")
    return top


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
    main(sys.argv[1:])
