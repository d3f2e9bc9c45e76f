# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 §8: what makes a request malformed, and what does not; extended CONNECT (RFC 8441) without a bootstrap."""
from support.h2c import END_HEADERS, END_STREAM, GET, POST, Error, data, headers
from support.outcome import connection, either, malformed, served


def changed(name, value, base=GET):
    """The request with one field's value changed; None leaves the field out."""
    return [(key, value if key == name else old) for key, old in base if key != name or value is not None]


def get(*more, base=GET):
    return [headers(1, [*base, *more])]


def post(*more, bodies=(b"hello",)):
    last = len(bodies) - 1
    return [headers(1, [*POST, *more], END_HEADERS), *(data(1, body, at == last) for at, body in enumerate(bodies))]


def first(*fields):
    """Fields before the request's own."""
    return [headers(1, [*fields, *GET])]


def trailers(*fields, flags=END_STREAM | END_HEADERS):
    return [headers(1, POST, END_HEADERS), data(1, b"hello", False), headers(1, list(fields), flags)]


REFUSE = malformed()
REFUSE_METHOD = malformed(statuses=(400, 405, 501))
TRAILERS = [
    ("8.1 trailers", trailers(("x-check", "1")), served(body=b"hello")),
    ("8.1 trailers without END_STREAM", trailers(("x-check", "1"), flags=END_HEADERS), REFUSE),
    ("8.1 trailers with a pseudo-header", trailers((":path", "/x")), REFUSE),
    ("8.1 trailers with :status", trailers((":status", "200")), REFUSE),
    ("8.1 trailers with an upper-case name", trailers(("X-Check", "1")), REFUSE),
    ("8.1 trailers with Connection", trailers(("connection", "close")), REFUSE),
    ("8.1 trailers with Transfer-Encoding", trailers(("transfer-encoding", "chunked")), REFUSE),
]
BAD_NAMES = {"an upper-case letter": "X-a", "a space": "x a", "a colon": "x:a", "NUL": "x\0a", "a line feed": "x\na",
             "a carriage return": "x\ra", "a byte past ASCII": "x\xc9", "a delete byte": "x\x7f", "nothing": "",
             "a bracket": "x[a", "a tab": "x\ta", "a quote": 'x"'}
BAD_VALUES = {"NUL": "a\0b", "a line feed": "a\nb", "a carriage return": "a\rb", "a smuggled header": "a\r\nx-b: c",
              "a blank before": " a", "a blank behind": "a ", "a tab before": "\ta", "a tab behind": "a\t"}
FIELDS = [(f"8.2.1 a name with {what}", get((name, "b")), REFUSE) for what, name in BAD_NAMES.items()] + \
         [(f"8.2.1 a value with {what}", get(("x-a", value)), REFUSE) for what, value in BAD_VALUES.items()] + [
    ("8.2.1 an inner blank and tab", get(("x-a", "b \tc")), served(headers=[("x-a", "b \tc")])),
    ("8.2.1 an empty value", get(("x-a", "")), served(headers=[("x-a", "")])),
    ("8.2.1 bytes past ASCII in a value", get(("x-a", "\xc3\xa9")), served(headers=[("x-a", "\xc3\xa9")])),
    ("8.2.2 Connection", get(("connection", "close")), REFUSE),
    ("8.2.2 Connection keep-alive", get(("connection", "keep-alive")), REFUSE),
    ("8.2.2 Proxy-Connection", get(("proxy-connection", "close")), REFUSE),
    ("8.2.2 Keep-Alive", get(("keep-alive", "timeout=5")), REFUSE),
    ("8.2.2 Transfer-Encoding", get(("transfer-encoding", "chunked")), REFUSE),
    ("8.2.2 Transfer-Encoding with a body", post(("transfer-encoding", "chunked"), bodies=[b"0\r\n\r\n"]), REFUSE),
    ("8.2.2 Upgrade", get(("upgrade", "websocket")), REFUSE),
    ("8.2.2 TE trailers", get(("te", "trailers")), served()),
    ("8.2.2 TE of anything else", get(("te", "gzip")), REFUSE),
    ("8.2.2 TE trailers and more", get(("te", "trailers, deflate;q=0.5")), REFUSE),
    ("8.2.3 cookies are joined", get(("cookie", "a=1"), ("x-a", "b"), ("cookie", "b=2")),
     served(headers=[("cookie", "a=1; b=2")])),
]
PSEUDO = [
    ("8.3 a pseudo-header after a header", first(("x-a", "b")), REFUSE),
    ("8.3 an unknown pseudo-header", first((":test", "b")), REFUSE),
    ("8.3 :status in a request", first((":status", "200")), REFUSE),
    ("8.3 a pseudo-header of no name", first((":", "b")), REFUSE),
    ("8.3 a pseudo-header in capitals", get(base=[(":Method", "GET"), *GET[1:]]), REFUSE),
] + [(f"8.3.1 {name} missing", get(base=changed(name, None)), REFUSE) for name in (":method", ":scheme", ":path")] + \
    [(f"8.3.1 {name} twice", get(base=[(name, dict(GET)[name]), *GET]), REFUSE)
     for name in (":method", ":scheme", ":path", ":authority")] + \
    [(f"8.3.1 {name} empty", get(base=changed(name, "")), REFUSE) for name in (":method", ":scheme", ":path")]
BAD_PATHS = {"relative": "index", "absolute": "https://a.test/", "only a query": "?a",
             "with a space": "/a b", "with a line feed": "/a\nb", "with CR LF": "/ HTTP/1.1\r\nx: y", "with NUL": "/\0",
             "with a fragment": "/a#b", "with a tab": "/a\tb", "with a delete byte": "/\x7f", "past ASCII": "/\xd0\xb0",
             "asterisk for GET": "*", "asterisk and more": "*a", "authority": "a.test:443"}
