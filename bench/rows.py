# SPDX-License-Identifier: Apache-2.0
"""The rows of the comparison: what is asked of a proxy, by which tool, and who confirms that it was done."""
import dataclasses
import json
import re
import subprocess
import urllib.request

from peers import BenchError, pinned, raise_files

HOST = "bench.test"
LOAD_SECONDS_MAX = 120
LOGIN_BODY = "log=aigerim&pwd=correct+horse&wp-submit=Log+In&redirect_to=%2Fwp-admin%2F&testcookie=1"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    unit: str  # what the figure is per
    tool: str  # h2load, handshake, idle, slow
    answers: str | None  # the origin's counter that must rise by exactly the units; None: it must not rise at all
    arguments: tuple = ()
    path: str = "/"
    scale: int = 1  # units of the first, short run, from which the count for the wanted seconds is reckoned
    skips: dict = dataclasses.field(default_factory=dict)  # peer -> why it has no figure here
    special: dict = dataclasses.field(default_factory=dict)  # peer -> further arguments


FLOOR_H2 = {"floor": "hands bytes on to an HTTP/1.1 origin: it cannot speak HTTP/2"}
ROWS = {
    row.name: row
    for row in (
        Row("h2", "HTTP/2 request, 1 KiB, 64×16 streams", "request", "h2load", "page",
            ("-c64", "-m16"), scale=16384, skips=FLOOR_H2),
        Row("h1", "HTTP/1.1 request, 1 KiB, keep-alive, 64 connections", "request", "h2load", "page",
            ("--h1", "-c64"), scale=16384),
        Row("handshake", "full TLS 1.3 handshake + request, P-256", "handshake", "handshake", "page", scale=256),
        Row("login", "login POST over HTTP/2, 64×16 streams", "login", "h2load", "login",
            ("-c64", "-m16", "-d", "login.form", "-H", "content-type: application/x-www-form-urlencoded"),
            path="/wp-login.php", scale=16384, skips=FLOOR_H2),
        Row("download", "1 MiB of download, HTTP/1.1, 8 connections", "MiB", "h2load", "download",
            ("--h1", "-c8"), path="/big", scale=64),
        Row("denied", "denied request on a live HTTP/2 connection", "request", "h2load", None,
            ("-c64", "-m16"), path="/denied", scale=16384,
            skips=FLOOR_H2 | {"h2o": "H2O 2.2 has no rule that denies"},
            special={"qorgan": ("-H", ":authority: unknown.test")}),
        Row("idle", "idle HTTP/2 connection", "connection", "idle", "page", scale=4000, skips=FLOOR_H2),
        Row("slow", "slow client: dribbled head, upload or download", "client", "slow", "", scale=10000,
            skips={"floor": "it bounds nothing, so its memory says nothing"}),
    )
}
MEMORY_TOOLS = ("idle", "slow")


class Origin:
    """The origin under way, and its count of whole answers."""

    def __init__(self, build, core):
        self.process = subprocess.Popen(pinned(core, [build / "bench/origin"]), stdout=subprocess.PIPE,
                                        preexec_fn=raise_files)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def count(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_count", timeout=20) as answer:
            return json.load(answer)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def h2load(row, running, units, core):
    """Units that h2load saw answered with the status of the row: 2xx, or 4xx where a denial is asked for."""
    url = f"https://{HOST}:{running.port}{row.path}"
    (running.folder / "login.form").write_text(LOGIN_BODY)
    command = ["h2load", "-t1", f"-n{units}", "--tls13-ciphers=TLS_AES_128_GCM_SHA256", "--groups=X25519",
               f"--connect-to=127.0.0.1:{running.port}", *row.arguments, *row.special.get(running.peer.name, ()), url]
    run = subprocess.run(pinned(core, command), cwd=running.folder, capture_output=True, text=True,
                         timeout=LOAD_SECONDS_MAX)
    codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", run.stdout)
    whole = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored", run.stdout)
    seconds = re.search(r"finished in ([\d.]+)(us|ms|s)", run.stdout)
    if not codes or not whole or "TLS_AES_128_GCM_SHA256" not in run.stdout:
        said = whole[0] if whole else (run.stdout + run.stderr).strip()[-300:]
        raise BenchError(f"h2load: {said}, of {units}")
    if int(whole[4]) or int(whole[1]) != units:
        raise BenchError(f"h2load: {whole[0]}, of {units}")
    taken = float(seconds[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[seconds[2]]
    return int(codes[3] if row.answers is None else codes[1]), taken


def handshake(row, running, units, core, build):
    command = [build / "bench/handshake", f"--target=127.0.0.1:{running.port}", f"--count={units}",
               f"--seconds={LOAD_SECONDS_MAX}"]
    run = subprocess.run(pinned(core, command), capture_output=True, text=True, timeout=LOAD_SECONDS_MAX + 20)
    if run.returncode == 2:
        raise BenchError(run.stderr.strip())
    told = json.loads(run.stdout)
    return told["completed"], told["seconds"]


class Holding:
    """Many connections held by bench/idle or bench/slow until `release`."""

    def __init__(self, row, running, units, core, build):
        command = [build / "bench" / row.tool, f"--target=127.0.0.1:{running.port}", f"--count={units}"]
        self.process = subprocess.Popen(pinned(core, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=raise_files)
        line = self.process.stdout.readline()
        self.reached = next(iter(json.loads(line).values())) if line else 0

    def release(self):
        """How many were open to the end."""
        out, _ = self.process.communicate(timeout=60)
        return json.loads(out)["held"] if out else 0


def confirm(row, before, after, units, seen):
    """The client and the origin must agree on every unit; else there is no figure."""
    risen = {key: after[key] - before[key] for key in after}
    expected = {key: units if key == row.answers else 0 for key in after}
    if seen != units or risen != expected:
        raise BenchError(f"not confirmed: {units} asked, {seen} seen by the client, the origin answered {risen}")
