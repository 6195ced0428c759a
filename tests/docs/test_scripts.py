"""The scripts that the user guide shows do what it says."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import psutil
import pytest
from tiny_classifier import tiny_images, tiny_model, write_pictures
from trained_like import mobilenet_like, vgg_like

import akida_lite as al

SCRIPTS = Path(__file__).parents[2] / "docs" / "user_guide" / "scripts"

MODEL = tiny_model()
IMAGES = tiny_images(10)

# What is None there cannot be imported.
WITHOUT_THE_PACKAGE = (
    "import runpy, sys\n"
    "sys.modules['akida_lite'] = None\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
)


def images(model):
    return np.random.default_rng(2).integers(0, 256, (30, *model.input_shape), np.uint8)


def run(*command, cwd):
    command = [sys.executable, *map(str, command)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


@pytest.mark.parametrize("layers", [vgg_like, mobilenet_like])
def test_an_exported_model_runs_without_the_package(layers, tmp_path):
    pytest.importorskip("onnxruntime")
    model = al.Model(layers(np.random.default_rng(1)))
    model.to_onnx(tmp_path / "model.onnx")
    np.save(tmp_path / "images.npy", images(model))
    script = SCRIPTS / "run_exported.py"
    command = ("-c", WITHOUT_THE_PACKAGE, script, "model.onnx", "images.npy")
    found = run(*command, cwd=tmp_path)
    assert found.strip() == str(model.predict(images(model)).tolist())


def test_the_page_of_images_shows_what_the_command_prints(tmp_path):
    np.save(tmp_path / "images.npy", al.datasets.load_cifar10_sample()[0][:1])
    line = run("-m", "akida_lite", "predict", "vgg_cifar10", "images.npy", cwd=tmp_path)
    assert line in (SCRIPTS.parent / "images.rst").read_text("utf-8")


def test_the_script_of_an_exported_model_is_short_and_imports_nothing_of_ours():
    source = (SCRIPTS / "run_exported.py").read_text("utf-8")
    code = [line for line in source.splitlines() if line and not line.startswith('"""')]
    assert len(code) <= 10
    assert "akida_lite" not in source


def test_dask_says_what_one_process_says(tmp_path):
    pytest.importorskip("distributed")
    MODEL.save(tmp_path / "model.akl")
    np.save(tmp_path / "images.npy", IMAGES)
    run(SCRIPTS / "with_dask.py", "model.akl", "images.npy", "classes.npy", cwd=tmp_path)
    found = np.load(tmp_path / "classes.npy")
    np.testing.assert_array_equal(found, MODEL.predict(IMAGES))


def a_table(path):
    """Write encoded images and their names as Parquet."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    files = write_pictures(path.parent / "pictures", IMAGES)
    names = [f"image {i}" for i in range(len(IMAGES))]
    encoded = [Path(file).read_bytes() for file in files]
    parquet.write_table(pyarrow.table({"name": names, "image": encoded}), path)
    return names


@pytest.mark.slow
def test_ray_says_what_one_process_says_and_leaves_no_process(tmp_path):
    pytest.importorskip("ray")
    MODEL.save(tmp_path / "model.akl")
    names = a_table(tmp_path / "images.parquet")
    run(SCRIPTS / "with_ray.py", "model.akl", "images.parquet", "classes", cwd=tmp_path)
    rows = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "classes").to_pylist()
    found = {row["name"]: row["class"] for row in rows}
    assert found == dict(zip(names, MODEL.predict(IMAGES).tolist(), strict=True))
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in left if line and str(tmp_path) in " ".join(line)]


def test_a_data_set_of_hugging_face_is_mapped_in_batches(tmp_path):
    datasets = pytest.importorskip("datasets")
    names = a_table(tmp_path / "images.parquet")
    cache = {"cache_dir": str(tmp_path / "cache")}
    data = datasets.Dataset.from_parquet(str(tmp_path / "images.parquet"), **cache)
    pictures = data.cast_column("image", datasets.Image())
    classify = al.Classifier(MODEL, threads=1)
    for rows in (data, pictures):
        answers = rows.map(classify, batched=True, batch_size=4, remove_columns=["image"])
        assert answers["name"][:] == names
        assert answers["class"][:] == MODEL.predict(IMAGES).tolist()


def test_a_table_of_pandas_is_mapped_as_spark_maps_it(tmp_path):
    """Spark needs Java; what the page gives it is a function from tables to tables."""
    pandas = pytest.importorskip("pandas")
    names = a_table(tmp_path / "images.parquet")
    table = pandas.read_parquet(tmp_path / "images.parquet")
    page = (SCRIPTS.parent / "cluster.rst").read_text("utf-8")
    start = page.index("   def classified(tables):")
    code = textwrap.dedent(page[start : page.index("\n\n   rows", start)])
    scope = {"classify": al.Classifier(MODEL, keep=["name"]), "pandas": pandas}
    exec(code, scope)
    (found,) = scope["classified"](iter([table]))
    assert found["name"].tolist() == names
    assert found["class"].tolist() == MODEL.predict(IMAGES).tolist()


def test_the_calls_beside_the_originals_run_from_top_to_bottom():
    page = (SCRIPTS.parent / "vendor_names.rst").read_text("utf-8")
    block = re.compile(r":caption: Here\n\n((?: {9}.*\n|\n)+)")
    code = "".join(textwrap.dedent(found[1]) for found in block.finditer(page))
    assert page.count(":caption: Here") == page.count(":caption: Original") == 7
    names = {}
    exec(compile(code, "vendor_names.rst", "exec"), names)
    keras_scores = names["net"].predict(names["scaled"][:20], verbose=0)
    assert (keras_scores.argmax(1) == names["classes"]).mean() > 0.9
    assert names["scores"].argmax() == names["classes"][0]
    assert names["stats"]["conv_1"].images == 1