BAD_METHODS = {"a space": "GET /x", "a line feed": "GET\n", "CR LF": "GET / HTTP/1.1\r\nx: y\r\n\r\nGET",
               "a slash": "GE/T",  "NUL": "G\0T", "a colon": "GET:", "a byte past ASCII": "G\xc9T"}
BAD_AUTHORITIES = {"a user": "u@a.test", "a path": "a.test/x", "a space": "a.test b", "CR LF": "a.test\r\nx: y",
                   "a port of letters": "a.test:x", "two ports": "a.test:1:2", "a comma": "a.test,b.test",
                   "an open bracket": "[::1", "NUL": "a\0b", "a fragment": "a.test#x", "a question mark": "a.test?x",
                   "a backslash": "a.test\\x", "nothing": ""}
VALUES = [(f"8.3.1 :path {what}", get(base=changed(":path", path)), REFUSE) for what, path in BAD_PATHS.items()] + \
         [(f"8.3.1 :method with {what}", get(base=changed(":method", method)), REFUSE_METHOD)
          for what, method in BAD_METHODS.items()] + \
         [(f"8.3.1 :authority with {what}", get(base=changed(":authority", host)), REFUSE)
          for what, host in BAD_AUTHORITIES.items()] + [
    ("8.3.1 :path of two slashes", get(base=changed(":path", "//b.test/x")), served(target="//b.test/x")),
    ("8.3.1 :path with dots", get(base=changed(":path", "/../x?y=%0d%0a")), served(target="/../x?y=%0d%0a")),
    ("8.3.1 :scheme of another kind", get(base=changed(":scheme", "ftp")), either(REFUSE, served())),
    ("8.3.1 :scheme with CR LF", get(base=changed(":scheme", "https\r\nx: y")), REFUSE),
    ("8.3.1 OPTIONS *", get(base=changed(":path", "*", changed(":method", "OPTIONS"))), served(target="*")),
    ("8.3.1 :authority alone becomes Host", get(), served(headers=[("host", "a.test")])),
    ("8.3.1 Host alone", get(("host", "b.test"), base=changed(":authority", None)),
     served(headers=[("host", "b.test")])),
    ("8.3.1 neither :authority nor Host", get(base=changed(":authority", None)), REFUSE),
    ("8.3.1 Host that agrees", get(("host", "a.test")), served(headers=[("host", "a.test")])),
    ("8.3.1 Host that disagrees", get(("host", "b.test")), REFUSE),
    ("8.3.1 Host twice", get(("host", "a.test"), ("host", "a.test")), REFUSE),
    ("8.3.1 Host twice without :authority", get(
        ("host", "a.test"), ("host", "b.test"), base=changed(":authority", None)), REFUSE),
]
LENGTHS = [
    ("8.1.1 length that holds", post(("content-length", "5")), served(body=b"hello")),
    ("8.1.1 length over two frames", post(("content-length", "5"), bodies=[b"hel", b"lo"]), served(body=b"hello")),
    ("8.1.1 no length", post(), served(body=b"hello")),
    ("8.1.1 empty last DATA", post(("content-length", "5"), bodies=[b"hello", b""]), served(body=b"hello")),
    ("8.1.1 length too large", post(("content-length", "6")), REFUSE),
    ("8.1.1 length too small", post(("content-length", "4")), REFUSE),
    ("8.1.1 length too small over two frames", post(("content-length", "4"), bodies=[b"hel", b"lo"]), REFUSE),
    ("8.1.1 length without DATA", get(("content-length", "5")), REFUSE),
    ("8.1.1 length 0 with DATA", post(("content-length", "0")), REFUSE),
    ("8.1.1 length twice", post(("content-length", "5"), ("content-length", "5")), REFUSE),
    ("8.1.1 two lengths", post(("content-length", "5"), ("content-length", "6")), REFUSE),
    ("8.1.1 length 0 of GET", get(("content-length", "0")), served()),
] + [(f"8.1.1 length {text!r}", post(("content-length", text)), REFUSE)
     for text in ("+5", "-5", "0x5", "5, 5", "5;", "5 5", "", "5.0", "five", "18446744073709551621")]
CONNECT = [
    ("8.5 CONNECT", get(base=[(":method", "CONNECT"), (":authority", "a.test:443")]), REFUSE_METHOD),
    ("8.5 CONNECT with :path", get(base=changed(":method", "CONNECT")), REFUSE_METHOD),
    ("8.5 CONNECT without :authority", get(base=[(":method", "CONNECT")]), REFUSE_METHOD),
    ("8441 :protocol for GET", get(base=[*GET, (":protocol", "websocket")]), REFUSE),
    ("8441 :protocol without :path", get(base=[(":method", "CONNECT"), (":protocol", "websocket"), *GET[1:3]]), REFUSE),
    ("8441 :protocol unknown", get(base=[(":method", "CONNECT"), (":protocol", "tea"), *GET[1:]]),
     malformed(statuses=(400, 501))),
]
OTHER = [
    ("8.1 HEAD has no body", [headers(1, changed(":method", "HEAD"))], served()),
    ("8.4 nothing is pushed", [headers(1), lambda session: None], served()),
    ("8.2.1 1000 headers", get(*[("x-a", "b")] * 1000), either(
        served(status=431), malformed(statuses=(431,)), connection(Error.ENHANCE_YOUR_CALM, Error.PROTOCOL_ERROR))),
]
CASES = TRAILERS + FIELDS + PSEUDO + VALUES + LENGTHS + CONNECT + OTHER
