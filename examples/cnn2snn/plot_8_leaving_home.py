"""
Does the model need this package to run?
========================================

A network is of use where the pictures are: on a phone, in a web shop, on a machine in a
factory. This package is installed on none of them.

Here the VGG leaves home twice. First it becomes an ONNX file, which runs with nothing but ONNX
Runtime and numpy. You will see what is inside, what it says of sixteen photos, and that its
integers are the same, bit for bit. Then the VGG becomes a web page. The page takes less than
half a minute on two free cores, and downloads nothing.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnx
import onnxruntime

import akida_lite as al

BLUE, VERMILION = al.plots.COLOURS[:2]

# %%
# Export
# ------
# ONNX is an open format for networks, with runtimes for most processors. One call writes the
# file. It is ready for use: the scaling of the pixels is part of its :term:`thresholds
# <threshold>`.

model = al.pretrained("vgg_cifar10")
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "vgg.onnx"
model.to_onnx(path)
print(f"{path.name}: {path.stat().st_size:,} bytes")

# %%
# What is inside?
# ---------------
# The standard's own checker reads the file, and raises an exception if the file breaks the
# standard. Then the operators are counted: a network of integers needs few.

exported = onnx.load(path)
onnx.checker.check_model(exported, full_check=True)
counts = Counter(node.op_type for node in exported.graph.node)
names, numbers = zip(*counts.most_common()[::-1], strict=True)

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
bars = ax.barh(names, numbers, color=BLUE)
ax.bar_label(bars, padding=3)
ax.set(xlabel="number of nodes")
ax.set_title(f"{len(names)} kinds of operators make the whole VGG")
plt.show()

# %%
# Every layer with an activation is one ``QLinearConv``: bytes in, a sum of products, bytes
# out. Pooling and ``Clip`` work on bytes too. ``Transpose`` and ``Reshape`` move them about.
# The last layer has no activation: its sums are computed in float32, and are small enough to
# be exact.
#
# A ``QLinearConv`` ends in a multiplication by a float scale and a rounding. The export is only
# worth something if that rounding never goes astray. :doc:`/user_guide/engine` explains why it
# does not.
#
# Away from home
# --------------
# From here on, pretend to be on another machine. There are only the file, ONNX Runtime, numpy
# and some photos. Pixels go in as they come from a file. What comes out is a
# :term:`potential` for each class.

images, labels = al.datasets.load_cifar10_sample()
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
(abroad,) = session.run(["output"], {"input": images[:100]})

# %%
# What do these integers mean? The file says so itself: the names of the classes, what one unit
# of potential is worth in the score of the Keras model, where the model came from, and a
# checksum of its weights.

facts = session.get_modelmeta().custom_metadata_map
entries = {name: [value[:60]] for name, value in sorted(facts.items())}
al.show(al.table(entries, ["entry", "begins with"], "What the file says about itself"))

# %%
# That is enough to name the class of an image without this package. A frame marks what the
# file gets wrong.

scale, offset, classes = (
    np.array(json.loads(facts[key]))
    for key in ("potential_scale", "potential_offset", "labels")
)
scores = abroad[:, 0, 0] * scale + offset
decided = scores.argmax(axis=1)
al.plots.images(images[:16], labels[:16], decided[:16], names=classes)
plt.show()

# %%
# The same bits?
# --------------
# The package has several backends. The one named *reference* is slow, written to be read, and
# defines what is right. Six images are enough for it, because each of them asks hundreds of
# thousands of neurons. Every potential must lie on the diagonal, and none near it.

at_home = model.forward(images[:6], backend="reference")

fig, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
ax.plot(at_home.ravel(), abroad[:6].ravel(), "o", color=VERMILION, fillstyle="none")
ends = [at_home.min(), at_home.max()]
ax.plot(ends, ends, color="black", linewidth=0.8, label="equal")
ax.set(xlabel="reference backend (potential)", ylabel="ONNX Runtime (potential)")
ax.set_aspect("equal")
same = (abroad[:6] == at_home).sum()
ax.set_title(f"{same} of {at_home.size} potentials of 6 images are equal")
ax.legend()
plt.show()

# %%
# A picture could hide a small difference, so equality is asserted, without any tolerance. The
# fast backend can afford to be asked about all hundred images.

assert np.array_equal(abroad[:6], at_home)
assert np.array_equal(abroad, model.forward(images[:100]))
assert np.array_equal(decided, model.predict(images[:100]))
assert np.array_equal(scores.astype(np.float32), model.evaluate(images[:100]))

# %%
# Where not even a runtime is installed
# -------------------------------------
# A browser is. The model writes a folder with a page, an engine of its own and its weights. Any
# web server can offer the folder, and the page also opens from a disk.

page = Path(folder.name) / "page"
model.to_web(page, samples=images[np.unique(labels, return_index=True)[1]])
sizes = {file.name: [file.stat().st_size] for file in sorted(page.iterdir())}
al.show(al.table(sizes, ["file", "bytes"], "The folder of the web page"))

# %%
# ONNX file and web page were made to be looked at here. Their folder can go.

folder.cleanup()

# %%
# The page repeats what the reference backend computed for some images, and says whether the
# bits are the same. This is what it shows:
#
# .. live-model:: vgg_cifar10
#
#    The exported page, with its own pictures and yours. Without JavaScript and WebAssembly,
#    this picture of the input is all there is.
#
# .. admonition:: Try it
#
#    * Export the other network: ``al.pretrained("mobilenet_cifar10")``. The chart shows more
#      nodes, and all assertions still hold.
#    * Write the folder to a place of your own, and open its ``index.html``:
#      ``model.to_web("my_page")``.
#    * Give ONNX Runtime darker images than the package: ``{"input": images[:100] // 2}``. The
#      first assertion fails.
#
# Where to go on
# --------------
# * What a script needs to run the file, in ten lines: :doc:`/user_guide/engine`.
# * Both networks, live, on a picture of your own: :doc:`/run_it_here`.
# * Runtimes for other languages and processors: `ONNX Runtime <https://onnxruntime.ai/>`_.

# sphinx_gallery_thumbnail_number = 2
