"""Whatever the source, its images come out, each once, in an order that depends on names."""

import io
import os
import pickle
import re
import sys
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from tiny_classifier import SHAPE, tiny_images, write_pictures

from akida_lite.errors import InputError
from akida_lite.images import sources
from akida_lite.images.arrays import image_of
from akida_lite.images.decoding import Unreadable
from akida_lite.images.parts import identity_of

IMAGES = tiny_images(7)


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def parts(*paths, size=3, shape=SHAPE):
    return list(sources.parts_of([str(path) for path in paths], shape, size))


def read(*paths, size=3, shape=SHAPE):
    """Return names and images, read as another process does, and the reasons of the others."""
    names, images, refused = [], [], {}
    for part in pickle.loads(pickle.dumps(parts(*paths, size=size, shape=shape))):
        items = list(part.items())
        assert len(items) == len(part) <= size
        for name, value in items:
            try:
                if isinstance(value, Unreadable):
                    raise value
                images.append(image_of(value, shape, "crop")[0])
                names.append(name)
            except Unreadable as error:
                refused[name] = str(error)
    return names, np.stack(images) if images else np.zeros((0, *shape), np.uint8), refused


def numbered(path, count=7):
    return [f"{path}:{row}" for row in range(count)]


def test_single_pictures_share_parts(tmp_path):
    paths = write_pictures(tmp_path, IMAGES)
    assert [len(part) for part in parts(*paths)] == [3, 3, 1]
    names, images, refused = read(*paths)
    assert (names, refused) == (paths, {})
    np.testing.assert_array_equal(images, IMAGES)


def test_a_folder_is_read_by_name_with_those_in_it(tmp_path):
    inner = write_pictures(tmp_path / "b", IMAGES[:2])
    outer = write_pictures(tmp_path, IMAGES[2:4])
    for left_out in (".hidden.png", "labels.csv", "readme"):
        (tmp_path / left_out).write_text("x")
    np.save(tmp_path / "a.npy", IMAGES[4:])
    (tmp_path / "empty").mkdir()
    os.symlink(tmp_path, tmp_path / "loop")
    os.symlink("nowhere", tmp_path / "gone.png")
    names, images, refused = read(tmp_path)
    assert refused == {str(tmp_path / "gone.png"): "it is no regular file"}
    assert names == [*outer, *numbered(tmp_path / "a.npy", 3), *inner]
    np.testing.assert_array_equal(images, IMAGES[[2, 3, 4, 5, 6, 0, 1]])


def test_pictures_that_pillow_may_not_know_are_not_passed_over_in_silence(tmp_path):
    write_pictures(tmp_path, IMAGES[:1])
    for ending in ("HEIC", "dng", "pdf"):
        (tmp_path / f"x.{ending}").write_bytes(b"pixels of another kind")
    names, _, refused = read(tmp_path)
    assert len(names) == 1
    # Pillow writes PDF and does not read it: such a file is no picture here.
    assert refused == {
        str(tmp_path / f"x.{ending}"): "it is no picture that Pillow knows"
        for ending in ("HEIC", "dng")
    }


