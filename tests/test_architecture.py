"""Each room imports only from its own row of the table and the rows above it.

Imports inside functions count as well, and imports by name: a lazy import is still a
dependency.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "akida_lite"

ROW = {
    "errors": 0,
    "extras": 1,
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
    "images": 2,
    "layers": 2,
    "published": 3,
    "zoo.networks": 2,
    "answers": 3,
    "engine": 3,
    "hardware": 3,
    "storage": 3,
    "nn": 3,
    "report": 4,
    "web": 4,
    "model": 5,
    "conversion": 6,
    "zoo": 7,
    "training": 7,
    "classifier": 8,
    "parallel": 9,
    "prediction": 9,
    "cli": 10,
    "__main__": 11,
    "__init__": 11,
}
"""Room (a package or module of akida_lite) to its row."""

SIBLINGS = {("datasets", "files"), ("training", "zoo"), ("web", "report")}
"""(room, other room of its row that it may import); any other pair is strangers."""

KERAS_ROOMS = {"keras_start", "nn", "conversion", "zoo", "training", "cli"}
"""Rooms that may import Keras, TensorFlow or `nn`."""

THIRD_PARTY = {
    "numpy": set(ROW),
    "keras": KERAS_ROOMS,
    "tensorflow": KERAS_ROOMS,
    "h5py": {"nn"},
    # Only inside functions, which `test_the_numpy_rooms_import_without_anything_else` shows.
    "matplotlib": {"report", "hardware"},
    "onnx": {"engine", "model", "conversion", "storage", "cli", "__init__"},
    "onnxruntime": {"engine", "model", "cli"},
    "PIL": {"datasets", "images"},
    "pyarrow": {"images"},
    "docutils": {"claims.sphinx"},
    "sphinx": {"claims.sphinx"},
    "sklearn": {"datasets"},
}

BY_COMPUTED_NAME = {
    "__init__": "public names, each with its room in a table that test_public_api reads",
    "claims.outcomes": "measures of a user's own ledger",
    "cli": "the groups of commands, all below cli",
    "extras": "Pillow, pyarrow and matplotlib, for the rooms that may import them",
    "engine.onnx.runtime": "onnx and onnxruntime, which it may import",
    "hardware.devices": "the files beside it",
    "zoo": "its own networks, named in a table",
}
"""Module to what it imports under a name that is not written in the call."""

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
    yield from _imports_of_tree(ast.parse(path.read_text("utf-8")), path)


def _imports_of_tree(tree, path):
    package = ["akida_lite", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
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
        elif isinstance(node, ast.Call) and _imports_by_name(node.func):
            named = node.args[0] if node.args else None
            known = isinstance(named, ast.Constant)
            yield str(named.value) if known else COMPUTED


COMPUTED = "<computed>"


def _imports_by_name(function):
    called = getattr(function, "attr", getattr(function, "id", ""))
    return called in ("import_module", "__import__")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_follow_the_table(path):
    module = module_name(path) or "__init__"
    room = room_of(module)
    for name in imports_of(path):
        top, _, inner = name.partition(".")
        if name == COMPUTED:
            assert module in BY_COMPUTED_NAME, f"{module} imports a name that it computes"
        elif top != "akida_lite":
            allowed = THIRD_PARTY.get(top)
            assert allowed is None or room in allowed, f"{module} imports {top}"
        elif inner:
            other = room_of(inner)
            assert ROW[other] <= ROW[room], f"{module} imports {name}, which is below it"
            if ROW[room] == ROW[other] and not _inside(room, other):
                assert (room, other) in SIBLINGS, f"{module} imports its sibling {name}"
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

    known = {
        *THIRD_PARTY,
        COMPUTED,
        "akida_lite",
        "__future__",
        "_typeshed",
        *sys.stdlib_module_names,
    }
    found = {name.split(".")[0] for path in MODULES for name in imports_of(path)}
    assert found <= known


def test_every_room_of_the_table_exists_and_is_in_the_guide():
    """The list of CONTRIBUTING and this one are the same."""
    guide = (PACKAGE.parent / "CONTRIBUTING.rst").read_text("utf-8")
    table = guide.partition("May import")[2].partition("How to add")[0]
    rooms = {module_name(path) for path in MODULES}
    for room in set(ROW) - {"__init__", "__main__"}:
        assert room in rooms
        assert f"``{room}``" in table, room


def test_no_module_imports_itself_in_a_circle():
    graph = {}
    for path in MODULES:
        module = module_name(path) or "__init__"
        tree = ast.parse(path.read_text("utf-8"))
        # What only type checkers read, and what functions import, runs later.
        tree.body = [
            node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        inner = {name.partition(".")[2] for name in _imports_of_tree(tree, path)}
        graph[module] = {name for name in inner if name and name != module}
    list(TopologicalSorter(graph).static_order())


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
        ("import_module('akida_lite.zoo')", ["akida_lite.zoo"]),
        ("importlib.import_module('keras')", ["keras"]),
        ("__import__('keras')", ["keras"]),
        ("import_module(name)", ["<computed>"]),
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
