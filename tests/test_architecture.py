"""Each room imports only from its own row of the table and the rows above it.

Imports inside functions count as well: a lazy import is still a dependency. The two that
are allowed to point down are named with their reason.
"""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "akida_lite"

ROW = {
    "errors": 0,
    "fixed_point": 1,
    "files": 1,
    "keras_start": 1,
    "metadata": 1,
    "packing": 1,
    "tables": 1,
    "datasets": 1,
    "hardware.rules": 1,
    "claims": 2,
    "claims.sphinx": 2,
    "layers": 2,
    "published": 3,
    "zoo.networks": 2,
    "engine": 3,
    "hardware": 3,
    "storage": 3,
    "nn": 3,
    "report": 4,
    "web": 4,
    "model": 5,
    "conversion": 6,
    "parallel": 6,
    "zoo": 7,
    "training": 7,
    "cli": 8,
    "__main__": 9,
    "__init__": 9,
}
"""Room (a package or module of akida_lite) to its row."""

SIBLINGS = {"engine", "hardware", "storage", "nn"}
"""Rooms of one row that must not know each other."""

KERAS_ROOMS = {"keras_start", "nn", "conversion", "zoo", "training", "cli"}
"""Rooms that may import Keras, TensorFlow or `nn`."""

THIRD_PARTY = {
    "numpy": set(ROW),
    "keras": KERAS_ROOMS,
    "tensorflow": KERAS_ROOMS,
    # Only inside functions, which `test_the_numpy_rooms_import_without_anything_else` shows.
    "matplotlib": {"report", "hardware"},
    "onnx": {"engine", "model", "conversion", "storage", "cli", "__init__"},
    "onnxruntime": {"engine", "model", "cli"},
    "PIL": {"datasets"},
    "docutils": {"claims.sphinx"},
    "sphinx": {"claims.sphinx"},
    "sklearn": {"datasets"},
    "tqdm": {"datasets", "training"},
}

DOWNWARD = {
    # Model.to_onnx and the others delegate: the method must be on the facade.
}
"""(importing module, imported room) to the reason why it may point down."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def room_of(module):
    """Return the longest prefix of a dotted module name that the table knows."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        room = ".".join(parts[:length])
        if room in ROW:
            return room
    raise LookupError(f"akida_lite.{module} has no row in the table of {Path(__file__).name}")


def imports_of(path):
    """Yield the full dotted names that a file imports, relative ones resolved."""
    package = ["akida_lite", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                # `from akida_lite import zoo` imports the room zoo.
                inner = prefix.replace(".", "/").removeprefix("akida_lite")
                is_module = (
                    (PACKAGE / inner.strip("/") / alias.name).with_suffix(".py").exists()
                )
                is_package = (PACKAGE / inner.strip("/") / alias.name).is_dir()
                own = prefix.split(".")[0] == "akida_lite"
                yield f"{prefix}.{alias.name}" if own and (is_module or is_package) else prefix


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_follow_the_table(path):
    module = module_name(path) or "__init__"
    room = room_of(module)
    for name in imports_of(path):
        top, _, inner = name.partition(".")
        if top != "akida_lite":
            allowed = THIRD_PARTY.get(top)
            assert allowed is None or room in allowed, f"{module} imports {top}"
        elif inner and (module, room_of(inner)) not in DOWNWARD:
            other = room_of(inner)
            assert ROW[other] <= ROW[room], f"{module} imports {name}, which is below it"
            if {room, other} <= SIBLINGS and not _inside(room, other):
                pytest.fail(f"{module} imports its sibling {name}")
            assert other != "nn" or room in KERAS_ROOMS | {"__init__"}, f"{module} imports nn"


def _inside(room, other):
    return room.split(".")[0] == other.split(".")[0]


def test_nn_knows_only_the_numbers():
    for path in MODULES:
        if room_of(module_name(path) or "__init__") == "nn":
            for name in imports_of(path):
                top, _, inner = name.partition(".")
                if top == "akida_lite" and inner:
                    assert ROW[room_of(inner)] <= 1 or room_of(inner) == "nn", name


def test_every_third_party_import_is_in_the_table():
    import sys

    known = {*THIRD_PARTY, "akida_lite", "__future__", "_typeshed", *sys.stdlib_module_names}
    found = {name.split(".")[0] for path in MODULES for name in imports_of(path)}
    assert found <= known


def test_no_module_is_called_by_what_it_is_not():
    assert not {path.stem for path in MODULES} & {"utils", "helpers", "common", "misc"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import akida_lite.zoo", ["akida_lite.zoo"]),
        ("from akida_lite import zoo", ["akida_lite.zoo"]),
        ("from akida_lite.errors import Problem", ["akida_lite.errors"]),
        ("def f():\n    from akida_lite.nn import blocks", ["akida_lite.nn.blocks"]),
        ("from . import vgg", ["akida_lite.zoo.vgg"]),
        ("from ..nn import blocks", ["akida_lite.nn.blocks"]),
        ("import numpy as np", ["numpy"]),
    ],
)
def test_imports_are_read_in_every_form(tmp_path, monkeypatch, source, expected):
    for room in ("zoo", "nn"):
        (tmp_path / room).mkdir()
    for module in ("zoo/vgg.py", "nn/blocks.py", "errors.py"):
        (tmp_path / module).touch()
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    file = tmp_path / "zoo" / "reader.py"
    file.write_text(source, "utf-8")
    assert list(imports_of(file)) == expected
