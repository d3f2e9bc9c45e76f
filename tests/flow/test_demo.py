# SPDX-License-Identifier: Apache-2.0
"""`qorgan demo` from outside: started with nothing prepared, visited over verified HTTPS, stopped, gone."""
import http.client
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

QORGAN = os.environ["QORGAN"]
PATIENCE_S = 60


class Demo:
    """A running demonstration; what it printed is in `said`."""

    def __init__(self, place, *options):
        self.place = place
        self.process = subprocess.Popen(
            [QORGAN, "demo", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": str(place)})
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Stop with Ctrl-C" in line:
                break
        else:
            pytest.fail(f"it ended: {self.process.communicate()[1]}")
        self.port = int(re.search(r"https://localhost:(\d+)/", self.said)[1])
        self.ca = re.search(r"CA +(\S+)", self.said)[1]
        self.folder = pathlib.Path(self.ca).parent
        self.tls = ssl.create_default_context(cafile=self.ca)

    def ask(self, path, method="GET", form=None, cookie=None):
        """(status, headers, text), over a connection of its own."""
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.tls, timeout=PATIENCE_S)
        headers = {"Cookie": cookie} if cookie else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urllib.parse.urlencode(form) if form is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, text

    def stop(self, how=signal.SIGTERM):
        """Answers what it said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*options):
        running.append(Demo(tmp_path, *options))
        return running[-1]
    yield begin
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    one = Demo(tmp_path_factory.mktemp("demo"))
    yield one
    one.stop()
    assert list(one.place.iterdir()) == []


@pytest.mark.parametrize("path, kind, words", [
    ("/", "text/html", "Дала таңы"),
    ("/news/kopir", "text/html", "Алтынөзек"),
    ("/search?s=LAKE", "text/html", "Nurlykol"),
    ("/pictures/lake.svg", "image/svg+xml", "</svg>"),
    ("/feed", "application/rss+xml", "<item>"),
    ("/sitemap.xml", "application/xml", "<loc>https://localhost"),
    ("/robots.txt", "text/plain", "Sitemap: https://localhost"),
    ("/style.css", "text/css", "prefers-color-scheme"),
    ("/wp-login.php", "text/html", 'name="pwd"'),
    ("/slow", "text/html", "two seconds"),
])
def test_pages_over_verified_tls(demo, path, kind, words):
    status, headers, text = demo.ask(path)
    assert (status, headers["Content-Type"].split(";")[0]) == (200, kind)
    assert words in text.decode()


def test_a_stranger_is_not_trusted(demo):
    with socket.create_connection(("localhost", demo.port), PATIENCE_S) as plain:
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_big_page_is_whole(demo):
    assert len(demo.ask("/big")[2]) == 10 << 20


def test_many_at_once(demo):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: demo.ask("/news/lake")[0], range(200)))
    assert answers == [200] * 200


def test_the_origin_sees_the_visitor(demo):
    text = demo.ask("/echo")[2].decode()
    assert "X-Forwarded-For: 127.0.0.1\n" in text and "X-Forwarded-Proto: https\n" in text


def test_events_flow_as_they_come(demo):
    connection = http.client.HTTPSConnection("localhost", demo.port, context=demo.tls, timeout=PATIENCE_S)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert [answer.readline() for _ in range(6)][4:] == [b"id: 2\n", b"event: tick\n"]
    connection.close()


def test_log_in_and_fail(demo):
    user, password = re.search(r"as (\S+) with (\S+)", demo.said).groups()
    status, headers, text = demo.ask("/wp-login.php", "POST", {"log": user, "pwd": "not-the-password"})
    assert status == 200 and b"login_error" in text and b"not-the-password" not in text
    assert "wordpress_logged_in_" not in str(headers)
    status, headers, _ = demo.ask("/wp-login.php", "POST", {"log": user, "pwd": password})
    assert (status, headers["Location"]) == (302, "/wp-admin/")
    cookie = re.match(r"wordpress_logged_in_[^;]+", headers["Set-Cookie"])[0]
    assert demo.ask("/wp-admin/")[0] == 302
    assert demo.ask("/wp-admin/", cookie=cookie)[0] == 200


def test_comments_are_shown_escaped(demo):
    form = {"comment_post_ID": "radio", "author": "Әсел", "comment": "<script>alert(1)</script>"}
    status, headers, _ = demo.ask("/wp-comments-post.php", "POST", form)
    assert (status, headers["Location"]) == (303, "/news/radio#comments")
    text = demo.ask("/news/radio")[2].decode()
    assert "Әсел" in text and "<script" not in text and "&lt;script&gt;" in text


def test_other_commands_work_on_its_folder(demo):
    def run(*words):
        return subprocess.run([QORGAN, *words, "-c", demo.folder / "qorgan.yaml"], capture_output=True, text=True,
                              timeout=PATIENCE_S)
    assert run("check").returncode == 0
    assert run("ban", "192.0.2.1").returncode == 0
    assert "192.0.2.1" in run("bans").stdout


def answers_to(demo, address):
    """Whether a visitor of this address is served."""
    try:
        with socket.create_connection(("127.0.0.1", demo.port), PATIENCE_S, (address, 0)) as plain:
            with demo.tls.wrap_socket(plain, server_hostname="localhost") as stream:
                stream.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return stream.recv(15) == b"HTTP/1.1 200 OK"
    except OSError:
        return False


def test_a_ban_is_soon_in_force(demo):
    assert answers_to(demo, "127.0.0.2")
    subprocess.run([QORGAN, "ban", "127.0.0.2", "-c", demo.folder / "qorgan.yaml"], check=True, timeout=PATIENCE_S)
    until = time.monotonic() + PATIENCE_S
    while answers_to(demo, "127.0.0.2"):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert answers_to(demo, "127.0.0.1")


@pytest.mark.parametrize("name, words", [("Dashboard", b"<html"), ("Metrics", b"qorgan_requests_total")])
def test_admin_pages_are_where_it_says(demo, name, words):
    address = re.search(name + r".*?(http://\S+)", demo.said)[1]
    with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
        assert words in answer.read()


def test_it_leaves_nothing_behind(start):
    for how in (signal.SIGTERM, signal.SIGINT):
        one = start()
        assert one.ask("/")[0] == 200
        assert one.folder.parent == one.place and one.folder.stat().st_mode & 0o777 == 0o700
        one.stop(how)
        assert list(one.place.iterdir()) == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", one.port), PATIENCE_S)


@pytest.mark.parametrize("after_ms", [0, 2, 5, 10, 20, 40])
def test_stopped_at_any_moment_it_leaves_nothing_behind(tmp_path, after_ms):
    process = subprocess.Popen([QORGAN, "demo", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, "TMPDIR": str(tmp_path)})
    try:
        process.wait(after_ms / 1000)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, -signal.SIGTERM)
    assert list(tmp_path.iterdir()) == []


def test_it_ends_by_itself(start):
    one = start("--seconds", "1")
    one.process.wait(PATIENCE_S)
    one.stop()
    assert list(one.place.iterdir()) == []


def test_a_given_folder_is_kept_and_taken_up_again(start, tmp_path):
    folder = tmp_path / "kept"
    one = start("--store", str(folder))
    assert one.ask("/wp-login.php", "POST", {"log": "aigerim", "pwd": "never-written-down"})[0] == 200
    ca = (folder / "ca.pem").read_bytes()
    one.stop()
    names = {path.name for path in folder.iterdir()}
    assert names >= {"ca.pem", "cert.pem", "key.pem", "qorgan.yaml", "access.jsonl", "secret.key", "store"}
    assert '"path":"/wp-login.php"' in (folder / "access.jsonl").read_text()
    for path in folder.rglob("*"):
        assert not path.is_file() or b"never-written-down" not in path.read_bytes(), path
    two = start("--store", str(folder))
    assert two.ask("/")[0] == 200 and (folder / "ca.pem").read_bytes() == ca
    two.stop()


def test_a_taken_port_is_passed_over(start, tmp_path):
    first = start()
    second = Demo(tmp_path, "--port", str(first.port))
    try:
        assert second.port != first.port
        assert f"Port {first.port} is taken" in second.said
    finally:
        second.stop()


@pytest.mark.parametrize("words", [
    ("--port", "x"), ("--port", "65536"), ("--seconds", "-1"), ("--sotre", "x"), ("extra",)])
def test_wrong_use_is_explained(tmp_path, words):
    done = subprocess.run([QORGAN, "demo", *words], capture_output=True, text=True, timeout=PATIENCE_S,
                          env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 2 and done.stderr.startswith("qorgan") and list(tmp_path.iterdir()) == []


def test_a_configuration_of_somebody_is_left_alone(tmp_path):
    (tmp_path / "qorgan.yaml").write_text("sites: []\n")
    done = subprocess.run([QORGAN, "demo", "--port", "0", "--store", tmp_path], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    assert done.returncode == 1 and "qorgan.yaml" in done.stderr
    assert (tmp_path / "qorgan.yaml").read_text() == "sites: []\n"


def test_a_folder_that_cannot_be_is_said(tmp_path):
    done = subprocess.run([QORGAN, "demo", "--store", tmp_path / "no" / "parent"], capture_output=True, text=True,
                          timeout=PATIENCE_S)
    assert done.returncode == 1 and "not found" in done.stderr
