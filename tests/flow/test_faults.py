# SPDX-License-Identifier: Apache-2.0
"""When the origin breaks: each fault gives the visitor an honest answer or an honest cut, the next request is served,
and nothing stays behind."""
import socket
import threading

import pytest

from support import h1, h2c, net
from support.h2c import GET
from support.origin import Gone, answer

pytestmark = pytest.mark.usefixtures("nothing_left")
HEAD = "HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def configuration():
    return {"timeouts": {"origin_answer": 1000, "origin_body": 1000, "origin_keep_alive": 1000, "origin_probe": 10}}


def path(where, base=GET):
    return [(name, where if name == ":path" else value) for name, value in base]


def abort(connection):
    net.reset(connection.sock)
    raise Gone


def sends(*parts, then=None):
    """A route that sends these bytes and then closes, resets (`abort`) or does something else."""
    def handler(request, connection):
        connection.send(*parts)
        if then:
            then(connection)
        return False
    return handler


def hang(connection):
    """Says no more, until the proxy has had enough."""
    connection.read()


# The origin breaks before an answer stands: the visitor gets a page of ours.

GARBAGE = {
    "closes": sends(), "resets": sends(then=abort), "closes in the status line": sends("HTTP/1.1 2"),
    "closes in a header": sends(HEAD + "Content-Le"), "resets in a header": sends(HEAD + "Content-Le", then=abort),
    "answers in another language": sends("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "answers binary": sends(bytes(range(256)) * 8),
    "answers NUL": sends("\0" * 1000), "answers HTTP/2": sends(b"\0\0\0\4\0\0\0\0\0"),
    "answers HTTP/9.9": sends("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "answers without a status": sends("HTTP/1.1 \r\n\r\n"), "answers status 99": sends("HTTP/1.1 99 x\r\n\r\n"),
    "answers status 1000": sends("HTTP/1.1 1000 x\r\n\r\n"), "answers status -1": sends("HTTP/1.1 -01 x\r\n\r\n"),
    "has two lengths": sends(HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "has length and coding": sends(HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "has a negative length": sends(HEAD + "Content-Length: -1\r\n\r\n"),
    "has length +5": sends(HEAD + "Content-Length: +5\r\n\r\nhello"),
    "has coding gzip": sends(HEAD + "Transfer-Encoding: gzip\r\n\r\nhello"),
    "has a header without colon": sends(HEAD + "broken\r\n\r\n"),
    "has a space before the colon": sends(HEAD + "Content-Length : 0\r\n\r\n"),
    "has NUL in a header": sends(HEAD + "X-A: \0\r\nContent-Length: 0\r\n\r\n"),
    "has a bare CR in a header": sends(HEAD + "X-A: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n"),
    "has a head without end": sends(HEAD, *["X-A: " + "b" * 1000 + "\r\n"] * 200),
    "never answers": sends(then=hang), "stops in the head": sends(HEAD + "X-A", then=hang),
    "gives a broken interim answer": sends("HTTP/1.1 100\0\r\n\r\n"),
}


@pytest.mark.parametrize("fault", GARBAGE.values(), ids=GARBAGE.keys())
def test_no_answer(fault, origin, proxy):
    origin.routes["/fault"] = fault
    with proxy.client() as client:
        response = client.get("/fault")
        assert response.status in (502, 503, 504) and len(response.body) > 0
        assert client.get("/").status in (200, 502, 503), "the visitor's connection goes on"
    with h2c.Session(proxy) as session:
        assert session.request(1, path("/fault")).status in (502, 503, 504)
        assert session.goaway is None


def test_interim_without_end(origin, proxy):
    """Interim answers and then the end of the connection: the visitor still gets a final answer."""
    origin.routes["/fault"] = sends(*["HTTP/1.1 103 Early Hints\r\n\r\n"] * 2000)
    with proxy.client() as client:
        client.send("GET /fault HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert b"\r\nHTTP/1.1 50" in client.rest()


def test_never_answering_is_504(origin, proxy):
    origin.routes["/fault"] = sends(then=hang)
    with proxy.client() as client:
        assert client.get("/fault").status == 504


# The origin breaks in the midst of an answer: it must not look whole.

CUT = {
    "closes short of its length": sends(HEAD + "Content-Length: 100\r\n\r\nhello"),
    "resets short of its length": sends(HEAD + "Content-Length: 100\r\n\r\nhello", then=abort),
    "closes between chunks": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    "closes in a chunk": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n50\r\nhello"),
    "closes in the last chunk": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
    "resets between chunks": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then=abort),
    "has a broken chunk": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n"),
    "has a chunk not ended": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"),
    "has a chunk past 2^64": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10000000000000001\r\n"),
    "stops short of its length": sends(HEAD + "Content-Length: 100\r\n\r\nhello", then=hang),
    "stops between chunks": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then=hang),
    "resets a body without length": sends(HEAD + "\r\nhello", then=abort),
}


@pytest.mark.parametrize("fault", CUT.values(), ids=CUT.keys())
def test_answer_cut(fault, origin, proxy):
    origin.routes["/cut"] = fault
    with proxy.client() as client:
        try:
            response = client.get("/cut")
            assert response.status == 502, "it looked whole"
        except h1.Cut:
            pass
    with h2c.Session(proxy) as session:
        response = session.request(1, path("/cut"))
        assert response.reset is not None or response.status == 502, "it looked whole"
        assert session.request(3).status == 200, "only the stream is lost"


def test_killed_mid_answer(origin, proxy):
    """All of the origin's connections break at once, in the midst of large answers, and it is away for a while."""
    def endless(request, connection):
        connection.send(HEAD + "Content-Length: 1000000000000\r\n\r\n")
        while True:
            connection.send("x" * 65536)
    origin.routes["/endless"] = endless
    clients = [proxy.client() for _ in range(10)]
    for client in clients:
        client.send("GET /endless HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.head().status == 200
    origin.close()
    for client in clients:
        client.rest()  # ends
        client.sock.close()
    with proxy.client() as client:
        assert client.get("/").status in (502, 503)
    origin.open()


def test_more_than_was_asked_for(origin, proxy):
    """Bytes behind an answer belong to nobody: that connection is not used again."""
    origin.routes["/more"] = lambda request, connection: connection.send(
        HEAD + "Content-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned")
    for _ in range(5):
        with proxy.client() as client:
            assert client.get("/more").body == b"hello"
            assert client.get("/").body == b"origin\n"


def test_answer_that_comes_before_it_is_asked_for(origin, proxy):
    """An idle connection that speaks up is dropped, and what it says is no one's answer."""
    said = threading.Event()

    def later(request, connection):
        answer()(request, connection)
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned")
        said.set()
    origin.routes["/later"] = later
    with proxy.client() as client:
        assert client.get("/later").status == 200
        said.wait(10)
        for _ in range(5):
            assert client.get("/").body == b"origin\n"


def test_half_closed_by_the_origin(origin, proxy):
    def half(request, connection):
        connection.send(HEAD + "Content-Length: 5\r\n\r\nhello")
        connection.sock.shutdown(socket.SHUT_WR)
    origin.routes["/half-origin"] = half
    with proxy.client() as client:
        for _ in range(3):
            assert client.get("/half-origin").body == b"hello"
            assert client.get("/").status == 200
