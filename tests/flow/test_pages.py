# SPDX-License-Identifier: Apache-2.0
"""The short, plain pages that visitors get when the origin fails or a request is refused: in the visitor's language,
with the request's id, and nothing of the inside."""
import re

import pytest

from support import h2c, net
from support.h2c import GET
from support.proxy import Proxy

KAZAKH, CYRILLIC = re.compile("[әғқңөұүһіӘҒҚҢӨҰҮҺІ]"), re.compile("[а-яА-Я]")


def language(text):
    return "kk" if KAZAKH.search(text) else "ru" if CYRILLIC.search(text) else "en"


@pytest.fixture(scope="module")
def broken(tmp_path_factory, pair):
    """A proxy before an origin that nobody listens at."""
    with Proxy(tmp_path_factory.mktemp("broken"), [f"http://{net.HOST}:{net.free_port()}"], pair) as running:
        yield running


ACCEPTED = {"kk": "kk", "ru": "ru", "en": "en", "kk-KZ,kk;q=0.9,ru;q=0.8": "kk", "ru-RU, ru;q=0.9, en;q=0.8": "ru",
            "en-US,en;q=0.5": "en", "en;q=0.1, ru;q=0.9": "ru", "ru;q=0.2,kk;q=0.3": "kk", "de, ru;q=0.5": "ru",
            "RU": "ru", "ru;q=0, en": "en"}


@pytest.mark.parametrize("accepted, wanted", ACCEPTED.items())
def test_language(accepted, wanted, broken):
    with broken.client() as client:
        response = client.get("/", f"Accept-Language: {accepted}")
    text = response.body.decode()
    assert response.status in (502, 503)
    assert language(text) == wanted and f'lang="{wanted}"' in text
    assert response.get("content-type").lower().replace(" ", "") == "text/html;charset=utf-8"


@pytest.mark.parametrize("accepted", [None, "", "*", "de", "x" * 5000, ",,,;;q=", "kk;q=nan", "\xff\xfe"])
def test_any_language_header_gets_a_page(accepted, broken):
    with broken.client() as client:
        response = client.get("/", *([f"Accept-Language: {accepted}"] if accepted is not None else []))
        assert response.status in (502, 503) and b"<html" in response.body
        assert client.get("/").status in (502, 503)


def test_id_and_caching(broken):
    with broken.client() as client:
        response = client.get("/with-id")
    line = broken.logged("/with-id")[0]
    assert line["id"] and line["id"] in response.body.decode() and line["status"] == response.status
    assert "no-store" in response.get("cache-control")
    assert len(response.body) < 8192 and response.get("content-length") == str(len(response.body))


def test_nothing_of_the_inside_nor_of_the_request(broken):
    with broken.client() as client:
        response = client.get("/<script>alert(1)</script>?q=<b>", "User-Agent: <script>", host="a.test")
    text = response.body.decode()
    assert response.status in (400, 502, 503)
    assert "<script>alert" not in text and net.HOST not in text and "qorgan" not in (response.get("server") or "")


def test_over_http2_and_for_head(broken):
    with h2c.Session(broken) as session:
        response = session.request(1, [*GET, ("accept-language", "kk")])
        assert response.status in (502, 503) and language(response.body.decode()) == "kk"
        head = session.request(3, [(":method", "HEAD"), *GET[1:]])
        assert head.status == response.status and head.body == b""
    with broken.client() as client:
        assert client.get("/", method="HEAD").status in (502, 503)
        assert client.get("/").status in (502, 503)


def test_a_refused_request_gets_one_too(proxy):
    with proxy.client() as client:
        client.send("GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\nAccept-Language: ru\r\n\r\n")
        response = client.response()
        assert response.status == 400 and len(response.body) < 8192
        assert client.ended()
