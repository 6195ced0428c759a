import io
import re
import zipfile
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.browser

LINKS = "return [...document.querySelectorAll('.sphx-glr-download a')].map(a => a.href)"
ALL = "akida_lite_examples.zip"


def downloads(browser, page):
    """Return the files that a page offers, by suffix."""
    browser.open(page)
    links = browser.run(LINKS)
    return {re.search(r"\w+$", link)[0]: fetch(link) for link in links}


def fetch(address):
    with urlopen(address) as response:
        return response.read()


def published(browser):
    """Tell whether docs/build.py went on to execute the notebooks."""
    return browser.run(
        "return fetch(arguments[0], {method: 'HEAD'}).then(r => r.ok)",
        urljoin(browser.site, ALL),
    )


def test_script_compiles(browser, gallery_page):
    compile(downloads(browser, gallery_page)["py"], gallery_page, "exec")


def test_notebook_is_valid_and_brings_its_outputs(browser, gallery_page):
    import nbformat

    notebook = nbformat.reads(downloads(browser, gallery_page)["ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    if not published(browser):
        pytest.skip("these pages were built without executing the notebooks")
    assert all(cell.execution_count for cell in code)
    assert any(cell.outputs for cell in code)


def test_zip_holds_script_and_notebook(browser, gallery_page):
    found = downloads(browser, gallery_page)
    with zipfile.ZipFile(io.BytesIO(found["zip"])) as archive:
        content = {name.rsplit(".")[-1]: archive.read(name) for name in archive.namelist()}
    assert {suffix: found[suffix] for suffix in content} == content
    assert {"py", "ipynb"} <= set(content)


def test_one_zip_holds_every_page(browser):
    browser.open("index.html")
    if not published(browser):
        pytest.skip("these pages were built without executing the notebooks")
    with zipfile.ZipFile(io.BytesIO(fetch(urljoin(browser.site, ALL)))) as archive:
        names = archive.namelist()
    browser.open("examples/index.html")
    pages = browser.run(
        "return [...document.querySelectorAll('.sphx-glr-thumbcontainer a')].map(a => a.href)"
    )
    stems = {re.search(r"(plot_\w+)\.html", page)[1] for page in pages}
    assert stems
    for stem in stems:
        assert any(name.endswith(f"{stem}.py") for name in names)
        assert any(name.endswith(f"{stem}.ipynb") for name in names)
