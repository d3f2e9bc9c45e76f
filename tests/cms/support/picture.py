# SPDX-License-Identifier: Apache-2.0
"""A picture that no compression makes small: noise, as a PNG of a wanted size."""
import random
import struct
import zlib

SIDE = 2290  # pixels: below WordPress's threshold of 2560 for scaling a picture down


def png(seed):
    """At least 20 MiB: SIDE × SIDE pixels of 4 bytes, stored. The same seed gives the same bytes."""
    row_bytes = 4 * SIDE
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(row_bytes) for _ in range(SIDE))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows, 0)), _chunk(b"IEND", b""))
    )


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
