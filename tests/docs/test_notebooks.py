"""The notebook that is checked is the one that is published, and shows what its page shows."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebooks import differences, write_notebook
from sphinx_gallery.gen_gallery import DEFAULT_GALLERY_CONF

SCRIPT = '''\
"""
Title
=====

Prose.
"""

# sphinx_gallery_line_numbers = True
print("right: 9 of 10")

# %%
# The end.

# sphinx_gallery_thumbnail_number = 2
'''
PAGE = """\
.. GENERATED FROM PYTHON SOURCE LINES 8-9

.. code-block:: Python

    print("right: 9 of 10")

.. rst-class:: sphx-glr-script-out

 .. code-block:: none

    right: 9 of 10
"""


@pytest.fixture
def published(tmp_path):
    """Return the notebook that sphinx-gallery wrote, its page beside it."""
    path = tmp_path / "page.ipynb"
    path.with_suffix(".rst").write_text(PAGE)
    cells = [new_code_cell("%matplotlib inline"), new_code_cell('print("right: 9 of 10")')]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def executed(published, printed, source=None):
    notebook = nbformat.read(published, as_version=4)
    cell = notebook.cells[-1]
    cell.source = source or cell.source
    cell.outputs = [new_output("stream", text=printed)]
    path = published.with_name("executed.ipynb")
    nbformat.write(notebook, path)
    return path


def test_a_notebook_that_shows_what_its_page_shows_has_no_difference(published):
    assert differences(executed(published, "right: 9 of 10\n"), published) == []


def test_another_output_is_named_with_the_code_above_it(published):
    assert differences(executed(published, "right: 8 of 10\n"), published) == [
        "below 'print(\"right: 9 of 10\")' the page shows 'right: 9 of 10', "
        "the notebook 'right: 8 of 10'"
    ]


def test_a_notebook_of_other_code_is_refused(published):
    other = executed(published, "right: 9 of 10\n", source='print("right: 9 of", 10)')
    assert differences(other, published) == [
        "the notebook that was checked is not the one of the page"
    ]


def test_a_page_with_a_block_less_is_not_taken_for_equal(published):
    page = published.with_suffix(".rst")
    page.write_text("Nothing.")
    with pytest.raises(ValueError, match="shorter"):
        differences(executed(published, "right: 9 of 10\n"), published)


def test_the_notebook_has_the_cells_of_its_script_without_configuration(tmp_path):
    script = tmp_path / "plot_page.py"
    script.write_text(SCRIPT)
    notebook = tmp_path / "folder" / "plot_page.ipynb"
    gallery = {**DEFAULT_GALLERY_CONF, "first_notebook_cell": "%matplotlib inline"}
    write_notebook(script, notebook, gallery)
    first, prose, code, end = nbformat.read(notebook, as_version=4).cells
    assert (first.source, code.source) == ("%matplotlib inline", 'print("right: 9 of 10")')
    assert prose.source.split() == ["#", "Title", "Prose."]
    assert end.source.strip() == "The end."
