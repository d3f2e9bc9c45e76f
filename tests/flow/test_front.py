# SPDX-License-Identifier: Apache-2.0
"""Where visitors connect: listeners of each kind, the PROXY protocol, the redirect to https, sockets from systemd."""
import contextlib
import json
import socket
import struct

import pytest

from support import h1, net
from support.activation import Sockets

TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
V6_PORT, BALANCED, BALANCED_TLS, REDIRECT = (net.free_port("::1"), *(net.free_port() for _ in range(3)))
V2 = b"\r\n\r\n\0\r\nQUIT\n"
V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.8") + struct.pack(">HH", 4711, 443)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack(">HH", 4711, 443)
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.7") * 2 + struct.pack(">HH", 4711, 443)


def v2(command, family, addresses, more=b""):
    return V2 + struct.pack(">BBH", 0x20 | command, family, len(addresses) + len(more)) + addresses + more


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    balanced = {"proxy_protocol": True}
    return {
        "client_address": {"trusted": [TRUSTED + "/32"], "header": ""},
        "listen_more": [
            {"address": f"[::1]:{V6_PORT}"},
            {"address": "unix:front.sock"},
            {"address": f"{net.HOST}:{BALANCED}", **balanced},
            {"address": f"{net.HOST}:{BALANCED_TLS}", "tls": True, **balanced},
            {"address": f"{net.HOST}:{REDIRECT}", "redirect_https": True},
        ],
    }


def seen_address(origin, path):
    return origin.wait(path)[-1].get("x-forwarded-for")


# Listeners.

def test_ipv4_and_tls(origin, proxy):
    for tls in (False, True):
        with proxy.client(tls=tls) as client:
            assert client.get(f"/v4/{tls}").body == b"origin\n"
        request = origin.wait(f"/v4/{tls}")[0]
        assert request.get("x-forwarded-proto") == ("https" if tls else "http")
        assert request.get("x-forwarded-for") == TRUSTED


def test_ipv6(origin, proxy):
    with h1.Client(("::1", V6_PORT)) as client:
        assert client.get("/v6").status == 200
    assert seen_address(origin, "/v6") == "::1"


def test_unix(origin, proxy):
    with h1.Client(str(proxy.folder / "front.sock")) as client:
        assert client.get("/unix").status == 200
    assert len(origin.wait("/unix")) == 1


def test_keep_alive_and_pipelining(origin, proxy):
    with proxy.client() as client:
        client.send(*(f"GET /pipelined/{at} HTTP/1.1\r\nHost: a.test\r\n\r\n" for at in range(20)))
        assert [client.response().status for _ in range(20)] == [200] * 20
        assert client.get("/after").status == 200
    order = [request.target for request in origin.requests if request.target.startswith("/pipelined/")]
    assert order == [f"/pipelined/{at}" for at in range(20)]


# The PROXY protocol.

