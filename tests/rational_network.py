"""A small network of exact fractions: what a quantized Keras model means, without Keras.

Written from the definitions of the Keras layers and of the staircase, with no thought of
potentials or thresholds: every operation maps real numbers to real numbers.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np


def fractions(values):
    """Return an array of the fractions that these floats or integers are."""
    values = np.asarray(values)
    flat = [Fraction(value) for value in values.ravel().tolist()]
    return np.array(flat, dtype=object).reshape(values.shape)


def _padding(size, window, stride, padding):
    if padding == "valid":
        return 0, 0
    total = max((ceil(size / stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _windows(x, kernel, strides, padding, outside):
    """Return (window row, window column, the values it sees) for every kernel position."""
    pads = [_padding(x.shape[i + 1], kernel[i], strides[i], padding) for i in (0, 1)]
    padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=outside)
    height, width = ((padded.shape[i + 1] - kernel[i]) // strides[i] + 1 for i in (0, 1))
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            rows = slice(row, row + (height - 1) * strides[0] + 1, strides[0])
            columns = slice(column, column + (width - 1) * strides[1] + 1, strides[1])
            yield row, column, padded[:, rows, columns]


@dataclass
class Convolution:
    weights: np.ndarray
    strides: tuple = (1, 1)
    padding: str = "valid"

    def __call__(self, x):
        windows = _windows(x, self.weights.shape[:2], self.strides, self.padding, Fraction(0))
        return sum(seen @ fractions(self.weights[row, column]) for row, column, seen in windows)


@dataclass
class Depthwise(Convolution):
    def __call__(self, x):
        windows = _windows(x, self.weights.shape[:2], self.strides, self.padding, Fraction(0))
        return sum(
            seen * fractions(self.weights[row, column, :, 0]) for row, column, seen in windows
        )


@dataclass
class Dense:
    weights: np.ndarray

    def __call__(self, x):
        return x @ fractions(self.weights)


@dataclass
class Plus:
    bias: np.ndarray

    def __call__(self, x):
        return x + fractions(self.bias)


@dataclass
class MaxPool:
    size: tuple
    strides: tuple
    padding: str

    def __call__(self, x):
        lowest = Fraction(-(10**12))
        windows = _windows(x, self.size, self.strides, self.padding, lowest)
        return np.maximum.reduce([seen for _, _, seen in windows])


@dataclass
class WholeMax:
    def __call__(self, x):
        return x.max(axis=(1, 2))


@dataclass
class Mean:
    def __call__(self, x):
        return x.sum(axis=(1, 2)) / Fraction(x.shape[1] * x.shape[2])


@dataclass
class Norm:
    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    def __call__(self, x):
        standard = (x - fractions(self.mean)) / fractions(self.deviation)
        return standard * fractions(self.gamma) + fractions(self.beta)


@dataclass
class Staircase:
    t0: float
    gamma: float
    bits: int

    def levels(self, x):
        top = 2**self.bits - 1
        climb = np.vectorize(
            lambda v: min(max(ceil((v - Fraction(self.t0)) / Fraction(self.gamma)), 0), top),
            otypes=[np.int64],
        )
        return climb(x)

    def __call__(self, x):
        return self.levels(x) * Fraction(self.gamma)


@dataclass
class OnePosition:
    def __call__(self, x):
        return x[:, None, None]


def same_zeros(size, kernel, strides):
    """Return the rows and columns of zeros that padding="same" puts around a map."""
    return tuple(_padding(size[i], kernel[i], strides[i], "same") for i in (0, 1))


@dataclass
class Zeros:
    margins: tuple

    def __call__(self, x):
        return np.pad(x, [(0, 0), *self.margins, (0, 0)], constant_values=Fraction(0))


@dataclass
class Flatten:
    def __call__(self, x):
        return x.reshape(len(x), -1)


def evaluate(operations, x):
    """Return the levels of every staircase, and the last operation's real output."""
    levels = []
    for operation in operations:
        if isinstance(operation, Staircase):
            levels.append(operation.levels(x))
        x = operation(x)
    return levels, x
