# SPDX-License-Identifier: Apache-2.0
"""A raw HTTP/1 client: sends the bytes it is given, reads answers strictly."""
import re
import ssl

from . import net

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\t -~\x80-\xff]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


class Cut(AssertionError):
    """The connection ended before the answer was whole; `begun`: after some bytes of it."""

    def __init__(self, why, held):
        super().__init__(f"{why} after {held[:400]!r}")
        self.begun = bool(held)


class Response:
    def __init__(self, head):
        line, *fields = head.split(b"\r\n")
        match = STATUS_LINE.fullmatch(line)
        assert match, f"status line {line!r}"
        self.status = int(match[1])
        self.headers, self.trailers, self.body = [field(one) for one in fields], [], b""

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


def field(line):
    match = FIELD.fullmatch(line)
    assert match, f"header line {line!r}"
    return match[1].decode().lower(), match[2].decode("latin-1")


def context(authority=None, alpn=("http/1.1",), least=None, most=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        made.load_verify_locations(authority)
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if alpn:
        made.set_alpn_protocols(list(alpn))
    made.minimum_version = least or made.minimum_version
    made.maximum_version = most or made.maximum_version
    return made


class Client:
    """`address`: (host, port) or a unix path. `tls`: an SSLContext or None. `first`: bytes before any TLS.
    `receive`: bytes of the socket's receive buffer."""

    def __init__(self, address, tls=None, name="a.test", timeout=10, first=b"", source=None, session=None,
                 receive=None):
        self.sock = net.dial(address, timeout, source, receive)
        self._held = b""
        if first:
            self.sock.sendall(first)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname=name, session=session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *parts):
        self.sock.sendall(b"".join(part.encode("latin-1") if isinstance(part, str) else part for part in parts))

    def get(self, path="/", *fields, method="GET", host="a.test"):
        """Sends a request without a body and reads its answer."""
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]), "\r\n\r\n")
        return self.response(method)

    def post(self, path, body, *fields):
        self.send(f"POST {path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: {len(body)}\r\n",
                  *(line + "\r\n" for line in fields), "\r\n", body)
        return self.response("POST")

    def _more(self):
        try:
            data = self.sock.recv(262144)
        except ConnectionError as error:
            raise Cut(error, self._held) from error
        if not data:
            raise Cut("closed", self._held)
        self._held += data

    def until(self, mark):
        while mark not in self._held:
            self._more()
        part, self._held = self._held.split(mark, 1)
        return part

    def some(self):
        """Whatever comes next."""
        if not self._held:
            self._more()
        data, self._held = self._held, b""
        return data

    def exactly(self, count):
        parts = []
        while count:
            if not self._held:
                self._more()
            parts.append(self._held[:count])
            self._held = self._held[count:]
            count -= len(parts[-1])
        return b"".join(parts)

    def head(self):
        return Response(self.until(b"\r\n\r\n"))

    def chunks(self, response):
        while True:
            size = int(self.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                break
            yield self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        while line := self.until(b"\r\n"):
            response.trailers.append(field(line))

    def response(self, method="GET", interim=None):
        """The final answer, whole. Interim ones go to the list `interim`, or fail."""
        response = self.head()
        while response.status < 200 and response.status != 101:
            assert interim is not None, f"unexpected {response.status}"
            interim.append(response)
            response = self.head()
        self.finish(response, method)
        return response

    def finish(self, response, method="GET"):
        assert len(response.all("content-length")) + len(response.all("transfer-encoding")) <= 1
        if method == "HEAD" or response.status in (101, 204, 304):
            return
        if response.get("transfer-encoding"):
            assert response.get("transfer-encoding") == "chunked"
            response.body = b"".join(self.chunks(response))
        elif response.get("content-length") is not None:
            response.body = self.exactly(int(response.get("content-length")))
        else:
            response.body = self.rest()

    def rest(self):
        """All that comes until the peer closes; a reset counts as the end."""
        parts = [self._held]
        self._held = b""
        try:
            while data := self.sock.recv(262144):
                parts.append(data)
        except ConnectionError:
            pass
        return b"".join(parts)

    def ended(self, seconds=10):
        """True when the peer closes within `seconds` without another byte."""
        self.sock.settimeout(seconds)
        try:
            return not self._held and self.sock.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False
