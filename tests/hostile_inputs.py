"""Files as strangers could make them, drawn by hypothesis: checksums right, content not.

Each `Target` draws the bytes of a file of one format and gives them to its reader. A reader
may accept them or refuse them with an error of the package; anything else is a finding.
Models and ledgers are here; `hostile_datasets`, `hostile_images` and `hostile_keras` have the
formats that need more packages, or helpers of their own.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_models import models, small_model
from zip_bytes import unzipped, zipped

import akida_lite as al
from akida_lite.claims import read_ledger
from akida_lite.engine.running import BACKENDS
from akida_lite.errors import AkidaLiteError
from akida_lite.packing import pack, pack_ternary
from akida_lite.report.summary import summary_of
from akida_lite.storage import save

ROOT = Path(__file__).parents[1]
_MOST_PRODUCTS = 200_000  # of one image through a drawn model: the reference takes its time

NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 2, 8, 9, 255, 256, 4096, 2**31 - 1, 2**31, 2**63, 10**19, 10**400]
    ),
    st.integers(-(2**70), 2**70),
    st.floats(),
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        NUMBERS,
        st.text(max_size=20),
        st.sampled_from(["", "\x1b[2J", "a\nb", "$\\frac{$", "same", "valid", "n" * 70_000]),
        st.builds(dict, array=st.text(max_size=30)),
        st.sampled_from(
            [{"type": "GlobalAveragePool"}, {"type": "InputData"}, {"type": "Model"}]
        ),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def spoiled_json(draw, value):
    """Return a JSON value with one node of it replaced, removed or doubled."""
    inside = isinstance(value, dict | list) and value and draw(st.integers(0, 19)) < 19
    if not inside:
        near = isinstance(value, int) and draw(st.booleans())
        return draw(st.integers(0, 16) if near else VALUES)
    key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
    what = draw(st.integers(0, 19))
    if isinstance(value, dict):
        if what == 19:
            return {name: part for name, part in value.items() if name != key}
        return value | {key: spoiled_json(draw, value[key])}
    if what == 19:
        return [*value, value[key]]
    return [*value[:key], spoiled_json(draw, value[key]), *value[key + 1 :]]


def spoiled_bytes(draw, data):
    """Return bytes with some changed, cut off or put in."""
    raw = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        length = draw(st.integers(0, 8))
        raw[start : start + length] = draw(st.binary(max_size=12))
    return bytes(raw)


def container(draw, parts):
    """Return a file of the package's container format, spoiled somewhere."""
    header = json.loads(parts["header.json"])
    for _ in range(draw(st.integers(1, 2))):
        # Most of the others are refused at the first door: what is behind it is tested as well.
        what = draw(st.sampled_from(["header", "array", "shape", "values", "values", "values"]))
        names = [name for name in parts if name != "header.json"]
        name = draw(st.sampled_from(names)) if names else "header.json"
        arrays = header.get("arrays") if isinstance(header, dict) else None
        entry = arrays.get(name) if isinstance(arrays, dict) else None
        if what == "header" or not isinstance(entry, dict):
            header = spoiled_json(draw, header)
        elif what == "values":
            arrays[name], parts = with_values(draw, entry, name, parts)
        elif what == "array":
            parts = parts | {name: spoiled_bytes(draw, parts[name])}
            facts = {
                "sha256": hashlib.sha256(parts[name]).hexdigest(),
                "bytes": len(parts[name]),
            }
            header["arrays"][name] = entry | facts
        else:
            arrays[name], parts = resized(draw, entry, name, parts)
    parts = parts | {"header.json": json.dumps(header).encode("utf-8", "surrogatepass")}
    data = zipped(parts)
    return data if draw(st.integers(0, 4)) else spoiled_bytes(draw, data)


