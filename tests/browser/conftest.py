"""The built documentation, served to one browser that can reach nothing else.

Collected only by ``pytest -m browser``: it needs a browser, packages that other tests do
not need, and the built pages.
"""

import pytest
from browsing import DESKTOP, HTML, Browser, served


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


@pytest.fixture(scope="session")
def site():
    """Return the address of the pages."""
    with served(HTML) as address:
        yield address


@pytest.fixture(scope="session")
def chromium(site):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        # A camera that shows a test picture, and that every page may use.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
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
