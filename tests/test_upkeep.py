"""What is looked after while the page is served: idle connections, messages that nobody fetches, uploads."""

import socket
import time
from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

import ui.connections
import ui.upkeep
from engine.inline import InlineEngine
from fake_methods import Quick
from page_handlers import noise
from ui.connections import IDLE_SECONDS, OPEN_FILES, Connections, allow_many
from ui.disk import Disk
from ui.page import build
from ui.theme import LAUNCH
from ui.undelivered import Undelivered
from ui.uploads import Uploads, uploads
from ui.visitors import Readers

WAIT_SECONDS = 30  # for what takes a second or two on a free machine


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


class Connection:
    """One of uvicorn's, with a request that is going on or without."""

    def __init__(self, address="192.0.2.1", busy=False):
        self.client, self.closed = (address, 1), False
        self.cycle = SimpleNamespace(response_complete=not busy)
        self.transport = SimpleNamespace(close=lambda: setattr(self, "closed", True))


def closed(connections):
    return [each.closed for each in connections]


def still(connections):
    return [each for each in connections if not each.closed]


def test_a_connection_that_asks_for_nothing_is_closed_and_one_that_is_answered_is_not(clock):
    connections = Connections(clock)
    silent, busy = Connection(), Connection(busy=True)
    silent.cycle = None  # never asked for anything
    connections.look({silent, busy})
    clock.now += IDLE_SECONDS
    connections.look({silent, busy})
    assert not silent.closed
    clock.now += 1
    connections.look({silent, busy})
    assert (silent.closed, busy.closed) == (True, False)
    busy.cycle.response_complete = True
    clock.now += 100
    connections.look({busy})
    assert not busy.closed, "it is idle from now on"


def test_an_address_keeps_its_newest_connections_and_others_keep_theirs(clock, monkeypatch):
    monkeypatch.setenv("STYLEGRID_REQUESTS", "3")
    connections, many = Connections(clock), [Connection("192.0.2.7", busy=True)]
    for _ in range(5):
        many.append(Connection("192.0.2.7"))
        clock.now += 0.1
        connections.look(still(many))
    other = Connection("192.0.2.8")
    household = [Connection(f"2001:db8::{place}") for place in range(4)]
    connections.look(still([*many, other, *household]))
    assert closed(many) == [False, True, True, True, False, False]
    assert not other.closed
    assert sum(closed(household)) == 1, "an IPv6 address is counted by its network"


def test_in_all_there_are_so_many_and_the_longest_idle_goes_first(clock, monkeypatch):
    monkeypatch.setenv("STYLEGRID_CONNECTIONS", "4")
    connections = Connections(clock)
    old = [Connection(f"192.0.2.{place}") for place in range(3)]
    connections.look(old)
    clock.now += 1
    new = [Connection(f"192.0.2.{place}") for place in range(3, 6)]
    connections.look([*old, *new])
    assert (sum(closed(old)), closed(new)) == (2, [False] * 3)


def test_a_proxys_connections_are_those_of_many_visitors(clock, monkeypatch):
    monkeypatch.setenv("STYLEGRID_REQUESTS", "1")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8, gate")
    addresses = ("10.1.2.3", "gate", "192.0.2.1")
    found = {address: [Connection(address) for _ in range(3)] for address in addresses}
    Connections(clock).look([each for some in found.values() for each in some])
    assert {address: sum(closed(some)) for address, some in found.items()} == {
        "10.1.2.3": 0,
        "gate": 0,
        "192.0.2.1": 2,
    }


