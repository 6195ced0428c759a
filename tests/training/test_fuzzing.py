"""Drawn files of what needs Keras; ``tox run -e fuzz`` draws as many as one likes."""

import pytest
from hostile_inputs import try_some
from hostile_keras import TARGETS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_drawn_file_is_read_or_refused(target, tmp_path):
    try_some(target, tmp_path, 10)
