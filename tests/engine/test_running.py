"""Options, input that is refused, counts and what is kept between runs."""

import gc
import subprocess
import sys
import weakref
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from strategies import runs

from akida_lite.engine import BACKENDS, matrix_products, run, trace
from akida_lite.engine.matrix_products import bytes_per_image, exact_float
from akida_lite.engine.onnx import runtime as onnx_runtime
from akida_lite.engine.onnx.lowering import LOWERINGS
from akida_lite.engine.onnx.runtime import knows
from akida_lite.engine.options import usable_cores
from akida_lite.engine.program import WORKING_BYTES, kept_while_layers_live, program_of_steps
from akida_lite.engine.running import prepared
from akida_lite.errors import InputError, LayerError
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    InputConvolutional,
    InputData,
    Layer,
    Neural,
    Potentials,
    Staircase,
    layer_shapes,
)

STEP = Staircase(np.zeros((1, 1), np.int32), 1)
SCORE = Potentials(np.ones(1), np.zeros(1))
WIDTHS = {"weight_bits": 2, "input_bits": 1}
PIXELS = InputConvolutional(
    name="pixels",
    input_shape=(4, 5, 3),
    weights=np.ones((1, 1, 3, 1), np.int8),
    weight_bits=2,
    input_bits=8,
    output=STEP,
)
EVENTS = InputData(name="events", input_shape=(4, 5, 1), input_bits=1)
ONE_OF_EACH = (
    InputData(name="events", input_shape=(1, 1, 1), input_bits=1),
    *(
        kind(
            name=kind.__name__,
            output=STEP,
            **{f: np.ones((1,) * len(axes), np.int8) for f, axes in kind.kernel_axes.items()},
            **WIDTHS,
        )
        for kind in get_args(Neural)
    ),
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_runs_every_layer(backend):
    outputs = [
        output.item()
        for _, output in trace(ONE_OF_EACH, np.ones((1, 1, 1, 1), bool), backend=backend)
    ]
    assert outputs == [1] * len(get_args(Layer))
    assert run((PIXELS,), np.ones((1, 4, 5, 3), np.uint8), backend=backend).output.all()


@pytest.mark.parametrize("kind", get_args(Neural))
def test_a_layer_without_onnx_form_runs_in_numpy(kind, monkeypatch):
    monkeypatch.delitem(LOWERINGS, kind, raising=False)
    assert not knows(ONE_OF_EACH)
    # A copy: programs are kept for layers that ran before.
    layers = tuple(replace(layer) for layer in ONE_OF_EACH)
    assert run(layers, np.ones((1, 1, 1, 1), bool)).output.item() == 1


@pytest.mark.parametrize("backend", BACKENDS)
@given(case=runs(longest=2))
def test_no_images_give_no_outputs_of_the_right_shape_and_type(backend, case):
    layers, x = case
    one = run(layers, x[:1], backend=backend).output
    none = run(layers, x[:0], backend=backend, count_events=True)
    assert none.output.shape == (0, *one.shape[1:])
    assert none.output.dtype == one.dtype
    assert all(count.images == count.input_events == 0 for count in none.events)
    shapes = [output.shape for _, output in trace(layers, x[:0], backend=backend)]
    assert shapes == [(0, *shape) for _, shape in layer_shapes(layers)]


@pytest.mark.parametrize("backend", BACKENDS)
@given(case=runs())
def test_counts_are_those_of_the_traced_maps(backend, case):
    layers, x = case
    record = run(layers, x, backend=backend, count_events=True)
    came = x
    for (layer, left), count in zip(trace(layers, x), record.events, strict=True):
        assert count.layer == layer.name
        assert count.images == len(x)
        assert count.input_events == np.count_nonzero(came)
        assert count.output_events == np.count_nonzero(left)
        assert count.input_size * len(x) == came.size
        assert count.output_size * len(x) == left.size
        came = left


def test_events_are_counted_only_when_asked_for():
    x = np.ones((1, 4, 5, 3), np.uint8)
    assert run((PIXELS,), x).events == ()
    assert len(run((PIXELS,), x, count_events=True).events) == 1


def test_progress_reports_after_every_batch():
    calls = []
    x = np.zeros((5, 4, 5, 3), np.uint8)
    run((PIXELS,), x, batch_size=2, progress=lambda *call: calls.append(call))
    assert calls == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (
            PIXELS,
            [[1]],
            "input: is a list, a numpy array is expected. Fix: convert it with "
            "np.asarray(...).",
        ),
        (
            PIXELS,
            np.zeros((1, 4, 5, 3), np.float32),
            "input: has dtype float32, layer 'pixels' reads uint8 pixels. Fix: give the image "
            "as it was stored, 0 to 255, before any scaling.",
        ),
        (
            PIXELS,
            np.zeros((1, 4, 5, 3), np.int64),
            "input: has dtype int64, layer 'pixels' reads uint8 pixels. Fix: give "
            'x.astype("uint8"), if these are the pixels 0 to 255 as they were stored.',
        ),
        (
            EVENTS,
            np.zeros((1, 4, 5), np.uint8),
            "input: has shape (1, 4, 5), layer 'events' reads (n, 4, 5, 1). Fix: give "
            "x.reshape(-1, 4, 5, 1).",
        ),
        (
            EVENTS,
            np.zeros((4, 5), np.uint8),
            "input: has shape (4, 5), layer 'events' reads (n, 4, 5, 1). Fix: give "
            "x.reshape(-1, 4, 5, 1).",
        ),
        (
            EVENTS,
            np.zeros((1, 4, 5, 1)),
            "input: has dtype float64, layer 'events' reads integer events. Fix: count events "
            "as integers, for instance uint8.",
        ),
        (
            PIXELS,
            np.zeros((1, 5, 4, 3), np.uint8),
            "input: has shape (1, 5, 4, 3), layer 'pixels' reads (n, 4, 5, 3). Fix: give one "
            "array of whole images, height before width before channels.",
        ),
        (
            PIXELS,
            np.zeros((1, 4, 5, 1), np.uint8),
            "input: has shape (1, 4, 5, 1), layer 'pixels' reads (n, 4, 5, 3). Fix: give one "
            "array of whole images, height before width before channels.",
        ),
        (
            PIXELS,
            np.full((1, 4, 5, 3), np.nan),
            "input: has dtype float64, layer 'pixels' reads uint8 pixels. Fix: give the image "
            "as it was stored, 0 to 255, before any scaling.",
        ),
        (
            EVENTS,
            np.full((1, 4, 5, 1), np.nan),
            "input: has dtype float64, layer 'events' reads integer events. Fix: count events "
            "as integers, for instance uint8.",
        ),
        (
            PIXELS,
            np.array([["a"]], object),
            "input: has dtype object, layer 'pixels' reads uint8 pixels. Fix: give the image "
            "as it was stored, 0 to 255, before any scaling.",
        ),
        (
            PIXELS,
            np.broadcast_to(np.zeros((1, 4, 5, 3), np.uint8), (1 << 56, 4, 5, 3)),
            "input: has 72057594037927936 images, for which the output of layer 'pixels' takes "
            "1441151880758558720 bytes, more than there is memory. Fix: give fewer images at "
            "a time.",
        ),
        (
            PIXELS,
            np.zeros((4, 5, 3), np.uint8),
            "input: has shape (4, 5, 3), layer 'pixels' reads (n, 4, 5, 3). Fix: add the batch "
            "axis: x[np.newaxis].",
        ),
        (
            EVENTS,
            np.full((1, 4, 5, 1), 2, np.uint8),
            "input: spans 2 to 2, layer 'events' reads 1-bit values, 0 to 1. Fix: clip or "
            "rescale the values.",
        ),
        (
            EVENTS,
            np.full((1, 4, 5, 1), -1, np.int64),
            "input: spans -1 to -1, layer 'events' reads 1-bit values, 0 to 1. Fix: clip or "
            "rescale the values.",
        ),
    ],
)
def test_wrong_input_is_refused_with_the_fix(layer, x, message):
    for call in (run, trace):
        with pytest.raises(InputError) as caught:
            call((layer,), x)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            {"backend": "gpu"},
            "option 'backend': 'gpu' is none of 'fast', 'numpy', 'reference'. Fix: choose one "
            "of them.",
        ),
        (
            {"backend": ["fast"]},
            "option 'backend': ['fast'] is none of 'fast', 'numpy', 'reference'. Fix: choose "
            "one of them.",
        ),
        *(
            (
                {option: value},
                f"option '{option}': {value!r} is no integer. Fix: choose 1 or more, or None.",
            )
            for option in ("batch_size", "threads")
            for value in (2.5, "2", True, np.float32(2), [2])
        ),
        (
            {"batch_size": 0},
            "option 'batch_size': 0 is below 1. Fix: choose 1 or more, or None.",
        ),
        ({"threads": -1}, "option 'threads': -1 is below 1. Fix: choose 1 or more, or None."),
    ],
)
def test_wrong_options_are_refused_with_the_fix(option, message):
    with pytest.raises(InputError) as caught:
        run((PIXELS,), np.zeros((1, 4, 5, 3), np.uint8), **option)
    assert str(caught.value) == message


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [np.uint8, np.int64, int])
def test_a_batch_size_of_any_integer_type_runs_every_image(backend, number):
    """In 8 bits, 200 + 200 is 144: the second batch used to come out empty."""
    x = np.ones((400, 4, 5, 3), np.uint8)
    options = {"backend": backend, "threads": number(1)}
    assert run((PIXELS,), x, batch_size=number(200), **options).output.all()


