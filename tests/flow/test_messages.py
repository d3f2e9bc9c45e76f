# SPDX-License-Identifier: Apache-2.0
"""Answers of each shape: without a body, with interim answers, with trailers, framed anew for each version; and the
headers that go through, are taken away, or are added."""
import threading

import pytest

from support import h2c
from support.h2c import END_HEADERS, END_STREAM, GET, data, headers
from support.origin import answer, streaming


def path(where, method="GET", *more):
    changed = {":path": where, ":method": method}
    return [(name, changed.get(name, value)) for name, value in GET] + list(more)


def raw(*parts, close=False):
    """A route that sends these very bytes."""
    def handler(request, connection):
        connection.send(*parts)
        return not close
    return handler


def both(proxy, where, method="GET"):
    """The answer over HTTP/1.1, then over HTTP/2; each connection must serve another request after it."""
    with proxy.client() as client:
        response = client.get(where, method=method)
        assert client.get("/").status == 200
        yield response.status, dict(response.headers), response.body
    with h2c.Session(proxy) as session:
        response = session.request(1, path(where, method))
        assert response.ended and session.request(3).status == 200
        yield response.status, dict(response.headers), response.body


def test_head(origin, proxy):
    origin.routes["/head"] = raw("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: \"a\"\r\n\r\n")
    for status, fields, body in both(proxy, "/head", "HEAD"):
        assert (status, fields["content-length"], fields["etag"], body) == (200, "12345", '"a"', b"")


def test_head_of_chunked(origin, proxy):
    origin.routes["/head-chunked"] = raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for status, _, body in both(proxy, "/head-chunked", "HEAD"):
        assert (status, body) == (200, b"")


@pytest.mark.parametrize("head", ["204 No Content\r\n", "304 Not Modified\r\nETag: \"a\"\r\n",
                                  "304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 500\r\n",
                                  "304 Not Modified\r\nTransfer-Encoding: chunked\r\n"])
def test_no_body(head, origin, proxy):
    origin.routes["/none"] = raw(f"HTTP/1.1 {head}\r\n")
    for status, fields, body in both(proxy, "/none"):
        assert (status, body) == (int(head[:3]), b"")
        assert status != 204 or not {"content-length", "transfer-encoding"} & set(fields)  # RFC 9110 §8.6
        assert fields.get("etag") == ('"a"' if "ETag" in head else None)


def test_empty_bodies(origin, proxy):
    origin.routes["/empty"] = raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    origin.routes["/empty-chunked"] = raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    origin.routes["/empty-closed"] = raw("HTTP/1.1 200 OK\r\n\r\n", close=True)
    for where in ("/empty", "/empty-chunked", "/empty-closed"):
        for status, _, body in both(proxy, where):
            assert (status, body) == (200, b"")


def test_range(origin, proxy):
    origin.routes["/range"] = answer("206 Partial Content", b"ell", "Content-Range: bytes 1-3/5")
    with proxy.client() as client:
        response = client.get("/range", "Range: bytes=1-3", "If-Range: \"a\"")
        assert (response.status, response.body, response.get("content-range")) == (206, b"ell", "bytes 1-3/5")
    request = origin.wait("/range")[0]
    assert (request.get("range"), request.get("if-range")) == ("bytes=1-3", '"a"')


@pytest.mark.parametrize("framing, sent, close", [
    ("Content-Length: 11\r\n", b"hello world", False),
    ("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", False),
    ("Transfer-Encoding: chunked\r\n", b"B\r\nhello world\r\n000\r\n\r\n", False),
    ("", b"hello world", True),
    ("Connection: close\r\n", b"hello world", True)], ids=["length", "chunked", "one chunk", "closed", "closed, said"])
def test_framing_of_answers(framing, sent, close, origin, proxy):
    origin.routes["/framed"] = raw("HTTP/1.1 200 OK\r\n", framing, "\r\n", sent, close=close)
    for status, _, body in both(proxy, "/framed"):
        assert (status, body) == (200, b"hello world")
    with proxy.client() as client:  # HTTP/1.0 knows no chunks: the end of the connection is the end of the body
        client.send("GET /framed HTTP/1.0\r\nHost: a.test\r\n\r\n")
        response = client.response()
        assert response.get("transfer-encoding") is None and response.body == b"hello world" and client.ended()


