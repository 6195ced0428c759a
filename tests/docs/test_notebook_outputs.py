"""A notebook is held against its page: what differs is found, what may differ is not."""

from nbformat import NotebookNode
from notebook_outputs import cell_output, first_difference, page_outputs, without_logs

PAGE = """\
Title
=====

.. GENERATED FROM PYTHON SOURCE LINES 1-2

.. code-block:: Python

    print("right: 9 of 10")

.. rst-class:: sphx-glr-script-out

 .. code-block:: none

    right: 9 of 10
    took 1.25 s

.. GENERATED FROM PYTHON SOURCE LINES 3-4

Some prose.

.. GENERATED FROM PYTHON SOURCE LINES 5-6

.. code-block:: Python

    table

.. raw:: html

    <div class="output_subarea output_html rendered_html output_result">
    <div><table><tr><td>R&amp;D</td></tr></table></div><p>first line
    second line</p>
    </div>
    <br />
    <br />

.. GENERATED FROM PYTHON SOURCE LINES 7-8

.. code-block:: Python

    silent = 1
"""

TABLE = "<div><table><tr><td>R&amp;D</td></tr></table></div><p>first line\nsecond line</p>"


def stream(text):
    return NotebookNode(output_type="stream", name="stdout", text=text)


def shown(**data):
    named = {name.replace("_", "/", 1): value for name, value in data.items()}
    return NotebookNode(output_type="execute_result", data=named)


def test_the_same_outputs_do_not_differ():
    printed, table, nothing = page_outputs(PAGE)
    assert (
        first_difference(printed, cell_output([stream("right: 9 of 10\ntook 2.5 s\n")])) == ""
    )
    html = shown(text_html=TABLE, text_plain="a table")
    assert first_difference(table, cell_output([html])) == ""
    assert first_difference(nothing, cell_output([])) == ""


def test_a_changed_count_is_named():
    printed = page_outputs(PAGE)[0]
    assert first_difference(printed, cell_output([stream("right: 8 of 10\ntook 2.5 s\n")])) == (
        "the page shows 'right: 9 of 10', the notebook 'right: 8 of 10'"
    )


def test_a_missing_output_is_named():
    table = page_outputs(PAGE)[1]
    assert first_difference(table, "").endswith("the notebook 'nothing more'")


def test_a_kept_warning_names_no_file_of_this_machine():
    printed = "/tmp/ipykernel_7/12.py:1: UserWarning: left out\n  convert(model)\nright: 9\n"
    kept = without_logs(stream(printed))["text"]
    assert kept == "UserWarning: left out\n  convert(model)\nright: 9\n"
