"""
What does an image cost?
========================

At the end of this page you will know how many operations an event-based chip spends on an
image, in which layers it spends them, how that compares with a computation that does not skip
zeros, and which images are expensive.
"""

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
statistics

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
#
# To lower the cost of a network, raise the number of zeros: fewer bits in the activations
# round more of them to zero, and a penalty on activations in training does the same. What the
# chip's processors make of the operations is the subject of :meth:`akida_lite.Model.map`.

# sphinx_gallery_thumbnail_number = 3
