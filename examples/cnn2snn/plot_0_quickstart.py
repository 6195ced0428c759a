"""
From Keras to integers on one page
==================================

A chip for small devices has neither room for millions of float weights nor energy for billions
of float products. A network that was trained with Keras has both. How do you get one from the
other, and what does it cost?

On this page you train a plain Keras network on handwritten digits, give it 2-bit weights and
4-bit activations, turn it into integers, and check that the integers decide as Keras does. Then
you draw a digit yourself. The page takes less than a minute on two free cores, and downloads
nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

import akida_lite as al

keras.utils.set_random_seed(0)

# %%
# Images
# ------
# The first 6,000 training and 1,000 test images of MNIST :cite:p:`lecun1998` ship with the
# package: 28 x 28 pixels, 256 grey levels. The converted model will read these integers as they
# are.

(images, labels), (test_images, test_labels) = al.datasets.load_mnist_sample()
al.plots.images(images[:16], labels[:16])
plt.show()

# %%
# A plain Keras network
# ---------------------
# There is nothing special about this model. Its layers come from Keras, and so does the
# scaling of the pixels.

model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Conv2D(64, 3, padding="same", use_bias=False),
        layers.MaxPooling2D(),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(128, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Dense(10),
    ],
    name="digits",
)


def train(model, epochs, rate):
    """Fit a model to the digits, and return how many test images it gets right."""
    steps = epochs * len(images) // 64
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(images, labels, batch_size=64, epochs=epochs, verbose=0)
    return right(model)


def right(model):
    """Return how many of the 1,000 test images a Keras model gets right."""
    scores = model.predict(test_images, batch_size=250, verbose=0)
    return int((scores.argmax(axis=1) == test_labels).sum())


print("float:", train(model, epochs=7, rate=3e-3), "of 1,000 right")

# %%
# Fewer bits
# ----------
# Why fewer bits? Two bits leave a weight three values: -1, 0 and 1 times a scale. Multiplying
# by them is adding, subtracting, or nothing. A 4-bit :term:`activation <event>` is an integer
# from 0 to 15.
#
# ``quantize`` rounds the weights, and replaces every ReLU by a :term:`staircase`. The sample
# images tell it how high each staircase has to reach.

quantized = al.quantize(
    model,
    weights_quantization=2,
    activ_quantization=4,
    input_weights_quantization=8,
    samples=images[:500],
)
print("rounded:", right(quantized), "of 1,000 right")

# %%
# A few more epochs, with the rounding in place, let the weights move to where it does less
# harm.

print("trained on:", train(quantized, epochs=5, rate=2e-3), "of 1,000 right")

# %%
# Integers
# --------
# Converting turns weights into integers. Batch normalization and staircase together become
# integer :term:`thresholds <threshold>`, and the first layer's scaling disappears into them.

integer_model = al.convert(quantized, labels=[str(digit) for digit in range(10)])
al.plots.block(integer_model.layers[1])
plt.show()

# %%
# The thresholds of one neuron make its staircase. The sum of all that the neuron receives, its
# :term:`potential`, decides how strongly the neuron fires.

al.plots.thresholds(integer_model.layers[1])
plt.show()

# %%
# The column HW of the summary says whether the chip takes a layer.

integer_model.summary()

# %%
# Is it the same network?
# -----------------------
# The integer model reads the original pixels. Here is how many it gets right:

integer_labels = integer_model.predict(test_images)
correct = int((integer_labels == test_labels).sum())
print("integers:", correct, "of 1,000 right")
assert correct >= 975

# %%
# Equal counts could hide differences. ``compare`` holds every value of every layer against its
# twin in Keras:

comparison = al.compare(quantized, integer_model, test_images)
assert comparison.labels_equal >= 995
al.show(comparison)

# %%
# Nothing is rounded in integers, so the few values that differ, if any, were rounded in Keras:
# its float32 sums sometimes fall on the wrong side of a threshold.
# :doc:`plot_2_why_integers_equal_keras` shows one under the magnifying glass.
#
# What fires?
# -----------
# Each row shows one layer for the same digit, and the maps of the layer in which most neurons
# fire. A coloured position is an event. A pale one is silent, and costs an event-based chip
# nothing. Some maps fire where the image is black: the lowest threshold of their neurons lies
# below zero, so that a potential of zero exceeds it.

al.plots.event_maps(integer_model, test_images[0])
plt.show()

# %%
# The most instructive digit is the one where the two best scores lie closest together.

scores = integer_model.evaluate(test_images)
ranked = np.sort(scores, axis=1)
closest = int((ranked[:, -1] - ranked[:, -2]).argmin())
al.plots.potentials(
    scores[closest],
    integer_model.labels,
    true=int(test_labels[closest]),
    image=test_images[closest],
)
plt.show()

# %%
# How much work was it?
# ---------------------
# A layer's :term:`operations <operation>` are its incoming events, times the weights that each
# one meets. The pale bars show the work if no event were missing. The first layer has no bar,
# because it works on every pixel.

statistics = integer_model.get_statistics()
integer_model.predict(test_images)
al.plots.ops(statistics)
plt.show()

# %%
# Draw one yourself
# -----------------
# The network that this page has just trained also runs in the browser that shows it, with the
# same integers. Press the button, and draw a digit: the layers show which neurons fire, and
# the bars which digit wins.

one_of_each = test_images[np.unique(test_labels, return_index=True)[1]]
al.web.panel(integer_model, samples=one_of_each)

# %%
# .. admonition:: Try it
#
#    * Set ``activ_quantization=1``: a neuron then fires or is silent, nothing in between.
#      Rounding costs much more, and training on wins most of it back.
#    * Leave out ``samples``: ``quantize`` warns that it does not know how high the staircases
#      have to reach, and rounding costs more.
#    * Give the second convolution 4-bit weights: ``layers={"conv2d_1": 4}`` in ``quantize``,
#      with its name from ``model.summary()``. The column HW then says why the chip refuses it.
#
# Where to go on
# --------------
# * A network that you have already trained: :doc:`plot_9_your_own_network`.
# * The same steps on colour images and full-size networks: :doc:`plot_1_cifar10_vgg_mobilenet`.
# * What is refused, why, and how to mend it: :doc:`plot_3_hardware`.
# * ``integer_model.save("digits.akl")`` keeps the model in a file; numpy alone runs it.
# * The usual way to train on all 60,000 digits: `Keras's example
#   <https://keras.io/examples/vision/mnist_convnet/>`_. :func:`akida_lite.datasets.load_mnist`
#   fetches them.

# sphinx_gallery_thumbnail_number = 4
