# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium through chromedriver, with a profile of its own and no way off this machine."""
import json
import os
import pathlib

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from cms.support.daemon import wait_until

OPTIONS = [
    "--headless=new",
    "--no-sandbox",  # root may not have one
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


class Browser:
    """`driver` is Selenium's. `trusted_key` is the SHA-256 of the only foreign key it believes. Screenshots go to the
    folder `screens`."""

    def __init__(self, folder, trusted_key, screens, width=1280, height=900):
        self._screens = pathlib.Path(screens)
        self._screens.mkdir(parents=True, exist_ok=True)
        options = webdriver.ChromeOptions()
        for option in OPTIONS:
            options.add_argument(option)
        options.add_argument(f"--user-data-dir={folder / 'profile'}")
        options.add_argument(f"--ignore-certificate-errors-spki-list={trusted_key}")
        options.add_argument(f"--window-size={width},{height}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # Chromium keeps crash reports and font caches at home.
        home = {**os.environ, "HOME": str(folder)}
        service = Service("/usr/bin/chromedriver", log_path=str(folder / "chromedriver.log"), env=home)
        self.driver = webdriver.Chrome(service=service, options=options)
        self.driver.set_page_load_timeout(120)

    def close(self):
        self.driver.quit()

    def open(self, url):
        self.driver.get(url)
        self.wait_loaded()

    def wait_loaded(self):
        """The document and all it asked for; what scripts fetch later is not waited for."""
        wait_until(lambda: self.script("return document.readyState") == "complete", "the page loaded")

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def protocols(self):
        """The protocols over which the page itself and everything on it came, of those that came over the network."""
        return set(
            self.script(
                "return performance.getEntriesByType('navigation')"
                ".concat(performance.getEntriesByType('resource'))"
                ".filter(e => e.transferSize > 0 && e.name.startsWith('http')).map(e => e.nextHopProtocol)"
            )
        )

    def forget(self):
        """What was seen so far is of no interest."""
        self.complaints()
        self.responses()

    def complaints(self):
        """The console's entries of level SEVERE since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def responses(self):
        """(URL, status, headers in lower case) of every answer from the network since the last call."""
        events = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        answers = [event["params"]["response"] for event in events if event["method"] == "Network.responseReceived"]
        return [
            (answer["url"], answer["status"], {name.lower(): value for name, value in answer["headers"].items()})
            for answer in answers
            if answer["url"].startswith("http") and not answer.get("fromDiskCache")
        ]

    def screenshot(self, name):
        path = self._screens / f"{name}.png"
        assert self.driver.save_screenshot(str(path))
        return path

