# SPDX-License-Identifier: Apache-2.0
"""What the rules decide about live requests: refusals, bans, reloads, logins and their outcomes, and that ordinary
readers meet none of it. Clients come from 127.0.0.2 and up: 127.0.0.1 is the site itself."""
import base64
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time

import pytest

from support import h1, h2c, net
from support.h2c import GET
from support.origin import answer

RULES = """
limit few 5 in 1m by client on page when http.request.uri.path eq "/few" then throttle
limit once 1 in 1m by client on page when http.request.uri.path eq "/once" then ban for 1h
rule no when http.request.uri.path eq "/no" then deny because "it is closed"
rule gone when http.request.uri.path eq "/gone" then drop
rule slow when http.request.uri.path eq "/slow" then tarpit
rule ask when http.request.uri.path eq "/ask" then challenge
shadow rule tried when http.request.uri.path eq "/tried" then deny
limit guesses 3 in 10m by client on login_failed then deny
limit wrong_password 3 in 10m by login.password on login_failed then deny
limit answers 3 in 1m by client on answer when response.status eq 404 then deny
"""
SECRET = "correct-horse-battery-7731"
FORM = "Content-Type: application/x-www-form-urlencoded"
LOGGED_IN = "Set-Cookie: wordpress_logged_in_0123456789abcdef=aigerim%7C1789000000%7Ctokentoken; path=/; HttpOnly"


def wordpress(request, connection):
    """Signs in whoever knows the password."""
    good = f"pwd={SECRET}".encode() in request.body
    answer("302 Found" if good else "200 OK", b"" if good else b"login_error", *([LOGGED_IN] if good else []))(
        request, connection)


@pytest.fixture
def make(start, origin):
    def begin(rules=RULES, run=True, **changes):
        origin.routes["/wp-login.php"] = wordpress
        site = {"hosts": ["*"], "origin": [origin.url], "packs": ["wordpress"]}
        made = start(run=False, rules=["site.rules"], sites=[site], **changes)
        (made.folder / "site.rules").write_text(rules)
        return made.start() if run else made
    return begin


def get(proxy, path, source, *fields):
    with proxy.client(source=source) as client:
        return client.get(path, *fields)


def login(proxy, source, password, user="aigerim", *fields, body=None):
    with proxy.client(source=source) as client:
        return client.post("/wp-login.php", body or f"log={user}&pwd={password}&wp-submit=Log+In".encode(),
                           FORM, *fields)


def refused_connection(proxy, source):
    try:
        return get(proxy, "/", source) is None
    except (OSError, AssertionError):
        return True


def test_each_verdict_is_enforced_logged_and_counted(make, origin):
    proxy = make(timeouts={"tarpit": 300})
    for _ in range(5):
        assert get(proxy, "/few", "127.0.0.2").status == 200
    throttled = get(proxy, "/few", "127.0.0.2")
    assert throttled.status == 429 and 1 <= int(throttled.get("retry-after")) <= 13
    assert get(proxy, "/few", "127.0.0.3").status == 200
    assert get(proxy, "/no", "127.0.0.2").status == 403
    with pytest.raises((h1.Cut, OSError)):
        get(proxy, "/gone", "127.0.0.2")
    begun = time.monotonic()
    assert get(proxy, "/slow", "127.0.0.2").status == 403 and time.monotonic() - begun >= 0.29
    assert get(proxy, "/ask", "127.0.0.2").status == 200
    assert get(proxy, "/tried", "127.0.0.2").status == 200
    for path, verdict, rule in [("/no", "deny", "no"), ("/gone", "drop", "gone"), ("/slow", "tarpit", "slow"),
                                ("/ask", "challenge", "ask"), ("/tried", "allow", "tried")]:
        line = proxy.logged(path)[0]
        assert (line["verdict"], line["reasons"]) == (verdict, [rule]), line
    assert proxy.logged("/few", 6)[5]["reasons"] == ["few"]
    assert origin.seen("/few")[-1].get("x-qorgan-verdict") == "allow"
    assert origin.seen("/ask")[-1].get("x-qorgan-verdict") == "challenge"
    assert origin.seen("/ask")[-1].get("x-qorgan-reasons") == "rule ask"
    assert origin.seen("/tried")[-1].get("x-qorgan-reasons") == "shadow rule tried"
    assert not any(origin.seen(path) for path in ("/no", "/gone", "/slow"))
    counted = proxy.metrics()
    for verdict in ("throttle", "deny", "drop", "tarpit", "challenge"):
        assert counted[f'qorgan_verdicts_total{{verdict="{verdict}"}}'] == 1, verdict


