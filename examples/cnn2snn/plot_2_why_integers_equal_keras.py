"""
Why do integers decide as Keras does?
=====================================

A chip that computes with integers is worth little if it decides otherwise than the network that
was trained. Here it decides the same, and this page shows why.

You will follow one neuron from Keras's batch normalization to three integer thresholds. You
will see the one place where rounding can go wrong. Then a conversion is broken on purpose, and
the comparison names the layer. The page takes less than half a minute on two free cores, and
downloads nothing.
"""

from dataclasses import replace

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(0)
BLUE, VERMILION, GREEN, ORANGE = al.plots.COLOURS[:4]

# %%
# One layer, twice
# ----------------
# The shipped VGG has weights and activations of two bits. Its third convolution is a good
# place to look: :term:`events <event>` from 0 to 3 arrive, and such events leave.

bits = {
    "weights_quantization": 2,
    "activ_quantization": 2,
    "input_weights_quantization": 2,
}
keras_model = al.zoo.vgg_cifar10(weights="cifar10", **bits)
model = al.convert(keras_model, input_scaling=(255, 0))
layer = model.get_layer("conv_2")
print(
    "weights:",
    np.unique(layer.weights),
    "- thresholds of a neuron:",
    layer.output.thresholds.shape[1],
)

# %%
# In Keras a neuron adds up products of floats, normalizes the sum, and climbs a
# :term:`staircase`. The integer neuron adds up products of integers, the :term:`potential`, and
# counts how many thresholds lie below it. To look at Keras's sum, the model is cut off before
# its activation. To look at the integer sum, the activation is taken out of the layer.

images, _ = al.datasets.load_cifar10_sample()
images = images[:20]
until_there = keras.Model(keras_model.input, keras_model.get_layer("conv_2_BN").output)
normalized = until_there.predict(images / np.float32(255), verbose=0)

filters = layer.filters
bare = replace(layer, output=al.layers.Potentials(np.ones(filters), np.zeros(filters)))
potentials = al.Model([*model.layers[: model.layers.index(layer)], bare]).forward(
    images
)
print(
    "Keras:",
    normalized.dtype,
    normalized.shape,
    "- integers:",
    potentials.dtype,
    potentials.shape,
)

# %%
# From the one to the other
# -------------------------
# Only multiplications and additions lie between the two. One unit of potential is worth the
# step of the arriving events, divided by the scale of the weights. Batch normalization
# subtracts a mean, scales and shifts. The activation has edges: the inputs at which its output
# rises by one step. Solve for the potential, and each edge becomes a real number.

convolution, norm, relu = (
    keras_model.get_layer(f"conv_2{end}") for end in ("", "_BN", "_relu")
)
_, weight_scale = convolution.quantizer.integers(np.asarray(convolution.kernel))
unit = keras_model.get_layer("conv_1_relu").gamma / weight_scale
gain, shift, mean, variance = (
    np.asarray(weight, np.float64) for weight in norm.get_weights()
)
deviation = np.sqrt(variance + norm.epsilon)
edges = relu.t0 + relu.gamma * np.arange(3)
real = ((edges - shift[:, None]) * (deviation / gain)[:, None] + mean[:, None]) / unit

# %%
# A potential is an integer. An integer exceeds a real number exactly when it exceeds that
# number rounded *down*. So flooring all three edges is no approximation: the floors are the
# :term:`thresholds <threshold>`. (Where the gain of the normalization is negative, more
# potential means less output. The conversion then negates the weights.)

rising = gain > 0
print("neurons with a positive gain:", rising.sum(), "of", filters)
floored = np.floor(real[rising]).astype(np.int32)
print(
    "floors are the model's thresholds:",
    np.array_equal(floored, layer.output.thresholds[rising]),
)

# %%
# Now one neuron, at all places of all images. Each dot is one place: across, what the integer
# model adds up; upwards, what Keras computes. The horizontal lines are the edges of Keras's
# activation, the vertical ones the integer thresholds.

spread = potentials.reshape(-1, filters).std(axis=0)
neuron = int(np.argmax(np.where(rising, spread, 0)))
of_neuron, in_keras = potentials[..., neuron].ravel(), normalized[..., neuron].ravel()

fig, (ax, below) = plt.subplots(2, figsize=(8, 7.5), layout="constrained", sharex=True)
ax.plot(of_neuron, in_keras, ".", color=BLUE, markersize=4)
for level, (edge, threshold) in enumerate(
    zip(edges, layer.output.thresholds[neuron], strict=True), start=1
):
    ax.axhline(edge, color=ORANGE, linestyle="--", linewidth=1)
    ax.axvline(threshold, color=VERMILION, linewidth=1)
    ax.annotate(
        f"level {level} above", (of_neuron.min(), edge), va="bottom", fontsize="small"
    )
ax.set(ylabel="input of the activation in Keras")
ax.set_title(f"Neuron {neuron} of conv_2: potentials and Keras's sums lie on one line")
al.plots.thresholds(layer, neuron, ax=below)
below.set_title(
    "The same neuron in integers climbs its staircase at the same three places"
)
plt.show()

