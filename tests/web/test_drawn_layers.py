"""Drawn models through the kernel in wasmtime: every sum and threshold, without a browser.

Only windows are cut and pooled here, with numpy; the kernel computes the rest as the engine in
JavaScript asks it to.
"""

import numpy as np
from hypothesis import HealthCheck, given, settings
from strategies import runs

from akida_lite.engine import trace
from akida_lite.fixed_point import INT32_MIN, weight_limit
from akida_lite.layers import (
    FullyConnected,
    GlobalAveragePool,
    InputData,
    SeparableConvolutional,
    Staircase,
    window_padding,
)

BLOCK = 64
HIGHEST_INT16 = 32767
LEVELS, EVENTS, SUMS, ROWS = 2**10, 2**16, 2**18, 2**20


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(run=runs())
def test_drawn_models(wasm, run):
    layers, images = run
    maps = images
    for layer, emitted in trace(layers, images, backend="reference"):
        if not isinstance(layer, InputData):
            for before, after in zip(maps, emitted, strict=True):
                assert np.array_equal(output(wasm, layer, before), after)
        maps = emitted


def output(wasm, layer, values):
    if isinstance(layer, FullyConnected):
        sums = added(wasm, layer, values.ravel(), layer.weights)[np.newaxis, np.newaxis]
    else:
        depthwise = isinstance(layer, SeparableConvolutional)
        kernel = layer.pointwise if depthwise else layer.weights
        weights = kernel.reshape(-1, layer.filters)
        seen = windows(values, layer.kernel_size, layer.strides, layer.padding, outside(layer))
        sums = np.empty((*seen.shape[:2], layer.filters), np.int32)
        for place in np.ndindex(seen.shape[:2]):
            levels = multiplied(wasm, layer, seen[place]) if depthwise else seen[place].ravel()
            sums[place] = added(wasm, layer, levels, weights)
    if isinstance(layer.pool, GlobalAveragePool):
        sums = sums.sum(axis=(0, 1), keepdims=True, dtype=np.int32)
    elif layer.pool is not None:
        pool = layer.pool
        seen = windows(sums, pool.size, pool.strides, pool.padding, INT32_MIN)
        sums = seen.max(axis=(2, 3))
    if not isinstance(layer.output, Staircase):
        return sums
    steps = [fired(wasm, layer.output, row) for row in sums.reshape(-1, sums.shape[2])]
    return np.reshape(steps, sums.shape)


def outside(layer):
    return getattr(layer, "padding_value", 0)


def windows(values, size, strides, padding, outside):
    """Return what each position sees, of shape (down, across, *size, channels)."""
    axes = zip(values.shape[:2], size, strides, strict=True)
    sides = [window_padding(*axis, padding) for axis in axes]
    padded = np.pad(values, [*sides, (0, 0)], constant_values=outside)
    seen = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(0, 1))
    return np.moveaxis(seen[:: strides[0], :: strides[1]], 2, -1)


def multiplied(wasm, layer, seen):
    """Return the depthwise sums of one position."""
    groups = -(-seen.shape[2] // 8)
    step = 8 * groups
    wasm.put(SUMS, np.zeros(step, np.int32))
    for place in np.ndindex(seen.shape[:2]):
        for at, part in ((LEVELS, seen[place]), (ROWS, layer.depthwise[place].ravel())):
            wasm.put(at, np.pad(part, (0, step - len(part))))
        wasm.call("multiply", LEVELS, ROWS, SUMS, groups)
    return wasm.get(SUMS, seen.shape[2], np.int32).copy()


def added(wasm, layer, levels, weights):
    """Return the sums of one position, whichever of the kernel's two ways adds its rows."""
    rows, filters = weights.shape
    blocks = -(-filters // BLOCK)
    placed = np.pad(weights, ((0, 0), (0, blocks * BLOCK - filters)))
    wasm.put(ROWS, placed.reshape(rows, blocks, BLOCK).swapaxes(0, 1))
    # Sums beyond 16 bits become several events, of which the kernel sees one after the other.
    left = levels.astype(np.int32)
    wasm.put(SUMS, np.zeros((2, blocks * BLOCK), np.int32))
    highest = max(1, int(np.abs(left).max()))
    at_once = HIGHEST_INT16 // (weight_limit(layer.weight_bits) * highest)
    while left.any():
        part = np.clip(left, -HIGHEST_INT16, HIGHEST_INT16)
        left = left - part
        wasm.put(LEVELS, part)
        count = (wasm.call("list", LEVELS, rows, EVENTS) - EVENTS) // 8
        given = (EVENTS, count, ROWS, rows * BLOCK)
        wasm.call("add_pairs", *given, SUMS, blocks)
        if at_once:
            wasm.call("add", *given, SUMS + 4 * blocks * BLOCK, blocks, at_once)
    pairs, ones = wasm.get(SUMS, 2 * blocks * BLOCK, np.int32).reshape(2, -1)[:, :filters]
    assert not at_once or np.array_equal(pairs, ones)
    return pairs.copy()


def fired(wasm, staircase, potentials):
    """Return what the neurons of one position emit."""
    filters, steps = staircase.thresholds.shape
    width = -(-filters // BLOCK) * BLOCK
    wasm.put(SUMS, np.pad(potentials, (0, width - filters)))
    wasm.put(ROWS, np.pad(staircase.thresholds, ((0, width - filters), (0, 0))).T)
    wasm.call("staircase", SUMS, ROWS, width * 4, steps, EVENTS, width // 16)
    return wasm.get(EVENTS, filters, np.uint8).copy()
