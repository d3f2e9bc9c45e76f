# SPDX-License-Identifier: Apache-2.0
"""A day at a newsroom, over HTTP/1.1 and HTTP/2: what readers, reporters and their programs do with the site.

Each answer, at its arrival, was found to come from WordPress and not from the proxy (support/reader.py).
"""
import asyncio
import hashlib
import html
import xml.etree.ElementTree as ElementTree
import xmlrpc.client

import pytest

from cms.support import reader
from cms.support.daemon import wait_until
from cms.support.wordpress import ADMIN, EDITOR

READERS = 50


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def call(visitor, method, *arguments):
    """One call of XML-RPC; its result, or the fault raised."""
    body = xmlrpc.client.dumps(arguments, method).encode()
    answer = visitor.post("/xmlrpc.php", content=body, headers={"Content-Type": "text/xml"})
    assert answer.status_code == 200, answer.text
    return xmlrpc.client.loads(answer.content)[0][0]


def test_the_front_page_is_read(visitor, http2):
    page = visitor.get("/")
    assert page.status_code == 200
    assert page.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert page.headers["content-type"] == "text/html; charset=UTF-8"
    assert page.headers["content-encoding"] == "gzip"
    assert "Қорған хабары" in page.text and page.text.rstrip().endswith("</html>")


def test_what_is_not_there_is_wordpress_to_say(visitor):
    page = visitor.get("/%D0%B6%D0%BE%D2%9B/")
    assert page.status_code == 404 and "Қорған хабары" in page.text


