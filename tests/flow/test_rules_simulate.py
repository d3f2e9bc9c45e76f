# SPDX-License-Identifier: Apache-2.0
"""`qorgan simulate`: a trace in, one verdict a line out, and a summary; the engine never sees what only the world
knows."""
import json
import os
import subprocess

import pytest

T0 = 1789000000000
RULES = """rule tools when http.user_agent contains "curl" then deny
rule odd when http.request.uri.path eq "/odd" then challenge
rule staff when login.role eq "staff" then step_up
rule gone when http.user_agent contains "scanner" then ban for 1m
shadow rule idea when http.user_agent contains "wget" then deny
rule stranger when http.request.uri.path eq "/members" and not session.known then challenge
rule root when login.name eq "wordpress" and login.user eq "root" then deny
limit few 3 in 1m by client on comment then throttle
"""


def event(t=0, ip="203.0.113.9", kind="page", **more):
    return {"t": T0 + t, "ip": ip, "kind": kind, **more}


class Simulator:
    def __init__(self, folder):
        self.folder = folder
        (folder / "site.rules").write_text(RULES)

    def run(self, events, *words, rules=("--rules", "site.rules"), expect=0):
        trace = "".join((e if isinstance(e, str) else json.dumps(e)) + "\n" for e in events)
        (self.folder / "trace.jsonl").write_text(trace)
        run = subprocess.run([os.environ["QORGAN"], "simulate", *rules, "--trace", "trace.jsonl", "--verdicts", "out",
                              *words], capture_output=True, text=True, timeout=60, cwd=self.folder)
        assert run.returncode == expect, (run.stdout, run.stderr)
        return run.stdout if expect == 0 else run.stderr

    def verdicts(self, events, *words, **more):
        self.run(events, *words, **more)
        return [json.loads(line) for line in (self.folder / "out").read_text().splitlines()]


@pytest.fixture
def simulator(tmp_path):
    return Simulator(tmp_path)


def test_a_verdict_line_has_what_the_interface_says(simulator):
    (one,) = simulator.verdicts([event(kind="login", user="aigerim", password="x", correct=True, label="legit",
                                       cohort="cgnat")])
    assert one == {"line": 1, "verdict": "allow", "score": -16.52, "tier": None,
                   "reasons": [{"rule": "excess", "db": 0.48, "value": 1}], "reached_origin": True, "succeeded": True,
                   "label": "legit", "cohort": "cgnat"}


@pytest.mark.parametrize("more, verdict, reached", [
    ({}, "allow", True),
    ({"agent": "curl/8", "solves": True, "confirms": True}, "deny", False),
    ({"path": "/odd?a=1"}, "challenge", False),
    ({"path": "/odd?a=1", "solves": True}, "challenge", True),
    ({"kind": "login", "user": "a", "role": "staff", "correct": True, "solves": True}, "step_up", False),
    ({"kind": "login", "user": "a", "role": "staff", "correct": True, "confirms": True}, "step_up", True),
])
def test_what_happens_next_is_the_traces_to_say(simulator, more, verdict, reached):
    (one,) = simulator.verdicts([event(**more)])
    assert (one["verdict"], one["reached_origin"], one["succeeded"]) == (verdict, reached, reached)


def test_a_solved_challenge_does_not_make_a_guess_uncounted(simulator):
    """Whoever solves every challenge is judged by his failures all the same: the proxy did not refuse those."""
    guesses = [event(t=1000 * n, kind="login", user=f"user{n}", password=f"guess{n}", solves=True) for n in range(60)]
    lines = simulator.verdicts(guesses)
    challenged = next(n for n, one in enumerate(lines) if one["verdict"] == "challenge")
    assert lines[challenged + 10]["score"] > lines[challenged]["score"], lines


def test_a_wrong_password_reaches_the_origin_and_fails(simulator):
    (one,) = simulator.verdicts([event(kind="login", user="a", password="b", correct=False)])
    assert one["reached_origin"] and not one["succeeded"]


def test_shadow_is_shown_and_changes_nothing(simulator):
    (one,) = simulator.verdicts([event(agent="wget/1")])
    assert one["verdict"] == "allow" and one["reasons"] == [{"rule": "idea", "shadow": True}]


def test_the_clock_is_the_traces(simulator):
    said = simulator.verdicts([event(t, kind="comment") for t in (0, 0, 0, 0, 60000)])
    assert [v["verdict"] for v in said] == ["allow", "allow", "allow", "throttle", "allow"]


def test_a_ban_lasts_as_long_as_it_says(simulator):
    said = simulator.verdicts([event(agent="scanner")] + [event(t) for t in (1, 59999, 60000)] +
                              [event(60001, ip="203.0.113.10")])
    assert [v["verdict"] for v in said] == ["drop", "drop", "drop", "allow", "allow"]


def test_a_ban_of_ipv6_is_of_its_network(simulator):
    said = simulator.verdicts([event(ip=ip, **more) for ip, more in (
        ("2001:db8::1", {"agent": "scanner"}), ("2001:db8::ffff:1", {}), ("2001:db8:0:1::1", {}))])
    assert [v["verdict"] for v in said] == ["drop", "drop", "allow"]


