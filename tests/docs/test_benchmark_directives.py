"""Pages print what the benchmark wrote; the files that they name are there and complete."""

import json
import re
from pathlib import Path

import pytest
from benchmark import directives
from benchmark.growing import VALUES
from benchmark.results import lines_of
from benchmark.spreading import WAYS
from docutils import nodes

from akida_lite.errors import FileFormatError
from akida_lite.zoo.networks import NETWORKS

DOCS = Path(__file__).parents[2] / "docs"
FILES = sorted((DOCS / "benchmark").glob("*.jsonl"))

MACHINE = {
    "kind": "machine",
    "processor": "Abacus",
    "cores": 2,
    "instructions": ["avx2"],
    "system": "Linux x86_64",
    "python": "3.11.7",
    "packages": {"numpy": "2.4", "onnxruntime": "1.32"},
    "date": "2026-11-24",
    "load": 0.1,
    "note": "",
}
PEER = {"kind": "peer", "peer": "akida_lite", "model": "vgg", "ratio_to_keras": 4.5}
TRIAL = {"kind": "trial", "what": "beads", "over": "bytes", "ratio": 0.061}
TRIAL |= {"note": "slow", "processor": "Abacus", "date": "2026-11-24"}
ALONE = {"kind": "spread", "model": "vgg", "way": "one hand", "over": "one hand", "ratio": 1.0}
SPREAD = ALONE | {"way": "two hands", "ratio": 1.5}
GROWTH = [
    {"kind": "growth", "varied": varied, varied: value, "ratio_to_keras": 2.0}
    for varied in VALUES
    for value in (1, 2)
]


class Page:
    """As much of a directive as its run() touches."""

    def __init__(self, folder, options=None):
        self.arguments, self.options = ["benchmark/file.jsonl"], options or {}
        self.env, self.srcdir, self.noted = self, folder, []

    def relfn2path(self, name):
        return name, str(self.srcdir / name.removeprefix("/"))

    def note_dependency(self, path):
        self.noted.append(path)


@pytest.fixture
def printed(tmp_path):
    def run(directive, lines, options=None):
        path = tmp_path / "benchmark" / "file.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
        page = Page(tmp_path, options)
        page.printed = lambda lines: directive.printed(page, lines)
        (node,) = directive.run(page)
        assert page.noted == [str(path)]
        return node

    return run


def cells(node):
    return [[cell.astext() for cell in row] for row in node.findall(nodes.row)]


@pytest.mark.parametrize(
    ("facts", "end"), [({}, ""), ({"note": "busy"}, "; busy"), ({"load": None}, None)]
)
def test_the_machine_is_a_sentence(facts, end, printed):
    node = printed(directives.BenchmarkMachine, [MACHINE | facts, PEER])
    load = "" if end is None else f"; load of the machine before: 0.1{end}"
    assert node.astext() == (
        "Measured on 2026-11-24 on Abacus (2 cores, avx2, Linux x86_64); Python 3.11.7, "
        f"NumPy 2.4, ONNX Runtime 1.32{load}."
    )


def test_peers_and_trials_are_tables(printed):
    other = PEER | {"peer": "abacus", "model": "mobilenet", "ratio_to_keras": None}
    assert cells(printed(directives.BenchmarkPeers, [MACHINE, PEER, other])) == [
        ["Peer", "vgg", "mobilenet"],
        ["akida_lite", "4.50", "–"],
        ["abacus", "–", "–"],
    ]
    assert cells(printed(directives.BenchmarkTrials, [TRIAL]))[1:] == [
        ["beads", "0.061, over bytes", "slow (Abacus, 2026-11-24)"]
    ]
    assert cells(printed(directives.BenchmarkSpread, [MACHINE, SPREAD, ALONE])) == [
        ["Model", "Way", "Speed", "Over"],
        ["vgg", "two hands", "1.50", "one hand"],
    ]
    titles, first, *_ = cells(printed(directives.BenchmarkHeadline, [MACHINE, PEER]))
    assert titles == ["Compared", "vgg"]
    assert first == ["images per second, over Keras predict", "4.50"]


@pytest.mark.parametrize(("lines", "options"), [([PEER], {}), (GROWTH, {"growth": None})])
def test_figures_are_drawn_where_sphinx_finds_them(lines, options, printed, tmp_path):
    pytest.importorskip("matplotlib").use("agg")
    figure = printed(directives.BenchmarkFigure, lines, options | {"alt": "bars"})
    (image,) = figure.findall(nodes.image)
    assert (image["uri"], image["alt"]) == ("/gen/benchmark/file.png", "bars")
    assert (tmp_path / "gen/benchmark/file.png").stat().st_size > 1000


def test_a_damaged_file_stops_the_page(printed):
    with pytest.raises(FileFormatError, match="line 1 is"):
        printed(directives.BenchmarkPeers, [{"peer": "no kind"}])


def test_the_files_of_the_page_are_there_and_hold_what_it_prints():
    text = (DOCS / "user_guide" / "benchmark.rst").read_text("utf-8")
    named = set(re.findall(r"benchmark-\w+:: (\S+)", text))
    assert named == {path.relative_to(DOCS).as_posix() for path in FILES}
    models, growth, trials, spreads = (
        lines_of(DOCS / "benchmark" / f"{name}.jsonl")
        for name in ("models", "growth", "trials", "spread")
    )
    assert models[0]["kind"] == growth[0]["kind"] == "machine"
    measured = {(line["model"], line["peer"]) for line in models if line["kind"] == "peer"}
    known = {model for model, _ in measured}
    assert known
    assert known <= set(NETWORKS)
    for model in known:
        for peer in ("keras_predict", "keras_call", "tflite_int8", "akida_lite"):
            assert (model, peer) in measured
    assert {line["varied"] for line in growth[1:]} == set(VALUES)
    assert all(line["ratio"] > 0 for line in trials)
    ways = {(line["model"], line["way"]) for line in spreads[1:]}
    assert ways == {("vgg_cifar10", way) for way in WAYS}
    assert {line["images"] for line in spreads[1:]} == {10_000}
