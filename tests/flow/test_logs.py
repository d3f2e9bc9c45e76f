# SPDX-License-Identifier: Apache-2.0
"""The access log, its formats, its reopening and its fullness; metrics and health."""
import json
import re
import signal

import pytest

from support import h2c, net
from support.h2c import END_HEADERS, GET, POST, data, headers
from support.origin import answer

FIELDS = {"time", "id", "client", "port", "site", "method", "path", "proto", "status", "bytes_in", "bytes_out", "ms",
          "origin_ms", "headers", "agent"}


def path(where, base=GET, *more):
    return [(name, where if name == ":path" else value) for name, value in base] + list(more)


def test_fields_over_http1(origin, proxy):
    origin.routes["/sized"] = answer(body=b"x" * 1234)
    with proxy.client() as client:
        assert client.post("/sized?secret=1", b"hello", "User-Agent: tester/1.0").status == 200
        port = client.sock.getsockname()[1]
    line = proxy.logged("/sized")[0]
    assert FIELDS <= set(line), FIELDS - set(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert (line["client"], line["port"], line["method"], line["path"]) == ("127.0.0.1", port, "POST", "/sized")
    assert (line["status"], line["bytes_in"], line["bytes_out"]) == (200, 5, 1234)
    assert (line["agent"], line["site"]) == ("tester/1.0", "*") or line["site"] == "a.test"
    assert line["proto"].lower() == "http/1.1" and 0 <= line["origin_ms"] <= line["ms"] < 10000
    assert "secret" not in json.dumps(line)


def test_fields_over_http2(origin, proxy):
    origin.routes["/sized2"] = answer(body=b"x" * 1234)
    with h2c.Session(proxy, given=[(3, 100), (4, 70000)]) as session:
        request = path("/sized2?secret=1", POST, ("user-agent", "tester/2.0"))
        session.send(headers(1, request, END_HEADERS), data(1, b"hello"))
        assert session.wait(1).status == 200
    line = proxy.logged("/sized2")[0]
    assert FIELDS | {"ja4", "h2"} <= set(line), (FIELDS | {"ja4", "h2"}) - set(line)
    assert (line["status"], line["bytes_in"], line["bytes_out"]) == (200, 5, 1234)
    assert line["proto"].lower() in ("h2", "http/2", "http/2.0") and line["agent"] == "tester/2.0"
    assert re.fullmatch(r"t1[23]d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}", line["ja4"])
    assert line["h2"].startswith("3:100;4:70000|")


AGENTS = ['a "quoted" one', "back\\slash", "\xd2\x9b\xd0\xbe\xd1\x80", "\xff\xfe broken", "tab\there",
          "{\"a\":1}", "x" * 5000, ""]


def test_log_is_json_whatever_is_sent(proxy):
    for at, agent in enumerate(AGENTS):
        with proxy.client() as client:
            assert client.get(f"/agent/{at}/\"<>'%00", f"User-Agent: {agent}").status in (200, 400)
    with proxy.client() as client:
        assert client.get("/agent/end").status == 200
    proxy.logged("/agent/end")
    lines = (proxy.folder / "access.jsonl").read_bytes().decode("utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) >= len(AGENTS)


def test_every_request_has_one_line(origin, proxy):
    with proxy.client() as client, h2c.Session(proxy) as session:
        for at in range(50):
            assert client.get("/counted").status == 200
        session.send(*(headers(stream, path("/counted")) for stream in range(1, 101, 2)))
        for stream in range(1, 101, 2):
            assert session.wait(stream).status == 200
    assert len(proxy.logged("/counted", 100)) == 100
    assert proxy.metrics()["qorgan_log_lines_total"] >= 100


def test_what_was_cut_and_what_was_refused_is_logged(origin, proxy):
    origin.routes["/short"] = lambda request, connection: connection.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello") or False
    with proxy.client() as client:
        client.send("GET /short HTTP/1.1\r\nHost: a.test\r\n\r\n")
        client.rest()
    assert proxy.logged("/short")[0]["bytes_out"] == 5
    with proxy.client() as client:
        client.send("GET /refused HTTP/1.1\r\nHost: a.test\r\nContent-Length: +1\r\n\r\n")
        assert client.response().status == 400
    assert proxy.logged("/refused")[0]["status"] == 400


def test_query_when_asked_for(start):
    proxy = start(log={"query": True})
    with proxy.client() as client:
        assert client.get("/with?query=1").status == 200
    net.wait_until(lambda: "query=1" in (proxy.folder / "access.jsonl").read_text(), 10, "the query in the log")


def test_combined(start):
    proxy = start(log={"format": "combined", "access": "access.log"})
    with proxy.client() as client:
        assert client.get("/combined?x=1", "User-Agent: a \"b\" \\", "Referer: https://a.test/").status == 200
    text = net.wait_until(lambda: (proxy.folder / "access.log").read_text(), 10, "a line")
    assert re.fullmatch(r'127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] '
                        r'"GET /combined(\?x=1)? HTTP/1\.1" 200 7 '
                        r'"https://a\.test/" "a (\\"|\\x22)b(\\"|\\x22) (\\\\|\\x5C)"\n', text), text


def test_standard_output_and_off(start):
    proxy = start(log={"access": "-"})
    with proxy.client() as client:
        assert client.get("/standard").status == 200
    net.wait_until(lambda: '"/standard"' in proxy.errors(), 10, "the line on standard output")
    silent = start(log={"access": "off"})
    with silent.client() as client:
        assert client.get("/silent").status == 200
    silent.stop()
    assert not (silent.folder / "access.jsonl").exists() and "/silent" not in silent.errors()


def test_reopened_on_sighup(start):
    proxy = start(workers=2)
    log = proxy.folder / "access.jsonl"
    total = 0
    for turn in range(3):
        for at in range(10):
            with proxy.client() as client:
                assert client.get("/turned").status == 200
                total += 1
        log.rename(proxy.folder / f"access.{turn}")
        with proxy.client() as client:
            assert client.get("/turned").status == 200  # goes to the renamed file
        total += 1
        proxy.signal(signal.SIGHUP)
        net.wait_until(log.exists, 10, "a new file")

    def lines():
        return sum((proxy.folder / f"access.{turn}").read_text().count('"/turned"') for turn in range(3))
    net.wait_until(lambda: lines() + log.read_text().count('"/turned"') == total, 10, "every line in one of the files")


def test_full_disk_drops_and_counts(start):
    proxy = start(log={"access": "/dev/full"})

    def dropped():
        with proxy.client() as client:
            assert client.get("/full").status == 200
        return proxy.metrics()["qorgan_log_dropped_total"] > 0
    net.wait_until(dropped, 20, "dropped lines to be counted")


def test_what_waits_is_written_before_the_end(start):
    proxy = start()
    with proxy.client() as client:
        for _ in range(500):
            assert client.get("/end").status == 200
    proxy.stop()
    assert len([line for line in proxy.access_log() if line["path"] == "/end"]) == 500


# Metrics and health.

LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*"'
SAMPLE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{%s(,%s)*\})? \S+" % (LABEL, LABEL))


def test_metrics_are_prometheus_text(proxy):
    status, text = proxy.admin_get("/metrics")
    assert status == 200 and text.endswith("\n")
    typed, named = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed and kind in ("counter", "gauge", "histogram", "summary")
            typed[name] = kind
        elif not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            name = re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split(" ")[0])
            assert name in typed or line.split("{")[0].split(" ")[0] in typed, line
            assert line.rsplit(" ", 1)[0] not in named, f"twice: {line}"
            named.add(line.rsplit(" ", 1)[0])
    assert typed["qorgan_requests_total"] == "counter" and typed["qorgan_connections"] == "gauge"


