"""Layers as one ONNX graph of standard operators, and the runtime that runs it.

`graph` builds and writes graphs, `runtime` runs them; the other modules say why nothing in
a graph rounds by accident. Importing this room imports neither onnx nor onnxruntime.
"""