def test_the_right_password_opens_the_dashboard(visitor, wordpress):
    answer = reader.log_in(visitor, ADMIN.name, ADMIN.password)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{wordpress.url}/wp-admin/"
    cookies = [cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")]
    assert len([name for name in cookies if name.startswith("wordpress_logged_in_")]) == 1
    assert len([name for name in cookies if name.startswith("wordpress_sec_")]) == 2, cookies
    dashboard = visitor.get("/wp-admin/")
    assert dashboard.status_code == 200 and 'id="dashboard-widgets"' in dashboard.text


def test_a_wrong_password_is_answered_by_wordpress(visitor):
    answer = reader.log_in(visitor, EDITOR.name, "қате құпия сөз")
    assert answer.status_code == 200
    assert 'id="login_error"' in answer.text and "incorrect" in answer.text
    assert not any("logged_in" in name for name in visitor.cookies)
    dashboard = visitor.get("/wp-admin/")
    assert dashboard.status_code == 302 and "/wp-login.php?" in dashboard.headers["location"]


def test_a_picture_of_20_mib_comes_back_byte_for_byte(visitor, photo):
    content, path = photo
    assert len(content) > 20 * 1024 * 1024
    answer = visitor.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert int(answer.headers["content-length"]) == len(content)
    assert sha256(answer.content) == sha256(content)


@pytest.mark.parametrize("wanted", ["bytes=0-0", "bytes=7000001-17000000", "bytes=-65537"])
def test_a_part_of_the_picture_is_exactly_that_part(visitor, photo, wanted):
    content, path = photo
    first, last = wanted.removeprefix("bytes=").split("-")
    start, end = (int(first), int(last) + 1) if first else (len(content) - int(last), len(content))
    answer = visitor.get(path, headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(content)}"
    assert sha256(answer.content) == sha256(content[start:end])


def test_a_part_beyond_the_end_is_refused_by_wordpress(visitor, photo):
    content, path = photo
    answer = visitor.get(path, headers={"Range": f"bytes={len(content)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


def test_answers_without_a_body_have_none(visitor, photo):
    content, path = photo
    head = visitor.head(path)
    assert head.status_code == 200 and int(head.headers["content-length"]) == len(content)
    assert head.content == b""
    unchanged = visitor.get(path, headers={"If-None-Match": head.headers["etag"]})
    assert unchanged.status_code == 304 and unchanged.content == b""
    assert visitor.get("/").status_code == 200


def test_an_upload_of_unknown_length_arrives_whole(desk, visitor, wordpress):
    content = "Қорған: жол жазбасы\n".encode() * 30_000
    pieces = (content[at : at + 10_007] for at in range(0, len(content), 10_007))
    headers = {
        "X-WP-Nonce": desk.nonce,
        "Content-Type": "text/plain",
        "Content-Disposition": 'attachment; filename="derek.txt"',
    }
    visitor.cookies = desk.http.cookies
    answer = visitor.post("/wp-json/wp/v2/media", headers=headers, content=pieces)
    assert answer.status_code == 201, answer.text
    assert sha256(visitor.get(answer.json()["source_url"]).content) == sha256(content)


def test_a_published_article_is_read(visitor, article):
    page = visitor.get(article["link"])
    assert page.status_code == 200
    assert "Қорған тұр: сайт ашық" in page.text and "Сайт открыт &amp; цел." in page.text
    assert "Қорған тұр: сайт ашық" in visitor.get("/").text


def test_a_visitor_comments_and_not_twice(visitor, desk, article, http2):
    words = f"Рақмет! Жарайсыңдар & «дұрыс» + HTTP/{2 if http2 else 1}"
    comment = {
        "comment": words,
        "author": "Оқырман",
        "email": f"reader{int(http2)}@newsroom.example",
        "comment_post_ID": article["id"],
        "comment_parent": 0,
    }
    answer = visitor.post("/wp-comments-post.php", data=comment)
    assert answer.status_code == 302 and "#comment-" in answer.headers["location"], answer.text
    number = int(answer.headers["location"].partition("#comment-")[2])
    assert words in html.unescape(visitor.get(answer.headers["location"]).text)
    kept = desk.rest("GET", f"comments/{number}?context=edit").json()
    assert html.unescape(kept["content"]["raw"]) == words and kept["author_ip"] == visitor.address
    again = visitor.post("/wp-comments-post.php", data=comment)
    assert again.status_code == 409 and "Duplicate comment" in again.text


def test_the_feed_carries_the_article(visitor, article):
    feed = visitor.get("/feed/")
    assert feed.status_code == 200 and feed.headers["content-type"] == "application/rss+xml; charset=UTF-8"
    channel = ElementTree.fromstring(feed.content).find("channel")
    items = {item.findtext("link"): item.findtext("title") for item in channel.iter("item")}
    assert items[article["link"]] == "Қорған тұр: сайт ашық"
    known = {"If-Modified-Since": feed.headers["last-modified"]}
    assert visitor.get("/feed/", headers=known).status_code == 304


def test_xml_rpc_works(visitor, wordpress):
    assert "system.multicall" in call(visitor, "system.listMethods")
    (blog,) = call(visitor, "wp.getUsersBlogs", EDITOR.name, EDITOR.password)
    assert blog["blogName"] == "Қорған хабары" and blog["url"] == f"{wordpress.url}/"
    with pytest.raises(xmlrpc.client.Fault) as refused:
        call(visitor, "wp.getUsersBlogs", EDITOR.name, "қате")
    assert refused.value.faultCode == 403


def test_wordpress_finds_itself_in_good_health(visitor):
    """Its own checks: it reaches itself by its public address, and sees a reader's Authorization."""
    nonce = {"X-WP-Nonce": reader.Desk(visitor, ADMIN).nonce}
    checks = "/wp-json/wp-site-health/v1/tests"
    loopback = visitor.get(f"{checks}/loopback-requests", headers=nonce)
    assert loopback.status_code == 200 and loopback.json()["status"] == "good", loopback.text
    seen = visitor.get(f"{checks}/authorization-header", headers=nonce, auth=("user", "pwd"))
    assert seen.status_code == 200 and seen.json()["status"] == "good", seen.text


def test_wordpress_is_told_who_came_and_how(visitor, wordpress, ledger):
    forged = {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Proto": "http", "X-Request-Id": "forged"}
    visitor.get("/?told", headers=forged)
    serial = ledger.sent[-1]
    told = wait_until(
        lambda: [line for line in wordpress.requests() if line["serial"] == serial], "the request in the log"
    )[0]
    assert told["forwarded_for"] == visitor.address
    assert told["forwarded_proto"] == "https"
    assert told["host"] == wordpress.url.removeprefix("https://")
    assert told["request_id"] not in ("", "forged")


@pytest.mark.parametrize("connections", [1, READERS])
def test_fifty_readers_at_once_are_all_served(wordpress, certificate, ledger, connections):
    """As fifty streams of one HTTP/2 connection, and as fifty connections of HTTP/1.1."""

    async def read_all():
        http2 = connections == 1
        async with reader.Crowd(wordpress, certificate, ledger, http2, "127.0.0.5", connections) as crowd:
            return await asyncio.gather(*(crowd.get(f"/?reader={number}") for number in range(READERS)))

    pages = asyncio.run(read_all())
    assert [page.status_code for page in pages] == [200] * READERS
    assert all("Қорған хабары" in page.text and page.text.rstrip().endswith("</html>") for page in pages)


def test_every_request_arrived_exactly_once(wordpress, ledger):
    """Stands behind the others: nothing that anyone sent above was lost, repeated, or answered by anybody else."""
    assert len(ledger.sent) > 2 * READERS and set(ledger.answered) == set(ledger.sent)
    wait_until(lambda: len(ledger.arrived()[1]) >= len(ledger.sent), "all requests in WordPress's log", 10)
    counts, arrived = ledger.arrived()
    assert {serial: count for serial, count in counts.items() if count != 1} == {}
    assert arrived == ledger.answered


def test_the_access_log_tells_the_same_as_wordpress_own(wordpress, proxy):
    """Request by request, joined by the id that the proxy gave; WordPress's calls to itself carry no serial."""

    def told(line, target):
        return line["method"], target.partition("?")[0], line["status"]

    arrived = [line for line in wordpress.requests() if line["serial"]]
    expected = {line["request_id"]: (line["forwarded_for"], *told(line, line["target"])) for line in arrived}
    assert len(expected) == len(arrived) > 2 * READERS and "" not in expected

    def logged():
        lines = [line for line in proxy.access_lines() if line["id"] in expected]
        return lines if len(lines) >= len(expected) else None

    lines = wait_until(logged, "a line for every request in the access log", 20)
    assert len(lines) == len(expected)
    assert {line["id"]: (line["client"], *told(line, line["path"])) for line in lines} == expected


def test_php_had_nothing_to_complain_of(wordpress):
    log = wordpress.php_log
    assert not log.exists() or log.read_text() == ""