def test_a_process_may_have_more_connections_than_is_usual(monkeypatch):
    resource = pytest.importorskip("resource")
    given = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    for limits in ((1024, 1_048_576), (1024, 2048), (65_536, 65_536), (1024, resource.RLIM_INFINITY)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        allow_many()
    assert given == [(OPEN_FILES, 1_048_576), (2048, 2048), (OPEN_FILES, resource.RLIM_INFINITY)]


def queue(**events):
    """A Gradio queue whose sessions have events that are done; those called "going" are not."""
    return SimpleNamespace(
        pending_messages_per_session=OrderedDict.fromkeys(events, "messages"),
        pending_event_ids_session={session: {event} for session, event in events.items()},
        event_ids_to_events={
            event: SimpleNamespace(session_hash=session)
            for session, event in events.items()
            if event == "going"
        },
    )


def test_messages_that_nobody_fetches_are_dropped(clock, monkeypatch):
    monkeypatch.setenv("STYLEGRID_MESSAGE_SECONDS", "60")
    readers = Readers(clock)
    undelivered, there = Undelivered(readers, clock), queue(unread="a", read="b", by_event="c", runs="going")
    readers.enter(["read", "c"])
    for later in (0, 60, 1):
        assert "unread" in there.pending_messages_per_session
        clock.now += later
        undelivered.look(there)
    kept = {"read", "by_event", "runs"}
    assert {*there.pending_messages_per_session} == {*there.pending_event_ids_session} == kept
    readers.leave(["read"])
    there.event_ids_to_events.clear()
    undelivered.look(there)
    clock.now += 61
    undelivered.look(there)
    assert {*there.pending_messages_per_session} == {"by_event"}


@pytest.fixture
def kept(clock, monkeypatch):
    """Uploads that are needed for 10 s beyond their use."""
    monkeypatch.setenv("STYLEGRID_UPLOAD_SECONDS", "10")
    found = Uploads(clock)
    found.came(["a", "b"], "visitor")
    return found


def test_an_upload_that_nothing_needs_goes(kept, clock):
    clock.now += 9
    kept.came(["b"], "another")
    assert kept.due([]) == []
    clock.now += 1
    assert kept.due([]) == ["a"]
    assert kept.due([]) == [], "it is told once"
    clock.now += 9
    assert kept.due([]) == ["b"]


def test_an_upload_stays_while_a_comparison_names_it(kept, clock):
    with kept.held(["a", "an example"]), kept.held(["a"]):
        clock.now += 100
        assert kept.due([]) == ["b"]
    assert kept.due([]) == [], "and a while longer, for the next comparison"
    clock.now += 10
    assert kept.due([]) == ["a"]


def test_an_upload_stays_while_its_visitors_page_is_open_or_the_history_names_it(kept, clock):
    kept.need(["a", "an example"], 50)
    clock.now += 100
    assert kept.due(["visitor"]) == []
    clock.now += 9
    assert kept.due([]) == []
    kept.need(["a"], 50)
    clock.now += 59
    assert kept.due(["another"]) == ["b"]
    clock.now += 1
    assert kept.due([]) == ["a"]


def test_at_home_uploads_are_kept(clock):
    found = Uploads(clock)
    found.came(["a"], "visitor")
    clock.now += 10**9
    assert found.due([]) == []


def test_a_removed_upload_leaves_no_empty_folder(tmp_path):
    path = tmp_path / "hash" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"x")
    Disk(tmp_path).remove([str(path), str(tmp_path / "gone" / "b.png")])
    assert [*tmp_path.iterdir()] == []


def until(condition):
    """Wait for it; fail where it does not come."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@pytest.fixture
def served(monkeypatch):
    """A page with its address, looked after more often than is usual."""
    values = {"REQUESTS": "20", "MESSAGE_SECONDS": "0.5", "UPLOAD_SECONDS": "0.5"}
    for name, value in values.items():
        monkeypatch.setenv(f"STYLEGRID_{name}", value)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    monkeypatch.setattr(ui.upkeep, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(ui.upkeep, "DISK_LOOKS", 1)
    monkeypatch.setattr(ui.connections, "IDLE_SECONDS", 1)
    page = build(InlineEngine([Quick()], "cpu"))
    _, address, _ = page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True, **LAUNCH)
    yield page, address
    page.close()


def test_a_served_page_outlives_idle_connections_and_forgets_what_nobody_fetches(served, tmp_path):
    page, address = served
    where = httpx.URL(address)
    messages = page._queue.pending_messages_per_session
    with httpx.Client(base_url=address, timeout=60) as client, ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection((where.host, where.port)))
        assert client.get("/healthz").status_code == 200
        until(lambda: len(page.server.server_state.connections) <= 20)
        until(lambda: len(page.server.server_state.connections) <= 1)  # the client's own

        joined = client.post("/gradio_api/call/methods", json={"data": []})
        assert joined.status_code == 200
        until(lambda: not messages)
        again = client.post("/gradio_api/call/methods", json={"data": []}).json()["event_id"]
        assert "plates" in client.get(f"/gradio_api/call/methods/{again}").text

        noise(64, 48).save(tmp_path / "a.png")
        with (tmp_path / "a.png").open("rb") as file:
            (path,) = client.post("/gradio_api/upload", files=[("files", file)]).json()
        with uploads().held([path]):
            time.sleep(1)  # twice as long as it is kept
            assert Path(path).exists()
        until(lambda: not Path(path).exists())
