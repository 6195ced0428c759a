"""A changed byte anywhere in shipped weights is found: on loading, or by the checksum."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import akida_lite as al
from akida_lite.claims import check, measure
from akida_lite.published import ledger
from akida_lite.storage.container import read_container

ROOT = Path(__file__).parents[2]
FOLDER = Path(al.zoo.__file__).parent / "weights"
FILES = sorted(path.name for path in FOLDER.glob("*.ak[lw]"))


def members(path):
    """Return name, first byte and size of the content of every member."""
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
            skipped = int.from_bytes(lengths[:2], "little") + int.from_bytes(
                lengths[2:], "little"
            )
            yield info.filename, info.header_offset + 30 + skipped, info.file_size


def flipped(source, at, folder):
    """Return a copy of a file with the lowest bit of one byte changed."""
    content = bytearray(source.read_bytes())
    content[at] ^= 1
    copy = folder / source.name
    copy.write_bytes(content)
    return copy


def sections(name):
    """Return a byte inside the header, a first, a middle and the last array, and the index."""
    path = FOLDER / name
    found = list(members(path))
    arrays = [member for member in found if not member[0].endswith(".json")]
    (header,) = [member for member in found if member[0].endswith(".json")]
    chosen = (header, arrays[0], arrays[len(arrays) // 2], arrays[-1])
    index = int.from_bytes(path.read_bytes()[-6:-2], "little")
    return {
        **{member: start + size // 2 for member, start, size in chosen},
        "index": index,
    }


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_in_any_section_is_refused_naming_the_file(name, tmp_path):
    for section, at in sections(name).items():
        damaged = flipped(FOLDER / name, at, tmp_path)
        with pytest.raises(al.FileFormatError) as refused:
            read_container(damaged)
        assert str(refused.value).startswith(f"file '{damaged}': "), section


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".akw")])
def test_a_byte_that_no_array_holds_still_breaks_the_claims(name, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "weights").mkdir()
    # The time stamp of the first member: reading ignores it.
    flipped(FOLDER / name, 10, tmp_path / "weights")
    own, file = ledger(), f"weights/{name}"
    about = {id: c for id, c in own.claims.items() if getattr(c.origin, "file", "") == file}
    problems = check(measure(replace(own, path=tmp_path / "claims.toml", claims=about)), own)
    assert len(problems) == len(about) > 0
    for problem in problems:
        assert "docs/user_guide/claims.rst:" in problem.subject
        assert problem.problem.startswith(
            f"it was measured on {file} of SHA-256 {own.files[file]}, here is "
        )