def test_an_archive_of_another_kind_is_refused_with_a_way(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(write_pictures(tmp_path, IMAGES[:1])[0])
    with pytest.raises(Unreadable) as refused:
        image_of(str(tmp_path / "x.zip"), SHAPE, "crop")
    assert refused.value.remedy == "unpack it, and name the folder"


def saved_npy(path):
    np.save(path / "x.npy", IMAGES)
    return path / "x.npy"


def saved_fortran(path):
    np.save(path / "x.npy", np.asfortranarray(IMAGES))
    return path / "x.npy"


def saved_int64(path):
    np.save(path / "x.npy", IMAGES.astype(np.int64))
    return path / "x.npy"


def saved_npz(path):
    np.savez(path / "x.npz", labels=np.arange(7), pictures=IMAGES)
    return path / "x.npz"


def saved_compressed(path):
    np.savez_compressed(path / "x.npz", x=IMAGES, mask=np.zeros((7, 8, 8), np.uint8))
    return path / "x.npz"


@pytest.mark.parametrize(
    "save", [saved_npy, saved_fortran, saved_int64, saved_npz, saved_compressed]
)
def test_arrays(save, tmp_path):
    path = save(tmp_path)
    names, images, refused = read(path)
    assert (names, refused) == (numbered(path), {})
    np.testing.assert_array_equal(images, IMAGES)


def test_one_image_and_grey_images_are_arrays_too(tmp_path):
    np.save(tmp_path / "one.npy", IMAGES[0])
    np.save(tmp_path / "grey.npy", IMAGES[..., 0])
    np.testing.assert_array_equal(read(tmp_path / "one.npy")[1], IMAGES[:1])
    names, images, _ = read(tmp_path / "grey.npy", shape=(8, 8, 1))
    assert len(names) == 7
    np.testing.assert_array_equal(images, IMAGES[..., :1])


@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_rows_of_pixels_are_images_that_were_flattened(save, tmp_path):
    path = tmp_path / ("x.npy" if save is np.save else "x.npz")
    save(path, IMAGES.reshape(len(IMAGES), -1))
    names, images, refused = read(path)
    assert (names, refused) == (numbered(path), {})
    np.testing.assert_array_equal(images, IMAGES)


AS_STORED = "store its pixels as uint8, 0 to 255, as they were before any scaling"


@pytest.mark.parametrize(
    ("array", "reason", "remedy"),
    [
        (IMAGES / 255, "it has dtype float64, pixels are uint8", AS_STORED),
        (IMAGES > 9, "it has dtype bool, pixels are uint8", AS_STORED),
        (
            np.moveaxis(IMAGES, -1, -3),
            "it has shape (3, 8, 8), the model reads (8, 8, 3)",
            "move its channels to the end, as np.moveaxis(x, -3, -1) does",
        ),
        (
            IMAGES[..., :2],
            "it has shape (8, 8, 2), the model reads (8, 8, 3)",
            "store it as (height, width, channels)",
        ),
        (
            IMAGES[:, np.newaxis],
            "it has shape (7, 1, 8, 8, 3), (n, height, width, channels) is expected",
            "store it in that shape",
        ),
    ],
    ids=["float", "bool", "channels-first", "channels", "axes"],
)
def test_what_no_image_of_an_array_can_be_is_said_once(array, reason, remedy, tmp_path):
    np.save(tmp_path / "x.npy", array)
    (part,) = parts(tmp_path / "x.npy", size=2)
    ((name, why),) = part.items()
    assert (name, str(why), why.remedy) == (str(tmp_path / "x.npy"), reason, remedy)


def test_a_set_without_images_has_no_parts(tmp_path):
    np.save(tmp_path / "none.npy", IMAGES[:0])
    assert parts(tmp_path / "none.npy") == []


def header(path, shape, descr="|u1"):
    """Write an array of a few bytes that declares any shape."""
    with path.open("wb") as file:
        facts = {"descr": descr, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, facts)
        file.write(bytes(64))
    return path


def packed_header(folder, shape):
    with zipfile.ZipFile(folder / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(header(folder / "x", shape), "x.npy")
    return folder / "x.npz"


def tar_of_zeros(folder, ending, mode):
    """Write an archive whose only picture has more bytes than are ever held."""
    member = tarfile.TarInfo("a.png")
    member.size = sources.HELD_BYTES + 1
    with tarfile.open(folder / f"x.{ending}", mode) as archive:
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    return folder / f"x.{ending}"


GREEDY = {
    "rows-without-end": (
        lambda p: header(p / "x.npy", (10**15, 8, 0, 3)),
        "it has shape (8, 0, 3), the model reads (8, 8, 3)",
    ),
    "values-of-no-bytes": (
        lambda p: header(p / "x.npy", (10**15, 8, 8, 3), "|V0"),
        "it has dtype |V0, pixels are uint8",
    ),
    "negative": (
        lambda p: header(p / "x.npy", (-1, 8, 8, 3)),
        "it has shape (-1, 8, 8, 3), (n, height, width, channels) is expected",
    ),
    "negative-sides": (
        lambda p: header(p / "x.npy", (1, -8, -8, 3)),
        "it has shape (-8, -8, 3), the model reads (8, 8, 3)",
    ),
    "packed-rows-without-end": (
        lambda p: packed_header(p, (10**15, 8, 0, 3)),
        "it has shape (1000000000000000, 8, 0, 3) of uint8; 1 to 67108864 bytes an image are "
        "read from a compressed file",
    ),
    "packed-image": (
        lambda p: packed_header(p, (1, 10**6, 10**6, 3)),
        "it has shape (1, 1000000, 1000000, 3) of uint8; 1 to 67108864 bytes an image are "
        "read from a compressed file",
    ),
    "packed-picture": (
        lambda p: tar_of_zeros(p, "tgz", "w:gz"),
        "it has 67108865 bytes, at most 67108864 are read",
    ),
    "picture": (
        lambda p: tar_of_zeros(p, "tar", "w"),
        "it has 67108865 bytes, at most 67108864 are read",
    ),
}


@pytest.mark.parametrize("case", GREEDY)
def test_what_would_take_more_than_the_file_is_refused(case, tmp_path):
    make, reason = GREEDY[case]
    (part,) = parts(make(tmp_path))
    ((_, why),) = part.items()
    assert (type(why), str(why)) == (Unreadable, reason)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
@pytest.mark.parametrize("ending", ["png", "npy", "tar"])
def test_nobody_waits_for_a_pipe(ending, tmp_path):
    os.mkfifo(tmp_path / f"x.{ending}")
    (part,) = parts(tmp_path / f"x.{ending}")
    ((_, why),) = part.items()
    assert str(why) == "it is no regular file"
    with pytest.raises(Unreadable, match=r"^it cannot be read \(Not a regular file\)$"):
        image_of({"path": str(tmp_path / f"x.{ending}")}, SHAPE, "crop")


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: cut(saved_npy(p), 500), r"it is cut off: 1472 bytes are expected"),
        (lambda p: cut(saved_npy(p), 40), r"it cannot be read \("),
        (lambda p: cut(saved_npz(p), 900), r"it cannot be read \("),
        (lambda p: cut(p / "x.npy", 0), r"it cannot be read \("),
    ],
    ids=["data", "header", "archive", "empty"],
)
def test_an_array_that_is_cut_off_is_refused_by_name(make, reason, tmp_path):
    (tmp_path / "x.npy").touch()
    path = make(tmp_path)
    names, _, refused = read(path)
    assert (names, list(refused)) == ([], [str(path)])
    assert re.match(reason, refused[str(path)])


