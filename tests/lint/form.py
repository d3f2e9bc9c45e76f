#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the tree looks: clang-format, licence lines, line lengths, the top level. Usage: form.py ROOT"""
import pathlib
import subprocess
import sys

TOP = {"proxy", "rules", "certs", "bench", "tests", "CMakeLists.txt", "README.md"}
COLUMNS_MAX = 120  # code is held to 100 by clang-format; tables and comments may use the rest


def tracked(root):
    names = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
    return [root / name for name in names.stdout.decode().split("\0") if name]


def problems(root):
    files = [path for path in tracked(root) if path.exists()]
    for path in files:
        top = path.relative_to(root).parts[0]
        if top not in TOP and not top.startswith("."):
            yield f"{path.relative_to(root)}: only {', '.join(sorted(TOP))} stand at the top"
    code = [path for path in files if path.suffix in (".c", ".h")]
    for path in code + [path for path in files if path.suffix in (".py", ".sh")]:
        lines = path.read_text().split("\n")
        name = path.relative_to(root)
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            yield f"{name}: no SPDX line"
        sheet = False  # tables that clang-format leaves alone are read like sheets, not like prose
        for number, line in enumerate(lines, 1):
            sheet = "clang-format off" in line or (sheet and "clang-format on" not in line)
            if len(line) > COLUMNS_MAX and not sheet:
                yield f"{name}:{number}: {len(line)} columns"
            if line != line.rstrip():
                yield f"{name}:{number}: space at the end"
    if code:
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, code)], capture_output=True, text=True)
        if run.returncode:
            yield from (line for line in run.stderr.splitlines() if "error:" in line)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(problems(root))
    for line in found:
        print(line)
    print(f"form: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
