# SPDX-License-Identifier: Apache-2.0
"""Bounds of the front: connections in all and of one client, requests of one connection, heads over HTTP/2, streams.
What happens at each is what its row in `limits` says."""
import threading

import pytest

from support import h1, h2c, net
from support.h2c import END_HEADERS, GET, data, headers
from support.origin import answer

STRANGER = "127.0.0.2"


def path(where, *more):
    return [(name, where if name == ":path" else value) for name, value in GET] + list(more)


def begun(start, **limits):
    """A proxy with these limits, and nobody there."""
    proxy = start(limits=limits)
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] == 0, 10, "those who asked for readiness to be gone")
    return proxy


def test_connections_of_one_client(start):
    proxy = begun(start, connections_per_client_max=5)
    held = [proxy.client() for _ in range(5)]
    assert [client.get("/").status for client in held] == [200] * 5
    with proxy.client() as sixth:
        assert sixth.ended(), "closed at accept"
    with h1.Client(proxy.tls) as sixth:
        assert sixth.ended(), "counted over all listeners, and before any TLS"
    with proxy.client(source=STRANGER) as other:
        assert other.get("/").status == 200, "others are not concerned"
    assert [client.get("/").status for client in held] == [200] * 5
    assert proxy.metrics()['qorgan_connections_closed_total{reason="client_bound"}'] == 2
    held.pop().sock.close()
    net.wait_until(lambda: served(proxy), 10, "room for another")
    for client in held:
        client.sock.close()


def served(proxy):
    try:
        with proxy.client() as client:
            return client.get("/").status == 200
    except (h1.Cut, ConnectionError):
        return False


def test_connections_in_all(start):
    """Past the bound the listener waits: a connection is taken as soon as another ends."""
    proxy = begun(start, connections_max=5)
    held = [proxy.client() for _ in range(5)]
    assert [client.get("/").status for client in held] == [200] * 5
    with proxy.client(timeout=1) as waiting:
        with pytest.raises(TimeoutError):
            waiting.get("/")
        held.pop().sock.close()
        waiting.sock.settimeout(10)
        assert waiting.response().status == 200
    for client in held:
        assert client.get("/").status == 200
        client.sock.close()


def test_requests_of_one_connection(start):
    """The last answer says that it is the last; over HTTP/2, GOAWAY does."""
    proxy = start(limits={"requests_per_connection_max": 3})
    with proxy.client() as client:
        assert [client.get("/").get("connection") for _ in range(3)] == [None, None, "close"]
        assert client.ended()
    with h2c.Session(proxy) as session:
        for stream in (1, 3, 5):
            assert session.request(stream).status == 200
        session.until(lambda: session.closed)
        assert session.goaway == h2c.Error.NO_ERROR and session.last_stream >= 5


@pytest.mark.parametrize("fields, status", [
    ([("x-a", "b" * 33000)], 431), ([("x-a", "b" * 1000)] * 40, 431), ([("x-a", "b")] * 200, 431),
    ([("x-a", "b" * 15000)], 200), ([("x-a", "b")] * 100, 200)],
    ids=["one too long", "too long in all", "too many", "long", "many"])
def test_heads_over_http2(fields, status, origin, proxy):
    block = h2c.encode(*path("/head", *fields))
    before = len(origin.seen("/head"))
    with h2c.Session(proxy) as session:
        frames = [headers(1, block[:16000], h2c.END_STREAM | (END_HEADERS if len(block) <= 16000 else 0))]
        for at in range(16000, len(block), 16000):
            frames.append(h2c.frame(h2c.CONTINUATION, END_HEADERS if at + 16000 >= len(block) else 0, 1,
                                    block[at:at + 16000]))
        session.send(*frames)
        response = session.wait(1)
        if status == 200:
            assert response.status == 200
            return
        assert response.status == 431 or response.reset is not None or session.goaway is not None
        if session.goaway is None:
            assert session.request(3).status == 200, "the connection goes on"
    assert len(origin.seen("/head")) == before


def test_url_over_http2(origin, proxy):
    with h2c.Session(proxy) as session:
        assert session.request(1, path("/" + "a" * 8191)).status == 200
        assert session.request(3, path("/" + "a" * 8192)).status == 414
        assert session.request(5).status == 200


def test_streams_at_once(origin, proxy):
    """As many as SETTINGS allow are served at once, all of them."""
    inside, most, lock, opened = 0, 0, threading.Lock(), threading.Event()

    def hold(request, connection):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        opened.wait(30)
        return answer()(request, connection)
    origin.routes["/hold"] = hold
    with h2c.Session(proxy) as session:
        session.until(lambda: 3 in session.settings)
        streams = range(1, 2 * session.settings[3], 2)
        session.send(*(headers(stream, path("/hold")) for stream in streams))
        net.wait_until(lambda: inside == len(streams), 10, lambda: f"{inside} of {len(streams)} at the origin")
        opened.set()
        assert [session.wait(stream).status for stream in streams] == [200] * len(streams)


def test_windows_are_as_configured(origin, start):
    proxy = start(limits={"stream_window_bytes": 100000, "connection_window_bytes": 300000})
    with h2c.Session(proxy) as session:
        session.until(lambda: session.settings_acks == 1 and session.settings)
        assert session.settings[4] == 100000
        session.request(1)
        granted = sum(int.from_bytes(one.payload, "big") for one in session.frames
                      if one.kind == h2c.WINDOW_UPDATE and one.stream == 0)
        assert granted == 300000 - 65535
        session.send(headers(3, path("/"), END_HEADERS), *(data(3, b"x" * 10000, at == 9) for at in range(10)))
        assert session.wait(3).status == 200


def test_bounds_outside_their_range_are_refused(start):
    for limits in ({"streams_max": 0}, {"head_bytes_max": 1}, {"streams_max": 100000}, {"unknown": 1}):
        proxy = start(run=False, limits=limits)
        with pytest.raises(AssertionError, match="ended with 2"):
            proxy.start()
        assert next(iter(limits)) in proxy.errors()
        proxy.process = None
