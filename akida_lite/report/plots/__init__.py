"""Figures of models, runs and training; matplotlib is imported when one is drawn.

Every function draws into `ax`, or into a new figure, and returns the Axes. Colours are
those of Okabe and Ito, which people with colour-vision deficiencies tell apart, and
nothing is said by colour alone: bars have hatches, lines have markers.
"""

from akida_lite.report.plots.chips import mesh
from akida_lite.report.plots.neurons import thresholds, weight_histogram
from akida_lite.report.plots.per_layer import comparison, ops, sparsity
from akida_lite.report.plots.scores import potentials
from akida_lite.report.plots.speed import speed_growth, speed_ratios
from akida_lite.report.plots.training import learning_curves

__all__ = [
    "comparison",
    "learning_curves",
    "mesh",
    "ops",
    "potentials",
    "sparsity",
    "speed_growth",
    "speed_ratios",
    "thresholds",
    "weight_histogram",
]
