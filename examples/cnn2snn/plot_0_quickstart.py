"""
From Keras to integers on one page
==================================

At the end of this page you will have trained a small network on handwritten digits, quantized
it to 2 bits, converted it to integers, and seen that the integers choose the same digit as
Keras wherever one digit has the highest score. Nothing is downloaded, and two cores need less
than a minute.
"""

import keras
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(0)

# %%
# Images
# ------
# The digits come with scikit-learn: 8 x 8 pixels, 17 grey levels. Integers are what the
# converted model will read, so they are kept as they are. Keras trains better on values
# between 0 and 1, and the pair ``(a, b)`` says how the two relate: ``x_keras = (pixel - b) /
# a``. The same pair is handed to the conversion further down.

(images, labels), (test_images, test_labels) = al.datasets.load_digits()
a, b = input_scaling = (16, 0)
x, x_test = (images - b) / a, (test_images - b) / a
print("training images", images.shape, images.dtype, "values 0 to", images.max())
print("test images    ", test_images.shape)

# %%
# A float network
# ---------------
# An event-based chip holds blocks: a neural layer, then pooling, batch normalization and an
# activation. The functions of ``akida_lite.nn`` put one together; without a number of bits
# they use float weights and an ordinary ReLU. The last block has no activation: its potentials
# are the scores.

inputs = keras.Input(test_images.shape[1:])
block = {"padding": "same", "use_bias": False, "add_batchnorm": True}
h = al.nn.conv_block(inputs, 16, 3, name="conv_0", **block)
h = al.nn.conv_block(h, 32, 3, name="conv_1", pooling="max", **block)
h = keras.layers.Flatten()(h)
h = al.nn.dense_block(h, 64, name="dense_2", use_bias=False, add_batchnorm=True)
outputs = al.nn.dense_block(
    h, 10, name="dense_3", use_bias=False, activ_quantization=None
)
float_model = keras.Model(inputs, outputs, name="digits")


def train(model, epochs, rate):
    """Fit a model to the digits, and say how many test images it gets right."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(x, labels, batch_size=32, epochs=epochs, verbose=0)
    return right(model.predict(x_test, verbose=0).argmax(axis=1))


def right(predicted):
    """Return the share of test images that were classified correctly, in words."""
    correct = int((predicted == test_labels).sum())
    share = correct / len(test_labels)
    return f"{correct} of {len(test_labels)} test images right ({share:.2%})"


print("float:", train(float_model, epochs=10, rate=2e-3))

# %%
# Fewer bits
# ----------
# Quantizing replaces every layer by one that rounds its weights to a few levels whenever it
# uses them, and every ReLU by a staircase. Rounding alone usually costs accuracy. Training on,
# with the rounding in place, lets the weights move to where it does less harm. Training does
# best with the quantizer and the activation that are named here.

quantized_model = al.quantize(
    float_model,
    weights_quantization=2,
    activ_quantization=2,
    input_weights_quantization=8,
    quantizer=al.nn.weight_quantizer,
    activation=al.nn.ActivationDiscreteRelu,
)
print("rounded:   ", right(quantized_model.predict(x_test, verbose=0).argmax(axis=1)))
print("trained on:", train(quantized_model, epochs=8, rate=2e-3))

# %%
# Integers
# --------
# Converting turns weights into integers, and everything behind them (batch normalization and
# staircase) into integer thresholds. If something could not be converted,
# :func:`akida_lite.check_compatibility` would list every reason and what to change.

assert al.check_compatibility(quantized_model, input_scaling=input_scaling) == []
model = al.convert(
    quantized_model,
    input_scaling=input_scaling,
    labels=[str(digit) for digit in range(10)],
)
model.summary()

# %%
# The column HW says whether the chip takes a layer; a note gives the reason where it does not.
#
# Is it the same network?
# -----------------------
# The integer model reads the original pixels. Comparing classes is the short answer:

keras_labels = quantized_model.predict(x_test, verbose=0).argmax(axis=1)
integer_labels = model.predict(test_images)
print("Keras:   ", right(keras_labels))
print("integers:", right(integer_labels))

# %%
# Equal counts could hide differences that cancel. The long answer compares every output of
# every layer:

comparison = al.compare(quantized_model, model, test_images)
assert all(layer.equal == layer.values for layer in comparison.layers)
comparison

# %%
# All values are the same. A class can differ even so: with few bits, two classes may reach
# exactly the same score. The integer model then takes the first of them, while in Keras the
# rounding of float sums makes one of the two larger by a hair. There is no other way to differ:

all_scores = model.evaluate(test_images)
ranked = np.sort(all_scores, axis=1)
lead = ranked[:, -1] - ranked[:, -2]
differ = integer_labels != keras_labels
print("images with two best scores:", int((lead == 0).sum()))
print("images with different class:", int(differ.sum()))
assert (lead[differ] == 0).all()

# %%
# What did it decide by?
# ----------------------
# ``evaluate`` has returned the scores, in the units of the Keras model. The most instructive
# image is the one where the two best of them lie closest together.

closest = int(lead.argmin())
axes = al.plots.potentials(
    all_scores[closest],
    model.labels,
    true=int(test_labels[closest]),
    image=test_images[closest],
)

# %%
# How much work was it?
# ---------------------
# A chip that works on events does nothing for zeros. The statistics of the last run say how
# many there were, and how many operations the others caused.

model.get_statistics()

# %%
# Draw one yourself
# -----------------
# The network that this page has trained also runs in the browser that shows it, with the same
# integers. Press the button, and draw a digit: the layers show which neurons fire, and the bars
# how sure it is. Digits unlike those it learned from, or no digits at all, are worth a try.

one_of_each = test_images[np.unique(test_labels, return_index=True)[1]]
al.web.panel(model, samples=one_of_each)

# %%
# Where to go on
# --------------
# * The same steps on full-size networks with trained weights: the next page.
# * The same steps on other images: :func:`akida_lite.datasets.load_mnist` fetches 60,000
#   training digits of 28 x 28 pixels; with ``input_scaling = (255, 0)`` the rest of this page
#   stays as it is.
# * ``model.save("digits.akl")`` keeps the model in a file; numpy alone runs it.
