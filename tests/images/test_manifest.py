"""What a run that was ended has noted, after somebody else wrote into it."""

import json

import pytest

from akida_lite.images.manifest import Manifest

TASK = {"columns": ["name"]}
ENTRY = {
    "part": 0,
    "source": "a",
    "sha256": "b",
    "images": 2,
    "refitted": 0,
    "refused": [["c.png", "it is no picture"]],
}


def entries_of(folder, *lines):
    text = "".join(line + "\n" for line in (json.dumps(TASK), *lines))
    (folder / "out.csv.manifest.jsonl").write_text(text)
    return Manifest(folder / "out.csv", TASK, resume=True).entries()


def test_a_good_line_is_an_entry(tmp_path):
    (entry,) = entries_of(tmp_path, json.dumps(ENTRY))
    assert entry.refused == [["c.png", "it is no picture"]]


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
        {"refused": [["c.png"]]},
        {"refused": [["c.png", 3]]},
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
