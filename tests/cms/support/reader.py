# SPDX-License-Identifier: Apache-2.0
"""People at the other end: an HTTP client with cookies, and what a person does with WordPress through it.

Each request carries a serial number of its own and is entered into the ledger, each answer must bear WordPress's seal:
in the end the ledger and WordPress's own log must agree, request by request.
"""
import collections
import itertools
import re

import httpx

from cms.support.wordpress import SEAL, SERIAL

TIMEOUT_S = 120


class Ledger:
    """What all readers of the session asked for, by serial number."""

    def __init__(self, wordpress):
        self._wordpress = wordpress
        self._numbers = itertools.count(1)
        self.answered = {}  # serial -> (method, target, status)
        self.sent = []

    def enter(self, request):
        serial = str(next(self._numbers))
        request.headers[SERIAL] = serial
        self.sent.append(serial)

    def check(self, response):
        request = response.request
        target = request.url.raw_path.decode()
        said = f"{request.method} {target}: {response.status_code}, headers {dict(response.headers)}"
        assert set(response.headers.get_list(SEAL, True)) == {self._wordpress.seal}, f"not WordPress's answer: {said}"
        self.answered[request.headers[SERIAL]] = (request.method, target, response.status_code)

    def arrived(self):
        """How often each serial number stands in WordPress's log, and as what."""
        lines = [line for line in self._wordpress.requests() if line["serial"]]
        counts = collections.Counter(line["serial"] for line in lines)
        return counts, {line["serial"]: (line["method"], line["target"], line["status"]) for line in lines}


class Visitor(httpx.Client):
    """A person at a loopback `address` of their own, without cookies yet. Redirects are shown, not followed."""

    def __init__(self, wordpress, certificate, ledger, http2, address):
        self.address = address
        super().__init__(
            base_url=wordpress.url,
            transport=httpx.HTTPTransport(**_transport(certificate, http2, address, 1)),
            timeout=TIMEOUT_S,
            event_hooks={"request": [ledger.enter], "response": [ledger.check]},
        )


class Crowd(httpx.AsyncClient):
    """Many people behind one address, at most `connections` of them connected at once."""

    def __init__(self, wordpress, certificate, ledger, http2, address, connections):
        async def enter(request):
            ledger.enter(request)

        async def check(response):
            ledger.check(response)

        super().__init__(
            base_url=wordpress.url,
            transport=httpx.AsyncHTTPTransport(**_transport(certificate, http2, address, connections)),
            timeout=TIMEOUT_S,
            event_hooks={"request": [enter], "response": [check]},
        )


def _transport(certificate, http2, address, connections):
    return {
        "verify": str(certificate.path),
        "http2": http2,
        "http1": not http2,
        "local_address": address,
        "limits": httpx.Limits(max_connections=connections),
        "trust_env": False,
    }


def log_in(visitor, name, password):
    """Fills in the form of wp-login.php; the answer to the POST."""
    form = visitor.get("/wp-login.php")
    assert form.status_code == 200 and 'name="log"' in form.text
    return visitor.post(
        "/wp-login.php",
        data={
            "log": name,
            "pwd": password,
            "wp-submit": "Log In",
            "redirect_to": f"{str(visitor.base_url).rstrip('/')}/wp-admin/",
            "testcookie": "1",
        },
    )


class Desk:
    """A reporter who is logged in: what the back office does over REST and its upload form."""

    def __init__(self, visitor, user):
        self.http = visitor
        answer = log_in(visitor, user.name, user.password)
        assert answer.status_code == 302, answer.text
        self.nonce = visitor.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
        assert re.fullmatch(r"[0-9a-f]{10}", self.nonce), self.nonce

    def rest(self, method, route, **fields):
        return self.http.request(method, f"/wp-json/wp/v2/{route}", headers={"X-WP-Nonce": self.nonce}, json=fields)

    def upload(self, name, media_type, content):
        """As the media library does: multipart to async-upload.php."""
        page = self.http.get("/wp-admin/media-new.php").text
        nonce = re.search(r'"_wpnonce":"([0-9a-f]{10})"', page).group(1)
        return self.http.post(
            "/wp-admin/async-upload.php",
            data={"action": "upload-attachment", "_wpnonce": nonce, "name": name},
            files={"async-upload": (name, content, media_type)},
        )
