# SPDX-License-Identifier: Apache-2.0
"""Slow heads, slow bodies, slow readers, idle connections, slow handshakes: each ends by its bound, and an honest
visitor is served meanwhile."""
import contextlib
import time

import pytest

from support import h1, h2c, net
from support.origin import answer, streaming

CLIENTS = 50
BOUNDS = {"handshake": 1000, "request_head": 1000, "request_body": 1000, "keep_alive": 1000, "response_write": 1000}
ENDS = 15  # seconds: far beyond each bound, far below the defaults


@pytest.fixture(scope="module")
def configuration():
    return {"timeouts": BOUNDS}


@pytest.fixture(scope="module", autouse=True)
def routes(origin):
    def drain(request, connection):
        for _ in connection.body(request):
            pass
        return answer()(request, connection)
    origin.routes.update({"/upload": streaming(drain), "/big": answer(body=b"x" * 20_000_000)})


@contextlib.contextmanager
def crowd(make):
    clients = [make() for _ in range(CLIENTS)]
    try:
        yield clients
    finally:
        for client in clients:
            client.sock.close()


def trickle(clients, pieces, proxy):
    """Sends every client's next piece every 0.2 s. Answers the seconds until the proxy ended them all."""
    began, live = time.monotonic(), list(clients)
    for piece in pieces:
        for client in list(live):
            try:
                client.send(piece)
            except OSError:
                live.remove(client)
        with proxy.client() as honest:
            assert honest.get("/").status == 200
        if not live:
            return time.monotonic() - began
        assert time.monotonic() - began < ENDS, f"{len(live)} of {len(clients)} still held"
        time.sleep(0.2)
    raise AssertionError(f"{len(live)} of {len(clients)} still held at the end")


def test_slow_head(proxy):
    def make():
        client = proxy.client()
        client.send("GET / HTTP/1.1\r\nHost: a.test\r\n")
        return client
    with crowd(make) as clients:
        assert trickle(clients, ["X-A: b\r\n"] * 1000, proxy) < ENDS


def test_slow_head_byte_by_byte(proxy):
    with crowd(proxy.client) as clients:
        assert trickle(clients, ["G", "E", "T", " ", "/"] + ["a"] * 1000, proxy) < ENDS


def test_slow_head_gets_408(proxy):
    with proxy.client() as client:
        client.send("GET / HTTP/1.1\r\nHost")
        assert client.response().status == 408
        assert client.ended()


def test_silent_body_gets_408(proxy):
    with proxy.client() as client:
        client.send("POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nhello")
        assert client.response().status == 408
        assert client.ended()


def test_slow_body_ends_by_rate(proxy):
    """A byte every 0.2 s never trips the bound between bytes; the rate does."""
    def make():
        client = proxy.client()
        client.send("POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n")
        return client
    with crowd(make) as clients:
        assert trickle(clients, ["x"] * 1000, proxy) < ENDS


def test_slow_body_of_http2(proxy):
    with h2c.Session(proxy) as session:
        upload = [(name, "/upload" if name == ":path" else value) for name, value in h2c.POST]
        session.send(h2c.headers(1, upload, h2c.END_HEADERS))
        end = time.monotonic() + ENDS
        while time.monotonic() < end and session.send(h2c.data(1, b"x", False), h2c.ping()):
            session.until(lambda: session.pongs)
            session.pongs.clear()
            if session.of(1).status or session.of(1).reset is not None or session.closed:
                break
            time.sleep(0.2)
        assert session.of(1).status == 408 or session.of(1).reset is not None or session.closed


def test_slow_reader(origin, proxy):
    """Those that read nothing are cut, whatever the kernel took for them."""
    before = proxy.descriptors()

    def make():
        client = proxy.client()
        client.send("GET /big HTTP/1.1\r\nHost: a.test\r\n\r\n")
        return client
    with crowd(make):
        net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] >= CLIENTS, ENDS, "the answers to begin")
        net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, ENDS, "the slow readers to be cut")
        with proxy.client() as honest:
            assert len(honest.get("/big").body) == 20_000_000
    proxy.settled(before + 64)


def test_slow_reader_by_rate(proxy):
    """A reader of a few bytes a second makes progress, and is cut all the same. (What its own kernel holds for it, it
    may go on reading: so it is the proxy that is asked.)"""
    with proxy.client(receive=4096) as client:
        client.send("GET /big HTTP/1.1\r\nHost: a.test\r\n\r\n")
        began = time.monotonic()
        net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 1, ENDS, "the answer to begin")
        while proxy.metrics()["qorgan_exchanges"] == 1:
            assert time.monotonic() - began < ENDS, "still held"
            client.sock.recv(8)
            time.sleep(0.1)


def test_silent_connections(proxy):
    """Nothing sent at all; nothing after an answer; a handshake never begun, and one stopped in its midst."""
    for tls in (False, True):
        with proxy.client(tls=tls) as client:
            assert client.ended(ENDS), "idle before the first request"
        with proxy.client(tls=tls) as client:
            assert client.get("/").status == 200
            assert client.ended(ENDS), "idle after an answer"
    for first in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        with h1.Client(proxy.tls, first=first) as client:
            assert client.ended(ENDS), "handshake"


def test_idle_http2(proxy):
    with h2c.Session(proxy) as session:
        assert session.request().status == 200
        session.until(lambda: session.closed, ENDS)
        assert session.goaway == h2c.Error.NO_ERROR and session.closed


def test_nothing_is_left(origin, proxy):
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] <= 1, 20, "no connection left")
    assert proxy.metrics()["qorgan_exchanges"] == 0
    assert origin.malformed == []
