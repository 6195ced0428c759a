"""
What does an image cost?
========================

At the end of this page you will know how many operations an event-based chip spends on an
image, in which layers it spends them, how that compares with a computation that does not skip
zeros, which images are expensive, and how training lowers the number.
"""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

images, labels = al.datasets.load_cifar10_sample()
images, labels = images[:100], labels[:100]
keras_model = al.zoo.vgg_cifar10(
    weights="cifar10",
    weights_quantization=2,
    activ_quantization=2,
    input_weights_quantization=2,
)
model = al.convert(keras_model, input_scaling=(255, 0))

# %%
# Counting
# --------
# An *event* is an activation that is not zero. Each one is multiplied with the weights that
# lead on from it, and a zero with none: the events decide about the work. ``get_statistics``
# describes the last run.

model.predict(images)
statistics = model.get_statistics()
al.show(statistics)

# %%
# The count is nothing mysterious. Cut the model behind its first layer, and what comes out are
# the events that ``conv_1`` receives; each of them reaches the 3 x 3 positions of its kernel
# in each of its 128 filters.

first_layer = al.Model(model.layers[:1])
events = np.count_nonzero(first_layer.forward(images)) / len(images)
by_hand = events * 3 * 3 * 128
print(f"by hand: {by_hand:,.0f} operations an image in conv_1")
assert round(by_hand) == statistics["conv_1"].ops

# %%
# Where the zeros are
# -------------------
# The layer that reads the image has no bar for its input: pixels are rarely zero, and the chip
# works on every one of them.

axes = al.plots.sparsity(statistics)

# %%
# What they save
# --------------
# A processor that does not look at the values multiplies all of them; these are the MACs. The
# distance between the two bars of a layer is what its zeros save. The scale is logarithmic:
# equal distances are equal ratios.

axes = al.plots.ops(statistics)
print(f"events only: {statistics.ops:>13,} operations an image")
print(f"all values:  {statistics.macs:>13,} MACs an image")
print(f"the events cause {statistics.ops / statistics.macs:.1%} of them")

# %%
# Which images are expensive?
# ---------------------------
# Nothing above is a property of the network alone: another image has other events. Statistics
# follow the model from run to run, so running the images one by one gives the cost of each.


def cost(image):
    """Return the operations that the events of one image cause."""
    model.predict(image[np.newaxis])
    return statistics.ops


costs = np.array([cost(image) for image in images])
cheapest, dearest = costs.argmin(), costs.argmax()
print(f"cheapest {costs.min():>12,}")
print(f"median   {int(np.median(costs)):>12,}")
print(f"dearest  {costs.max():>12,}")
print(f"the dearest costs {costs.max() / costs.min():.2f} times the cheapest")

# %%
# What if there is nothing to see, or nothing but noise?
# ------------------------------------------------------
# Four images that no camera delivers, beside the two extremes of those that it did: black,
# mid-grey, noise around grey, and noise over the whole range.

rng = np.random.default_rng(0)
candidates = {
    "black": np.zeros((32, 32, 3), np.uint8),
    "grey": np.full((32, 32, 3), 128, np.uint8),
    "weak noise": rng.integers(112, 145, (32, 32, 3), dtype=np.uint8),
    "strong noise": rng.integers(0, 256, (32, 32, 3), dtype=np.uint8),
    "cheapest photo": images[cheapest],
    "dearest photo": images[dearest],
}
priced = {name: cost(image) for name, image in candidates.items()}

figure = plt.figure(figsize=(8, 4.5), layout="constrained")
figure.suptitle("Operations that the events of six images cause")
grid = figure.add_gridspec(2, len(candidates), height_ratios=(1, 3))
for column, image in enumerate(candidates.values()):
    picture = figure.add_subplot(grid[0, column])
    picture.imshow(image)
    picture.set_axis_off()
bars = figure.add_subplot(grid[1, :])
drawn = bars.bar(
    list(priced), list(priced.values()), color="#E69F00", edgecolor="black"
)
for bar, hatch in zip(drawn, ("///", "///", "...", "...", "", ""), strict=True):
    bar.set_hatch(hatch)
bars.axhline(np.median(costs), color="black", linestyle="--", label="median photo")
bars.set_ylabel("operations")
bars.set_ylim(0, 1.25 * max(priced.values()))
bars.legend(loc="upper right")
plt.show()

for name, operations in priced.items():
    print(f"{name:15} {operations:>12,} operations")

# %%
# A black image is all zeros, but not free: where a threshold lies below zero, a neuron emits
# events without receiving any. What the neuron then sees can also silence it, so that an image
# may cost less than none at all. How many neurons fire unprompted is read off their
# thresholds:

for layer in model.layers[:-1]:
    unprompted = np.mean(layer.output.thresholds[:, 0] < 0)
    print(f"{layer.name:8}{unprompted:>5.0%} of the neurons fire when nothing comes in")

