"""Drawn files of every format, some of each; ``tox run -e fuzz`` draws as many as one likes."""

import hostile_datasets
import hostile_inputs
import pytest

TARGETS = hostile_inputs.TARGETS + hostile_datasets.TARGETS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_drawn_file_is_read_or_refused(target, tmp_path, monkeypatch):
    monkeypatch.setenv("AKIDA_LITE_CACHE", str(tmp_path / "cache"))
    hostile_inputs.try_some(target, tmp_path, 40)
