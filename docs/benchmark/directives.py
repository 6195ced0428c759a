"""Sphinx prints what ``tox run -e benchmark -- --output`` wrote, so that no page types a speed.

* ``.. benchmark-machine:: FILE`` says where and when a file was measured;
* ``.. benchmark-headline:: FILE`` lists the ratios that the engine is judged by;
* ``.. benchmark-peers:: FILE`` lists every peer's images per second over Keras's;
* ``.. benchmark-trials:: FILE`` lists ways that were tried by hand and are no peers;
* ``.. benchmark-spread:: FILE`` lists what several processes bring beside one;
* ``.. benchmark-figure:: FILE`` draws the peers, with the option ``growth`` the growth.

Files are found from the folder of the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from akida_lite.claims.sphinx import table
from benchmark.figures import VARIED, speed_growth, speed_ratios
from benchmark.headlines import headline
from benchmark.results import lines_of

Lines = list[dict[str, Any]]

NAMES = {"numpy": "NumPy", "keras": "Keras", "tensorflow": "TensorFlow"}
NAMES |= {"onnx": "ONNX", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
"""What packages call themselves."""


class ResultsDirective(SphinxDirective):
    """Base of those that print a file; the page is read again when it changes."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what is printed."""
        _, path = self.env.relfn2path("/" + self.arguments[0])
        self.env.note_dependency(path)
        return [self.printed(lines_of(path))]

    def printed(self, lines: Lines) -> nodes.Node:
        """Return one node."""
        raise NotImplementedError


class BenchmarkMachine(ResultsDirective):
    """Say what the figures are about."""

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a paragraph."""
        return nodes.paragraph("", machine_sentence(_only(lines, "machine")[0]))


class BenchmarkHeadline(ResultsDirective):
    """List the engine's ratios."""

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a table with a column for each model."""
        models, rows = headline(lines)
        widths = (60, *(20 for _ in models))
        return table(("Compared", *models), widths, rows)


class BenchmarkPeers(ResultsDirective):
    """List every peer's ratio."""

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a table with a column for each model."""
        peers = _only(lines, "peer")
        models = list(dict.fromkeys(line["model"] for line in peers))
        ratios: dict[str, dict[str, float | None]] = {}
        for line in peers:
            ratios.setdefault(line["peer"], {})[line["model"]] = line["ratio_to_keras"]
        rows = [
            (nodes.literal(peer, peer), *(_figure(of.get(model)) for model in models))
            for peer, of in ratios.items()
        ]
        return table(("Peer", *models), (40, *(30 for _ in models)), rows)


class BenchmarkTrials(ResultsDirective):
    """List what was tried by hand."""

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a table."""
        rows = [
            (
                line["what"],
                f"{_figure(line['ratio'])}, over {line['over']}",
                f"{line['note']} ({line['processor']}, {line['date']})",
            )
            for line in _only(lines, "trial")
        ]
        return table(("Way", "Images per second", "Note"), (34, 26, 40), rows)


class BenchmarkSpread(ResultsDirective):
    """List the ratios of several processes to one."""

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a table."""
        rows = [
            (line["model"], line["way"], _figure(line["ratio"]), line["over"])
            for line in _only(lines, "spread")
            if line["way"] != line["over"]
        ]
        return table(("Model", "Way", "Speed", "Over"), (20, 34, 12, 34), rows)


class BenchmarkFigure(ResultsDirective):
    """Draw peers, or growth."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "growth": directives.flag,
        "alt": directives.unchanged_required,
    }

    def printed(self, lines: Lines) -> nodes.Node:
        """Return a figure, drawn among the generated files."""
        folder = Path(self.env.srcdir, "gen", "benchmark")
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{Path(self.arguments[0]).stem}.png"
        (draw_growth if "growth" in self.options else draw_peers)(lines, folder / name)
        image = nodes.image(
            uri=f"/gen/benchmark/{name}", alt=self.options["alt"], classes=["drawn"]
        )
        # The page shows the picture at half its size, sharp on dense screens.
        image["width"] = "100%"
        return nodes.figure("", image)


def machine_sentence(machine: Mapping[str, Any]) -> str:
    """Return the facts of a machine in words."""
    packages = ", ".join(
        f"{NAMES.get(package, package)} {version}"
        for package, version in machine["packages"].items()
    )
    known = [f"{machine['cores']} cores", *machine["instructions"], machine["system"]]
    parts = [
        f"Measured on {machine['date']} on {machine['processor']} ({', '.join(known)})",
        f"Python {machine['python']}, {packages}",
    ]
    if machine["load"] is not None:
        parts.append(f"load of the machine before: {machine['load']}")
    if machine["note"]:
        parts.append(machine["note"])
    return "; ".join(parts) + "."


def draw_peers(lines: Lines, path: Path) -> None:
    """Write the figure of ratios."""
    _save(speed_ratios(lines).get_figure(), path)


def draw_growth(lines: Lines, path: Path) -> None:
    """Write one panel for each size that grows."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(VARIED), figsize=(11, 3.6), sharey=True, layout="constrained"
    )
    for ax, varied in zip(axes, VARIED, strict=True):
        speed_growth(lines, varied=varied, ax=ax)
        ax.set_title("")
        ax.label_outer()
    figure.suptitle("Growth of the lead")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=160)
    plt.close(figure)


def _only(lines: Iterable[dict[str, Any]], kind: str) -> Lines:
    return [line for line in lines if line["kind"] == kind]


def _figure(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2g}" if ratio < 1 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives with Sphinx."""
    for name in ("machine", "headline", "peers", "trials", "spread", "figure"):
        app.add_directive(f"benchmark-{name}", globals()[f"Benchmark{name.title()}"])
    return {"parallel_read_safe": True, "parallel_write_safe": True}
