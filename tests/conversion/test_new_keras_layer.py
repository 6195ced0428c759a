"""A Keras layer is added by its class and its kind; every step of the conversion takes it.

The steps are those of CONTRIBUTING, carried out in a copy of the package.
"""

import json

import pytest
from grown_package import grown, ran

pytestmark = pytest.mark.slow
CLASS = '''
@keras.saving.register_keras_serializable("akida_lite")
class QuantizedEinsumDense(QuantizedLayer, keras.layers.EinsumDense):
    """A dense layer that is written as a sum of products, with quantized weights."""

    _HAS_LAYOUT = False

    def __init__(self, equation: str, output_shape: Any, quantizer: Any = None, **kwargs: Any):
        super().__init__(equation, output_shape, **self._supported(kwargs))
        self.quantizer = self._adopt("quantizer", quantizer or WeightFloat())

    def call(self, inputs: Any) -> Any:
        kernel = self.quantizer.quantize(self.kernel, self.compute_dtype)
        return self._with_bias(ops.einsum(self.equation, inputs, kernel))


'''
CONVOLUTION = '@keras.saving.register_keras_serializable("akida_lite")\nclass QuantizedConv2D('
RECIPE = {
    "nn/layers.py": {
        CONVOLUTION: CLASS.lstrip() + CONVOLUTION,
        "__all__ = [\n": '__all__ = [\n    "QuantizedEinsumDense",\n',
    },
    "conversion/kinds.py": {
        "KINDS = (\n": "KINDS = (\n    NeuralKind(nn.QuantizedEinsumDense, "
        "keras.layers.EinsumDense, dense=True),\n",
    },
}
"""File of the package to what stands in it and by what the recipe replaces that."""

STEPS = """
import json, sys
import keras
import numpy as np
import akida_lite as al

L = keras.layers
keras.utils.set_random_seed(1)


def float_model(*last):
    return keras.Sequential([
        keras.Input((8, 8, 2)), L.Conv2D(3, 3, name="edges"), L.ReLU(6, name="relu"), *last
    ])


new = L.EinsumDense("bi,io->bo", 4, bias_axes="o", name="scores")
known = L.Dense(4, name="scores")
model = float_model(L.Flatten(), new)
same = float_model(L.Flatten(), known)
new.bias.assign([0.5, -1, 2, 0])
same.set_weights(model.get_weights())
x = np.random.default_rng(1).integers(0, 256, (9, 8, 8, 2), dtype=np.uint8)
options = {"input_scaling": (255, 0)}
answers = {"float": [str(each) for each in al.check_compatibility(model, **options)]}
try:
    models = [al.quantize(each, 4, 4, samples=x / 255) for each in (model, same)]
    models[0].save(sys.argv[1] + "/model.keras")
    models[0] = al.load_keras(sys.argv[1] + "/model.keras")
    converted = [al.convert(each, **options) for each in models]
    answers["type"] = type(converted[0].layers[-1]).__name__
    answers["equal"] = np.array_equal(*(each.forward(x) for each in converted))
    answers["agree"] = al.compare(models[0], converted[0], x).labels_equal
    al.penalize_events(models[0], 1e6)
    cost = models[0].get_layer("relu").activity_regularizer.cost
    answers["cost"] = round(float(cost))
    pooled = keras.Sequential([*models[0].layers, L.Reshape((1, 1, 4)), L.MaxPooling2D(1)])
    answers["pooled"] = str(al.check_compatibility(pooled, **options)[0].problem)
except al.AkidaLiteError as error:
    answers["refused"] = str(error)
print(json.dumps(answers))
"""


def answers_of(folder):
    done = ran(folder, "-c", STEPS, str(folder))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_step_of_the_conversion_takes_a_new_layer(tmp_path):
    grown(tmp_path, RECIPE)
    answers = answers_of(tmp_path)
    assert [line for line in answers.pop("float") if "scores" in line] == [
        "layer 'scores' (EinsumDense): its weights are not quantized. Fix: replace it by its "
        "quantized twin, for instance with akida_lite.quantize(model, weights_quantization=4)."
    ]
    assert answers == {
        "type": "FullyConnected",
        "equal": True,
        "agree": 9,
        "cost": 4,
        "pooled": "it pools the output of the fully connected 'scores', which has one position",
    }
