# SPDX-License-Identifier: Apache-2.0
"""What must come of an HTTP/2 case. Each outcome is a function of (session, came), called when all was sent; `came`
lists the requests that the origin got of it. Endings are waited for, never slept for: a PING behind the case is
answered only after all before it was judged."""
from . import h2c
from .h2c import Error

DONE = b"all sent"


def judged(session):
    session.send(h2c.ping(DONE))
    session.until(lambda: DONE in session.pongs or session.goaway is not None)


def said(session, stream):
    return f"goaway {session.goaway}, closed {session.closed}, stream {stream}: {vars(session.of(stream))}"


def connection(*codes, first=0):
    """GOAWAY with one of `codes`, then the end of the connection. The origin gets nothing whole but what was in order
    before: `first` requests, and those for /before."""
    def check(session, came):
        session.until(lambda: session.closed)
        assert session.closed
        assert session.goaway in codes, said(session, 1)
        assert len([request for request in came if request.whole and request.target != "/before"]) <= first
    return check


def stream_error(*codes, stream=1):
    """RST_STREAM with one of `codes`; RFC 9113 §5.4.2 lets the same error end the connection."""
    def check(session, came):
        judged(session)
        if session.goaway is None:
            session.wait(stream)
        assert session.of(stream).reset in codes or session.goaway in codes, said(session, stream)
    return check


def malformed(stream=1, statuses=(400,)):
    """§8.1.1: a stream error of PROTOCOL_ERROR, or an answer that says so before; nothing whole reaches the origin."""
    def check(session, came):
        judged(session)
        if session.goaway is None:
            session.wait(stream)
        response = session.of(stream)
        assert Error.PROTOCOL_ERROR in (response.reset, session.goaway) or response.status in statuses, \
            said(session, stream)
        assert not [request for request in came if request.whole], "the origin got it"
        if session.goaway is None:
            assert session.request(max(stream + 2, 1001)).status == 200, "the connection should go on"
    return check


def served(stream=1, status=200, headers=(), body=None, target=None):
    """An answer on `stream`; the origin got `headers`, `body`, `target` where they are given."""
    def check(session, came):
        response = session.wait(stream)
        assert response.ended and response.status == status, said(session, stream)
        # Requests of one connection may reach the origin in any order.
        assert [request for request in came if all(request.all(name) == [value] for name, value in headers) and
                body in (None, request.body) and target in (None, request.target)], \
            [(request.raw, request.body) for request in came]
    return check


def alive(session, came):
    """The connection goes on."""
    judged(session)
    assert session.goaway is None and not session.closed and DONE in session.pongs, said(session, 1)


def either(*outcomes):
    def check(session, came):
        failed = []
        for outcome in outcomes:
            try:
                return outcome(session, came)
            except AssertionError as error:
                failed.append(str(error))
        raise AssertionError("; ".join(failed))
    return check
