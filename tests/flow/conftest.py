# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the flow tests. `origin` and `proxy` live as long as the test file; a test that needs a configuration
of its own asks for `start`. Nothing malformed may ever reach an origin: the fixtures look."""
import pytest

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