def test_drop_ends_an_http2_connection(make):
    proxy = make()
    with h2c.Session(proxy, source="127.0.0.2") as session:
        session.send(h2c.headers(1, [(name, "/gone" if name == ":path" else value) for name, value in GET]))
        session.until(lambda: session.closed)


def test_a_ban_closes_later_connections_at_accept(make):
    proxy = make()
    assert get(proxy, "/once", "127.0.0.4").status == 200
    with pytest.raises((h1.Cut, OSError)):
        get(proxy, "/once", "127.0.0.4")
    net.wait_until(lambda: refused_connection(proxy, "127.0.0.4"), 5, "the ban")
    net.wait_until(lambda: proxy.metrics()['qorgan_connections_closed_total{reason="banned"}'] > 0, 5, "its count")
    assert get(proxy, "/", "127.0.0.5").status == 200


def test_refusals_are_not_what_the_client_does(make):
    """A page that was refused was not answered with 404 by the origin."""
    proxy = make()
    for _ in range(10):
        assert get(proxy, "/no", "127.0.0.6").status == 403
    assert get(proxy, "/", "127.0.0.6").status == 200


def test_what_the_origin_answers_is_charged(make, origin):
    origin.routes["/missing"] = answer("404 Not Found")
    proxy = make()
    for _ in range(3):
        assert get(proxy, "/missing", "127.0.0.7").status == 404
    assert get(proxy, "/", "127.0.0.7").status == 403
    assert proxy.logged("/")[-1]["reasons"] == ["answers"]


def test_rules_are_reloaded_and_bad_ones_refused(make):
    proxy = make()
    assert get(proxy, "/no", "127.0.0.2").status == 403
    (proxy.folder / "site.rules").write_text("rule no when http.request.uri.path eq \"/no\" then dney\n")
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: "reload refused" in proxy.errors(), 10, "a complaint")
    assert "site.rules:1:50" in proxy.errors() and "did you mean deny" in proxy.errors()
    assert get(proxy, "/no", "127.0.0.2").status == 403
    (proxy.folder / "site.rules").write_text("rule new when http.request.uri.path eq \"/new\" then deny\n")
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: get(proxy, "/new", "127.0.0.2").status == 403, 10, "the new rule")
    assert get(proxy, "/no", "127.0.0.2").status == 200


def rules(proxy, *words):
    run = subprocess.run([os.environ["QORGAN"], "rules", *words, "-c", str(proxy.path)], cwd=proxy.folder,
                         capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr


def test_an_applied_revision_is_taken_over_and_back(make):
    proxy = make()
    (proxy.folder / "first.rules").write_text('rule one when http.request.uri.path eq "/one" then deny\n')
    (proxy.folder / "next.rules").write_text('rule two when http.request.uri.path eq "/two" then deny\n')
    rules(proxy, "apply", "first.rules")
    net.wait_until(lambda: get(proxy, "/one", "127.0.0.2").status == 403, 5, "the first revision")
    assert get(proxy, "/no", "127.0.0.2").status == 200  # the files of the configuration are no more asked
    rules(proxy, "apply", "next.rules")
    net.wait_until(lambda: get(proxy, "/two", "127.0.0.2").status == 403, 5, "the next revision")
    assert get(proxy, "/one", "127.0.0.2").status == 200
    rules(proxy, "rollback")
    net.wait_until(lambda: get(proxy, "/one", "127.0.0.2").status == 403, 5, "the first revision again")
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: "reloaded" in proxy.errors(), 5, "the reload")
    assert get(proxy, "/one", "127.0.0.2").status == 403


def test_counts_outlive_a_reload(make):
    proxy = make()
    for _ in range(5):
        assert get(proxy, "/few", "127.0.0.2").status == 200
    (proxy.folder / "site.rules").write_text(RULES + 'rule new when http.request.uri.path eq "/new" then deny\n')
    proxy.signal(signal.SIGHUP)
    net.wait_until(lambda: get(proxy, "/new", "127.0.0.2").status == 403, 10, "the new rule")
    assert get(proxy, "/few", "127.0.0.2").status == 429


