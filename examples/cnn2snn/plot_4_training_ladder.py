"""
How does a float network get down to two bits?
==============================================

Rounding a trained network to two bits ruins it. Taking away a bit or two at a time, and
training in between, costs only a little accuracy. This is called a ladder, and each stop on the
way down is a rung.

You will first see what each rung costs, then the schedule and the curves of the training runs
behind the shipped weights. At the end you climb down a small ladder yourself, on digits. The
page takes less than a minute on two free cores, and downloads nothing.
"""

import textwrap

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(0)
BLUE, VERMILION, GREEN, ORANGE, PURPLE = al.plots.COLOURS[:5]
LOOKS = list(zip("os^Dv", al.plots.COLOURS[:5], strict=True))

# %%
# What the ladder costs
# ---------------------
# Each number counts 10,000 test images; "4/4" stands for weights and activations of four bits.

rungs = {"float": "float", "4/4": "w4a4", "3/4": "w3a4", "3/3": "w3a3", "2/3": "w2a3"}
here = {bits: f"vgg_cifar10_{name}.keras.top1" for bits, name in rungs.items()}
here["2/2"] = "vgg_cifar10.keras.top1"
original = {b: f"seed.vgg_cifar10.ladder_{n}.top1" for b, n in rungs.items()}
original["2/2"] = "seed.vgg_cifar10.ladder_w2a2.top1"
series = {
    name: {bits: float(al.claim(id)) for bits, id in line.items()}
    for name, line in (("here", here), ("original", original))
}
al.plots.accuracy_by_bits(series)
plt.show()

# %%
# The schedule
# ------------
# How a network is trained is data, not a script. A *recipe* says which network is trained, with
# how many bits, from which start, on how many images and how fast. Weights and activations take
# turns in losing bits, so that no rung disturbs the network more than it has to.

pixels = (16, 24, 32)
schedule = {}
for recipe in al.training.RECIPES.values():
    bits = "/".join(map(str, recipe.bits[:2])) if any(recipe.bits) else "float"
    for turn, ramp in enumerate(recipe.cycles, start=1):
        seen = {stage.size: stage.images for stage in ramp.stages}
        images = [seen.get(size, 0) for size in pixels]
        start = (recipe.start or "nothing") if turn == 1 else "cycle before"
        how = [bits, ramp.peak_rate, *images, ramp.event_cost]
        schedule[f"{recipe.name}, {turn}"] = [*how, start, recipe.teacher or "labels"]
heads = ["recipe, cycle", "bits", "rate", *(f"{size} px" for size in pixels)]
heads += ["charge", "starts from", "learns from"]
al.show(al.table(schedule, heads, "Images of each height, cycle by cycle"))

# %%
# A line is one cycle of the learning rate: the rate rises to its peak, then falls to zero. The
# columns in the middle count the images that the cycle sees at each height in pixels. A rung
# with a teacher learns what the teacher says of an image; all other runs learn the labels. A
# *charge* makes events expensive, and so lowers the work of an image:
# :doc:`plot_6_events_and_cost` shows how. What the optimizers are, and what is computed in
# which precision, stands in :doc:`/user_guide/training`.
#
# Each rung starts from the :term:`latent weights` of the rung before. These are the float
# values that training moves. They are rounded to the rung's grid whenever they are used, but
# are kept unrounded, so that rounding errors do not add up from rung to rung.
#
# A float run spends the first images of a cycle at a lower resolution, where a step costs a
# fraction of a full one.

recipe = al.training.RECIPES["vgg_cifar10_float"]
steps = np.arange(recipe.steps)
rates = [recipe.rate_at(int(step)) for step in steps[::20]]
sizes = [recipe.stage_at(int(step)).size for step in steps[::20]]
fig, (top, bottom) = plt.subplots(
    2, figsize=(8, 4.5), layout="constrained", sharex=True
)
top.plot(steps[::20], rates, color=BLUE)
top.set(ylabel="learning rate", yscale="log")
top.set_title(
    "Each cycle of the float run begins with small images, and ends with large"
)
bottom.plot(steps[::20], sizes, color=VERMILION, drawstyle="steps-post")
bottom.set(ylabel="image height (pixels)", xlabel="step", yticks=sorted(set(sizes)))
plt.show()

