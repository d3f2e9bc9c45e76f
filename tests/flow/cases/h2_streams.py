# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 §5.1: states of a stream, its number, how many there may be, and flow control towards us (§5.2, §6.9)."""
from support.h2c import (CONTINUATION, END_HEADERS, GET, POST, PRIORITY, Error, data, frame, headers,
                         rst_stream, settings, window_update)
from support.outcome import alive, connection, either, served, stream_error

PROTOCOL, CLOSED = Error.PROTOCOL_ERROR, Error.STREAM_CLOSED
OPEN = headers(1, POST, END_HEADERS)
PRIO = b"\0\0\0\0\1"
BEFORE = [(name, "/before" if name == ":path" else value) for name, value in GET]
BIG = [(name, "/big" if name == ":path" else value) for name, value in GET]
HANG = [(name, "/hang" if name == ":path" else value) for name, value in GET]
RUNNING = headers(1, HANG)  # half-closed from our side for as long as the origin takes


def served_before(session):
    assert session.request(1, BEFORE).status == 200


def exactly(count, stream=1):
    """Takes frames until `count` body bytes came; a PING then proves that no more follow."""
    def step(session):
        session.windows = False
        session.until(lambda: len(session.of(stream).body) >= count)
        alive(session, [])
        session.pongs.clear()
        assert len(session.of(stream).body) == count
    return step


def as_many_as_allowed(session):
    session.until(lambda: 3 in session.settings)
    session.send(*(headers(1 + 2 * at, HANG) for at in range(session.settings[3])))


def one_more(session):
    session.send(headers(2001, HANG))


def small_frames(session):
    assert len(session.wait(1).body) == 100000 and session.largest <= 16384


IDLE = [
    ("5.1 idle: DATA", [data(1)], connection(PROTOCOL)),
    ("5.1 idle: RST_STREAM", [rst_stream(3)], connection(PROTOCOL)),
    ("5.1 idle: WINDOW_UPDATE", [window_update(3, 1)], connection(PROTOCOL)),
    ("5.1 idle: CONTINUATION", [frame(CONTINUATION, END_HEADERS, 3)], connection(PROTOCOL)),
    ("5.1 idle: even number, WINDOW_UPDATE", [window_update(2, 1)], connection(PROTOCOL)),
]
HALF_CLOSED = [
    ("5.1 half-closed: DATA", [RUNNING, data(1, b"x")], stream_error(CLOSED)),
    ("5.1 half-closed: empty DATA", [RUNNING, data(1)], stream_error(CLOSED)),
    ("5.1 half-closed: HEADERS", [RUNNING, headers(1)], stream_error(CLOSED)),
    ("5.1 half-closed: CONTINUATION", [RUNNING, frame(CONTINUATION, END_HEADERS, 1)],
     connection(PROTOCOL, CLOSED, first=1)),
    ("5.1 half-closed: WINDOW_UPDATE", [RUNNING, window_update(1, 1)], alive),
    ("5.1 half-closed: PRIORITY", [RUNNING, frame(PRIORITY, 0, 1, PRIO)], alive),
    ("5.1 half-closed: RST_STREAM", [RUNNING, rst_stream(1), headers(3)], served(3)),
]
RESET = [
    ("5.1 reset: DATA", [OPEN, rst_stream(1), data(1, b"x")], stream_error(CLOSED)),
    ("5.1 reset: HEADERS", [OPEN, rst_stream(1), headers(1)], stream_error(CLOSED)),
    ("5.1 reset: CONTINUATION", [OPEN, rst_stream(1), frame(CONTINUATION, END_HEADERS, 1)],
     connection(PROTOCOL, CLOSED)),
    ("5.1 reset: WINDOW_UPDATE", [OPEN, rst_stream(1), window_update(1, 1)], alive),
    ("5.1 reset: PRIORITY", [OPEN, rst_stream(1), frame(PRIORITY, 0, 1, PRIO)], alive),
    ("5.1 reset: RST_STREAM", [OPEN, rst_stream(1), rst_stream(1), headers(3)], either(served(3), connection(CLOSED))),
]
ENDED = [
    ("5.1 closed: DATA", [served_before, data(1, b"x")], stream_error(CLOSED)),
    ("5.1 closed: HEADERS", [served_before, headers(1)], connection(CLOSED, PROTOCOL)),
    ("5.1 closed: CONTINUATION", [served_before, frame(CONTINUATION, END_HEADERS, 1)], connection(PROTOCOL, CLOSED)),
    ("5.1 closed: WINDOW_UPDATE", [served_before, window_update(1, 1), headers(3)], served(3)),
    ("5.1 closed: PRIORITY", [served_before, frame(PRIORITY, 0, 1, PRIO), headers(3)], served(3)),
    ("5.1 closed: RST_STREAM", [served_before, rst_stream(1), headers(3)], either(served(3), connection(CLOSED))),
]
NUMBERS = [
    ("5.1.1 an even number", [headers(2)], connection(PROTOCOL)),
    ("5.1.1 a number lower than before", [headers(5, HANG), headers(3)], connection(PROTOCOL, CLOSED, first=1)),
    ("5.1.1 numbers may be left out", [headers(7, BEFORE), headers(101)], served(101)),
    ("5.1.1 the highest number", [headers(2**31 - 1)], served(2**31 - 1)),
    ("5.1.1 skipped streams are closed: DATA", [headers(5, HANG), data(3, b"x")], either(
        alive, connection(PROTOCOL, CLOSED, first=1))),
    ("5.1.2 one stream more than allowed", [as_many_as_allowed, one_more],
     stream_error(Error.REFUSED_STREAM, PROTOCOL, stream=2001)),
    ("5.1.2 as many streams as allowed", [as_many_as_allowed], alive),
    ("5.1.2 a stream ended makes room", [as_many_as_allowed, rst_stream(1), headers(2001)], served(2001)),
]
WINDOWS = [
    ("5.2 nothing past a window of 1", [settings((4, 1)), headers(1, BIG), exactly(1)], alive),
    ("6.9 a window of 0, then opened", [settings((4, 0)), headers(1, BIG), exactly(0), window_update(1, 10),
                                       exactly(10)], alive),
    ("6.9.1 the connection's window holds too", [settings((4, 2**20)), headers(1, BIG), exactly(65535),
                                                 window_update(0, 100), exactly(65635)], alive),
    ("6.9.2 SETTINGS open a stream under way", [settings((4, 0)), headers(1, BIG), exactly(0), settings((4, 7)),
                                                exactly(7)], alive),
    ("6.9.2 a window below 0", [settings((4, 100)), headers(1, BIG), exactly(100), settings((4, 20)),
                                window_update(1, 80), exactly(100), window_update(1, 5), exactly(105)], alive),
    ("6.9 each stream has its own", [settings((4, 3)), headers(1, BIG), headers(3, BIG), exactly(3), exactly(3, 3),
                                     window_update(3, 4), exactly(7, 3), exactly(3)], alive),
    ("6.5.2 MAX_FRAME_SIZE binds what we get", [settings((4, 2**20)), window_update(0, 2**20), headers(1, BIG),
                                                small_frames], served()),
]
CASES = IDLE + HALF_CLOSED + RESET + ENDED + NUMBERS + WINDOWS