def test_bad_rules_stop_a_start(make):
    proxy = make(rules="rule no when http.request.uri.pth eq \"/no\" then deny\n", run=False)
    proxy.write()
    for command in ("run", "check"):
        run = subprocess.run([os.environ["QORGAN"], command, "-c", str(proxy.path)], cwd=proxy.folder,
                             capture_output=True, text=True, timeout=30)
        assert run.returncode == 2 and "site.rules:1:14: unknown field" in run.stderr, run.stderr


def test_logins_and_their_outcomes(make, origin):
    proxy = make()
    body = f"log=Aigerim&pwd=wrong&pwd={SECRET}&redirect_to=%2Fwp-admin%2F".encode()
    assert login(proxy, "127.0.0.2", None, body=body).status == 302
    assert origin.seen("/wp-login.php")[-1].body == body
    assert login(proxy, "127.0.0.2", "wrong-1").status == 200
    good, bad = proxy.logged("/wp-login.php", 2)
    assert (good["login"], good["outcome"], bad["outcome"]) == ("wordpress", "succeeded", "failed")
    assert good["user"] == bad["user"] and re.fullmatch(r"[0-9a-f]{32}", good["user"])
    counted = proxy.metrics()
    assert counted['qorgan_logins_total{outcome="succeeded"}'] == counted['qorgan_logins_total{outcome="failed"}'] == 1


def test_a_form_in_chunks_reaches_the_origin_whole(make, origin):
    proxy = make()
    body = f"log=aigerim&pwd={SECRET}".encode()
    with proxy.client(source="127.0.0.2") as client:
        client.send(f"POST /wp-login.php HTTP/1.1\r\nHost: a.test\r\n{FORM}\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in body:
            client.send("1\r\n", bytes([byte]), "\r\n")
        client.send("0\r\n\r\n")
        assert client.response().status == 302
    assert origin.seen("/wp-login.php")[-1].body == body
    assert proxy.logged("/wp-login.php")[0]["outcome"] == "succeeded"


def test_a_form_over_http2_is_judged(make, origin):
    proxy = make()
    body = f"log=aigerim&pwd={SECRET}".encode()
    fields = [(name, "/wp-login.php" if name == ":path" else value) for name, value in h2c.POST]
    with h2c.Session(proxy, source="127.0.0.2") as session:
        got = session.request(1, [*fields, ("content-type", "application/x-www-form-urlencoded")], body)
        assert got.status == 302
    assert origin.seen("/wp-login.php")[-1].body == body
    assert proxy.logged("/wp-login.php")[0]["outcome"] == "succeeded"


def test_basic_authentication_is_an_attempt(make, origin):
    proxy = make()
    origin.routes["/wp-json/wp/v2/posts"] = answer("401 Unauthorized")
    wrong = "Authorization: Basic " + base64.b64encode(b"aigerim:wrong-one").decode()
    body = b"x" * 200000  # an upload is not held
    for _ in range(3):
        with proxy.client(source="127.0.0.2") as client:
            assert client.post("/wp-json/wp/v2/posts", body, wrong).status == 401
    assert origin.seen("/wp-json/wp/v2/posts")[-1].body == body
    assert origin.seen("/wp-json/wp/v2/posts")[-1].get("x-qorgan-verdict") == "allow"
    with proxy.client(source="127.0.0.2") as client:
        assert client.get("/wp-json/wp/v2/posts", wrong).status == 403
    line = proxy.logged("/wp-json/wp/v2/posts", 3)[0]
    assert (line["login"], line["outcome"]) == ("wordpress_rest", "failed") and len(line["user"]) == 32


def test_a_login_that_is_cut_short_is_no_failure(make):
    proxy = make()
    for _ in range(5):
        with proxy.client(source="127.0.0.2") as client:
            client.send(f"POST /wp-login.php HTTP/1.1\r\nHost: a.test\r\n{FORM}\r\nContent-Length: 50\r\n\r\nlog=a")
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 10, "the exchanges to end")
    assert login(proxy, "127.0.0.2", SECRET).status == 302


