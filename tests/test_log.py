"""A failed call leaves one line that forges none, few lines, and a traceback where the fault is ours."""

import logging

import httpx
import pytest

from engine.inline import InlineEngine
from fake_methods import Quick
from ui.log import LENGTH, MOST, SECONDS, Spare, brief, keep_short
from ui.page import build
from ui.theme import LAUNCH


def record(error=None, text="A call failed\n"):
    exc_info = error and (type(error), error, error.__traceback__)
    return logging.LogRecord("stylegrid.calls", logging.ERROR, "", 1, text, (), exc_info)


def raised(name, error=None):
    """An error that came through a module."""
    try:
        exec("raise error", {"__name__": name, "error": error or ValueError("a\nb")})
    except Exception as caught:
        return caught


@pytest.mark.parametrize("name", ["gradio.queueing", "ui.door", "uvicorn.protocols"])
def test_a_call_that_was_unfit_is_a_line(name):
    found = record(raised(name))
    assert Spare().filter(found)
    assert found.getMessage() == r"A call failed: ValueError: 'a\nb'"
    assert not found.exc_info


def test_a_fault_of_ours_keeps_its_traceback():
    found = record(raised("ui.events"))
    assert Spare().filter(found)
    assert found.exc_info
    several = ValueError("several")
    several.exceptions = (raised("gradio.routes"), raised("engine.queue"))  # as an ExceptionGroup has them
    found = record(raised("gradio.routes", several))
    assert Spare().filter(found)
    assert found.exc_info


def test_what_is_long_is_cut():
    assert len(brief(ValueError("x" * 10**6))) < LENGTH + 30
    assert brief(KeyError("\x1b[2Jé")) == r'KeyError: "' + r"'\\x1b[2Jé'" + '"'


def test_few_lines_are_written_and_the_others_counted():
    moment = [0.0]
    spare = Spare(lambda: moment[0])
    assert sum(spare.filter(record()) for _ in range(200)) == MOST
    moment[0] = SECONDS
    found = record(text="Again")
    assert spare.filter(found)
    assert found.getMessage() == f"Again ({200 - MOST} more were not written)"
    assert spare.filter(found := record(text="Again"))
    assert found.getMessage() == "Again"


@pytest.fixture
def address():
    keep_short()
    page = build(InlineEngine([Quick()], "cpu"))
    _, address, _ = page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True, **LAUNCH)
    yield address
    page.close()


def test_paths_that_gradio_refuses_leave_neither_tracebacks_nor_forged_lines(address, capfd, caplog):
    with httpx.Client(base_url=address, timeout=60) as client:
        for path in ("/etc/passwd", "/tmp/a INFO all is well"):
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            body = {"content": file, "style": file, "size": 64}
            joined = client.post("/gradio_api/call/v2/compare", json=body)
            answer = client.get(f"/gradio_api/call/compare/{joined.json()['event_id']}").text
            assert "event: error" in answer
    assert httpx.post(f"{address}gradio_api/call/v2/a%0Ab", json={}).status_code == 500
    assert httpx.post(f"{address}gradio_api/call/v2/compare", json={"no": "such"}).status_code >= 400
    printed = capfd.readouterr()
    assert "Traceback" not in printed.err + printed.out + caplog.text
    lines = [
        each.getMessage() for each in caplog.records if each.name in ("stylegrid.calls", "uvicorn.error")
    ]
    assert any("/etc/passwd" in line for line in lines)
    assert all("\n" not in line and len(line) < 300 for line in lines)
