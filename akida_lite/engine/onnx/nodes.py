"""An ONNX graph under construction: constants, nodes, and the few shapes data take."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from akida_lite.layers import Shape

# Set 14 has the newest operators used here: ReduceSum with axes as an input (13) and Add of
# uint8 (14).
OPSET = 14
# Version of the file format that came with it; runtimes refuse newer formats than theirs.
IR_VERSION = 7

TO_NCHW = [0, 3, 1, 2]
TO_NHWC = [0, 2, 3, 1]


class Map(NamedTuple):
    """A map in the graph, laid out (n, channels, height, width), as ONNX wants it.

    Attributes
    ----------
    name : str
    shape : (height, width, channels)
    order : int64 array of shape (channels,)
        Which of the layer's channels lies at each place.
    """

    name: str
    shape: Shape
    order: npt.NDArray[np.int64]


class Value(NamedTuple):
    """What enters or leaves the graph: an array of shape (n, *shape), laid out as we do."""

    name: str
    shape: Shape
    dtype: type[np.generic]


class Graph:
    """Nodes and constants, in the order in which they were added.

    Parameters
    ----------
    eight_bits : bool
        Whether products may be computed in bytes; if not, in float32.
    """

    def __init__(self, *, eight_bits: bool = True) -> None:
        self.eight_bits = eight_bits
        # The import stands here so that importing the engine does not import onnx, which is
        # untyped.
        self._onnx: Any = import_module("onnx")
        self._transposed: dict[str, tuple[str, list[int]]] = {}
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.scope = ""

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike) -> str:
        """Add an array of the given type and return its name."""
        array = np.asarray(values, dtype)
        name = f"{self.scope}/constant_{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name, made up if not given."""
        name = output or f"{self.scope}/{operator}_{len(self.nodes)}"
        node = self._onnx.helper.make_node(operator, inputs, [name], name, **attributes)
        self.nodes.append(node)
        return name

    def cast(self, source: str, dtype: npt.DTypeLike) -> str:
        """Add a conversion to another type."""
        to = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", source, to=to)

    def transpose(self, source: str, axes: list[int]) -> str:
        """Add a transposition, unless it undoes the one just made."""
        before, made = self._transposed.get(source, ("", []))
        if made and [made[axis] for axis in axes] == [0, 1, 2, 3]:
            return before
        name = self.add("Transpose", source, perm=axes)
        self._transposed[name] = (source, axes)
        return name

    def reshape(self, source: str, *shape: int) -> str:
        """Add a change of shape; -1 stands for the one size that is not given."""
        return self.add("Reshape", source, self.constant(shape, np.int64))

    def clip(self, source: str, highest: int) -> str:
        """Add an upper bound on uint8."""
        bounds = (self.constant(0, np.uint8), self.constant(highest, np.uint8))
        return self.add("Clip", source, *bounds)

    def first_channels(self, source: str, wanted: int, present: int) -> str:
        """Add the selection of the first channels of a map, unless that is all of them."""
        if wanted == present:
            return source
        bounds = [self.constant([value], np.int64) for value in (0, wanted, 1)]
        return self.add("Slice", source, *bounds)

    def model(self, entry: Value, exits: list[Value]) -> Any:
        """Return the graph as an onnx.ModelProto."""
        helper = self._onnx.helper
        entries, outputs = (
            [
                helper.make_tensor_value_info(
                    value.name,
                    helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype)),
                    ["n", *value.shape],
                )
                for value in values
            ]
            for values in ([entry], exits)
        )
        graph = helper.make_graph(self.nodes, "akida_lite", entries, outputs, self.constants)
        return helper.make_model(
            graph,
            producer_name="akida_lite",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
