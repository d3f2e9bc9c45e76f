# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 §3.4, §4, §6: the preface, frame sizes, and what each kind of frame may hold. A case is (what, steps,
outcome); steps are bytes or functions of the session."""
import struct

from support.h2c import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, PADDED, PING, POST,
                         PRIORITY, PRIORITY_FLAG, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, Error, data,
                         encode, frame, headers, ping, rst_stream, settings, window_update)
from support.outcome import alive, connection, either, served, stream_error

PROTOCOL, SIZE, FLOW = Error.PROTOCOL_ERROR, Error.FRAME_SIZE_ERROR, Error.FLOW_CONTROL_ERROR
OPEN = headers(1, POST, END_HEADERS)
BLOCK = encode(*GET)
LAST = 2**31 - 1


def block_of(size):
    """A header block of exactly `size` bytes."""
    return encode(*GET, ("x-a", "b" * (size - len(BLOCK) - len(encode(("x-a", "b" * 200))) + 200 - 1)))


FORMAT = [
    ("4.1 a frame of unknown kind is ignored", [frame(0xfe, 0xff, 0, b"what"), headers(1)], served()),
    ("4.1 and one on a stream", [headers(1, POST, END_HEADERS), frame(0xfe, 0, 1, b"what"), data(1)], served()),
    ("4.1 undefined flags are ignored", [frame(PING, 0xf6, 0, b"12345678"), headers(1)], served()),
    ("4.1 the reserved bit is ignored", [frame(PING, 0, 0x80000000, b"12345678"), headers(1)], served()),
    ("4.2 DATA of 16384 bytes", [OPEN, data(1, b"x" * 16384)], served(body=b"x" * 16384)),
    ("4.2 HEADERS of 16384 bytes", [headers(1, block_of(16384))], served()),
    ("4.2 DATA too large", [OPEN, data(1, b"x" * 16385)], stream_error(SIZE)),
    ("4.2 HEADERS too large", [headers(1, block_of(16385))], connection(SIZE)),
    ("4.2 CONTINUATION too large", [headers(1, b"", END_STREAM), frame(CONTINUATION, END_HEADERS, 1, block_of(16385))],
     connection(SIZE)),
    ("4.2 SETTINGS too large", [frame(SETTINGS, 0, 0, b"\0\x0a\0\0\0\0" * 2731)], connection(SIZE)),
    ("4.2 unknown frame too large", [frame(0xfe, 0, 0, b"x" * 16385)], either(connection(SIZE), alive)),
    ("4.2 a length of 2^24 - 1", [frame(0xfe, 0, 0, b"", 2**24 - 1)], connection(SIZE)),
    ("5.5 unknown frame within a header block", [headers(1, BLOCK, END_STREAM), frame(0xfe, 0, 1, b"x")],
     connection(PROTOCOL)),
]
DATA_FRAMES = [
    ("6.1 DATA on stream 0", [frame(DATA, 0, 0, b"x")], connection(PROTOCOL)),
    ("6.1 padding is taken away", [OPEN, frame(DATA, END_STREAM | PADDED, 1, b"\x04hello\0\0\0\0")],
     served(body=b"hello")),
    ("6.1 padding alone", [OPEN, frame(DATA, END_STREAM | PADDED, 1, b"\x04\0\0\0\0")], served(body=b"")),
    ("6.1 padding of none", [OPEN, frame(DATA, END_STREAM | PADDED, 1, b"\0hello")], served(body=b"hello")),
    ("6.1 padding as long as the payload", [OPEN, frame(DATA, END_STREAM | PADDED, 1, b"\x06hello")],
     connection(PROTOCOL)),
    ("6.1 padding far too long", [OPEN, frame(DATA, END_STREAM | PADDED, 1, b"\xffhello")], connection(PROTOCOL)),
    ("6.1 padded without a length", [OPEN, frame(DATA, END_STREAM | PADDED, 1)], connection(SIZE, PROTOCOL)),
]
HEADERS_FRAMES = [
    ("6.2 HEADERS on stream 0", [headers(0)], connection(PROTOCOL)),
    ("6.2 padded", [headers(1, b"\x04" + BLOCK + b"\0\0\0\0", END_STREAM | END_HEADERS | PADDED)], served()),
    ("6.2 padding too long", [headers(1, b"\xff" + BLOCK, END_STREAM | END_HEADERS | PADDED)], connection(PROTOCOL)),
    ("6.2 padded without a length", [headers(1, b"", END_STREAM | END_HEADERS | PADDED)], connection(SIZE, PROTOCOL)),
    ("6.2 with priority", [headers(1, b"\0\0\0\0\x10" + BLOCK, END_STREAM | END_HEADERS | PRIORITY_FLAG)], served()),
    ("6.2 with priority, padded", [headers(1, b"\x02\0\0\0\0\x10" + BLOCK + b"\0\0", 0x2d)], served()),
    ("6.2 priority cut", [headers(1, b"\0\0\0", END_STREAM | END_HEADERS | PRIORITY_FLAG)], connection(SIZE, PROTOCOL)),
    ("6.2 padding over the priority", [headers(1, b"\x06\0\0\0\0\x10x", 0x2d)], connection(SIZE, PROTOCOL)),
    ("6.2 depends on itself", [headers(1, b"\0\0\0\1\x10" + BLOCK, END_STREAM | END_HEADERS | PRIORITY_FLAG)],
     either(stream_error(PROTOCOL), served())),
    ("6.2 another stream's HEADERS within a block", [headers(1, BLOCK, END_STREAM), headers(3)], connection(PROTOCOL)),
    ("6.2 DATA within a block", [headers(1, BLOCK, 0), data(1)], connection(PROTOCOL)),
    ("6.2 PING within a block", [headers(1, BLOCK, END_STREAM), ping()], connection(PROTOCOL)),
    ("6.2 PRIORITY within a block", [headers(1, BLOCK, END_STREAM), frame(PRIORITY, 0, 1, b"\0\0\0\0\1")],
     connection(PROTOCOL)),
    ("6.2 SETTINGS within a block", [headers(1, BLOCK, END_STREAM), settings()], connection(PROTOCOL)),
]
PRIORITY_FRAMES = [
    ("6.3 PRIORITY on an idle stream", [frame(PRIORITY, 0, 3, b"\0\0\0\0\1"), headers(5)], served(5)),
    ("6.3 PRIORITY on stream 0", [frame(PRIORITY, 0, 0, b"\0\0\0\1\1")], connection(PROTOCOL)),
    ("6.3 PRIORITY of 4 bytes", [OPEN, frame(PRIORITY, 0, 1, b"\0\0\0\0")], stream_error(SIZE)),
    ("6.3 PRIORITY of 6 bytes", [OPEN, frame(PRIORITY, 0, 1, b"\0\0\0\0\0\0")], stream_error(SIZE)),
    ("6.3 depends on itself", [OPEN, frame(PRIORITY, 0, 1, b"\0\0\0\1\x10"), data(1)],
     either(stream_error(PROTOCOL), served())),
    ("6.3 exclusive", [frame(PRIORITY, 0, 3, b"\x80\0\0\1\xff"), headers(5)], served(5)),
]
RST_FRAMES = [
    ("6.4 RST_STREAM on stream 0", [rst_stream(0)], connection(PROTOCOL)),
    ("6.4 RST_STREAM on an idle stream", [rst_stream(1)], connection(PROTOCOL)),
    ("6.4 RST_STREAM of 3 bytes", [OPEN, frame(RST_STREAM, 0, 1, b"\0\0\0")], connection(SIZE)),
    ("6.4 RST_STREAM of 5 bytes", [OPEN, frame(RST_STREAM, 0, 1, b"\0\0\0\0\0")], connection(SIZE)),
    ("7 RST_STREAM of unknown code", [OPEN, rst_stream(1, 0xdead), headers(3)], served(3)),
]
SETTINGS_FRAMES = [
    ("6.5 empty SETTINGS are acknowledged", [settings(), lambda s: s.until(lambda: s.settings_acks == 2)], alive),
    ("6.5 ACK with a payload", [frame(SETTINGS, ACK, 0, b"\0\4\0\0\0\0")], connection(SIZE)),
    ("6.5 on a stream", [frame(SETTINGS, 0, 1)], connection(PROTOCOL)),
    ("6.5 of 3 bytes", [frame(SETTINGS, 0, 0, b"\0\4\0")], connection(SIZE)),
    ("6.5 of 7 bytes", [frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0\0")], connection(SIZE)),
    ("6.5.2 ENABLE_PUSH 2", [settings((2, 2))], connection(PROTOCOL)),
    ("6.5.2 ENABLE_PUSH 0", [settings((2, 0)), headers(1)], served()),
    ("6.5.2 INITIAL_WINDOW_SIZE 2^31", [settings((4, 2**31))], connection(FLOW)),
    ("6.5.2 INITIAL_WINDOW_SIZE 2^31 - 1", [settings((4, LAST)), headers(1)], served()),
    ("6.5.2 MAX_FRAME_SIZE 16383", [settings((5, 16383))], connection(PROTOCOL)),
    ("6.5.2 MAX_FRAME_SIZE 2^24", [settings((5, 2**24))], connection(PROTOCOL)),
    ("6.5.2 MAX_FRAME_SIZE 2^24 - 1", [settings((5, 2**24 - 1)), headers(1)], served()),
    ("6.5.2 HEADER_TABLE_SIZE 0", [settings((1, 0)), headers(1)], served()),
    ("6.5.2 HEADER_TABLE_SIZE 2^32 - 1", [settings((1, 2**32 - 1)), headers(1)], served()),
    ("6.5.2 MAX_CONCURRENT_STREAMS 0", [settings((3, 0)), headers(1)], served()),
    ("6.5.2 an unknown setting", [settings((0xfff0, 7)), headers(1)], served()),
    ("6.5.3 the last of a repeated setting", [settings((4, 1), (4, 70000)), headers(1)], served()),
    ("6.5 ACK that nobody waits for", [frame(SETTINGS, ACK), frame(SETTINGS, ACK)],
     either(alive, connection(PROTOCOL))),
]
OTHER_FRAMES = [
    ("6.6 PUSH_PROMISE from a client", [frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + BLOCK)],
     connection(PROTOCOL)),
    ("6.6 on an open stream", [OPEN, frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + BLOCK)], connection(PROTOCOL)),
    ("6.7 PING is answered in kind", [ping(b"\0\xff\1\xfe\2\xfd\3\xfc"),
                                      lambda s: s.until(lambda: b"\0\xff\1\xfe\2\xfd\3\xfc" in s.pongs)], alive),
    ("6.7 an answer to no PING", [ping(flags=ACK)], alive),
    ("6.7 PING on a stream", [frame(PING, 0, 1, b"12345678")], connection(PROTOCOL)),
    ("6.7 PING of 7 bytes", [ping(b"1234567")], connection(SIZE)),
    ("6.7 PING of 9 bytes", [ping(b"123456789")], connection(SIZE)),
    ("6.7 PING of none", [ping(b"")], connection(SIZE)),
    ("6.8 GOAWAY on a stream", [frame(GOAWAY, 0, 1, b"\0" * 8)], connection(PROTOCOL)),
    ("6.8 GOAWAY of 7 bytes", [frame(GOAWAY, 0, 0, b"\0" * 7)], connection(SIZE, PROTOCOL)),
    ("6.8 GOAWAY lets what runs end", [OPEN, frame(GOAWAY, 0, 0, b"\0" * 8), data(1)], served()),
    ("7 GOAWAY of unknown code", [OPEN, frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0xdead)), data(1)], served()),
]
WINDOW_FRAMES = [
    ("6.9 WINDOW_UPDATE of 0 for the connection", [window_update(0, 0)], connection(PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 0 for a stream", [OPEN, window_update(1, 0)], stream_error(PROTOCOL)),
    ("6.9 WINDOW_UPDATE of 3 bytes", [frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")], connection(SIZE)),
    ("6.9 WINDOW_UPDATE of 5 bytes", [frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0\1")], connection(SIZE)),
    ("6.9 WINDOW_UPDATE on an idle stream", [window_update(1, 1)], connection(PROTOCOL)),
    ("6.9 reserved bit of the increment", [window_update(0, 0x80000001), headers(1)], served()),
    ("6.9.1 the connection's window overflows", [window_update(0, LAST)], connection(FLOW)),
    ("6.9.1 in two steps", [window_update(0, LAST - 65535), window_update(0, 1)], connection(FLOW)),
    ("6.9.1 filled to the brim", [window_update(0, LAST - 65535), headers(1)], served()),
    ("6.9.1 a stream's window overflows", [OPEN, window_update(1, LAST)], stream_error(FLOW)),
    ("6.9.2 SETTINGS overflow a stream's window", [OPEN, window_update(1, LAST - 65535), settings((4, 65536))],
     stream_error(FLOW)),
]
CONTINUATIONS = [
    ("6.10 a block in three", [headers(1, BLOCK[:5], END_STREAM), frame(CONTINUATION, 0, 1, BLOCK[5:9]),
                               frame(CONTINUATION, END_HEADERS, 1, BLOCK[9:])], served()),
    ("6.10 a block byte by byte", [headers(1, b"", END_STREAM), *(frame(CONTINUATION, 0, 1, BLOCK[at:at + 1])
                                                                  for at in range(6)),
                                   frame(CONTINUATION, END_HEADERS, 1, BLOCK[6:])], served()),
    ("6.10 CONTINUATION of nothing", [frame(CONTINUATION, END_HEADERS, 1, BLOCK)], connection(PROTOCOL)),
    ("6.10 CONTINUATION on stream 0", [headers(1, BLOCK, END_STREAM), frame(CONTINUATION, END_HEADERS, 0)],
     connection(PROTOCOL)),
    ("6.10 of another stream", [headers(1, BLOCK, END_STREAM), frame(CONTINUATION, END_HEADERS, 3)],
     connection(PROTOCOL)),
    ("6.10 after the block's end", [OPEN, frame(CONTINUATION, END_HEADERS, 1)], connection(PROTOCOL)),
    ("6.10 after CONTINUATION that ended it", [headers(1, BLOCK, 0), frame(CONTINUATION, END_HEADERS, 1),
                                               frame(CONTINUATION, END_HEADERS, 1)],
     connection(PROTOCOL, Error.STREAM_CLOSED)),
    ("6.10 after DATA", [OPEN, data(1, b"x", False), frame(CONTINUATION, END_HEADERS, 1)], connection(PROTOCOL)),
    ("8.1 trailers in two frames", [OPEN, data(1, b"x", False), headers(1, encode(("x-t", "1"))[:3], END_STREAM),
                                    frame(CONTINUATION, END_HEADERS, 1, encode(("x-t", "1"))[3:])], served(body=b"x")),
]
CASES = (FORMAT + DATA_FRAMES + HEADERS_FRAMES + PRIORITY_FRAMES + RST_FRAMES + SETTINGS_FRAMES + OTHER_FRAMES +
         WINDOW_FRAMES + CONTINUATIONS)
