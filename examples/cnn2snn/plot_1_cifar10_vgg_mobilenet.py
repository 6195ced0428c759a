"""
Inference on CIFAR-10 with VGG and MobileNet
============================================

Can a network with 2-bit weights and 2-bit activations still tell a cat from a dog? On an
event-based chip the answer decides what an image costs: small integers fit into small memories,
and a neuron that stays at zero causes no work at all.

This page takes two trained networks from Keras to integers. You will see the images, how
accurate each network is before and after, which neurons fire for one picture, how much work
the zeros save, and the few images on which Keras and the integers disagree. Beside every
result stands the number of the original tutorial :cite:p:`brainchip2020`. The page takes less
than a minute on two free cores, and downloads nothing.

The VGG :cite:p:`simonyan2014` has convolutional and dense layers, all with 2-bit weights. The
MobileNet :cite:p:`howard2017` has separable convolutions with 4-bit weights, and reads the
image with 8-bit weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

import akida_lite as al

# %%
# 1. The images
# -------------
# CIFAR-10 :cite:p:`krizhevsky2009` has 60,000 colour images of 32 x 32 pixels in ten classes.
# The first thousand test images ship with the package.

images, labels = al.datasets.load_cifar10_sample()
names = list(al.datasets.CIFAR10_LABELS)
al.plots.images(images[:16], labels[:16], names=names)
plt.show()

# %%
# The integer model reads these pixels as they are. Keras reads ``(pixel - b) / a``, and the
# pair ``(a, b)`` is handed to the conversion, so that both see the same image.

a, b = input_scaling = (255, 0)
x = (images.astype(np.float32) - b) / a

# %%
# 2. What comes out
# -----------------
# The result first. Each number counts the 10,000 test images. It was measured with this
# package, and is measured again whenever weights or code change. Keras adds float numbers in
# an order that depends on the processor, so another machine may differ by a few images;
# integers never do.

published = {
    "VGG, Keras, float": "vgg_cifar10_float.keras.top1",
    "VGG, Keras, 2 bits": "vgg_cifar10.keras.top1",
    "VGG, integers": "vgg_cifar10.akida.top1",
    "MobileNet, Keras, float": "mobilenet_cifar10_float.keras.top1",
    "MobileNet, Keras, 4 bits": "mobilenet_cifar10.keras.top1",
    "MobileNet, integers": "mobilenet_cifar10.akida.top1",
}
al.show(al.claims_table(published, "Test images classified correctly"))

# %%
# 3. The VGG in Keras
# -------------------
# ``vgg_cifar10`` builds the network out of quantized layers. ``weights="cifar10"`` loads
# weights that were trained for this combination of bits. They are packed to a few bits each,
# and checked against their SHA-256. :doc:`plot_4_training_ladder` says how they were trained:
# first in float, then with fewer and fewer bits.

vgg_keras = al.zoo.vgg_cifar10(
    (32, 32, 3),
    weights="cifar10",
    weights_quantization=2,
    activ_quantization=2,
    input_weights_quantization=2,
)
vgg_keras_labels = vgg_keras.predict(x, batch_size=100, verbose=0).argmax(axis=1)
print("VGG, Keras:", (vgg_keras_labels == labels).sum(), "of 1,000 right")

# %%
# 4. The VGG in integers
# ----------------------
# The conversion turns each quantized weight into an integer. Batch normalization and activation
# together become integer :term:`thresholds <threshold>`. So a block of Keras layers becomes one
# integer layer:

vgg = al.convert(vgg_keras, input_scaling=input_scaling, labels=names)
al.plots.block(vgg.get_layer("conv_1"))
plt.show()

# %%
# The maps get smaller from layer to layer, and deeper.

al.plots.architecture(vgg)
plt.show()

# %%
# ``summary`` lists the layers. The column HW says whether the chip takes a layer, and a note
# gives the reason where it does not.

vgg.summary()

# %%
# The same images again, now through integers only:

vgg_labels = vgg.predict(images)
print("VGG, integers:", (vgg_labels == labels).sum(), "of 1,000 right")

# %%
# Equal counts could hide differences. ``compare`` runs images through both models and holds
# every value of every layer against its twin.

al.show(al.compare(vgg_keras, vgg, images[:20]))

# %%
# 5. Where Keras and the integers may disagree
# --------------------------------------------
# The conversion keeps every threshold exactly. If the two decide differently, then Keras has
# rounded: its float32 sums carry a rounding error, and where two classes are almost equally
# strong, a small error can decide. Of all 10,000 test images, :claim:`vgg_cifar10.agree.top1`
# get the same class from both.
#
# Here are eight images of the thousand: first those with two answers, if there are any, then
# those on which the two best classes lie closest together. A frame and "not" mark an image
# with two answers: what the integers say, not what Keras says.

ranked = np.sort(vgg.evaluate(images), axis=1)
margin = ranked[:, -1] - ranked[:, -2]
close = np.lexsort((margin, vgg_labels == vgg_keras_labels))[:8]
al.plots.images(images[close], vgg_keras_labels[close], vgg_labels[close], names=names)
plt.show()
print("two answers:", (vgg_labels != vgg_keras_labels).sum(), "of 1,000 images")

# %%
# Who is right? Keras can compute in float64, where rounding errors are too small to push a sum
# past a threshold. It then sides with the integers, or gives two classes the very same score,
# and a tie has two right answers.

keras.config.set_floatx("float64")  # what the images become
keras.config.set_dtype_policy("float64")  # what the layers compute in
precise = al.zoo.vgg_cifar10(
    weights="cifar10", weights_quantization=2, activ_quantization=2
)
keras.config.set_dtype_policy("float32")
keras.config.set_floatx("float32")

scores = np.asarray(precise((images[close] - b) / a))
highest = scores == scores.max(axis=1, keepdims=True)
sides = highest[np.arange(len(close)), vgg_labels[close]]
print("float64 sides with the integers on", sides.sum(), "of", len(close), "images")

# %%
# 6. The MobileNet
# ----------------
# Separable convolutions have far fewer weights: one small kernel for each channel, then one
# weight for each pair of channels.

mobilenet_keras = al.zoo.mobilenet_cifar10(
    (32, 32, 3),
    weights="cifar10",
    weights_quantization=4,
    activ_quantization=4,
    input_weights_quantization=8,
)
mobilenet = al.convert(mobilenet_keras, input_scaling=input_scaling, labels=names)
al.plots.architecture(mobilenet)
plt.show()

# %%

mobilenet.summary()

# %%

mobilenet_keras_labels = mobilenet_keras.predict(x, batch_size=100, verbose=0).argmax(1)
mobilenet_labels = mobilenet.predict(images)
print("MobileNet, integers:", (mobilenet_labels == labels).sum(), "of 1,000 right")
al.show(al.compare(mobilenet_keras, mobilenet, images[:20]))

# %%
# 7. One picture, two networks
# ----------------------------
# Which neurons fire? A row belongs to a layer, and shows the eight of its maps in which most
# neurons fire. Every coloured position is an :term:`event`. At a pale position the neuron is
# silent, and the next layer has nothing to do for it.

ship = 1
al.plots.event_maps(vgg, images[ship])
plt.show()

# %%

al.plots.event_maps(mobilenet, images[ship])
plt.show()

# %%
# After the last layer, the class with the highest :term:`potential` wins.

scores = mobilenet.evaluate(images[ship : ship + 1])[0]
al.plots.potentials(scores, names, true=int(labels[ship]), image=images[ship])
plt.show()

# %%
# 8. How much work is that?
# -------------------------
# An :term:`operation` is one weight added to one potential because of one event. The pale bars
# show what a layer would cost if no activation were zero. Above stands the VGG, below the
# MobileNet. The original counted the first 20 images, and so does this page.

fig, axes = plt.subplots(2, figsize=(9, 9), layout="constrained")
work = {}
for ax, model in zip(axes, (vgg, mobilenet), strict=True):
    statistics = model.get_statistics()
    model.predict(images[:20])
    original = al.claims_by_layer(f"seed.{model.name}", "ops")
    al.plots.ops(statistics, beside=original, ax=ax)
    work[model.name] = statistics.ops, sum(original.values())
plt.show()

# %%
# The MobileNet has fewer weights, and yet causes more operations: in a separable layer, one
# event meets all filters again for each position of its small kernel. Work is saved by zeros.
# The share of zeros is called :term:`sparsity`; here is that of the VGG, layer by layer:

statistics = vgg.get_statistics()
vgg.predict(images[:20])
zeros = al.claims_by_layer("seed.vgg_cifar10", "input_sparsity")
al.plots.sparsity(statistics, beside=zeros)
plt.show()

# %%
# Accuracy and work together: the upper left corner is the best place.

points = {}
for network, (here, original) in work.items():
    name = "VGG" if network.startswith("vgg") else "MobileNet"
    there = al.claim(f"seed.{network}.akida.top1")
    points[f"{name}, original"] = [(original, float(there))]
    points[f"{name}, here"] = [(here, float(al.claim(f"{network}.akida.top1")))]
al.plots.accuracy_by_operations(points)
plt.show()

# %%
# 9. Held against the record
# --------------------------
# These are the counts of this run, beside the published ones. If one differs by more than
# another processor may make it differ, ``verify_sample`` raises an error, and this page cannot
# be built.

al.show(al.zoo.verify_sample("vgg_cifar10", vgg_keras_labels, vgg_labels))

# %%

al.show(
    al.zoo.verify_sample("mobilenet_cifar10", mobilenet_keras_labels, mobilenet_labels)
)

# %%
# .. admonition:: Try it
#
#    * Change ``ship = 1`` to another number. Cluttered pictures make more neurons fire.
#    * Darken the images: ``vgg.predict(images // 4)``. Accuracy falls far, the work hardly.
#    * Ask for other bits, such as ``weights_quantization=4, activ_quantization=4``: all steps
#      of the ladder are in the repository. Accuracy rises, and the weights take twice the
#      memory.
#
# Where to go on
# --------------
# * Both networks, live, on a picture of your own: :doc:`/run_it_here`.
# * Why integers can equal Keras at all: :doc:`plot_2_why_integers_equal_keras`.
# * A network of your own instead of these two: :doc:`plot_9_your_own_network`.
# * The tutorial that this page follows: `documentation of MetaTF
#   <https://doc.brainchipinc.com/>`_.

# sphinx_gallery_thumbnail_number = 5
