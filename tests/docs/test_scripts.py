"""The scripts that the user guide shows do what it says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from trained_like import mobilenet_like, vgg_like

import akida_lite as al

SCRIPTS = Path(__file__).parents[2] / "docs" / "user_guide" / "scripts"

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


def test_the_script_of_an_exported_model_is_short_and_imports_nothing_of_ours():
    source = (SCRIPTS / "run_exported.py").read_text("utf-8")
    code = [line for line in source.splitlines() if line and not line.startswith('"""')]
    assert len(code) <= 10
    assert "akida_lite" not in source


def test_a_cluster_says_what_one_process_says(tmp_path):
    pytest.importorskip("distributed")
    model = al.Model(vgg_like(np.random.default_rng(1)))
    model.save(tmp_path / "model.akl")
    np.save(tmp_path / "images.npy", images(model))
    run(SCRIPTS / "on_a_cluster.py", "model.akl", "images.npy", "classes.npy", cwd=tmp_path)
    found = np.load(tmp_path / "classes.npy")
    np.testing.assert_array_equal(found, model.predict(images(model)))
