#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One name, one function: no two rooms define the same external symbol, which the linker of static libraries would
silently resolve to either. Usage: names.py ROOT"""
import collections
import pathlib
import re
import sys

# At the first column, not static, up to the brace that opens the body.
DEFINITION = re.compile(r"^(?!static|typedef|extern|#|//|/\*|\s)[a-zA-Z_][\w\s\*]*?\b(\w+)\([^;{}]*\)\s*\{", re.M)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    places = collections.defaultdict(set)
    for folder in ("rules", "certs", "proxy"):
        for path in sorted((root / folder).rglob("*.c")):
            for name in DEFINITION.findall(path.read_text()):
                places[name].add(str(path.relative_to(root)))
    found = {name: where for name, where in places.items() if len(where) > 1}
    for name, where in sorted(found.items()):
        print(f"{name} is defined in {', '.join(sorted(where))}")
    print(f"names: {len(places)} functions, {len(found)} problems")
    return 1 if found or not places else 0


if __name__ == "__main__":
    sys.exit(main())
