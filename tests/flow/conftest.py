# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the flow tests. `origin` and `proxy` live as long as the test file; a test that needs a configuration
of its own asks for `start`. Nothing malformed may ever reach an origin: the fixtures look."""
import pytest

from support import h2c, net
from support.certificates import Authority
from support.origin import Origin
from support.proxy import Proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def pair(authority):
    return authority.issue("leaf", "a.test", "*.a.test", "localhost")


@pytest.fixture(scope="module")
def origin():
    made = Origin()
    yield made
    made.close()
    assert made.malformed == []


@pytest.fixture(scope="module")
def configuration():
    """What a test file's own `proxy` needs changed; files override it."""
    return {}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory, origin, pair, configuration):
    with Proxy(tmp_path_factory.mktemp("proxy"), [origin.url], pair, **configuration) as running:
        yield running


@pytest.fixture
def start(tmp_path, pair, origin):
    """start(**changes): another proxy, before the module's origin or `origins`, ended with the test."""
    running = []

    def begin(origins=None, run=True, **changes):
        one = Proxy(tmp_path / f"proxy{len(running)}", origins or [origin.url], pair, **changes)
        running.append(one)
        return one.start() if run else one
    yield begin
    failed = []
    for one in running:
        if one.process:
            try:
                one.stop()
            except AssertionError as error:
                failed.append(str(error))
    assert failed == []


def serves(proxy):
    with proxy.client() as client, h2c.Session(proxy) as session:
        return client.get("/").status == 200 and session.request().status == 200


@pytest.fixture(scope="module")
def at_rest(proxy):
    """Descriptors open when all is quiet."""
    assert serves(proxy)
    net.wait_until(lambda: proxy.metrics()["qorgan_connections"] == 0, 10, "the clients to be gone")
    return proxy.descriptors()


@pytest.fixture
def nothing_left(origin, proxy, at_rest):
    """After the test: the next request is served, no exchange is stuck, no descriptor leaked."""
    yield
    net.wait_until(lambda: serves(proxy), 10, "the next request to be served", 0.05)
    net.wait_until(lambda: proxy.metrics()["qorgan_exchanges"] == 0, 20, "no exchange under way")
    proxy.settled(at_rest + 2)
    assert origin.malformed == []
