"""Layers and whole models of every kind, drawn by hypothesis."""

from dataclasses import replace
from typing import get_args

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from akida_lite.fixed_point import INT32_MAX, INT32_MIN, activation_levels, weight_limit
from akida_lite.layers import (
    GlobalAveragePool,
    InputConvolutional,
    InputData,
    MaxPool,
    Neural,
    Potentials,
    Staircase,
)
from akida_lite.layers.base import WindowedLayer

SEEDS = st.integers(0, 2**32 - 1)
PADDINGS = st.sampled_from(["same", "valid"])
EXTREMES = np.array([INT32_MIN, INT32_MIN + 1, INT32_MAX - 1, INT32_MAX], np.int32)


@st.composite
def events(draw, shape, bits, largest_batch=3):
    """Images or maps of `shape`, with a batch axis: mostly zeros, or full of the highest."""
    rng = np.random.default_rng(draw(SEEDS))
    size = (draw(st.integers(1, largest_batch)), *shape)
    values = rng.integers(0, activation_levels(bits), size, np.uint8, endpoint=True)
    kind = draw(st.sampled_from(["sparse", "dense", "highest", "none"]))
    if kind == "sparse":
        return values * (rng.random(size) < 0.2).astype(np.uint8)
    return {"dense": values, "highest": np.full_like(values, activation_levels(bits))}.get(
        kind, np.zeros_like(values)
    )


@st.composite
def weights(draw, shape, bits):
    """int8 weights: random, or all at one end of the range."""
    rng = np.random.default_rng(draw(SEEDS))
    limit = weight_limit(bits)
    end = draw(st.sampled_from([None, None, None, -limit, limit]))
    if end is not None:
        return np.full(shape, end, np.int8)
    return rng.integers(-limit, limit, shape, np.int8, endpoint=True)


@st.composite
def staircases(draw, filters, reach):
    """Thresholds anywhere, on top of each other, at the ends of int32, or as if trained."""
    bits = draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(SEEDS))
    spread = draw(st.sampled_from([1, 8, max(1, reach // 20), max(1, reach)]))
    shape = (filters, activation_levels(bits))
    if draw(st.booleans()):
        # Floors of equally spaced numbers, as batch normalization folds into.
        first = rng.uniform(-spread, spread, (filters, 1))
        distance = rng.uniform(0, 4 * spread / shape[1], (filters, 1))
        cuts = np.floor(first + distance * np.arange(shape[1])).astype(np.int64)
    else:
        cuts = rng.integers(-spread, spread, shape, np.int64)
    if draw(st.booleans()):
        extreme = rng.random(cuts.shape) < 0.2
        cuts[extreme] = rng.choice(EXTREMES, int(extreme.sum()))
    cuts = np.clip(np.sort(cuts, axis=1), INT32_MIN, INT32_MAX)
    return Staircase(cuts.astype(np.int32), bits)


@st.composite
def outputs(draw, filters, reach, last):
    if last and draw(st.booleans()):
        rng = np.random.default_rng(draw(SEEDS))
        return Potentials(rng.uniform(0.1, 2, filters), rng.normal(size=filters))
    return draw(staircases(filters, reach))


@st.composite
def pools(draw, shape):
    """A pool that fits a map of `shape`."""
    kind = draw(st.sampled_from(["none", "none", "max", "max", "average"]))
    if kind == "none":
        return None
    if kind == "average":
        return GlobalAveragePool()
    padding = draw(PADDINGS)
    limits = shape[:2] if padding == "valid" else (4, 4)
    size = tuple(draw(st.integers(1, min(4, limit))) for limit in limits)
    return MaxPool(size, (draw(st.integers(1, 4)), draw(st.integers(1, 4))), padding)


@st.composite
def neural(draw, kind, shape, input_bits, last, name="layer", **extra):
    """A layer of any type with kernels, as its axes say, whose output map is not empty."""
    bits = draw(st.integers(2, 8))
    sizes = {1: 1, "c_in": shape[2], "connections": int(np.prod(shape))}
    fields = {"name": name, "weight_bits": bits, "input_bits": input_bits, **extra}
    if issubclass(kind, WindowedLayer):
        fields["padding"] = draw(PADDINGS)
        fields["strides"] = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        limits = shape[:2] if fields["padding"] == "valid" else (7, 7)
        sizes |= {
            axis: draw(st.integers(1, min(7, limit)))
            for axis, limit in zip(("kh", "kw"), limits, strict=True)
        }
    for field, axes in kind.kernel_axes.items():
        sizes |= {axis: draw(st.integers(1, 6)) for axis in axes if axis not in sizes}
        fields[field] = draw(weights(tuple(sizes[axis] for axis in axes), bits))
    filters = sizes["filters"]
    draft = kind(output=Potentials(np.ones(filters), np.zeros(filters)), **fields)
    assume(draft.potential_bound(shape) <= INT32_MAX)
    if issubclass(kind, WindowedLayer):
        pool = draw(pools(draft.convolved_shape(shape)))
        # A sum over all positions could leave 32 bits, which models refuse.
        if replace(draft, pool=pool).potential_bound(shape) <= INT32_MAX:
            fields["pool"] = pool
    output = draw(outputs(filters, draft.potential_bound(shape), last))
    return kind(output=output, **fields)


@st.composite
def map_shapes(draw):
    return tuple(draw(st.integers(1, limit)) for limit in (9, 9, 4))


@st.composite
def input_layers(draw, last=False):
    shape = draw(map_shapes())
    if draw(st.booleans()):
        return InputData(name="input", input_shape=shape, input_bits=draw(st.integers(1, 8)))
    extra = {"input_shape": shape, "padding_value": draw(st.integers(0, 255))}
    bits = draw(st.sampled_from([8, 8, 1, 4]))
    return draw(neural(InputConvolutional, shape, bits, last, "input", **extra))


EVENT_LAYERS = get_args(Neural)
"""Every type but those that start a model."""


@st.composite
def chains(draw, kinds=EVENT_LAYERS, longest=3):
    """A whole model: an input layer, then up to `longest` event layers."""
    length = draw(st.integers(0, longest))
    layers = [draw(input_layers(last=length == 0))]
    shape = layers[0].output_shape(layers[0].input_shape)
    for index in range(length):
        before = layers[-1]
        bits = before.input_bits if isinstance(before, InputData) else before.act_bits
        kind = draw(st.sampled_from(kinds))
        layer = draw(neural(kind, shape, bits, index == length - 1, f"layer_{index}"))
        layers.append(layer)
        shape = layer.output_shape(shape)
    return tuple(layers)


@st.composite
def runs(draw, kinds=EVENT_LAYERS, longest=3, largest_batch=3):
    """A model and images for it."""
    layers = draw(chains(kinds, longest))
    first = layers[0]
    return layers, draw(events(first.input_shape, first.input_bits, largest_batch))


def largest_potentials():
    """A layer of 2-bit pixels whose potentials come as near the end of 32 bits as can be."""
    magnitudes = np.full(256 * 256 * 2, 64, np.int8)
    magnitudes[: INT32_MAX // 255 - 64 * magnitudes.size] = 65
    kernel = magnitudes.reshape(256, 256, 2, 1)
    layer = InputConvolutional(
        name="pixels",
        input_shape=(2, 3, 2),
        weights=np.concatenate([kernel, -kernel], axis=3),
        weight_bits=8,
        input_bits=2,
        padding_value=255,
        output=Potentials(np.ones(2), np.zeros(2)),
    )
    return (layer,), np.stack([np.full((2, 3, 2), value, np.uint8) for value in (0, 1, 3)])
