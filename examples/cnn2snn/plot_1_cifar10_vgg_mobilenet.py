"""
Inference on CIFAR-10 with VGG and MobileNet
============================================

At the end of this page you will have taken two well-known networks from quantized Keras models
to integer models, know how accurate both forms are, how far they agree, which layers the chip
takes, how sparse their activations are, and how all of it compares with the numbers of the
original tutorial.

CIFAR-10 :cite:p:`krizhevsky2009` has 60,000 colour images of 32 x 32 pixels in ten classes.
The first thousand test images ship with the package; this page runs on them and downloads
nothing.

The VGG :cite:p:`simonyan2014` consists of convolutional and dense layers. All its weights and
activations have 2 bits. The MobileNet :cite:p:`howard2017` consists of a convolution and ten
separable convolutions. Its first layer has 8-bit weights, the others 4-bit weights, and its
activations have 4 bits.
"""

import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import accuracy_score

import akida_lite as al

# %%
# Over the full test set of 10,000 images, measured once with this package and checked whenever
# weights or code change, beside what the original tutorial reports:

ROWS = {
    "VGG Keras": ("seed.vgg_cifar10.float.top1", "vgg_cifar10_float.keras.top1"),
    "VGG Keras quantized": (
        "seed.vgg_cifar10.quantized.top1",
        "vgg_cifar10.keras.top1",
    ),
    "VGG integers": ("seed.vgg_cifar10.akida.top1", "vgg_cifar10.akida.top1"),
    "MobileNet Keras": (
        "seed.mobilenet_cifar10.float.top1",
        "mobilenet_cifar10_float.keras.top1",
    ),
    "MobileNet Keras quantized": (
        "seed.mobilenet_cifar10.quantized.top1",
        "mobilenet_cifar10.keras.top1",
    ),
    "MobileNet integers": (
        "seed.mobilenet_cifar10.akida.top1",
        "mobilenet_cifar10.akida.top1",
    ),
}


def print_beside(rows):
    """Print numbers of the original and of this package, each from its record."""
    print(f"{'':28}{'original':>12}{'here':>12}")
    for name, (original, here) in rows.items():
        print(f"{name:28}{al.claim(original)!s:>12}{al.claim(here)!s:>12}")


print_beside(ROWS)

# %%
# The original trained each float network for :claim:`seed.vgg_cifar10.ladder_float.epochs`.
# Ours took far fewer; ``al.training.RECIPES`` holds what decides their training, and
# ``akida-lite train`` repeats it. :doc:`/user_guide/claims` says for each number what it was
# measured with.
#
# 1. Load and scale the images
# ----------------------------
# The integer model reads the pixels as they are; Keras reads ``(pixel - b) / a``. The pair
# ``(a, b)`` is handed to the conversion, so that both mean the same image.

images, labels = al.datasets.load_cifar10_sample()
label_names = list(al.datasets.CIFAR10_LABELS)

a, b = input_scaling = (255, 0)
x = (images.astype(np.float32) - b) / a
print("pixels", images.shape, images.dtype, "- Keras input", x.dtype, "up to", x.max())

# %%
# 2. A quantized Keras VGG
# ------------------------
# ``vgg_cifar10`` builds the network out of quantized layers; ``weights="cifar10"`` loads the
# weights that were trained for this combination of bits. They ship with the package, packed to
# a few bits each, and are checked against their SHA-256.

vgg_keras = al.zoo.vgg_cifar10(
    (32, 32, 3),
    weights="cifar10",
    weights_quantization=2,
    activ_quantization=2,
    input_weights_quantization=2,
)
vgg_keras.summary(line_length=80, print_fn=print)

# %%
# Going down to 2 bits in one jump would lose too much. The network was trained in float first
# and then retrained with fewer and fewer bits, each time starting from the weights of the step
# before. All steps ship, so you can start from any of them.

LADDER = {
    "float": "float",
    "4-bit weights, 4-bit activ.": "w4a4",
    "3-bit weights, 4-bit activ.": "w3a4",
    "3-bit weights, 3-bit activ.": "w3a3",
    "2-bit weights, 3-bit activ.": "w2a3",
}
steps = {
    name: (f"seed.vgg_cifar10.ladder_{step}.top1", f"vgg_cifar10_{step}.keras.top1")
    for name, step in LADDER.items()
}
steps["2-bit weights, 2-bit activ."] = (
    "seed.vgg_cifar10.ladder_w2a2.top1",
    "vgg_cifar10.keras.top1",
)
print_beside(steps)

# %%
# A step can end above the one before in spite of fewer bits: it goes on with the same weights,
# which have then been trained all the longer.
#
# We check the accuracy of the Keras model on the shipped images, and how long it takes.
# ``verify`` holds the count against the record: if it is not what was published, this page
# cannot be built.

