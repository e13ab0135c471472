"""Finds the Chromium that the browser tests drive, and installs one where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

PLAYWRIGHT = [sys.executable, "-m", "playwright"]
MAC_APPS = [
    "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "Applications/Chromium.app/Contents/MacOS/Chromium",
]
# A bare machine draws no text without the fonts, and Playwright's driver does not start without libatomic.
DEBIAN_PACKAGES = ["chromium", "fonts-liberation", "libatomic1"]


def find() -> str | None:
    """The path of the first Chromium that really runs."""
    return next((path for path in _candidates() if _runs(path)), None)


def main() -> str | None:
    """Installs what is missing; returns what is still wrong, if anything."""
    tried = []
    for name, commands in _installers():
        if _problem() is None:
            break
        tried.append(name)
        print(f"{_problem()}; trying {name}", flush=True)
        for command in commands:
            subprocess.run(
                command,
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                check=False,  # what counts is whether a Chromium runs afterwards
            )
    if problem := _problem():
        return f"The browser tests cannot run: {problem}, and {' and '.join(tried)} did not change that."
    print(f"Browser tests use {find()}")
    return None


def _problem() -> str | None:
    if not _runs(*PLAYWRIGHT):
        return "Playwright's driver does not start (.venv/bin/python -m playwright --version says why)"
    if find() is None:
        return "no Chromium that runs was found (install one, or set CHROMIUM to its path)"
    return None


def _candidates() -> Iterator[str]:
    if path := os.environ.get("CHROMIUM"):
        yield path
    yield from filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"]))
    yield from (str(base / app) for base in (Path("/"), Path.home()) for app in MAC_APPS)
    if _runs(*PLAYWRIGHT):
        with sync_playwright() as playwright:
            downloaded = playwright.chromium.executable_path
        yield downloaded


def _runs(*command: str) -> bool:
    # Asking is the only way to know: Ubuntu's chromium package is a stub that may have nothing behind it.
    try:
        return subprocess.run([*command, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _installers() -> Iterator[tuple[str, list[list[str]]]]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES]
        yield "apt-get", [["apt-get", "update"], install]
    yield "python -m playwright install chromium", [[*PLAYWRIGHT, "install", "chromium"]]


if __name__ == "__main__":
    sys.exit(main())
