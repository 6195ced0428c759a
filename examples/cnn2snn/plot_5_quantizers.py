"""
Which grid should weights and activations stand on?
===================================================

A weight of two bits has three values: minus one, zero and one. Which float weights become which
decides what is left of a network before training can mend anything.

You will see the filters of a trained network at fewer and fewer bits, why the largest weights
are clipped, and what each bit of an activation buys. Then you write a :term:`quantizer` of your
own. The page takes less than half a minute on two free cores, and downloads nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(0)
BLUE, VERMILION, GREEN, ORANGE = al.plots.COLOURS[:4]

# %%
# Before and after
# ----------------
# A quantizer maps each float weight to the nearest of a few equidistant values, its grid. It
# decides one thing only: how far the grid reaches. Here are filters of the shipped float
# network that read the image, in float and rounded without any training.

float_model = al.zoo.vgg_cifar10(weights="cifar10")
first = np.asarray(float_model.get_layer("conv_0").kernel)
fig, axes = plt.subplots(3, figsize=(8, 6), layout="constrained")
al.plots.filters(first[..., :32], ax=axes[0], title="Edges and colours in float ...")
titles = {4: "... stay at 4 bits", 2: "... and get coarse at 2"}
for ax, (bits, title) in zip(axes[1:], titles.items(), strict=True):
    rounded = np.asarray(al.nn.weight_quantizer(bits).quantize(first))
    al.plots.filters(rounded[..., :32], ax=ax, title=title)
plt.show()

# %%
# A layer in the middle has far more weights. On this page it stands for all others. A standard
# deviation says how widely its weights spread:

latent = np.asarray(float_model.get_layer("conv_3").kernel)
largest = np.abs(latent).max() / latent.std()
print(f"conv_3: {latent.size:,} weights, standard deviation {latent.std():.4f}")
print(f"the largest is {largest:.1f} standard deviations away from 0")

# %%
# The quantizer that the zoo uses for a width comes from one function. Here it is applied at
# four and at two bits to the same weights.

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, bits in zip(axes, (4, 2), strict=True):
    quantizer = al.nn.weight_quantizer(bits)
    quantized = np.asarray(quantizer.quantize(latent))
    al.plots.weight_histogram(latent, quantized, ax=ax)
    ax.set_title(f"{bits} bits leave {len(np.unique(quantized))} values in conv_3")
plt.show()

# %%
# Both grids are symmetric around zero, and zero is one of their values. With two bits a weight
# only says whether it is zero, and if not, its sign.
#
# How far should the grid reach?
# ------------------------------
# A wide grid keeps the largest weights but has coarse steps; a narrow one is fine but clips.
# The mean squared error between :term:`latent <latent weights>` and quantized weights weighs
# one against the other. The limit is given in standard deviations, so that one number serves
# every layer.

limits = np.linspace(0.5, 5.0, 31)


def squared_error(weights, limit, bits):
    quantizer = al.nn.StdWeightQuantizer(limit, bits)
    return (
        np.mean((np.asarray(quantizer.quantize(weights)) - weights) ** 2)
        / weights.var()
    )


errors = {bits: [squared_error(latent, s, bits) for s in limits] for bits in (2, 3, 4)}

# %%
# The dots are the limits that the zoo uses. They minimize the error for normally distributed
# weights, and what training makes of weights is close to that, though with longer tails.

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
for (bits, curve), line, colour in zip(
    errors.items(), ("-", "--", "-."), (BLUE, VERMILION, GREEN), strict=True
):
    used = al.nn.weight_quantizer(bits).threshold
    ax.plot(limits, curve, line, color=colour, label=f"{bits} bits")
    ax.plot(used, squared_error(latent, used, bits), "o", color=colour, markersize=9)
ax.set(yscale="log", xlabel="limit of the grid (standard deviations of the weights)")
ax.set_ylabel("squared error / variance (logarithmic)")
ax.set_title("The fewer the bits, the narrower the best grid for conv_3")
ax.legend()
plt.show()

# %%
# Fewer bits want a narrower grid; one limit for all widths would be wrong for most of them.
# How much is lost by using the same limit in every layer, instead of each layer's own best?

excess = {}
for bits in errors:
    used = al.nn.weight_quantizer(bits).threshold
    ratios = []
    for layer in float_model.layers:
        if hasattr(layer, "kernel"):
            kernel = np.asarray(layer.kernel).ravel()[:20_000]
            best = min(squared_error(kernel, limit, bits) for limit in limits[::2])
            ratios.append(squared_error(kernel, used, bits) / best)
    excess[f"{bits} bits"] = [used, f"{max(ratios):.2f}"]
heads = ["width", "limit", "error / smallest error"]
al.show(al.table(excess, heads, "The layer for which the common limit is worst"))

# %%
# A quantizer that never clips, :class:`~akida_lite.nn.MaxQuantizer`, pays for a few large
# weights with the precision of all others; one limit for each filter
# (:class:`~akida_lite.nn.MaxPerAxisQuantizer`) takes back part of that.

quantizers = {
    "MaxQuantizer": al.nn.MaxQuantizer,
    "MaxPerAxisQuantizer": al.nn.MaxPerAxisQuantizer,
    "the zoo's": al.nn.weight_quantizer,
}
widths = (2, 3, 4, 8)
rows = {}
for name, make in quantizers.items():
    rounded = [np.asarray(make(bits).quantize(latent)) for bits in widths]
    rows[name] = [f"{np.mean((r - latent) ** 2) / latent.var():.4f}" for r in rounded]
heads = ["quantizer", *(f"{bits} bits" for bits in widths)]
al.show(al.table(rows, heads, "Squared error of conv_3, divided by the variance"))

# %%
# Activations climb a staircase
# -----------------------------
# Between two layers flow small integers. The activation that makes them is a ReLU that climbs
# in steps, a :term:`staircase`. With `b` bits it has ``2**b - 1`` steps. They reach 6, unless
# they are too few for that.

x = np.linspace(-1, 8, 1801).astype(np.float32)
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
ax.plot(x, np.clip(x, 0, 6), color="black", linewidth=1, label="float ReLU6")
for bits, line, colour in ((4, "-", BLUE), (2, "--", VERMILION), (1, "-.", ORANGE)):
    y = al.nn.ActivationDiscreteRelu(bits)(x)
    ax.plot(x, y, line, color=colour, label=f"{bits} bit{'s' if bits > 1 else ''}")
ax.set(xlabel="input of the activation", ylabel="output of the activation")
ax.set_title("With fewer bits the staircase has fewer steps, and ends lower")
ax.legend()
plt.show()

# %%
# The highest output of two bits is 3, half of what the float network may use. That is one
# reason why a network cannot simply be rounded and has to be trained on.
#
# :class:`~akida_lite.nn.QuantizedReLU` starts as the same staircase, and lets training move
# the height of the steps and the place of the first one.

trainable = al.nn.QuantizedReLU(2)
before = np.unique(np.asarray(trainable(x)))
first_threshold, step = trainable.weights
step.assign(step * 2)
print("outputs before:", before)
print("outputs after training doubled the step:", np.unique(np.asarray(trainable(x))))

# %%
# A quantizer of your own
# -----------------------
# Suppose that a few very large weights worry you. Then a natural choice is to clip a fixed
# share of the weights. A quantizer derived from :class:`~akida_lite.nn.LinearWeightQuantizer`
# has one method to write, ``scale_factor``: how many levels there are in one unit of weight.
# Rounding, clipping and gradients are inherited.


@keras.saving.register_keras_serializable("gallery")
class ShareQuantizer(al.nn.LinearWeightQuantizer):
    def __init__(self, clipped=0.05, bitwidth=4):
        super().__init__(bitwidth)
        self.clipped = clipped

    def scale_factor(self, w):
        limit = keras.ops.quantile(keras.ops.abs(w), 1 - self.clipped)
        return (2 ** (self.bitwidth - 1) - 1) / limit

    def get_config(self):
        return {"clipped": self.clipped, "bitwidth": self.bitwidth}


# %%
# Whoever writes a quantizer wants to know what it does before training with it.

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
mine = ShareQuantizer(clipped=0.1, bitwidth=3)
al.plots.weight_histogram(latent, np.asarray(mine.quantize(latent)), ax=ax)
ax.set_title("A tenth of conv_3's weights end at the edges of a 3-bit grid")
plt.show()

# %%
# The new quantizer goes into a layer like any other. A few passes over scikit-learn's digits
# are enough to see that gradients flow through it: the loss falls.

(x_train, y_train), (x_test, y_test) = al.datasets.load_digits()
keras_model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        al.nn.QuantizedConv2D(
            16, 3, ShareQuantizer(0.02, 4), padding="same", name="conv"
        ),
        al.nn.ActivationDiscreteRelu(4, name="relu"),
        keras.layers.Flatten(name="flatten"),
        al.nn.QuantizedDense(10, ShareQuantizer(0.1, 3), name="scores"),
    ]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
keras_model.compile(keras.optimizers.Adam(3e-3), loss)
history = keras_model.fit(
    x_train / 16, y_train, batch_size=32, epochs=8, verbose=0
).history

fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(range(1, 9), history["loss"], "o-", color=BLUE)
ax.set(xlabel="pass over the training images", ylabel="training loss")
ax.set_title(
    f"The loss falls from {history['loss'][0]:.2f} to {history['loss'][-1]:.2f}"
)
plt.show()

# %%
# Conversion asks a quantizer for its integers and their scale, and for nothing else. So it
# converts this quantizer too, though it has never seen it.

model = al.convert(keras_model, input_scaling=(16, 0))
print("integer weights of conv:", np.unique(model.get_layer("conv").weights))
print("integer weights of scores:", np.unique(model.get_layer("scores").weights))
al.show(al.compare(keras_model, model, x_test))

# %%
# The integer model decides as the Keras model does. How many of the test digits are right?

print(
    (model.predict(x_test) == y_test).sum(), "of", len(x_test), "test digits are right"
)

# %%
# .. admonition:: Try it
#
#    * Clip half of the weights: ``ShareQuantizer(clipped=0.5, bitwidth=3)``. Both ends of the
#      histogram grow.
#    * Look at a dense layer instead: ``float_model.get_layer("dense_6")``. The curves of its
#      error look much the same.
#    * Give the last layer two bits: ``ShareQuantizer(0.1, 2)``. Its integers are -1, 0 and 1.
#
# Where to go on
# --------------
# * What training makes of each width: :doc:`plot_4_training_ladder`.
# * All quantizers, and what conversion asks of them: :doc:`/user_guide/quantization`.
# * A paper in which training learns how far apart the values of a grid lie: `learned step size
#   quantization <https://arxiv.org/abs/1902.08153>`_.

# sphinx_gallery_thumbnail_number = 1
