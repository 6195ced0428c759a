"""Drawn files of every format, some of each; ``tox run -e fuzz`` draws as many as one likes."""

import pytest
from hostile_inputs import TARGETS, outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_drawn_file_is_read_or_refused(target, tmp_path, monkeypatch):
    monkeypatch.setenv("AKIDA_LITE_CACHE", str(tmp_path / "cache"))

    @settings(
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def read(data):
        outcome(target, data.draw, tmp_path)

    read()
