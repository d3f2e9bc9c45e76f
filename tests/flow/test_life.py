# SPDX-License-Identifier: Apache-2.0
"""The life of the process: draining, reloads good and bad, hand-over, and nothing lost on the way."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import pytest

from support import h1, h2c, net
from support.activation import Sockets
from support.h2c import GET, headers
from support.load import Load
from support.origin import Origin, answer
from support.proxy import PROGRAM, SANITIZED, Proxy


@pytest.fixture
def held(origin):
    """A route /held that answers when released; `.inside` counts who waits there."""
    class Held:
        released, inside = threading.Event(), 0

    def handler(request, connection):
        Held.inside += 1
        Held.released.wait(30)
        return answer(body=b"late")(request, connection)
    origin.routes["/held"] = handler
    yield Held
    Held.released.set()


def held_path():
    return [(name, "/held" if name == ":path" else value) for name, value in GET]


# Draining.

def test_drain_ends_what_runs(start, held):
    proxy = start()
    with proxy.client() as running, proxy.client() as idle, h2c.Session(proxy) as streams, h2c.Session(proxy) as quiet:
        assert idle.get("/").status == 200 and quiet.request().status == 200
        running.send("GET /held HTTP/1.1\r\nHost: a.test\r\n\r\n")
        streams.send(headers(1, held_path()))
        net.wait_until(lambda: held.inside == 2, 10, "two requests at the origin")
        proxy.signal(signal.SIGTERM)
        assert idle.ended(), "an idle connection is closed"
        assert quiet.until(lambda: quiet.goaway is not None) and quiet.goaway == h2c.Error.NO_ERROR
        net.wait_until(lambda: not net.accepts(proxy.plain), 10, "the listener to close")
        assert proxy.process.poll() is None
        held.released.set()
        assert running.response().body == b"late"
        assert streams.wait(1).body == b"late"
    assert proxy.process.wait(10) == 0


def test_drain_is_bounded(start, held):
    proxy = start(timeouts={"drain": 500})
    with proxy.client() as running:
        running.send("GET /held HTTP/1.1\r\nHost: a.test\r\n\r\n")
        net.wait_until(lambda: held.inside == 1, 10, "the request at the origin")
        proxy.signal(signal.SIGTERM)
        assert proxy.process.wait(10) == 0


def test_second_sigterm_ends_at_once(start, held):
    proxy = start()
    with proxy.client() as running:
        running.send("GET /held HTTP/1.1\r\nHost: a.test\r\n\r\n")
        net.wait_until(lambda: held.inside == 1, 10, "the request at the origin")
        proxy.signal(signal.SIGTERM)
        net.wait_until(lambda: not net.accepts(proxy.plain), 10, "the draining to begin")
        assert proxy.process.poll() is None
        proxy.signal(signal.SIGTERM)
        assert proxy.process.wait(5) == 0


def test_idle_ends_quickly(start):
    proxy = start(workers=2)
    clients = [proxy.client(tls=tls) for tls in (False, True) for _ in range(20)]
    proxy.signal(signal.SIGTERM)
    assert proxy.process.wait(5) == 0
    for client in clients:
        client.sock.close()


# Reloads.

def which(proxy):
    with proxy.client() as client:
        return client.get("/which").body


def test_reload_changes_origins_under_way(start, origin, held):
    other = Origin()
    other.routes["/which"] = answer(body=b"other")
    origin.routes["/which"] = answer(body=b"first")
    proxy = start()
    with proxy.client() as kept, proxy.client() as running:
        assert kept.get("/which").body == b"first"
        running.send("GET /held HTTP/1.1\r\nHost: a.test\r\n\r\n")
        net.wait_until(lambda: held.inside == 1, 10, "the request at the origin")
        proxy.write(sites=[{"hosts": ["*"], "origin": [other.url]}])
        assert which(proxy) == b"first", "nothing changes before SIGHUP"
        proxy.signal(signal.SIGHUP)
        net.wait_until(lambda: which(proxy) == b"other", 10, "the new origin")
        assert kept.get("/which").body == b"other", "a connection from before asks the new origin"
        held.released.set()
        assert running.response().body == b"late", "what ran goes on as it began"
    other.close()


def test_reload_changes_limits(start):
    proxy = start()
    with proxy.client() as client:
        assert client.get("/" + "a" * 1000).status == 200
        proxy.write(limits={"url_bytes_max": 256})
        proxy.signal(signal.SIGHUP)

        def refused():
            with proxy.client() as fresh:
                return fresh.get("/" + "a" * 1000).status == 414
        net.wait_until(refused, 10, "the new bound")


BAD = {"no YAML": "sites: [", "an unknown key": '{"sites": [], "orign": 1}', "a wrong type": "workers: lots\n",
       "empty": "", "a missing file": '{"sites": [{"hosts": ["*"], "origin": ["http://127.0.0.1:1"]}], '
       '"certificates": [{"certificate": "none.pem", "key": "none.key"}]}'}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_reload_keeps_the_old(text, start):
    proxy = start()
    with proxy.client() as kept:
        assert kept.get("/").status == 200
        proxy.path.write_text(text)
        said = len(proxy.errors())
        proxy.signal(signal.SIGHUP)
        net.wait_until(lambda: re.search(r"qorgan\.yaml:\d+:\d+", proxy.errors()[said:]), 10, "file, line and column")
        assert kept.get("/").status == 200 and which(proxy)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_start_is_refused(text, tmp_path):
    (tmp_path / "qorgan.yaml").write_text(text)
    run = subprocess.run([PROGRAM, "run", "-c", "qorgan.yaml"], cwd=tmp_path, capture_output=True, text=True,
                         timeout=20, check=False)
    assert run.returncode == 2 and re.search(r"qorgan\.yaml:\d+:\d+", run.stderr), run


def test_a_port_in_use_is_said(start):
    with socket.create_server((net.HOST, 0)) as other:
        port = other.getsockname()[1]
        proxy = start(run=False, listen=[{"address": f"{net.HOST}:{port}"}])
        with pytest.raises(AssertionError, match="ended with"):
            proxy.start()
    assert proxy.process.wait(10) in (1, 2) and str(port) in proxy.errors()
    proxy.process = None


def test_reloads_leak_nothing(start):
    proxy = start(workers=2)
    with proxy.client() as client:
        for at in range(60):
            if at == 20:
                descriptors, memory = proxy.descriptors(), proxy.rss_mb()
            reload(proxy, at)
            assert client.get("/").status == 200
    proxy.settled(descriptors + 2)
    assert SANITIZED or proxy.rss_mb() - memory < 8


def reload(proxy, at):
    """SIGHUP, and a wait until it is in force: the bound on URLs goes to and fro."""
    bound = 1000 + at
    proxy.write(limits={"url_bytes_max": bound})
    proxy.signal(signal.SIGHUP)

    def in_force():
        with proxy.client() as client:
            fits = client.get("/" + "a" * (bound - 1)).status == 200
        with proxy.client() as client:
            return fits and client.get("/" + "a" * bound).status == 414
    net.wait_until(in_force, 10, f"reload {at}")


# Nothing is lost.

def test_zero_loss(origin, authority, pair, tmp_path):
    """Steady load over 20 reloads, a change of certificate, and hand-overs to new processes: with both running for a
    while, and one after the other as a service manager restarts."""
    sockets, renewed = Sockets("secure"), authority.issue("life", "a.test")
    listen = [{"address": "systemd:secure", "tls": True}]

    def begin(number):
        one = Proxy(tmp_path / f"life{number}", [origin.url], renewed, workers=2, listen=listen, **sockets.options)
        return one.start(ready=lambda: net.accepts(one.admin), **sockets.popen)
    old = begin(0)
    with Load(sockets.addresses["secure"]) as load:
        load.more(50)
        for at in range(20):
            if at == 10:
                authority.replace(renewed, authority.issue("life-renewed", "a.test"))
            old.signal(signal.SIGHUP)
            load.more(20)
        beside = begin(1)
        load.more(50)
        old.signal(signal.SIGTERM)
        assert old.process.wait(40) == 0
        load.more(100)
        beside.signal(signal.SIGTERM)
        assert beside.process.wait(40) == 0
        last = begin(2)
        load.more(100)
    assert load.lost == []
    last.stop()
    print(f"zero loss: {load.done} answers, {load.resent} sent again as the protocol allows")
    sockets.close()


# What the process may do.

def test_no_core_dumps(proxy):
    limits = open(f"/proc/{proxy.process.pid}/limits", encoding="ascii").read()
    assert re.search(r"Max core file size\s+0\s+0", limits)


def test_privileges_are_dropped(origin, pair):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = tempfile.mkdtemp(prefix="qorgan-life-")
    try:
        for file in pair:
            shutil.copy(file, folder)
        os.chmod(folder, 0o755)
        one = Proxy(os.path.join(folder, "run"), [origin.url], pair, user="nobody")
        shutil.chown(one.folder, "nobody")
        with one:
            with one.client() as client:
                assert client.get("/").status == 200
            status = open(f"/proc/{one.process.pid}/status", encoding="ascii").read()
            for kind in ("Uid", "Gid"):
                assert set(re.search(kind + r":\t(.*)", status)[1].split()) == {"65534"}
            assert re.search(r"CapEff:\t0+\n", status)
    finally:
        shutil.rmtree(folder)


def test_killed_and_started_again(start):
    """After kill -9 the next start on the same folder serves at once, its unix socket's old file notwithstanding."""
    proxy = start(listen_more=[{"address": "unix:life.sock"}])
    with proxy.client() as client:
        assert client.get("/before-kill").status == 200
    proxy.logged("/before-kill")
    proxy.process.kill()
    proxy.process.wait()
    proxy.start()
    with proxy.client() as client:
        assert client.get("/after-kill").status == 200
    with h1.Client(str(proxy.folder / "life.sock")) as client:
        assert client.get("/after-kill").status == 200
    assert proxy.logged("/before-kill") and proxy.logged("/after-kill")