# %%
# What the shipped weights went through
# -------------------------------------
# Every file of shipped weights lies beside the record of the run that made it: the recipe, a
# curve, the time it took and the machine. The page reads them; nothing below is typed in.

shipped = {card.name: card for card in al.zoo.shipped_cards().values()}
records = {
    name: shipped[name].record for name in al.training.RECIPES if name in shipped
}
runs = {}
for name, record in records.items():
    last, right = record["curve"][-1], record["curve"][-1]["validation_accuracy"]
    loss = f"{last['train_loss']:.3f}"
    share = "" if right is None else f"{right:.3f}"
    minutes = round(record["seconds"] / 60)
    runs[name] = [last["images"], minutes, loss, record["recipe"]["holdout"], share]
heads = ["recipe", "images seen", "minutes", "last loss", "left out", "of these right"]
al.show(al.table(runs, heads, "The runs behind the shipped weights"))

# %%
# A run leaves out some of the 50,000 training images, to be watched by them. The last column
# is the share of these that come out right at the end. It does not judge a network: an earlier
# rung may have trained on these very images.
#
# Where a run strayed from its recipe, or others were tried beside it, its record has a note.
# This one says how far apart two runs of one recipe end:

print(textwrap.fill(records["vgg_cifar10_w4a4i4"]["note"], 84))

# %%
# The test images have no part in training at all. What the networks do on them stands in
# :doc:`/user_guide/claims`.
#
# On the left the long float runs: each cycle of the learning rate begins with small images and
# ends with large ones. On the right the rungs of the VGG one after another. Their curves begin
# some way into the run, when training has won back a part of what taking bits away had cost.

floats = [r for r in records.values() if r["recipe"]["start"] is None]
rungs = [r for r in records.values() if r["recipe"]["model"] == "vgg_cifar10"]
quantized = [r for r in rungs if r["recipe"]["start"] is not None]

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
al.plots.learning_curves(floats, quantity="train_loss", ax=left)
ends = [run["curve"][-1]["train_loss"] for run in floats]
left.set_title(f"Float runs end at a loss of {min(ends):.2f} to {max(ends):.2f}")
before = 0
for record, (marker, colour) in zip(quantized, LOOKS, strict=False):
    points = [point for point in record["curve"] if point["train_loss"] is not None]
    seen = [before + point["images"] / 1000 for point in points]
    losses = [point["train_loss"] for point in points]
    bits = "/".join(map(str, record["recipe"]["bits"][:2]))
    right.plot(seen, losses, marker=marker, color=colour, label=bits)
    right.axvline(before, color="grey", linewidth=0.5)
    before += record["curve"][-1]["images"] / 1000
ends = [run["curve"][-1]["train_loss"] for run in quantized]
right.set_title(f"Rungs of the VGG end at {min(ends):.2f} to {max(ends):.2f}")
right.set_xlabel("thousand images since the float run")
right.set_ylabel("training loss (cross-entropy, nats)")
right.legend(title="bits of weights/activations", ncols=2)
plt.show()

# %%
# Neither loss can fall to zero. Float runs learn smoothed labels, and rungs learn what a
# teacher says, who is never quite sure either. Any rung is trained again with one command,
# ``akida-lite train NAME``, which can be interrupted and goes on with ``--resume``;
# :doc:`/user_guide/training` says more.
#
# A ladder of your own
# --------------------
# The same on a small scale: scikit-learn's digits, two convolutions, three rungs. One function
# builds all of them, because a network has the same variables at every width.

(x_train, y_train), (x_test, y_test) = al.datasets.load_digits()
pixels = x_test
x_train, x_test = x_train / np.float32(16), x_test / np.float32(16)
al.plots.images(pixels[:16], y_test[:16])
plt.show()

# %%
# The network takes its widths as arguments; 0 stands for float.