# %%
# Your own picture has its price as well. The same network runs in the browser that shows this
# page, and counts the operations of whatever it sees:
#
# .. live-model:: vgg_cifar10
#
#    Cover a part of the picture, or add noise, and watch the operations of each layer. Without
#    JavaScript and WebAssembly, this picture of the input is all there is.

# %%
# Fewer events by training
# ------------------------
# Training that looks at accuracy alone has no reason to save events. ``penalize_events`` gives
# it one: an event adds to the loss what it costs, which is the number of weights it meets
# behind it. What ``strength`` says is how much a million operations add. Everything else is
# Keras as always. Here a small network of 2-bit weights and activations learns scikit-learn's
# digits, anew for each strength.

(x_train, y_train), (x_test, y_test) = al.datasets.load_digits()


def digits_network():
    """Return two convolutions and a dense layer, untrained."""
    widths = {"weight_quantization": 2, "add_batchnorm": True, "padding": "same"}
    inputs = keras.Input((8, 8, 1))
    x = al.nn.conv_block(inputs, 8, 3, name="conv_0", activ_quantization=2, **widths)
    x = al.nn.conv_block(
        x, 16, 3, name="conv_1", activ_quantization=2, pooling="max", **widths
    )
    x = keras.layers.Flatten()(x)
    scores = al.nn.dense_block(
        x, 10, name="scores", weight_quantization=2, activ_quantization=None
    )
    return keras.Model(inputs, scores)


def trained(strength, epochs=8):
    """Return the operations of an image, and how many percent of the digits are right."""
    keras.utils.set_random_seed(0)
    network = digits_network()
    al.penalize_events(network, strength)
    steps = epochs * -(-len(x_train) // 32)
    rate = keras.optimizers.schedules.PolynomialDecay(0.01, steps, 0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
    network.fit(x_train / 16, y_train, 32, epochs, verbose=0)
    integers = al.convert(network, input_scaling=(16, 0))
    right = np.mean(integers.predict(x_test) == y_test)
    return integers.get_statistics().ops, 100 * right


strengths = (0, 3, 10, 30, 300)
points = [trained(strength) for strength in strengths]
for strength, (operations, right) in zip(strengths, points, strict=True):
    print(
        f"strength {strength:>3}: {operations:>6,} operations, {right:.1f} percent right"
    )

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
al.plots.accuracy_by_operations({"digits, 2-bit": points}, ax=ax)
for strength, (operations, right) in zip(strengths, points, strict=True):
    ax.annotate(f" {strength}", (operations / 1e6, right), va="top")
plt.show()

# %%
# The numbers at the points are strengths. A moderate one takes most of the work away and
# hardly touches the accuracy, because many events were not needed; a far too strong one takes
# needed ones as well. A good strength has to be tried: it depends on how many operations the
# network has to begin with.
assert points[3][0] < points[0][0] / 2

# %%
# The shipped networks
# --------------------
# A network of the zoo that was charged for events had first been trained for accuracy alone.
# Each stands beside the original, and beside itself before the charge: upwards is more
# accurate, and to the left is less work.

fig, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
records = {}
for name, ax in zip(("vgg_cifar10", "mobilenet_cifar10"), axes, strict=True):
    deployed = al.zoo.NETWORKS[name].deployed
    (card,) = (
        card
        for card in al.zoo.shipped_cards().values()
        if (card.model, card.bits) == (name, deployed)
    )
    records[name] = json.loads(card.record_path.read_text())
    now = f"{name}.akida"
    series = {
        "original": [
            (float(al.claim(f"seed.{now}.ops")), float(al.claim(f"seed.{now}.top1")))
        ],
        "shipped": [
            (float(al.claim(f"{now}.operations_n20")), float(al.claim(f"{now}.top1")))
        ],
    }
    for before in records[name]["trials"][:1]:
        tested = before["test_operations"], 100 * before["test_accuracy"]
        series["before the charge"] = [tested]
    al.plots.accuracy_by_operations(series, ax=ax)
    ax.set_title(name)
plt.show()

# %%
# Accuracy is that of the 10,000 test images, and operations are those of the first 20, as in
# the original. What else was tried was judged by training images that were held back, never by
# test images. The records beside the weights keep it:

tried = {name: record for name, record in records.items() if record["trials"]}
for name, record in tried.items():
    print(name)
    for trial in record["trials"]:
        operations = trial["validation_operations"] / 1e6
        accuracy = 100 * trial["validation_accuracy"]
        print(f"  {operations:>8,.1f} million, {accuracy:.2f} right  {trial['what']}")
    end = record["curve"][-1]
    operations, accuracy = end["validation_operations"], end["validation_accuracy"]
    print(f"  {operations / 1e6:>8,.1f} million, {100 * accuracy:.2f} right  shipped")

# %%
# :doc:`/user_guide/training` says what the cycles of such a run do. What the chip's processors
# make of the operations is the subject of :meth:`akida_lite.Model.map`.

# sphinx_gallery_thumbnail_number = 3
