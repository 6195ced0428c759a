"""
Hardware compliance: which models fit, and why not
==================================================

A chip takes only some kernels, widths and strides. To learn after days of training that a
network does not fit is too late, so the rules can be asked before.

This page starts with a network that breaks several rules, and mends them one by one with what
the messages say. Then you will see what each profile of the chip accepts, and a map of the chip
with the layers on it. The page takes less than half a minute on two free cores, and downloads
nothing.
"""

from dataclasses import replace

import keras
import matplotlib.pyplot as plt

import akida_lite as al

keras.utils.set_random_seed(0)

# %%
# A model that does not fit
# -------------------------
# The network has four layers, each reasonable on its own. Nothing is trained here. The rules
# look at shapes and widths only, so a model can be checked before it is trained.


def network(filters=256, conv_bits=4, act_bits=3, kernel=5, strides=2):
    """Return an untrained network; its defaults are what this page mends."""
    same = {"padding": "same", "use_bias": False, "add_batchnorm": True}
    inputs = keras.Input((32, 32, 3))
    x = al.nn.conv_block(
        inputs,
        filters,
        3,
        name="conv_0",
        weight_quantization=8,
        activ_quantization=act_bits,
        **same,
    )
    x = al.nn.conv_block(
        x,
        64,
        3,
        name="conv_1",
        weight_quantization=conv_bits,
        activ_quantization=4,
        pooling="max",
        **same,
    )
    x = al.nn.separable_conv_block(
        x,
        128,
        kernel,
        name="separable_2",
        weight_quantization=4,
        activ_quantization=4,
        strides=strides,
        **same,
    )
    scores = al.nn.separable_conv_block(
        x,
        10,
        3,
        name="separable_3",
        weight_quantization=4,
        activ_quantization=None,
        pooling="global_avg",
        padding="same",
        use_bias=False,
    )
    return keras.Model(inputs, scores, name="small_network")


before = al.convert(network(), input_scaling=(255, 0))

# %%
# The model converts, and it runs. To be an integer model is one thing, and to fit a chip is
# another. ``check`` lists every rule that a layer breaks, with the value found, the values
# accepted, and a fix.

problems = al.hardware.check(before.layers, al.AKD1000)
for problem in problems:
    print(problem, end="\n\n")

# %%
# The same stands below the summary; its column HW says yes or no.

before.summary()

# %%
# ``map`` refuses such a model and names the same problems.

try:
    before.map(al.AKD1000)
except al.HardwareError as error:
    print(f"{type(error).__name__} with {len(error.problems)} problems")

# %%
# The fixes
# ---------
# The activation of ``conv_0`` breaks two rules: one where it is emitted, and one where it is
# read. One change mends both. Here is one change after the other, as the messages propose:

changes = {
    "nothing": {},
    "192 filters in conv_0": {"filters": 192},
    "an activation of 4 bits": {"act_bits": 4},
    "2-bit weights in conv_1": {"conv_bits": 2},
    "a 3x3 kernel under the strides": {"kernel": 3},
}
arguments, left_after = {}, {}
for change, new in changes.items():
    arguments |= new
    after = al.convert(network(**arguments), input_scaling=(255, 0))
    left = al.hardware.check(after.layers, al.AKD1000)
    left_after[change] = [len(left), ", ".join(str(p.rule) for p in left) or "none"]
assert not left
al.show(al.table(left_after, ["change", "left", "broken rules"], "One fix at a time"))

# %%
# Narrower weights and activations cost accuracy, and training recovers most of it. So check a
# model before you train it, not after.

after.summary()

# %%
# Which chip?
# -----------
# Public sources disagree about the AKD1000. So there are three profiles. The default profile
# accepts what the original tutorial :cite:p:`brainchip2020` showed. Two others follow a later
# table of constraints. Here are the models of the zoo, again untrained, with the rules that
# each profile finds broken.

models = {
    "VGG, 2 bits": al.zoo.vgg_cifar10(
        weights_quantization=2, activ_quantization=2, input_weights_quantization=2
    ),
    "VGG, 4 bits": al.zoo.vgg_cifar10(
        weights_quantization=4, activ_quantization=4, input_weights_quantization=4
    ),
    "MobileNet, 4 bits": al.zoo.mobilenet_cifar10(
        weights_quantization=4, activ_quantization=4, input_weights_quantization=8
    ),
}
devices = (
    al.AKD1000,
    al.hardware.AKD1000_PRODUCTION,
    al.hardware.AKD1000_PREPRODUCTION,
)
integer = {
    name: al.convert(model, input_scaling=(255, 0)) for name, model in models.items()
}
accepted = {
    device.name: [
        ",\n".join(sorted({p.rule for p in al.hardware.check(model.layers, device)}))
        or "fits"
        for model in integer.values()
    ]
    for device in devices
}
al.show(al.table(accepted, ["profile", *integer], "Rules that a model breaks"))

# %%
# The later table asks for a convolution after each max pooling, and for a single position in
# front of a dense layer. The VGG has neither, although the tutorial shows it as accepted. The
# profile of chips before production refuses every model that reads images. Each profile also
# says which rules of the public sources it leaves out, and why.

for omission in al.AKD1000.omissions:
    print(f"{omission.rule.id}: {omission.because}")

# %%
# Where the layers lie
# --------------------
# A model that fits is placed on the chip's neural processors (:term:`NPs <NP>`). One NP has a
# small memory. A layer that needs more memory than one NP has is spread over several. How many
# NPs the chip has is documented. How much memory an NP has is assumed, and every placement says
# so.

al.show(integer["VGG, 2 bits"].map(al.AKD1000))

# %%
# The capacity is a parameter. On a device with fewer NPs, the model runs in several passes, and
# the device is loaded again for each.

capacity = replace(al.AKD1000.capacity, mesh=(4, 6))
smaller = replace(al.AKD1000, name="a smaller device", capacity=capacity)
placement = integer["VGG, 2 bits"].map(smaller)
print(f"{placement.n_passes} passes of {capacity.n_nps} NPs")

# %%
# Each square is one NP, and its number is that of the layer it holds. The first layer runs on
# the chip's converter of pixels, and takes no NP. One dense layer of the VGG, ``dense_6``,
# takes more of the chip than all convolutions together, because it connects every position
# with every neuron. That is the price of ending a network with dense layers, and one reason
# why the MobileNet ends with an average.

figure, axes = plt.subplots(2, 1, figsize=(8, 10), layout="constrained")
for ax, name in zip(axes, ("VGG, 2 bits", "MobileNet, 4 bits"), strict=True):
    al.plots.mesh(integer[name].map(al.AKD1000), ax=ax)
    ax.set_title(f"{name}: {ax.get_title()}")
plt.show()

# %%
# .. admonition:: Try it
#
#    * Ask ``network(strides=1)`` before any fix: the rule about the strides is no longer
#      broken.
#    * Write ``mesh=(2, 6)`` for the smaller device: the VGG needs more passes.
#
# Where to go on
# --------------
# * All rules and where they come from: :doc:`/user_guide/hardware`.
# * What narrow weights cost, and how to train them: :doc:`plot_4_training_ladder`.
# * The chip's own documentation: `MetaTF <https://doc.brainchipinc.com/>`_.
