"""Mutation testing: plant one small fault at a time and see whether a test notices it.

The faults are those of Cosmic Ray. Its own runner starts Python for each of them, and
TensorFlow alone takes seconds to import; here a process that has collected the tests forks,
plants the fault in memory and runs the tests of the module up to the first failure::

    tox run -e mutation -- akida_lite/engine/matrix_products.py --sample 40

Types, tables of devices (numbers with a source, which tests read), and comparisons that only
exchange ``==`` and ``is``, are left alone: no test could see the difference. POSIX only.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import re
import resource
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, UnionType

import psutil
import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).parents[1]

_ENGINE = [
    "tests/engine/test_reference.py",
    "tests/engine/test_running.py",
    "tests/engine/test_equality.py",
]
_ONNX = [
    "tests/engine_onnx/test_equality.py",
    "tests/engine_onnx/test_export.py",
    "tests/engine/test_running.py",
    "tests/engine/test_equality.py",
]
_LAYERS = [
    "tests/layers/test_sizes.py",
    "tests/layers/test_refusals.py",
    "tests/layers/test_ownership.py",
    "tests/engine/test_reference.py",
    "tests/engine/test_equality.py",
]
_STORAGE = [
    "tests/storage/test_bad_files.py",
    "tests/storage/test_hostile_files.py",
    "tests/storage/test_round_trip.py",
]
_HARDWARE = [
    "tests/hardware/test_rules.py",
    "tests/hardware/test_rules_table.py",
    "tests/hardware/test_broken_rules.py",
    "tests/hardware/test_placement.py",
]
_CONVERSION = [
    "tests/conversion/test_structure.py",
    "tests/conversion/test_messages.py",
    "tests/conversion/test_quantizing.py",
    "tests/conversion/test_comparing.py",
    "tests/conversion/test_drawn_models.py",
]
# Module -> test files, those that fail first in front; a folder's entry is its default.
TESTS = {
    "akida_lite/fixed_point.py": [
        *_ENGINE,
        "tests/files/test_packing.py",
        "tests/conversion/test_fold.py",
        "tests/nn/test_quantizers.py",
        "tests/conversion/test_messages.py",
    ],
    "akida_lite/engine/": _ENGINE,
    "akida_lite/engine/onnx/": _ONNX,
    "akida_lite/engine/onnx/cut_points.py": ["tests/engine_onnx/test_cut_points.py", *_ONNX],
    "akida_lite/engine/onnx/tap_groups.py": ["tests/engine_onnx/test_tap_groups.py", *_ONNX],
    "akida_lite/layers/": _LAYERS,
    "akida_lite/storage/": _STORAGE,
    "akida_lite/hardware/": _HARDWARE,
    "akida_lite/conversion/": _CONVERSION,
    "akida_lite/conversion/fold.py": ["tests/conversion/test_fold.py", *_CONVERSION],
}

# They change nothing that a test could see: None, classes and small integers are singletons.
_EQUIVALENT = {"Eq_Is", "NotEq_IsNot", "Is_Eq", "IsNot_NotEq"}
_CPU_SECONDS = 45
# A fork that waits for itself uses no time of the processor.
_IDLE_SECONDS = 60
_MEMORY_BYTES = 12 << 30
_EXAMPLES = 10
# Tests that kill little that others do not, in their time.
_SLOW = {
    "test_no_result_depends_on_the_threads",
    "test_no_result_depends_on_the_batch_size",
    "test_counts_are_those_of_the_traced_maps",
    "test_the_layout_of_the_input_in_memory_does_not_matter",
    "test_importing_the_engine_imports_neither_onnx_nor_a_framework",
    "test_trained_models_run_in_8_bits_up_to_the_last_layer",
    "test_mobilenet_of_keras_converts",
    "test_the_float_network_of_the_zoo_becomes_the_quantized_one",
    "test_another_implementation_of_onnx_agrees",
    "test_a_script_without_the_package_gets_the_same_labels",
    "test_threads_and_batches_change_nothing",
}


@dataclass(frozen=True)
class Mutant:
    """A module with one fault."""

    module: str
    source: str
    change: str


def modules_below(patterns: list[str]) -> list[str]:
    """Return the tested modules that the patterns name, all of them without any."""
    found: list[str] = []
    for entry in TESTS:
        path = ROOT / entry
        paths = sorted(path.glob("*.py")) if path.is_dir() else [path]
        found += [str(each.relative_to(ROOT)) for each in paths if each.stem != "__init__"]
    unique = sorted(set(found))
    return [name for name in unique if not patterns or any(p in name for p in patterns)]


def tests_of(module: str) -> list[str]:
    """Return the test files of a module."""
    return TESTS.get(module) or TESTS[module.rpartition("/")[0] + "/"]


def mutants_of(module: str, rng: random.Random, sample: int) -> tuple[int, list[Mutant]]:
    """Return in how many places a fault can be put, and `sample` mutants at random.

    Where an operator could become many others, chance picks one, so that a formula does not
    weigh ten times what a condition does.
    """
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (ROOT / module).read_text()
    places = _places(source)
    chosen = rng.sample(sorted(places), min(sample, len(places)))
    mutants = []
    for place in chosen:
        name, occurrence = rng.choice(places[place])
        mutated = mutate_code(source, get_operator(name)(), occurrence)
        mutants.append(Mutant(module, mutated, _change(source, mutated)))
    return len(places), mutants


def _places(source: str) -> dict[tuple, list[tuple[str, int]]]:
    """Return the operators, with their occurrence, for each kind of fault at each place."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(source)))
    places: dict[tuple, list[tuple[str, int]]] = defaultdict(list)
    known: dict[str, list] = {}
    for name in operator_names():
        operator = get_operator(name)
        family, _, replacement = name.partition("_")
        if operator.arguments() or replacement in _EQUIVALENT:
            continue
        # Where a sum stands does not depend on what it becomes.
        key = name.rpartition("_")[0] if family.endswith("BinaryOperator") else name
        if key not in known:
            known[key] = [
                (at[0], _in_annotation(node))
                for node in nodes
                for at in operator().mutation_positions(node)
            ]
        for occurrence, (start, annotation) in enumerate(known[key]):
            # The two neighbours of a number are two faults.
            variant = occurrence % 2 if name.endswith("NumberReplacer") else 0
            if not annotation:
                places[family, start, variant].append((name, occurrence))
    return places


