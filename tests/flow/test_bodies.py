# SPDX-License-Identifier: Apache-2.0
"""Bodies and what frames them: streamed both ways in constant memory, held back where the other side is slow, ended as
they should, over HTTP/1.1 and HTTP/2 alike."""
import pathlib
import subprocess
import threading

import pytest

from support import h1, h2c, net
from support.h2c import END_HEADERS, GET, POST, data, headers
from support.origin import answer, streaming
from support.proxy import SANITIZED

MIB = 1 << 20
DOWNLOAD, UPLOAD = (64 * MIB, 32 * MIB) if SANITIZED else (1024 * MIB, 200 * MIB)
GROWTH_MB = 16


def kernel_most():
    """Bytes that the kernel may hold on two hops, each with a buffer to send and one to receive."""
    paths = [f"/proc/sys/net/ipv4/tcp_{name}" for name in ("rmem", "wmem")]
    return 2 * sum(int(pathlib.Path(path).read_text(encoding="ascii").split()[2]) for path in paths)


HELD_MAX = kernel_most() + 16 * MIB


def path(where, base=GET, *more):
    return [(name, where if name == ":path" else value) for name, value in base] + list(more)


class Meter:
    """Routes that send without end and read as they please; `sent` and `got` are bytes so far."""

    def __init__(self):
        self.sent, self.got, self.go_on, self.block = 0, 0, threading.Event(), b"x" * MIB

    def download(self, request, connection):
        size = int(request.target.split("?")[1])
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        view = memoryview(self.block)
        for start in range(0, size, 65536):
            part = view[:min(65536, size - start)]
            connection.sock.sendall(part)
            self.sent += len(part)

    def upload(self, request, connection):
        self.go_on.wait(30)
        for piece in connection.body(request):
            self.got += len(piece)
        return answer(body=str(self.got))(request, connection)


@pytest.fixture
def meter(origin):
    made = Meter()
    origin.routes.update({"/download": made.download, "/upload": streaming(lambda *args: made.upload(*args))})
    yield made
    made.go_on.set()


