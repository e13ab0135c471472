"""What passes the door and what does not, as ASGI messages and on a served page."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import ui.body
from engine.inline import InlineEngine
from engine.queue import Queue
from engine.ticket import Refused
from engine.visitor import Visitor
from fake_methods import Quick
from ui.door import Door
from ui.metrics import metrics_of
from ui.page import build
from ui.theme import LAUNCH


async def asked(path, *bodies, method="POST", headers=(), wait=False, metrics=None):
    """Status, body and headers of the answer, and the bytes that came to the application; None if nothing."""
    came, answers = [], []
    messages = [
        {"type": "http.request", "body": body, "more_body": wait or index < len(bodies) - 1}
        for index, body in enumerate(bodies or (b"",))
    ]

    async def receive():
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message):
        answers.append(message)

    async def application(scope, receive, send):
        data, more = b"", True
        while more:
            message = await receive()
            data, more = data + message["body"], message["more_body"]
        came.append(data)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    scope = {"type": "http", "path": path, "method": method, "headers": list(headers)}
    await Door(application, metrics=metrics)(scope, receive, send)
    start, *rest = answers
    text = b"".join(message["body"] for message in rest)
    return start["status"], text, dict(start["headers"]), came[0] if came else None


def run(coroutine):
    """asyncio.run in a thread of its own, for the browser's tests leave a loop running in this one."""
    with ThreadPoolExecutor() as threads:
        return threads.submit(asyncio.run, coroutine).result()


def ask(path, *bodies, **options):
    return run(asked(path, *bodies, **options))


def test_metrics_are_given_where_they_are_asked_for(monkeypatch):
    queue = Queue(InlineEngine([Quick()], "cpu"))
    assert metrics_of(queue) is None
    monkeypatch.setenv("STYLEGRID_METRICS", "1")

    def unfit():
        raise ValueError("The photo is damaged.")

    with pytest.raises(Refused):
        list(queue.submit(Visitor("secret"), unfit))
    text = metrics_of(queue)().decode()
    for line in (
        'stylegrid_comparisons_total{outcome="refused"} 1.0',
        "stylegrid_running 0.0",
        "stylegrid_waiting 0.0",
        "stylegrid_ready 1.0",
    ):
        assert line in text.splitlines()
    assert 'stylegrid_memory_bytes{process="page"}' in text
    assert "secret" not in text
    assert ask("/metrics", method="GET")[3] is not None, "without them it is the page's business"
    status, answer, headers, came = ask("/metrics", method="GET", metrics=lambda: b"stylegrid_ready 1.0")
    assert (status, answer, headers[b"content-type"], came) == (
        200,
        b"stylegrid_ready 1.0",
        b"text/plain",
        None,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=https://example.org/a",
        "/gradio_api/file=HTTP:/example.org/a",
        "/gradio_api/file=ftp%3A//example.org/a",
        "/gradio_api/proxy=x",
        "/proxy=https://example.org",
        "/gradio_api/api/compare",
        "/monitoring/summary",
    ],
)
def test_closed_addresses_do_not_reach_the_page(path):
    status, text, _, came = ask(path, b"{}")
    assert (status, came) == (403, None)
    assert json.loads(text)["detail"] == "This address is closed."


@pytest.mark.parametrize("path", ["/gradio_api/file=/tmp/a.png", "/gradio_api/queue/join", "/", "/config"])
def test_the_page_and_its_files_pass_with_headers(path):
    status, _, headers, came = ask(path, b"{", b"}")
    assert (status, came) == (200, b"{}")
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"x-frame-options" not in headers


def test_a_large_body_is_refused_by_what_it_states_and_by_what_comes():
    stated = [(b"content-length", b"1000001")]
    for answer in (
        ask("/gradio_api/queue/join", headers=stated),
        ask("/gradio_api/queue/join", *[b"x" * 300_000] * 4),
        ask("/gradio_api/queue/join", headers=[(b"content-length", b"many")]),
    ):
        assert (answer[0], answer[3]) == (413, None)
    assert ask("/gradio_api/queue/join", b"x" * 1_000_000)[0] == 200


PNG = b"\x89PNG\r\n\x1a\n"
FORM = [(b"content-type", b"multipart/form-data; boundary=line")]


def form(*files):
    """An upload's body, in pieces that cut it anywhere."""
    parts = b"".join(
        b'--line\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + data + b"\r\n"
        for data in files
    )
    whole = parts + b"--line--\r\n"
    return [whole[start : start + 70_001] for start in range(0, len(whole), 70_001)]


def upload(*files):
    return ask("/gradio_api/upload", *form(*files), headers=FORM)


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setenv("STYLEGRID_PUBLIC", "1")


