"""One training step, and validation, of a network whose layers form a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from akida_lite.conversion.events import Source, event_sources
from akida_lite.training.batch_norm import normalize_by_batch
from akida_lite.training.batches import Labels, Pixels
from akida_lite.training.muon import Muon
from akida_lite.training.precision import products_in
from akida_lite.training.recipes import Cycle, Recipe

TrainStep = Callable[[Any, Any], Any]
Forward = Callable[[Any], Any]
Scaling = tuple[float, float]
"""``(a, b)`` of ``x_keras = (pixel - b) / a``, as `convert` takes it."""

_MATRICES = ("kernel", "pointwise_kernel")
_KERNELS = (*_MATRICES, "depthwise_kernel")


def scores_of(
    model: keras.Model, x: Any, training: bool, seen: dict[str, Any] | None = None
) -> Any:
    """Return the network's outputs for images of any size.

    A dense layer expects the map of full-size images; smaller maps are enlarged to it by
    repeating positions, so that training may begin with small images.

    Parameters
    ----------
    model : keras.Model
        Its layers form a chain.
    x : float32 tensor of shape (n, h, w, c)
    training : bool
    seen : dict, optional
        Receives what each layer gives, by its name.
    """
    for layer in model.layers[1:]:
        if isinstance(layer, keras.layers.Flatten):
            height, width = layer.input.shape[1:3]
            if tuple(x.shape[1:3]) != (height, width):
                x = tf.image.resize(x, (height, width), "nearest")
        # A frozen normalization keeps using its moving statistics, as in Keras.
        normalizes = isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        x = normalize_by_batch(layer, x) if training and normalizes else layer(x)
        x = tf.cast(x, tf.float32)  # layers that compute in bfloat16 return it
        if seen is not None:
            seen[layer.name] = x
    return x


def event_penalty(sources: Sequence[Source], strength: float, seen: Mapping[str, Any]) -> Any:
    """Return what the events of a batch add to the loss, the mean over its images.

    Parameters
    ----------
    sources : sequence of Source
        Of the network, as `event_sources` gives them.
    strength : float
        For a million operations. At 1, the outcome is the number of millions.
    seen : mapping
        What each layer gave, as `scores_of` fills it.
    """
    costs = [source.cost(strength)(seen[source.layer.name]) for source in sources]
    return tf.add_n(costs) / tf.cast(tf.shape(seen[sources[0].layer.name])[0], tf.float32)


def variables_trained(cycle: Cycle, model: keras.Model) -> list[keras.Variable]:
    """Return what a cycle trains of the model."""
    return [v for v in model.trainable_variables if cycle.kernels or v.name not in _KERNELS]


def optimizer_of(cycle: Cycle, model: keras.Model) -> keras.optimizers.Optimizer:
    """Return the cycle's optimizer, its slots built; the rate is set at every step."""
    variables = variables_trained(cycle, model)
    decay = cycle.weight_decay or None
    if cycle.optimizer == "muon":
        # The last layer is left to Adam, as Keras advises for Muon.
        matrices = [v for v in variables if v.name in _MATRICES][:-1]
        optimizer = Muon(
            matrices,
            precision=cycle.precision,
            momentum=0.9,
            ns_steps=4,
            adam_beta_2=0.99,
            adam_lr_ratio=0.2,
            weight_decay=decay,
            adam_weight_decay=decay,
        )
    else:
        optimizer = keras.optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=decay)
    if decay:
        rest = [v for v in variables if v.name not in _KERNELS]
        optimizer.exclude_from_weight_decay(var_list=rest)
    optimizer.build(variables)
    return optimizer


def training_step(
    recipe: Recipe,
    cycle: Cycle,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    classes: int,
    teacher: keras.Model | None = None,
) -> TrainStep:
    """Return the compiled step: from a uint8 batch and its labels to the mean loss.

    The loss that is lowered has the penalty of events on top.
    """
    layers = [*model.layers, *(teacher.layers if teacher else ())]
    multiplying = [la for la in layers if {v.name for v in la.weights} & {*_KERNELS}]
    sources = event_sources(model) if cycle.event_cost else ()
    variables = variables_trained(cycle, model)

    def targets(x: Any, y: Any) -> Any:
        if teacher is not None:
            return tf.nn.softmax(scores_of(teacher, x, training=False))
        smoothing = recipe.label_smoothing
        return tf.one_hot(y, classes) * (1 - smoothing) + smoothing / classes

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape, products_in(cycle.precision, multiplying):
            seen: dict[str, Any] = {}
            outputs = scores_of(model, x, training=True, seen=seen)
            wanted = tf.stop_gradient(targets(x, y))
            losses = tf.nn.softmax_cross_entropy_with_logits(wanted, outputs)
            loss = whole = tf.reduce_mean(losses)
            if sources:
                whole += event_penalty(sources, cycle.event_cost, seen)
        gradients = tape.gradient(whole, [v.value for v in variables])
        optimizer.apply(gradients, variables)
        return loss

    compiled: TrainStep = tf.function(step, reduce_retracing=True)
    return compiled


def scaled(x: Pixels, size: int, scaling: Scaling) -> Any:
    """Return pixels as the network reads them, resized to `size`."""
    a, b = scaling
    images = (tf.convert_to_tensor(x, tf.float32) - b) / a
    if x.shape[1] != size:
        images = tf.image.resize(images, (size, size), antialias=True)
    return images


def forward_of(model: keras.Model, counting: bool = False) -> Forward:
    """Return the compiled network, from scaled images to outputs and millions of operations.

    Parameters
    ----------
    model : keras.Model
    counting : bool
        Whether events are counted; without, the second is 0. For quantized activations.
    """
    sources = event_sources(model) if counting else ()

    def forward(images: Any) -> Any:
        seen: dict[str, Any] = {}
        outputs = scores_of(model, images, training=False, seen=seen)
        return outputs, event_penalty(sources, 1.0, seen) if sources else tf.zeros(())

    compiled: Forward = tf.function(forward, reduce_retracing=True)
    return compiled


def validated(
    forward: Forward, x: Pixels, y: Labels, scaling: Scaling, batch_size: int = 250
) -> tuple[float, float]:
    """Return the share of images whose highest output is their label, and operations.

    Operations are in millions an image, the mean.
    """
    correct, operations = 0, 0.0
    for start in range(0, len(x), batch_size):
        labels = y[start : start + batch_size]
        outputs, millions = forward(scaled(x[start : start + batch_size], x.shape[1], scaling))
        correct += int((outputs.numpy().argmax(1) == labels).sum())
        operations += float(millions) * len(labels)
    return correct / len(x), operations / len(x)


def refresh_batch_norm(
    model: keras.Model, x: Pixels, scaling: Scaling, batch_size: int = 250
) -> None:
    """Replace the moving statistics of batch normalization by those of `x`.

    The moving averages lag behind the weights, and remember small images; a network of
    few bits is sensitive to both.

    Parameters
    ----------
    model : keras.Model
    x : uint8 array of shape (n, h, w, c)
    scaling : (float, float)
    batch_size : int
    """
    norms = [la for la in model.layers if isinstance(la, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    try:
        for start in range(0, len(x), batch_size):
            batch = x[start : start + batch_size]
            for norm in norms:
                # This momentum makes the moving average the mean over all images so far.
                norm.momentum = start / (start + len(batch))
            scores_of(model, scaled(batch, x.shape[1], scaling), training=True)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


def variables_of(model: keras.Model) -> dict[str, Any]:
    """Return every variable of the model under a stable name, ``layer/variable``."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in model.layers
        for variable in layer.variables
    }
