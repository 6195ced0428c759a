"""What the package promises: its names, their docstrings, and how light it is to import."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc

import akida_lite as al

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "examples").rglob("plot_*.py"))

PUBLIC = [
    "__version__",
    "AKD1000",
    "AkidaLiteError",
    "ArgumentError",
    "ClaimError",
    "Classifier",
    "ConversionError",
    "DatasetError",
    "FileFormatError",
    "HardwareError",
    "InputError",
    "LayerError",
    "Model",
    "Problem",
    "check_compatibility",
    "claim",
    "claims",
    "claims_by_layer",
    "claims_table",
    "compare",
    "convert",
    "datasets",
    "engine",
    "hardware",
    "layers",
    "load_keras",
    "nn",
    "parallel",
    "penalize_events",
    "plots",
    "pretrained",
    "quantize",
    "quantize_layer",
    "show",
    "table",
    "training",
    "web",
    "zoo",
]

KERAS_HOOKS = {"build", "call", "compute_output_shape", "get_config", "add_weight"}
KERAS_HOOKS |= {"save_own_variables", "load_own_variables", "from_config"}


def test_the_names_are_these():
    assert al.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(al))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_can_be_reached(name):
    assert getattr(al, name) is not None


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match="module 'akida_lite' has no attribute 'fly'"):
        al.fly  # noqa: B018 (the look-up is what is tested)


HEAVY = "{'keras', 'tensorflow', 'matplotlib', 'onnx', 'onnxruntime', 'PIL', 'sklearn'}"


@pytest.mark.parametrize(
    "statement",
    [
        "import akida_lite",
        "import akida_lite as al; al.Model, al.hardware, al.datasets, al.claim, al.layers",
        "import akida_lite.report, akida_lite.storage, akida_lite.engine",
        "import akida_lite as al; al.plots",
        "import akida_lite as al; al.datasets.load_cifar10_sample()",
        "import akida_lite as al; al.zoo.NETWORKS, al.zoo.shipped_cards()",
    ],
)
def test_importing_is_light(statement):
    code = f"{statement}\nimport sys\nassert not {HEAVY} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "name", ["convert", "nn", "zoo.vgg_cifar10", "zoo.save_weights", "training", "quantize"]
)
def test_a_missing_keras_is_named_with_the_command_that_installs_it(name):
    code = f"""
import sys
import textwrap
sys.modules["keras"] = sys.modules["tensorflow"] = None
import akida_lite
try:
    akida_lite.{name}
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.decode().strip() == (
        f"akida_lite.{name} needs Keras, which is not installed. "
        "Fix: python -m pip install 'akida_lite[keras]'."
    )


TRAIN = "from akida_lite.cli import main; sys.exit(main(['train', 'vgg_cifar10_w2a2i2']))"


@pytest.mark.parametrize("start", ["from akida_lite.training import train", TRAIN])
def test_a_missing_keras_is_named_by_imports_and_commands_as_well(start):
    code = f"import sys\nsys.modules['keras'] = sys.modules['tensorflow'] = None\n{start}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode
    assert done.stderr.splitlines()[-1].endswith(
        " this part of akida_lite needs Keras, which is not installed. "
        "Fix: python -m pip install 'akida_lite[keras]'."
    )


def documented():
    """Yield the dotted names that the reference lists."""
    for page in sorted((ROOT / "docs" / "reference").glob("*.rst")):
        module, listing = "akida_lite", False
        for line in page.read_text("utf-8").splitlines():
            directive = re.match(r"\.\. (\w+):: ?(\S*)", line)
            if directive:
                listing = directive[1] == "autosummary"
                if directive[1] in ("currentmodule", "automodule"):
                    module = directive[2]
            elif listing and re.fullmatch(r" +[A-Za-z_][\w.]*", line):
                yield f"{module}.{line.strip()}"


DOCUMENTED = sorted(set(documented()))


