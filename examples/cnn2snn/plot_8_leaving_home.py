"""
Does the model need this package to run?
========================================

A network is of use where it can run, and this package is not installed everywhere.

This page exports the VGG to ONNX and runs the file with nothing but ONNX Runtime and numpy.
You will see that the file gives the integers of the reference backend, bit for bit, and what
it says about itself. Then the same network runs in a browser. The page takes less than a
minute.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import onnx
import onnxruntime

import akida_lite as al

keras.utils.set_random_seed(0)
BLUE, VERMILION = al.plots.COLOURS[:2]

# %%
# Export
# ------
# ONNX is an open format for networks, with runtimes for most processors. Its quantized
# operators compute with integers, but end in a multiplication by a float scale and a
# rounding. The export is only worth something if that rounding never goes astray.

classes = "airplane automobile bird cat deer dog frog horse ship truck".split()
bits = {
    "weights_quantization": 2,
    "activ_quantization": 2,
    "input_weights_quantization": 2,
}
keras_model = al.zoo.vgg_cifar10(weights="cifar10", **bits)
model = al.convert(keras_model, input_scaling=(255, 0), labels=classes)

folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "vgg.onnx"
model.to_onnx(path)
print(f"{path.name}: {path.stat().st_size:,} bytes")

# %%
# Whether the file obeys the standard is for the standard's own checker to say. It raises an
# exception if it finds anything.

exported = onnx.load(path)
onnx.checker.check_model(exported, full_check=True)
print(
    "format version",
    exported.ir_version,
    "and operators of version",
    exported.opset_import[0].version,
)

# %%
# What is inside?
# ---------------
# Counting the operators shows how little a network of integers needs.

counts = Counter(node.op_type for node in exported.graph.node)
names, numbers = zip(*counts.most_common()[::-1], strict=True)
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
bars = ax.barh(names, numbers, color=BLUE)
ax.bar_label(bars, padding=3)
ax.set(xlabel="number of nodes", title="Operators in the exported VGG")
plt.show()

# %%
# Every layer with an activation is one ``QLinearConv``: bytes in, a sum of products, bytes
# out. Pooling and ``Clip`` work on bytes too; ``Transpose`` and ``Reshape`` move them about.
# The last layer has no activation, and its sums are computed in float32, small enough to be
# exact. :doc:`/user_guide/engine` explains why none of this rounds where it should not.
#
# Away from home
# --------------
# From here on pretend to be on another machine. All there is are the file, ONNX Runtime, and
# pixels.

session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
for value in (*session.get_inputs(), *session.get_outputs()):
    print(value.name, value.type, value.shape)

# %%
# Input are pixels as they come from a file, not divided by anything: the scaling is part of
# the thresholds. Output are integer potentials.

images, labels = al.datasets.load_cifar10_sample()
(abroad,) = session.run(["output"], {"input": images[:100]})
print(abroad.dtype, abroad.shape)
print(abroad[0, 0, 0])

# %%
# The same bits?
# --------------
# The reference backend is slow, written to be read, and defines what is right. A few images
# are enough, because each of them asks hundreds of thousands of neurons.

at_home = model.forward(images[:6], backend="reference")
print("equal:", np.array_equal(abroad[:6], at_home))

# %%
# Every potential lies on the diagonal, and none near it: there is no tolerance in the line
# above. The fast backend can afford to be asked about all hundred images.

fig, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
ax.plot(at_home.ravel(), abroad[:6].ravel(), "o", color=VERMILION, fillstyle="none")
ends = [at_home.min(), at_home.max()]
ax.plot(ends, ends, color="black", linewidth=0.8, label="equal")
ax.set(
    xlabel="reference backend (potential)",
    ylabel="ONNX Runtime (potential)",
    aspect="equal",
)
ax.set_title(f"{at_home.size} potentials of 6 images, here and abroad")
ax.legend()
plt.show()

print("equal on 100 images:", np.array_equal(abroad, model.forward(images[:100])))

# %%
# What does the file say about itself?
# ------------------------------------
# The graph holds the integers; what they mean is in the metadata: the names of the classes,
# how pixels related to what Keras was trained on, where the model came from, a checksum of its
# weights, and what one unit of potential is worth in the score of the Keras model.

facts = session.get_modelmeta().custom_metadata_map
for name, value in sorted(facts.items()):
    print(f"{name:<18}{value if len(value) < 70 else value[:67] + '...'}")

# %%
# That is enough to name the class of an image and to give its score, without this package.

scale, offset, names = (
    np.array(json.loads(facts[key]))
    for key in ("potential_scale", "potential_offset", "labels")
)
scores = abroad[:, 0, 0] * scale + offset
for image in range(4):
    print(
        f"image {image}: {names[scores[image].argmax()]}, score {scores[image].max():.3f}"
    )

# %%
# The package gives the same names and scores.

print(
    "classes equal:", np.array_equal(scores.argmax(axis=1), model.predict(images[:100]))
)
print(
    "scores equal:",
    np.array_equal(scores.astype(np.float32), model.evaluate(images[:100])),
)

# %%
# Where not even a runtime is installed
# -------------------------------------
# A browser is. The model writes a folder with a page, an engine of its own and its weights,
# which any web server can offer, and which also opens from a disk.

page = Path(folder.name) / "page"
model.to_web(page, samples=images[np.unique(labels, return_index=True)[1]])
for file in sorted(page.iterdir()):
    print(f"{file.name:<15}{file.stat().st_size:>10,} bytes")

# %%
# The page repeats what the reference backend computed for some images, and says whether the
# bits are the same. This is what it shows. The weights are those that ship, of which the pages
# here share one copy; this page's own are equal:
#
# .. live-model:: vgg_cifar10
#
#    The exported page, with its own pictures and yours. Without JavaScript and WebAssembly,
#    this picture of the input is all there is.

same = all(
    np.array_equal(ours.weights, shipped.weights)
    for ours, shipped in zip(model, al.pretrained("vgg_cifar10"), strict=True)
)
print("the weights of this page are those that ship:", same)
folder.cleanup()
