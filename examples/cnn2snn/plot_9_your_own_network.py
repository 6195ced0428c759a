"""
Your own network
================

Most people come with a network that they have already trained. It was not made for this
package, and nobody wants to write it anew. Can it become integers as it is?

This page takes such a network: layers of Keras alone, trained with ``fit``. You will see what
is refused on the way and how to mend it, what fewer bits cost, and how single layers get other
widths until the chip takes all of them. The page takes less than a minute on two free
cores, and downloads nothing.
"""

from tempfile import TemporaryDirectory

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(1)
ORANGE, SKY = al.plots.COLOURS[3], al.plots.COLOURS[5]

# %%
# A trained network
# -----------------
# The images are scikit-learn's handwritten digits of 8 x 8 pixels.

(x, labels), (x_test, test_labels) = al.datasets.load_digits()
al.plots.images(x[:16], labels[:16])
plt.show()

# %%
# The network scales the pixels itself, by its first layer. Its ReLUs have no highest value. It
# normalizes behind an activation, not before one. Nothing in it knows that it will be
# quantized.

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
# Quantizing replaces layers one by one, so it can be tried at once. ``check_compatibility``
# lists what keeps the result from becoming integers: the layer, the reason, and what to do.

samples = x[:256]
first_try = al.quantize(model, 8, 8, 8, samples=samples)
for problem in al.check_compatibility(first_try):
    print(problem)

# %%
# The mean of a window is refused, because the mean of integers need not be an integer. The
# message proposes a maximum instead. The maximum has no weights, so the changed network takes
# over all weights, and is trained a little more.
#
# The normalization is refused only because of the mean before it. Once a maximum stands there,
# ``quantize`` multiplies the scale of the normalization into the weights of the next layer, and
# nothing is left to refuse.

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
# Fewer bits cost accuracy, and save memory and work. How much they cost differs from network
# to network, so it is measured here. ``quantize`` needs a few hundred samples, without labels.
# From them it finds how far each activation reaches, and what rounding changes. Training on,
# with the rounding in place, wins back most of what is lost.

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
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
looks = {"samples only": (before, -0.2, ORANGE), "trained on": (after, 0.2, SKY)}
for name, (counts, shift, colour) in looks.items():
    shares = np.array(counts) / len(x_test)
    bars = ax.bar(
        places + shift, shares, 0.38, color=colour, edgecolor="black", label=name
    )
    ax.bar_label(bars, counts, label_type="center")
ax.axhline(right(mended) / len(x_test), color="gray", linestyle="--", label="float")
ax.set_xticks(places, [f"{w} / {a} / {first}" for w, a, first in widths])
ax.set_xlabel("bits of weights / activations / first weights")
ax.set_ylabel("share of test images right")
ax.set_ylim(0, 1.05)
ax.legend(loc="lower left")
ax.set_title(
    f"Two bits: training on lifts {before[-1]} right of {len(x_test)} to {after[-1]}"
)
plt.show()

# %%
# For wide integers the samples are enough. The narrower the integers, the more training on is
# worth.

assert before[0] >= right(mended) - 3
assert after[-1] > before[-1]

# %%
# Integers
# --------
# Converting asks for no scaling, because the network says by its first layer what becomes of
# the pixels. The softmax at the end is left out, and a warning says so: it does not change
# which score is highest.

chosen = al.quantize(mended, 4, 4, 8, samples=samples)
integers = al.convert(chosen, labels=[str(digit) for digit in range(10)])
integers.summary()

# %%
# It is the same network, value by value:

comparison = al.compare(chosen, integers, x_test)
assert comparison.all_equal
al.show(comparison)

# %%
# Does it fit the chip? In some layers the chip takes fewer bits than in others. Each message
# names the layer, and the argument ``layers`` of ``quantize`` gives single layers another
# width.

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
# One file holds the integers. Whoever loads it needs numpy, and no Keras.

with TemporaryDirectory() as folder:
    on_chip.save(f"{folder}/mine.akl")
    loaded = al.Model.load(f"{folder}/mine.akl")
print(loaded.predict(x_test[:10]), test_labels[:10])

# %%
# .. admonition:: Try it
#
#    * Ask for the same bits everywhere: ``al.quantize(mended, 2, 2, 2, samples=samples)``.
#      Fewer digits are right, and the chip takes every layer.
#    * Leave out ``samples``: ``quantize`` warns, and rounding alone costs more.
#    * Put your own model in the place of ``model``. If a layer is refused, the message says
#      what to do.
#
# Where to go on
# --------------
# * How to choose the widths: :doc:`/user_guide/quantization`.
# * What a message means: :doc:`/user_guide/troubleshooting`.
# * Folders of your own pictures: :doc:`/user_guide/images`.
# * How Keras models are built and trained: `Keras's guides <https://keras.io/guides/>`_.

# sphinx_gallery_thumbnail_number = 2
