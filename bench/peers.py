# SPDX-License-Identifier: Apache-2.0
"""The proxies that stand side by side: how each is started, and what the kernel says that it used."""
import dataclasses
import grp
import os
import pathlib
import pwd
import resource
import shutil
import signal
import socket
import string
import subprocess
import time

import machine

HERE = pathlib.Path(__file__).resolve().parent
FILES_MAX = 65536
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 10
LOG_SECONDS_MAX = 5
OUTPUT = "output.log"  # standard output and error of each proxy


class BenchError(Exception):
    """Something that makes a figure impossible, said in one line."""


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    program: str  # looked up in PATH and /usr/sbin, or in the build folder
    arguments: tuple  # after the program; $port, $origin, $config are filled in
    config: str | None  # a template of bench/peers
    log: str | None  # the access log, a line a request
    version: tuple = ("--version",)


PEERS = {
    peer.name: peer
    for peer in (
        Peer("floor", "bench/floor", ("--listen=127.0.0.1:$port", "--origin=127.0.0.1:$origin"), None, None, ()),
        Peer("nginx", "nginx", ("-p", ".", "-e", "error.log", "-c", "$config"), "nginx.conf", "access.log", ("-v",)),
        Peer("haproxy", "haproxy", ("-db", "-f", "$config"), "haproxy.conf", OUTPUT, ("-v",)),
        Peer("h2o", "h2o", ("-m", "worker", "-c", "$config"), "h2o.conf", "access.log"),
        Peer("qorgan", "qorgan", ("run", "-c", "$config"), "qorgan.conf", "access.jsonl", ("version",)),
    )
}
OURS = ("floor", "qorgan")  # from the build folder, and no peer to be compared with


def find_program(peer, build):
    if peer.name in OURS:
        path = build / peer.program
        return path if path.exists() else None
    path = shutil.which(peer.program, path=os.environ["PATH"] + ":/usr/sbin")
    return path and pathlib.Path(path)


def version_of(peer, program):
    if not peer.version:
        return "-"
    run = subprocess.run([program, *peer.version], capture_output=True, text=True, timeout=20)
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0] if lines else "-"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """One P-256 certificate for all, made on the spot."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def raise_files():
    """As many descriptors as may be had without a privilege; a row that needs more fails and says so."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = FILES_MAX if hard == resource.RLIM_INFINITY else min(FILES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Running:
    """One proxy under way in a folder of its own, on one core."""

    def __init__(self, peer, program, folder, origin_port, core):
        self.peer = peer
        self.port = free_port()
        self.folder = folder
        names = {"port": self.port, "origin": origin_port, "config": peer.config, "peers": HERE / "peers",
                 "user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
        if peer.config:
            template = string.Template((HERE / "peers" / peer.config).read_text())
            (folder / peer.config).write_text(template.substitute(names))
        make_certificate(folder)
        arguments = [string.Template(word).substitute(names) for word in peer.arguments]
        with open(folder / OUTPUT, "wb") as output:
            self.process = subprocess.Popen(
                pinned(core, [program, *arguments]), cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, preexec_fn=raise_files)
        try:
            self.wait_listening()
        except BaseException:
            self.stop()
            raise

    def wait_listening(self):
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise BenchError(f"{self.peer.name} does not listen: {self.last_words()}")

    def how_it_ended(self):
        """To be added to a complaint: nothing while it runs."""
        return "" if self.process.poll() is None else f"; {self.peer.name} ended: {self.last_words()}"

    def last_words(self):
        text = (self.folder / OUTPUT).read_text(errors="replace").strip()
        return " / ".join([f"status {self.process.returncode}", *text.splitlines()[-4:]])

    def cpu_ns(self):
        return machine.cpu_ns(self.process.pid)

    def rss_kib(self):
        return machine.rss_kib(self.process.pid)

    def log_lines(self):
        log = self.peer.log and self.folder / self.peer.log
        if not log or not log.exists():
            return 0
        with open(log, "rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

    def wait_logged(self, lines):
        """Until the access log has that many lines: a proxy that leaves some out has not done the same work."""
        end = time.monotonic() + LOG_SECONDS_MAX
        while self.peer.log and self.log_lines() < lines:
            if time.monotonic() > end:
                raise BenchError(f"not confirmed: {self.log_lines()} lines in the access log, {lines} are due")
            time.sleep(0.1)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                for pid in reversed(machine.family(self.process.pid)):
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()