# Interim answers (RFC 9110 §15.2).

EARLY = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


def test_early_hints(origin, proxy):
    origin.routes["/hints"] = raw(EARLY, EARLY, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with proxy.client() as client:
        interim = []
        client.send("GET /hints HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.response(interim=interim).body == b"ok"
        assert [(one.status, one.get("link")) for one in interim] == [(103, "</a.css>; rel=preload")] * 2
    with h2c.Session(proxy) as session:
        response = session.request(1, path("/hints"))
        assert (response.status, response.body, len(response.interim)) == (200, b"ok", 2)
        assert dict(response.interim[0]) == {":status": "103", "link": "</a.css>; rel=preload"}


def test_no_interim_for_http_1_0(origin, proxy):
    origin.routes["/hints"] = raw(EARLY, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    with proxy.client() as client:
        client.send("GET /hints HTTP/1.0\r\nHost: a.test\r\n\r\n")
        assert client.response().body == b"ok"


def test_continue(origin, proxy):
    """The client sends its body only once it was told to; the origin gets it whole."""
    with proxy.client() as client:
        client.send("POST /continued HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        assert client.head().status == 100
        client.send("hello")
        assert client.response("POST").status == 200
    assert origin.wait("/continued")[0].body == b"hello"


def test_continue_twice_on_one_connection(origin, proxy):
    with proxy.client() as client:
        for _ in range(2):
            client.send("PUT /again HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n")
            assert client.head().status == 100
            client.send("5\r\nhello\r\n0\r\n\r\n")
            assert client.response("PUT").status == 200


def test_refused_instead_of_continued(origin, proxy):
    """A final answer may come instead of 100; the connection cannot go on unless the body comes after all."""
    def refuse(request, connection):
        connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        return False
    origin.routes["/forbidden"] = streaming(refuse)
    with proxy.client() as client:
        client.send("POST /forbidden HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        response = client.response("POST", interim=[])
        assert (response.status, response.body) == (403, b"no")


# Trailers.

TRAILED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"


def test_trailers_of_answers(origin, proxy):
    origin.routes["/trailed"] = raw(TRAILED)
    with proxy.client() as client:
        response = client.get("/trailed", "TE: trailers", "Connection: TE")
        assert (response.body, response.trailers) == (b"hello", [("x-sum", "42")])
        assert client.get("/trailed").body == b"hello"
    with h2c.Session(proxy) as session:
        response = session.request(1, path("/trailed", "GET", ("te", "trailers")))
        assert (response.body, response.trailers) == (b"hello", [("x-sum", "42")])


def test_trailers_of_requests(origin, proxy):
    with proxy.client() as client:
        client.send("POST /trails HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        assert client.response("POST").status == 200
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/trails", "POST"), END_HEADERS), data(1, b"hello", False),
                     headers(1, [("x-sum", "42")], END_STREAM | END_HEADERS))
        assert session.wait(1).status == 200
    for request in origin.wait("/trails", 2):
        assert (request.body, request.trailers) == (b"hello", [("x-sum", "42")])


# Headers.

def test_headers_of_answers(origin, proxy):
    fields = ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "X-Long: " + "v" * 8000, "X-Empty:", "X-Bytes: \xd2\x9b",
              "Vary: a", "Vary: b", "Strict-Transport-Security: max-age=1"]
    origin.routes["/fields"] = answer("200 OK", b"ok", *fields, "Connection: X-Hop", "X-Hop: 1",
                                      "Keep-Alive: timeout=9", "Proxy-Authenticate: x", "Upgrade: h2c")
    with proxy.client() as client, h2c.Session(proxy) as session:
        for response in (client.get("/fields"), session.request(1, path("/fields"))):
            got = [(name, value) for name, value in response.headers if name != ":status"]
            names = [name for name, _ in got]
            for name in ("set-cookie", "vary"):
                sent = [field.split(": ", 1)[1] for field in fields if field.lower().startswith(name)]
                assert [value for key, value in got if key == name] == sent
            assert ("x-empty", "") in got and ("x-long", "v" * 8000) in got
            assert ("x-bytes", "\xd2\x9b") in got
            assert not {"x-hop", "keep-alive", "upgrade"} & set(names)
        assert client.get("/").status == 200


def test_headers_to_the_origin(origin, proxy):
    sent = [("user-agent", "Mozilla/5.0"), ("accept", "*/*"), ("accept-language", "kk"), ("cookie", "a=1; b=2"),
            ("authorization", "Basic eA=="), ("referer", "https://a.test/x"), ("x-many", "1"), ("x-many", "2")]
    with proxy.client(tls=True) as client:
        assert client.get("/sent", *(f"{name}: {value}" for name, value in sent)).status == 200
    with h2c.Session(proxy) as session:
        assert session.request(1, path("/sent", "GET", *sent)).status == 200
    for request in origin.wait("/sent", 2):
        for name in dict(sent):
            assert request.all(name) == [value for key, value in sent if key == name]
        assert (request.get("host"), request.get("x-forwarded-host")) == ("a.test", "a.test")
        assert request.get("x-forwarded-proto") == "https"


OURS = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "x-qorgan-verdict",
        "x-qorgan-score", "x-qorgan-reasons", "x-qorgan-tier", "exposed-credential-check"]


def test_names_that_are_ours_alone(origin, proxy):
    """Over HTTP/2 as over HTTP/1.1 (which the gate's table holds to the same), in headers and in trailers."""
    spoofed = [(name, "spoofed") for name in OURS]
    with h2c.Session(proxy) as session:
        assert session.request(1, path("/ours", "GET", *spoofed)).status == 200
        session.send(headers(3, path("/ours", "POST"), END_HEADERS), data(3, b"hello", False),
                     headers(3, spoofed, END_STREAM | END_HEADERS))
        assert session.wait(3).status in (200, 400)
    with proxy.client() as client:
        client.send("POST /ours HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                    *(f"{name}: spoofed\r\n" for name in OURS), "\r\n")
        assert client.response("POST").status in (200, 400)
    for request in origin.wait("/ours"):
        assert b"spoofed" not in request.raw and "spoofed" not in str(request.trailers)


def test_request_ids_are_unique_and_logged(origin, proxy):
    with proxy.client() as client, h2c.Session(proxy) as session:
        for at in range(20):
            assert client.get("/id").status == 200
            assert session.request(1 + 2 * at, path("/id")).status == 200
    given = [request.get("x-request-id") for request in origin.wait("/id", 40)]
    assert len(set(given)) == 40
    assert {line["id"] for line in proxy.logged("/id", 40)} == set(given)


def test_body_of_a_get_over_http2(origin, proxy):
    with h2c.Session(proxy) as session:
        assert session.request(1, path("/get-body"), b"hello").status == 200
    assert origin.wait("/get-body")[0].body == b"hello"


def test_interleaved_uploads(origin, proxy):
    with h2c.Session(proxy) as session:
        streams = range(1, 41, 2)
        session.send(*(headers(stream, path(f"/mixed/{stream}", "POST"), END_HEADERS) for stream in streams))
        for part in range(5):
            session.send(*(data(stream, b"%d:%d " % (stream, part), part == 4) for stream in streams))
        for stream in streams:
            assert session.wait(stream).status == 200
            assert origin.wait(f"/mixed/{stream}")[0].body == b"".join(b"%d:%d " % (stream, part) for part in range(5))


def test_slow_stream_does_not_hold_others(origin, proxy):
    released = threading.Event()

    def hold(request, connection):
        released.wait(30)
        return answer()(request, connection)
    origin.routes["/hold"] = hold
    with h2c.Session(proxy) as session:
        session.send(headers(1, path("/hold")))
        for stream in range(3, 23, 2):
            assert session.request(stream).status == 200
        assert not session.of(1).headers
        released.set()
        assert session.wait(1).status == 200
