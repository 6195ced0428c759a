"""``akida-lite predict``: what it prints and writes, and what no kill can spoil."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from tiny_classifier import SHAPE, tiny_images, tiny_model, write_pictures

import akida_lite as al
from akida_lite.cli import main
from akida_lite.cli.progress import ProgressLine
from akida_lite.files import sha256_of
from akida_lite.images.sources import parts_of
from akida_lite.prediction import PartClassifier

MODEL = tiny_model()
IMAGES = tiny_images(10)
COMMAND = [sys.executable, "-m", "akida_lite", "predict"]


@pytest.fixture
def model(tmp_path):
    MODEL.save(tmp_path / "tiny.akl")
    return str(tmp_path / "tiny.akl")


@pytest.fixture
def pictures(tmp_path):
    return write_pictures(tmp_path / "pictures", IMAGES)


def run(capsys, *arguments):
    status = main(["predict", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def expected(names, images=IMAGES):
    """Return the rows that a table of these images has, in plain values."""
    answers = al.Classifier(MODEL)({"image": images})
    return [
        {
            "name": name,
            "class": int(answers["class"][row]),
            "label": MODEL.labels[answers["class"][row]],
            "score": float(answers["score"][row]),
            "runner_up": int(answers["runner_up"][row]),
            "runner_up_label": MODEL.labels[answers["runner_up"][row]],
            "runner_up_score": float(answers["runner_up_score"][row]),
        }
        for row, name in enumerate(names)
    ]


def rows_of(path):
    """Return the rows of a table in any format, as text, number or None."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        return parquet.read_table(path).to_pylist()
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    for row in rows:
        for key in ("class", "runner_up", "events", "operations"):
            if key in row:
                row[key] = int(row[key])
        for key in ("score", "runner_up_score"):
            row[key] = float(row[key])
    return rows


def test_it_prints_name_class_score_and_runner_up(model, pictures, capsys):
    status, lines, errors = run(capsys, model, *pictures)
    assert (status, errors) == (0, "")
    assert lines == [
        f"{row['name']}  {row['label']}  {row['score']:.4g}  {row['runner_up_label']}  "
        f"{row['runner_up_score']:.4g}"
        for row in expected(pictures)
    ]


def test_rows_are_printed_as_images_are_classified(model, tmp_path):
    """The images of a part do not wait for its last one."""
    large = np.concatenate([tiny_images(130)] * 2)
    np.save(tmp_path / "x.npy", large)
    classify = PartClassifier(al.Classifier(model))
    (part,) = parts_of([str(tmp_path / "x.npy")], SHAPE, 1000)
    bits = [len(found.rows) for found in classify.bit_by_bit(part)]
    assert bits == [64, 64, 64, 64, 4]
    assert [row["class"] for row in classify(part).rows] == MODEL.predict(large).tolist()


def test_statistics_are_added(model, pictures, capsys):
    _, lines, _ = run(capsys, model, pictures[0], "--statistics")
    answers = al.Classifier(MODEL, statistics=True)({"image": IMAGES[:1]})
    assert lines[0].endswith(
        f"  {answers['events'][0]:,} events  {answers['operations'][0]:,} operations"
    )


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("statistics", [False, True])
def test_a_table_holds_every_image_and_the_models_checksum(
    ending, statistics, model, pictures, capsys, tmp_path
):
    path = tmp_path / f"out.{ending}"
    more = ["--statistics"] if statistics else []
    status, lines, errors = run(
        capsys, model, *pictures, "--output", path, "--part", "3", *more
    )
    assert (status, lines, errors) == (0, [f"{path}: 10 images, 0 refused"], "")
    wanted = [{**row, "model": sha256_of(model)} for row in expected(pictures)]
    if statistics:
        answers = al.Classifier(MODEL, statistics=True)({"image": IMAGES})
        for row, events, operations in zip(
            wanted, answers["events"], answers["operations"], strict=True
        ):
            row |= {"events": int(events), "operations": int(operations)}
    assert rows_of(path) == wanted
    assert not (tmp_path / f"out.{ending}.parts").exists()


