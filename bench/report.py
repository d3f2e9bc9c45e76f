# SPDX-License-Identifier: Apache-2.0
"""What the comparison says: a Markdown table for people, JSON for programs, and how disturbed the rounds were."""
import json

from peers import OURS
from rows import MEMORY_TOOLS, ROWS


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
        counted = [turn["figure"] for turn in cell["rounds"] if turn["counted"]]
        text += f" ({figure(min(counted))}–{figure(max(counted))})"
    return f"**{text}**" if best else text


def ratio_text(cells, name):
    best, ours = best_peer(cells), cells.get(name, {})
    if not best or "median" not in ours:
        return "–"
    return f"{ours['median'] / cells[best]['median']:.2f} × {best}"


def noise_text(results):
    shares = sorted(turn["disturbed"] for cells in results.values() for cell in cells.values()
                    for turn in cell.get("rounds", ()) if turn["counted"])
    if not shares:
        return "no round was counted"
    return (f"of the two cores' time others took {shares[len(shares) // 2]:.1%} in the median counted round, "
            f"{shares[-1]:.1%} in the worst")


def row_line(key, cells, names):
    row, best = ROWS[key], best_peer(cells)
    unit = f"{'KiB' if row.tool in MEMORY_TOOLS else 'µs'}/{row.unit}"
    texts = [cell_text(cells.get(name, {}), name == best) for name in names]
    return f"| {row.title} | {unit} | {' | '.join(texts)} | {ratio_text(cells, 'qorgan')} |"


def instructions_lines(results, names):
    """A second table, if instructions were counted."""
    counted = {key: {name: cell["instructions"] for name, cell in cells.items() if cell.get("instructions")}
               for key, cells in results.items()}
    if not any(counted.values()):
        return []
    lines = ["", "Thousands of instructions per unit, program + kernel: they hardly depend on who else is at work.", "",
             f"| work | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for key, cells in counted.items():
        texts = [" + ".join(figure(count / 1000) for count in cells[name].values()) if name in cells else "–"
                 for name in names]
        if cells:
            lines.append(f"| {ROWS[key].title} | {' | '.join(texts)} |")
    return lines


def notes(results):
    for key, cells in results.items():
        for name, cell in cells.items():
            for word, key_of_why in (("left out", "skipped"), ("failed", "failed")):
                if key_of_why in cell:
                    yield f"- {key}, {name}: {word}: {cell[key_of_why]}"


HEAD = """# Side by side

What a proxy itself costs: CPU per unit of work that client, origin and access log all confirm, and resident memory per
connection. `bench/side_by_side.py --help` says how it is measured and lists rows, proxies and options; the target
`bench` runs all of it. This file is written with `bench/side_by_side.py --instructions --markdown bench/RESULTS.md`,
which leaves alone what stands under "What bounds it".
"""
COMMENT = "## What bounds it"


def markdown(whole, command):
    results = whole["rows"]
    names = list(dict.fromkeys(name for cells in results.values() for name in cells))
    return "\n".join([
        HEAD,
        f"- {whole['time']}, commit {whole['commit']}; {whole['machine']}",
        f"- `{command}`",
        f"- {whole['rounds']} rounds of {whole['seconds']:g} s a row and proxy, of which the quieter half counts; "
        + noise_text(results),
        *(f"- {name}: {version}" for name, version in whole["versions"].items() if version != "-"),
        "",
        "Median (least–greatest), best peer bold. CPU rows: µs of the proxy's own CPU per unit. Memory rows: KiB of",
        "resident memory per connection. \"floor\" is TLS and epoll alone, bytes handed on unread.",
        "",
        f"| work | per | {' | '.join(names)} | qorgan to best peer |",
        f"|---|---|{'---|' * len(names)}---|",
        *(row_line(key, cells, names) for key, cells in results.items()),
        *instructions_lines(results, names),
        "",
        *notes(results),
        "",
    ])


def write_markdown(path, text):
    """The figures anew; what people wrote below them stays."""
    written = path.read_text() if path.exists() else ""
    _, mark, comment = written.partition(COMMENT)
    path.write_text(text + (f"\n{mark}{comment}" if mark else ""))


def write_json(path, whole):
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
