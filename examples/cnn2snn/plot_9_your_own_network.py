"""
Your own network
================

The other pages use networks that were made for this package. This page takes a network as most
people have it: layers of Keras alone, trained with ``fit``, pixels scaled by a first layer. It
becomes integers without a change to its code, and what is refused on the way is mended.
"""

# sphinx_gallery_thumbnail_number = 1

from tempfile import TemporaryDirectory

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(1)

# %%
# A trained network
# -----------------
# The images are handwritten digits of 8 by 8 pixels. The network scales them itself, its
# activations have no ceiling, and it normalizes after one of them. Nothing in it knows that it
# will be quantized.

(x, labels), (x_test, test_labels) = al.datasets.load_digits()
layers = keras.layers

model = keras.Sequential(
    [
        keras.Input(x.shape[1:]),
        layers.Rescaling(1 / 16),
        layers.Conv2D(16, 3, padding="same", activation="relu", name="conv_1"),
        layers.Conv2D(32, 3, padding="same", activation="relu", name="conv_2"),
        layers.AveragePooling2D(2, name="mean"),
        layers.Flatten(),
        layers.BatchNormalization(name="norm"),
        layers.Dense(32, activation="relu", name="dense_3"),
        layers.Dense(10, activation="softmax", name="dense_4"),
    ],
    name="mine",
)


def train(network, epochs, rate):
    """Fit a network to the digits, as Keras does it."""
    # The softmax is a layer of the network: the loss reads probabilities.
    loss = keras.losses.SparseCategoricalCrossentropy()
    network.compile(keras.optimizers.Adam(rate), loss)
    network.fit(x, labels, batch_size=64, epochs=epochs, verbose=0)


def right(network):
    """Return how many test images a Keras network gets right."""
    return int((network.predict(x_test, verbose=0).argmax(axis=1) == test_labels).sum())


train(model, epochs=20, rate=3e-3)
print(f"{right(model)} of {len(x_test)} test images right")

# %%
# What stands in the way
# ----------------------
# Quantizing replaces layers one by one, so it can be tried at once. The list of what keeps the
# result from becoming integers names each layer and what to do.

samples = x[:256]
first_try = al.quantize(model, 8, 8, 8, samples=samples)
for problem in al.check_compatibility(first_try):
    print(problem)

# %%
# The mean of a window has no integer form, because its result is no whole number of steps.
# The message proposes a maximum instead. The weights fit the changed network, which then only
# has to get used to it.
#
# Nobody complains about the normalization behind the activation. While weights are floats, a
# scale for each input can be multiplied into them, and ``quantize`` has done so.

mended = keras.models.clone_model(
    model,
    clone_function=lambda layer: (
        layers.MaxPooling2D(2, name="max")
        if layer.name == "mean"
        else type(layer).from_config(layer.get_config())
    ),
)
mended.set_weights(model.get_weights())
train(mended, epochs=5, rate=1e-3)
print(f"{right(mended)} of {len(x_test)} test images right")
print(al.check_compatibility(al.quantize(mended, 8, 8, 8, samples=samples)))

# %%
# Which bits?
# -----------
# Fewer bits cost accuracy and save memory and work. How much they cost differs from network to
# network, so it is measured. Some hundred samples without labels are enough for ``quantize``:
# from them it finds how far each activation reaches, and what rounding moves. Training on with
# the rounding in place wins back most of what is lost.

widths = [(8, 8, 8), (4, 4, 8), (4, 2, 8), (2, 2, 8)]
before, after = [], []
for weights, activations, first in widths:
    quantized = al.quantize(
        mended, weights, activations, first, samples=samples, trainable_activations=True
    )
    before.append(right(quantized))
    train(quantized, epochs=4, rate=1e-3)
    after.append(right(quantized))

places = np.arange(len(widths))
fig, ax = plt.subplots(figsize=(7, 4))
for shift, counts, name in ((-0.2, before, "samples only"), (0.2, after, "trained on")):
    bars = ax.bar(places + shift, np.array(counts) / len(x_test), 0.38, label=name)
    ax.bar_label(bars, counts)
ax.axhline(right(mended) / len(x_test), color="gray", linestyle="--", label="float")
ax.set_xticks(places, [f"{w} / {a} / {first}" for w, a, first in widths])
ax.set_xlabel("bits of weights / activations / first weights")
ax.set_ylabel("share of test images right")
ax.set_ylim(0, 1.1)
ax.legend(loc="lower left")
plt.show()

# %%
# Wide integers need samples only; the narrower they are, the more training on is worth.

assert before[0] >= right(mended) - 3
assert after[-1] > before[-1]

# %%
# Integers
# --------
# Converting asks for no scaling, because the network says by its first layer what becomes of
# the pixels. The softmax at the end is left out: it does not change which score is highest.

chosen = al.quantize(mended, 4, 4, 8, samples=samples)
integers = al.convert(chosen, labels=[str(digit) for digit in range(10)])
integers.summary()

# %%
# It is the same network, value by value:

comparison = al.compare(chosen, integers, x_test)
assert comparison.all_equal
al.show(comparison)

# %%
# The chip takes fewer bits in some layers than others. Each message names the layer, and
# ``quantize_layer`` gives a single layer another width.

try:
    integers.map()
except al.HardwareError as error:
    for problem in error.problems:
        print(problem)

# %%
narrow = al.quantize(
    mended, 4, 2, 8, samples=samples, layers={"conv_2": 2, "dense_3": 2, "dense_4": 2}
)
train(narrow, epochs=4, rate=1e-3)
on_chip = al.convert(narrow)
print(f"{right(narrow)} of {len(x_test)} test images right")
al.show(on_chip.map())

# %%
# One file holds the integers. It needs no Keras to be read.

with TemporaryDirectory() as folder:
    on_chip.save(f"{folder}/mine.akl")
    loaded = al.Model.load(f"{folder}/mine.akl")
print(loaded.predict(x_test[:10]), test_labels[:10])