start = time.perf_counter()
vgg_keras_labels = vgg_keras.predict(x, batch_size=100, verbose=0).argmax(axis=1)
vgg_keras_seconds = time.perf_counter() - start

vgg_keras_correct = accuracy_score(labels, vgg_keras_labels, normalize=False)
al.claim("vgg_cifar10.keras.top1_n1000").verify(vgg_keras_correct, len(labels))
print(f"Accuracy: {vgg_keras_correct / len(labels):.2%}")
print(f"Keras took {vgg_keras_seconds:.2f} s in this run")

# %%
# On fewer images the number means less. Here and in the original, Keras:


def print_by_images(model, ours, original):
    """Print accuracy on the first 100, the first 1,000 and all 10,000 test images."""
    print_beside(
        {
            f"first {count} images": (
                f"seed.{model}.{original}.top1{suffix}",
                f"{model}.{ours}.top1{suffix}",
            )
            for count, suffix in (("100", "_n100"), ("1,000", "_n1000"), ("10,000", ""))
        }
    )


print_by_images("vgg_cifar10", "keras", "quantized")

# %%
# 3. Convert the VGG
# ------------------
# The conversion needs the Keras model and the scaling of its input. Each quantized weight
# becomes an integer; batch normalization and activation become integer thresholds.

vgg = al.convert(vgg_keras, input_scaling=input_scaling, labels=label_names)
vgg.summary()

# %%
# The column HW says whether the chip takes the layer; a note below the table gives the reason
# where it does not. Shapes are height, width, channels.
#
# Now the same images through integers only, without any float number in between:

start = time.perf_counter()
vgg_labels = vgg.predict(images)
vgg_seconds = time.perf_counter() - start

vgg_correct = accuracy_score(labels, vgg_labels, normalize=False)
al.claim("vgg_cifar10.akida.top1_n1000").verify(vgg_correct, len(labels))
print(f"Accuracy: {vgg_correct / len(labels):.2%}")
print(f"Keras took {vgg_keras_seconds:.2f} s in this run")
print(f"Integers took {vgg_seconds:.2f} s in this run")

# %%

print_by_images("vgg_cifar10", "akida", "akida")

# %%
# In the original, Keras and Akida differ on these tables, which is explained there by the
# conversion. Here the conversion keeps every threshold. What can still tell the two apart are
# sums so close to a threshold, or to each other, that Keras's float32 rounds them to the other
# side.

vgg_agree = int((vgg_labels == vgg_keras_labels).sum())
al.claim("vgg_cifar10.agree.top1_n1000").verify(vgg_agree, len(labels))
print(f"same class for {vgg_agree} of {len(labels)} images")

# %%
# Equal classes could still hide different activations. ``compare`` runs some images through
# both models and holds every output of every layer against its twin. Where a value differs, it
# names the first one.

al.compare(vgg_keras, vgg, images[:20])

# %%
# Statistics describe the last run, so the next run is what they are about. The operations of a
# layer are the events that enter it (activations other than zero), times the weights that each
# one meets.

statistics = vgg.get_statistics()
vgg.predict(images[:20])
statistics

# %%
# Beside the original, which counted 20 images as well. The two networks have the same shape;
# what differs is the training, and with it which activations are zero.


def print_operations(model, statistics):
    """Print input sparsity and operations of each layer, here and in the original."""
    print(f"{'':14}{'input sparsity':^20}{'operations an image':^28}")
    print(f"{'':14}{'original':>10}{'here':>10}{'original':>14}{'here':>14}")
    for name, layer in statistics.items():
        if layer.counts_input:
            sparsity, ops = (
                float(al.claim(f"seed.{model}.{name}.{quantity}"))
                for quantity in ("input_sparsity", "ops")
            )
            print(
                f"{name:14}{sparsity:>10.2f}{layer.input_sparsity:>10.2f}"
                f"{ops:>14,.0f}{layer.ops:>14,}"
            )


print_operations("vgg_cifar10", statistics)

# %%
# 4. A quantized Keras MobileNet
# ------------------------------
# Separable convolutions have far fewer weights. The chip holds theirs with 4 bits.

mobilenet_keras = al.zoo.mobilenet_cifar10(
    (32, 32, 3),
    weights="cifar10",
    weights_quantization=4,
    activ_quantization=4,
    input_weights_quantization=8,
)
mobilenet_keras.summary(line_length=80, print_fn=print)

# %%

start = time.perf_counter()
mobilenet_keras_labels = mobilenet_keras.predict(x, batch_size=100, verbose=0).argmax(
    axis=1
)
mobilenet_keras_seconds = time.perf_counter() - start

