"""
What does an image cost?
========================

An event-based chip works only where a neuron fires. So its work depends on what it sees: two
images of the same size can cost very different amounts.

You will see which neurons fire for one image, what the zeros save in each layer, which images
are cheap and which are expensive, and what noise costs. Then training lowers the number, first
for a small network and then for the networks that ship. The page takes less than a minute on
two free cores, and downloads nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

ORANGE = al.plots.COLOURS[3]
images, labels = al.datasets.load_cifar10_sample()
images = images[:100]
model = al.pretrained("vgg_cifar10")

# %%
# One image, layer by layer
# -------------------------
# Each row shows maps of one layer. A coloured position is an :term:`event`: a neuron that
# fires. A pale one is a zero.

al.plots.event_maps(model, images[1])
plt.show()

# %%
# Counting
# --------
# Each weight that leads on from an event is added to a :term:`potential` once. Each of these
# additions is an :term:`operation`. A zero causes none. So the events decide about the work,
# and ``get_statistics`` counts them, over all images of the last run.

model.predict(images)
statistics = model.get_statistics()
al.show(statistics)

# %%
# The count can be repeated by hand. Cut the model behind its first layer, and what comes out
# are the events that ``conv_1`` receives. Each of them reaches the 3 x 3 positions of its
# kernel in each of its 128 filters.

first_layer = al.Model(model.layers[:1])
events = np.count_nonzero(first_layer.forward(images)) / len(images)
by_hand = events * 3 * 3 * 128
print(f"by hand: {by_hand:,.0f} operations an image in conv_1")
assert round(by_hand) == statistics["conv_1"].ops

# %%
# What zeros save
# ---------------
# How many values are zero is called :term:`sparsity`. The layer that reads the image has no
# bar: pixels are rarely zero, and the chip works on every one of them.

al.plots.sparsity(statistics)
plt.show()

# %%
# A processor that does not look at the values multiplies all of them. These are the
# multiply-accumulates, or MACs, of a layer: the pale bars. The coloured bars inside are the
# operations that events cause, and the number beside is their share.

al.plots.ops(statistics)
plt.show()

# %%
# Which images are expensive?
# ---------------------------
# Statistics follow the model from run to run. So if the images are run one by one, each gets a
# cost of its own. Here are the four cheapest photos of the hundred, and the four dearest.


def cost(image):
    """Return the operations that the events of one image cause."""
    model.predict(image[np.newaxis])
    return statistics.ops


costs = np.array([cost(image) for image in images])
order = costs.argsort(kind="stable")
shown = [*order[:4], *order[-4:]]
prices = [f"{costs[index] / 1e6:.0f} million" for index in shown]
al.plots.images(images[shown], range(8), names=prices)
plt.show()

# %%
# What if there is nothing to see, or nothing but noise?
# ------------------------------------------------------
# Four images that no camera delivers stand beside the cheapest and the dearest photo: black,
# mid-grey, noise around grey, and noise over the whole range.

rng = np.random.default_rng(0)
candidates = {
    "black": np.zeros((32, 32, 3), np.uint8),
    "grey": np.full((32, 32, 3), 128, np.uint8),
    "weak noise": rng.integers(112, 145, (32, 32, 3), dtype=np.uint8),
    "strong noise": rng.integers(0, 256, (32, 32, 3), dtype=np.uint8),
    "cheapest photo": images[order[0]],
    "dearest photo": images[order[-1]],
}
priced = {name: cost(image) / 1e6 for name, image in candidates.items()}

figure = plt.figure(figsize=(8, 4.5), layout="constrained")
cheapest, dearest = min(priced, key=priced.get), max(priced, key=priced.get)
figure.suptitle(f"Of these six, {dearest} costs most, and {cheapest} least")
grid = figure.add_gridspec(2, len(candidates), height_ratios=(1, 3))
for column, image in enumerate(candidates.values()):
    picture = figure.add_subplot(grid[0, column])
    picture.imshow(image)
    picture.set_axis_off()
bars = figure.add_subplot(grid[1, :])
drawn = bars.bar(list(priced), list(priced.values()), color=ORANGE, edgecolor="black")
for bar, hatch in zip(drawn, ("///", "///", "...", "...", "", ""), strict=True):
    bar.set_hatch(hatch)
bars.bar_label(drawn, fmt="%.1f", padding=2)
median = np.median(costs) / 1e6
bars.axhline(median, color="black", linestyle="--", label="median photo")
bars.set_ylabel("million operations")
bars.set_ylim(0, 1.3 * max(priced.values()))
bars.legend(loc="upper right")
plt.show()

# %%
# A black image holds no events, and yet it is not free. Where the first :term:`threshold` of a
# neuron lies below zero, the neuron fires when nothing comes in. How many do so can be read off
# their thresholds:

unprompted = {
    layer.name: [f"{np.mean(layer.output.thresholds[:, 0] < 0):.0%}"]
    for layer in model.layers[:-1]
}
al.show(al.table(unprompted, ["layer", "neurons"], "Neurons that fire unprompted"))

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
# it a reason: each event adds to the loss what it costs, which is the number of weights that
# lead on from it. The argument ``strength`` is what a million operations add. Everything else
# is Keras as always. A small network of 2-bit weights and activations learns scikit-learn's
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
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
al.plots.accuracy_by_operations({"digits, 2-bit": points}, ax=ax)
for strength, (operations, right) in zip(strengths, points, strict=True):
    ax.annotate(f" {strength}", (operations / 1e6, right), va="top")
saved = 1 - points[3][0] / points[0][0]
ax.set_title(f"A charge of strength {strengths[3]} saves {saved:.0%} of the operations")
plt.show()

# %%
# The numbers at the points are strengths. A moderate one takes most of the work away and hardly
# touches the accuracy, because many events were not needed. A far too strong one takes needed
# events as well. How much is too much depends on how many operations the network has to begin
# with, so a good strength has to be tried.

assert points[3][0] < points[0][0] / 2

# %%
# The shipped networks
# --------------------
# The networks of the zoo were first trained for accuracy alone. Each stands beside the original
# and, if it was charged for its events later, beside itself before the charge. Upwards is more
# accurate, and to the left is less work.


def published(claims, operations):
    """Return one point: operations of an image, and accuracy in percent."""
    return [
        (float(al.claim(f"{claims}.{operations}")), float(al.claim(f"{claims}.top1")))
    ]


fig, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
tried = {}
for (name, network), ax in zip(al.zoo.NETWORKS.items(), axes, strict=True):
    record = al.zoo.shipped_cards()[name, network.deployed].record
    series = {
        "original": published(f"seed.{name}.akida", "ops"),
        "shipped": published(f"{name}.akida", "operations_n20"),
    }
    for before in record["trials"][:1]:
        tested = before["test_operations"], 100 * before["test_accuracy"]
        series["before the charge"] = [tested]
    al.plots.accuracy_by_operations(series, ax=ax)
    ax.set_title(name)
    shipped = {"what": f"{name}, as it ships", **record["curve"][-1]}
    for trial in [*record["trials"], shipped] if record["trials"] else []:
        millions = round(trial["validation_operations"] / 1e6, 1)
        tried[trial["what"]] = [millions, round(100 * trial["validation_accuracy"], 2)]
plt.show()

# %%
# Accuracy is that of the 10,000 test images, and operations are those of the first 20, as in
# the original. Other charges were tried as well. They were judged by training images that had
# been held back, never by test images, and the record beside the weights keeps them:

heads = ["what was tried", "million operations", "percent right"]
al.show(al.table(tried, heads, "Trials on images held back from training"))

# %%
# .. admonition:: Try it
#
#    * Look at the other network: ``al.pretrained("mobilenet_cifar10")``, and leave out the
#      check by hand. Fewer of its values are zero, and an image costs much more.
#    * Price an image upside down: ``cost(images[1][::-1])``. The same pixels cost another
#      amount.
#    * Charge the digits with ``strength=1000``: few events are left, and
#      accuracy falls far.
#
# Where to go on
# --------------
# * What the cycles of a charged training run do: :doc:`/user_guide/training`.
# * Where the layers lie on the chip: :doc:`plot_3_hardware`.
# * How the number of operations compares with the original:
#   :doc:`plot_1_cifar10_vgg_mobilenet`.

# sphinx_gallery_thumbnail_number = 1