# %%
# All dots lie on a line, and where the line crosses an edge, there is the threshold. Keras and
# the integer model compare the same thing with the same limit, in different units.
#
# Where rounding bites
# --------------------
# The original stored less: a first threshold, rounded down, and one step for all thresholds
# above it. That takes a little less memory, but it is not the same. Rounding moves the first
# threshold down by a fraction, and the step carries this fraction on to all thresholds above.

published = al.convert(keras_model, input_scaling=(255, 0), thresholds="published")
both = layer.output.thresholds, published.get_layer("conv_2").output.thresholds
for level in range(3):
    moved = np.sum(both[0][:, level] != both[1][:, level])
    print(f"level {level + 1}: {moved:>3} of {filters} thresholds differ")

# %%
# Take a right threshold of 7. A potential of 7 does not exceed it. If the threshold is stored
# as 6, a potential of 7 does exceed it, and the neuron emits one level too many. The picture
# shows the neuron to which this happens most often.

wrong = [
    np.sum((potentials > low) & (potentials <= high), axis=(0, 1, 2))
    for high, low in zip(both[0].T, both[1].T, strict=True)
]
level, neuron = np.unravel_index(np.argmax(wrong), (3, filters))
right, moved = (int(table[neuron, level]) for table in both)
near = np.arange(right - 6, right + 8)
counts = [np.sum(potentials[..., neuron] == value) for value in near]

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
colours = [VERMILION if moved < value <= right else BLUE for value in near]
bars = ax.bar(near, counts, color=colours, edgecolor="black")
for bar, value in zip(bars, near, strict=True):
    bar.set_hatch("///" if moved < value <= right else "")
ax.axvline(
    real[neuron, level],
    color="black",
    linestyle="--",
    zorder=4,
    label=f"edge in Keras: {real[neuron, level]:.2f}",
)
ax.axvline(
    right + 0.5, color=GREEN, linewidth=3, label='thresholds="exact": above here'
)
ax.axvline(
    moved + 0.5,
    color=ORANGE,
    linestyle=":",
    linewidth=3,
    label='"published": above here',
)
ax.set(xlabel="potential (integer)", ylabel="places in 20 images")
wrong_places = sum(np.array(counts)[(near > moved) & (near <= right)])
ax.set_title(
    f"Neuron {neuron} emits one level too many at {wrong_places:,} places (hatched)"
)
ax.legend()
plt.show()

# %%
# The hatched bar is on the wrong side: at all these places the published form emits one level
# more than Keras does. Two-bit networks suffer most. Their potentials are small numbers, so
# many places have the same one.
#
# Is a conversion right?
# ----------------------
# There is no need to look at neurons to find out. :func:`akida_lite.compare` runs both models
# and counts, value by value.

al.show(al.compare(keras_model, model, images))

# %%
# If anything differs here, Keras has rounded. It adds up float32 numbers, and if the exact sum
# lies on an edge or next to it, the rounding error decides. Here is the same table for the
# published thresholds.

al.show(al.compare(keras_model, published, images))

# %%
# For the column *born here*, each layer of Keras reads the events of the integer model. So a
# difference in this column was made by the layer itself, and not by a layer before it. With the
# published thresholds, layers make differences all along the network.
#
# A broken conversion
# -------------------
# Suppose the conversion had a bug: it turned the kernels of one layer upside down.

layers = list(model.layers)
at = layers.index(model.get_layer("conv_3"))
layers[at] = replace(layers[at], weights=layers[at].weights[::-1].copy())
broken = al.Model(layers, input_scaling=model.input_scaling)
comparison = al.compare(keras_model, broken, images)
print(f"same class on {comparison.labels_equal} of {comparison.images} images")

# %%
# Keras's own rounding makes a value differ here and there. A broken layer makes a large share
# of its values differ by itself, so the first layer above one in a hundred is the one to look
# at.

suspect = next(
    layer for layer in comparison.layers if layer.born_here > layer.values / 100
)
assert suspect.name == "conv_3"
print(f"{suspect.name}: {suspect.born_here:,} of {suspect.values:,} values differ")

# %%
# Accuracy alone would only have said that something is wrong. The figure says where. Up to the
# broken layer nearly all values are equal. The layers behind it read wrong events, and so
# differ too.

ax = al.plots.comparison(comparison)
ax.set_title(f"Almost nothing differs before {suspect.name}, the layer that was broken")
plt.show()

# %%
# .. admonition:: Try it
#
#    * Break another layer: write ``conv_1`` instead of ``conv_3``, in the assertion too. The
#      fall in the last figure moves up.
#
# Where to go on
# --------------
# * What the conversion does with every kind of layer: :doc:`/user_guide/conversion`.
# * What each bit less costs: :doc:`plot_4_training_ladder`.
# * Batch normalization, where the thresholds come from: the `paper of 2015
#   <https://arxiv.org/abs/1502.03167>`_.