def test_any_model_and_several_processes_give_the_same_table(model, pictures, capsys, tmp_path):
    folder = Path(pictures[0]).parent
    run(capsys, model, folder, "--output", tmp_path / "one.csv")
    options = ("--workers", "2", "--part", "2", "--backend", "reference", "--threads", "1")
    run(capsys, model, folder, "--output", tmp_path / "two.csv", *options)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_model_without_labels_has_no_columns_for_them(pictures, capsys, tmp_path):
    tiny_model(labels=None).save(tmp_path / "plain.akl")
    run(capsys, tmp_path / "plain.akl", *pictures, "--output", tmp_path / "out.csv")
    header = (tmp_path / "out.csv").read_text("utf-8").splitlines()[0]
    assert header == "name,class,score,runner_up,runner_up_score,model"
    _, lines, _ = run(capsys, tmp_path / "plain.akl", pictures[0])
    assert re.fullmatch(r"\S+  \d  \S+  \d  \S+", lines[0])


def test_pictures_of_another_size_are_fitted_and_it_says_so(model, tmp_path, capsys):
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = IMAGES[0]
    (path,) = write_pictures(tmp_path / "wide", [wide])
    status, lines, errors = run(capsys, model, path)
    (middle,) = write_pictures(tmp_path / "middle", IMAGES[:1])
    assert [line.replace(path, middle) for line in lines] == run(capsys, model, middle)[1]
    assert status == 0
    assert errors == (
        "akida-lite predict: 1 image was not of 8 x 8 pixels and lost its borders "
        "(--fit crop; other choice: squeeze)\n"
    )
    _, _, errors = run(capsys, model, path, path, "--fit", "squeeze")
    assert (
        "2 images were not of 8 x 8 pixels and lost their proportions "
        "(--fit squeeze; other choice: crop)" in errors
    )


def test_one_unreadable_picture_among_thousands(model, tmp_path, capsys):
    images = tiny_images(3000)
    paths = write_pictures(tmp_path / "many", images)
    broken = Path(paths[1234])
    broken.write_bytes(broken.read_bytes()[:60])
    options = ("--output", tmp_path / "out.jsonl", "--part", "500", "--workers", "2")
    status, lines, errors = run(capsys, model, tmp_path / "many", *options)
    assert status == 1
    assert lines == [f"{tmp_path / 'out.jsonl'}: 2,999 images, 1 refused"]
    assert errors.startswith(f"akida-lite predict: image {str(broken)!r}: it cannot be read (")
    assert errors.count("\n") == 1
    kept = [i for i in range(3000) if i != 1234]
    found = rows_of(tmp_path / "out.jsonl")
    assert [row["name"] for row in found] == [paths[i] for i in kept]
    assert [row["class"] for row in found] == MODEL.predict(images[kept]).tolist()


def test_names_may_be_any_bytes_and_never_steer_a_terminal(model, tmp_path, capsys):
    pillow = pytest.importorskip("PIL.Image")
    names = ["a\x1b[31m.png", 'comma, quote ".png', os.fsdecode(b"\xff.png"), "ü.png"]
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in names:
        pillow.fromarray(IMAGES[0]).save(os.path.join(folder, name), "PNG")
    status, lines, _ = run(capsys, model, folder)
    assert (status, len(lines)) == (0, 4)
    assert not any("\x1b" in line for line in lines)
    for ending in ("csv", "jsonl", "parquet"):
        path = tmp_path / f"out.{ending}"
        assert run(capsys, model, folder, "--output", path)[0] == 0
        found = {Path(row["name"]).name for row in rows_of(path)}
        first = "a\\x1b[31m.png" if ending == "csv" else names[0]
        assert found == {first, names[1], "\\xff.png", "ü.png"}


