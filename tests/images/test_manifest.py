"""What a run that was ended has noted, after somebody else wrote into it."""

import csv
import io
import json
import os
import threading
from types import SimpleNamespace

import pytest

from akida_lite.errors import InputError
from akida_lite.images.manifest import Manifest
from akida_lite.images.results import encoded

TASK = {"columns": ["name"]}
ENTRY = {
    "part": 0,
    "source": "a",
    "sha256": "b",
    "images": 2,
    "refitted": 0,
    "refused": [["c.png", "it is no picture", "save it again"]],
}


def entries_of(folder, *lines):
    text = "".join(line + "\n" for line in (json.dumps(TASK), *lines))
    (folder / "out.csv.manifest.jsonl").write_text(text)
    return Manifest(folder / "out.csv", TASK, resume=True).entries()


def test_a_good_line_is_an_entry(tmp_path):
    (entry,) = entries_of(tmp_path, json.dumps(ENTRY))
    assert entry.refused == [["c.png", "it is no picture", "save it again"]]


@pytest.mark.parametrize(
    "changed",
    [
        {"part": None},
        {"part": []},
        {"part": True},
        {"part": -1},
        {"source": 3},
        {"images": "2"},
        {"refitted": 0.5},
        {"refused": 1},
        {"refused": ["ab"]},
        {"refused": [["c.png", "it is no picture"]]},
        {"refused": [["c.png", 3, "save it again"]]},
        {"more": 1},
    ],
    ids=str,
)
def test_a_line_of_other_types_is_no_entry_and_its_part_is_done_again(changed, tmp_path):
    good = json.dumps(ENTRY | {"part": 1})
    (entry,) = entries_of(tmp_path, json.dumps(ENTRY | changed), good)
    assert entry.part == 1


def test_lines_after_one_that_is_no_json_do_not_count(tmp_path):
    assert entries_of(tmp_path, "[" * 100_000, json.dumps(ENTRY)) == []


FOUND = SimpleNamespace(rows=[{"name": "a"}], refused=[], refitted=0)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_table_may_go_into_a_pipe_and_is_then_never_called_complete(tmp_path):
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    manifest = Manifest(pipe, TASK, resume=False)
    manifest.begin()
    manifest.add(0, "source", FOUND)
    manifest.complete(1)
    reader.join()
    assert received == [b"name\na\n"]
    assert not Manifest(pipe, TASK, resume=True).holds(["source"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.csv",
        "out.csv.manifest.jsonl",
    ]


def test_an_output_that_is_gone_is_not_complete(tmp_path):
    entries_of(tmp_path, json.dumps(ENTRY), json.dumps({"complete": ""}))
    assert not Manifest(tmp_path / "out.csv", TASK, resume=True).holds(["a"])


def test_what_is_no_list_of_parts_is_neither_read_nor_replaced(tmp_path):
    folder = tmp_path / "out.csv.manifest.jsonl"
    folder.mkdir()
    with pytest.raises(InputError) as refused:
        Manifest(tmp_path / "out.csv", TASK, resume=False)
    assert str(refused.value) == (
        f"file '{folder}': it is no regular file, and would be written over. "
        "Fix: move it elsewhere."
    )


def test_what_others_keep_among_the_parts_stays_there(tmp_path):
    kept = tmp_path / "out.csv.parts" / "part-of-mine.txt"
    kept.parent.mkdir()
    kept.touch()
    manifest = Manifest(tmp_path / "out.csv", TASK, resume=False)
    manifest.begin()
    manifest.add(0, "source", FOUND)
    manifest.complete(1)
    assert list(kept.parent.iterdir()) == [kept]
    assert (tmp_path / "out.csv").read_bytes() == b"name\na\n"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@A1", "'@A1"),
        ('=a,"b"', '\'=a,"b"'),
        ("\t=1", "\\t=1"),
        ("a\r=1,2", "a\\r=1,2"),
        ("a\nb\x1b[2J", "a\\nb\\x1b[2J"),
    ],
)
def test_a_spreadsheet_finds_neither_formulas_nor_rows_in_names(name, cell):
    row, columns = {"name": name, "class": -1, "score": -2.5}, ["name", "class", "score"]
    table = encoded([row], columns, ".csv").decode()
    assert list(csv.reader(io.StringIO(table, newline=""))) == [[cell, "-1", "-2.5"]]
    assert json.loads(encoded([row], columns, ".jsonl")) == row