def test_metrics_count(proxy):
    before = proxy.metrics()
    with proxy.client() as client, h2c.Session(proxy) as session:
        assert client.get("/").status == 200 and client.post("/", b"x" * 1000).status == 200
        assert session.request().status == 200
        during = proxy.metrics()
    after = during
    for name, more in {'qorgan_requests_total{proto="http/1.1"}': 2, 'qorgan_requests_total{proto="h2"}': 1,
                       'qorgan_responses_total{class="2xx"}': 3, "qorgan_bytes_in_total": 1000,
                       "qorgan_bytes_out_total": 21, "qorgan_connections_total": 2}.items():
        assert after[name] - before[name] == more, name
    assert during["qorgan_connections"] == before["qorgan_connections"] + 2
    open_before = before["qorgan_connections"]
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] == open_before, 10, "the gauge to fall")


def test_health(proxy):
    assert proxy.admin_get("/healthz")[0] == 200
    net.wait_until(lambda: proxy.admin_get("/readyz")[0] == 200, 10, "readiness")
    assert proxy.admin_get("/nothing")[0] == 404


@pytest.mark.parametrize("request_bytes", [b"BROKEN\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n", b"\0" * 100,
                                           b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n"])
def test_admin_survives_junk(request_bytes, proxy):
    sock = net.dial(proxy.admin)
    sock.sendall(request_bytes)
    sock.close()
    assert proxy.admin_get("/healthz")[0] == 200
