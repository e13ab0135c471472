"""What a visitor waits for: `python -m benchmarks.page` starts the page, and compares in a real browser.

Seconds from the start to the page, from Compare to the first pictures with a painting that StyleGrid does
not know, right after the start, and again with another painting when the networks are loaded. Beside them
core seconds: what the page's processes had of the cores, without what else ran. It needs what
requirements-dev.txt installs, and a Chromium, which CHROMIUM may name.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from typing import Any

import psutil

from benchmarks.machine import this_machine
from core.device import pick_device

ROOT = Path(__file__).parent.parent
PATIENCE = 600  # seconds after which something is taken to have failed
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Waited:
    """Seconds that passed, and core seconds of a process and its children meanwhile."""

    seconds: float
    core_seconds: float


class Server:
    """`python app.py` at a free port of this machine, as a context."""

    def __enter__(self) -> Server:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
        self.process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    def served(self) -> bool:
        """Whether it gives the page."""
        with suppress(OSError), urllib.request.urlopen(self.address, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
        return False

    def core_seconds(self) -> float:
        """Of it and of its children so far."""
        process = psutil.Process(self.process.pid)
        total = 0.0
        for each in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                used = each.cpu_times()
                total += used.user + used.system
        return total

    def wait(self, done: Callable[[], bool]) -> Waited:
        """Until it is done. TimeoutError where that takes too long."""
        began, used = time.perf_counter(), self.core_seconds()
        while not done():
            if time.perf_counter() - began > PATIENCE:
                raise TimeoutError(f"Nothing came within {PATIENCE} s.")
            time.sleep(0.02)
        return Waited(time.perf_counter() - began, self.core_seconds() - used)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 where there is no browser or fewer than two paintings."""
    arguments = parser().parse_args(argv)
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(which, BROWSERS)), "")
    if not browser or len(arguments.paintings) < 2:
        print("It needs a Chromium, which CHROMIUM may name, and two paintings at least.", file=sys.stderr)
        return 2
    with Server() as server:
        found = {"start to page": server.wait(server.served), **compared(server, browser, arguments)}
    record = {**this_machine(pick_device("cpu")), **{name: vars(each) for name, each in found.items()}}
    print(json.dumps(record, indent=1))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    photo = ROOT / "examples" / "astronaut.jpg"
    found.add_argument("paintings", type=Path, nargs="+", metavar="PAINTING", help="two or more")
    found.add_argument("--photo", type=Path, default=photo, metavar="FILE", help="(examples/astronaut.jpg)")
    found.add_argument("--size", type=int, help="px (that with which the page begins)")
    found.add_argument("--pictures", type=int, default=4, help="that are waited for (%(default)s)")
    found.add_argument("--pause", type=float, default=5, help="seconds before Compare (%(default)s)")
    return found


def compared(server: Server, browser: str, arguments: argparse.Namespace) -> dict[str, Waited]:
    """The waits of a comparison with each painting."""
    from playwright.sync_api import sync_playwright  # of requirements-dev.txt

    found = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(server.address)
        upload(page, 0, arguments.photo)
        if arguments.size:
            field = page.get_by_label("number input for Size", exact=True)
            field.fill(str(arguments.size))
            field.press("Tab")
        for number, painting in enumerate(arguments.paintings, start=1):
            upload(page, 1, painting)
            page.wait_for_timeout(1000 * arguments.pause)
            before = pictures(page)
            page.click("#compare")
            found[f"comparison {number}"] = server.wait(partial(stand, page, before, arguments.pictures))
            page.click("#stop")
            page.wait_for_selector("#compare:not([disabled])")
        chromium.close()
    return found


def upload(page: Any, place: int, path: Path) -> None:
    """Choose the photo (0) or the painting (1)."""
    field = page.locator(".picture-input").nth(place)
    if field.get_by_label("Remove Image").count():
        field.get_by_label("Remove Image").click()
    page.locator("#inputs input[type=file]").nth(place).set_input_files(str(path))
    field.locator("img").wait_for()


def stand(page: Any, before: set[str], most: int) -> bool:
    """Whether so many pictures stand that were not there before."""
    return len(pictures(page) - before) >= most


def pictures(page: Any) -> set[str]:
    """The addresses of the finished pictures that the page shows."""
    states = ", ".join(f'.tile[data-state="{state}"] img.result' for state in ("measuring", "done"))
    return set(page.eval_on_selector_all(states, "pictures => pictures.map(each => each.src)"))


if __name__ == "__main__":
    sys.exit(main())
