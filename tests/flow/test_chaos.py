# SPDX-License-Identifier: Apache-2.0
"""Everything at once, by chance: visitors who come, half speak and vanish, before an origin that breaks as often as it
answers, while the configuration is reloaded. The seed is printed; CHAOS_SEED takes it back. What matters is the end:
alive, nothing stuck, nothing leaked, nothing malformed at the origin, the next visitor served."""
import contextlib
import os
import random
import signal
import threading
import time

import pytest

from support import h1, h2c, net
from support.h2c import CONTINUATION, END_HEADERS, END_STREAM, GET, POST, data, frame, headers
from support.origin import Gone, answer, streaming
from support.proxy import SANITIZED

SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
VISITORS, VISITS = 8, 120
HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWERS = [
    HEAD + b"Content-Length: 5\r\n\r\nhello", HEAD + b"Content-Length: 50000\r\n\r\n" + b"x" * 50000,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", HEAD + b"\r\nhello", b"", b"HTTP/1.1 2",
    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n", b"\0\xff" * 500,
    HEAD + b"Content-Length: 50000\r\n\r\nhello", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    HEAD + b"Content-Length: 5\r\n\r\nhello" * 3, b"HTTP/1.1 304 Not Modified\r\n\r\n", HEAD + b"X: " + b"y" * 70000,
]


@pytest.fixture(scope="module")
def configuration():
    print(f"CHAOS_SEED={SEED}")
    short = {"origin_answer": 500, "origin_body": 500, "origin_keep_alive": 500, "origin_probe": 10, "keep_alive": 2000,
             "request_head": 1000, "request_body": 1000, "response_write": 1000, "handshake": 1000, "origin_wait": 1000}
    return {"workers": 2, "timeouts": short, "limits": {"origin_connections_max": 32, "origin_waiting_max": 64}}


def moody(chance):
    """An origin's handler: reads all, some or nothing of the body, answers something, and stays, goes or breaks."""
    def handler(request, connection):
        if chance.random() < 0.7:
            request.body = b"".join(connection.body(request))
        if chance.random() < 0.05:
            time.sleep(0.7)
        connection.send(chance.choice(ANSWERS[:3] + ANSWERS))
        if chance.random() < 0.1:
            net.reset(connection.sock)
            raise Gone
        return request.whole and chance.random() < 0.7
    return streaming(handler)


def leave(client, chance):
    chance.choice([client.sock.close, lambda: net.reset(client.sock), lambda: client.sock.shutdown(1)])()


def speaks_http1(proxy, chance):
    with proxy.client(tls=chance.random() < 0.4, timeout=3) as client:
        for _ in range(chance.randrange(1, 4)):
            body = b"x" * chance.choice([0, 5, 3000, 300000])
            message = b"POST /chaos HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            client.send(message[:chance.choice([len(message), chance.randrange(len(message))])])
            if chance.random() < 0.3:
                return leave(client, chance)
            client.response("POST", interim=[])


def speaks_http2(proxy, chance):
    with h2c.Session(proxy, given=[(4, chance.choice([0, 1, 65535]))], timeout=3) as session:
        for stream in range(1, 2 * chance.randrange(2, 12), 2):
            ends = chance.random() < 0.6
            session.send(headers(stream, chance.choice([GET, POST]), END_HEADERS | (END_STREAM if ends else 0)))
            session.send(*chance.sample([
                data(stream, b"x" * 3000, False), data(stream), h2c.rst_stream(stream), h2c.window_update(stream, 100),
                h2c.ping(), frame(0xee, 0, stream, b"x"), headers(stream, [("x-t", "1")]), h2c.settings((4, 10))], 3))
        with contextlib.suppress(AssertionError):
            session.until(lambda: False, chance.random() / 5)
        leave(session, chance)


def speaks_websocket(proxy, chance):
    with proxy.client(timeout=3) as client:
        client.send("GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        if client.head().status == 101:
            client.send(chance.randbytes(1000))
            client.some()
        leave(client, chance)


def speaks_junk(proxy, chance):
    first = chance.choice([b"", b"\x16\x03\x01", h2c.PREFACE, b"GET / HT", headers(1), b"PROXY TCP4 "])
    with h1.Client(chance.choice([proxy.plain, proxy.tls]), timeout=3) as client:
        client.send(first + chance.randbytes(chance.randrange(200)))
        leave(client, chance)
    with h2c.Session(proxy, greet=False, timeout=3) as session:
        session.send(h2c.PREFACE, h2c.settings(), headers(1, GET, 0), frame(CONTINUATION, 0, 1, chance.randbytes(50)))
        session.send(chance.randbytes(300))
        leave(session, chance)


def visits(proxy, chance):
    kinds = [speaks_http1, speaks_http1, speaks_http2, speaks_http2, speaks_websocket, speaks_junk]
    for _ in range(VISITS):
        with contextlib.suppress(OSError, AssertionError):  # of chaos no answer is wrong; the end tells
            chance.choice(kinds)(proxy, chance)


def test_chaos(origin, proxy):
    origin.default = moody(random.Random(SEED))
    origin.routes["/ws"] = lambda request, connection: connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") or connection.send(connection.read()) or False
    origin.routes["/calm"] = answer()
    with proxy.client() as client:
        assert client.get("/calm").status == 200
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] == 0, 10, "quiet before the storm")
    descriptors, memory = proxy.descriptors(), proxy.rss_mb()
    threads = [threading.Thread(target=visits, args=(proxy, random.Random(SEED + at))) for at in range(VISITORS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.2)
        proxy.signal(signal.SIGHUP)
        assert proxy.process.poll() is None, proxy.errors()[-3000:]
    net.wait_until(lambda: calm(proxy), 20, "the next visitor to be served", 0.1)
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, lambda: f"quiet: {proxy.metrics()}")
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] == 0, 20, lambda: f"quiet: {proxy.metrics()}")
    proxy.settled(descriptors + 2)
    assert proxy.metrics()["qorgan_origin_waiting"] == 0
    assert SANITIZED or proxy.rss_mb() - memory < 48


def calm(proxy):
    with proxy.client() as client, h2c.Session(proxy) as session:
        asked = [(name, "/calm" if name == ":path" else value) for name, value in GET]
        return client.get("/calm").status == 200 and session.request(1, asked).status == 200
