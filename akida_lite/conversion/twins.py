"""Each layer of a float network as the layer that takes its place: twin, staircase or copy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from akida_lite import nn
from akida_lite.conversion.absorbing import absorbed_by
from akida_lite.conversion.calibrating import Made
from akida_lite.conversion.graph import Step, unique
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import (
    Role,
    described,
    function_name,
    is_any_relu,
    is_plain,
    of_keras,
    relu_ceiling,
    role_of,
    unsupported,
)
from akida_lite.errors import ArgumentError, Problem
from akida_lite.nn.layers import KernelSlot

NEURAL = (Role.NEURAL, Role.FLOAT_NEURAL)
# Layers raise these where their arguments cannot be written down and read again.
_NO_COPY = (NotImplementedError, TypeError, ValueError)


class Maker:
    """Makes the quantized layers of one model, in order."""

    def __init__(
        self,
        steps: list[Step],
        bits: tuple[int, int, int],
        named: dict[str, int],
        quantizer: Callable[..., nn.Quantizer] | None,
        staircase: Callable[..., Any],
    ) -> None:
        self.steps = steps
        self.weights, self.activ, self.next_weights = bits
        self.named = named
        self.quantizer = quantizer
        self.staircase = staircase
        self.absorbed = absorbed_by(steps)
        self.taken = {step.name for step in steps}
        self.problems: list[Problem] = []
        self.wrong_names: list[Problem] = []
        self.asked: list[str] = []

    def make(self) -> list[tuple[Step, list[Made]]]:
        """Return every step with the layers that replace it; none where it is absorbed."""
        gone = {s.name for each in self.absorbed.values() for s in each.steps}
        made = [(step, self._layers_for(step)) for step in self.steps if step.name not in gone]
        for absorbed in self.absorbed.values():
            if absorbed.common is not None:
                first = absorbed.steps[0]
                scale = keras.layers.Rescaling(
                    absorbed.common, absorbed.offset, name=first.name
                )
                made.insert(0, (first, [Made(scale)]))
        self._require_known_names()
        return made

    def _require_known_names(self) -> None:
        for name in self.named.keys() - set(self.asked):
            text = "no layer of this name has weights or is an activation"
            remedy = f"choose among {', '.join(map(repr, self.asked))}"
            self.wrong_names.append(Problem(f"option 'layers': {name!r}", text, remedy))

    def _bits(self, name: str, default: int, lowest: int) -> int:
        self.asked.append(name)
        bits = self.named.get(name, default)
        if isinstance(bits, bool) or bits not in (0, *range(lowest, 9)):
            text = f"{bits!r} is not 0 (as it is) or one of {lowest} to 8 (bits)"
            subject = f"option 'layers': {name!r}"
            self.wrong_names.append(Problem(subject, text, "choose one of them"))
            return 0
        return int(bits)

    def _layers_for(self, step: Step) -> list[Made]:
        role = role_of(step)
        if role in NEURAL:
            return self._neural(step)
        if role is Role.ACTIVATION:
            return self._copy(step, bitwidth=self._bits(step.name, self.activ, 1))
        is_relu, ceiling = relu_ceiling(step)
        if is_relu:
            bits = self._bits(step.name, self.activ, 1)
            if bits:
                return [self._staircase(step.name, bits, ceiling)]
        elif self.activ and is_any_relu(step):
            text = f"negative_slope={step.layer.negative_slope!r} and threshold="
            text += f"{step.layer.threshold!r}, 0 and 0 are expected: a staircase starts at 0"
            self.problems.append(step.problem(text, "use a plain ReLU, and train again"))
        return self._copy(step)

    def _copy(self, step: Step, **changes: int) -> list[Made]:
        """Return a copy of a layer, with those of its arguments that are not 0 changed."""
        layer = step.layer
        if not isinstance(layer, keras.Layer):
            return [Made(layer, step)]
        if is_plain(layer, keras.layers.Activation):
            # A function of the user's is kept itself: called `relu`, it would come back by
            # its name as that of Keras.
            function = of_keras(layer.activation)
            return [Made(keras.layers.Activation(function, name=step.name))]
        if isinstance(layer, keras.layers.Lambda):
            self.problems.append(unsupported(step))
            return []
        changed = {name: value for name, value in changes.items() if value}
        try:
            config = {**layer.get_config(), "name": step.name, **changed}
            return [Made(type(layer).from_config(config))]
        except _NO_COPY as error:
            remedy = "give it a get_config() that returns the arguments of its constructor"
            self._refuse_copy(step, error, remedy)
            return []

    def _refuse_copy(self, step: Step, error: Exception, remedy: str) -> None:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        self.problems.append(step.problem(f"it cannot be copied ({reason})", remedy))

    def _staircase(self, name: str, bits: int, ceiling: float | None) -> Made:
        options: dict[str, Any] = {"bitwidth": bits, "name": name}
        if isinstance(self.staircase, partial):
            options["ceiling"] = ceiling
        return Made(self.staircase(**options), ceiling=np.inf if ceiling is None else ceiling)

    def _neural(self, step: Step) -> list[Made]:
        layer = step.layer
        bits = self._bits(step.name, self.next_weights, 2)
        self.next_weights = self.weights
        made: list[Made] = []
        try:
            made.append(self._twin(step, bits))
        except ArgumentError as error:
            self.problems += [
                step.problem(each.problem, each.remedy) for each in error.problems
            ]
        except _NO_COPY as error:
            self._refuse_copy(step, error, "use functions of Keras, such as activation='relu'")
        function: Any = getattr(layer, "activation", None)
        if function_name(function) == "linear":
            return made
        if isinstance(function, keras.Layer):
            called, split = function.name, function
        else:
            called = described(function)
            split = keras.layers.Activation(function)
        name = unique(f"{step.name}_{called}", self.taken)
        self.taken.add(name)
        behind = Step(split, name, step.output_shape, step.output_shape)
        return [*made, *self._layers_for(behind)]

    def _twin(self, step: Step, bits: int) -> Made:
        """Return a neural layer with the weights of this width, without its activation."""
        layer = step.layer
        neural = kind_of(layer)
        twin: Any = neural.quantized
        kind: Any = twin if isinstance(layer, twin) else neural.plain
        # The twin does not know what a subclass, LoRA or Keras' own quantization has added.
        config = {**kind.get_config(layer), "name": step.name, "dtype": layer.dtype_policy}
        for extra in ("lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked"):
            config.pop(extra, None)
        held = {
            slot.quantizer: config.pop(slot.quantizer)
            for slot in neural.kernels
            if slot.quantizer in config
        }
        if "activation" in config:
            config["activation"] = None
        if step.name in self.absorbed and bits:
            config["use_bias"] = True
        else:
            self.absorbed.pop(step.name, None)
        if not bits:
            return Made(kind(**config, **held))
        chosen = {s.quantizer: self._quantizer(layer, s, bits) for s in neural.kernels}
        if all(each and each is getattr(layer, key, None) for key, each in chosen.items()):
            return Made(kind(**config, **held))
        given = {key: each for key, each in chosen.items() if each is not None}
        given = {key: each.from_config(each.get_config()) for key, each in given.items()}
        return Made(twin(**config, **given), quantizers={**chosen, **given}, bits=bits)

    def _quantizer(self, layer: Any, slot: KernelSlot, bits: int) -> nn.Quantizer | None:
        """Return the quantizer of a kernel; None for the scales that lose least."""
        held: nn.Quantizer | None = getattr(layer, slot.quantizer, None)
        if self.quantizer is not None:
            chosen: nn.Quantizer = self.quantizer(bitwidth=bits)
            return nn.MaxQuantizer(bits) if slot.depthwise and chosen.per_filter else chosen
        if held is None or not held.bitwidth:
            return None
        if held.bitwidth == bits:
            return held
        if isinstance(held, nn.FixedScaleQuantizer):
            return None
        return held.with_bitwidth(bits)