def test_a_body_past_the_bound_is_forwarded_unread(make, origin):
    proxy = make(limits={"inspect_bytes_max": 4096})
    body = f"log=aigerim&pwd={SECRET}&junk=".encode() + b"x" * 300000
    for fields in ([f"Content-Length: {len(body)}"], ["Transfer-Encoding: chunked"]):
        with proxy.client(source="127.0.0.2") as client:
            client.send("\r\n".join(["POST /wp-login.php HTTP/1.1", "Host: a.test", FORM, *fields]), "\r\n\r\n")
            if "chunked" in fields[0]:
                client.send(b"%x\r\n" % len(body), body, "\r\n0\r\n\r\n")
            else:
                client.send(body)
            assert client.response().status == 302
        seen = origin.seen("/wp-login.php")[-1]
        assert seen.body == body and seen.get("x-qorgan-verdict") == "challenge"


def test_guesses_are_stopped_also_in_parallel(make, origin):
    proxy = make()
    before = len(origin.seen("/wp-login.php"))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda at: login(proxy, "127.0.0.8", f"guess-{at}").status, range(40)))
    assert got.count(200) <= 3 and set(got) <= {200, 403}
    assert len(origin.seen("/wp-login.php")) - before == got.count(200)
    assert login(proxy, "127.0.0.9", SECRET).status == 302


def test_a_success_is_no_failure(make):
    proxy = make()
    for _ in range(10):
        assert login(proxy, "127.0.0.2", SECRET).status == 302


def test_one_password_on_many_accounts(make):
    proxy = make()
    got = [login(proxy, f"127.0.0.{at}", "Password1", f"user{at}").status for at in range(20, 28)]
    assert got == [200] * 3 + [403] * 5


def test_an_origin_that_fails_is_not_the_clients_failure(make, origin):
    proxy = make()
    origin.routes["/wp-login.php"] = lambda request, connection: False
    for at in range(6):
        assert login(proxy, "127.0.0.2", f"guess-{at}").status == 502
    origin.routes["/wp-login.php"] = wordpress
    assert login(proxy, "127.0.0.2", SECRET).status == 302


def test_a_password_stays_nowhere(make, origin):
    proxy = make(log={"query": True, "level": "debug"})
    assert login(proxy, "127.0.0.2", SECRET).status == 302
    assert login(proxy, "127.0.0.2", "another-secret-2281").status == 200
    proxy.logged("/wp-login.php", 2)
    for request in origin.seen("/wp-login.php"):
        assert SECRET.encode() not in request.raw
    proxy.stop()
    for file in proxy.folder.rglob("*"):
        if file.is_file():
            kept = file.read_bytes()
            assert SECRET.encode() not in kept and b"another-secret-2281" not in kept, file
            assert file.suffix in (".yaml", ".rules") or b"aigerim" not in kept, file


def test_the_journal_has_logins_and_refusals(make):
    proxy = make()
    assert login(proxy, "127.0.0.2", "wrong-1").status == 200
    assert get(proxy, "/no", "127.0.0.2").status == 403
    assert get(proxy, "/", "127.0.0.2").status == 200
    proxy.stop()
    run = subprocess.run([os.environ["QORGAN"], "log", "--json", "-c", str(proxy.path)], cwd=proxy.folder,
                         capture_output=True, text=True, timeout=30)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    kinds = [(event["kind"], event["verdict"], event.get("outcome", "")) for event in events]
    assert ("login", "allow", "failed") in kinds, kinds
    assert [event["rule"] for event in events if event["path"] == "/no"] == ["no"]
    assert not any(event["path"] == "/" for event in events)


def test_ordinary_readers_meet_nothing(make, origin):
    """The default policy: a page with a hundred thumbnails at once, fifty readers behind one address."""
    proxy = make(rules="")
    before = len(origin.requests)

    def read(at):
        with proxy.client(source="127.0.0.2") as client:
            return [client.get("/news/economy").status] + [client.get(f"/t/{at}-{n}.jpg").status for n in range(20)]
    with h2c.Session(proxy, source="127.0.0.2") as session:
        frames = [h2c.headers(stream, [(name, f"/thumb/{stream}.jpg" if name == ":path" else value)
                                       for name, value in GET]) for stream in range(1, 201, 2)]
        session.send(*frames)
        assert {session.wait(stream).status for stream in range(1, 201, 2)} == {200}
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        statuses = [status for got in pool.map(read, range(50)) for status in got]
    assert set(statuses) == {200} and len(origin.requests) - before == 100 + 50 * 21
