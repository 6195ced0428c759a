"""Thresholds in the middle between integers: the same network, computed at a safe distance."""

from __future__ import annotations

import keras
import numpy as np

from akida_lite.conversion.blocks import Block
from akida_lite.conversion.building import affine_of, feed_after, staircase_of
from akida_lite.conversion.fold import exact, threshold_margins
from akida_lite.conversion.grammar import parse
from akida_lite.conversion.graph import chain_of
from akida_lite.conversion.roles import Role
from akida_lite.conversion.scaling import Feed, input_feed
from akida_lite.conversion.weights import array, block_weights


def widen_margins(model: keras.Model, input_scaling: tuple[float, float]) -> None:
    """Shift batch normalization so that thresholds keep away from integers, in place.

    Potentials are integers, so a threshold decides the same anywhere between two of them. Of
    thousands, some come to lie within the rounding error of float32 beside an integer, and
    Keras then decides at random wherever a potential is that integer. Each filter has one
    shift, which moves all its thresholds by the same distance: to where the nearest integers
    below and above are equally far. The model converts to the same integers.

    Parameters
    ----------
    model : keras.Model
        A chain of quantized layers that converts. Filters whose activation does not follow a
        batch normalization with ``beta`` stay as they are.
    input_scaling : (float, float)
        As for `convert`.
    """
    steps, _ = chain_of(model)
    parsed = parse(steps)
    feed, _ = input_feed(parsed, input_scaling, sparse=False)
    for block in parsed.blocks:
        assert feed is not None
        norm = block.find(Role.NORM)
        if block.activation is not None and norm is not None and norm.layer.center:
            norm.layer.beta.assign(_centred(block, feed, array(norm.layer.beta)))
        feed = feed_after(block)


def _centred(
    block: Block, feed: Feed, beta: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    assert block.activation is not None
    affine = affine_of(block, block_weights(block), feed)
    fall, rise = threshold_margins(affine, *staircase_of(block.activation))
    # Lowering the shift raises every threshold by as much.
    wanted = exact(beta) - (rise - fall) / 2 * affine.slope
    shifted = wanted.astype(np.float64).astype(np.float32)
    # With a tiny slope, float32 may have no shift that moves thresholds by so little.
    moved = exact(beta) - exact(shifted)
    fits = (-fall * affine.slope <= moved) & (moved < rise * affine.slope)
    return np.where(fits, shifted, beta)
