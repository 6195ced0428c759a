"""What a page of the gallery shows, its downloaded script shows as well."""

import ast
import re
import warnings
from pathlib import Path

import gallery
import pytest
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("plot_*.py"))
# Methods that end a cell for what they do, not for what they return.
DOES = {"show", "print", "summary", "panel", "verify", "cleanup", "set_random_seed", "save"}


def bare_endings(script):
    """Yield the last line of each cell whose value a page shows and a script does not."""
    for block in split_code_and_text_blocks(str(script))[1]:
        statements = ast.parse(block.content).body if block.type == "code" else []
        if statements and isinstance(statements[-1], ast.Expr):
            value = statements[-1].value
            name = value.func if isinstance(value, ast.Call) else value
            word = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
            if not (isinstance(value, ast.Call) and word in DOES):
                yield ast.unparse(value)


def shown_too_early(script):
    """Yield what a cell shows before its end: a script prints it, and a page drops it."""
    for block in split_code_and_text_blocks(str(script))[1]:
        statements = ast.parse(block.content).body if block.type == "code" else []
        for statement in statements[:-1]:
            for call in ast.walk(statement):
                function = call.func if isinstance(call, ast.Call) else None
                text = ast.unparse(function) if function else ""
                if text == "al.show" or text.endswith(".summary"):
                    yield ast.unparse(call)


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_what_a_cell_shows_stands_at_its_end(script):
    assert list(shown_too_early(script)) == []


@pytest.mark.parametrize(
    "cell",
    ["al.show(x)\ny = 1", "for x in y:\n    al.show(x)\nz = 1", "model.summary()\nx = 1"],
)
def test_a_table_that_a_page_would_drop_is_found(cell, tmp_path):
    script = tmp_path / "plot_x.py"
    script.write_text(f'"""\nTitle\n=====\n"""\n\n{cell}\n')
    assert len(list(shown_too_early(script))) == 1


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_no_cell_ends_in_a_value_that_a_script_would_not_show(script):
    assert list(bare_endings(script)) == []


def test_a_bare_value_is_found(tmp_path):
    script = tmp_path / "plot_x.py"
    script.write_text('"""\nTitle\n=====\n"""\n\nx = 1\nx\n\n# %%\n# Text.\n\nprint(x)\n')
    assert list(bare_endings(script)) == ["x"]


def test_a_page_shows_a_warning_as_its_script_does(tmp_path, monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    page = tmp_path / "plot_x.py"
    page.write_text("x = 1\nconvert(model)\n")
    with warnings.catch_warnings():
        gallery.reset({}, page.name)
    shown = warnings.formatwarning("left out", UserWarning, str(page), 2)
    assert shown == "plot_x.py:2: UserWarning: left out\n  convert(model)\n"


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_each_page_says_first_how_long_it_takes(script):
    intro = " ".join(ast.get_docstring(ast.parse(script.read_text("utf-8"))).split())
    assert re.search(
        r"The page takes less than (half )?a minute on two free cores, and "
        r"downloads nothing\.",
        intro,
    )
