# SPDX-License-Identifier: Apache-2.0
"""Origins: the pool of kept connections, sharing the load, passive health, what may be repeated, and each kind of
address an origin may have."""
import concurrent.futures
import contextlib
import ssl
import threading

import pytest

from support import net
from support.origin import Origin, answer


@contextlib.contextmanager
def origins(count=1, **more):
    made = [Origin(**more) for _ in range(count)]
    try:
        yield made
    finally:
        for origin in made:
            with contextlib.suppress(OSError):
                origin.close()
            assert origin.malformed == []


class Gate:
    """A route that holds its requests until it is opened."""

    def __init__(self):
        self.opened, self.inside, self.most, self._lock = threading.Event(), 0, 0, threading.Lock()

    def __call__(self, request, connection):
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.opened.wait(30)
        with self._lock:
            self.inside -= 1
        return answer()(request, connection)


def status_of(proxy, path):
    with proxy.client() as client:
        return client.get(path).status


@contextlib.contextmanager
def together(proxy, count, path):
    """`count` requests at once; the futures of their statuses."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        yield [pool.submit(status_of, proxy, path) for _ in range(count)]


# The pool.

def test_connections_are_kept(start):
    with origins() as [origin]:
        proxy = start([origin.url])
        for _ in range(10):
            with proxy.client() as client:
                assert [client.get("/").status for _ in range(3)] == [200] * 3
        assert {request.connection for request in origin.requests} == {0}
        assert proxy.metrics()["qorgan_origin_reused_total"] == 29


def test_origin_that_closes_each_time(start):
    with origins() as [origin]:
        def once(request, connection):
            answer("200 OK", "bye", "Connection: close")(request, connection)
            return False
        origin.default = once
        proxy = start([origin.url])
        with proxy.client() as client:
            assert [client.get("/").status for _ in range(10)] == [200] * 10
        assert len(origin.connections) == 10


def test_idle_connections_are_bounded_and_end(start):
    with origins() as [origin]:
        gate = origin.routes["/hold"] = Gate()
        proxy = start([origin.url], limits={"origin_idle_max": 3}, timeouts={"origin_keep_alive": 1000})
        with together(proxy, 12, "/hold") as running:
            net.wait_until(lambda: gate.inside == 12, 10, "12 requests at once")
            gate.opened.set()
            assert [one.result() for one in running] == [200] * 12
        net.wait_until(lambda: origin.open_connections <= 3, 10, "no more than 3 kept")
        net.wait_until(lambda: origin.open_connections == 0, 10, "the idle ones to end")
        assert status_of(proxy, "/") == 200


def test_connections_are_bounded_and_others_wait(start):
    with origins() as [origin]:
        gate = origin.routes["/hold"] = Gate()
        proxy = start([origin.url], limits={"origin_connections_max": 4})
        with together(proxy, 12, "/hold") as running:
            net.wait_until(lambda: proxy.metrics()["qorgan_origin_waiting"] == 8, 10, "8 requests to wait")
            net.wait_until(lambda: gate.inside == 4, 10, "4 requests at the origin")
            gate.opened.set()
            assert [one.result() for one in running] == [200] * 12
        assert gate.most == 4 and len(origin.connections) == 4


def test_the_queue_is_bounded(start):
    with origins() as [origin]:
        gate = origin.routes["/hold"] = Gate()
        proxy = start([origin.url], limits={"origin_connections_max": 2, "origin_waiting_max": 3})
        with together(proxy, 5, "/hold") as running:
            net.wait_until(lambda: proxy.metrics()["qorgan_origin_waiting"] == 3, 10, "3 requests to wait")
            assert status_of(proxy, "/more") == 503
            gate.opened.set()
            assert [one.result() for one in running] == [200] * 5


def test_waiting_ends_by_time(start):
    with origins() as [origin]:
        gate = origin.routes["/hold"] = Gate()
        proxy = start([origin.url], limits={"origin_connections_max": 1}, timeouts={"origin_wait": 300})
        with together(proxy, 1, "/hold") as running:
            net.wait_until(lambda: gate.inside == 1, 10, "the one to be inside")
            assert status_of(proxy, "/waits") == 503
            gate.opened.set()
            assert running[0].result() == 200
        assert origin.seen("/waits") == []


# Several origins.

def test_least_outstanding(start):
    with origins(2) as [first, second]:
        gates = [Gate(), Gate()]
        first.routes["/hold"], second.routes["/hold"] = gates
        proxy = start([first.url, second.url])
        with together(proxy, 10, "/hold") as running:
            net.wait_until(lambda: gates[0].inside + gates[1].inside == 10, 10, "10 requests inside")
            assert (gates[0].inside, gates[1].inside) == (5, 5)
            gates[1].opened.set()
            net.wait_until(lambda: gates[1].inside == 0, 10, "the second origin to be free")
            for _ in range(5):
                assert status_of(proxy, "/quick") == 200
            assert (len(first.seen("/quick")), len(second.seen("/quick"))) == (0, 5)
            gates[0].opened.set()
            assert [one.result() for one in running] == [200] * 10


def test_a_dead_origin_is_left_out_and_comes_back(start):
    with origins(2) as [first, second]:
        proxy = start([first.url, second.url], timeouts={"origin_probe": 200})
        first.close()
        assert [status_of(proxy, "/away") for _ in range(10)] == [200] * 10
        assert len(second.seen("/away")) == 10
        first.open()

        def back():
            return status_of(proxy, "/back") == 200 and first.seen("/back")
        net.wait_until(back, 20, "the first origin to serve again", 0.1)


def test_the_only_origin_comes_back(start):
    with origins() as [origin]:
        proxy = start([origin.url], timeouts={"origin_probe": 100})
        assert status_of(proxy, "/") == 200
        origin.close()
        assert [status_of(proxy, "/") in (502, 503) for _ in range(5)] == [True] * 5
        assert proxy.admin_get("/readyz")[0] == 503 and proxy.admin_get("/healthz")[0] == 200
        origin.open()
        net.wait_until(lambda: status_of(proxy, "/") == 200, 20, "the origin to serve again", 0.1)
        net.wait_until(lambda: proxy.admin_get("/readyz")[0] == 200, 20, "readiness")


def test_sites_by_host(start):
    with origins(3) as [exact, wild, rest]:
        proxy = start(sites=[{"hosts": ["a.test"], "origin": [exact.url]},
                             {"hosts": ["*.w.test"], "origin": [wild.url]},
                             {"hosts": ["*"], "origin": [rest.url]}])
        with proxy.client() as client:
            for host in ("a.test", "A.TEST:8443", "x.w.test", "y.x.w.test", "w.test", "b.test"):
                assert client.get("/", host=host).status == 200
        assert [len(one.requests) for one in (exact, wild, rest)] == [2, 2, 2]


def test_a_host_without_a_site(start):
    with origins() as [origin]:
        proxy = start(sites=[{"hosts": ["a.test"], "origin": [origin.url]}])
        with proxy.client() as client:
            assert client.get("/", host="b.test").status == 421
        assert origin.requests == []


# What may be repeated (RFC 9110 §9.2.2): a connection that was kept may be closed just as a request is sent on it.

def closing_second(first_bytes=b""):
    """Answers each connection's first request; at the second sends `first_bytes` and closes."""
    def handler(request, connection):
        if connection.received.count(b" HTTP/1.1\r\n") > 1:
            connection.send(first_bytes)
            return False
        return answer()(request, connection)
    return handler


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_stale_connection_is_repeated(method, start):
    with origins() as [origin]:
        origin.default = closing_second()
        proxy = start([origin.url])
        with proxy.client() as client:
            assert client.get("/1").status == 200
            assert client.get("/2", method=method).status == 200
        assert len(origin.seen("/2")) == 2 and proxy.metrics()["qorgan_origin_retries_total"] == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_happened_is_not_repeated(method, start):
    with origins() as [origin]:
        origin.default = closing_second()
        proxy = start([origin.url])
        with proxy.client() as client:
            assert client.get("/1").status == 200
            client.send(f"{method} /2 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello")
            assert client.response(method).status == 502
        assert status_of(proxy, "/3") in (200, 502)
        assert len(origin.seen("/2")) == 1


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 200 OK\r\nContent-"])
def test_an_answer_that_began_is_not_repeated(begun, start):
    with origins() as [origin]:
        origin.default = closing_second(begun)
        proxy = start([origin.url])
        with proxy.client() as client:
            assert client.get("/1").status == 200
            assert client.get("/2").status == 502
        assert len(origin.seen("/2")) == 1


