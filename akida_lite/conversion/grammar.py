"""Grammar: cut the chain of Keras layers into blocks, one for each integer layer.

A block is a neural layer and what follows it up to the next one::

    block      = neural { pool | norm | activation }      each at most once
    activation   required, except in the last block

Batch normalization and the mean of the map come before the activation; max pooling comes
anywhere. A mean that comes after the activation belongs to the next block: it commutes
with a 1x1 convolution.
"""

from __future__ import annotations

from akida_lite.conversion.blocks import Block, Parsed
from akida_lite.conversion.graph import Step, unique
from akida_lite.conversion.kinds import kind_of
from akida_lite.conversion.roles import (
    Role,
    changes_order,
    described,
    joins,
    relu_ceiling,
    role_of,
    unsupported,
)
from akida_lite.errors import Problem

_QUANTIZE = (
    "replace it by its quantized twin, for instance with "
    "akida_lite.quantize(model, weights_quantization=4)"
)

_POOLS = (Role.MAX_POOL, Role.MEAN)
_ONCE = (
    (_POOLS, "pooling"),
    ((Role.NORM,), "batch normalization"),
    ((Role.ACTIVATION,), "quantized activation"),
)


def parse(steps: list[Step]) -> Parsed:
    """Cut a chain into blocks, with every problem of their order.

    Parameters
    ----------
    steps : list of Step
        As `chain_of` gives them.
    """
    parser = _Parser(steps)
    for index, step in enumerate(steps):
        parser.take(index, step)
    return parser.finish()


