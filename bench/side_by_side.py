#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Qorgan beside nginx, HAProxy and H2O: the proxy's own CPU per confirmed unit of work, and its memory.

Each proxy runs alone, one worker pinned on one core, before the same origin; load and origin share another core. A
figure counts only if the client saw every answer, the origin counted exactly as many, and the access log has a line
for each. CPU is the kernel's account of all the proxy's threads (/proc/PID/task/*/schedstat), over a fixed number of
units and one second after, so that work put off to other threads is counted too; the handshakes of the load's own
connections are in it. Rounds are interleaved (each round takes every proxy once, freshly started and warmed up), and
medians are reported, with the least and the greatest, over the half of the rounds in which other programs and the host
took least of the two cores. Memory is the growth of the resident set while connections are held. All traffic stays on
loopback.

Configurations are bench/peers/*: TLS 1.3, AES-128-GCM, X25519, a P-256 certificate, access log to a file, keep-alive
to the origin, a rate limit that is never reached. "floor" is bench/floor: TLS and epoll alone, bytes handed on
unread. Needs Debian's nginx-light, haproxy, h2o, nghttp2-client, openssl."""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import machine
import report
import rows
from peers import PEERS, BenchError, Running, find_program, version_of
from rows import MEMORY_TOOLS, ROWS, Holding, Origin

SETTLE_SECONDS = 1.1  # queued log lines and store commits fall due within a second
SHORT = {"rounds": 1, "seconds": 0.2, "settle": 0.1, "idle": 200, "slow": 200}


def count_quieter_half(cell):
    """Chosen by what others took of the machine, never by the figure."""
    quietest = sorted(cell["rounds"], key=lambda turn: turn["disturbed"])[:(len(cell["rounds"]) + 1) // 2]
    for turn in cell["rounds"]:
        turn["counted"] = turn in quietest
    cell["median"] = statistics.median(turn["figure"] for turn in quietest)


def tell(row, peer, what):
    print(f"  {row.name} {peer.name}: {what}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.settle = SHORT["settle"] if options.short else SETTLE_SECONDS
        cores = sorted(os.sched_getaffinity(0))
        self.load_core, self.proxy_core = cores[0], cores[-1]
        self.origin = Origin(options.build, self.load_core)
        self.programs = {}
        self.units = {}  # (row, peer) -> units that fill the wanted seconds, by the last round

    def start(self, peer):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bench-{peer.name}-"))
        folder.chmod(0o755)
        try:
            return Running(peer, self.programs[peer.name], folder, self.origin.port, self.proxy_core)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def watch_others(self, running):
        cores = {self.load_core, self.proxy_core}
        return machine.Disturbance(cores, (running.process.pid, self.origin.process.pid))

    def load(self, row, running, units):
        """One confirmed load. Answers the seconds it took."""
        before = self.origin.count()
        if row.tool == "h2load":
            seen, seconds = rows.h2load(row, running, units, self.load_core)
        else:
            seen, seconds = rows.handshake(row, running, units, self.load_core, self.options.build)
        rows.confirm(row, before, self.origin.count(), units, seen)
        return seconds

    def cpu_round(self, row, running):
        """Microseconds of the proxy's CPU per unit, and how much others disturbed the round."""
        key = row.name, running.peer.name
        seconds = self.load(row, running, row.scale)
        units = self.units.setdefault(key, self.units_for(row, row.scale, seconds))
        running.wait_logged(row.scale)
        time.sleep(self.settle)
        before, lines = running.cpu_ns(), running.log_lines()
        disturbance = self.watch_others(running)
        seconds = self.load(row, running, units)
        disturbed = disturbance.share()
        self.units[key] = self.units_for(row, units, seconds)
        time.sleep(self.settle)
        used = running.cpu_ns() - before
        running.wait_logged(lines + units)
        return {"figure": round(used / units / 1000, 3), "disturbed": round(disturbed, 4)}

    def units_for(self, row, units, seconds):
        """How many fill the wanted seconds, when `units` took that long."""
        return max(row.scale, int(units * self.options.seconds / max(seconds, 1e-3)))

    def instructions_round(self, row, running):
        """Instructions per unit, of the program and of the kernel for it."""
        self.load(row, running, row.scale)
        units = self.units[row.name, running.peer.name]
        running.wait_logged(row.scale)
        instructions = machine.Instructions(running.process.pid)
        self.load(row, running, units)
        time.sleep(self.settle)
        return {name: round(count / units) for name, count in instructions.stop().items()}

    def memory_round(self, row, running):
        """KiB of the proxy's resident set per connection held."""
        units = SHORT[row.tool] if self.options.short else row.scale
        self.load(ROWS["handshake"], running, 8)
        time.sleep(self.settle)
        before, counted = running.rss_kib(), self.origin.count()
        disturbance = self.watch_others(running)
        holding = Holding(row, running, units, self.load_core, self.options.build)
        time.sleep(self.settle)
        grown = running.rss_kib() - before
        counted_after = self.origin.count()
        held = holding.release()
        if holding.reached != units or held != units:
            raise BenchError(f"not confirmed: of {units} {holding.reached} were opened and {held} held")
        if row.tool == "idle":
            rows.confirm(row, counted, counted_after, units, held)
        return {"figure": round(grown / units, 3), "disturbed": round(disturbance.share(), 4)}

    def measure(self, how, row, peer):
        running = self.start(peer)
        try:
            return how(row, running)
        except BenchError as why:
            raise BenchError(f"{why}{running.how_it_ended()}") from why
        finally:
            running.stop()
            shutil.rmtree(running.folder, ignore_errors=True)

    def run_row(self, row, peers):
        """The row's cells, peer -> {"rounds": [...], "median": ...} or {"skipped": why} or {"failed": why}."""
        cells = {peer.name: {"rounds": []} for peer in peers}
        for peer in peers:
            if peer.name in row.skips:
                cells[peer.name] = {"skipped": row.skips[peer.name]}
            elif not self.programs[peer.name]:
                cells[peer.name] = {"failed": f"{peer.program} is not there"}
        how = self.memory_round if row.tool in MEMORY_TOOLS else self.cpu_round
        rounds = 1 if how == self.memory_round else self.options.rounds
        for turn in range(rounds):
            # Every other round goes the other way, so that nobody always follows the same neighbour.
            for peer in peers if turn % 2 == 0 else peers[::-1]:
                cell = cells[peer.name]
                if "rounds" not in cell:
                    continue
                try:
                    cell["rounds"].append(self.measure(how, row, peer))
                    if turn == rounds - 1 and how == self.cpu_round and self.options.instructions:
                        cell["instructions"] = self.measure(self.instructions_round, row, peer)
                    tell(row, peer, cell["rounds"][-1])
                except (BenchError, OSError, subprocess.TimeoutExpired) as why:
                    tell(row, peer, why)
                    cells[peer.name] = {"failed": str(why)}
        for cell in cells.values():
            if cell.get("rounds"):
                count_quieter_half(cell)
        return cells


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--build", type=pathlib.Path, default=root / "build", help="build folder (build)")
    parser.add_argument("--rows", default=",".join(ROWS), help="rows, by comma (%(default)s)")
    parser.add_argument("--peers", default=",".join(PEERS), help="proxies, by comma (%(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds of each CPU row (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="load in each round (%(default)s)")
    parser.add_argument("--instructions", action="store_true",
                        help="one more round a row that counts instructions, where perf is there and can")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables here (else standard output)")
    parser.add_argument("--json", type=pathlib.Path, help="write all figures here")
    parser.add_argument("--short", action="store_true",
                        help="one short round and few connections: shows that every row yields a confirmed figure")
    options = parser.parse_args(arguments)
    options.build = options.build.resolve()
    if options.short:
        options.rounds, options.seconds = SHORT["rounds"], SHORT["seconds"]
    if options.instructions and not machine.Instructions.can_be_counted():
        parser.error("perf cannot count instructions here")
    if not 1 <= options.rounds <= 100 or not 0 < options.seconds <= 60:
        parser.error("1 to 100 rounds of up to 60 seconds")
    for chosen, known, word in ((options.rows, ROWS, "row"), (options.peers, PEERS, "proxy")):
        for name in chosen.split(","):
            if name not in known:
                parser.error(f"no {word} '{name}': {', '.join(known)}")
    return options


def command_of(options):
    """What has to be said again to get the same comparison; where things lie is left out."""
    parts = ["bench/side_by_side.py", f"--rows={options.rows}", f"--peers={options.peers}",
             f"--rounds={options.rounds}", f"--seconds={options.seconds:g}"]
    return " ".join(parts + [f"--{flag}" for flag in ("instructions", "short") if getattr(options, flag)])


def main():
    options = parse(sys.argv[1:])
    for ending in (signal.SIGINT, signal.SIGTERM):  # no proxy outlives the bench, however it is ended
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))
    peers = [PEERS[name] for name in options.peers.split(",")]
    bench = Bench(options)
    whole = machine.describe() | {"rounds": options.rounds, "seconds": options.seconds, "rows": {}}
    try:
        for peer in peers:
            bench.programs[peer.name] = find_program(peer, options.build)
        whole["versions"] = {peer.name: version_of(peer, bench.programs[peer.name])
                             for peer in peers if bench.programs[peer.name]}
        for name in options.rows.split(","):
            whole["rows"][name] = bench.run_row(ROWS[name], peers)
    finally:
        bench.origin.stop()
    text = report.markdown(whole, command_of(options))
    print(text)
    if options.markdown:
        report.write_markdown(options.markdown, text)
    if options.json:
        report.write_json(options.json, whole)
    return 1 if any("failed" in cell for cells in whole["rows"].values() for cell in cells.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
