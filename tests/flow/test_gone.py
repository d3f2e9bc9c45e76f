# SPDX-License-Identifier: Apache-2.0
"""When the visitor breaks: gone in mid-upload, in mid-download, while waiting; and when descriptors are used up. What
was held is freed, the origin never takes a part for the whole, the next request is served."""
import resource
import socket
import threading

import pytest

from support import h1, h2c, net
from support.h2c import END_HEADERS, GET, POST, data, headers
from support.origin import Gone, answer, streaming

pytestmark = pytest.mark.usefixtures("nothing_left")
HEAD = "HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def configuration():
    return {"timeouts": {"origin_keep_alive": 1000, "origin_probe": 10}}


def path(where, base=GET):
    return [(name, where if name == ":path" else value) for name, value in base]


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
