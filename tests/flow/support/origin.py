# SPDX-License-Identifier: Apache-2.0
"""An origin that writes down every byte it receives, accepts nothing but unambiguous HTTP/1.1, and answers as a test
tells it. Whatever arrives in any other form ends in `malformed`, which the fixture asserts to be empty."""
import re
import socket
import ssl
import threading

from . import net

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") (/[!-\"$-~]*|\*) HTTP/1\.1")
FIELD = re.compile(rb"(" + TOKEN + rb"): "
                   rb"((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)|(" + TOKEN + rb"): ?")
RECORDED_MAX = 1 << 20  # bytes of one connection that are kept; more is read and forgotten


class Malformed(Exception):
    pass


class Gone(Exception):
    """The proxy closed between two requests, or in the midst of one."""


class Request:
    def __init__(self, connection, head):
        self.connection = connection
        self.raw = head
        line, *fields = head.split(b"\r\n")
        match = REQUEST_LINE.fullmatch(line)
        if not match:
            raise Malformed(f"request line {line!r}")
        self.method, self.target = (part.decode() for part in match.groups())
        self.headers = [self._field(field) for field in fields]
        self.body, self.trailers, self.whole = b"", [], False
        self.length, self.chunked = self._framing()

    @staticmethod
    def _field(line):
        match = FIELD.fullmatch(line)
        if not match:
            raise Malformed(f"header line {line!r}")
        return (match[1] or match[3]).decode().lower(), (match[2] or b"").decode("latin-1")

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    def _framing(self):
        lengths, codings = self.all("content-length"), self.all("transfer-encoding")
        if len(self.all("host")) != 1:
            raise Malformed(f"Host: {self.all('host')}")
        if len(lengths) + len(codings) > 1:
            raise Malformed(f"lengths {lengths}, codings {codings}")
        if lengths and not re.fullmatch(r"[0-9]{1,19}", lengths[0]):
            raise Malformed(f"length {lengths}")
        if codings and codings != ["chunked"]:
            raise Malformed(f"coding {codings}")
        return int(lengths[0]) if lengths else 0, bool(codings)


class Connection:
    """One accepted connection: `received` is what came, byte for byte."""

    def __init__(self, number, sock):
        self.number, self.sock, self.received, self._held = number, sock, b"", b""

    def _more(self):
        try:
            data = self.sock.recv(262144)
        except (OSError, ValueError) as error:
            raise Gone from error
        if not data:
            raise Gone
        if len(self.received) < RECORDED_MAX:
            self.received += data
        self._held += data

    def until(self, mark, most=262144):
        while mark not in self._held:
            if len(self._held) > most:
                raise Malformed(f"no {mark!r} within {most} bytes")
            self._more()
        part, self._held = self._held.split(mark, 1)
        return part

    def pieces(self, count):
        while count:
            if not self._held:
                self._more()
            piece, self._held = self._held[:count], self._held[count:]
            count -= len(piece)
            yield piece

    def body(self, request):
        """The request's body in pieces as they come; trailers are in the request after the last."""
        if not request.chunked:
            yield from self.pieces(request.length)
            request.whole = True
            return
        while True:
            size = self.until(b"\r\n")
            if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", size):
                raise Malformed(f"chunk size {size!r}")
            if int(size, 16) == 0:
                break
            yield from self.pieces(int(size, 16))
            if b"".join(self.pieces(2)) != b"\r\n":
                raise Malformed("chunk not ended by CR LF")
        while line := self.until(b"\r\n"):
            request.trailers.append(Request._field(line))
        request.whole = True

    def send(self, *parts):
        self.sock.sendall(b"".join(part.encode("latin-1") if isinstance(part, str) else part for part in parts))

    def read(self):
        """Whatever comes next, raw (for upgraded connections)."""
        if not self._held:
            self._more()
        data, self._held = self._held, b""
        return data


def answer(status="200 OK", body=b"origin\n", *fields):
    """A handler that gives one fixed answer."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: text/plain", *fields]
    head = "\r\n".join(lines) + "\r\n\r\n"

    def handler(request, connection):
        connection.send(head, b"" if request.method == "HEAD" else body)
    return handler


def streaming(handler):
    """Marks a handler that reads the body itself (`connection.body(request)`)."""
    handler.streaming = True
    return handler


class Origin:
    """`routes` maps a path (without query) to handler(request, connection). A handler that answers False closes the
    connection. The handler runs on the connection's own thread. `name` stands in the URL instead of the address."""

    def __init__(self, tls=None, unix=None, host=net.HOST, port=0, name=None):
        self.routes, self.default = {}, answer()
        self.requests, self.malformed, self.connections = [], [], []
        self._tls, self._unix, self._address, self._name = tls, unix, (host, port), name
        self._lock, self._live, self._listener = threading.Lock(), set(), None
        self.open()

    def open(self):
        self._listener = socket.socket(socket.AF_UNIX if self._unix else socket.AF_INET)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):  # that back-pressure shows soon, whatever the kernel allows
            self._listener.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        self._listener.bind(self._unix or self._address)
        self._listener.listen(1024)
        if not self._unix:
            self._address = self._listener.getsockname()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def port(self):
        return self._address[1]

    @property
    def url(self):
        if self._unix:
            return f"unix:{self._unix}"
        return f"{'https' if self._tls else 'http'}://{self._name or self._address[0]}:{self.port}"

    @property
    def open_connections(self):
        return len(self._live)

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            if not self._unix:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            return sock.close()
        with self._lock:
            connection = Connection(len(self.connections), sock)
            self.connections.append(connection)
            self._live.add(sock)
        try:
            while self._one(connection) is not False:
                pass
        except (Gone, OSError):
            pass
        except Malformed as why:
            self.malformed.append(f"{why} in {connection.received!r}")
        finally:
            self._live.discard(sock)
            sock.close()

    def _one(self, connection):
        request = Request(connection.number, connection.until(b"\r\n\r\n"))
        handler = self.routes.get(request.target.split("?")[0], self.default)
        with self._lock:
            self.requests.append(request)
        if not getattr(handler, "streaming", False):
            if request.get("expect") == "100-continue":
                connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            request.body = b"".join(connection.body(request))
        return handler(request, connection)

    def seen(self, path):
        """Requests for `path` (without query) so far."""
        return [request for request in list(self.requests) if request.target.split("?")[0] == path]

    def wait(self, path, count=1, seconds=10):
        net.wait_until(lambda: len(self.seen(path)) >= count, seconds, f"{count} requests for {path} at the origin")
        return self.seen(path)

    def close(self):
        """Stops listening and resets what is open; `open` brings it back on the same port."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def hang_up(self):
        for sock in list(self._live):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
