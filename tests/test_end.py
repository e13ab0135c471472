"""How the program ends: on SIGTERM and SIGINT, while a comparison runs, and as a container's process 1."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import psutil
import pytest
from gradio_client import Client, handle_file

from conftest import ROOT, START_SECONDS, free_port

END_SECONDS = 20  # the limit for a loaded machine; a free one takes under 5
AS_FIRST = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


def can_be_first():
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run([*AS_FIRST, "true"], capture_output=True).returncode
    )


@contextmanager
def served(*before):
    """`python app.py` with its address."""
    port = free_port()
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    with subprocess.Popen([*before, sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
        try:
            address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
            while not ready(address) and server.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert ready(address)
            yield server, address
        finally:
            server.kill()


def ready(address):
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def left(processes):
    """Those that still run, once they had time to end."""
    return psutil.wait_procs(processes, END_SECONDS)[1]


def children(process):
    """Numbers of the processes that a process has started."""
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as listed:
        return [int(each) for each in listed.read().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_comparison_ends_with_the_program(number, photo, painting):
    with served() as (server, address):
        client = Client(address, verbose=False)
        settings = {"gatys": {"steps": 5000}}
        job = client.submit(handle_file(photo), handle_file(painting), 256, settings, 0, api_name="/compare")
        deadline = time.monotonic() + START_SECONDS
        while not any(each["gatys"]["steps"] for each in job.outputs()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert job.outputs()[-1]["gatys"]["state"] == "running"
        tree = psutil.Process(server.pid).children(recursive=True)
        assert tree, "it computes in a process of its own"
        server.send_signal(number)
        assert server.wait(END_SECONDS) == (-number if number == signal.SIGKILL else 0)
        assert not left(tree)


@pytest.mark.skipif(not can_be_first(), reason="no process of this machine's user can be a namespace's first")
def test_the_first_process_of_a_container_ends_on_a_signal():
    with served(*AS_FIRST) as (server, _):
        (first,) = children(server.pid)
        tree = psutil.Process(server.pid).children(recursive=True)
        os.kill(first, signal.SIGTERM)
        assert server.wait(END_SECONDS) == 0
        assert not left(tree)
