"""The kernel is what its text says, and does what numpy does with the same numbers."""

from importlib.resources import files

import numpy as np
import pytest

from akida_lite.web.bundle import kernel

wasmtime = pytest.importorskip("wasmtime")

BLOCK = 64
AT = 1024  # where a test puts its first array


def test_the_bytes_are_assembled_from_the_text():
    text = files("akida_lite.web").joinpath("kernel.wat").read_text("utf-8")
    assert kernel() == bytes(wasmtime.wat2wasm(text))


@pytest.mark.parametrize(
    ("name", "limit", "highest"),
    [("add", 1, 3), ("add", 7, 15), ("add", 127, 255), ("add_pairs", 127, 32767)],
)
@pytest.mark.parametrize("count", [1, 2, 7, 64])
@pytest.mark.parametrize("blocks", [1, 3])
def test_rows_are_added(wasm, name, limit, highest, count, blocks):
    rng = np.random.default_rng(count)
    rows = rng.integers(-limit, limit, (blocks, 80, BLOCK), np.int8, endpoint=True)
    rows[:, :40] = limit
    chosen = rng.permutation(80)[:count]
    low = -highest if name == "add_pairs" else 1
    levels = rng.choice([low, highest], count)
    before = rng.integers(-1000, 1000, (blocks, BLOCK), np.int32)
    events = np.stack([chosen * BLOCK, levels], axis=1).astype(np.int32)
    places = AT, AT + 4096, AT + 65536
    for place, array in zip(places, (events, before, rows), strict=True):
        wasm.put(place, array)
    run = [32767 // (limit * highest)] if name == "add" else []
    wasm.call(name, places[0], count, places[2], 80 * BLOCK, places[1], blocks, *run)
    expected = before + np.einsum("e,bef->bf", levels, rows[:, chosen].astype(np.int64))
    assert (wasm.get(places[1], before.size, np.int32) == expected.ravel()).all()


@pytest.mark.parametrize("channels", [1, 5, 64])
def test_only_what_is_not_zero_is_listed(wasm, channels):
    rng = np.random.default_rng(channels)
    levels = rng.integers(-2, 3, channels).astype(np.int32)
    wasm.put(AT, levels)
    end = wasm.call("list", AT, channels, AT + 4096)
    events = wasm.get(AT + 4096, (end - AT - 4096) // 4, np.int32).reshape(-1, 2)
    (kept,) = levels.nonzero()
    assert events.tolist() == [[64 * channel, levels[channel]] for channel in kept]


def test_channels_are_multiplied_one_by_one(wasm):
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 255, 24, np.uint8, endpoint=True)
    weights = rng.integers(-127, 127, 24, np.int8, endpoint=True)
    levels[:2], weights[:2] = 255, (127, -127)
    before = rng.integers(-(2**30), 2**30, 24, np.int32)
    for place, array in ((AT, levels), (AT + 64, weights), (AT + 128, before)):
        wasm.put(place, array)
    wasm.call("multiply", AT, AT + 64, AT + 128, 3)
    expected = before + levels.astype(np.int32) * weights
    assert (wasm.get(AT + 128, 24, np.int32) == expected).all()


@pytest.mark.parametrize("bits", range(1, 9))
def test_levels_count_the_thresholds_below(wasm, bits):
    rng = np.random.default_rng(bits)
    levels = 2**bits - 1
    ends = np.iinfo(np.int32)
    thresholds = np.sort(rng.integers(-50, 50, (levels, BLOCK)).astype(np.int32), axis=0)
    thresholds[0, :8], thresholds[-1, 8:16] = ends.min, ends.max
    potentials = rng.integers(-60, 60, BLOCK).astype(np.int32)
    potentials[:16:4], potentials[1:16:4] = ends.max, ends.min
    wasm.put(AT, potentials)
    wasm.put(AT + 4096, thresholds)
    wasm.call("staircase", AT, AT + 4096, BLOCK * 4, levels, AT + 2048, BLOCK // 16)
    expected = (potentials > thresholds).sum(axis=0)
    assert (wasm.get(AT + 2048, BLOCK, np.uint8) == expected).all()
