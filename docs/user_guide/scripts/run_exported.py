"""Classify images with an exported model: python run_exported.py MODEL.onnx IMAGES.npy."""

import json
import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(potentials,) = session.run(["output"], {"input": np.load(sys.argv[2])})
facts = session.get_modelmeta().custom_metadata_map
scale, offset = (json.loads(facts[f"potential_{name}"]) for name in ("scale", "offset"))
print((potentials[:, 0, 0] * scale + offset).argmax(axis=1).tolist())
