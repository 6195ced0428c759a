"""The built documentation, served to one browser that can reach nothing else.

Collected only by ``pytest -m browser``: it needs a browser, packages that other tests do
not need, and the built pages.
"""

import json
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HTML = Path(
    os.environ.get("AKIDA_LITE_HTML", Path(__file__).parents[2] / "docs" / "_build" / "html")
)
DESKTOP = 1280


def pytest_ignore_collect(config):
    return True if config.option.markexpr != "browser" else None


def pytest_generate_tests(metafunc):
    for argument, pattern in {
        "page": "**/*.html",
        "gallery_page": "examples/*/plot_*.html",
    }.items():
        if argument in metafunc.fixturenames:
            found = sorted(path.relative_to(HTML).as_posix() for path in HTML.glob(pattern))
            if not found:
                raise pytest.UsageError(f"no {pattern} in {HTML}: run `tox run -e docs` first")
            metafunc.parametrize(argument, [p for p in found if not p.startswith("_static")])


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def site():
    """Return the address of the pages."""
    handler = partial(QuietHandler, directory=HTML)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(site):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options)
    # axe looks at every element; beside other work, long pages take it more than the usual.
    driver.set_script_timeout(240)
    driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"origin": site, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, site):
    """Return a desktop browser in light mode that remembers nothing of earlier tests."""
    browser = Browser(chromium, site)
    browser.resize(DESKTOP)
    browser.set_mode("light")
    browser.complaints()
    return browser


class Browser:
    """What the tests ask of a browser, in their words."""

    def __init__(self, driver, site):
        self.driver = driver
        self.site = site

    def open(self, page):
        self.driver.get(self.site + page)
        # On a busy machine the driver has been seen to return in the middle of a page.
        self._until(60, _LOADED)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def resize(self, width):
        size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def set_mode(self, mode):
        """Store the colour mode as the theme does when its button is used."""
        self.open("_static/favicon.svg")
        self.run(
            "localStorage.clear();"
            "localStorage.setItem('mode', arguments[0]);"
            "localStorage.setItem('theme', arguments[0]);",
            mode,
        )

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def hover(self, selector):
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).move_to_element(self.find(selector)).perform()

    def click(self, selector):
        """Click the first element that is visible."""
        elements = self.driver.find_elements("css selector", selector)
        next(element for element in elements if element.is_displayed()).click()

    def wait(self, selector, seconds=20):
        self._until(seconds, _EXISTS, selector)

    def _until(self, seconds, script, *arguments):
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, seconds).until(lambda _: self.run(script, *arguments))

    def complaints(self):
        """Return errors of the console, and requests that failed or went elsewhere."""
        console = [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]
        events = [
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        ]
        return console + [c for event in events if (c := self._complaint(event))]

    def _complaint(self, event):
        parameters = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            return "" if url.startswith((self.site, "data:")) else f"elsewhere: {url}"
        if event["method"] == "Network.responseReceived":
            response = parameters["response"]
            bad = response["status"] >= 400
            return f"{response['status']}: {response['url']}" if bad else ""
        if event["method"] == "Network.loadingFailed" and not parameters.get("canceled"):
            return f"failed: {parameters['errorText']}"
        return ""


_LOADED = "return document.readyState === 'complete'"
_EXISTS = "return document.querySelector(arguments[0]) !== null"
