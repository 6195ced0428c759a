"""
Where does the model err?
=========================

A network that errs on few images may still err on the ones that matter. One number of accuracy
does not say which those are.

This page looks at the errors of the VGG with two bits. You will see the images that it finds
hardest, the classes that it confuses, and how far its confidence can be believed. At the end
the float network is asked about the same images: which errors are due to two bits, and which
does it make as well? The page takes less than half a minute on two free cores, and downloads
nothing.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    confusion_matrix,
    precision_recall_fscore_support,
)

import akida_lite as al

BLUE, VERMILION = al.plots.COLOURS[:2]
images, labels = al.datasets.load_cifar10_sample()
names = list(al.datasets.CIFAR10_LABELS)

# %%
# Two models, the same images
# ---------------------------
# The float network is what quantization started from, and the integer model is what came out.
# The scores of both become logarithms of probabilities, so that they can be compared.

float_model = al.zoo.vgg_cifar10(weights="cifar10")
keras_model = al.zoo.vgg_cifar10(
    weights="cifar10",
    weights_quantization=2,
    activ_quantization=2,
    input_weights_quantization=2,
)
model = al.convert(keras_model, input_scaling=(255, 0), labels=names)

float_scores = log_softmax(float_model.predict(images / 255, verbose=0), axis=1)
scores = log_softmax(model.evaluate(images), axis=1)
predicted, float_predicted = model.predict(images), float_scores.argmax(axis=1)
al.claim("vgg_cifar10.akida.top1_n1000").verify(
    int((predicted == labels).sum()), len(labels)
)

# %%
# The hardest images
# ------------------
# An image is hard if the model gives a low probability to the right class. These are the
# hardest. Above each stands the right class and, where it is another one, what the model says.

of_truth = scores[np.arange(len(labels)), labels]
hardest = of_truth.argsort(kind="stable")[:16]
al.plots.images(images[hardest], labels[hardest], predicted[hardest], names=names)
plt.show()

# %%
# Which classes?
# --------------
# ``predict`` returns one class for each image, and scikit-learn needs no more. *Recall* is the
# share of a class's images that are found. *Precision* is the share of the images given a class
# that belong to it.

precision, recall, _, number = precision_recall_fscore_support(
    labels, predicted, labels=range(10), zero_division=0
)
by_class = {
    name: [int(n), f"{found:.3f}", f"{true:.3f}"]
    for name, n, found, true in zip(names, number, recall, precision, strict=True)
}
al.show(al.table(by_class, ["class", "images", "recall", "precision"], "By class"))

# %%
# Each row of the confusion matrix shows what the model says of the images of one class. The
# diagonal counts the images that are right. It is left out of the colours, because it would
# outshine all errors.

confusion = confusion_matrix(labels, predicted, labels=range(10))
errors = confusion - np.diag(confusion.diagonal())
axes = plt.subplots(figsize=(7, 6), layout="constrained")[1]
display = ConfusionMatrixDisplay(errors, display_labels=names)
display.plot(ax=axes, cmap="cividis", xticks_rotation=45, include_values=False)
for row, column in np.ndindex(confusion.shape):
    dark = errors[row, column] < errors.max() / 2
    colour = "white" if dark else "black"
    axes.text(
        column, row, confusion[row, column], ha="center", va="center", color=colour
    )
true, wrong = np.unravel_index(errors.argmax(), errors.shape)
axes.set_title(
    f"Most frequent error: {errors.max()} times a {names[true]} is a {names[wrong]}"
)
plt.show()

# %%
# Can the scores be believed?
# ---------------------------
# A model gives each image a probability, its confidence. If the model is *calibrated*, then
# eight in ten images with a confidence of 0.8 are right. A point below the diagonal is too
# confident, a point above it not confident enough.

confidence = np.exp(scores.max(axis=1))
float_confidence = np.exp(float_scores.max(axis=1))
axes = plt.subplots(figsize=(6, 5), layout="constrained")[1]
axes.plot([0, 1], [0, 1], "--", color="black", label="calibrated")
gaps = []
for label, style, colour, sure, chosen in (
    ("float, Keras", "s--", BLUE, float_confidence, float_predicted),
    ("2 bits, integers", "o-", VERMILION, confidence, predicted),
):
    gaps.append(np.mean(chosen == labels) - sure.mean())
    share, mean = calibration_curve(
        chosen == labels, sure, n_bins=6, strategy="quantile"
    )
    axes.plot(mean, share, style, color=colour, label=label)
axes.set(xlabel="confidence of the model", ylabel="share that is right")
axes.set_title(
    "Share that is right less mean confidence: "
    f"float {gaps[0]:+.3f}, 2 bits {gaps[1]:+.3f}",
    fontsize="medium",
)
axes.legend()
plt.show()

# %%
# The chip compares :term:`potentials <potential>`, and never computes probabilities. Whoever
# acts on a confidence should correct it first, on images that were not trained on. Multiplying
# all scores by one factor moves the curve towards the diagonal, and leaves every class as it
# is. The inverse of this factor is called *temperature*.

# %%
# What did quantization change?
# -----------------------------
# Each of the two models gets some images right that the other gets wrong.

right, float_right = predicted == labels, float_predicted == labels
both = confusion_matrix(float_right, right, labels=[True, False])
fates = dict(zip(["float right", "float wrong"], both.tolist(), strict=True))
al.show(al.table(fates, ["", "2 bits right", "2 bits wrong"], "Images by who is right"))

# %%
# Only the images on which exactly one of the two is right tell them apart. If quantization did
# no harm, each model would be the right one in about half of these. McNemar's test says how
# probable a split as uneven as this one would then be.

lost, gained = int(np.sum(float_right & ~right)), int(np.sum(~float_right & right))
test = binomtest(lost, lost + gained)
print(
    f"lost {lost}, gained {gained}; probability of a split as uneven: {test.pvalue:.2g}"
)

# %%
# Which images change their class? The *margin* is how far the best class is ahead of the
# second. Where the float model has a small margin, a little rounding turns the two around.

best = np.sort(float_scores, axis=1)
margin = best[:, -1] - best[:, -2]
groups = {
    "same class": margin[predicted == float_predicted],
    "other class": margin[predicted != float_predicted],
}
axes = plt.subplots(figsize=(8, 3), layout="constrained")[1]
axes.boxplot(list(groups.values()), orientation="horizontal", tick_labels=list(groups))
axes.set_xlabel(
    "margin of the float model between its two best classes (log of a ratio)"
)
same, other = map(np.median, groups.values())
axes.set_title(
    f"Where two bits change the class, the float margin is small: median {other:.2f}, "
    f"elsewhere {same:.2f}",
    fontsize="medium",
)
plt.show()

# %%
# In the upper row are the images that change their class. Never train on test images, these
# included: they would no longer measure anything. Train on more *training* images of the same
# kind instead, with a small margin or of the two classes that are confused most.

# %%
# .. admonition:: Try it
#
#    * Multiply the scores of the integer model by one factor: ``log_softmax(1.4 *
#      model.evaluate(images), axis=1)``. The mean confidence rises to the share of images that
#      are right, and no class changes.
#    * Sort by ``-of_truth``: these are the images that the model is surest of.
#
# Where to go on
# --------------
# * What each bit less costs, and how training wins it back: :doc:`plot_4_training_ladder`.
# * Images of your own: :doc:`/user_guide/images`.
# * More about calibration: `scikit-learn's guide
#   <https://scikit-learn.org/stable/modules/calibration.html>`_.

# sphinx_gallery_thumbnail_number = 1