@pytest.fixture(params=["http1.1", "http2"])
def curl(request, proxy):
    def run(path, *words):
        done = subprocess.run(["curl", "-sSk", f"--{request.param}", "-o", "/dev/null", "--max-time", "120", "-w",
                               "%{http_code} %{size_download} %{http_version}", *words,
                               "https://%s:%d" % proxy.tls + path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        code, size, version = done.stdout.split()
        assert version == {"http1.1": "1.1", "http2": "2"}[request.param]
        return int(code), int(size)
    return run


def bounded(proxy, before):
    assert SANITIZED or proxy.rss_mb() - before < GROWTH_MB


def stands_still(count):
    """Waits until count() no longer grows, and answers it."""
    seen = [-1]

    def still():
        now, old = count(), seen[0]
        seen[0] = now
        return now == old
    net.wait_until(still, 30, "the flow to stand still", 0.5)
    return count()


def test_large_download(curl, proxy, meter):
    before = proxy.rss_mb()
    assert curl(f"/download?{DOWNLOAD}") == (200, DOWNLOAD)
    bounded(proxy, before)


def test_large_upload(curl, proxy, meter, tmp_path):
    file, before = tmp_path / "upload", proxy.rss_mb()
    with open(file, "wb") as sparse:
        sparse.truncate(UPLOAD)
    meter.go_on.set()
    assert curl("/upload", "-T", str(file), "-H", "Expect:")[0] == 200
    assert meter.got == UPLOAD
    bounded(proxy, before)


def test_download_is_held_back(proxy, meter):
    size, before = 2 * HELD_MAX, proxy.rss_mb()
    with proxy.client() as client:
        client.send(f"GET /download?{size} HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert stands_still(lambda: meter.sent) < HELD_MAX, "the origin was read on though nobody took it"
        bounded(proxy, before)
        assert len(client.response().body) == size


def test_download_over_http2_is_held_back(proxy, meter):
    with h2c.Session(proxy) as session:
        session.windows = False
        session.send(h2c.window_update(0, 100000), headers(1, path(f"/download?{2 * HELD_MAX}")))
        assert stands_still(lambda: meter.sent) < HELD_MAX
        assert session.request(3).status == 200, "another stream is served beside"
        assert len(session.of(1).body) <= 65535


def test_upload_is_held_back(proxy, meter):
    size, sent, before = 2 * HELD_MAX, 0, proxy.rss_mb()
    with proxy.client(timeout=2) as client:
        client.send(f"POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: {size}\r\n\r\n")
        with pytest.raises(TimeoutError):
            while sent < size:
                sent += client.sock.send(b"x" * MIB)
        assert sent < HELD_MAX
        bounded(proxy, before)
        meter.go_on.set()
        client.sock.settimeout(20)
        client.send(b"x" * (size - sent))
        assert client.response("POST").body == str(size).encode()


def test_upload_over_http2_is_held_back(proxy, meter):
    """The origin reads nothing: WINDOW_UPDATE must stop coming long before the body is through."""
    with h2c.Session(proxy) as session:
        session.until(lambda: session.settings_acks == 1)
        session.send(headers(1, path("/upload", POST), END_HEADERS))
        window = {0: 65535, 1: session.settings.get(4, 65535)}
        sent = given = 0

        def grant():
            nonlocal given
            for one in session.frames[given:]:
                if one.kind == h2c.WINDOW_UPDATE:
                    window[one.stream] += int.from_bytes(one.payload, "big")
            given = len(session.frames)
            return min(window.values())
        with pytest.raises(AssertionError, match="no frame in 2"):
            while sent < 2 * HELD_MAX:
                session.until(lambda: grant() > 0, 2)
                size = min(16384, grant())
                session.send(data(1, b"x" * size, False))
                window[0], window[1], sent = window[0] - size, window[1] - size, sent + size
        assert 65535 <= sent < HELD_MAX
        meter.go_on.set()
        session.send(data(1))
        assert session.wait(1, 30).body == str(sent).encode()


class Steps:
    """A route that goes on only when the test has seen what came before."""

    def __init__(self, head, *parts):
        self.head, self.parts, self.seen = head, parts, threading.Semaphore(0)

    def __call__(self, request, connection):
        connection.send(self.head, "\r\n\r\n")
        for part in self.parts:
            assert self.seen.acquire(timeout=20)
            connection.send(part)
        assert self.seen.acquire(timeout=20)
        return "chunked" in self.head


EVENTS = [f"data: {at}\n\n" for at in range(5)]
CHUNKED = [f"{len(event):x}\r\n{event}\r\n" for event in EVENTS]
SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"


@pytest.mark.parametrize("head, parts, last", [(SSE + "\r\nTransfer-Encoding: chunked", CHUNKED, ["0\r\n\r\n"]),
                                               (SSE, EVENTS, []), (SSE + "\r\nConnection: close", EVENTS, [])],
                         ids=["chunked", "until the end", "until the end, said"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
def test_events_flow_as_they_come(head, parts, last, version, origin, proxy):
    route = origin.routes["/events"] = Steps(head, *parts, *last)
    if version == "HTTP/1.1":
        with proxy.client() as client:
            client.send("GET /events HTTP/1.1\r\nHost: a.test\r\n\r\n")
            response = client.head()
            chunks = client.chunks(response)
            for event in EVENTS:
                route.seen.release()
                assert next(chunks) == event.encode()
            route.seen.release(2)
            assert list(chunks) == []
        return
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/events")))
        assert session.until(lambda: session.of(1).status == 200)
        for at in range(len(EVENTS)):
            route.seen.release()
            whole = "".join(EVENTS[:at + 1]).encode()
            assert session.until(lambda: session.of(1).body == whole)
        route.seen.release(2)
        assert session.wait(1).ended


def test_upload_flows_as_it_comes(origin, proxy):
    came = []

    def collect(request, connection):
        for piece in connection.body(request):
            came.append(piece)
        return answer()(request, connection)
    origin.routes["/collect"] = streaming(collect)
    with proxy.client() as client:
        client.send("POST /collect HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(1, 4):
            client.send("5\r\nhello\r\n")
            net.wait_until(lambda: b"".join(came) == b"hello" * at, 10, f"part {at} at the origin")
        client.send("0\r\n\r\n")
        assert client.response("POST").status == 200
    came.clear()
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/collect", POST), END_HEADERS))
        for at in range(1, 4):
            session.send(data(1, b"hello", False))
            net.wait_until(lambda: b"".join(came) == b"hello" * at, 10, f"part {at} at the origin")
        session.send(data(1))
        assert session.wait(1).status == 200


def test_answer_before_the_upload_ended(origin, proxy):
    """An origin may refuse an upload early; the visitor gets that answer, and nothing hangs."""
    def refuse(request, connection):
        connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
        return False
    origin.routes["/refuse"] = streaming(refuse)
    with proxy.client() as client:
        client.send("POST /refuse HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\nx")
        response = client.response("POST")
        assert (response.status, response.body) == (413, b"large")
        with pytest.raises((h1.Cut, ConnectionError)):
            client.get("/")
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/refuse", POST), END_HEADERS), data(1, b"x", False))
        session.until(lambda: session.of(1).ended)
        assert (session.of(1).status, session.of(1).body) == (413, b"large")
        assert session.request(3).status == 200