def with_values(draw, entry, name, parts):
    """Give an array other values, which its type and shape admit: most readers accept them."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    kind, shape, bits = entry.get("type"), entry.get("shape"), entry.get("bits")
    try:
        if kind == "ternary":
            data = pack_ternary(rng.integers(-1, 2, shape))
        elif kind == "int8":
            limit = (1 << (bits - 1)) - 1
            data = pack(rng.integers(-limit, limit + 1, shape), bits)
        elif kind == "int32":
            highest = draw(st.sampled_from([1, 100, 2**31]))
            data = np.sort(rng.integers(-highest, highest, shape, np.int32)).tobytes()
        else:
            values = rng.normal(size=shape).astype(kind)
            data = (values if draw(st.booleans()) else np.abs(values)).tobytes()
    except (AkidaLiteError, TypeError, ValueError, MemoryError):
        return entry, parts  # the entry was spoiled before
    facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return entry | facts, parts | {name: data}


def resized(draw, entry, name, parts):
    """Give an array other values of another shape, whose sizes and checksum are right."""
    shape = draw(st.lists(st.integers(1, 6), max_size=4))
    kind = draw(st.sampled_from(["int8", "ternary", "int32", "float64"]))
    values = np.full(shape, draw(st.integers(-128, 127)) if kind == "int8" else 1)
    bits = 8
    if kind == "int8":
        data = pack(values, bits)
    else:
        data = pack_ternary(values) if kind == "ternary" else values.astype(kind).tobytes()
    facts = {
        "type": kind,
        "shape": shape,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    entry = {key: value for key, value in entry.items() if key != "bits"} | facts
    return entry | ({"bits": bits} if kind == "int8" else {}), parts | {name: data}


def saved(chain, folder):
    save(folder / "drawn", chain, {"name": "drawn", "labels": None, "origin": {"a": [1, 2.5]}})
    return (folder / "drawn").read_bytes()


def draw_model(draw, folder):
    chain = draw(models()) if draw(st.integers(0, 3)) == 0 else small_model()
    return container(draw, unzipped(saved(chain, folder)))


def use_model(path, folder):
    """Load a model; what loads runs, prints and is saved, with one result in every engine."""
    model = al.Model.load(path)
    return partial(exercise, model, folder)


def exercise(model, folder):
    summary = summary_of(model.layers, name=model.name, device=al.AKD1000)
    assert str(summary).replace("\n", "").isprintable()
    if sum(row.connections * prod(row.output_shape) for row in summary.rows) > _MOST_PRODUCTS:
        return
    high = 1 << model.layers[0].input_bits
    x = np.random.default_rng(1).integers(0, high, (2, *model.input_shape), np.uint8)
    expected = model.forward(x, backend="reference")
    for backend in BACKENDS:
        np.testing.assert_array_equal(model.forward(x, backend=backend), expected)
    assert str(model.get_statistics()).replace("\n", "").isprintable()
    model.save(folder / "again")
    again = al.Model.load(folder / "again").forward(x, backend="reference")
    np.testing.assert_array_equal(again, expected)


LEDGER = (ROOT / "tests" / "files" / "ledger.toml").read_text("utf-8")


def draw_ledger(draw, folder):
    if draw(st.booleans()):
        return spoiled_bytes(draw, LEDGER.encode())
    lines = LEDGER.splitlines()
    index = draw(st.integers(0, len(lines) - 1))
    value = json.dumps(draw(VALUES), ensure_ascii=False).encode("utf-8", "surrogatepass")
    key = lines[index].partition("=")[0].encode()
    lines = [line.encode() for line in lines]
    lines[index] = key + b"= " + value
    return b"\n".join(lines)


def use_ledger(path, folder):
    read_ledger(path)


@dataclass(frozen=True)
class Target:
    """A format: how to draw a file of it, and who reads it."""

    name: str
    draw: object
    use: object


TARGETS = (
    Target("model", draw_model, use_model),
    Target("ledger", draw_ledger, use_ledger),
)


def try_some(target, folder, examples):
    """Draw files, the same at every run, and read them."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def read(data):
        outcome(target, data.draw, folder)

    read()


def outcome(target, draw, folder):
    """Draw a file and read it; return whether it was accepted, or say how it fails."""
    path = folder / "drawn-input"
    path.write_bytes(target.draw(draw, folder))
    try:
        exercise_it = target.use(path, folder)
    except AkidaLiteError as error:
        said = str(error)
    else:
        if exercise_it:
            exercise_it()
        return "accepted"
    assert said.replace("\n", "").isprintable(), repr(said)
    return "refused"
