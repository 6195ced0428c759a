"""The fast backend gives the reference's integers, whatever the layer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import EVENT_LAYERS, largest_potentials, runs

from akida_lite.engine import BACKENDS, run, trace
from akida_lite.errors import LayerError


def assert_same(ours, reference):
    np.testing.assert_array_equal(ours, reference, strict=True)


@pytest.mark.parametrize(
    "prepare", [BACKENDS["numpy"], BACKENDS["fast"]], ids=["numpy", "fast"]
)
@pytest.mark.parametrize("kind", EVENT_LAYERS)
@given(data=st.data())
def test_fast_equals_reference_for_every_layer_type(prepare, kind, data):
    layers, x = data.draw(runs(kinds=(kind,), longest=1))
    output = prepare(layers, None).output(x)
    assert_same(output, run(layers, x, backend="reference").output)


def test_potentials_at_the_edge_of_32_bits_are_the_same_everywhere():
    """Few bits of input, and an outside of 255 under most of a large kernel."""
    layers, x = largest_potentials()
    expected = run(layers, x, backend="reference").output
    assert expected.max() == -expected.min() == 2147289984
    for backend in BACKENDS:
        assert_same(run(layers, x, backend=backend).output, expected)
    louder = layers[0].weights.copy()
    louder[0, 0, 0, 0] += 1
    with pytest.raises(LayerError, match="a potential can reach 2147483775, beyond 32 bits"):
        run((replace(layers[0], weights=louder),), x)


@given(runs())
def test_fast_equals_reference_after_every_layer_of_a_chain(model_and_images):
    layers, x = model_and_images
    both = zip(trace(layers, x), trace(layers, x, backend="reference"), strict=True)
    for (layer, ours), (same, reference) in both:
        assert layer is same
        assert_same(ours, reference)


@pytest.mark.parametrize("backend", ["fast", "reference"])
@given(case=runs(largest_batch=7), size=st.integers(1, 8))
def test_no_result_depends_on_the_batch_size(backend, case, size):
    layers, x = case
    whole = run(layers, x, backend=backend, batch_size=len(x), count_events=True)
    parts = run(layers, x, backend=backend, batch_size=size, count_events=True)
    assert_same(parts.output, whole.output)
    assert parts.events == whole.events


@given(case=runs(), threads=st.integers(1, 4))
def test_no_result_depends_on_the_threads(case, threads):
    layers, x = case
    assert_same(run(layers, x, threads=threads).output, run(layers, x).output)


@given(runs())
def test_the_layout_of_the_input_in_memory_does_not_matter(case):
    layers, x = case
    scattered = np.asfortranarray(np.repeat(x, 2, axis=2))[:, :, ::2]
    assert not scattered.flags.c_contiguous or scattered.size <= 1 or x.shape[2] == 1
    assert_same(run(layers, scattered).output, run(layers, x).output)
