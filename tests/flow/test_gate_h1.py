# SPDX-License-Identifier: Apache-2.0
"""The gate for HTTP/1: each row of cases/malformed_h1.tsv, with a second request smuggled behind it. What is refused
never arrives, neither it nor what stands behind it; what passes arrives written anew, exactly as the row says."""
import pathlib

import pytest

from support import h1, table
from support.proxy import SANITIZED

ROWS = list(table.rows(pathlib.Path(__file__).parent / "cases/malformed_h1.tsv"))
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: smuggled.test\r\nConnection: close\r\n\r\n"
ADDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "via", "x-qorgan-verdict",
         "x-qorgan-score", "x-qorgan-reasons", "x-qorgan-tier"}
BYTEWISE_MAX = 400  # longer requests are cut in two instead


@pytest.fixture(scope="module")
def configuration():
    return {"limits": {"connections_per_client_max": 10000}, "timeouts": {"request_head": 5000, "request_body": 5000}}


class Reader(h1.Client):
    """Reads whatever comes back until the connection ends: answers in order, and nothing but answers."""

    def answers(self, head_only):
        found = []
        while True:
            try:
                response = self.head()
                if response.status >= 200:
                    found.append(response)
                    self.finish(response, "HEAD" if head_only and len(found) == 1 else "GET")
            except h1.Cut as cut:
                assert not cut.begun, f"an answer was cut: {cut}"
                return found


def send(address, message, pieces, source):
    """Sends the message in `pieces`, the smuggled request with the last; answers what came back."""
    size = -(-len(message) // pieces)
    parts = [message[at:at + size] for at in range(0, len(message), size)]
    parts[-1] += SMUGGLED
    with Reader(address, timeout=20, source=source) as client:
        try:
            for part in parts:
                client.send(part)
        except ConnectionError:
            pass  # refused and closed before all was sent; the answer was read or is lost with the reset
        return client.answers(message.startswith(b"HEAD"))


def check_added(request):
    """Set anew, each once, none of it the client's."""
    for name in ("x-forwarded-for", "x-forwarded-proto", "x-request-id"):
        assert len(request.all(name)) == 1, (name, request.headers)
    for name in ADDED | {"exposed-credential-check"}:
        assert len(request.all(name)) <= 1 and "spoofed" not in str(request.all(name)), (name, request.headers)


def check_arrival(row, request):
    check_added(request)
    assert not request.trailers or "trailer" in row.name
    expected = row.arrives
    assert f"{request.method} {request.target}" == expected.line
    assert request.body == expected.body
    if expected.headers is not None:
        arrived = table.kept((name, value) for name, value in request.headers if name not in ADDED)
        sent = [(name, value) for name, value in expected.headers if name not in ADDED]
        assert host_folded(arrived) == host_folded(sent)


def host_folded(headers):
    return [(name, value.lower() if name == "host" else value) for name, value in headers]


def check_refused(row, statuses, came):
    # A body streams: its head may have gone on before the body turned out malformed. Cut short, it is no request.
    if row.arrives == "cut" or "pass" in row.wants:
        came = [request for request in came if request.whole or request.target != "/"]
    assert came == [], f"reached the origin: {[request.raw for request in came]}"
    assert len(statuses) == 1 and str(statuses[0]) in row.wants, f"answered {statuses}, wanted {row.wants}"


def check_passed(row, statuses, came):
    assert came and came[0].whole, "did not reach the origin"
    check_arrival(row, came[0])
    behind = [request.target for request in came[1:]]
    assert statuses[0] == 200
    goes_on = behind == ["/smuggled"] and statuses == [200, 200]
    ends = behind == [] and statuses == [200]
    assert ("pass" in row.wants and goes_on) or ("last" in row.wants and ends), (statuses, behind)


def check(row, statuses, came):
    if statuses[:1] == [200]:
        assert {"pass", "last"} & set(row.wants), f"passed, wanted {row.wants}"
        check_passed(row, statuses, came)
    else:
        check_refused(row, statuses, came)


ran = []  # row, the client's address, the statuses it got


def came_from(origin, source):
    """What reached the origin for that client. (What has no X-Forwarded-For at all is everybody's, and fails.)"""
    return [one for one in origin.requests if one.get("x-forwarded-for") in (source, None)]


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "bytewise"])
@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row.name for row in ROWS])
def test_request(number, bytewise, origin, proxy):
    row = ROWS[number]
    pieces = 1 if not bytewise else len(row.request) if len(row.request) <= BYTEWISE_MAX else 2
    source = f"127.{201 + bytewise}.{number // 250}.{number % 250 + 1}"
    statuses = [answer.status for answer in send(proxy.plain, row.request, pieces, source)]
    ran.append((row, source, statuses))
    check(row, statuses, came_from(origin, source))


def test_table_is_large_enough():
    assert len(ROWS) >= 250 and len({row.name for row in ROWS}) == len(ROWS)
    assert sum("pass" not in row.wants and "last" not in row.wants for row in ROWS) >= 150


def test_nothing_came_late_or_malformed(origin, proxy):
    """Each row once more, now that whatever was still on its way has arrived."""
    with proxy.client() as client:
        assert client.get("/last").status == 200
    for row, source, statuses in ran:
        check(row, statuses, came_from(origin, source))
    assert origin.malformed == []


def test_refusals_are_logged_and_counted(origin, proxy):
    refused = proxy.metrics()["qorgan_requests_refused_total"]
    with proxy.client() as client:
        client.send("POST /both-lengths HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert client.response().status == 400
    assert proxy.metrics()["qorgan_requests_refused_total"] == refused + 1
    assert proxy.logged("/both-lengths")[0]["status"] == 400


def test_memory_stays(proxy):
    if not SANITIZED:
        assert proxy.rss_mb() < 64
