# SPDX-License-Identifier: Apache-2.0
"""Reads cases/malformed_h1.tsv, whose head says what its columns and its notation are."""
import collections
import pathlib
import re

Row = collections.namedtuple("Row", "name wants request arrives")
Arrival = collections.namedtuple("Arrival", "line headers body")

PIECE = re.compile(r"\\x([0-9a-f]{2})|\\([prnt\\])|(\{\{|\}\})|\{(\d+)\*(.*?)(?<!\})\}(?!\})|(\|)|(.)")
PLAIN = {"p": b"|", "r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
# Written anew, judged apart from what is passed on as it came: RFC 9110 §7.6.1, and the message's framing.
REWRITTEN = {"connection", "keep-alive", "proxy-connection", "te", "content-length", "transfer-encoding", "expect"}


def decode(text):
    def piece(match):
        byte, escape, brace, count, repeated, line_end, plain = match.groups()
        if byte:
            return bytes([int(byte, 16)])
        if escape:
            return PLAIN[escape]
        if brace:
            return brace[:1].encode()
        if count:
            return decode(repeated) * int(count)
        return b"\r\n" if line_end else plain.encode("latin-1")
    return b"".join(map(piece, PIECE.finditer(text)))


def kept(headers):
    return sorted((name.lower(), value) for name, value in headers if name.lower() not in REWRITTEN)


def arrival(message):
    """What a message without its version and framing says: "GET /", sorted headers, body."""
    head, _, body = message.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = [tuple(part.strip(" \t") for part in field.split(":", 1)) for field in fields if field != "*"]
    return Arrival(" ".join(line.split(" ")[:2]), None if "*" in fields else kept(headers), body)


def rows(path):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith("#"):
            continue
        name, wants, request, arrives, *_ = line.split("\t") + [""]
        message = decode(request)
        expected = arrival(message if arrives == "=" else decode(arrives)) if arrives and arrives != "cut" else None
        yield Row(name, wants.split("/"), message, "cut" if arrives == "cut" else expected)
