"""Who a visitor is: cookie, token, address; and who still reads."""

import gradio as gr
import pytest
from starlette.requests import Request

from test_door import asked, run
from ui.store import Finished, Store
from ui.visitors import COOKIE, HEADER, SCOPE, Readers, Visitors, network_of, page_of, visitor_of


def scope(address="192.0.2.1", **headers):
    return {
        "type": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": (address, 1),
    }


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a name", "a name"),
        ("", ""),
    ],
)
def test_addresses_of_one_household_are_one_network(address, network):
    assert network_of(address) == network


def test_a_visitor_is_known_by_cookie_or_token_and_by_nothing_forged():
    visitors = Visitors("secret")
    one = visitors.new("192.0.2.1")
    token = visitors.token(one)
    assert visitors.of(scope(cookie=f"a=b; {COOKIE}={token}")) == one
    assert visitors.of(scope(**{HEADER.decode(): token})) == one
    assert visitors.of(scope(cookie=f"{COOKIE}=x", **{HEADER.decode(): token})) == one
    forged = f"{one.key}.{token.rpartition('.')[2][::-1]}"
    for request in (
        scope(),
        scope(cookie=f"{COOKIE}={forged}"),
        scope(cookie=f"{COOKIE}={one.key}"),
        scope(cookie=f"{COOKIE}={Visitors('other').token(one)}"),
        scope(cookie="\x01=;;,"),
    ):
        stranger = visitors.of(request)
        assert (stranger.key, stranger.network, stranger.known) == ("192.0.2.1", "192.0.2.1", False)


def test_two_new_visitors_are_two():
    visitors = Visitors()
    assert visitors.new().key != visitors.new().key
    assert Visitors().token(visitors.new()) != Visitors().token(visitors.new())


def test_a_cookie_reaches_a_frame_only_where_it_is_encrypted():
    visitors = Visitors("secret")
    _, plain = visitors.cookie(visitors.new(), "http")
    _, safe = visitors.cookie(visitors.new(), "https")
    assert b"HttpOnly; SameSite=Lax" in plain
    assert b"HttpOnly; SameSite=None; Secure; Partitioned" in safe


def test_the_door_gives_a_cookie_with_the_page_and_a_token_for_where_there_are_none():
    _, _, headers, _ = run(asked("/", method="GET"))
    cookie = headers[b"set-cookie"].partition(b";")[0]
    assert cookie.startswith(COOKIE.encode())
    assert b"set-cookie" not in run(asked("/gradio_api/queue/join"))[2], "a program's call is no page"
    _, token, headers, came = run(asked("/visitor", method="GET"))
    assert came is None
    assert headers[b"set-cookie"].startswith(COOKIE.encode() + b"=" + token)


def test_the_session_tells_apart_a_visitors_own_pages_alone():
    def event(visitor, session):
        visited = {**scope(), SCOPE: (visitor, Readers())}
        return gr.Request(Request(visited), session_hash=session)

    one, other = Visitors().new(), Visitors().new()
    pages = [page_of(event(*each)) for each in ((one, "a"), (one, "b"), (other, "a"))]
    assert len(set(pages)) == 3
    assert visitor_of(event(one, "a")).key == one.key
    assert not visitor_of(gr.Request(Request(scope()), session_hash="a")).known, "without the door"


def test_a_reader_may_be_away_for_a_while():
    now = [100.0]
    readers = Readers(lambda: now[0])
    assert readers.here("a", since=100)
    now[0] = 129
    assert readers.here("a", since=100)
    now[0] = 131
    assert not readers.here("a", since=100)
    readers.enter(["a"])
    readers.enter(["a"])
    now[0] = 500
    assert readers.here("a", since=100)
    readers.leave(["a"])
    assert readers.here("a", since=100)
    readers.leave(["a"])
    now[0] = 529
    assert readers.here("a", since=100)
    now[0] = 531
    assert not readers.here("a", since=100)
    readers.leave([])
    now[0] = 600
    readers.leave([])
    assert not readers.left, "what was left long ago is forgotten"


def test_results_are_kept_for_a_while(monkeypatch):
    monkeypatch.setenv("STYLEGRID_KEPT_SECONDS", "60")
    now, finished = [0.0], Finished(None, {})
    store = Store(lambda: now[0])
    store.save("run", finished, "owner")
    now[0] = 59
    assert store.run("run") is store.latest("owner") is finished
    now[0] = 61
    assert store.run("run") is store.latest("owner") is None
