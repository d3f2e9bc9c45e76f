# SPDX-License-Identifier: Apache-2.0
"""Every allocation failing in turn: the program says so and ends, or serves; it never crashes, hangs or keeps a socket.
(support/failing_malloc.c makes them fail, as this file tells it through a mapped file.)"""
import contextlib
import mmap
import os
import pathlib
import random
import struct
import subprocess
import time

import pytest

from support import h1, h2c, net
from support.proxy import PROGRAM, SANITIZED, TROUBLE, Proxy

BUILD = pathlib.Path(os.environ.get("QORGAN_BUILD", pathlib.Path(PROGRAM).parent))
PRELOAD = BUILD / "tests" / "libfailing_malloc.so"
FIRST, SAMPLE, SECONDS = 100, 200, 60  # of the starts: the first ones, then as many by chance, within this time
SEED = int(os.environ.get("SEED", time.time_ns()))


class Failing:
    """The three words that the program maps: calls seen, the call that fails, calls that failed."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(mmap.PAGESIZE))
        with open(path, "r+b") as file:
            self._words = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def _read(self, at):
        return struct.unpack_from("=Q", self._words, 8 * at)[0]

    seen = property(lambda self: self._read(0))
    failed = property(lambda self: self._read(2))

    def begin(self, fail_at):
        struct.pack_into("=3Q", self._words, 0, 0, fail_at, 0)

    def next(self, count):
        """The `count`th call from now fails."""
        struct.pack_into("=Q", self._words, 16, 0)
        struct.pack_into("=Q", self._words, 8, self.seen + count)

    @property
    def environment(self):
        return {"FAILING_MALLOC": str(self.path), **({} if SANITIZED else {"LD_PRELOAD": str(PRELOAD)})}


PROGRAM_FAILING = str(BUILD / "tests" / "qorgan_failing") if SANITIZED else PROGRAM


@pytest.fixture
def failing(tmp_path):
    return Failing(tmp_path / "failing")


@pytest.fixture
def prepared(tmp_path, origin, pair, failing):
    """Not started; its store and secret are made by a first run."""
    proxy = Proxy(tmp_path / "proxy", [origin.url], pair, environment=failing.environment, program=PROGRAM_FAILING)
    proxy.start().stop()
    return proxy


def ended_well(process, errors, where):
    assert process.returncode in (1, 2), f"{where}: ended with {process.returncode}: {errors}"
    assert "memory" in errors or "qorgan" in errors, f"{where}: ended with {process.returncode}, saying {errors!r}"


def check(proxy, failing, at):
    failing.begin(at)
    asked = [PROGRAM_FAILING, "check", "-c", str(proxy.path)]
    ran = subprocess.run(asked, env=proxy.environment, capture_output=True, text=True, timeout=20, cwd=proxy.folder)
    assert not TROUBLE.search(ran.stderr), f"allocation {at}: {ran.stderr}"
    if ran.returncode:
        ended_well(ran, ran.stderr, f"allocation {at}")
    return ran.returncode


def test_check(prepared, failing):
    assert check(prepared, failing, 0) == 0
    total = failing.seen
    codes = [check(prepared, failing, at) for at in range(1, total + 1)]
    print(f"{total} allocations, {sum(map(bool, codes))} refusals")
    assert any(codes)


def judge_service(proxy, failing, at):
    """The first connections may still meet the fault, where it lies behind the start; those after them may not.
    False: the program ended after all, when a worker found that it cannot begin."""
    for request in (h1_request, h2_request):
        with contextlib.suppress(OSError, AssertionError, h1.Cut):
            request(proxy)
    if at:
        failing.next(1 << 40)
    for request in (h1_request, h2_request):
        try:
            request(proxy)
        except (OSError, AssertionError, h1.Cut) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                proxy.process.wait(1)
                return False
            raise AssertionError(f"allocation {at}: {request.__name__}: {error}: {proxy.errors()}") from error
    return True


def starts_or_ends(proxy, failing, at):
    """Whether it served. When it did, all its listeners do."""
    failing.begin(at)
    (proxy.folder / "errors.txt").write_text("")
    with open(proxy.folder / "errors.txt", "ab") as errors:
        proxy.process = subprocess.Popen([PROGRAM_FAILING, "run", "-c", str(proxy.path)], cwd=proxy.folder,
                                         stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                         env=proxy.environment)
    process = proxy.process
    net.wait_until(lambda: process.poll() is not None or "serving" in proxy.errors(), 20,
                   lambda: f"allocation {at}: an end or a service; it said: {proxy.errors()}", 0.002)
    if process.poll() is None and judge_service(proxy, failing, at):
        proxy.stop()
        return True
    assert not TROUBLE.search(proxy.errors()), f"allocation {at}: {proxy.errors()}"
    ended_well(process, proxy.errors(), f"allocation {at}")
    for address in (proxy.tls, proxy.plain, proxy.admin):
        assert not net.accepts(address), f"allocation {at}: a listener outlived the program"
    return False


def test_start(prepared, failing):
    assert starts_or_ends(prepared, failing, 0)
    total = failing.seen
    print(f"SEED={SEED}, {total} allocations, those of the first four connections among them")
    later = range(FIRST + 1, total + 1)
    chosen = [*range(1, FIRST + 1), *random.Random(SEED).sample(later, min(SAMPLE, len(later)))]
    end, served = time.monotonic() + SECONDS, []
    for at in chosen:
        served.append(starts_or_ends(prepared, failing, at))
        if time.monotonic() > end and not SANITIZED:
            break
    print(f"{len(served)} starts, {sum(served)} served")
    assert any(served) and not all(served)


def h1_request(proxy):
    with proxy.client(timeout=5) as client:
        assert client.get("/").status in (200, 502, 503)


def tls_request(proxy):
    with proxy.client(tls=True, timeout=5) as client:
        assert client.get("/").status in (200, 502, 503)


def h2_request(proxy):
    with h2c.Session(proxy, timeout=5) as session:
        assert session.request(1).status in (200, 502, 503)


def upload(proxy):
    with h2c.Session(proxy, timeout=5) as session:
        session.send(h2c.headers(1, h2c.POST, h2c.END_HEADERS), *(h2c.data(1, b"x" * 8000, False) for _ in range(4)),
                     h2c.data(1, b"x"))
        session.wait(1)


@pytest.mark.parametrize("request_of", [h1_request, tls_request, h2_request, upload])
def test_connection(request_of, prepared, failing):
    """Each allocation of a connection fails once: that connection may, the next is served."""
    failing.begin(0)
    with prepared.start() as proxy:
        h1_request(proxy), h2_request(proxy)
        descriptors = proxy.descriptors()
        at, lost = 0, 0
        while at < 5000:
            at += 1
            failing.next(at)
            try:
                request_of(proxy)
            except (OSError, AssertionError, h1.Cut):
                lost += 1
            met = failing.failed
            failing.next(1 << 40)
            if not met:
                break
            assert proxy.process.poll() is None, f"allocation {at}: {proxy.errors()}"
            h1_request(proxy), h2_request(proxy)
        print(f"{request_of.__name__}: {at - 1} allocations failed, {lost} connections with them")
        least = 3 if SANITIZED else 5  # a sanitized program counts its own calls only: three for HTTP/1.1
        assert least < at < 5000 and lost > 0
        net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
        proxy.settled(descriptors + 4)