def test_threads_beyond_the_cores_make_no_further_program(monkeypatch):
    asked = []
    monkeypatch.setitem(BACKENDS, "fast", lambda _, threads: asked.append(threads))
    for threads in (None, 1, usable_cores() + 1, 10**6):
        prepared((PIXELS,), "fast", threads)
    assert asked == [None, 1, usable_cores(), usable_cores()]


@pytest.mark.parametrize("broken", ["onnx", "onnxruntime"])
def test_a_broken_onnx_runtime_leaves_numpy(broken, monkeypatch):
    def import_module(name):
        if name == broken:
            raise ImportError("wrong ELF class")

    monkeypatch.setattr(onnx_runtime, "find_spec", lambda name: name)
    monkeypatch.setattr(onnx_runtime, "import_module", import_module)
    monkeypatch.setattr(onnx_runtime, "available", onnx_runtime.available.__wrapped__)
    layers = tuple(replace(layer) for layer in ONE_OF_EACH)
    with pytest.warns(RuntimeWarning) as caught:
        assert run(layers, np.ones((1, 1, 1, 1), bool)).output.item() == 1
    assert str(caught[0].message) == (
        f"{broken} is installed, but cannot be imported (ImportError('wrong ELF class')); the "
        "backend 'fast' is numpy. Fix: python -m pip install --force-reinstall " + broken
    )


