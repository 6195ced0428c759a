"""A build names page and line of a claim that fails; one line says why it stops."""

from dataclasses import replace

import claims as extension
import claims_drift
import pytest
from sphinx.cmd.build import main as sphinx_build

from akida_lite.claims import Claim, Outcome, Past, dump_ledger, ledger
from akida_lite.claims.ledger import Ledger
from akida_lite.claims.seals import sealed

QUOTED = Claim(
    id="seed.net.top1",
    what="Net, original",
    quantity="top1",
    kind="quoted",
    n_correct=930,
    n_total=1000,
    source="original",
)
MEASURED = Claim(
    id="net.akida.top1",
    what="Net, R&D",
    quantity="top1",
    kind="measured",
    n_correct=919,
    n_total=1000,
    backend="fast",
    date="2026-01-02",
    command="akida-lite evaluate net",
    original="seed.net.top1",
    history=(Past(date="2026-01-01", number=900),),
)
PAGE = """\
Title
=====

It is :claim:`net.akida.top1`.

.. claims-table::
   :kind: measured

.. claims-drift::
"""


@pytest.fixture
def build(tmp_path, monkeypatch, capsys):
    """Build one page from a ledger; return exit status, HTML and what was printed."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(
        "extensions = ['claims']\nhtml_theme = 'basic'\nclaims_page = 'index'\n", "utf-8"
    )
    (docs / "index.rst").write_text(PAGE, "utf-8")
    path = tmp_path / "akida_lite" / "zoo" / "claims.toml"
    path.parent.mkdir(parents=True)
    monkeypatch.setattr(ledger.read_ledger, "__defaults__", (path,))
    # Sphinx takes a CI system for a terminal.
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*claims, text=None, got=919):
        whole = Ledger({c.id: c for c in claims}, {"original": "A tutorial."})
        path.write_text(dump_ledger(whole) if text is None else text, "utf-8")
        ledger._own.cache_clear()
        found = [Outcome(c, got) for c in claims if c.kind == "measured"]
        monkeypatch.setattr(extension, "measure", lambda: found)
        status = sphinx_build(["-qnW", "--keep-going", str(docs), str(tmp_path / "html")])
        page = tmp_path / "html" / "index.html"
        html = page.read_text("utf-8") if page.is_file() else ""
        return status, html, capsys.readouterr().err

    yield run
    ledger._own.cache_clear()


def test_a_ledger_that_agrees_is_printed(build):
    status, html, said = build(sealed(MEASURED), sealed(QUOTED))
    assert (status, said) == (0, "")
    assert "91.90 %" in html


def test_one_image_less_fails_at_the_line_that_states_it(build):
    status, _, said = build(sealed(MEASURED), sealed(QUOTED), got=918)
    assert status == 1
    wrong = (
        "WARNING: claim 'net.akida.top1': expected 91.90 % (919 of 1,000), got 91.80 % (918 of "
        "1,000). Fix: find out what changed it; if the change is meant, run 'akida-lite claims "
        "--write'. [claims]"
    )
    assert said.splitlines() == [
        f"docs/index.rst:4: {wrong}",
        f"docs/index.rst:6: {wrong}",
        f"akida_lite/zoo/claims.toml:8: {wrong}",
    ]


def test_an_edited_quoted_number_fails_as_well(build):
    edited = replace(sealed(QUOTED), n_correct=931)
    status, _, said = build(sealed(MEASURED), edited)
    assert status == 1
    assert "claim 'seed.net.top1': its record, which says 93.10 % (931 of 1,000)" in said


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        (
            'date = "2026-01-02"\n',
            "claim 'net.akida.top1': a measured number without date. Fix: run 'akida-lite "
            "claims --write', which measures it.",
        ),
        (
            'quantity = "top1"\n',
            "claim 'net.akida.top1': field 'quantity' is missing. Fix: add it, then run "
            "'akida-lite claims --write'.",
        ),
    ],
)
def test_an_undated_or_incomplete_record_stops_the_build_with_one_line(build, missing, line):
    text = dump_ledger(Ledger({MEASURED.id: MEASURED}, {}))
    text = text.replace('original = "seed.net.top1"\n', "").replace(missing, "", 1)
    with pytest.raises(SystemExit) as stopped:
        build(text=text)
    # Python prints it, alone, and exits with status 1.
    assert stopped.value.code == line


def test_two_published_states_are_drawn_and_listed(build):
    now = sealed(MEASURED)
    status, html, _ = build(now, sealed(QUOTED))
    assert status == 0
    for shape in ("drift-past", "drift-path", "drift-published", "drift-now", "drift-zero"):
        assert f'class="{shape}"' in html
    assert "Net, R&amp;D" in html
    for cell in ("90.00 % (2026-01-01)", "91.90 % (2026-01-02)", "+1.90 points"):
        assert cell in html


def test_the_drift_is_empty_where_nothing_stands_beside_an_original():
    assert claims_drift.drift_svg({QUOTED.id: QUOTED}, {}) == ""


def test_quoted_numbers_are_listed_without_columns_of_measurements(build, tmp_path):
    page = PAGE + "\n.. claims-table::\n   :kind: quoted\n"
    (tmp_path / "docs" / "index.rst").write_text(page, "utf-8")
    status, html, _ = build(sealed(MEASURED), sealed(QUOTED))
    assert status == 0
    quoted = html.rsplit("<table", 1)[1]
    assert all(
        cell in quoted for cell in ("Quoted", "Source", "93.00 %", "quoted: A tutorial.")
    )
    assert "This build" not in quoted
