"""Strict numerics, one seed, and how long hypothesis may look."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Drawing arrays is slow and machines are shared: time limits would only make tests flaky.
_SHARED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=30, **_SHARED)
settings.register_profile("ci", max_examples=100, derandomize=True, **_SHARED)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def _numeric_surprises_are_errors():
    with np.errstate(all="raise"):
        yield


@pytest.fixture
def rng():
    """Return the generator that every random test starts from."""
    return np.random.default_rng(20201124)
