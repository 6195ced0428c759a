"""A table that a page makes of rows of its own."""

import pytest

import akida_lite as al


def test_numbers_keep_to_the_right_and_words_to_the_left():
    table = al.table({"a": [1200, "x"], "b": [7, 3]}, ["row", "events", "what"], "Run")
    assert [column.align for column in table.columns] == ["left", "right", "left"]
    assert table.rows == [["a", "1,200", "x"], ["b", "7", "3"]]
    assert "<caption" in table._repr_html_()


def test_written_numbers_keep_to_the_right_as_well():
    rows = {"a": ["0.93", "24%", "1,200", "2/2", "-"], "b": ["-1.5", "5 %", "", "4/4", "1"]}
    sides = [column.align for column in al.table(rows, ["row", *"vwxyz"]).columns]
    assert sides == ["left", "right", "right", "right", "left", "left"]


def test_a_table_without_rows_has_its_headings():
    assert str(al.table({}, ["row", "events"], "Run")).splitlines()[1] == "row  events"


def test_a_row_of_another_length_is_refused_by_name():
    message = "row 'b'.* it has 1 cells, and there are 3 headings.* one heading for the names"
    with pytest.raises(al.InputError, match=f"(?s){message}"):
        al.table({"a": [1, 2], "b": [1]}, ["row", "x", "y"])