# -- interrupted runs ------------------------------------------------------------------------


def wait_for(condition):
    """Wait until something has happened; the limit only keeps a failure from lasting."""
    limit = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)


def lines_in(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def enlarged(path):
    """Put a picture there that takes a second to read: time to kill whoever reads it."""
    picture = pytest.importorskip("PIL.Image").new("RGB", (9000, 9000), "teal")
    picture.save(path, compress_level=1)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_run_that_is_killed_goes_on_to_the_same_bytes(ending, model, tmp_path, capsys):
    paths = write_pictures(tmp_path / "pictures", IMAGES)
    enlarged(paths[6])
    folder, output = tmp_path / "pictures", tmp_path / f"out.{ending}"
    options = [*paths, "--part", "2", "--output"]
    assert run(capsys, model, *options, tmp_path / f"whole.{ending}")[0] == 0
    # When the seventh picture is read, three parts are done.
    command = subprocess.Popen([*COMMAND, model, *options, str(output)])
    manifest = tmp_path / f"out.{ending}.manifest.jsonl"
    wait_for(lambda: lines_in(manifest) == 4)
    command.kill()
    command.wait()
    assert not output.exists()
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / f"{output}.parts").iterdir()}
    assert len(parts) >= 3
    # A line that the kill has cut off, and a part that was damaged since.
    manifest.write_bytes(manifest.read_bytes() + b'{"part": 3, "sou')
    damaged = sorted(parts)[0]
    damaged.write_bytes(b"")
    seen = []
    classify = al.Classifier.__call__

    def counted(self, batch):
        seen.append(len(batch["image"]))
        return classify(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(al.Classifier, "__call__", counted)
        status, lines, _ = run(capsys, model, *options, output, "--resume")
        assert (status, lines) == (0, [f"{output}: 10 images, 0 refused"])
        # The first part, and the two that were not begun.
        assert sum(seen) == 6
        whole = (tmp_path / f"whole.{ending}").read_bytes()
        assert output.read_bytes() == whole
        assert not (tmp_path / f"{output}.parts").exists()
        # Nothing is left to do.
        seen.clear()
        assert run(capsys, model, *options, output, "--resume")[:2] == (status, lines)
        assert seen == []
        # One more picture: all parts are gone, and made anew.
        (path,) = write_pictures(folder, IMAGES[:1], start=10)
        assert run(capsys, model, path, *options, output, "--resume")[0] == 0
        assert sum(seen) == 11
    assert len(rows_of(output)) == 11


def test_a_source_that_has_changed_since_is_read_again(model, tmp_path, capsys, monkeypatch):
    paths = write_pictures(tmp_path / "pictures", IMAGES)
    options = [*paths, "--part", "2", "--output"]
    classes = MODEL.predict(IMAGES)
    other = int(np.flatnonzero(classes != classes[0])[0])
    classify, seen = PartClassifier.__call__, []

    def interrupted(self, part):
        seen.append(part)
        if len(seen) == 3:
            raise OSError("the disk was pulled out")
        return classify(self, part)

    monkeypatch.setattr(PartClassifier, "__call__", interrupted)
    assert run(capsys, model, *options, tmp_path / "out.csv")[0] == 2
    Path(paths[0]).write_bytes(Path(paths[other]).read_bytes())
    assert run(capsys, model, *options, tmp_path / "out.csv", "--resume")[0] == 0
    # Five parts, the first of them twice, and the one that was interrupted.
    assert len(seen) == 3 + 1 + 3
    found = [int(row["class"]) for row in rows_of(tmp_path / "out.csv")]
    assert found == [classes[other], *classes[1:]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_part_is_tried_again_when_its_worker_is_killed(model, tmp_path, capsys):
    paths = write_pictures(tmp_path / "pictures", IMAGES)
    enlarged(paths[3])
    options = [*paths, "--part", "2", "--output"]
    run(capsys, model, *options, tmp_path / "whole.csv")
    command = subprocess.Popen(
        [*COMMAND, model, *options, str(tmp_path / "out.csv"), "--workers", "2"]
    )
    readers = []

    def is_read():
        workers = psutil.Process(command.pid).children(recursive=True)
        readers[:] = [worker for worker in workers if paths[3] in files_of(worker)]
        return readers

    wait_for(is_read)
    (reader,) = readers
    reader.send_signal(signal.SIGKILL)
    assert command.wait(300) == 0
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def files_of(process):
    """Return what the descriptors of a process lead to."""
    found = []
    with suppress(OSError):  # the process, or one of them, may have gone
        for path in Path(f"/proc/{process.pid}/fd").iterdir():
            with suppress(OSError):
                found.append(os.readlink(path))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits address space")
def test_a_set_larger_than_the_memory_of_the_process(tmp_path):
    """800 MB of images in a process that may take 300 MB more than it has at its start."""
    side, count = 512, 1024
    shape = (side, side, 3)
    entry = al.layers.InputData(name="events", input_shape=shape, input_bits=8)
    weights = np.zeros((side * side * 3, 3), np.int8)
    weights[:3] = np.eye(3)
    output = al.layers.Potentials(np.ones(3), np.zeros(3))
    last = al.layers.FullyConnected(
        name="scores", weights=weights, weight_bits=2, input_bits=8, output=output
    )
    al.Model([entry, last]).save(tmp_path / "large.akl")
    images = np.lib.format.open_memmap(
        tmp_path / "x.npy", "w+", np.uint8, (count, *shape)
    )  # a file with a hole: it takes no room
    images[::2, 0, 0] = [1, 2, 3]
    images[1::2, 0, 0] = [3, 2, 1]
    images.flush()
    del images
    code = (
        "import resource, sys\nfrom akida_lite.cli import main\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "limit = pages * resource.getpagesize() + 300_000_000\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "try: bytearray(800_000_000)\n"
        "except MemoryError: sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ["predict", "large.akl", "x.npy", "--output", "out.csv", "--part", "16"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--backend", "reference"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "out.csv: 1,024 images, 0 refused\n"
    assert [row["class"] for row in rows_of(tmp_path / "out.csv")] == [2, 0] * (count // 2)


# -- what cannot be done ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["x.png", "--output", "out.txt"],
            "file 'out.txt': its ending '.txt' is none of .csv, .jsonl, .parquet. Fix: give it "
            "one of them.",
        ),
        (
            ["x.png", "--resume"],
            "option '--resume': there is nothing to go on with where results are printed. "
            "Fix: add --output FILE.",
        ),
        (
            ["x.png", "--workers", "0"],
            "option '--workers': 0 is below 1. Fix: choose 1 or more.",
        ),
        (["x.png", "--part", "0"], "option '--part': 0 is below 1. Fix: choose 1 or more."),
        (
            ["none.png"],
            "source 'none.png': there is no such file or folder. Fix: check its path.",
        ),
        (
            ["p", "--output", "p/out.parquet"],
            "file 'p/out.parquet': it lies in the source 'p', whose Parquet files are read. "
            "Fix: name a file elsewhere.",
        ),
        (
            ["table.csv", "--output", "table.csv"],
            "file 'table.csv': it is the input 'table.csv' itself, which would be lost. "
            "Fix: name another file.",
        ),
    ],
)
def test_what_cannot_be_used_is_said(arguments, message, model, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "p", IMAGES[:1])
    os.rename(tmp_path / "p" / "00000.png", tmp_path / "x.png")
    (tmp_path / "table.csv").write_text("a,b\n")
    status, lines, errors = run(capsys, model, *arguments)
    assert (status, lines, errors) == (2, [], f"akida-lite predict: {message}\n")
    assert (tmp_path / "table.csv").read_text() == "a,b\n"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (["--fit", "squeeze"], "fit"),
        (["--part", "3"], "images in a part"),
        (["--statistics"], "columns"),
        ([], "model"),
    ],
)
def test_results_of_another_task_never_mix(changed, what, model, pictures, capsys, tmp_path):
    output = tmp_path / "out.csv"
    run(capsys, model, *pictures, "--output", output)
    before = output.read_bytes()
    if what == "model":
        tiny_model(seed=1).save(model)
    status, _, errors = run(capsys, model, *pictures, "--output", output, "--resume", *changed)
    assert (status, output.read_bytes()) == (2, before)
    assert errors == (
        f"akida-lite predict: file '{output}.manifest.jsonl': the run that it belongs to had "
        f"another {what}. Fix: give the same as then, or leave --resume out to begin anew.\n"
    )


@pytest.mark.parametrize(
    ("module", "name", "arguments", "subject"),
    [
        ("PIL.Image", "Pillow", [], "a picture"),
        ("pyarrow.parquet", "pyarrow", ["--output", "out.parquet"], "file 'out.parquet'"),
    ],
)
def test_a_missing_package_is_one_line_with_its_command(
    module, name, arguments, subject, model, pictures, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    status, lines, errors = run(capsys, model, pictures[0], *arguments)
    assert (status, lines) == (2, [])
    assert errors == (
        f"akida-lite predict: {subject}: it needs {name}, which cannot start. "
        "Fix: python -m pip install 'akida_lite[images]'.\n"
    )


def test_an_image_that_the_first_layer_does_not_read_is_refused(capsys, tmp_path):
    entry = al.layers.InputData(name="events", input_shape=SHAPE, input_bits=2)
    weights = np.zeros((192, 3), np.int8)
    weights[0] = 1
    last = al.layers.FullyConnected(
        name="scores",
        weights=weights,
        weight_bits=2,
        input_bits=2,
        output=al.layers.Potentials(np.ones(3), np.zeros(3)),
    )
    al.Model([entry, last]).save(tmp_path / "events.akl")
    events = np.zeros((3, *SHAPE), np.uint8)
    events[1] = 4
    np.save(tmp_path / "x.npy", events)
    status, lines, errors = run(capsys, tmp_path / "events.akl", tmp_path / "x.npy")
    assert (status, len(lines)) == (1, 2)
    assert errors == (
        f"akida-lite predict: image '{tmp_path}/x.npy:1': spans 4 to 4, layer 'events' reads "
        "2-bit values, 0 to 3. Fix: leave it out, or clip or rescale the values.\n"
    )


# -- progress -------------------------------------------------------------------------------


def test_progress_says_how_long_it_takes_and_leaves_no_line():
    stream, seconds = io.StringIO(), iter([0, 30, 90, 100])
    progress = ProgressLine("predict", 4000, stream, clock=lambda: next(seconds))
    progress.more(1000)
    progress.more(2000)
    progress.more(1000)
    progress.clear()
    assert stream.getvalue().split("\r\033[K") == [
        "",
        "predict 1,000/4,000, 2 min left",
        "predict 3,000/4,000, 30 s left",
        "predict 4,000/4,000",
        "",
    ]


def test_progress_is_silent_where_nobody_watches():
    stream = io.StringIO()
    progress = ProgressLine("predict", None, stream)
    progress.more(10)
    progress.clear()
    assert stream.getvalue() == ""


@pytest.mark.skipif(os.name == "nt", reason="has no pseudo-terminals")
def test_progress_is_shown_on_a_terminal(model, pictures):
    ours, theirs = os.openpty()
    done = subprocess.run(
        [*COMMAND, model, *pictures], stderr=theirs, stdout=subprocess.PIPE, check=True
    )
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert shown.index("predict 0/10") < shown.index("predict 10/10")
    assert len(done.stdout.splitlines()) == 10
