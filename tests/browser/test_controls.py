import pytest

pytestmark = pytest.mark.browser


def test_search_finds_convert(browser):
    browser.open("search.html?q=convert")
    browser.wait("#search-results a[href*='akida_lite.convert.html']")
    assert browser.complaints() == []


def test_search_button_opens_a_field_that_searches(browser):
    browser.open("index.html")
    browser.click(".search-button__button, .search-button-field")
    field = browser.run("return document.querySelector('dialog[open] input[type=search]')")
    field.send_keys("staircase\n")
    browser.wait("#search-results a[href*='Staircase']")


def test_colour_mode_follows_its_button_and_is_remembered(browser):
    browser.open("index.html")
    assert browser.run("return document.documentElement.dataset.theme") == "light"
    browser.click(".theme-switch-button")
    browser.click("[data-bs-theme-value=dark], [data-mode-value=dark], [data-mode=dark]")
    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    browser.open("user_guide/index.html")
    assert browser.run("return document.documentElement.dataset.theme") == "dark"


def test_copy_button_copies_the_code_and_no_prompt(browser):
    browser.open("user_guide/claims.html")
    browser.wait("button.copybtn")
    browser.hover("div.highlight-console")
    browser.click("div.highlight-console button.copybtn")
    copied = browser.driver.execute_async_script(
        "const done = arguments[0];navigator.clipboard.readText().then(done, e => done('' + e))"
    )
    assert copied.startswith("akida-lite claims")
