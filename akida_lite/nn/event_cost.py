"""What events cost, as a penalty that training can lower."""

from __future__ import annotations

from math import isfinite
from typing import Any

import keras
from keras import ops

from akida_lite.nn.straight_through import straight_through

# A value counts as near the first threshold within half of this many steps of it.
_WINDOW = 2.0


@keras.saving.register_keras_serializable("akida_lite")
class EventCost(keras.regularizers.Regularizer):
    """Activity regularizer of a quantized activation: so much for every event.

    An *event* is an output that is not zero. The penalty is their exact number times `cost`.
    A number has no slope, so the gradient is that of the expected number, estimated from the
    values within one step of the first threshold: each adds ``cost / (2 * step)``, in the
    direction that takes it below. Events of higher levels are left alone; a nudge would not
    remove them.

    Keras divides what a layer's regularizer returns by the number of images.

    Parameters
    ----------
    cost : float
        Added to the loss for one event of one image, 0 or more.
    step : float
        Height of a step of the activation, its ``gamma``; above 0.

    Raises
    ------
    ValueError
        If `cost` is negative or `step` not positive, or one is not finite.

    See Also
    --------
    akida_lite.penalize_events : Gives every activation of a network its cost.
    """

    def __init__(self, cost: float, step: float) -> None:
        if not (isfinite(cost) and cost >= 0):
            raise ValueError(
                f"EventCost: cost={cost!r} is not a finite number of 0 or more. Fix: choose "
                "one, such as 1e-6."
            )
        if not (isfinite(step) and step > 0):
            raise ValueError(
                f"EventCost: step={step!r} is not a positive number. Fix: pass the gamma of "
                "the activation."
            )
        self.cost, self.step = float(cost), float(step)

    def __call__(self, x: Any) -> Any:
        # Events are counted in float32: bfloat16 cannot tell 256 from 257.
        values = ops.cast(x, "float32")
        events = ops.cast(values > 0, "float32")
        # Outputs are whole steps: up to one and a half are the lowest two levels.
        slope = ops.where(values < 1.5 * self.step, values / (_WINDOW * self.step), 0.0)
        return self.cost * ops.sum(straight_through(slope, events))

    def get_config(self) -> dict[str, Any]:
        return {"cost": self.cost, "step": self.step}
