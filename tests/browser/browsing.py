"""One browser and the folders served to it, in the words of the tests."""

import json
import os
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HTML = Path(
    os.environ.get("AKIDA_LITE_HTML", Path(__file__).parents[2] / "docs" / "_build" / "html")
)
DESKTOP = 1280
PHONE = 390


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def served(folder, handler=QuietHandler):
    """Serve a folder, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


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
        # What is stored belongs to the address, whichever of its pages is open.
        if not self.driver.current_url.startswith(self.site):
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
            return "" if url.startswith((self.site, "data:", "blob:")) else f"elsewhere: {url}"
        if event["method"] == "Network.responseReceived":
            response = parameters["response"]
            bad = response["status"] >= 400
            return f"{response['status']}: {response['url']}" if bad else ""
        if event["method"] == "Network.loadingFailed" and not parameters.get("canceled"):
            return f"failed: {parameters['errorText']}"
        return ""


_LOADED = "return document.readyState === 'complete'"
_EXISTS = "return document.querySelector(arguments[0]) !== null"
