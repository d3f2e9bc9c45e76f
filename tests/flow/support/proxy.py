# SPDX-License-Identifier: Apache-2.0
"""The program under test: started on free ports in a folder of its own, watched, and made to end cleanly."""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess

from . import h1, net

PROGRAM = os.environ.get("QORGAN", "qorgan")
# Under the sanitizers memory means nothing and everything takes longer.
SANITIZED = os.path.exists(PROGRAM) and re.search(rb"__[at]san_init", pathlib.Path(PROGRAM).read_bytes()) is not None
TROUBLE = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error|ThreadSanitizer|invariant|Assertion|require", re.I)


def merge(base, changes):
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = merge(dict(base[key]), value) if both else value
    return base


class Proxy:
    """`tls`, `plain`, `admin` are the addresses of the three listeners that every configuration here has unless
    `listen` is given; `listen_more` stand beside them. Other keyword arguments are merged into the configuration."""

    def __init__(self, folder, origins, pair, environment=None, wrapper=(), listen_more=(), program=PROGRAM,
                 **changes):
        self.folder, self._command = pathlib.Path(folder), [*wrapper, program]
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tls, self.plain, self.admin = ((net.HOST, net.free_port()) for _ in range(3))
        self.environment = {**os.environ, **(environment or {})}
        self.config = merge({
            "workers": 1,
            "listen": [{"address": "%s:%d" % self.tls, "tls": True}, {"address": "%s:%d" % self.plain},
                       *listen_more],
            "certificates": [{"certificate": str(pair.certificate), "key": str(pair.key)}],
            "sites": [{"hosts": ["*"], "origin": list(origins), "packs": []}],
            "admin": {"address": "%s:%d" % self.admin},
            "log": {"access": "access.jsonl", "level": "info"},
        }, changes)
        self.path = self.folder / "qorgan.yaml"
        self.process = None

    def write(self, **changes):
        """Writes the configuration anew with `changes` merged in. (JSON is YAML.)"""
        merge(self.config, changes)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.config, indent=1) + "\n")
        part.rename(self.path)

    def start(self, ready=None, **popen):
        self.write()
        with open(self.folder / "errors.txt", "ab") as errors:
            self.process = subprocess.Popen([*self._command, "run", "-c", str(self.path)], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            env=self.environment, **popen)
        net.wait_until(ready or self._ready, 20, lambda: f"readiness; it said: {self.errors()}")
        return self

    def _ready(self):
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.errors()}"
        return net.accepts(self.plain) and net.accepts(self.tls)

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, kind, *_):
        if kind:
            print(self.errors()[-4000:])
        self.stop()

    def errors(self):
        return (self.folder / "errors.txt").read_text(errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=40):
        """SIGTERM twice must end it at once with status 0, with nothing untoward said."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(0.5)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end within {seconds} s of SIGTERM") from None
        assert self.process.returncode == 0, f"ended with {self.process.returncode}: {self.errors()[-2000:]}"
        assert not TROUBLE.search(self.errors()), self.errors()[-4000:]

    # What it uses and what it says of itself.

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}")

    def rss_mb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", self._proc("status").read_text())[1]) / 1024

    def descriptors(self):
        return len(os.listdir(self._proc("fd")))

    def admin_get(self, path):
        asked = http.client.HTTPConnection(*self.admin, timeout=10)
        asked.request("GET", path)
        answer = asked.getresponse()
        text = answer.read().decode()
        asked.close()
        return answer.status, text

    def metrics(self):
        """name{labels} → value."""
        lines = [line for line in self.admin_get("/metrics")[1].splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def access_log(self, name="access.jsonl"):
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def logged(self, path, count=1):
        """The access log's lines for `path`, once there are `count` of them."""
        def lines():
            found = [line for line in self.access_log() if line["path"] == path]
            return found if len(found) >= count else None
        return net.wait_until(lines, 10, f"{count} log lines for {path}")

    def settled(self, descriptors, seconds=20):
        """Waits until no more than `descriptors` are open: nothing leaked, nothing is stuck."""
        net.wait_until(lambda: self.descriptors() <= descriptors, seconds,
                       lambda: f"{self.descriptors()} descriptors to sink to {descriptors}")

    def client(self, tls=False, **more):
        if tls is True:
            tls = h1.context()
        return h1.Client(self.tls if tls else self.plain, tls or None, **more)
