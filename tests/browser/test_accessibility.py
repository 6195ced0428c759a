import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "index.html",
    "examples/index.html",
    "examples/cnn2snn/plot_3_hardware.html",
    "reference/models.html",
    "gen/api/akida_lite.Model.html",
    "user_guide/claims.html",
    "user_guide/hardware.html",
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_serious(browser, address, mode):
    from axe_selenium_python import Axe

    browser.set_mode(mode)
    browser.open(address)
    axe = Axe(browser.driver)
    axe.inject()
    serious = [
        f"{violation['id']}: {node['html'][:160]} "
        + (node["any"][0]["message"] if node["any"] else "")
        for violation in axe.run()["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []
