"""What each subcommand prints, and with which status it ends; the models are tiny."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import akida_lite as al
from akida_lite.claims import NotMeasured
from akida_lite.cli import evaluation, inspection, main, numbers
from akida_lite.errors import DatasetError, Problem
from akida_lite.nn import conv_block, dense_block
from akida_lite.published import LEDGER as OWN_LEDGER
from akida_lite.published import ledger
from akida_lite.report import summary_of
from akida_lite.training import RECIPES, shipped


@pytest.fixture(autouse=True)
def _environment_as_before():
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((32, 32, 3))
    x = conv_block(
        inputs,
        4,
        3,
        name="conv",
        weight_quantization=2,
        activ_quantization=2,
        pooling="max",
        pool_size=16,
        add_batchnorm=True,
        padding="same",
    )
    x = keras.layers.Flatten()(x)
    x = dense_block(x, 10, name="scores", weight_quantization=2, activ_quantization=None)
    path = tmp_path_factory.mktemp("models") / "tiny.keras"
    keras.Model(inputs, x, name="tiny").save(path)
    return path


@pytest.fixture(scope="module")
def model_file(keras_file):
    path = keras_file.with_suffix(".akl")
    assert (
        main(["convert", str(keras_file), "-o", str(path), "--input-scaling", "255", "0"]) == 0
    )
    return path


@pytest.fixture
def float_file(tmp_path):
    path = tmp_path / "float.keras"
    layers = [keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3, name="plain")]
    keras.Sequential(layers).save(path)
    return path


def run(capsys, *arguments):
    """Return the exit status, the lines on standard output, and standard error.

    A Keras file is said to have been trained on pixels divided by 255, unless told otherwise.
    """
    given = [str(argument) for argument in arguments]
    if given[1:] and given[1].endswith(".keras") and "--input-scaling" not in given:
        given += ["--input-scaling", "255", "0"]
    status = main(given)
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_help_needs_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys\nfrom akida_lite.cli import main\n"
        "for arguments in ['--help'], ['evaluate', '--help'], ['train', '--help']:\n"
        "    try: main(arguments)\n    except SystemExit as end: assert end.code == 0\n"
        "assert not {'keras', 'tensorflow', 'matplotlib', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "akida_lite", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == f"akida-lite {al.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["evaluate"],
        ["claims", "--check", "--write"],
        ["summary", "m", "--bits", "2"],
    ],
)
def test_wrong_usage_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: akida-lite" in capsys.readouterr().err


def test_evaluate_ends_with_both_accuracies_and_the_agreement(keras_file, capsys):
    status, lines, _ = run(capsys, "evaluate", keras_file, "-n", 30)
    assert status == 0
    line = re.fullmatch(r"keras (\d+\.\d\d)  akida (\d+\.\d\d)  agree (\d+)/30", lines[-1])
    x, y = al.datasets.load_cifar10_sample()
    keras_model = keras.saving.load_model(keras_file)
    by_keras = keras_model.predict_on_batch(x[:30].astype(np.float32) / 255).argmax(1)
    by_akida = al.convert(keras_model, input_scaling=(255, 0)).predict(x[:30])
    shares = [100 * (by == y[:30]).mean() for by in (by_keras, by_akida)]
    assert line.groups() == (
        *(f"{share:.2f}" for share in shares),
        str((by_keras == by_akida).sum()),
    )


@pytest.mark.parametrize("backend", ["fast", "reference"])
def test_evaluate_says_the_same_with_either_backend_and_any_number_of_cores(
    backend, keras_file, capsys
):
    plain = run(capsys, "evaluate", keras_file, "-n", 12)
    arguments = ("-n", 12, "--backend", backend, "--threads", 1)
    _, lines, _ = run(capsys, "evaluate", keras_file, *arguments)
    assert re.search(r"akida \d+\.\d\d", plain[1][-1])[0] == lines[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "vgg_cifar10"],
        ["check", "mobilenet_cifar10", "--device", "tutorial"],
        ["evaluate", "vgg_cifar10", "--backend", "fast", "-n", "3"],
        ["export", "vgg_cifar10", "vgg.onnx"],
        ["export", "mobilenet_cifar10", "page", "--web"],
        ["predict", "vgg_cifar10", "images.npy"],
    ],
    ids=lambda arguments: " ".join((arguments[0], *arguments[3:])),
)
def test_deployed_networks_need_no_keras(arguments, tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((2, 32, 32, 3), np.uint8))
    code = (
        "import sys\nfrom akida_lite.cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()
    assert done.stderr == ""


def test_a_tilde_is_the_users_home_wherever_a_path_is_named(
    keras_file, capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    scaling = ("--input-scaling", "255", "0")
    run(capsys, "convert", str(keras_file), *scaling, "--output=~/a.akl")
    run(capsys, "export", "~/a.akl", "~/a.onnx")
    run(capsys, "export", "~/a.akl", "~/page", "--web")
    model = al.Model.load("~/a.akl")
    model.save("~/b.akl")
    model.to_onnx("~/b.onnx")
    model.to_web("~/page")
    assert al.Classifier("~/b.akl").model.name == model.name
    al.load_keras(keras_file).save(tmp_path / "c.keras")
    assert al.load_keras("~/c.keras").name
    found = {path.name for path in tmp_path.iterdir()}
    assert found == {"a.akl", "b.akl", "a.onnx", "b.onnx", "page", "c.keras"}
    # Where nobody has such a home, the name is a name.
    monkeypatch.chdir(tmp_path)
    model.save("~nobody-of-this-name")
    assert (tmp_path / "~nobody-of-this-name").is_file()


def test_convert_of_a_network_of_the_zoo_goes_through_keras(capsys, tmp_path):
    path = tmp_path / "vgg.akl"
    status, _, _ = run(capsys, "convert", "vgg_cifar10", "-o", path)
    assert status == 0
    x = al.datasets.load_cifar10_sample()[0][:3]
    expected = al.pretrained("vgg_cifar10").forward(x)
    np.testing.assert_array_equal(al.Model.load(path).forward(x), expected)


@pytest.mark.slow
def test_evaluate_says_the_same_with_several_processes(model_file, capsys):
    plain = run(capsys, "evaluate", model_file, "-n", 700)
    command = [sys.executable, "-m", "akida_lite", "evaluate", model_file, "-n", "700"]
    done = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == plain


def test_evaluate_as_json(keras_file, capsys):
    _, lines, _ = run(capsys, "evaluate", keras_file, "-n", 12, "--json")
    counts = json.loads(lines[-1])
    assert counts.keys() == {"model", "images", "keras_correct", "akida_correct", "agree"}
    assert (counts["images"], counts["model"]) == (12, str(keras_file))


def test_evaluate_of_one_side_alone(keras_file, model_file, capsys):
    _, both, _ = run(capsys, "evaluate", keras_file, "-n", 12)
    _, akida, _ = run(capsys, "evaluate", model_file, "-n", 12)
    _, by_keras, _ = run(capsys, "evaluate", keras_file, "-n", 12, "--backend", "keras")
    assert both[-1].startswith(f"{by_keras[-1]}  {akida[-1]}  agree ")


def test_evaluate_prints_shares_in_percent():
    counted = evaluation.Evaluation("m", 1000, 913, 912, 998)
    assert str(counted) == "keras 91.30  akida 91.20  agree 998/1000"


def test_evaluate_beyond_the_shipped_images_uses_the_test_set(model_file, capsys, monkeypatch):
    x, y = al.datasets.load_cifar10_sample()
    full = {"x_test": np.concatenate([x, x]), "y_test": np.concatenate([y, y])}
    full |= {"x_train": x, "y_train": y}
    monkeypatch.setattr(evaluation, "load", lambda dataset, path: full)
    _, once, _ = run(capsys, "evaluate", model_file, "-n", 1000, "--json")
    _, twice, _ = run(capsys, "evaluate", model_file, "-n", 2000, "--json")
    assert json.loads(twice[0])["akida_correct"] == 2 * json.loads(once[0])["akida_correct"]


def test_evaluate_without_the_full_data_set_says_what_would_help(
    model_file, capsys, monkeypatch
):
    def absent(dataset, path):
        raise DatasetError(Problem("data set 'cifar10'", "no source delivers", "go online"))

    monkeypatch.setattr(evaluation, "load", absent)
    status, lines, errors = run(capsys, "evaluate", model_file, "-n", 1001)
    assert (status, lines) == (2, [])
    assert errors == (
        "akida-lite evaluate: option '-n': 1001 images need all of cifar10, of which 1000 are "
        "shipped. Fix: use -n 1000, or provide the data set as said below.\n"
        "data set 'cifar10': no source delivers. Fix: go online.\n"
    )


def test_data_dir_names_the_folder_with_the_archive(model_file, capsys, monkeypatch, tmp_path):
    before = dict(os.environ)
    status, lines, errors = run(
        capsys, "evaluate", model_file, "-n", 1001, "--data-dir", tmp_path
    )
    assert (status, lines) == (2, [])
    assert f"'{tmp_path}'" in errors
    # The folder goes to the loader alone: a later call in this process is not led there.
    assert dict(os.environ) == before


def test_summary_is_the_table_of_the_model(keras_file, model_file, capsys):
    model = al.Model.load(model_file)
    table = str(summary_of(model.layers, device=al.AKD1000)).splitlines()
    for file in (keras_file, model_file):
        status, lines, _ = run(capsys, "summary", file)
        assert (status, lines[1:]) == (0, table[1:])
    _, lines, _ = run(capsys, "summary", model_file, "--json", "--device", "production")
    assert [row["name"] for row in json.loads(lines[0])["rows"]] == [la.name for la in model]
    assert json.loads(lines[0])["device"] == "AKD1000 (production)"


def test_check_of_a_model_without_problems(keras_file, model_file, capsys):
    for file in (keras_file, model_file):
        status, lines, _ = run(capsys, "check", file, "--device", "tutorial")
        assert (status, lines) == (
            0,
            [f"{file}: no problem found, AKD1000 (tutorial) takes it"],
        )
        assert run(capsys, "check", file, "--device", "tutorial", "--json")[:2] == (0, ["[]"])


def test_check_lists_what_keeps_a_model_from_being_converted(float_file, capsys):
    problems = al.check_compatibility(
        keras.saving.load_model(float_file), input_scaling=(255, 0)
    )
    status, lines, errors = run(capsys, "check", float_file)
    assert (status, errors) == (1, "")
    assert lines == [line for problem in problems for line in str(problem).splitlines()]
    assert any("'plain'" in line for line in lines)
    status, lines, _ = run(capsys, "check", float_file, "--json")
    assert (status, json.loads(lines[0])) == (1, [asdict(problem) for problem in problems])


def test_check_lists_what_a_device_does_not_take(model_file, capsys):
    # The chips before production have no image input.
    problems = al.hardware.check(
        al.Model.load(model_file).layers, al.hardware.AKD1000_PREPRODUCTION
    )
    status, lines, _ = run(capsys, "check", model_file, "--device", "preproduction")
    assert status == 1
    assert lines == [str(problem) for problem in problems]


def test_convert_saves_what_convert_returns(keras_file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, lines, _ = run(capsys, "convert", keras_file, "-o", "out.akl")
    assert status == 0
    assert lines[-1].startswith("out.akl: 2 layers, ")
    x = al.datasets.load_cifar10_sample()[0][:5]
    model = al.convert(keras.saving.load_model(keras_file), input_scaling=(255, 0))
    np.testing.assert_array_equal(al.Model.load("out.akl").forward(x), model.forward(x))


def test_convert_passes_its_options_on(keras_file, tmp_path, capsys, monkeypatch):
    passed = {}

    def convert(keras_model, **options):
        passed.update(options)
        return al.Model.load(keras_file.with_suffix(".akl"))

    main(["convert", str(keras_file), "--input-scaling", "255", "0"])
    monkeypatch.setattr(al, "convert", convert)
    options = ("--input-scaling", 127.5, 127.5, "--thresholds", "published")
    run(capsys, "convert", keras_file, *options, "-o", tmp_path / "out.akl")
    assert passed == {
        "input_scaling": (127.5, 127.5),
        "labels": None,
        "input_is_sparse": False,
        "thresholds": "published",
    }


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("convert", "-o", "never.akl"),
        ("summary",),
        ("evaluate", "--backend", "keras"),
    ],
)
def test_images_without_a_scaling_are_asked_for_one(command, keras_file, capsys):
    status = main([command[0], str(keras_file), *command[1:]])
    captured = capsys.readouterr()
    assert status != 0
    assert "option 'input_scaling': it is left out" in captured.out + captured.err


def test_events_have_the_width_that_they_are_said_to_have(keras_file, tmp_path, capsys):
    options = ("--input-is-sparse", "--input-bits", 8, "--input-scaling", 255, 0)
    out = tmp_path / "out.akl"
    assert run(capsys, "convert", keras_file, *options, "-o", out)[0] == 0
    assert al.Model.load(out).layers[0].input_bits == 8


def test_convert_of_what_cannot_be_converted_lists_every_problem(float_file, capsys):
    status, lines, errors = run(capsys, "convert", float_file)
    assert (status, lines) == (2, [])
    assert errors.startswith("akida-lite convert: layer 'plain' (Conv2D): ")
    assert not float_file.with_suffix(".akl").exists()


def test_export_writes_a_file_that_onnx_runtime_runs(model_file, tmp_path, capsys):
    onnxruntime = pytest.importorskip("onnxruntime")
    path = tmp_path / "out.onnx"
    status, lines, _ = run(capsys, "export", model_file, path)
    assert (status, lines) == (0, [f"{path}: {path.stat().st_size:,} bytes"])
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = al.datasets.load_cifar10_sample()[0][:5]
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    np.testing.assert_array_equal(found, al.Model.load(model_file).forward(x))


def test_export_writes_a_page(model_file, tmp_path, capsys):
    status, lines, _ = run(capsys, "export", model_file, tmp_path / "page", "--web")
    size = sum(file.stat().st_size for file in (tmp_path / "page").iterdir())
    index = tmp_path / "page" / "index.html"
    assert (status, lines) == (0, [f"{index}: {size:,} bytes with what it loads"])
    assert "akida-lite-live" in index.read_text("utf-8")


def test_samples_of_an_exported_page_come_from_what_predict_reads(
    model_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    model = al.Model.load(model_file)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (25, *model.input_shape), np.uint8)
    np.save("images.npy", images)
    status, _, _ = run(capsys, "export", model_file, "page", "--web", "--samples", "images.npy")
    assert status == 0
    model.to_web("expected", samples=images[:20])
    assert Path("page/model.js").read_bytes() == Path("expected/model.js").read_bytes()


def test_a_sample_that_is_no_image_is_named_and_no_page_is_written(
    model_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no picture", "utf-8")
    Path("empty").mkdir()
    np.save("empty/none.npy", np.zeros((0, *al.Model.load(model_file).input_shape), np.uint8))
    for source, message in (
        (
            "text.png",
            "image 'text.png': it is no picture that Pillow knows. Fix: leave it out, or save "
            "it again in a format that Pillow reads.",
        ),
        ("empty", "source 'empty': it has no image. Fix: name another source."),
        (
            "nowhere",
            "source 'nowhere': there is no such file or folder. Fix: check its path.",
        ),
    ):
        status, lines, errors = run(
            capsys, "export", model_file, "page", "--web", "--samples", source
        )
        assert (status, lines) == (2, [])
        assert errors == f"akida-lite export: {message}\n"
        assert not Path("page").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["summary", "no-such"],
            "model 'no-such': it is neither a file nor one of 'vgg_cifar10', "
            "'mobilenet_cifar10'. Fix: name one of them, or a file.",
        ),
        (
            ["summary", "tiny.akl", "--bits", "2", "2", "2"],
            "option '--bits': it does not apply to a saved integer model, which 'tiny.akl' is. "
            "Fix: leave it out.",
        ),
        (
            ["summary", "tiny.keras", "--bits", "2", "2", "2"],
            "option '--bits': it does not apply to a file, which 'tiny.keras' is. "
            "Fix: leave it out.",
        ),
        (
            ["summary", "vgg_cifar10", "--input-scaling", "1", "0"],
            "option '--input-scaling': it does not apply to a network of the zoo, which "
            "'vgg_cifar10' is. Fix: leave it out.",
        ),
        (
            ["summary", "vgg_cifar10", "--bits", "9", "2", "2"],
            "vgg_cifar10: weights_quantization: 9 is not 0 (float) or one of 2 to 8 (bits). "
            "Fix: choose one of them.",
        ),
        (
            ["evaluate", "tiny.akl", "-n", "0"],
            "option '-n': 0 is not one of 1 to 10000, the test images of cifar10. "
            "Fix: choose one of them.",
        ),
        (
            ["evaluate", "tiny.akl", "--workers", "0"],
            "option '--workers': 0 is not a number of processes. Fix: choose 1 or more.",
        ),
        (
            ["evaluate", "tiny.akl", "--threads", "0"],
            "option '--threads': 0 is not a number of cores. Fix: choose 1 or more.",
        ),
        (
            ["evaluate", "tiny.akl", "-n", "1", "--backend", "keras"],
            "option '--backend': 'tiny.akl' is an integer model and has no Keras side. "
            "Fix: leave it out.",
        ),
        (
            ["convert", "tiny.akl"],
            "model 'tiny.akl': it is an integer model already. Fix: name a .keras file or a "
            "network of the zoo.",
        ),
        (
            ["export", "tiny.akl", "nowhere/out.onnx"],
            "file 'nowhere/out.onnx': there is no folder 'nowhere'. Fix: create it first.",
        ),
        (
            ["export", "tiny.akl", "."],
            "file '.': it is a folder. Fix: name a file.",
        ),
        (
            ["predict", "tiny.akl", "images.npy", "--output", "nowhere/out.csv"],
            "file 'nowhere/out.csv': there is no folder 'nowhere'. Fix: create it first.",
        ),
        (
            ["export", "tiny.akl", "out.onnx", "--samples", "images.npy"],
            "option '--samples': an ONNX file has no place for pictures. Fix: add --web, or "
            "leave it out.",
        ),
        (
            ["export", "tiny.akl", "tiny.akl", "--web"],
            "folder 'tiny.akl': it is a file. Fix: name a folder.",
        ),
        (
            ["train", "lenet"],
            f"recipe 'lenet': it is none of {', '.join(RECIPES)}. Fix: choose one.",
        ),
    ],
)
def test_what_cannot_be_used_is_said_without_a_traceback(
    arguments, message, model_file, capsys, monkeypatch
):
    monkeypatch.chdir(model_file.parent)
    status, lines, errors = run(capsys, *arguments)
    assert (status, lines) == (2, [])
    assert errors == f"akida-lite {arguments[0]}: {message}\n"


@pytest.mark.parametrize("ending", [".akl", ".keras"])
def test_a_file_of_something_else_is_refused(ending, tmp_path, capsys):
    path = tmp_path / f"text{ending}"
    path.write_text("no model")
    status, _, errors = run(capsys, "check", path)
    assert status == 2
    assert errors.startswith(f"akida-lite check: file '{path}': ")


def test_a_missing_package_is_named(model_file, capsys, monkeypatch):
    def missing(*_, **__):
        raise ModuleNotFoundError("akida_lite.convert needs Keras. Fix: install it.")

    monkeypatch.setattr(inspection, "summary_of", missing)
    status, _, errors = run(capsys, "summary", model_file)
    assert (status, errors) == (
        2,
        "akida-lite summary: akida_lite.convert needs Keras. Fix: install it.\n",
    )


LEDGER = """\
[measures]
top1 = "counting_of_the_command_line:top1"

[tiny]
what = "Tiny"
measure = "top1"
total = 10
right = {number = 7, slack = 1}
"""


@pytest.fixture
def ledger_file(tmp_path, monkeypatch):
    """A ledger, and by name what its measure returns."""
    path = tmp_path / "claims.toml"
    path.write_text(LEDGER, "utf-8")
    measured = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "counting_of_the_command_line", measured)
    return path, measured


def test_claims_are_listed_with_their_origin(capsys):
    status, lines, _ = run(capsys, "claims")
    known = ledger().claims
    assert (status, len(lines)) == (0, len(known))
    assert lines[0].split() == [
        *("vgg_cifar10.akida.top1", *str(known["vgg_cifar10.akida.top1"]).split()),
        *("measured:", "top1(backend=fast);", "weights/vgg_cifar10_w2a2i2.akw"),
    ]
    _, lines, _ = run(capsys, "claims", "--json")
    assert [entry["id"] for entry in json.loads(lines[0])] == list(known)


@pytest.mark.parametrize(
    ("count", "status", "verdict"),
    [
        (7, 0, "70.00 % (7 of 10), as published"),
        (8, 0, "80.00 % (8 of 10), within 1 of the published 70.00 % (7 of 10)"),
        (5, 1, "50.00 % (5 of 10), differs"),
    ],
)
def test_claims_check_ends_with_1_where_a_number_differs(
    count, status, verdict, capsys, ledger_file
):
    path, measured = ledger_file
    measured.top1 = lambda claim, full: count if full else 0
    found, lines, _ = run(capsys, "claims", "--check", path, "--full")
    assert (found, lines[0]) == (status, f"tiny.right: {verdict}")
    assert lines[-1] == f"1 of 1 claims measured, {status} not as published"


def test_claims_check_says_what_it_has_not_measured(capsys, ledger_file):
    path, measured = ledger_file

    def later(claim, full):
        raise NotMeasured("later")

    measured.top1 = later
    assert run(capsys, "claims", "--check", path)[:2] == (
        0,
        ["tiny.right: not measured, later", "0 of 1 claims measured, 0 not as published"],
    )


def test_claims_write_prints_what_changed(capsys, ledger_file):
    path, measured = ledger_file
    measured.top1 = lambda claim, full: 9
    status, lines, _ = run(capsys, "claims", "--write", path)
    assert (status, lines) == (0, ["tiny.right: 90.00 %", "1 claims changed"])
    assert "number = 9," in path.read_text("utf-8")


def test_without_a_file_the_packages_own_ledger_is_meant(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(numbers, "measure", lambda given, full: asked.append(given.path) or [])
    monkeypatch.setattr(numbers, "write", lambda path, full: asked.append(path) or [])
    run(capsys, "claims", "--check")
    run(capsys, "claims", "--write")
    assert asked == [OWN_LEDGER] * 2


@pytest.mark.parametrize("command", ["--check", "--write"])
def test_a_ledger_that_cannot_be_read_is_named(command, capsys, tmp_path):
    path = tmp_path / "no.toml"
    status, _, errors = run(capsys, "claims", command, path)
    assert (status, errors) == (
        2,
        f"akida-lite claims: '{path}': No such file or directory\n",
    )
    path.write_text("a b = 1\n")
    status, _, errors = run(capsys, "claims", command, path)
    assert status == 2
    assert errors.startswith("akida-lite claims: file 'no.toml': it is no TOML (")


@pytest.fixture
def training(monkeypatch):
    """Stand in for training and publishing; note what was asked."""
    asked = SimpleNamespace(trained=[], published=[])

    def train(name, folder, *, resume, start, data, report):
        asked.trained.append((name, folder, resume, start, data))
        report("a line")

    monkeypatch.setattr(shipped, "train_shipped", train)
    monkeypatch.setattr(shipped, "publish", lambda *a: asked.published.append(a) or "file")
    return asked


def test_train_runs_the_recipe_in_the_cache_folder(training, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AKIDA_LITE_CACHE", str(tmp_path))
    status, lines, _ = run(capsys, "train", "vgg_cifar10_float")
    assert (status, lines[-1]) == (0, "a line")
    assert training.trained == [("vgg_cifar10_float", tmp_path / "training", False, None, None)]
    assert training.published == []


def test_train_passes_its_options_on(training, tmp_path, capsys):
    options = ("--folder", tmp_path, "--start", "w.npz", "--resume", "--publish")
    options += ("--data-dir", "data")
    status, lines, _ = run(capsys, "train", "vgg_cifar10_w2a2i2", *options)
    assert (status, lines[-1]) == (0, "vgg_cifar10_w2a2i2: published as file")
    ((name, folder, resume, start, data),) = training.trained
    assert (name, folder, resume, str(start), data) == (
        "vgg_cifar10_w2a2i2",
        tmp_path,
        True,
        "w.npz",
        "data",
    )
    assert training.published == [("vgg_cifar10_w2a2i2", tmp_path)]


def test_train_does_not_overwrite_a_checkpoint(training, tmp_path, capsys):
    checkpoint = tmp_path / "vgg_cifar10_float.checkpoint.npz"
    checkpoint.touch()
    status, _, errors = run(capsys, "train", "vgg_cifar10_float", "--folder", tmp_path)
    assert (status, training.trained) == (2, [])
    assert errors == (
        f"akida-lite train: recipe 'vgg_cifar10_float': '{checkpoint}' is the checkpoint of a "
        "run that was interrupted. Fix: add --resume to go on with it, or remove it to begin "
        "anew.\n"
    )


def test_train_resumes_nothing_where_the_run_is_complete(training, tmp_path, capsys):
    name = "vgg_cifar10_float"
    record = tmp_path / f"{name}.json"
    record.write_text(json.dumps({"recipe": asdict(RECIPES[name])}))
    arguments = ("train", name, "--folder", tmp_path, "--resume", "--publish")
    status, lines, _ = run(capsys, *arguments)
    assert (status, training.trained) == (0, [])
    assert lines[0] == f"{name}: is trained already, in {tmp_path}"
    assert training.published == [(name, tmp_path)]
    record.write_text(json.dumps({"recipe": asdict(RECIPES[name]) | {"seed": 1}}))
    status, _, errors = run(capsys, *arguments)
    assert (status, errors) == (
        2,
        f"akida-lite train: recipe '{name}': '{record}' is of a recipe of that name with other "
        "numbers. Fix: leave --resume out to train again, or name another --folder.\n",
    )


@pytest.mark.parametrize("command", ["convert", "export", "link"])
def test_the_input_is_never_overwritten(command, keras_file, model_file, tmp_path, capsys):
    source = keras_file if command == "convert" else model_file
    before, output = source.read_bytes(), source
    if command == "link":
        output = tmp_path / "other.akl"
        output.symlink_to(source)
    option = ("-o",) if command == "convert" else ()
    name = "convert" if command == "convert" else "export"
    status, _, errors = run(capsys, name, source, *option, output)
    assert (status, source.read_bytes()) == (2, before)
    assert errors == (
        f"akida-lite {name}: file '{output}': it is the input '{source}' itself, which would "
        "be lost. Fix: name another file.\n"
    )


def test_convert_overwrites_only_what_it_was_told_to(keras_file, tmp_path, capsys):
    model = tmp_path / "tiny.keras"
    model.write_bytes(keras_file.read_bytes())
    foreign = tmp_path / "tiny.akl"
    foreign.write_text("notes")
    status, _, errors = run(capsys, "convert", model)
    assert (status, foreign.read_text()) == (2, "notes")
    assert errors == (
        f"akida-lite convert: file '{foreign}': it exists, and this command did not name it. "
        f"Fix: add '-o {foreign}' to overwrite it.\n"
    )
    assert run(capsys, "convert", model, "-o", foreign)[0] == 0
    assert al.Model.load(foreign).name == "tiny"


@pytest.mark.parametrize(
    "module", ["akida_lite.cli", "numpy", "akida_lite.cli.numbers", "akida_lite.model"]
)
def test_ctrl_c_while_a_command_is_imported_ends_with_130_and_no_traceback(module):
    program = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from akida_lite.__main__ import main\n"
        "sys.exit(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, "summary", "vgg_cifar10"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "m", "--\x1b[2J"],
        ["predict", "m", "x", "--workers", "\x1b[2J"],
        ["\x1b[2J"],
        ["claims", "\x1b[2J\nforged"],
    ],
)
def test_arguments_that_are_not_understood_steer_no_terminal(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert r"\x1b[2J" in said
    assert said.replace("\n", "").isprintable()
    assert said.rstrip().rpartition("\n")[2].startswith("akida-lite")


def in_a_shell(command, **environment):
    """Run a command line of akida-lite, whose streams the shell prepares."""
    program = f'"{sys.executable}" -m akida_lite {command}'
    paths = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.run(program, shell=True, capture_output=True, text=True, env=environment)


@pytest.mark.skipif(os.name != "posix", reason="a shell")
@pytest.mark.parametrize(
    ("command", "environment", "status"),
    [
        ("claims >&-", {}, 0),
        ("claims >&- 2>&-", {}, 0),
        ("claims > /dev/full", {}, 2),
        ("summary absent 2> /dev/full", {}, 2),
        ("--help", {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, 0),
        ("check Gr\u00f6\u00dfe", {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, 2),
    ],
)
def test_streams_that_take_nothing_cause_no_traceback(command, environment, status):
    done = in_a_shell(command, **environment)
    assert (done.returncode, done.stdout.count("Traceback")) == (status, 0)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
