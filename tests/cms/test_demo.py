# SPDX-License-Identifier: Apache-2.0
"""`qorgan demo` as somebody meets it who has just built it: one command, then the browser, wide and narrow."""
import os
import re
import ssl

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cms.support.browser import Browser
from cms.support.certificate import spki_sha256
from cms.support.daemon import Daemon, wait_until

WIDTHS = {"desktop": (1280, 900), "phone": (360, 740)}


class Demo:
    """What it printed: its address, an account to try. `key` is the hash of its certificate's public key."""

    def __init__(self, folder):
        self.daemon = Daemon("qorgan demo", [os.environ["QORGAN"], "demo", "--port", "0"], folder / "demo.log")
        self.daemon.wait_ready(lambda: "Log in" in self.daemon.tail())
        said = self.daemon.tail()
        self.url = re.search(r"Open +(https://localhost:\d+)/", said).group(1)
        self.user, self.password = re.search(r"Log in .* as (\S+) with (\S+)", said).groups()
        port = int(self.url.rpartition(":")[2])
        wait_until(lambda: self.daemon.must_live() and answers(port), "the demo answers")
        self.key = spki_sha256(ssl.get_server_certificate(("localhost", port)).encode())


def answers(port):
    try:
        return ssl.get_server_certificate(("localhost", port))
    except ConnectionRefusedError:
        return None


@pytest.fixture(scope="module")
def demo(house):
    running = Demo(house)
    yield running
    running.daemon.must_live()
    assert running.daemon.stop() == 0, running.daemon.tail()


@pytest.fixture(params=WIDTHS)
def page(request, house, demo, screens):
    """A new browser of that width; in the end its console is clean, and everything came over HTTP/2."""
    folder = house / request.param / request.node.name
    folder.mkdir(parents=True)
    width, height = WIDTHS[request.param]
    browser = Browser(folder, demo.key, screens, width, height)
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": request.param == "phone"}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.name = request.param
    request.addfinalizer(browser.close)
    yield browser
    assert browser.script("return document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    assert browser.complaints() == [] and browser.protocols() == {"h2"}


def log_in(page, demo, password):
    page.open(f"{demo.url}/wp-login.php")
    page.driver.find_element(By.ID, "user_login").send_keys(demo.user)
    page.driver.find_element(By.ID, "user_pass").send_keys(password + Keys.ENTER)


def test_the_front_page_is_drawn(page, demo):
    page.open(f"{demo.url}/")
    pictures = page.script("return [...document.images].map(image => image.naturalWidth)")
    assert pictures == [] or min(pictures) > 0
    links = [link for link in page.driver.find_elements(By.CSS_SELECTOR, "main a") if link.is_displayed()]
    assert len(links) >= 3
    page.screenshot(f"demo-front-{page.name}")


def test_a_wrong_password_stays_at_the_form(page, demo):
    log_in(page, demo, "қате")
    wait_until(lambda: page.driver.find_elements(By.ID, "login_error"), "the error shown")
    assert page.driver.find_element(By.ID, "user_login").get_attribute("value") == demo.user
    page.screenshot(f"demo-wrong-password-{page.name}")


def test_the_right_password_opens_the_staff_page(page, demo):
    log_in(page, demo, demo.password)
    wait_until(lambda: page.driver.current_url == f"{demo.url}/wp-admin/", "the staff page opens")
    page.wait_loaded()
    page.screenshot(f"demo-staff-{page.name}")
