"""
Where does the model err?
=========================

At the end of this page you will know which classes the 2-bit integer model confuses, whether
its scores can be believed, which images it finds hardest, and which of its errors come from
quantization and which the float model makes too.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    classification_report,
    confusion_matrix,
)

import akida_lite as al

images, labels = al.datasets.load_cifar10_sample()
names = list(al.datasets.CIFAR10_LABELS)

# %%
# Two models, the same images
# ---------------------------
# The float network is where quantization started; the integer model is where it ended. Scores
# are taken as logarithms of probabilities, so that the two can be compared.

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
# Which classes?
# --------------
# ``predict`` returns one class an image, which is all that scikit-learn wants.

print(
    classification_report(
        labels, predicted, target_names=names, digits=3, zero_division=0
    )
)

# %%
# A row of the confusion matrix is what became of one class. The diagonal is right, and is left
# out of the colours: otherwise it would be all that one sees.

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
axes.set_title("Images by true and predicted class; colour: errors")
plt.show()

true, wrong = np.unravel_index(errors.argmax(), errors.shape)
print(
    f"most frequent error: {names[true]} taken for {names[wrong]}, {errors.max()} images"
)

# %%
# Can the scores be believed?
# ---------------------------
# If a model is *calibrated*, then of all images that it gives a probability of 0.8, eight in
# ten are right. Points below the diagonal are more confident than they should be, points above
# less.

confidence = np.exp(scores.max(axis=1))
float_confidence = np.exp(float_scores.max(axis=1))
axes = plt.subplots(figsize=(6, 5), layout="constrained")[1]
axes.plot([0, 1], [0, 1], "--", color="black", label="calibrated")
for label, style, sure, chosen in (
    ("float, Keras", "s--", float_confidence, float_predicted),
    ("2 bits, integers", "o-", confidence, predicted),
):
    share, mean = calibration_curve(
        chosen == labels, sure, n_bins=6, strategy="quantile"
    )
    axes.plot(
        mean, share, style, color="#D55E00" if style == "o-" else "#0072B2", label=label
    )
axes.set(xlabel="confidence of the model", ylabel="share that is right")
axes.set_title("Calibration of the float and the 2-bit model")
axes.legend()
plt.show()

for label, sure, chosen in (
    ("float, Keras    ", float_confidence, float_predicted),
    ("2 bits, integers", confidence, predicted),
):
    print(
        f"{label} mean confidence {sure.mean():.3f}, right {np.mean(chosen == labels):.3f}"
    )

# %%
# The chip compares potentials and never computes probabilities; whoever acts on a confidence
# should correct it on images that were not trained on. One factor for all scores
# (*temperature*) is enough to move a curve towards the diagonal, and leaves every class as it
# is.

# %%
# The hardest images
# ------------------
# They are those whose true class got the lowest probability.

of_truth = scores[np.arange(len(labels)), labels]
hardest = of_truth.argsort(kind="stable")[:12]
figure, places = plt.subplots(2, 6, figsize=(10, 4.4), layout="constrained")
figure.suptitle(
    "The twelve images with the least probable true class, and as what they were taken"
)
for place, index in zip(places.flat, hardest, strict=True):
    place.imshow(images[index])
    place.set_axis_off()
    place.set_title(
        f"{names[labels[index]]}\nas {names[predicted[index]]}", fontsize=10
    )
plt.show()

# %%
# What did quantization change?
# -----------------------------
# Two models of different accuracy do not differ by that many images only: each gets some right
# that the other does not.

right, float_right = predicted == labels, float_predicted == labels
print(f"{'':14}{'2 bits right':>14}{'2 bits wrong':>14}")
for name, group in (("float right", float_right), ("float wrong", ~float_right)):
    print(f"{name:14}{np.sum(group & right):>14}{np.sum(group & ~right):>14}")

# %%
# Only the images on which exactly one of the two is right tell them apart. If quantization did
# no harm, either model would be the right one in half of these; McNemar's test says how
# surprising the split would then be.

lost, gained = int(np.sum(float_right & ~right)), int(np.sum(~float_right & right))
test = binomtest(lost, lost + gained)
print(
    f"lost {lost}, gained {gained}; probability of a split as uneven: {test.pvalue:.2g}"
)

# %%
# Where quantization took an image away, the float model was often not sure of it either: the
# lower its margin between the two best classes, the less rounding is needed to turn them
# around.

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
axes.set_title("Margin of the float model where the 2-bit model agrees and where not")
plt.show()
for name, values in groups.items():
    print(f"{name}: {len(values)} images, median margin {np.median(values):.2f}")

# %%
# Training on the images of the lower row, or on images like those of the most frequent error,
# is where the next improvement would start.
