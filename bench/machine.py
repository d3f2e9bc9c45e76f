# SPDX-License-Identifier: Apache-2.0
"""The machine that the comparison runs on: what it is, what processes used of it, and what others took meanwhile."""
import datetime
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import time

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all that descend from it."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_ns(pid):
    """User and system time of all threads of a process and its descendants, in nanoseconds."""
    total = 0
    for one in family(pid):
        for task in pathlib.Path("/proc", str(one), "task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def rss_kib(pid):
    total = 0
    for one in family(pid):
        for line in pathlib.Path("/proc", str(one), "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total


def core_ns(cores):
    """Busy and stolen nanoseconds of some cores since boot: (busy, stolen)."""
    busy = stolen = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in {f"cpu{core}" for core in cores}:
            user, nice, system, _, _, irq, softirq, steal = map(int, ticks[:8])
            busy += user + nice + system + irq + softirq
            stolen += steal
    return busy * TICK_NS, stolen * TICK_NS


class Disturbance:
    """What programs other than ours, and the host, took of the cores between construction and `share`."""

    def __init__(self, cores, ours):
        self.cores, self.ours = cores, ours  # ours: pids of running programs; ended children count by themselves
        self.before = self.read()

    def read(self):
        busy, stolen = core_ns(self.cores)
        own = sum(os.times()[:4]) * 1e9 + sum(map(cpu_ns, self.ours))
        return busy - own, stolen, os.times().elapsed * 1e9 * len(self.cores)

    def share(self):
        others, stolen, whole = (now - before for now, before in zip(self.read(), self.before))
        return (max(0.0, others) + stolen) / whole if whole else 0.0


class Instructions:
    """Counts a program's instructions with perf, from construction to `stop`: a figure that no neighbour disturbs."""

    EVENTS = ("instructions:u", "instructions:k")

    def __init__(self, pid):
        pids = ",".join(map(str, family(pid)))
        self.perf = subprocess.Popen(["perf", "stat", "-x,", "-e", ",".join(self.EVENTS), "-p", pids],
                                     stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)  # perf says nowhere that it has attached

    @staticmethod
    def can_be_counted():
        if not shutil.which("perf"):
            return False
        run = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True)
        return run.returncode == 0 and run.stderr.split(",", 1)[0].isdigit()

    def stop(self):
        """{"instructions:u": ..., "instructions:k": ...}; a count that perf could not take is missing."""
        self.perf.send_signal(signal.SIGINT)
        lines = [line.split(",") for line in self.perf.communicate(timeout=20)[1].splitlines()]
        return {words[2]: int(words[0]) for words in lines if len(words) > 2 and words[0].isdigit()}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    run = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "describe", "--always", "--dirty", "--abbrev=12"],
                         capture_output=True, text=True)
    return run.stdout.strip() or "unknown"


def describe():
    return {"time": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC", "commit": commit(),
            "machine": f"{processor()}, {os.cpu_count()} cores, Linux {'.'.join(platform.release().split('.')[:2])}"}
