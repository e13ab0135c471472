import os

# Set before any test module imports gradio or huggingface_hub, which read these once.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import install_browser

ROOT = Path(__file__).parent.parent
START_SECONDS = 60  # the limit for a loaded machine; a free one takes under 8
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages under test reach this machine and nothing else, so that a test never waits for a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


# Files whose tests paint with whole networks, train, decode hundreds of pictures, start programs, or wait for
# a network that fails.
# fmt: off
SLOW = {
    "adain", "app", "backbones", "batch", "benchmark", "cin", "cli", "contract", "cuda_graph",
    "damaged_files", "end", "gatys", "hub", "johnson", "magenta", "nnst", "optimisation", "pairs", "patches",
    "picture_properties", "plates", "ray", "report", "sweep", "trainers", "training", "vgg", "wasserstein",
    "wct",
}
# fmt: on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"browser", "page", "real"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        elif item.path.stem.removeprefix("test_") in SLOW:
            item.add_marker("slow")


@pytest.fixture(scope="session", autouse=True)
def _deterministic() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _own_history(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Comparisons that tests make are kept where nobody looks for theirs."""
    folder = tmp_path_factory.mktemp("history")
    folder.chmod(0o700)
    os.environ["STYLEGRID_HISTORY"] = str(folder)
    os.environ["STYLEGRID_VOTES"] = str(folder / "votes.sqlite3")
    os.environ["STYLEGRID_POOL"] = str(folder / "pool")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine, headless.

    Playwright keeps an event loop running in the main thread: a test that wants asyncio.run calls it
    in a thread of its own.
    """
    path = install_browser.find()
    if path is None:
        pytest.fail("No Chromium found: run .venv/bin/python tests/install_browser.py, or set CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; the test fails if an uncaught error is raised in its JavaScript."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, f"Uncaught JavaScript errors on the page: {errors}"


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight smooth pictures of various sizes, in a folder and a subfolder."""
    folder = tmp_path_factory.mktemp("content")
    (folder / "more").mkdir()
    random = torch.Generator().manual_seed(0)
    for index in range(8):
        grid = (torch.rand(6, 8, 3, generator=random) * 255).to(torch.uint8).numpy()
        place = folder / "more" if index % 2 else folder
        Image.fromarray(grid).resize((90 + 10 * index, 120), Image.Resampling.BICUBIC).save(
            place / f"{index}.png"
        )
    return folder


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.effect_noise((64, 48), 90).convert("RGB").save(path)
    return path


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    Image.effect_noise((48, 64), 90).convert("RGB").save(path)
    return path


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def real() -> Iterator[str]:
    """Address of `python app.py`, with the methods that StyleGrid has."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1"}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
        deadline = time.monotonic() + START_SECONDS
        while not answers(port) and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.terminate()
