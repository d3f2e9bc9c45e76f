# SPDX-License-Identifier: Apache-2.0
"""WebSocket: by Upgrade over HTTP/1.1 (RFC 6455), by extended CONNECT over HTTP/2 (RFC 8441). Past the handshake bytes
go through untouched, both ways, until either side ends."""
import base64
import hashlib

import pytest

from support import h2c, net
from support.h2c import END_HEADERS, GET, data, headers, rst_stream
from support.origin import Gone, answer

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"]


def accepted(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def connect(where="/echo", protocol="websocket", *more):
    return [(":method", "CONNECT"), (":protocol", protocol), (":scheme", "https"), (":authority", "a.test"),
            (":path", where), ("sec-websocket-version", "13"), *more]


@pytest.fixture(scope="module", autouse=True)
def routes(origin):
    def switch(request, connection, *more):
        assert request.get("upgrade").lower() == "websocket" and request.get("connection").lower() == "upgrade"
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        f"Sec-WebSocket-Accept: {accepted(request.get('sec-websocket-key'))}\r\n", *more, "\r\n")

    def echo(request, connection):
        switch(request, connection, "Sec-WebSocket-Protocol: chat\r\n" if request.get("sec-websocket-protocol") else "")
        while True:
            connection.send(connection.read())

    def greet(request, connection):
        switch(request, connection)
        connection.send("hello from the origin")
        return False
    origin.routes.update({"/echo": echo, "/greet": greet, "/plain": answer(),
                          "/refuse": answer("403 Forbidden", b"no")})


def upgraded(client, where="/echo", *more):
    client.send(f"GET {where} HTTP/1.1\r\nHost: a.test\r\n", *(field + "\r\n" for field in [*FIELDS, *more]), "\r\n")
    response = client.head()
    assert response.status == 101 and response.get("sec-websocket-accept") == accepted(KEY)
    assert response.get("upgrade").lower() == "websocket" and response.get("connection").lower() == "upgrade"
    return response


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_bytes_go_through(tls, proxy):
    with proxy.client(tls=tls) as client:
        upgraded(client)
        for payload in (b"\x81\x05hello", bytes(range(256)), b"GET / HTTP/1.1\r\n\r\n", b"x" * 200000):
            client.send(payload)
            assert client.exactly(len(payload)) == payload


def test_subprotocol_goes_through(proxy):
    with proxy.client() as client:
        assert upgraded(client, "/echo", "Sec-WebSocket-Protocol: chat").get("sec-websocket-protocol") == "chat"


def test_origin_speaks_first_and_ends(proxy):
    with proxy.client() as client:
        upgraded(client, "/greet")
        assert client.rest() == b"hello from the origin"


def test_client_ends(origin, proxy):
    client = proxy.client()
    upgraded(client)
    open_before = origin.open_connections
    client.sock.close()
    net.wait_until(lambda: origin.open_connections < open_before, 10, "the origin's side to end")


def test_refused_upgrade_is_an_answer(proxy):
    with proxy.client() as client:
        response = client.get("/refuse", *FIELDS)
        assert (response.status, response.body) == (403, b"no")
        assert client.get("/").status == 200, "the connection goes on in HTTP"


def test_ignored_upgrade_is_an_answer(origin, proxy):
    """What is pipelined behind a handshake that the origin ignores is a request like any other, never raw bytes."""
    before = len(origin.seen("/behind"))
    with proxy.client() as client:
        client.send("GET /plain HTTP/1.1\r\nHost: a.test\r\n", *(field + "\r\n" for field in FIELDS), "\r\n",
                    "GET /behind HTTP/1.1\r\nHost: a.test\r\nX-Qorgan-Verdict: forged\r\n\r\n")
        assert client.response().status == 200
        client.sock.settimeout(5)
        assert client.response().status == 200
    request, = origin.seen("/behind")[before:]
    assert request.get("x-request-id") and request.get("x-qorgan-verdict") != "forged"