def test_failures_count_against_the_client_and_successes_do_not(simulator):
    def logins(correct):
        return [event(i * 2000, kind="login", user=f"u{i}", password=f"p{i}", correct=correct) for i in range(40)]
    assert simulator.verdicts(logins(True))[-1]["verdict"] == "allow"
    last = simulator.verdicts(logins(False))[-1]
    assert last["verdict"] == "challenge" and "excess" in [r["rule"] for r in last["reasons"]]


def test_a_device_that_was_answered_has_a_session(simulator):
    said = simulator.verdicts([event(path="/members", device="d1"), event(device="d1"),
                               event(path="/members", device="d1"), event(path="/members", device="d2"),
                               event(path="/members")])
    assert [v["verdict"] for v in said] == ["challenge", "allow", "allow", "challenge", "challenge"]


def test_a_name_is_read_as_the_proxy_reads_it(simulator):
    said = simulator.verdicts([event(kind="login", user=user) for user in (" ROOT ", "roots")])
    assert [v["verdict"] for v in said] == ["deny", "allow"]


def test_what_only_the_world_knows_changes_no_verdict(simulator):
    """The same requests with everything hidden turned round, but `correct`, which the origin's answer shows."""
    def trace(**hidden):
        return [event(i * 500, ip=f"203.0.113.{i % 7}", kind="login", user=f"u{i % 11}", password=f"p{i % 5}",
                      correct=i % 3 == 0, **hidden) for i in range(300)]
    one = simulator.verdicts(trace(exists=True, label="legit", cohort="a"))
    other = simulator.verdicts(trace(exists=False, label="attack", cohort="b"))
    assert [(v["verdict"], v["score"], v["reasons"]) for v in one] == \
        [(v["verdict"], v["score"], v["reasons"]) for v in other]
    assert {v["verdict"] for v in one} > {"allow"}


def test_the_same_trace_gives_the_same_bytes(simulator):
    trace = [event(i * 300, kind="login", user=f"u{i}", password="same", ip=f"203.0.113.{i % 9}") for i in range(200)]
    simulator.run(trace)
    once = (simulator.folder / "out").read_bytes()
    simulator.run(trace)
    assert (simulator.folder / "out").read_bytes() == once


def test_the_summary_counts_by_label_and_cohort(simulator):
    login = {"kind": "login", "user": "a", "correct": True}
    trace = [event(label="legit", cohort="home"), event(label="legit", cohort="home", agent="curl"),
             event(label="legit", cohort="home", agent="curl", **login), event(label="stuffing", **login),
             event(label="stuffing", **login)]
    rows = [json.loads(line) for line in simulator.run(trace, "--json").splitlines()]
    legit, stuffing = rows
    assert (legit["label"], legit["cohort"], legit["events"], legit["passed"], legit["deny"]) == \
        ("legit", "home", 3, 1, 2)
    assert legit["kept_out"] == 1 and legit["accounts_lost"] == 0
    assert stuffing["cohort"] is None and stuffing["accounts_lost"] == 1 and stuffing["passed"] == 2
    assert "5 events in" in simulator.run(trace) and "events per second" in simulator.run(trace)


@pytest.mark.parametrize("lines, says", [
    ([event(), "{"], "trace.jsonl:2: column"),
    ([event(5), "", event(4)], 'trace.jsonl:3: "t" goes back'),
    ([{"t": 1, "ip": "x", "kind": "page"}], 'trace.jsonl:1: "ip" must be an address'),
    (['{"a":"%s"}' % ("x" * 70000)], "trace.jsonl:1: longer than 65536 bytes"),
])
def test_a_bad_trace_is_refused_with_its_line(simulator, lines, says):
    assert says in simulator.run(lines, expect=1)


def test_usage(simulator):
    assert "no rules are named" in simulator.run([event()], rules=(), expect=2)
    assert "No such file" in simulator.run([event()], rules=("--rules", "none.rules"), expect=2)
    (simulator.folder / "bad.rules").write_text("rule a whn ssl then deny\n")
    assert "did you mean when?" in simulator.run([event()], rules=("--rules", "bad.rules"), expect=1)


def test_with_a_configuration_it_begins_with_its_store(simulator, start):
    proxy = start()
    words = [os.environ["QORGAN"]]
    for command in (["ban", "203.0.113.9"], ["allow", "198.51.100.0/24"], ["ban", "198.51.100.7"],
                    ["rules", "apply", str(simulator.folder / "site.rules")]):
        subprocess.run([*words, *command, "-c", str(proxy.path)], check=True, capture_output=True, timeout=30)
    trace = [event(), event(ip="198.51.100.7"), event(ip="192.0.2.1", agent="curl/8")]
    said = simulator.verdicts(trace, rules=("-c", str(proxy.path)))
    assert [v["verdict"] for v in said] == ["drop", "allow", "deny"]
    (simulator.folder / "other.rules").write_text("")
    said = simulator.verdicts(trace, rules=("-c", str(proxy.path), "--rules", "other.rules"))
    assert [v["verdict"] for v in said] == ["drop", "allow", "allow"]
