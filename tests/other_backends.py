"""Quantize, train, convert and compare where Keras computes with another backend.

Run by ``tox run -e backends``: ``python tests/other_backends.py jax``, and so with ``torch``.
TensorFlow is not installed there.
"""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

# Whoever collects tests imports this file as well, and keeps the backend that it has.
if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = sys.argv[1]
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402 (the backend is chosen by the environment)
import numpy as np  # noqa: E402

import akida_lite as al  # noqa: E402


def images(rng, count):
    """Return images whose class is the brightest of three corners."""
    x = rng.integers(0, 100, (count, 8, 8, 1), np.uint8)
    y = np.arange(count) % 3
    for image, corner in zip(x, y, strict=True):
        row, column = ((0, 0), (0, 4), (4, 0))[corner]
        image[row : row + 4, column : column + 4] += 100
    return x, y


def network():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6),
            layers.SeparableConv2D(8, 3, padding="same", use_bias=False),
            layers.MaxPool2D(padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(6),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def fit(model, x, y, epochs):
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x.astype(np.float32) / 255, y, batch_size=32, epochs=epochs, verbose=0)
    return model


def right(model, x, y):
    return float(
        (np.asarray(model.predict(x.astype(np.float32) / 255, verbose=0)).argmax(1) == y).mean()
    )


def main():
    assert keras.backend.backend() == BACKEND
    assert find_spec("tensorflow") is None, "TensorFlow is installed here"
    keras.utils.set_random_seed(1)
    x, y = images(np.random.default_rng(1), 300)
    trained = fit(network(), x, y, 5)
    quantized = fit(al.quantize(trained, 4, 4, 8), x, y, 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quantized.keras"
        quantized.save(path)
        again = keras.saving.load_model(path)
        model = al.convert(again, input_scaling=(255, 0))
        model.save(Path(folder) / "model.akl")
        model = al.Model.load(Path(folder) / "model.akl")
    accuracy = right(quantized, x, y)
    assert accuracy > 0.9, f"{accuracy} of the images are right after training"
    comparison = al.compare(again, model, x)
    # Keras rounds in single precision: beside a threshold it may decide otherwise.
    different = sum(layer.values - layer.equal for layer in comparison.layers[:-1])
    values = sum(layer.values for layer in comparison.layers[:-1])
    assert different * 1000 <= values, str(comparison)
    assert (model.predict(x, backend="reference") == model.predict(x)).all()
    print(
        f"{BACKEND}: trained, quantized, converted; {values - different:,} of {values:,} "
        f"activations are the same, {comparison.labels_equal} of {len(x)} classes"
    )


if __name__ == "__main__":
    main()
