# SPDX-License-Identifier: Apache-2.0
"""The client's real address behind a CDN: the rightmost hop that is not trusted, believed of trusted peers only;
IPv4-mapped counts as IPv4. What the origin is told, and what the access log says, is that address and nothing else."""
import pytest

from support import h1, net

TRUSTED, STRANGER = "127.0.0.1", "127.0.0.2"
DUAL = net.free_port()


@pytest.fixture(scope="module")
def configuration():
    trusted = [f"{TRUSTED}/32", "10.0.0.0/8", "2001:db8:c::/48"]
    return {"client_address": {"trusted": trusted, "header": "X-Forwarded-For"},
            "listen_more": [{"address": f"[::]:{DUAL}"}]}


HOPS = {
    "no header": ([], {TRUSTED}),
    "one": (["192.0.2.7"], {"192.0.2.7"}),
    "a forged one before it": (["198.51.100.1, 192.0.2.7"], {"192.0.2.7"}),
    "a forged line before it": (["198.51.100.1", "192.0.2.7"], {"192.0.2.7"}),
    "a trusted hop behind it": (["192.0.2.7, 10.0.0.1"], {"192.0.2.7"}),
    "several trusted hops behind it": (["192.0.2.7,10.0.0.1 ,\t10.2.3.4", "2001:db8:c::1"], {"192.0.2.7"}),
    "only trusted hops": (["10.0.0.2, 10.0.0.1"], {"10.0.0.2", TRUSTED}),
    "our own address forged": (["127.0.0.1, 192.0.2.7"], {"192.0.2.7"}),
    "IPv6": (["2001:db8::7"], {"2001:db8::7"}),
    "IPv6 in capitals": (["2001:DB8:0:0::7"], {"2001:db8::7"}),
    "IPv6 in brackets": (["[2001:db8::7]"], {"2001:db8::7"}),
    "IPv6 with port": (["[2001:db8::7]:4711"], {"2001:db8::7"}),
    "IPv4 with port": (["192.0.2.7:4711"], {"192.0.2.7"}),
    "IPv4-mapped": (["::ffff:192.0.2.7"], {"192.0.2.7"}),
    "a mapped trusted hop": (["192.0.2.7, ::ffff:10.0.0.1"], {"192.0.2.7"}),
    "junk before it": (["<script>, 192.0.2.7"], {"192.0.2.7"}),
    "junk last": (["192.0.2.7, junk"], {TRUSTED}),
    "junk behind a trusted hop": (["192.0.2.7, junk, 10.0.0.1"], {TRUSTED, "10.0.0.1"}),
    "unknown": (["unknown"], {TRUSTED}),
    "empty": ([""], {TRUSTED}),
    "empty elements": ([",, 192.0.2.7,"], {"192.0.2.7", TRUSTED}),
    "an octet past 255": (["192.0.2.700"], {TRUSTED}),
    "an octal octet": (["192.0.2.007"], {TRUSTED}),
    "a prefix": (["192.0.2.0/24"], {TRUSTED}),
    "a number": (["3221225991"], {TRUSTED}),
    "a zone": (["fe80::1%eth0"], {TRUSTED}),
    "very many": ([", ".join(["198.51.100.1"] * 1500 + ["192.0.2.7"])], {"192.0.2.7"}),
}


@pytest.mark.parametrize("lines, wanted", HOPS.values(), ids=HOPS.keys())
def test_hops(lines, wanted, origin, proxy):
    before = len(origin.seen("/hops"))
    with proxy.client() as client:
        assert client.get("/hops", *(f"X-Forwarded-For: {line}" for line in lines)).status == 200
    got = origin.wait("/hops", before + 1)[before].all("x-forwarded-for")
    assert len(got) == 1 and got[0] in wanted
    assert proxy.logged("/hops", before + 1)[before]["client"] == got[0]


def test_strangers_are_not_believed(origin, proxy):
    with proxy.client(source=STRANGER) as client:
        assert client.get("/stranger", "X-Forwarded-For: 192.0.2.7", "X-Real-IP: 192.0.2.7",
                          "Forwarded: for=192.0.2.7").status == 200
    assert origin.wait("/stranger")[0].all("x-forwarded-for") == [STRANGER]
    assert proxy.logged("/stranger")[0]["client"] == STRANGER


def test_ipv4_on_an_ipv6_socket(origin, proxy):
    with h1.Client((TRUSTED, DUAL)) as client:
        assert client.get("/dual").status == 200
        assert client.get("/dual", "X-Forwarded-For: 192.0.2.7").status == 200, "and is trusted as IPv4"
    with h1.Client(("::1", DUAL)) as client:
        assert client.get("/dual", "X-Forwarded-For: 192.0.2.7").status == 200, "which ::1 is not"
    assert [one.get("x-forwarded-for") for one in origin.wait("/dual", 3)] == [TRUSTED, "192.0.2.7", "::1"]


def test_another_header(origin, start):
    proxy = start(client_address={"trusted": [TRUSTED], "header": "CF-Connecting-IP"})
    with proxy.client() as client:
        assert client.get("/cdn", "CF-Connecting-IP: 192.0.2.7", "X-Forwarded-For: 198.51.100.1").status == 200
    assert origin.wait("/cdn")[0].all("x-forwarded-for") == ["192.0.2.7"]


def test_nobody_is_trusted_by_default(origin, start):
    proxy = start()
    with proxy.client() as client:
        assert client.get("/default", "X-Forwarded-For: 192.0.2.7").status == 200
    assert origin.wait("/default")[0].all("x-forwarded-for") == [TRUSTED]


def test_each_request_of_a_connection_is_another_client(origin, proxy):
    with proxy.client() as client:
        for at in range(1, 6):
            assert client.get("/shared", f"X-Forwarded-For: 192.0.2.{at}").status == 200
    assert [one.get("x-forwarded-for") for one in origin.wait("/shared", 5)] == [f"192.0.2.{at}" for at in range(1, 6)]
