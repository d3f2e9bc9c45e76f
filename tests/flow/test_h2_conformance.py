# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 and RFC 7541, case by case (see cases/h2_*.py and cases/hpack.py), each on a connection of its own."""
import threading

import pytest

from cases import h2_frames, h2_messages, h2_streams, hpack
from support import h2c
from support.origin import answer

CASES = [case for table in (h2_frames, h2_streams, h2_messages, hpack) for case in table.CASES]


@pytest.fixture(scope="module", autouse=True)
def routes(origin):
    released = threading.Event()

    def hang(request, connection):
        released.wait(60)
        return False
    origin.routes.update({"/big": answer(body=b"x" * 100000), "/hang": hang})
    yield
    released.set()


@pytest.mark.parametrize("number, steps, outcome", [(at, *case[1:]) for at, case in enumerate(CASES)],
                         ids=[case[0] for case in CASES])
def test_case(number, steps, outcome, origin, proxy):
    # An address of its own, so that what came late of another case is not taken for this one's.
    source = f"127.200.{number // 250}.{number % 250 + 1}"
    with h2c.Session(proxy, source=source) as session:
        session.until(lambda: session.settings_acks == 1)
        for step in steps:
            step(session) if callable(step) else session.send(step)
        outcome(session, Came(origin, source))


class Came:
    """The requests that the origin got from `source`, looked up when asked."""

    def __init__(self, origin, source):
        self.origin, self.source = origin, source

    def __iter__(self):
        return iter([one for one in self.origin.requests if one.get("x-forwarded-for") in (self.source, None)])


PREFACES = {
    "other words": b"INVALID CONNECTION PREFACE\r\n\r\n",
    "an HTTP/1.1 request": b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "one byte changed": h2c.PREFACE[:-3] + b"X\r\n" + h2c.settings(),
    "headers first": h2c.PREFACE + h2c.headers(1),
    "PING first": h2c.PREFACE + h2c.ping(),
    "an acknowledgement first": h2c.PREFACE + h2c.frame(h2c.SETTINGS, h2c.ACK),
}


@pytest.mark.parametrize("bytes_sent", PREFACES.values(), ids=PREFACES.keys())
def test_bad_preface(bytes_sent, proxy):
    """§3.4: a connection error; GOAWAY may be left out."""
    with h2c.Session(proxy, greet=False) as session:
        session.send(bytes_sent)
        session.until(lambda: session.closed)
        assert session.closed and session.goaway in (None, h2c.Error.PROTOCOL_ERROR)


def test_preface_in_pieces(proxy):
    with h2c.Session(proxy, greet=False) as session:
        for byte in h2c.PREFACE + h2c.settings() + h2c.headers(1):
            session.send(bytes([byte]))
        assert session.wait(1).status == 200


def test_settings_come_first(proxy):
    """§3.4: the server's preface is a SETTINGS frame; ours offers extended CONNECT and a bound on streams."""
    with h2c.Session(proxy, greet=False) as session:
        session.send(h2c.PREFACE, h2c.settings())
        assert session.take().kind == h2c.SETTINGS
        assert session.settings[3] == 100 and session.settings.get(8) == 1


def test_concurrent_answers_interleave(origin, proxy):
    with h2c.Session(proxy) as session:
        big = [(name, "/big" if name == ":path" else value) for name, value in h2c.GET]
        session.send(*(h2c.headers(stream, big) for stream in range(1, 41, 2)))
        for stream in range(1, 41, 2):
            response = session.wait(stream)
            assert response.status == 200 and len(response.body) == 100000


def test_enough_cases():
    assert len(CASES) >= 146 and len({case[0] for case in CASES}) == len(CASES)


def test_next_is_served_and_nothing_leaked(origin, proxy):
    assert origin.malformed == []
    with h2c.Session(proxy) as session:
        assert session.request().status == 200