KNOWN = {
    "v1 TCP4": (b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 443\r\n", "192.0.2.7"),
    "v1 TCP6": (b"PROXY TCP6 2001:db8::7 2001:db8::8 4711 443\r\n", "2001:db8::7"),
    "v1 TCP6 mapped": (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 443\r\n", "192.0.2.7"),
    "v1 UNKNOWN": (b"PROXY UNKNOWN\r\n", TRUSTED),
    "v1 UNKNOWN with words": (b"PROXY UNKNOWN ffff:f::1 ffff:f::2 65535 65535\r\n", TRUSTED),
    "v2 TCP4": (v2(1, 0x11, V4), "192.0.2.7"),
    "v2 TCP6": (v2(1, 0x21, V6), "2001:db8::7"),
    "v2 TCP6 mapped": (v2(1, 0x21, MAPPED), "192.0.2.7"),
    "v2 with a TLV": (v2(1, 0x11, V4, b"\x04\0\x05hello"), "192.0.2.7"),
    "v2 LOCAL": (v2(0, 0, b""), TRUSTED),
    "v2 LOCAL with addresses": (v2(0, 0x11, V4), TRUSTED),
    "v2 of no family": (v2(1, 0, b""), TRUSTED),
}
REFUSED = {
    "none": b"",
    "v1 cut": b"PROXY TCP4 192.0.2.7\r\n",
    "v1 of another family": b"PROXY TCP5 192.0.2.7 192.0.2.8 4711 443\r\n",
    "v1 address past its range": b"PROXY TCP4 192.0.2.700 192.0.2.8 4711 443\r\n",
    "v1 port past its range": b"PROXY TCP4 192.0.2.7 192.0.2.8 65536 443\r\n",
    "v1 two blanks": b"PROXY TCP4  192.0.2.7 192.0.2.8 4711 443\r\n",
    "v1 in lower case": b"proxy TCP4 192.0.2.7 192.0.2.8 4711 443\r\n",
    "v1 with more words": b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 443 x\r\n",
    "v1 ended by LF": b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 443\n",
    "v1 without an end": b"PROXY TCP4 " + b"1" * 200 + b"\r\n",
    "v1 IPv6 said to be TCP4": b"PROXY TCP4 ::1 ::1 4711 443\r\n",
    "v2 of version 1": V2 + struct.pack(">BBH", 0x11, 0x11, 12) + V4,
    "v2 of command 2": V2 + struct.pack(">BBH", 0x22, 0x11, 12) + V4,
    "v2 too short for its family": V2 + struct.pack(">BBH", 0x21, 0x11, 4) + V4[:4],
    "v2 signature broken": b"\r\n\r\n\0\r\nQUIX\n" + struct.pack(">BBH", 0x21, 0x11, 12) + V4,
}


@pytest.mark.parametrize("header, address", KNOWN.values(), ids=KNOWN.keys())
def test_proxy_header(header, address, origin, proxy):
    for tls in (False, True):
        before = len(origin.seen("/balanced"))
        at = (net.HOST, BALANCED_TLS if tls else BALANCED)
        with h1.Client(at, h1.context() if tls else None, first=header) as client:
            assert client.get("/balanced").status == 200
            assert client.get("/balanced").status == 200, "the second request of the connection"
        assert [one.get("x-forwarded-for") for one in origin.seen("/balanced")[before:]] == [address] * 2


def test_proxy_header_byte_by_byte(origin, proxy):
    for header, _ in (KNOWN["v1 TCP4"], KNOWN["v2 TCP4"]):
        with h1.Client((net.HOST, BALANCED)) as client:
            for byte in header + b"GET /bytewise HTTP/1.1\r\nHost: a.test\r\n\r\n":
                client.send(bytes([byte]))
            assert client.response().status == 200
    assert [one.get("x-forwarded-for") for one in origin.seen("/bytewise")] == ["192.0.2.7"] * 2


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_bad_proxy_header(header, origin, proxy):
    before = len(origin.requests)
    with h1.Client((net.HOST, BALANCED), first=header) as client:
        with contextlib.suppress(ConnectionError):
            client.send("GET /bad HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert client.rest() == b""
    assert len(origin.requests) == before
    assert proxy.metrics()['qorgan_connections_closed_total{reason="proxy_header"}'] >= 1


def test_strangers_may_not_say_who_they_are(origin, proxy):
    before = len(origin.requests)
    for header in (KNOWN["v1 TCP4"][0], KNOWN["v2 TCP4"][0]):
        with h1.Client((net.HOST, BALANCED), first=header, source=STRANGER) as client:
            with contextlib.suppress(ConnectionError):
                client.send("GET /stranger HTTP/1.1\r\nHost: a.test\r\n\r\n")
            assert b"200" not in client.rest()
    assert len(origin.requests) == before
    with h1.Client((net.HOST, BALANCED), source=STRANGER) as client:
        try:
            assert client.get("/stranger").status == 200
        except (h1.Cut, ConnectionError):
            return  # such a listener may be for trusted peers alone
    assert seen_address(origin, "/stranger") == STRANGER


# The redirect.

def test_redirect(origin, proxy):
    before = len(origin.requests)
    with h1.Client((net.HOST, REDIRECT)) as client:
        response = client.get("/a/b?c=d%20e")
        assert (response.status, response.get("location")) == (308, "https://a.test/a/b?c=d%20e")
        assert client.get("/x", host="a.test:8080").get("location").startswith("https://a.test")
        assert client.get("/", method="HEAD").status == 308
        assert client.post("/form", b"log=a&pwd=b").status == 308
    assert len(origin.requests) == before


@pytest.mark.parametrize("head", ["GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n",
                                  "GET / HTTP/1.1\r\nHost: a.test/evil\r\n", "GET //\\evil HTTP/1.1\r\nHost: a b\r\n"])
def test_redirect_refuses_what_is_malformed(head, proxy):
    with h1.Client((net.HOST, REDIRECT)) as client:
        client.send(head, "\r\n")
        assert client.response().status == 400


# Sockets from systemd.

def test_socket_activation(origin, start):
    sockets = Sockets("web", "secure")
    listens = [{"address": "systemd:web"}, {"address": "systemd:secure", "tls": True}]
    proxy = start(run=False, workers=2, listen=listens, **sockets.options)
    waiting = h1.Client(sockets.addresses["web"])
    waiting.send("GET /waiting HTTP/1.1\r\nHost: a.test\r\n\r\n")  # before the program is even started
    proxy.start(ready=lambda: net.accepts(proxy.admin), **sockets.popen)
    assert waiting.response().status == 200
    waiting.sock.close()
    for at in range(20):
        with h1.Client(sockets.addresses["web"]) as client:
            assert client.get(f"/web/{at}").status == 200
        with h1.Client(sockets.addresses["secure"], h1.context()) as client:
            assert client.get(f"/secure/{at}").status == 200
    proxy.stop()
    assert net.accepts(sockets.addresses["web"]), "the socket is systemd's and must stay open"
    sockets.close()


def test_unknown_activation_name_is_refused(start):
    sockets = Sockets("web")
    proxy = start(run=False, listen=[{"address": "systemd:other"}], **sockets.options)
    with pytest.raises(AssertionError):
        proxy.start(**sockets.popen)
    assert proxy.process.wait(10) != 0 and "other" in proxy.errors()
    proxy.process = None
    sockets.close()


def test_access_log_has_the_real_address(proxy):
    with h1.Client((net.HOST, BALANCED), first=KNOWN["v2 TCP6"][0]) as client:
        assert client.get("/logged").status == 200
    line = proxy.logged("/logged")[0]
    assert (line["client"], line["port"]) == ("2001:db8::7", 4711), json.dumps(line)