mobilenet_keras_correct = accuracy_score(
    labels, mobilenet_keras_labels, normalize=False
)
al.claim("mobilenet_cifar10.keras.top1_n1000").verify(
    mobilenet_keras_correct, len(labels)
)
print(f"Accuracy: {mobilenet_keras_correct / len(labels):.2%}")
print(f"Keras took {mobilenet_keras_seconds:.2f} s in this run")
print_by_images("mobilenet_cifar10", "keras", "quantized")

# %%
# 5. Convert the MobileNet
# ------------------------

mobilenet = al.convert(mobilenet_keras, input_scaling=input_scaling, labels=label_names)
mobilenet.summary()

# %%

start = time.perf_counter()
mobilenet_labels = mobilenet.predict(images)
mobilenet_seconds = time.perf_counter() - start

mobilenet_correct = accuracy_score(labels, mobilenet_labels, normalize=False)
al.claim("mobilenet_cifar10.akida.top1_n1000").verify(mobilenet_correct, len(labels))
print(f"Accuracy: {mobilenet_correct / len(labels):.2%}")
print(f"Keras took {mobilenet_keras_seconds:.2f} s in this run")
print(f"Integers took {mobilenet_seconds:.2f} s in this run")
print_by_images("mobilenet_cifar10", "akida", "akida")

# %%
# The classes of Keras and of the integers, and every layer's outputs:

mobilenet_agree = int((mobilenet_labels == mobilenet_keras_labels).sum())
al.claim("mobilenet_cifar10.agree.top1_n1000").verify(mobilenet_agree, len(labels))
print(f"same class for {mobilenet_agree} of {len(labels)} images")
al.compare(mobilenet_keras, mobilenet, images[:20])

# %%
# Where the classes differ, who is right? The same Keras model can compute in float64, which
# leaves rounding errors so small that no sum gets past a threshold by them. It is slow, so it
# is asked for those images only. Two classes may also have the very same score; then both are
# right.

keras.config.set_floatx("float64")  # What the images become.
keras.config.set_dtype_policy("float64")  # What the layers compute in.
precise = al.zoo.mobilenet_cifar10(
    (32, 32, 3),
    weights="cifar10",
    weights_quantization=4,
    activ_quantization=4,
    input_weights_quantization=8,
)
keras.config.set_dtype_policy("float32")
keras.config.set_floatx("float32")

different = np.flatnonzero(mobilenet_labels != mobilenet_keras_labels)
explained = mobilenet_agree
if len(different):
    precise_scores = np.asarray(precise((images[different] - b) / a))
    precise_labels = precise_scores.reshape(len(different), -1).argmax(axis=1)
    potentials = mobilenet.forward(images[different]).reshape(len(different), -1)
    chosen = potentials[np.arange(len(different)), precise_labels]
    explained += int((chosen == potentials.max(axis=1)).sum())
al.claim("mobilenet_cifar10.explained.top1_n1000").verify(explained, len(labels))
print(f"the same or explained for {explained} of {len(labels)} images")

# %%

mobilenet_statistics = mobilenet.get_statistics()
mobilenet.predict(images[:20])
print_operations("mobilenet_cifar10", mobilenet_statistics)

# %%
# The MobileNet has fewer weights and yet causes more operations: an event passes its depthwise
# kernel and all filters behind it once for each position of the kernel.
# :doc:`plot_6_events_and_cost` says more about operations.

for name, found in (("VGG", statistics), ("MobileNet", mobilenet_statistics)):
    print(f"{name:10}{found.ops:>14,} operations an image")

# %%
# 6. The scores of one image
# --------------------------
# Any image would do; the generator is seeded, so that the page shows the same one each time.

index = int(np.random.default_rng(2020).integers(len(images)))
scores = mobilenet.evaluate(images[index : index + 1])[0]
axes = al.plots.potentials(
    scores, label_names, true=int(labels[index]), image=images[index]
)

# %%
# 7. All accuracies at a glance
# -----------------------------

axes = plt.subplots(figsize=(8, 3.5), layout="constrained")[1]
for column, (label, marker, colour) in enumerate(
    (("original", "|", "black"), ("here", "o", "#0072B2"))
):
    accuracies = [float(al.claim(ids[column])) for ids in ROWS.values()]
    axes.plot(accuracies, list(ROWS), marker, markersize=11, color=colour, label=label)
axes.invert_yaxis()
axes.grid(axis="x", alpha=0.4)
axes.set_xlabel("test images classified correctly (percent of 10,000)")
axes.set_title("Accuracy of six models, in the original and here")
axes.legend()
plt.show()

# sphinx_gallery_thumbnail_number = 1
