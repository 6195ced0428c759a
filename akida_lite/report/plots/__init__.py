"""Figures of models, runs and training; matplotlib is imported when one is drawn.

Every function draws into `ax`, or into a new figure, and returns the Axes; those that need
several pictures make a figure and return it. Titles say what there is to see, since a page
reads them out in place of the picture. Colours are those of Okabe and Ito, which people with
colour-vision deficiencies tell apart, and nothing is said by colour alone: bars have hatches,
lines have markers.
"""

from akida_lite.report.plots.chips import mesh
from akida_lite.report.plots.diagrams import architecture, block
from akida_lite.report.plots.neurons import thresholds, weight_histogram
from akida_lite.report.plots.per_layer import comparison, ops, sparsity
from akida_lite.report.plots.pictures import event_maps, filters, images, receptive_field
from akida_lite.report.plots.scores import potentials
from akida_lite.report.plots.style import COLOURS
from akida_lite.report.plots.trade_offs import accuracy_by_bits, accuracy_by_operations
from akida_lite.report.plots.training import learning_curves

__all__ = [
    "COLOURS",
    "accuracy_by_bits",
    "accuracy_by_operations",
    "architecture",
    "block",
    "comparison",
    "event_maps",
    "filters",
    "images",
    "learning_curves",
    "mesh",
    "ops",
    "potentials",
    "receptive_field",
    "sparsity",
    "thresholds",
    "weight_histogram",
]