@pytest.mark.parametrize("change", [("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 7"), (FIELDS[3], "X-None: 1"),
                                    ("Upgrade: websocket", "Upgrade: tea"), (FIELDS[3], "Sec-WebSocket-Key: short")])
def test_bad_handshakes_never_switch(change, origin, proxy):
    fields = [change[1] if field == change[0] else field for field in FIELDS]
    with proxy.client() as client:
        response = client.get("/plain", *fields)
        assert response.status in (200, 400, 426)


def test_upgrade_of_post_never_switches(proxy):
    with proxy.client() as client:
        assert client.post("/plain", b"hello", *FIELDS).status in (200, 400)


def test_answer_101_that_nobody_asked_for(origin, proxy):
    origin.routes["/unasked"] = lambda request, connection: connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    with proxy.client() as client:
        assert client.get("/unasked").status == 502
    with proxy.client() as client:
        assert client.get("/").status == 200


# RFC 8441.

def opened(session, stream=1, *more):
    session.send(headers(stream, connect(*more), END_HEADERS))
    assert session.until(lambda: session.of(stream).headers)
    return session.of(stream)


def test_extended_connect(origin, proxy):
    before = len(origin.seen("/echo"))
    with h2c.Session(proxy) as session:
        session.until(lambda: session.settings)
        assert session.settings.get(8) == 1
        response = opened(session, 1, "/echo", "websocket", ("sec-websocket-protocol", "chat"), ("cookie", "a=1"))
        assert response.status == 200 and not response.ended
        names = dict(response.headers)
        assert names["sec-websocket-protocol"] == "chat"
        assert not {"connection", "upgrade", "sec-websocket-accept"} & set(names)
        whole = b""
        for payload in (b"\x81\x05hello", bytes(range(256)), b"x" * 16384):
            session.send(data(1, payload, False))
            whole += payload
            assert session.until(lambda: len(session.of(1).body) >= len(whole)) and session.of(1).body == whole
        assert session.request(3, GET).status == 200, "other streams beside it"
        session.send(data(1))
        session.wait(1)
    request = origin.seen("/echo")[before]
    assert (request.method, request.get("sec-websocket-version"), request.get("cookie")) == ("GET", "13", "a=1")
    assert len(base64.b64decode(request.get("sec-websocket-key"))) == 16


def test_extended_connect_that_the_origin_ends(proxy):
    with h2c.Session(proxy) as session:
        opened(session, 1, "/greet")
        response = session.wait(1)
        assert response.body == b"hello from the origin"
        assert response.ended or response.reset is not None


def test_extended_connect_that_the_client_resets(origin, proxy):
    with h2c.Session(proxy) as session:
        opened(session)
        open_before = origin.open_connections
        session.send(rst_stream(1))
        net.wait_until(lambda: origin.open_connections < open_before, 10, "the origin's side to end")
        assert session.request(3, GET).status == 200


def test_extended_connect_refused(proxy):
    with h2c.Session(proxy) as session:
        session.send(headers(1, connect("/refuse"), END_HEADERS))
        response = session.wait(1)
        assert (response.status, response.body) == (403, b"no")


def test_extended_connect_that_is_not_switched(proxy):
    """An origin that answers 200 instead of 101 has not switched: the client must not believe it has (RFC 8441 §5)."""
    with h2c.Session(proxy) as session:
        session.send(headers(1, connect("/plain"), END_HEADERS))
        response = session.wait(1)
        assert response.status == 502 or response.reset is not None


def test_extended_connect_with_a_false_accept(origin, proxy):
    def lie(request, connection):
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
        try:
            connection.read()
        except Gone:
            pass
        return False
    origin.routes["/lie"] = lie
    with h2c.Session(proxy) as session:
        session.send(headers(1, connect("/lie"), END_HEADERS))
        response = session.wait(1)
        assert response.status == 502 or response.reset is not None


def test_nothing_is_left(origin, proxy):
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
