"""What a model is and what its runs did: numbers first, then tables and figures of them."""

from akida_lite.report.comparison import Comparison, Difference, LayerComparison
from akida_lite.report.statistics import LayerStatistics, ModelStatistics, statistics_of
from akida_lite.report.summary import LayerSummary, Summary, summary_of

__all__ = [
    "Comparison",
    "Difference",
    "LayerComparison",
    "LayerStatistics",
    "LayerSummary",
    "ModelStatistics",
    "Summary",
    "statistics_of",
    "summary_of",
]
