"""
How does a float network get down to two bits?
==============================================

Rounding a trained network to two bits ruins it. Taking away a bit or two at a time, and
training in between, costs only a little accuracy.

You will first see what each rung of this ladder costs, then the schedule and the curves of the
training runs behind the shipped weights. At the end you climb down a small ladder yourself, on
digits. The page takes less than a minute, and downloads nothing.
"""

import json
from itertools import cycle

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

keras.utils.set_random_seed(0)
BLUE, VERMILION, GREEN, ORANGE, PURPLE = al.plots.COLOURS[:5]

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
# How a network is trained is data, not a script: a recipe says which network, how many bits,
# which rung it starts from, on how many images and how fast. Weights and activations take
# turns in losing bits, so that no rung disturbs the network more than it has to.

pixels = (16, 24, 32)
schedule = {}
for recipe in al.training.RECIPES.values():
    bits = "/".join(map(str, recipe.bits[:2])) if any(recipe.bits) else "float"
    for turn, ramp in enumerate(recipe.cycles, start=1):
        seen = {stage.size: stage.images for stage in ramp.stages}
        images = [seen.get(size, 0) for size in pixels]
        start = (recipe.start or "nothing") if turn == 1 else "cycle before"
        charge = [ramp.event_cost, "learnt" if ramp.kernels else "as they are"]
        how = [bits, ramp.optimizer, ramp.peak_rate, *images, ramp.precision, *charge]
        schedule[f"{recipe.name}, {turn}"] = [*how, start, recipe.teacher or ""]
heads = ["recipe, cycle", "bits", "by", "rate", *(f"{size} px" for size in pixels)]
heads += ["products", "charge", "kernels", "starts from", "teacher"]
al.show(al.table(schedule, heads, "Images of each height, cycle by cycle"))

# %%
# A line is a cycle of the learning rate: it rises to its peak, then falls to zero, while so
# many images of so many pixels in height are seen. :doc:`/user_guide/training` says what the
# optimizers are, and what is multiplied in which precision. A charge is what a million
# operations that events cause add to the loss. A rung with a teacher learns what the teacher
# says of an image; all other runs learn the labels.
#
# Each rung starts from the *latent* weights of the one before: the float values that training
# moves, and that are rounded to the rung's grid whenever they are used. Rounding therefore
# never accumulates from rung to rung.
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
top.set(
    ylabel="learning rate",
    yscale="log",
    title=f"Rate and image size in the {recipe.steps} steps of the float run",
)
bottom.plot(steps[::20], sizes, color=VERMILION, drawstyle="steps-post")
bottom.set(ylabel="image height (pixels)", xlabel="step", yticks=sorted(set(sizes)))
plt.show()

# %%
# What the shipped weights went through
# -------------------------------------
# Every file of shipped weights lies beside the record of the run that made it: the recipe, a
# curve, the time it took and the machine. The page reads them; nothing below is typed in.

cards = al.zoo.shipped_cards().values()
records = {card.name: json.loads(card.record_path.read_text()) for card in cards}
records = {name: records[name] for name in al.training.RECIPES if name in records}

print(f"{'recipe':<26}{'images':>9}{'minutes':>9}{'loss':>8}{'accuracy':>10}  machine")
for name, record in records.items():
    last, machine = record["curve"][-1], record["machines"][-1]
    where = ", ".join(
        [*machine.get("accelerators", []), machine.get("processor", "not noted")]
    )
    loss, accuracy = (
        last[key] or float("nan") for key in ("train_loss", "validation_accuracy")
    )
    cost = f"{last['images']:>9,}{record['seconds'] / 60:>9.1f}"
    print(f"{name:<26}{cost}{loss:>8.3f}{accuracy:>10.4f}  {where}")

# %%
# The accuracy is the share of images that come out right among those that the run itself left
# out of training; ``nan`` stands where it left out none. It serves to watch a run, not to judge
# a network: an earlier rung may have trained on these very images.

for name, record in records.items():
    print(
        f"{name:<26}leaves out {record['recipe']['holdout']:>5,} of 50,000 training images"
    )

# %%
# What else there is to say of a run, how a second one with another seed ended for instance,
# stands in its record:

for name, record in records.items():
    if record.get("note"):
        print(f"{name}: {record['note']}")

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
left.set_title("The float networks")
before = 0
looks = cycle(zip("os^Dv", (BLUE, VERMILION, GREEN, ORANGE, PURPLE), strict=True))
for record, (marker, colour) in zip(quantized, looks, strict=False):
    points = [point for point in record["curve"] if point["train_loss"] is not None]
    seen = [before + point["images"] for point in points]
    losses = [point["train_loss"] for point in points]
    bits = "/".join(map(str, record["recipe"]["bits"][:2]))
    right.plot(seen, losses, marker=marker, color=colour, label=bits)
    right.axvline(before, color="grey", linewidth=0.5)
    before += record["curve"][-1]["images"]
right.set(
    title="Rungs of the VGG, weights/activations in bits",
    xlabel="images since the float run",
)
right.set_ylabel("training loss (cross-entropy, nats)")
right.legend(ncols=2)
plt.show()

# %%
# Neither loss can fall to zero: float runs learn smoothed labels, and rungs what a teacher
# thinks, which is never quite sure either. Any rung is trained again with one command,
# ``akida-lite train NAME``, which can be interrupted and goes on with ``--resume``;
# :doc:`/user_guide/training` says more.
#
# A ladder of your own
# --------------------
# The same on a small scale: scikit-learn's digits, two convolutions, three rungs. One function
# builds all of them, because the variables of a network do not depend on its widths.

(x_train, y_train), (x_test, y_test) = al.datasets.load_digits()
x_train, x_test = x_train / np.float32(16), x_test / np.float32(16)


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
for name, curve in curves.items():
    print(f"{name:<16} first {curve[0]:.3f}, last {curve[-1]:.3f}")

# %%
# Behind the float run, the first point of each rung is taken before any training.

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
ax.set_title("Float, 4/4 and 2/2 on digits, by the ladder and in one jump")
ax.legend(loc="lower right")
plt.show()

# %%
# Rounding to four bits is hardly felt. Two bits hurt at once, and a few passes heal most of it.
# On a problem this easy both ways arrive, and which of them ends higher is a matter of the
# seed: digits do not prove that a ladder is worth its rungs. On CIFAR-10 the records above say
# what each rung was worth.
#
# The last rung converts, and decides as the Keras model does.

model = al.convert(two_bits, input_scaling=(16, 0))
(_, _), (pixels, _) = al.datasets.load_digits()
decided = model.predict(pixels)
by_keras = two_bits.predict(x_test, verbose=0).argmax(axis=1)
print(f"integer model: {np.mean(decided == y_test):.3f} of the test digits are right")
print(f"same decision as Keras on {np.sum(decided == by_keras)} of {len(decided)}")