def test_arrays_that_are_no_images_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(5, np.uint8))
    np.save(tmp_path / "b.npy", np.array([{}]), allow_pickle=True)
    np.savez(tmp_path / "c.npz", a=IMAGES, b=IMAGES)
    np.savez_compressed(tmp_path / "d.npz", np.asfortranarray(IMAGES))
    _, _, refused = read(tmp_path)
    assert refused == {
        str(tmp_path / "a.npy"): "it has shape (5,), (n, height, width, channels) is expected",
        str(tmp_path / "b.npy"): "it cannot be read (it holds Python objects, not numbers)",
        str(tmp_path / "c.npz"): (
            "it has the arrays of images a, b, of which one, or one called image or images or "
            "img or x or x_test, is expected"
        ),
        str(tmp_path / "d.npz"): "its compressed array is in Fortran order, C is expected",
    }


# -- Parquet -----------------------------------------------------------------------------


def table(path, columns, **options):
    pyarrow = pytest.importorskip("pyarrow")
    __import__("pyarrow.parquet")
    data = columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns)
    pyarrow.parquet.write_table(data, path, **options)
    return path


ENCODED = [png(image) for image in IMAGES]


@pytest.mark.parametrize(
    "column",
    [
        lambda pa: ENCODED,
        lambda pa: pa.array(ENCODED, pa.large_binary()),
        lambda pa: pa.array(ENCODED).dictionary_encode(),
        lambda pa: [{"bytes": data, "path": None} for data in ENCODED],
        lambda pa: IMAGES.tolist(),
        lambda pa: IMAGES.reshape(7, -1).tolist(),
        lambda pa: pa.FixedSizeListArray.from_arrays(IMAGES.reshape(-1), 192),
    ],
    ids=["binary", "large", "dictionary", "struct", "nested", "flat", "fixed"],
)
def test_parquet_holds_encoded_images_or_arrays(column, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    columns = {"label": list(range(7)), "picture": column(pyarrow)}
    path = table(tmp_path / "x.parquet", columns, row_group_size=4)
    names, images, refused = read(path)
    assert (names, refused) == (numbered(path), {})
    np.testing.assert_array_equal(images, IMAGES)


def test_parquet_names_images_where_it_can(tmp_path):
    ids = [f"n{i}" for i in range(6)] + [None]
    path = table(tmp_path / "x.parquet", {"name": ids, "img": ENCODED})
    assert read(path)[0] == [*ids[:6], f"{path}:6"]
    structs = [{"bytes": data, "path": f"{i}.png"} for i, data in enumerate(ENCODED)]
    path = table(tmp_path / "y.parquet", {"image": structs})
    assert read(path)[0] == [f"{i}.png" for i in range(7)]


def test_of_several_columns_one_must_be_called_image(tmp_path):
    columns = {"a": ENCODED, "image": ENCODED[::-1]}
    np.testing.assert_array_equal(read(table(tmp_path / "x.parquet", columns))[1], IMAGES[::-1])
    path = table(tmp_path / "y.parquet", {"a": ENCODED, "b": ENCODED})
    assert read(path)[2][str(path)].startswith("its columns of bytes or lists are a, b; one, ")
    path = table(tmp_path / "z.parquet", {"a": [1]})
    assert read(path)[2][str(path)].startswith("its columns of bytes or lists are none; one, ")


def test_rows_without_an_image_are_refused_by_name(tmp_path):
    path = table(tmp_path / "x.parquet", {"image": [ENCODED[0], None, b"x", ENCODED[3]]})
    _, images, refused = read(path)
    np.testing.assert_array_equal(images, IMAGES[[0, 3]])
    assert refused == {
        f"{path}:1": "it is missing",
        f"{path}:2": "it is no picture that Pillow knows",
    }


def test_a_damaged_table_is_refused_by_name(tmp_path):
    path = cut(table(tmp_path / "x.parquet", {"image": ENCODED}), 300)
    names, _, refused = read(path)
    assert (names, list(refused)) == ([], [str(path)])


def test_a_file_that_is_missing_a_package_says_how_to_install_it(tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    path.touch()
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError) as refused:
        parts(path)
    assert str(refused.value) == (
        f"file '{path}': it needs pyarrow, which cannot start. "
        "Fix: python -m pip install 'akida_lite[images]'."
    )


# -- archives ----------------------------------------------------------------------------


def archive(path, mode, members):
    with tarfile.open(path, mode) as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


SHARD = [
    member
    for i, data in enumerate(ENCODED)
    for member in ((f"{i:04}.png", data), (f"{i:04}.cls", b"3"), (f"{i:04}.json", b"{}"))
]


@pytest.mark.parametrize(
    ("ending", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")]
)
def test_webdataset_archives(ending, mode, tmp_path):
    path = archive(tmp_path / f"shard.{ending}", mode, SHARD)
    names, images, refused = read(path)
    assert (names, refused) == ([f"{path}/{i:04}.png" for i in range(7)], {})
    np.testing.assert_array_equal(images, IMAGES)


def test_what_a_broken_archive_still_holds_is_used(tmp_path):
    path = archive(tmp_path / "shard.tar.gz", "w:gz", SHARD)
    cut(path, path.stat().st_size * 2 // 3)
    names, _, refused = read(path)
    assert 0 < len(names) < 7
    assert refused[str(path)].startswith("it cannot be read to its end (")
    path = archive(tmp_path / "other.tar", "w", SHARD)
    cut(path, 512 * 7)
    names, _, refused = read(path)
    assert len(names) >= 1
    assert refused


def test_an_archive_without_pictures_is_refused(tmp_path):
    for ending, mode in (("tar", "w"), ("tgz", "w:gz")):
        path = archive(tmp_path / f"shard.{ending}", mode, [("a.txt", b"x")])
        assert read(path)[2] == {str(path): "it holds no picture"}


# -- names and identities ------------------------------------------------------------------


def test_a_source_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        parts(tmp_path / "none")
    assert str(refused.value) == (
        f"source {str(tmp_path / 'none')!r}: there is no such file or folder. "
        "Fix: check its path."
    )


def test_a_folder_of_nothing_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError) as refused:
        parts(tmp_path)
    assert str(refused.value) == (
        f"folder {str(tmp_path)!r}: it holds no picture, array, Parquet file or archive of "
        "pictures. Fix: name another folder."
    )


def test_a_file_of_an_unknown_kind_is_tried_as_a_picture(tmp_path):
    (tmp_path / "picture").write_bytes(ENCODED[0])
    np.testing.assert_array_equal(read(tmp_path / "picture")[1], IMAGES[:1])
    (tmp_path / "notes.txt").write_text("x")
    assert read(tmp_path / "notes.txt")[2] == {
        str(tmp_path / "notes.txt"): "it is no picture that Pillow knows"
    }


def test_an_identity_changes_with_the_files_and_the_place_in_them(tmp_path):
    path = saved_npy(tmp_path)
    before = [identity_of(part) for part in parts(path)]
    assert len(set(before)) == 3
    assert [identity_of(part) for part in parts(path)] == before
    os.utime(path, ns=(1, 1))
    assert not {identity_of(part) for part in parts(path)} & set(before)
    before = [identity_of(part) for part in parts(path)]
    # Another content of the same size, with the same time.
    np.save(path, IMAGES[::-1])
    os.utime(path, ns=(1, 1))
    assert not {identity_of(part) for part in parts(path)} & set(before)
    (picture,) = write_pictures(tmp_path / "p", IMAGES[:1])
    (part,) = parts(picture)
    one = identity_of(part)
    os.remove(picture)
    assert identity_of(part) != one


def test_a_value_that_stands_in_every_row_is_not_held_for_each(tmp_path):
    pyarrow, parquet = map(pytest.importorskip, ("pyarrow", "pyarrow.parquet"))
    table = pyarrow.table({"image": pyarrow.array([bytes(16 << 20)] * 20, pyarrow.binary())})
    parquet.write_table(table, tmp_path / "x.parquet", compression="zstd")
    assert (tmp_path / "x.parquet").stat().st_size < 1 << 20
    del table
    (part,) = parts(tmp_path / "x.parquet", size=1000)
    before, held = pyarrow.total_allocated_bytes(), []
    for _, value in part.items():
        assert len(value) == 16 << 20
        held.append(pyarrow.total_allocated_bytes() - before)
    assert len(held) == 20
    assert max(held) < 6 * (16 << 20)


def test_folders_may_be_nested_deeper_than_functions_may_call_each_other(tmp_path):
    (tmp_path / "stays").touch()
    folder = str(tmp_path / "deep")
    os.mkdir(folder)
    for _ in range(1200):
        folder = os.path.join(folder, "a")
        os.mkdir(folder)
    np.save(os.path.join(folder, "x.npy"), IMAGES)
    try:
        assert len(read(tmp_path, size=7)[1]) == len(IMAGES)
    finally:
        # Python, and pytest, can remove folders as deep as that from their end only.
        os.remove(os.path.join(folder, "x.npy"))
        os.removedirs(folder)
