#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes point downward only, and each foreign header stays in its own room. Usage: layers.py ROOT"""
import pathlib
import re
import sys

# room -> rooms it may include (itself always). The order is the order of the house, top to bottom.
BASE = {"rules/base"}
PURE = BASE | {"rules/lang", "rules/identity", "rules/signals"}
ENGINE = PURE | {"rules/engine"}
FLOW = {"proxy/net", "proxy/tls", "proxy/http", "proxy/flow", "rules/engine", "rules/identity"} | BASE
ROOMS = {
    "rules/base": set(),
    "rules/lang": BASE,
    "rules/identity": BASE,
    "rules/signals": BASE,
    "rules/engine": PURE,
    "rules/store": ENGINE,
    "certs": BASE,
    "proxy/net": BASE,
    "proxy/tls": BASE | {"certs", "proxy/net"},
    "proxy/http": BASE,
    "proxy/flow": FLOW,
    "proxy/admin": FLOW | {"rules/store", "certs"},
    "proxy/demo": BASE | {"proxy/net", "proxy/http"},
    "proxy": FLOW | {"proxy/demo", "proxy/admin", "rules/store", "rules/lang", "certs"},
}
# foreign header -> rooms that may include it (tests/ and bench/ stand outside the house and may include what they need)
FOREIGN = {
    r"lmdb\.h": {"rules/store"},
    r"nghttp2/": {"proxy/http"},
    r"openssl/": {"certs", "proxy/tls", "rules/store"},
    r"uv\.h": {"proxy/net"},
    r"llhttp\.h": {"proxy/http"},
    r"yaml\.h": {"proxy"},
    r"pcre2\.h": {"rules/lang"},
    r"jansson\.h": {"proxy/admin", "proxy"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
# Pure rooms see no clock, no chance and no input or output.
PURE_ROOMS = ("rules/base", "rules/lang", "rules/identity", "rules/signals", "rules/engine")
IMPURE = re.compile(
    r"\b(clock_gettime|gettimeofday|time|rand|random|getrandom|arc4random|fopen|open|read|write|socket)\s*\("
)


def room_of(path):
    return str(path.parent)


def problems(root):
    for path in sorted(root.glob("**/*.[ch]")):
        rel = path.relative_to(root)
        if rel.parts[0] not in ("rules", "certs", "proxy"):
            continue
        room = room_of(rel)
        if room not in ROOMS:
            yield f"{rel}: the house has no room {room}"
            continue
        text = path.read_text()
        for own, foreign in INCLUDE.findall(text):
            if own:
                below = room_of(pathlib.PurePosixPath(own))
                if below != room and below not in ROOMS[room]:
                    yield f"{rel}: {room} may not include {own}"
                if not (root / own).exists():
                    yield f"{rel}: {own} is not there (includes are written from the top of the tree)"
            for pattern, allowed in FOREIGN.items():
                if foreign and re.match(pattern, foreign) and room not in allowed:
                    yield f"{rel}: <{foreign}> belongs in {', '.join(sorted(allowed))}"
        if room in PURE_ROOMS:
            code = re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"", "", text, flags=re.S)
            for call in IMPURE.findall(code):
                yield f"{rel}: {room} is pure, but calls {call}()"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(problems(root))
    for line in found:
        print(line)
    print(f"layers: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