def network(weights=0, activations=0):
    widths = {"weight_quantization": weights, "add_batchnorm": True, "padding": "same"}
    inputs = keras.Input((8, 8, 1))
    x = al.nn.conv_block(
        inputs, 8, 3, name="conv_0", activ_quantization=activations, **widths
    )
    x = al.nn.conv_block(
        x, 16, 3, name="conv_1", activ_quantization=activations, pooling="max", **widths
    )
    x = keras.layers.Flatten()(x)
    scores = al.nn.dense_block(
        x, 10, name="scores", weight_quantization=weights, activ_quantization=None
    )
    return keras.Model(inputs, scores)


# %%
# A rung takes over the latent weights, notes what rounding alone has done, and trains on, at a
# rate that falls to zero.


def rung(model, epochs, start=None, rate=5e-3):
    batches = -(-len(x_train) // 32)
    falling = keras.optimizers.schedules.PolynomialDecay(rate, epochs * batches, 0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(falling), loss, metrics=["accuracy"], jit_compile=False
    )
    curve = []
    if start is not None:
        model.set_weights(start.get_weights())
        curve = [model.evaluate(x_test, y_test, verbose=0)[1]]
    run = model.fit(
        x_train, y_train, 32, epochs, verbose=0, validation_data=(x_test, y_test)
    )
    return curve + run.history["val_accuracy"]


# %%
# Down the ladder, and, for comparison, in one jump that sees as many images.

float_network, four_bits, two_bits, jump = (
    network(),
    network(4, 4),
    network(2, 2),
    network(2, 2),
)
curves = {
    "float": rung(float_network, 8),
    "4/4 from float": rung(four_bits, 2, float_network),
    "2/2 from 4/4": rung(two_bits, 6, four_bits),
    "2/2 from float": rung(jump, 8, float_network),
}

# %%
# The first point of each rung is taken before any training: this is what rounding alone does.

begins = (1, 8, 10, 8)
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
for (name, curve), begin, style, colour in zip(
    curves.items(),
    begins,
    ("o-", "s-", "^-", "v:"),
    (BLUE, GREEN, VERMILION, "black"),
    strict=True,
):
    ax.plot(begin + np.arange(len(curve)), curve, style, color=colour, label=name)
ax.set(xlabel="passes over the training images", ylabel="accuracy on the test digits")
ladder, jumped = curves["2/2 from 4/4"], curves["2/2 from float"]
ax.set_title(
    f"Rounding to two bits leaves {ladder[0]:.2f} and {jumped[0]:.2f}; "
    f"training heals it to {ladder[-1]:.2f} and {jumped[-1]:.2f}",
    fontsize="medium",
)
ax.legend(loc="lower right")
plt.show()

# %%
# Rounding to four bits is hardly felt. Two bits hurt at once, and a few passes heal most of
# it. On a problem this easy both ways arrive, and the seed decides which of them ends higher.
# Digits do not prove that a ladder is worth its rungs. On CIFAR-10, the first figure of this
# page says what each rung costs.
#
# The last rung converts, and decides as the Keras model does.

model = al.convert(two_bits, input_scaling=(16, 0))
al.show(al.compare(two_bits, model, pixels))

# %%
# .. admonition:: Try it
#
#    * Give the jump a single pass: ``rung(jump, 1, float_network)``. Two bits do not recover as
#      far.
#    * Stop at 4/4: convert ``four_bits`` instead of ``two_bits``. The comparison has the same
#      layers, with more levels in each.
#    * Climb down another ladder: ``network(4, 2)`` between ``network(4, 4)`` and
#      ``network(2, 2)``.
#    * Read what was tried before the VGG came to two bits:
#      ``records["vgg_cifar10_w2a2i2"]["trials"]``.
#
# Where to go on
# --------------
# * Which bits for a network of your own: :doc:`plot_9_your_own_network`.
# * How training lowers the work of an image: :doc:`plot_6_events_and_cost`.
# * All recipes, and how to run them: :doc:`/user_guide/training`.
# * The idea of training through rounding: the `paper on the straight-through estimator
#   <https://arxiv.org/abs/1308.3432>`_.

# sphinx_gallery_thumbnail_number = 1
