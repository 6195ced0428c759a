"""Which weights a wheel holds: those that have an integer model, of the deployed widths."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEIGHTS = "akida_lite/zoo/weights"


class DeployedWeights(BuildHookInterface):
    """Include beside each integer model the Keras weights; `exclude` leaves others out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, but for an editable installation, which is the checkout."""
        if version == "editable":
            return
        for model in sorted(Path(self.root, WEIGHTS).glob("*.akl")):
            weights = model.with_suffix(".akw")
            build_data["force_include"][str(weights)] = f"{WEIGHTS}/{weights.name}"
