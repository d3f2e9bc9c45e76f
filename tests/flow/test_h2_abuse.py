# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 used to make us work or wait: each attack ends by its bound, costs no more than the bound says, is counted,
and leaves an honest connection beside it unharmed."""
import contextlib
import re
import threading
import time

import pytest

from support import h2c, net
from support.h2c import (CONTINUATION, END_HEADERS, END_STREAM, GET, POST, Error, data, encode, frame, headers,
                         rst_stream)
from support.origin import answer
from support.proxy import SANITIZED

RESETS_MAX = 300  # frames until the end, whatever makes a stream end by RST_STREAM
CONTROLS_MAX = 20000
BLOCK = encode(*GET)


def path(where, base=GET):
    return [(name, where if name == ":path" else value) for name, value in base]


@pytest.fixture(scope="module", autouse=True)
def routes(origin):
    released = threading.Event()

    def slow(request, connection):
        released.wait(60)
        return False
    origin.routes.update({"/slow": slow, "/big": answer(body=b"x" * 1000000)})
    yield
    released.set()


@pytest.fixture
def honest(proxy):
    """A connection of another visitor, open before the attack, served during and after it."""
    with h2c.Session(proxy) as session:
        assert session.request(1).status == 200
        yield session
        for stream in range(3, 43, 2):
            assert session.request(stream).status == 200
        assert session.goaway is None


@pytest.fixture
def counted(proxy):
    """The attack is counted once it is over."""
    name = 'qorgan_connections_closed_total{reason="http2_abuse"}'
    before = proxy.metrics()[name]
    yield
    net.wait_until(lambda: proxy.metrics()[name] == before + 1, 5, "the attack to be counted, once")


def attack(session, unit, most, frames_a_unit=1, batch=10):
    """Sends unit(stream) over and over until the proxy ends the connection. Answers how many frames it took; what had
    been sent, but not read by the proxy, does not count against it beyond one batch."""
    session.sock.settimeout(0)
    sent = 0
    while sent <= most + batch * frames_a_unit:
        session.sock.settimeout(10)
        alive = session.send(*(unit(1 + 2 * (sent // frames_a_unit + at)) for at in range(batch)))
        sent += batch * frames_a_unit
        session.send(h2c.ping(sent.to_bytes(8, "big"))) if alive else None
        session.until(lambda: session.closed or session.goaway is not None or sent.to_bytes(8, "big") in session.pongs)
        if session.closed or session.goaway is not None:
            session.until(lambda: session.closed)
            return sent
    raise AssertionError(f"still open after {sent} frames")


def open_then(*after):
    """A request with its body to come, then what breaks it."""
    def unit(stream):
        return headers(stream, path("/slow", POST), END_HEADERS) + b"".join(make(stream) for make in after)
    return unit


PROVOKED = {  # each makes the proxy reset a stream of ours, at no cost in RST_STREAM of our own
    "WINDOW_UPDATE of 0": open_then(lambda stream: h2c.window_update(stream, 0)),
    "the window overflows": open_then(lambda stream: h2c.window_update(stream, 2**31 - 1)),
    "DATA after the end": open_then(data, lambda stream: data(stream, b"x")),
    "HEADERS after the end": open_then(data, headers),
    "PRIORITY of 4 bytes": open_then(lambda stream: frame(h2c.PRIORITY, 0, stream, b"\0\0\0\0")),
    "a body longer than its length": lambda stream: headers(stream, path("/slow", POST) + [("content-length", "1")],
                                                            END_HEADERS) + data(stream, b"xx", False),
    "a malformed request": lambda stream: headers(stream, GET + [("connection", "close")]),
    "malformed trailers": open_then(lambda stream: headers(stream, [(":path", "/")])),
}


def test_rapid_reset(origin, proxy, honest, counted):
    """CVE-2023-44487."""
    before = len(origin.requests)
    with h2c.Session(proxy) as session:
        took = attack(session, lambda stream: headers(stream, path("/slow")) + rst_stream(stream), RESETS_MAX, 2)
    assert took <= RESETS_MAX and session.goaway in (Error.ENHANCE_YOUR_CALM, Error.NO_ERROR, None)
    assert len(origin.requests) - before <= RESETS_MAX / 2 + 1


@pytest.mark.parametrize("unit", PROVOKED.values(), ids=PROVOKED.keys())
def test_made_you_reset(unit, proxy, honest):
    """CVE-2025-8671: the client makes us reset. An error that ends the connection at once ends it too."""
    with h2c.Session(proxy) as session:
        assert attack(session, unit, RESETS_MAX, 2) <= RESETS_MAX


def test_resets_within_the_bound_are_forgiven(proxy):
    with h2c.Session(proxy) as session:
        for stream in range(1, 61, 2):
            session.send(headers(stream, path("/slow")), rst_stream(stream))
        assert session.request(101).status == 200


FLOODS = {
    "PING": lambda stream: h2c.ping(b"floodfld"),
    "SETTINGS": lambda stream: h2c.settings(),
    "SETTINGS that change": lambda stream: h2c.settings((4, 65535 + stream % 2)),
    "unknown frames": lambda stream: frame(0xfa, 0, 0, b"x"),
    "PRIORITY": lambda stream: frame(h2c.PRIORITY, 0, stream, b"\0\0\0\0\1"),
    "WINDOW_UPDATE": lambda stream: h2c.window_update(0, 1),
}


@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS.keys())
def test_flood(unit, proxy, honest, counted):
    with h2c.Session(proxy) as session:
        assert attack(session, unit, CONTROLS_MAX, batch=200) <= CONTROLS_MAX


@pytest.mark.parametrize("unit", [data(1, b"", False), frame(h2c.DATA, h2c.PADDED, 1, b"\xff" + b"\0" * 255),
                                  h2c.window_update(1, 1)], ids=["empty DATA", "padding alone", "WINDOW_UPDATE"])
def test_flood_on_a_stream(unit, proxy, honest, counted):
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/slow", POST), END_HEADERS))
        assert attack(session, lambda stream: unit, CONTROLS_MAX, batch=200) <= CONTROLS_MAX


@pytest.mark.parametrize("fragment", [b"", b"\x10\x03x-a\x01b"], ids=["empty", "with headers"])
def test_continuation_flood(fragment, proxy, honest, counted):
    """VU#421644. No PING may stand within a header block, so the end shows in what can be read."""
    with h2c.Session(proxy) as session:
        session.send(headers(1, BLOCK, END_STREAM))
        sent = 0
        while not session.closed and session.send(*[frame(CONTINUATION, 0, 1, fragment)] * 100):
            sent += 100
            assert sent <= CONTROLS_MAX
            with contextlib.suppress(AssertionError):
                session.until(lambda: False, 0.002)  # takes what is there
        session.until(lambda: session.closed)
        assert session.closed