def _in_annotation(node) -> bool:
    """Whether it belongs to a type, which nothing evaluates here."""
    while node.parent is not None:
        before = node.get_previous_sibling()
        typed = node.parent.type in ("tfpdef", "annassign", "funcdef") and node.type != "suite"
        if typed and before is not None and getattr(before, "value", "") in (":", "->"):
            return True
        node = node.parent
    return False


def _change(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    number, old, new = "?", "", ""
    for line in lines:
        if line.startswith("@@"):
            number = re.match(r"@@ -(\d+)", line)[1]
        elif line.startswith("-") and not line.startswith("---"):
            old += line[1:].strip()
        elif line.startswith("+") and not line.startswith("+++"):
            new += line[1:].strip()
    return f"{number}: {old}  ->  {new or '(removed)'}"


class _Session:
    """A pytest plugin that runs the collected tests once for each mutant, in a fork."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.mutants = mutants
        self.killed: dict[str, int] = defaultdict(int)

    def pytest_collection(self):
        # One failure is enough: it is neither kept nor shrunk.
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile(
            "mutants", settings(), database=None, phases=phases, max_examples=_EXAMPLES
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session):
        order = {name: place for place, name in enumerate(all_tests())}
        session.items.sort(key=lambda each: (each.originalname in _SLOW, order[_file(each)]))
        modules = {mutant.module for mutant in self.mutants}
        faultless = [Mutant(name, (ROOT / name).read_text(), "") for name in sorted(modules)]
        if not _passes(session.items, faultless)[0]:
            raise pytest.UsageError("tests fail without any fault")
        for mutant in self.mutants:
            tests = tests_of(mutant.module)
            items = [item for item in session.items if _file(item) in tests]
            alive, took = _passes(items, [mutant])
            self.killed[mutant.module] += not alive
            outcome = "SURVIVED" if alive else "killed  "
            print(f"{outcome} {took:5.1f} s  {mutant.module}:{mutant.change}", flush=True)
        return True


def _file(item) -> str:
    return item.nodeid.partition("::")[0]


def _passes(items: list, mutants: list[Mutant]) -> tuple[bool, float]:
    """Run the tests in a fork up to the first failure; return whether there was none.

    The second value is the time of the processor, in seconds.
    """
    child = os.fork()
    if child == 0:
        _run_and_exit(items, mutants)
    seconds, since = 0.0, time.monotonic()
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status == 0, usage.ru_utime + usage.ru_stime
        spent = sum(psutil.Process(child).cpu_times()[:2])
        if spent > seconds:
            seconds, since = spent, time.monotonic()
        elif time.monotonic() - since > _IDLE_SECONDS:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)


def _run_and_exit(items: list, mutants: list[Mutant]) -> None:
    if mutants[0].change:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
    seconds = _CPU_SECONDS * len(mutants)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    status = 1
    try:
        for mutant in mutants:
            plant(mutant)
        session = items[0].session
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                print(f"failed: {item.nodeid}", flush=True)
                break
        status = int(session.testsfailed > 0)
    finally:
        # Not sys.exit: pytest must not go on in the fork, nor close what it shares.
        os._exit(status)


def plant(mutant: Mutant) -> None:
    """Put the mutant in the place of the imported module, wherever its names have gone."""
    module = sys.modules[mutant.module.removesuffix(".py").replace("/", ".")]
    before = dict(vars(module))
    tree = ast.parse(mutant.source)
    # Members of an enumeration are what others compare with: it stays, and has no operators.
    tree.body = [node for node in tree.body if not _is_enum(node)]
    exec(compile(tree, module.__file__, "exec", dont_inherit=True), vars(module))
    for name, old in before.items():
        new = vars(module)[name]
        if new is old or name.startswith("__"):
            continue
        if isinstance(old, UnionType):
            # It names classes, which stay.
            vars(module)[name] = old
            continue
        # Tables, closures and instances elsewhere hold functions and classes themselves.
        if _plain_function(old) and _plain_function(new):
            old.__code__, old.__defaults__ = new.__code__, new.__defaults__
            old.__kwdefaults__ = new.__kwdefaults__
            vars(module)[name] = old
        elif isinstance(old, type):
            _become(old, new)
            vars(module)[name] = old
        else:
            _rebind(name, old, new)


def _is_enum(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(base, ast.Name) and base.id == "Enum" for base in node.bases
    )


def _plain_function(value: object) -> bool:
    return isinstance(value, FunctionType) and not value.__closure__


def _become(old: type, new: type) -> None:
    """Give a class the attributes of another one."""
    own = {"__dict__", "__weakref__"}
    for name in set(vars(old)) - set(vars(new)) - own:
        delattr(old, name)
    for name, value in vars(new).items():
        if name not in own:
            setattr(old, name, value)
            # `super()` looks for the class in a cell of each method that calls it.
            method = getattr(value, "fget", value)
            for cell in getattr(method, "__closure__", None) or ():
                if cell.cell_contents is new:
                    cell.cell_contents = old


def _rebind(name: str, old: object, new: object) -> None:
    plain = isinstance(old, int | float | str)
    for module in list(sys.modules.values()):
        names = [name] if plain else list(getattr(module, "__dict__", {}))
        for each in names:
            if getattr(module, "__dict__", {}).get(each) is old and _ours(module):
                setattr(module, each, new)


def _ours(module) -> bool:
    return (getattr(module, "__file__", None) or "").startswith(str(ROOT))


def all_tests() -> list[str]:
    """Return every test file of the table."""
    return list(dict.fromkeys(name for names in TESTS.values() for name in names))


def main() -> int:
    """Print every survivor, and how many of the mutants of each module were killed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="parts of paths; all modules if left out")
    parser.add_argument("--sample", type=int, default=1_000_000, help="mutants a module")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    rows = {}
    mutants: list[Mutant] = []
    for module in modules_below(arguments.modules):
        rng = random.Random(f"{module} {arguments.seed}")
        places, drawn = mutants_of(module, rng, arguments.sample)
        rows[module] = places, len(drawn)
        mutants += drawn
    # Stopped early, it has still seen something of every module.
    random.Random(arguments.seed).shuffle(mutants)
    wanted = {name for module in rows for name in tests_of(module)}
    tests = [name for name in all_tests() if name in wanted]
    options = ["-q", "-o", "addopts=--import-mode=importlib", "--hypothesis-seed=0", "-s"]
    options += ["-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider"]
    # Imported above, before pytest could rewrite it.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    session = _Session(mutants)
    status = pytest.main([*options, *tests], plugins=[session])
    for module, (places, tried) in rows.items():
        killed = session.killed[module]
        print(f"{module:42} {places:5} places {tried:5} tried {killed:5} killed")
    print(f"{len(mutants)} tried, {sum(session.killed.values())} killed")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