class _Parser:
    def __init__(self, steps: list[Step]) -> None:
        self.result = Parsed()
        self.pending: list[Step] = []
        self.mean: Step | None = None
        self.pad: Step | None = None
        self.flattened: Step | None = None
        roles = [role_of(step) for step in steps]
        neural = (Role.NEURAL, Role.FLOAT_NEURAL)
        self.last_neural = max((i for i, r in enumerate(roles) if r in neural), default=-1)
        # What an unsupported layer reads is not judged.
        reading = (*neural, Role.UNSUPPORTED)
        self.last_reading = max((i for i, r in enumerate(roles) if r in reading), default=-1)

    @property
    def block(self) -> Block | None:
        return self.result.blocks[-1] if self.result.blocks else None

    def take(self, index: int, step: Step) -> None:
        role = role_of(step)
        self.pending.append(step)
        if step.branches > 1:
            self.result.problems.append(joins(step, image=self.block is None))
            self._mark_float()
        elif role in (Role.NEURAL, Role.FLOAT_NEURAL):
            self._neural(role, step)
        elif role in (Role.MAX_POOL, Role.MEAN, Role.NORM, Role.ACTIVATION):
            self._tail(role, step)
        elif role is Role.RESHAPE:
            self._reshape(index, step)
        elif role is Role.PAD:
            self._pad(step)
        elif role is Role.FINAL and index > self.last_neural:
            self._drop(step)
        elif role in (Role.FINAL, Role.FLOAT_ACTIVATION):
            self._float_activation(step, last=index > self.last_neural)
        elif role is Role.UNSUPPORTED:
            self.result.problems.append(unsupported(step))
            self._mark_float()

    def finish(self) -> Parsed:
        if self.block is None:
            if not self.result.problems:
                self.result.problems.append(
                    Problem(
                        "model",
                        "it has no neural layer",
                        "add a QuantizedConv2D, QuantizedSeparableConv2D or QuantizedDense",
                    )
                )
            return self.result
        self._close(last=True)
        self._name_blocks()
        for left in (self.mean, self.pad):
            if left is not None:
                self._refuse(
                    left,
                    "it comes after the last activation, with no neural layer behind it",
                    "remove it"
                    if left is self.pad
                    else "move it before the activation, or add a layer",
                )
        return self.result

    def _name_blocks(self) -> None:
        pairs = [(block, block.pointwise) for block in self.result.blocks]
        taken = {block.neural.name for block, pointwise in pairs if pointwise is None}
        for block, pointwise in pairs:
            block.name = block.neural.name
            if pointwise is not None:
                block.name = unique(f"{block.name}_{pointwise.name}", taken)
                taken.add(block.name)

    def _drop(self, step: Step) -> None:
        reason = changes_order(step)
        if reason is None:
            self.result.dropped.append(step)
        else:
            remedy = "use a softmax along the channels, or remove it"
            self._refuse(step, reason, "use a sigmoid" if "one channel" in reason else remedy)

    def _refuse(self, step: Step, problem: str, remedy: str) -> None:
        self.result.problems.append(step.problem(problem, remedy))

    def _mark_float(self) -> None:
        if self.block is None:
            self.result.unclear = True
        else:
            self.block.float_layers = True

    def _neural(self, role: Role, step: Step) -> None:
        if self.flattened is not None and role is Role.NEURAL and not kind_of(step.layer).dense:
            self._refuse(
                step,
                f"it comes after {self.flattened.name!r} has flattened the map, which only a "
                "QuantizedDense reads",
                f"remove {self.flattened.name!r}, or use a QuantizedDense here",
            )
        if role is Role.NEURAL and self._merges(step):
            assert self.block is not None
            self.block.pointwise = step
            self.block.steps += self.pending
            self.pending = []
            return
        self._close(last=False)
        block = Block(step, self.pending, mean_first=self.mean, pad=self.pad)
        self.pending, self.mean, self.pad, self.flattened = [], None, None, None
        if role is Role.FLOAT_NEURAL:
            block.float_layers = True
            self._refuse(step, "its weights are not quantized", _QUANTIZE)
        self.result.blocks.append(block)

    def _merges(self, step: Step) -> bool:
        block = self.block
        return (
            block is not None
            and not kind_of(block.last.layer).mixes
            and not block.tail
            and not block.float_layers
            and self.pad is None
            and kind_of(step.layer).convolution
            and tuple(step.layer.kernel_size) == (1, 1)
            and tuple(step.layer.strides) == (1, 1)
        )

    def _close(self, *, last: bool) -> None:
        block = self.block
        if block is None or block.activation is not None or block.float_layers:
            return
        if not last and not kind_of(block.last.layer).mixes:
            self._refuse(
                block.neural,
                "it is followed neither by a 1x1 QuantizedConv2D with strides 1, which it "
                "would merge with, nor by an activation of its own",
                "add either; a normalization between the two needs an activation as well",
            )
        elif not last:
            self._refuse(
                block.last,
                "it is not the last neural layer and has no quantized activation",
                "add a QuantizedReLU or ActivationDiscreteRelu after it",
            )

    def _tail(self, role: Role, step: Step) -> None:
        block = self.block
        if block is None and role is Role.NORM:
            self.result.scaling.append(step)
            return
        if block is None:
            if self.result.unclear:
                return
            self._refuse(
                step,
                "it comes before the first neural layer",
                "move it behind one, or preprocess the images instead",
            )
            return
        if role is Role.MEAN and block.activation is not None:
            if self.mean is None and not self.result.dropped:
                self.mean = step
                return
        problem = self._order_problem(block, role, step)
        if problem is not None:
            self.result.problems.append(problem)
            return
        block.tail.append((role, step))
        block.steps += self.pending
        self.pending = []

    def _order_problem(self, block: Block, role: Role, step: Step) -> Problem | None:
        name = block.last.name
        if self.result.dropped:
            last = self.result.dropped[-1].name
            return step.problem(
                f"it reads what {last!r} makes of the scores, with which the integer model "
                "ends",
                f"move it before {last!r}, or remove it",
            )
        for same, what in _ONCE:
            other = block.find(*same)
            if role in same and other is not None:
                return step.problem(
                    f"it is the second {what} of the block of {name!r}, after "
                    f"{other.name!r}; one is accepted",
                    "remove one of them, or add a neural layer between them",
                )
        if role is Role.NORM and block.activation is not None:
            return step.problem(
                f"it comes after the activation {block.activation.name!r}, where its output "
                "is no whole number of levels",
                "move it before the activation and train again; of a float model, "
                "akida_lite.quantize makes it part of a next layer that pads nothing",
            )
        waiting = self.mean or self.pad
        if waiting is not None:
            return step.problem(
                f"it stands between {waiting.name!r} and the next neural layer",
                f"move {waiting.name!r} right before that layer",
            )
        if self.flattened is not None and role is not Role.ACTIVATION:
            return step.problem(
                f"it comes after {self.flattened.name!r} has flattened the map, where "
                "positions and channels share one axis",
                f"move it before {self.flattened.name!r}",
            )
        # A float layer is refused for its weights; its place is judged once it is quantized.
        dense = role_of(block.neural) is Role.NEURAL and kind_of(block.neural.layer).dense
        if role in _POOLS and dense:
            return step.problem(
                f"it pools the output of the fully connected {name!r}, which has one position",
                "remove it",
            )
        return None

    def _reshape(self, index: int, step: Step) -> None:
        before, after = step.input_shape, step.output_shape
        if before == after or not _several_positions(before):
            grey = len(before) == 2 and after == (*before, 1)
            harmless = before == after or len(after) == 1 or after[:-1] == (1, 1) or grey
            if not harmless:
                self._refuse_shape(step)
            return
        if len(after) != 1:
            self._refuse_shape(step)
            return
        self.flattened = step
        if index > self.last_reading:
            self._refuse(
                step,
                f"it flattens the map {before} and no QuantizedDense follows",
                "remove it, or add a QuantizedDense",
            )

    def _refuse_shape(self, step: Step) -> None:
        self._refuse(
            step,
            f"it turns {step.input_shape} into {step.output_shape}; accepted are (h, w, c) "
            "to (h*w*c,), (h, w) to (h, w, 1), (c,) to (1, 1, c), and no change",
            "use one of these, or remove it",
        )

    def _pad(self, step: Step) -> None:
        if self.block is not None and self.block.activation is None:
            if not self.block.float_layers:
                self._refuse(
                    step,
                    f"it comes before the activation of {self.block.last.name!r}, where a "
                    "padded zero is no absent event",
                    "move it right before the next convolution",
                )
            return
        if self.pad is not None:
            self._refuse(step, f"it follows {self.pad.name!r}; one is accepted", "join the two")
            return
        self.pad = step

    def _float_activation(self, step: Step, *, last: bool) -> None:
        function = getattr(step.layer, "activation", None)
        name = step.kind if function is None else described(function)
        quantize = "akida_lite.quantize(model, activ_quantization=4)"
        remedy = "replace it by a QuantizedReLU or ActivationDiscreteRelu, for instance with "
        if not relu_ceiling(step)[0]:
            remedy = "replace it by a ReLU of Keras and train again, then call "
            if last:
                remedy = "remove it, or use softmax, sigmoid or tanh of Keras, which keep the "
                quantize = "order of the scores"
        self._refuse(step, f"{name} is no staircase of whole levels", remedy + quantize)
        self._mark_float()


def _several_positions(shape: tuple[int | None, ...]) -> bool:
    return len(shape) == 3 and shape[:2] != (1, 1)
