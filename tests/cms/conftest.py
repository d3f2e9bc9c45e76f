# SPDX-License-Identifier: Apache-2.0
"""One newsroom a session: database, WordPress, its web server and the proxy before it, ended in reverse order."""
import os
import pathlib
import shutil
import signal
import tempfile

import httpx
import pytest

from cms.support import picture, qorgan, reader
from cms.support.browser import Browser
from cms.support.certificate import Certificate
from cms.support.mariadb import Database
from cms.support.ports import Port
from cms.support.wordpress import EDITOR, WordPress

# Who is told to end by SIGTERM ends as by Ctrl-C: with everything that was started.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def house():
    """The folder of everything. Short, for unix sockets; readable, for daemons that drop privileges."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="qorgan-cms-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def certificate(house):
    return Certificate(house)


@pytest.fixture(scope="session")
def ports():
    """Where the proxy and the web server behind it listen."""
    held = {"proxy": Port(), "origin": Port()}
    yield held
    for port in held.values():
        port.close()


@pytest.fixture(scope="session")
def database(house):
    running = Database(house)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def wordpress(house, database, ports):
    site = WordPress(house, database, ports["origin"], f"https://localhost:{ports['proxy'].number}")
    yield site
    site.stop()


@pytest.fixture(scope="session")
def proxy(house, ports, certificate, wordpress):
    running = qorgan.start(house / "proxy", ports["proxy"], certificate, ports["origin"])
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ledger(wordpress, proxy):
    return reader.Ledger(wordpress)


@pytest.fixture(params=["http/1.1", "h2"])
def http2(request):
    return request.param == "h2"


@pytest.fixture
def visitor(wordpress, certificate, ledger, http2):
    """Somebody at 127.0.0.2 (HTTP/1.1) or 127.0.0.3 (HTTP/2): WordPress lets no address comment twice in 15 s."""
    with reader.Visitor(wordpress, certificate, ledger, http2, f"127.0.0.{2 + http2}") as person:
        yield person


@pytest.fixture(scope="session")
def desk(wordpress, certificate, ledger):
    with reader.Visitor(wordpress, certificate, ledger, True, "127.0.0.4") as person:
        yield reader.Desk(person, EDITOR)


@pytest.fixture(scope="session")
def photo(desk):
    """A picture of 20 MiB in the media library: (its bytes, its path)."""
    content = picture.png(seed=2)
    answer = desk.upload("alatau.png", "image/png", content)
    assert answer.status_code == 200 and answer.json()["success"], answer.text
    return content, httpx.URL(answer.json()["data"]["url"]).path


@pytest.fixture(scope="session")
def article(desk, photo):
    """A published article with the picture in it, as REST tells of it."""
    answer = desk.rest(
        "POST",
        "posts",
        status="publish",
        title="Қорған тұр: сайт ашық",
        content=f'<p>Редакция жұмыс істеп жатыр. Сайт открыт &amp; цел.</p><img src="{photo[1]}" alt="Алатау">',
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="session")
def screens(house):
    """Where screenshots stay for people to look at: in the build folder, when there is one."""
    build = os.environ.get("QORGAN_BUILD")
    return pathlib.Path(build) / "screens" if build else house / "screens"


@pytest.fixture(scope="session")
def browser(house, certificate, screens, proxy):
    folder = house / "browser"
    folder.mkdir()
    running = Browser(folder, certificate.spki_sha256(), screens)
    yield running
    running.close()
