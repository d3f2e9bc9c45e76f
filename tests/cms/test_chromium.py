# SPDX-License-Identifier: Apache-2.0
"""What people see in a browser, over HTTP/2: no answer but WordPress's, and a clean console."""
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cms.support.daemon import wait_until
from cms.support.wordpress import ADMIN, SEAL


@pytest.fixture
def page(browser, wordpress):
    """The browser; after each test, what must hold for every page is looked at."""
    browser.driver.delete_all_cookies()
    browser.forget()
    yield browser
    assert browser.complaints() == []
    assert browser.protocols() == {"h2"}
    answers = browser.responses()
    assert answers, "no answer came from the network"
    assert {url for url, _, headers in answers if headers.get(SEAL.lower()) != wordpress.seal} == set()
    assert {(url, status) for url, status, _ in answers if status >= 400} == set()


def log_in(page, wordpress, name, password):
    page.open(f"{wordpress.url}/wp-login.php")
    # WordPress moves the cursor to the name once, 0.2 s after loading: who types earlier is interrupted.
    wait_until(lambda: page.script("return document.activeElement.id") == "user_login", "the cursor placed")
    page.driver.find_element(By.ID, "user_login").send_keys(name)
    page.driver.find_element(By.ID, "user_pass").send_keys(password + Keys.ENTER)


def shown(page, selector):
    """The elements that are drawn; waits for the first."""
    def found():
        return [item for item in page.driver.find_elements(By.CSS_SELECTOR, selector) if item.is_displayed()]

    return wait_until(found, f"{selector} shown")


def test_the_front_page_is_drawn(page, wordpress, article):
    page.open(f"{wordpress.url}/")
    (title,) = page.driver.find_elements(By.LINK_TEXT, article["title"]["raw"])
    assert title.is_displayed()
    page.screenshot("wordpress-front")


def test_the_article_is_drawn_with_its_picture(page, wordpress, article, photo):
    page.open(article["link"])
    (picture,) = shown(page, f"img[src='{photo[1]}']")
    assert page.script("return [arguments[0].complete, arguments[0].naturalWidth]", picture) == [True, 2290]
    page.screenshot("wordpress-article")


def test_a_wrong_password_is_said(page, wordpress):
    log_in(page, wordpress, ADMIN.name, "қате")
    (said,) = shown(page, "#login_error")
    assert "incorrect" in said.text
    page.screenshot("wordpress-wrong-password")


def test_the_dashboard_opens(page, wordpress):
    log_in(page, wordpress, ADMIN.name, ADMIN.password)
    shown(page, "#dashboard-widgets .postbox")
    assert page.driver.current_url == f"{wordpress.url}/wp-admin/"
    page.wait_loaded()
    page.screenshot("wordpress-dashboard")


def test_an_article_is_written_and_published(page, wordpress):
    """The block editor: its hundred scripts at once, its autosaves and its preflight, all over REST."""
    log_in(page, wordpress, ADMIN.name, ADMIN.password)
    shown(page, "#dashboard-widgets .postbox")
    page.open(f"{wordpress.url}/wp-admin/post-new.php")
    (title,) = shown(page, ".editor-post-title__input")
    title.send_keys("Шолғыштан жазылды", Keys.ENTER, "Бірінші жол.")
    wait_until(lambda: "Бірінші жол." in page.script("return document.body.innerText"), "the text typed")
    shown(page, "button.editor-post-publish-panel__toggle:not([aria-disabled=true])")[0].click()
    shown(page, "button.editor-post-publish-button:not([aria-disabled=true])")[0].click()
    (link,) = shown(page, ".post-publish-panel__postpublish-header a")
    page.screenshot("wordpress-published")
    page.open(link.get_attribute("href"))
    assert "Бірінші жол." in shown(page, ".wp-block-post-content")[0].text
