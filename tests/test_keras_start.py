"""TensorFlow's first lines do not reach the terminal; those of a failure do."""

import os
import subprocess
import sys

import pytest

from akida_lite.keras_start import nothing_on_stderr


def test_what_a_block_writes_is_kept_and_the_stream_comes_back(capfd):
    with nothing_on_stderr():
        os.write(2, b"a line past Python\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_a_failure_shows_what_was_kept(capfd):
    def fail():
        with nothing_on_stderr():
            os.write(2, b"why it failed\n")
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert capfd.readouterr().err == "why it failed\n"


def test_without_a_stream_nothing_is_kept():
    code = (
        "import os; from akida_lite.keras_start import nothing_on_stderr\n"
        "os.close(2)\nwith nothing_on_stderr(): print('ran')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ran\n")


@pytest.mark.slow
@pytest.mark.parametrize("level", [None, "1", "0"])
def test_the_level_of_the_user_decides(level):
    code = (
        "import os, akida_lite as al\n"
        "al.zoo.vgg_cifar10()\nprint(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    )
    env = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    env |= {} if level is None else {"TF_CPP_MIN_LOG_LEVEL": level}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{level or 3}\n"
    if level is None:
        assert done.stderr == ""