def test_a_fresh_connection_is_not_repeated_for_ever(start):
    with origins() as [origin]:
        origin.default = lambda request, connection: False
        proxy = start([origin.url])
        assert status_of(proxy, "/") == 502
        assert len(origin.seen("/")) <= 2


# Kinds of origins.

def server_tls(pair):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    return tls


def test_verified_tls(start, pair, authority):
    with origins(tls=server_tls(pair), name="localhost", host="127.0.0.1") as [origin]:
        proxy = start([{"url": origin.url, "ca": str(authority.certificate)}])
        with proxy.client() as client:
            assert [client.get("/").status for _ in range(3)] == [200] * 3
            assert client.post("/", b"x" * 100000).status == 200
        assert len(origin.connections) == 1 and origin.requests[-1].body == b"x" * 100000


def test_tls_of_another_name(start, authority):
    other = server_tls(authority.issue("other", "other.test"))
    with origins(tls=other, name="localhost", host="127.0.0.1") as [origin]:
        proxy = start([{"url": origin.url, "ca": str(authority.certificate)}])
        assert status_of(proxy, "/") in (502, 503)
        assert origin.requests == []


def test_tls_of_an_unknown_authority(start, pair):
    with origins(tls=server_tls(pair), name="localhost", host="127.0.0.1") as [origin]:
        proxy = start([origin.url])
        assert status_of(proxy, "/") in (502, 503)
        assert origin.requests == []


def test_plain_where_tls_was_to_be(start, authority):
    with origins(name="localhost", host="127.0.0.1") as [origin]:
        proxy = start([{"url": origin.url.replace("http:", "https:"), "ca": str(authority.certificate)}],
                      timeouts={"origin_connect": 500})
        assert status_of(proxy, "/") in (502, 503, 504)
        origin.malformed.clear()  # a ClientHello is no HTTP


def test_unix_origin(start, tmp_path):
    with origins(unix=str(tmp_path / "origin.sock")) as [origin]:
        proxy = start([origin.url])
        with proxy.client() as client:
            assert [client.get("/").status for _ in range(3)] == [200] * 3
        assert len(origin.connections) == 1