def test_an_upload_may_be_large_where_it_is_a_picture_or_a_network(public):
    large = 2_000_000 * b"x"
    assert upload(PNG + large)[0] == 200
    assert upload(b"\x40\0\0\0\0\0\0\0{" + large)[0] == 200
    status, text, _, came = upload(large)
    assert (status, came) == (413, None)
    assert "1,000,000 bytes are allowed of one that is neither a picture nor a network" in text.decode()
    assert upload(b"a note")[0] == 200  # which the page then names


def test_an_upload_has_so_many_files_of_such_a_size(public, monkeypatch):
    assert upload(*[PNG] * 4)[0] == 200
    status, text, _, came = upload(*[PNG] * 5)
    assert (status, came) == (413, None)
    assert "At most 4 files" in text.decode()
    monkeypatch.setenv("STYLEGRID_UPLOAD_BYTES", "1000")
    assert upload(PNG + b"x" * 600, PNG + b"x" * 600)[0] == 200
    assert upload(PNG + b"x" * 1000)[0] == 413


def test_an_upload_that_is_no_form_is_refused():
    assert ask("/gradio_api/upload", PNG)[0] == 400
    assert ask("/gradio_api/upload", b"x" * 100, headers=FORM)[0] == 400


def test_an_address_has_so_many_requests_open_at_once(monkeypatch):
    monkeypatch.setenv("STYLEGRID_REQUESTS", "2")

    async def visited():
        left, answers = asyncio.Event(), []

        async def application(scope, receive, send):
            await left.wait()

        async def send(message):
            answers.append(message.get("status"))

        door = Door(application)

        def visit(address):
            scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "client": (address, 1)}
            return asyncio.create_task(door(scope, None, send))

        two = [visit("192.0.2.1"), visit("192.0.2.1"), visit("192.0.2.2")]
        await asyncio.sleep(0)
        await visit("192.0.2.1")
        assert answers == [429, None]
        left.set()
        await asyncio.gather(*two)
        assert not door.open
        await visit("192.0.2.1")

    run(visited())


def test_ready_is_when_a_comparison_could_begin():
    async def status(door, path):
        answers = []

        async def send(message):
            answers.append(message)

        await door({"type": "http", "path": path, "method": "GET", "headers": []}, None, send)
        return answers[0]["status"]

    door = Door(None, ready=lambda: False)
    assert run(status(door, "/readyz")) == 503
    assert run(status(door, "/healthz")) == 200


def test_files_at_addresses_are_not_fetched():
    file = {"path": "http://example.org/a.png", "meta": {"_type": "gradio.FileData"}}
    nested = json.dumps({"data": [1, {"adain": {"second": file}}]}).replace("://", "\\u003a//")
    status, text, _, came = ask("/gradio_api/run/predict", nested.encode())
    assert (status, came) == (403, None)
    assert b"addresses are not fetched" in text
    uploaded = {"path": "/tmp/a.png", "url": "http://127.0.0.1/gradio_api/file=/tmp/a.png"}
    assert ask("/gradio_api/queue/join", json.dumps({"data": [uploaded]}).encode())[0] == 200
    assert ask("/gradio_api/queue/join", b"[" * 100_000)[0] == 200
    forged = json.dumps({"data": [{"path": "/tmp/a.png\nall is well"}]}).encode()
    assert ask("/gradio_api/queue/join", forged)[0] == 403


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/upload"])
def test_a_body_that_does_not_come_is_given_up(path, monkeypatch):
    monkeypatch.setattr(ui.body, "SECONDS", 0.05)
    assert ask(path, form(PNG)[0], wait=True, headers=FORM)[0] == 408


def test_a_served_page_is_behind_the_door():
    page = build(InlineEngine([Quick()], "cpu"))
    try:
        _, address, _ = page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True, **LAUNCH)
        with httpx.Client(base_url=address) as client:
            status = {
                path: client.get(path).status_code
                for path in ("/healthz", "/", "/gradio_api/file=https://example.org/a", "/monitoring/summary")
            }
            assert (status["/healthz"], status["/"]) == (200, 200)
            assert status["/gradio_api/file=https://example.org/a"] == 403
            assert status["/monitoring/summary"] == 403
            round_the_line = client.post("/gradio_api/run/compare", json={"data": []})
            assert round_the_line.status_code == 404
            assert "join the queue" in round_the_line.text
            nameless = {"data": [""], "fn_index": 0, "session_hash": ""}
            assert client.post("/gradio_api/queue/join", json=nameless).status_code == 403
            assert client.post("/gradio_api/call/methods", json={"data": []}).status_code == 200
            large = client.post("/gradio_api/queue/join", content=b"x" * 2_000_000)
            assert large.status_code == 413
            sent = client.post("/gradio_api/upload", files=[("files", ("a.png", PNG))])
            assert sent.status_code == 200
            refused = client.post("/gradio_api/upload", files=[("files", ("a.png", b"x" * 2_000_000))])
            assert refused.status_code in (400, 413)
            assert "neither a picture nor a network" in refused.text
    finally:
        page.close()
