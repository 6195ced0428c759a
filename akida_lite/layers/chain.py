"""Layers in a row: whether each can read what the one before emits."""

from __future__ import annotations

from akida_lite.errors import LayerError, Problem, layer_problem
from akida_lite.fixed_point import INT32_MAX
from akida_lite.layers.fields import refuse
from akida_lite.layers.finish import Shape
from akida_lite.layers.kinds import InputLayer, Layer


def layer_shapes(layers: tuple[Layer, ...]) -> list[tuple[Shape, Shape]]:
    """Return (input shape, output shape) of every layer of a chain.

    Parameters
    ----------
    layers : tuple of Layer
        The first is an `InputConvolutional` or an `InputData`.

    Raises
    ------
    LayerError
        If the first layer is no input layer or another one is, a map does not fit the next
        layer, widths disagree, or a potential could leave 32 bits.
    """
    first = input_layer(layers)
    shape, bits = first.input_shape, first.input_bits
    shapes: list[tuple[Shape, Shape]] = []
    for index, layer in enumerate(layers):
        if not isinstance(layer, Layer):  # pyright: ignore[reportUnnecessaryIsInstance]
            problem = f"is a {type(layer).__name__}, no integer layer"
            raise LayerError(Problem(f"layer {index}", problem, "give what convert() returns"))
        if layer.starts_models and index > 0:
            refuse(layer, "is an input layer but is not first", "put it first, or leave it out")
        if layer.input_bits != bits:
            refuse(
                layer,
                f"reads {layer.input_bits}-bit events, the layer before emits {bits}",
                "declare the width that arrives",
            )
        out = layer.output_shape(shape)
        bound = layer.potential_bound(shape)
        if bound > INT32_MAX:
            problem = f"a potential can reach {bound}, beyond 32 bits"
            refuse(layer, problem, "use fewer weight or input bits")
        if index < len(layers) - 1 and layer.act_bits is None:
            refuse(layer, "has no activation but is not last", "give it a Staircase")
        bits = layer.act_bits or bits
        shapes.append((shape, out))
        shape = out
    return shapes


def input_layer(layers: tuple[Layer, ...]) -> InputLayer:
    """Return the first layer of a chain.

    Raises
    ------
    LayerError
        If there is none, or it reads neither pixels nor data.
    """
    if not layers or not isinstance(layers[0], InputLayer):
        first = type(layers[0]).__name__ if layers else "nothing"
        name = getattr(layers[0], "name", "") if layers else ""
        problem = "a model starts with an input layer"
        remedy = "put an InputConvolutional or an InputData first"
        raise LayerError(layer_problem(name, first, problem, remedy))
    return layers[0]
