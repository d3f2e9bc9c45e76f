# SPDX-License-Identifier: Apache-2.0
"""What the comparison says: a Markdown table for people, JSON for programs, and how disturbed the machine was."""
import datetime
import json
import os
import pathlib
import platform
import shlex
import subprocess

from peers import OURS
from rows import MEMORY_TOOLS, ROWS

TICKS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def read_ticks():
    words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return dict(zip(TICKS, map(int, words)))


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


class Machine:
    """Where and when, and what others took of the machine between the start and `noise`."""

    def __init__(self, build):
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.ticks = read_ticks()
        self.own = os.times()
        root = pathlib.Path(__file__).resolve().parent.parent
        run = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"],
                             capture_output=True, text=True)
        self.commit = run.stdout.strip() or "unknown"
        self.name = f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}"

    def noise(self):
        """Shares of the machine's time since the start: stolen by the host, and used by programs not of the bench."""
        now, own = read_ticks(), os.times()
        spent = {key: now[key] - self.ticks[key] for key in TICKS}
        whole = sum(spent.values()) or 1
        busy = whole - spent["idle"] - spent["iowait"] - spent["steal"]
        ours = sum(own[:4]) - sum(self.own[:4])
        others = max(0.0, busy - ours * os.sysconf("SC_CLK_TCK"))
        return {"steal": spent["steal"] / whole, "others": others / whole}


def best_peer(cells):
    figures = {name: cell["median"] for name, cell in cells.items() if "median" in cell and name not in OURS}
    return min(figures, key=figures.get) if figures else None


def figure(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell_text(cell, best):
    if "median" not in cell:
        return "failed" if "failed" in cell else "–"
    text = figure(cell["median"])
    if len(cell["rounds"]) > 1:
        text += f" ({figure(min(cell['rounds']))}–{figure(max(cell['rounds']))})"
    return f"**{text}**" if best else text


def ratio_text(cells, name):
    best, ours = best_peer(cells), cells.get(name, {})
    if not best or "median" not in ours:
        return "–"
    return f"{ours['median'] / cells[best]['median']:.2f} × {best}"


def markdown(results, versions, machine, command, options):
    names = list(dict.fromkeys(name for cells in results.values() for name in cells))
    noise = machine.noise()
    lines = [
        f"- {machine.started:%Y-%m-%d %H:%M} UTC, commit {machine.commit}; {machine.name}",
        f"- `{shlex.join(['bench/side_by_side.py', *command[1:]])}`; {options.rounds} rounds of {options.seconds:g} s",
        f"- noise: the host stole {noise['steal']:.1%} of the machine's time, programs not of the bench used "
        f"{noise['others']:.1%}",
        *(f"- {name}: {version}" for name, version in versions.items() if version != "-"),
        "",
        "Median (least–greatest), best peer bold. CPU rows: µs of the proxy's own CPU per unit. Memory rows: KiB of",
        "resident memory per connection.",
        "",
        f"| work | per | {' | '.join(names)} | qorgan to best peer |",
        f"|---|---|{'---|' * len(names)}---|",
    ]
    notes = []
    for key, cells in results.items():
        row, best = ROWS[key], best_peer(cells)
        unit = f"{'KiB' if row.tool in MEMORY_TOOLS else 'µs'}/{row.unit}"
        texts = [cell_text(cells.get(name, {}), name == best) for name in names]
        lines.append(f"| {row.title} | {unit} | {' | '.join(texts)} | {ratio_text(cells, 'qorgan')} |")
        for name, cell in cells.items():
            why = cell.get("skipped") or cell.get("failed")
            if why:
                notes.append(f"- {key}, {name}: {'left out' if 'skipped' in cell else 'failed'}: {why}")
    return "\n".join([*lines, "", *notes, ""])


def write_json(path, results, versions, machine, options):
    whole = {"time": machine.started.isoformat(timespec="seconds"), "commit": machine.commit,
             "machine": machine.name, "noise": machine.noise(), "rounds": options.rounds,
             "seconds": options.seconds, "versions": versions, "rows": results}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