def test_without_onnx_runtime_numpy_is_the_quickest(monkeypatch):
    monkeypatch.setattr(onnx_runtime, "find_spec", lambda name: None)
    assert not onnx_runtime.available.__wrapped__()


def test_a_batch_beyond_the_memory_is_refused_with_the_fix(monkeypatch):
    def prepare(layers, threads):
        def output(batch):
            raise MemoryError

        return replace(BACKENDS["numpy"](layers, threads), output=output)

    monkeypatch.setitem(BACKENDS, "fast", prepare)
    with pytest.raises(InputError) as caught:
        run((PIXELS,), np.zeros((3, 4, 5, 3), np.uint8), batch_size=2)
    assert str(caught.value) == (
        "option 'batch_size': a batch of 2 images takes more memory than there is. Fix: choose "
        "a smaller one, or run a model of smaller maps."
    )


@given(case=runs(longest=2))
def test_products_tap_by_tap_are_those_of_all_windows_at_once(case):
    layers, x = case
    expected = run(layers, x, backend="reference").output
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matrix_products, "LARGEST_COLUMNS", 0)
        found = run(layers, x, backend="numpy").output
    np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("layers", [(), ONE_OF_EACH[1:]])
def test_a_chain_without_an_input_layer_is_refused(layers):
    with pytest.raises(LayerError, match="a model starts with an input layer"):
        run(layers, np.zeros((1, 1, 1, 1), np.uint8))