def test_hpack_bomb(origin, proxy, honest, counted):
    """One entry of 4 KB in the table, named by one byte each, thousands of times over."""
    before, memory = len(origin.requests), proxy.rss_mb()
    with h2c.Session(proxy) as session:
        entry = b"\x40\x03x-a" + h2c.integer(4000, 7) + b"b" * 4000
        session.send(headers(1, BLOCK + entry))
        session.wait(1)
        session.send(*(headers(stream, BLOCK + b"\xbe" * 16000) for stream in range(3, 43, 2)))
        last = session.wait(41)
        assert session.goaway is not None or last.reset is not None or last.status in (400, 431)
    assert len(origin.requests) - before <= 1
    if not SANITIZED:
        assert proxy.rss_mb() - memory < 20


def test_zero_windows(origin, proxy, start):
    """100 connections of 100 streams each ask for 1 MB and take none of it. Held: less than 40 MB; and not for ever."""
    victim = start(limits={"connections_per_client_max": 1000}, timeouts={"response_write": 3000})
    with h2c.Session(victim) as session:
        assert session.request(1, path("/big")).ended
    memory, base = victim.rss_mb(), victim.descriptors()
    sessions = []
    try:
        for _ in range(100):
            session = h2c.Session(victim, given=[(4, 0)])
            session.send(*(headers(stream, path("/big")) for stream in range(1, 201, 2)))
            sessions.append(session)
        most, end = 0, time.monotonic() + 60
        while victim.descriptors() > base + 40 and time.monotonic() < end:
            most = max(most, victim.rss_mb() - memory)
            with h2c.Session(victim) as other:
                assert other.request(1).status in (200, 503)
            time.sleep(0.2)
        assert victim.descriptors() <= base + 40, "not released within 60 s"
    finally:
        for session in sessions:
            session.sock.close()
    print(f"zero windows: {most:.1f} MB at most")
    if not SANITIZED:
        assert most < 40
    net.wait_until(lambda: victim.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
    if not SANITIZED:
        net.wait_until(lambda: victim.rss_mb() - memory < most / 2, 60,
                       lambda: f"memory to be given back: {victim.rss_mb() - memory:.1f} of {most:.1f} MB")


def test_attacks_are_strikes_against_the_client(proxy):
    """Each abusive connection is one, remembered from one to the next; the address stays welcome."""
    name = 'qorgan_client_strikes_total{reason="http2_abuse"}'
    before = proxy.metrics()[name]
    for _ in range(2):
        with h2c.Session(proxy) as session:
            attack(session, FLOODS["PING"], CONTROLS_MAX, batch=200)
    assert proxy.metrics()[name] == before + 2
    said = re.findall(r"client ([0-9.]+): HTTP/2 abuse, strike ([0-9]+)", proxy.errors())
    assert {client for client, _ in said} == {"127.0.0.1"}
    numbers = [int(number) for _, number in said]
    assert numbers == sorted(set(numbers)) and (before == 0 or numbers[-1] > 1), "they add up"
    with h2c.Session(proxy) as session:
        assert session.request(1).status == 200


def test_nothing_is_left(origin, proxy):
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] <= 1, 20, "no connection left")
    assert origin.malformed == []
