# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 in raw frames (RFC 9113), for what no well-behaved library would send. Frames are bytes; a header block is
encoded without the dynamic table unless it is made by hand."""
import collections
import ssl
import struct

import hpack

from . import h1, net

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY_FLAG = 0x1, 0x1, 0x4, 0x8, 0x20
ERRORS = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
          "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY "
          "HTTP_1_1_REQUIRED")
Error = collections.namedtuple("Error", ERRORS.split())(*range(14))

Frame = collections.namedtuple("Frame", "kind flags stream payload")
GET = [(":method", "GET"), (":scheme", "https"), (":authority", "a.test"), (":path", "/")]
POST = [(":method", "POST"), *GET[1:]]


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    return struct.pack(">I", length if length is not None else len(payload))[1:] + \
        struct.pack(">BBI", kind, flags, stream) + payload


def encode(*fields):
    """A header block of literals never indexed, no Huffman: says the same on every connection, at every time."""
    def text(value):
        raw = value.encode("latin-1") if isinstance(value, str) else value
        return integer(len(raw), 7) + raw
    return b"".join(b"\x10" + text(name) + text(value) for name, value in fields)


def integer(value, bits, first=0):
    """RFC 7541 §5.1."""
    top = (1 << bits) - 1
    if value < top:
        return bytes([first | value])
    out, value = [first | top], value - top
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out + [value])


def headers(stream, fields=GET, flags=END_STREAM | END_HEADERS):
    """`fields`: a list to encode, or a block as bytes."""
    block = fields if isinstance(fields, bytes) else encode(*fields)
    return frame(HEADERS, flags, stream, block)


def data(stream, payload=b"", end=True):
    return frame(DATA, END_STREAM if end else 0, stream, payload)


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def rst_stream(stream, code=Error.CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def ping(payload=b"flowtest", flags=0):
    return frame(PING, flags, 0, payload)


def context():
    made = h1.context(alpn=("h2",))
    made.options |= ssl.OP_NO_RENEGOTIATION
    return made


class Response:
    def __init__(self):
        self.headers, self.trailers, self.body, self.ended, self.reset = [], [], b"", False, None
        self.interim = []

    @property
    def status(self):
        return int(dict(self.headers)[":status"]) if self.headers else None


class Session:
    """`greet`: send the preface and `given` SETTINGS at once. `responses` fills as frames come; `goaway` is the error
    code once the proxy sent one; `closed` once the connection ended. `source`: our own address."""

    def __init__(self, proxy, given=(), greet=True, timeout=10, tls=None, source=None):
        self.sock = net.dial(proxy.tls, timeout, source)
        self.sock = (tls or context()).wrap_socket(self.sock, server_hostname="a.test")
        assert self.sock.selected_alpn_protocol() == "h2"
        self.decoder, self._held, self._block, self._block_end = hpack.Decoder(), b"", None, False
        self.decoder.max_allowed_table_size = 65536
        self.responses, self.frames, self.settings, self.largest = {}, [], {}, 0
        self.goaway, self.last_stream, self.closed, self.settings_acks, self.pongs = None, None, False, 0, []
        self.windows = True  # give back the window as DATA comes
        if greet:
            self.send(PREFACE, settings(*given))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *frames):
        """Nothing is raised when the proxy closed: what it said before tells more."""
        try:
            self.sock.sendall(b"".join(frames))
            return True
        except (OSError, ssl.SSLError):
            return False

    def request(self, stream=1, fields=GET, body=None):
        self.send(headers(stream, fields, END_HEADERS | (END_STREAM if body is None else 0)))
        if body is not None:
            self.send(data(stream, body))
        return self.wait(stream)

    def wait(self, stream, seconds=10):
        """The response on `stream` once it ended or was reset, or the connection with it."""
        self.until(lambda: self.closed or self.of(stream).ended or self.of(stream).reset is not None, seconds)
        return self.of(stream)

    def of(self, stream):
        return self.responses.setdefault(stream, Response())

    def until(self, condition, seconds=10):
        """Takes frames until the condition holds. AssertionError when `seconds` pass without a frame."""
        self.sock.settimeout(seconds)
        while not condition() and not self.closed:
            self.take()
        return condition()

    def take(self):
        """One frame; None at the end of the connection."""
        while len(self._held) < 9 or len(self._held) < 9 + int.from_bytes(self._held[:3], "big"):
            try:
                more = self.sock.recv(262144)
            except TimeoutError:
                said = [one[:3] for one in self.frames[-10:]]
                raise AssertionError(f"no frame in {self.sock.gettimeout()} s, after {said}") from None
            except OSError:
                more = b""
            if not more:
                self.closed = True
                return None
            self._held += more
        length = int.from_bytes(self._held[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self._held[3:9])
        one = Frame(kind, flags, stream & 0x7fffffff, self._held[9:9 + length])
        self._held = self._held[9 + length:]
        self.largest = max(self.largest, length)
        self.frames.append(one._replace(payload=b"") if kind == DATA else one)
        HANDLERS.get(kind, lambda *_: None)(self, one)
        return one

    # What the proxy sends.

    def on_headers(self, one):
        assert not one.flags & (PADDED | PRIORITY_FLAG)
        self._block, self._block_end = (one.stream, one.payload), bool(one.flags & END_STREAM)
        self.block_ended(one)

    def on_continuation(self, one):
        assert self._block and self._block[0] == one.stream
        self._block = one.stream, self._block[1] + one.payload
        self.block_ended(one)

    def block_ended(self, one):
        if not one.flags & END_HEADERS:
            return
        fields = [(name.decode("latin-1"), value.decode("latin-1"))
                  for name, value in self.decoder.decode(self._block[1], raw=True)]
        response = self.of(one.stream)
        self._block = None
        status = dict(fields).get(":status")
        if status and status.startswith("1"):
            response.interim.append(fields)
        elif response.headers:
            response.trailers = fields
        else:
            response.headers = fields
        response.ended = response.ended or self._block_end

    def on_data(self, one):
        response = self.of(one.stream)
        assert response.headers and not response.ended and not one.flags & PADDED
        response.body += one.payload
        response.ended = bool(one.flags & END_STREAM)
        if self.windows and one.payload:
            self.send(window_update(0, len(one.payload)), b"" if response.ended else
                      window_update(one.stream, len(one.payload)))

    def on_settings(self, one):
        if one.flags & ACK:
            self.settings_acks += 1
            return
        for at in range(0, len(one.payload), 6):
            key, value = struct.unpack(">HI", one.payload[at:at + 6])
            self.settings[key] = value
        self.send(frame(SETTINGS, ACK))

    def on_ping(self, one):
        if one.flags & ACK:
            self.pongs.append(one.payload)
        else:
            self.send(ping(one.payload, ACK))

    def on_reset(self, one):
        self.of(one.stream).reset = struct.unpack(">I", one.payload)[0]

    def on_goaway(self, one):
        self.last_stream, self.goaway = struct.unpack(">II", one.payload[:8])


HANDLERS = {HEADERS: Session.on_headers, CONTINUATION: Session.on_continuation, DATA: Session.on_data,
            SETTINGS: Session.on_settings, PING: Session.on_ping, RST_STREAM: Session.on_reset,
            GOAWAY: Session.on_goaway}
