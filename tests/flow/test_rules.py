# SPDX-License-Identifier: Apache-2.0
"""`qorgan rules check | fmt | test | explain`: exit codes, what goes to which stream, files changed only when asked."""
import json
import os
import subprocess

import pytest

GOOD = "rule tools when http.user_agent contains \"curl\" then deny  # for now\n"
LOOSE = "rule tools when http.user_agent contains \"curl\"   then deny # for now"
BAD = "rule tools when http.user_agnt contains \"curl\" then deny\nrule other when ssl then dney\n"
EXAMPLES = GOOD + """
example "curl is refused" {
  http.user_agent eq "curl/8.1"
  expect deny by tools
}
example "a reader is not" {
  expect %s
}
"""


def qorgan(*words, text=None):
    command = [os.environ["QORGAN"], "rules", *words]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=30)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "site.rules"


def test_check_says_that_it_holds(file):
    file.write_text(GOOD)
    run = qorgan("check", str(file))
    assert run.returncode == 0 and run.stdout.startswith("The rules hold: "), run.stderr


def test_check_shows_every_error_with_its_mend(file):
    file.write_text(BAD)
    run = qorgan("check", str(file))
    assert run.returncode == 1 and run.stdout == ""
    assert f"{file}:1:17: unknown field 'http.user_agnt'" in run.stderr
    assert "did you mean http.user_agent?" in run.stderr and "did you mean deny?" in run.stderr


def test_check_in_json(file):
    file.write_text(BAD)
    run = qorgan("check", "--json", str(file))
    errors = json.loads(run.stdout)["errors"]
    assert run.returncode == 1 and [(e["line"], e["column"]) for e in errors] == [(1, 17), (2, 26)]


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    run = qorgan("check", str(tmp_path / "none.rules"))
    assert run.returncode == 2 and "No such file" in run.stderr


def test_fmt_names_then_mends_then_is_content(file):
    file.write_text(LOOSE)
    assert qorgan("fmt", "--check", str(file)).returncode == 1
    assert file.read_text() == LOOSE
    run = qorgan("fmt", str(file))
    assert run.returncode == 0 and run.stdout == f"{file}\n" and file.read_text() == GOOD
    assert qorgan("fmt", "--check", str(file)).returncode == 0
    assert os.listdir(file.parent) == [file.name]


def test_fmt_leaves_a_broken_file_alone(file):
    file.write_text("rule a when then deny\n")
    run = qorgan("fmt", str(file))
    assert run.returncode == 1 and "site.rules:1:13" in run.stderr and file.read_text() == "rule a when then deny\n"


def test_fmt_is_a_filter():
    run = qorgan("fmt", "-", text=LOOSE)
    assert run.returncode == 0 and run.stdout == GOOD


@pytest.mark.parametrize("expected, code", [("allow", 0), ("drop", 1)])
def test_examples_are_run(file, expected, code):
    file.write_text(EXAMPLES % expected)
    run = qorgan("test", str(file.parent))  # a folder: every *.rules in it
    assert run.returncode == code, run.stderr
    assert "curl is refused" in run.stdout and f"2 examples, {code} failed" in run.stdout
    assert ("FAILS" in run.stdout) == (code == 1)


def test_explain_knows_fields_and_suggests():
    assert "autonomous system" in qorgan("explain", "ip.src.asnum").stdout
    assert "Statements" in qorgan("explain").stdout
    run = qorgan("explain", "http.request.url")
    assert run.returncode == 1 and "Did you mean 'http.request.uri'?" in run.stderr