def resolve(name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


def test_the_reference_lists_the_package():
    assert len(DOCUMENTED) > 40
    listed = {name.removeprefix("akida_lite.") for name in DOCUMENTED}
    assert {"Model", "convert", "check_compatibility", "compare", "quantize"} <= listed


def described(doc, text):
    """Return the names that a docstring explains: listed, or in a sentence in backquotes."""
    names = set(re.findall(r"`\**(\w+)`", text))
    for section in ("Parameters", "Attributes", "Other Parameters"):
        for parameter in doc[section] if section in doc._parsed_data else ():
            names |= {part.strip().lstrip("*") for part in parameter.name.split(",")}
    # "Parameters as :func:`other`" and "See Also": those explain them.
    others = re.findall(r"arameters as\s+:func:`~?(?:\w+\.)*(\w+)`", text)
    others += [name for entry, _ in doc["See Also"] for name, _ in entry]
    for other in others:
        found = getattr(inspect.getmodule(doc._f or doc._cls), other, None)
        if callable(found):
            names |= described(parsed(found), "")
    return names


def parsed(thing):
    if inspect.isclass(thing):
        doc = ClassDoc(thing, config={"show_class_members": False})
        doc._f = None
    else:
        doc = FunctionDoc(thing)
        doc._cls = None
    return doc


def lacking(callable_, doc, own=""):
    """Yield what a docstring does not say: parameters, a result, errors raised."""
    summary = " ".join(doc["Summary"]).strip()
    if not summary:
        yield f"{own}: no summary"
        return
    names = described(doc, inspect.getdoc(callable_) or "")
    if inspect.isclass(callable_):
        for base in callable_.__mro__[1:-1]:
            if base.__module__.startswith("akida_lite"):
                names |= described(parsed(base), inspect.getdoc(base) or "")
    try:
        signature = inspect.signature(callable_)
    except ValueError:
        return
    named = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        and name not in ("self", "cls")
    ]
    # One sentence may be all that one or two parameters need.
    if "\n" in (inspect.getdoc(callable_) or "") or len(named) > 2:
        yield from (f"{own}: parameter {name!r}" for name in named if name not in names)
    if not inspect.isclass(callable_):
        gives = str(signature.return_annotation).strip("'\"")
        if gives not in ("None", "NoReturn", str(inspect.Signature.empty)) and not (
            doc["Returns"] or doc["Yields"] or summary.startswith("Return ")
        ):
            yield f"{own}: returns"
        source = ast.parse(textwrap.dedent(inspect.getsource(callable_)))
        if any(isinstance(node, ast.Raise) for node in ast.walk(source)) and not doc["Raises"]:
            yield f"{own}: raises"


def gaps(thing, name):
    if not callable(thing):
        return
    if not inspect.isclass(thing):
        yield from lacking(thing, parsed(thing), name)
        return
    if issubclass(thing, Exception) and "__init__" not in vars(thing):
        if not inspect.getdoc(thing):
            yield f"{name}: no summary"
        return
    yield from lacking(thing, parsed(thing), name)
    for key, member in vars(thing).items():
        if key.startswith("_") or key in KERAS_HOOKS:
            continue
        if isinstance(member, property):
            if not inspect.getdoc(member):
                yield f"{name}.{key}: no summary"
        elif isinstance(member, classmethod | staticmethod) or inspect.isfunction(member):
            function = getattr(member, "__func__", member)
            yield from lacking(function, parsed(function), f"{name}.{key}")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstrings_say_what_goes_in_comes_out_and_goes_wrong(name):
    assert list(gaps(resolve(name), name)) == []


def private_imports(source):
    """Yield what a script imports from the package beside its public names."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("akida_lite."):
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == (
            "akida_lite"
        ):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full.removeprefix("akida_lite.") not in PUBLIC and full not in DOCUMENTED:
                    yield full
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "al" and node.attr not in PUBLIC:
                yield f"al.{node.attr}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_gallery_scripts_use_public_names_only(script):
    assert list(private_imports(script.read_text("utf-8"))) == []


def test_private_names_are_found():
    script = "import akida_lite.zoo.store\nfrom akida_lite.nn.layers import _cast\nal.fly()\n"
    assert sorted(private_imports(script)) == [
        "akida_lite.nn.layers._cast",
        "akida_lite.zoo.store",
        "al.fly",
    ]
