# SPDX-License-Identifier: Apache-2.0
"""`qorgan rules apply | diff | history | rollback` on the store of a proxy that runs: what a shell sees."""
import json
import os
import subprocess

import pytest

from support import net

ONE = 'rule tools when http.user_agent contains "curl" then deny\n'
TWO = 'rule tools when http.user_agent contains "wget" then deny\nlimit slow 5 in 1s by client on page then throttle\n'
BAD = "rule tools whn ssl then deny\n"
FALSE_EXAMPLE = ONE + 'example "curl is welcome" {\n  http.user_agent eq "curl/8"\n  expect allow\n}\n'


class Shell:
    """The commands on the store of one proxy, and a folder for files."""

    def __init__(self, proxy, folder):
        self.proxy, self.folder = proxy, folder

    def rules(self, *words, expect=0):
        command = [os.environ["QORGAN"], "rules", *words, "-c", str(self.proxy.path)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=self.folder)
        assert run.returncode == expect, (run.stdout, run.stderr)
        return run.stdout if expect == 0 else run.stderr

    def file(self, text, name="site.rules"):
        (self.folder / name).write_text(text)
        return name

    def history(self):
        return [json.loads(line) for line in self.rules("history", "--json").splitlines()]

    def active(self):
        return [r["revision"] for r in self.history() if r["active"]]


@pytest.fixture
def shell(start, tmp_path):
    return Shell(start(), tmp_path)


def test_a_new_store_has_no_history(shell):
    assert shell.rules("history") == ""
    assert "no revision before" in shell.rules("rollback", expect=1)
    assert "no rule file is named" in shell.rules("apply", expect=2)


def test_apply_keeps_who_when_and_why(shell):
    said = shell.rules("apply", shell.file(ONE), "--why", "no tools")
    assert said.startswith("Revision 1 is active, the first.")
    (revision,) = shell.history()
    assert revision["active"] and revision["note"] == "no tools" and revision["files"] == ["site.rules"]
    assert revision["author"] and revision["time"].endswith("Z")


def test_what_does_not_change_makes_no_revision(shell):
    shell.rules("apply", shell.file(ONE))
    assert shell.rules("apply", "site.rules") == "Revision 1 is active already.\n"
    assert len(shell.history()) == 1


@pytest.mark.parametrize("text, says", [(BAD, "did you mean when?"),
                                        (FALSE_EXAMPLE, "'curl is welcome' does not hold")])
def test_what_does_not_hold_is_refused_and_changes_nothing(shell, text, says):
    shell.rules("apply", shell.file(ONE))
    assert says in shell.rules("apply", shell.file(text, "worse.rules"), expect=1)
    assert shell.active() == [1] and len(shell.history()) == 1


def test_what_a_proxy_could_not_count_is_refused(shell):
    many = "".join(f"signal s{i} distinct ip.src by login.user in {i + 1}h on login\n" for i in range(20))
    assert "windows" in shell.rules("apply", shell.file(many), expect=1)
    assert shell.history() == []


def test_two_files_of_one_name_are_refused(shell):
    (shell.folder / "more").mkdir()
    shell.file(ONE), shell.file("route x when ssl\n", "more/site.rules")
    assert "same name" in shell.rules("apply", "site.rules", "more/site.rules", expect=1)


def test_rollback_and_forth_again(shell):
    for text in (ONE, TWO):
        shell.rules("apply", shell.file(text))
    assert shell.rules("rollback").startswith("Revision 1 is active; before it was 2.\n")
    assert shell.active() == [1]
    assert shell.rules("rollback").startswith("Revision 2 is active")
    assert shell.rules("rollback", "1").startswith("Revision 1 is active")
    assert shell.rules("rollback", "1") == "Revision 1 is active already.\n"
    assert "no revision 9" in shell.rules("rollback", "9", expect=1)
    assert "no number" in shell.rules("rollback", "last", expect=2)
    assert shell.active() == [1] and len(shell.history()) == 2


def test_diff_between_revisions_and_with_files(shell):
    for text in (ONE, TWO):
        shell.rules("apply", shell.file(text))
    for words in ((), ("1", "2"), ("1",)):
        said = shell.rules("diff", *words)
        assert '-rule tools when http.user_agent contains "curl" then deny\n' in said
        assert "--- site.rules  (revision 1)\n+++ site.rules  (revision 2)\n" in said
        assert said.endswith("1 added, 0 removed, 1 changed:\n  changed  rule tools\n  added    limit slow\n")
    shell.file("# a comment is no change\n" + TWO)
    said = shell.rules("diff", "site.rules")
    assert "+# a comment is no change\n" in said and "0 added, 0 removed, 0 changed.\n" in said
    assert "no revision 7" in shell.rules("diff", "1", "7", expect=1)


def test_diff_in_json(shell):
    for text in (TWO, ONE):
        shell.rules("apply", shell.file(text))
    said = json.loads(shell.rules("diff", "--json"))
    assert (said["before"], said["after"]) == (1, 2)
    assert [(s["change"], s["statement"], s["name"]) for s in said["statements"]] == [
        ("removed", "limit", "slow"), ("changed", "rule", "tools")]
    assert said["lines"].startswith("--- site.rules  (revision 1)\n")


def test_a_file_that_goes_is_shown_as_gone(shell):
    shell.rules("apply", shell.file(ONE), shell.file("route x when ssl\n", "more.rules"))
    said = shell.rules("diff", "site.rules")
    assert "+++ more.rules  (not there)" in said and "  removed  route x\n" in said


def denies(shell, agent):
    with shell.proxy.client(source="127.0.0.2") as client:  # 127.0.0.1 is the site itself
        return client.get("/", f"User-Agent: {agent}").status == 403


def test_a_running_proxy_takes_each_change_up(shell):
    """Of two files, the later has its say over the earlier, as it had when they were checked."""
    shell.file('rule tools when http.user_agent contains "wget" then deny\n', "later.rules")
    assert not denies(shell, "curl/8")
    shell.rules("apply", shell.file(ONE))
    net.wait_until(lambda: denies(shell, "curl/8"), 10, "curl to be refused")
    shell.rules("apply", "site.rules", "later.rules")
    net.wait_until(lambda: denies(shell, "wget/1"), 10, "wget to be refused")
    assert not denies(shell, "curl/8")
    shell.rules("rollback")
    net.wait_until(lambda: denies(shell, "curl/8"), 10, "curl to be refused again")
    assert not denies(shell, "wget/1")