def test_sums_beyond_what_float32_represents_are_exact_in_every_backend():
    inputs, odd = 10_000, 127 * (15 * 10_000 - 1)
    assert 2**24 < odd < 2**25
    scores = FullyConnected(
        name="scores",
        weights=np.full((inputs, 1), 127, np.int8),
        weight_bits=8,
        input_bits=4,
        output=Potentials(np.ones(1), np.zeros(1)),
    )
    layers = (InputData(name="input", input_shape=(1, 1, inputs), input_bits=4), scores)
    x = np.full((1, 1, 1, inputs), 15, np.uint8)
    x[0, 0, 0, 7] = 14
    for backend in BACKENDS:
        assert run(layers, x, backend=backend).output.item() == odd, backend


def test_float32_is_used_up_to_the_last_integer_it_represents():
    assert exact_float(2**24) is np.float32
    assert exact_float(2**24 + 1) is np.float64


def test_the_largest_temporary_array_of_a_convolution_holds_all_windows():
    layer = Convolutional(
        name="conv",
        weights=np.ones((3, 3, 16, 4), np.int8),
        weight_bits=2,
        input_bits=4,
        padding="same",
        output=Potentials(np.ones(4), np.zeros(4)),
    )
    assert bytes_per_image(layer, (8, 5, 16)) == 8 * 5 * (3 * 3 * 16) * 8


def test_an_image_larger_than_the_working_memory_is_a_batch_of_its_own():
    assert program_of_steps([], [], WORKING_BYTES // 2).batch_size == 2
    assert program_of_steps([], [], WORKING_BYTES * 2).batch_size == 1


def test_layers_are_prepared_once_and_freed_when_nobody_has_them():
    calls = []

    def prepare(layers, threads):
        calls.append(threads)
        return BACKENDS["fast"](layers, threads)

    kept = kept_while_layers_live(prepare)
    layers = (InputData(name="a", input_shape=(1, 1, 1), input_bits=1),)
    again = (InputData(name="a", input_shape=(1, 1, 1), input_bits=1),)
    assert kept(layers, None) is kept(layers, None)
    assert kept(layers, 1) is not kept(layers, None)
    kept(again, None)
    assert calls == [None, 1, None]
    gone = weakref.ref(layers[0])
    del layers
    gc.collect()
    assert gone() is None


def test_a_program_ends_with_the_first_of_its_layers():
    """Models may share their input layer, which then outlives all but one of them."""
    alive = []

    def prepare(layers, threads):
        program = BACKENDS["reference"]((layers[0],), threads)
        alive.append(weakref.ref(program))
        return program

    kept = kept_while_layers_live(prepare)
    shared = ONE_OF_EACH[0]
    for _ in range(5):
        kept((shared, replace(ONE_OF_EACH[1])), None)
    gc.collect()
    assert len(alive) == 5
    assert not any(ref() for ref in alive)


def test_a_program_does_not_keep_its_layers_alive():
    layers = tuple(replace(layer) for layer in ONE_OF_EACH)
    program = BACKENDS["fast"](layers, None)
    gone = [weakref.ref(layer) for layer in layers]
    del layers
    gc.collect()
    assert all(ref() is None for ref in gone)
    assert program.output(np.ones((1, 1, 1, 1), np.uint8)).item() == 1


def test_importing_the_engine_imports_neither_onnx_nor_a_framework():
    code = (
        "import sys, akida_lite.engine; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    )
    modules = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"numpy", "akida_lite"} <= set(modules)
    assert not {"onnx", "onnxruntime", "keras", "tensorflow", "matplotlib"} & set(modules)


def test_a_masked_array_that_hides_values_is_refused(rng):
    model = (InputData(name="in", input_shape=(1, 1, 2), input_bits=1),)
    x = np.ma.masked_greater(np.array([[[[0, 7]]]], np.uint8), 1)
    with pytest.raises(InputError) as caught:
        run(model, x)
    assert str(caught.value) == (
        "input: is a masked array, whose hidden values would be read as the others. "
        "Fix: give x.filled(0), if hidden values mean no event."
    )
    open_one = np.ma.array(np.array([[[[0, 1]]]], np.uint8))
    np.testing.assert_array_equal(run(model, open_one).output, open_one.data)
