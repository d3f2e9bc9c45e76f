# SPDX-License-Identifier: Apache-2.0
"""When the other side breaks. Each fault at the origin gives the visitor an honest answer or an honest cut, each fault
at the visitor frees what it held, and in every case the next request is served and nothing stays behind."""
import resource
import socket
import threading

import pytest

from support import h1, h2c, net
from support.h2c import END_HEADERS, GET, POST, data, headers
from support.origin import Gone, answer, streaming

HEAD = "HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def configuration():
    return {"timeouts": {"origin_answer": 1000, "origin_body": 1000, "origin_keep_alive": 1000, "origin_probe": 10}}


@pytest.fixture(scope="module")
def rest(proxy):
    """Descriptors open at rest."""
    with proxy.client() as client, h2c.Session(proxy) as session:
        assert client.get("/").status == 200 and session.request().status == 200
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] <= 1, 10, "the clients to be gone")
    return proxy.descriptors()


@pytest.fixture(autouse=True)
def afterwards(origin, proxy, rest):
    """After every fault: the next is served, no exchange is stuck, no descriptor leaked."""
    yield
    net.wait_until(lambda: serves(proxy), 10, "the next request to be served", 0.05)
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
    proxy.settled(rest + 2)
    assert origin.malformed == []


def serves(proxy):
    with proxy.client() as client, h2c.Session(proxy) as session:
        return client.get("/").status == 200 and session.request().status == 200


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


def hangs(seconds=30):
    gone = threading.Event()

    def wait(connection):
        gone.wait(seconds)
    return wait


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
    "never answers": sends(then=hangs()), "stops in the head": sends(HEAD + "X-A", then=hangs()),
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
    origin.routes["/fault"] = sends(then=hangs())
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
    "stops short of its length": sends(HEAD + "Content-Length: 100\r\n\r\nhello", then=hangs()),
    "stops between chunks": sends(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then=hangs()),
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


# The visitor breaks.

def drain(came):
    def handler(request, connection):
        try:
            for piece in connection.body(request):
                came.append(piece)
        except Gone:
            came.append(None)
            raise
        return answer()(request, connection)
    return streaming(handler)


@pytest.mark.parametrize("leave", [net.reset, socket.socket.close], ids=["resets", "closes"])
@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"], ids=["length", "chunked"])
def test_gone_in_mid_upload(leave, framing, origin, proxy):
    """The origin must not take the part for the whole."""
    came = []
    origin.routes["/upload"] = drain(came)
    client = proxy.client()
    client.send(f"POST /upload HTTP/1.1\r\nHost: a.test\r\n{framing}\r\n\r\n5\r\nhello\r\n")
    net.wait_until(lambda: came, 10, "the first part at the origin")
    leave(client.sock)
    net.wait_until(lambda: came[-1] is None, 10, "the origin's side to end")
    assert not origin.seen("/upload")[-1].whole


def test_stream_reset_in_mid_upload(origin, proxy):
    came = []
    origin.routes["/upload"] = drain(came)
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/upload", POST), END_HEADERS), data(1, b"hello", False))
        net.wait_until(lambda: came, 10, "the first part at the origin")
        session.send(h2c.rst_stream(1))
        net.wait_until(lambda: came[-1] is None, 10, "the origin's side to end")
        assert session.request(3).status == 200


@pytest.mark.parametrize("leave", [net.reset, socket.socket.close], ids=["resets", "closes"])
def test_gone_in_mid_download(leave, origin, proxy):
    ended = threading.Event()

    def endless(request, connection):
        try:
            connection.send(HEAD + "Content-Length: 1000000000000\r\n\r\n")
            while True:
                connection.send("x" * 65536)
        except OSError:
            ended.set()
            raise
    origin.routes["/endless"] = endless
    for tls in (False, True):
        ended.clear()
        client = proxy.client(tls=tls)
        client.send("GET /endless HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.head().status == 200
        leave(client.sock)
        assert ended.wait(15), "the origin is still read"


def test_gone_while_waiting(origin, proxy):
    released = threading.Event()
    origin.routes["/wait"] = lambda request, connection: released.wait(20) and False
    before = len(origin.seen("/wait"))
    client = proxy.client()
    client.send("GET /wait HTTP/1.1\r\nHost: a.test\r\n\r\n")
    origin.wait("/wait", before + 1)
    net.reset(client.sock)
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "the exchange to end")
    released.set()


def test_half_closed_by_the_visitor(origin, proxy):
    """A client may close its sending side after a whole request, and still read the answer (RFC 9112 §9.6)."""
    with proxy.client() as client:
        client.send("GET /half HTTP/1.1\r\nHost: a.test\r\n\r\n")
        client.sock.shutdown(socket.SHUT_WR)
        assert client.response().status == 200


def test_half_closed_by_the_origin(origin, proxy):
    def half(request, connection):
        connection.send(HEAD + "Content-Length: 5\r\n\r\nhello")
        connection.sock.shutdown(socket.SHUT_WR)
    origin.routes["/half-origin"] = half
    with proxy.client() as client:
        for _ in range(3):
            assert client.get("/half-origin").body == b"hello"
            assert client.get("/").status == 200


# Descriptors used up.

def test_descriptors_used_up(origin, start):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    proxy = start(run=False, timeouts={"keep_alive": 60000})
    proxy.start(preexec_fn=few)
    with proxy.client() as early:
        assert early.get("/").status == 200
        crowd = [net.dial(proxy.plain) for _ in range(120)]
        assert early.get("/").status in (200, 502, 503), "who was there before is answered"
        assert proxy.process.poll() is None
        for sock in crowd:
            sock.close()
        net.wait_until(lambda: fetched(proxy), 20, "the next request to be served", 0.1)


def fetched(proxy):
    try:
        with proxy.client(timeout=5) as client:
            return client.get("/").status == 200
    except (OSError, h1.Cut):
        return False
