"""A type of layer is added in three files and a line of the reference; every room answers.

The steps are those of CONTRIBUTING, carried out in a copy of the package.
"""

import json

import pytest
from grown_package import ROOT, grown, ran

pytestmark = pytest.mark.slow
KIND = '''

@dataclass(frozen=True, eq=False, kw_only=True)
class Factorized(NeuralLayer):
    """A fully connected layer whose matrix is a product of two, nothing rounded between."""

    name: str
    first: npt.NDArray[np.int8]
    second: npt.NDArray[np.int8]
    weight_bits: int
    input_bits: int
    output: Output

    kernel_axes: ClassVar[KernelAxes] = {
        "first": ("connections", "rank"),
        "second": ("rank", "filters"),
    }
    pool: ClassVar[Pool] = None

    @property
    def weights_per_event(self) -> int:
        return self.sizes["rank"] * (1 + self.filters)

    def output_shape(self, input_shape: Shape) -> Shape:
        if prod(input_shape) != self.sizes["connections"]:
            refuse(self, "does not fit the map", "feed it the map it was trained on")
        return (1, 1, self.filters)

    def _largest_weight_sum(self) -> int:
        first, second = (np.abs(k.astype(np.int64)) for k in (self.first, self.second))
        return int((first.sum(axis=0) @ second).max())


Neural: TypeAlias = Factorized | '''
REFERENCE = """def factorized(layer: Any, events: Integers) -> Integers:
    rows = events.reshape(len(events), 1, 1, len(layer.first))
    return rows @ layer.first.astype(np.int64) @ layer.second.astype(np.int64)


POTENTIALS: dict[type[Layer], Callable[[Any, Integers], Integers]] = {
    kinds.Factorized: factorized,
"""
FAST = """def prepare_factorized(layer: Any) -> Stage:
    inner = weight_sums(layer.first) * layer.highest_input
    bound = int((inner @ np.abs(layer.second.astype(np.int64))).max())
    dtype = exact_float(max(bound, int(inner.max())))
    first, second = layer.first.astype(dtype), layer.second.astype(dtype)
    finish = prepare_finish(None, layer.output, bound)

    def step(events: Batch) -> Batch:
        rows = events.reshape(len(events), 1, 1, len(first)).astype(dtype)
        return finish(rows @ first @ second)

    return step


PREPARE: dict[type[Layer], Callable[[Any], Stage]] = {
    kinds.Factorized: prepare_factorized,
"""
RECIPE = {
    "layers/kinds.py": {
        "\nNeural: TypeAlias = ": KIND,
        "__all__ = [\n": '__all__ = [\n    "Factorized",\n',
    },
    "engine/reference.py": {
        REFERENCE.splitlines()[-2] + "\n": REFERENCE,
        "from akida_lite.layers import (": "from akida_lite.layers import (\n    kinds,",
    },
    "engine/matrix_products.py": {
        FAST.splitlines()[-2] + "\n": FAST,
        "from akida_lite.layers import (": "from akida_lite.layers import (\n    kinds,",
    },
}
"""File of the package to what stands in it and by what the recipe replaces that."""

ROOMS = """
import json, sys
import numpy as np
import akida_lite as al
from akida_lite.layers import Factorized, InputData, Potentials

layers = (
    InputData(name="events", input_shape=(1, 1, 3), input_bits=2),
    Factorized(
        name="scores", first=np.int8([[1, 0], [0, 1], [1, 1]]), second=np.int8([[1], [-1]]),
        weight_bits=2, input_bits=2, output=Potentials(np.ones(1), np.zeros(1)),
    ),
)
model = al.Model(layers)
x = np.uint8([[[[3, 1, 2]]]])
model.save(sys.argv[1] + "/model.akl")
again = al.Model.load(sys.argv[1] + "/model.akl")
answers = {"forward": again.forward(x).ravel().tolist(), "summary": str(model.summary())}
answers["operations"] = again.get_statistics()["scores"].ops
answers["title"] = al.plots.block(layers[1]).get_title()
al.plots.architecture(model)
for name, ask in {
    "map": lambda: model.map(al.AKD1000),
    "web": lambda: model.to_web(sys.argv[1] + "/page"),
    "onnx": lambda: model.to_onnx(sys.argv[1] + "/model.onnx"),
}.items():
    try:
        ask()
    except al.AkidaLiteError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""


def run_tests(folder):
    """Run what tests every type of layer that the package has, for the new one."""
    tests = ["test_equality.py", "test_running.py::test_every_backend_runs_every_layer"]
    paths = [str(ROOT / "tests" / "engine" / name) for name in tests]
    arguments = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    return ran(folder, "-m", "pytest", *arguments, *paths, "-k", "Factorized or every_layer")


def test_the_tests_of_all_layers_take_a_new_one(tmp_path):
    grown(tmp_path, RECIPE)
    done = run_tests(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", ["engine/reference.py", "engine/matrix_products.py"])
def test_the_tests_of_all_layers_miss_a_rule_of_a_new_one(file, tmp_path):
    grown(tmp_path, RECIPE, without=file)
    done = run_tests(tmp_path)
    assert done.returncode == 1
    assert "Factorized" in done.stdout


def test_every_room_takes_a_new_layer_or_says_that_it_does_not(tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("onnx")
    grown(tmp_path, RECIPE)
    done = ran(tmp_path, "-c", ROOMS, str(tmp_path))
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    assert answers.pop("forward") == [(3 + 2) - (1 + 2)]
    assert answers.pop("operations") == 3 * 2 * (1 + 1)
    assert "(Factorized)" in answers.pop("summary")
    assert answers == {
        "title": "2 steps become one Factorized: scores",
        "map": "layer 'scores' (Factorized): no rule of AKD1000 is about this type, so nothing "
        "says that it is accepted. Fix: use one of Convolutional, FullyConnected, "
        "InputConvolutional, InputData, SeparableConvolutional.",
        "web": "layer 'scores' (Factorized): has no form in a web page. Fix: run the model in "
        "Python.",
        "onnx": "layer 'scores' (Factorized): has no form in ONNX. Fix: run the model with "
        "this package.",
    }
