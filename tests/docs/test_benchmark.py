"""The benchmark measures what it says; how long anything takes is asserted nowhere."""

import json
import subprocess
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tiny_workload
from benchmark import command, growing, machine, measuring, peers, tasks
from benchmark.counting import StatisticsCost, statistics_cost
from benchmark.growing import GrowthPoint, growth
from benchmark.headlines import headline
from benchmark.machine import this_machine
from benchmark.measuring import Measurement, benchmark
from benchmark.peers import PEERS
from benchmark.preparations import PREPARATIONS
from benchmark.results import as_line, lines_of
from benchmark.spreading import WAYS

import akida_lite as al
from akida_lite.zoo.networks import NETWORKS

BENCHMARK = Path(__file__).parents[2] / "docs" / "benchmark"


@pytest.fixture(autouse=True)
def _children_find_the_workload(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def measured(*names):
    return list(benchmark("tiny_workload:workload", peers=names, seconds=0.01))


@pytest.mark.slow
def test_peers_are_measured_in_processes_of_their_own():
    lines = [asdict(one) for one in measured("keras_predict", "akida_lite")]
    assert [line["peer"] for line in lines] == ["keras_predict", "akida_lite"]
    for line in lines:
        assert json.loads(json.dumps(line)) == line
        assert line["model"] == "tiny_workload:workload"
        assert line["cold_start_s"] > 0
        assert line["peak_rss_mib"] > 0
    keras, engine = lines
    assert keras["ratio_to_keras"] == 1
    assert engine["ratio_to_keras"] == round(engine["images_per_s"] / keras["images_per_s"], 3)
    assert engine["latency_ratio_to_keras"] is None
    assert engine["memory_ratio_to_keras"] == round(
        keras["batch_memory_mib"] / engine["batch_memory_mib"], 3
    )


def test_the_cost_of_statistics_is_measured_in_turns():
    cost = statistics_cost("tiny_workload:workload", seconds=0.01)
    assert cost.ratio > 0
    assert cost.alternations >= 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    with warnings.catch_warnings():
        # TensorFlow Lite comments on its own options.
        warnings.simplefilter("ignore")
        for prepare in PREPARATIONS.values():
            prepare(tiny_workload.workload(), folder)
    return folder


@pytest.mark.filterwarnings("ignore:(?s).*tf.lite.Interpreter:UserWarning")
@pytest.mark.parametrize("name", PEERS)
def test_every_peer_can_be_measured(name, folder):
    peer = PEERS[name]
    if not peer.installed:
        pytest.skip(f"{name} needs {', '.join(peer.requires)}")
    facts = tasks.measure(peer, tiny_workload.workload(), folder, 0.01, 0.0)
    assert facts["images_per_s"] > 0
    assert facts["latency_ms"] > 0
    assert facts["batch_size"] in peer.batch_sizes


def test_ratios_are_taken_to_the_peers_of_keras(monkeypatch):
    facts = {
        "keras_predict": (100.0, 20.0),
        "keras_call": (50.0, 10.0),
        "akida_lite": (150.0, 4.0),
    }
    memory = {"keras_predict": 900.0, "akida_lite": 200.0}

    def task(name, task, folder, seconds, environment=None):
        if task.startswith(tasks.MEMORY):
            return {"batch_memory_mib": memory[task.removeprefix(tasks.MEMORY)]}
        rate, latency = facts.get(task, (0.0, 0.0))
        rest = {"batch_size": 1, "cold_start_s": 1.0, "peak_rss_mib": 1.0}
        return {"images_per_s": rate, "latency_ms": latency, **rest}

    monkeypatch.setattr(measuring, "run_task", task)
    ratios = [
        (one.ratio_to_keras, one.latency_ratio_to_keras, one.memory_ratio_to_keras)
        for one in measured(*facts)
    ]
    assert ratios == [(1.0, None, 1.0), (0.5, 1.0, None), (1.5, 2.5, 4.5)]
    (alone,) = measured("akida_lite")
    assert alone.ratio_to_keras is None
    assert alone.latency_ratio_to_keras is None
    assert alone.memory_ratio_to_keras is None


def test_a_peer_gets_the_environment_that_it_names(monkeypatch):
    given = {}

    def task(name, task, folder, seconds, environment=None):
        given[task] = environment
        return dict.fromkeys(
            ("images_per_s", "batch_size", "latency_ms", "cold_start_s", "peak_rss_mib"), 1
        )

    monkeypatch.setattr(measuring, "run_task", task)
    measured("keras_onednn")
    assert given == {"keras_onednn": {"TF_ENABLE_ONEDNN_OPTS": "1"}}


def test_a_peer_whose_packages_are_missing_is_left_out(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda package: None)
    monkeypatch.setattr(measuring, "run_task", None)
    assert measured("keras_predict", "tflite_int8") == []


def test_a_peer_that_fails_is_named_with_its_reason():
    with pytest.raises(al.InputError) as refused:
        list(benchmark("tiny_workload:broken", peers=["akida_lite"], seconds=0.01))
    assert str(refused.value).startswith(
        "benchmark of 'tiny_workload:broken', layers: exit status 2: workload: it is broken. "
        "Fix: use another. Fix: run it alone: "
    )


@pytest.mark.parametrize(
    ("name", "peers", "message"),
    [
        (
            "lenet",
            ["akida_lite"],
            "option 'model': 'lenet' is none of 'vgg_cifar10', 'mobilenet_cifar10'. "
            "Fix: choose one of them.",
        ),
        (
            "vgg_cifar10",
            ["akida_lite", "abacus"],
            f"option 'peers': 'abacus' is none of {', '.join(map(repr, PEERS))}. "
            "Fix: choose among them.",
        ),
    ],
)
def test_what_is_unknown_is_refused(name, peers, message):
    with pytest.raises(al.InputError) as refused:
        next(benchmark(name, peers=peers))
    assert str(refused.value) == message


EXACT = {
    "akida_lite": lambda found: found.output,
    "akida_lite_numpy": lambda found: found.output,
    "onnx_export": lambda found: np.concatenate([part[0] for part in found]),
    "onnx_float32": lambda found: np.concatenate([part[0] for part in found]),
    "openvino_float32": lambda found: np.concatenate([part[0] for part in found]),
}


@pytest.mark.parametrize("name", EXACT)
def test_peers_that_claim_the_integers_of_the_chip_give_them(name, folder):
    if not PEERS[name].installed:
        pytest.skip("it is not installed")
    workload = tiny_workload.workload()
    predict = PEERS[name].load(workload, folder)
    reference = PEERS["akida_lite_reference"].load(workload, folder)
    expected = reference(workload.images(), 0).output
    found = EXACT[name](predict(workload.images(), 2))
    np.testing.assert_array_equal(found, expected)


def test_growth_varies_one_size_at_a_time(monkeypatch):
    monkeypatch.setattr(growing, "VALUES", {"batch_size": (1, 2), "width": (4,)})
    monkeypatch.setattr(growing, "Setting", lambda: SMALL)
    points = list(growth(seconds=0.01))
    assert [(point.varied, point.batch_size, point.width) for point in points] == [
        ("batch_size", 1, 2),
        ("batch_size", 2, 2),
        ("width", 2, 4),
    ]
    for point in points:
        assert point.image_size == 8
        assert point.images_per_s > 0
        assert point.ratio_to_keras > 0


SMALL = growing.Setting(batch_size=2, image_size=8, width=2)


def test_the_machine_is_described():
    facts = this_machine("busy")
    assert facts.cores >= 1
    assert facts.processor
    assert facts.packages["numpy"] == np.__version__
    assert facts.note == "busy"


def test_packages_that_are_missing_have_no_version(monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", ("numpy", "no-such-package"))
    assert list(this_machine().packages) == ["numpy"]


def line(peer, **facts):
    of_all = {"model": "vgg", "images_per_s": 2.0, "cold_start_s": 1.0, "ratio_to_keras": 2.0}
    of_all |= {"latency_ratio_to_keras": 8.0, "memory_ratio_to_keras": None}
    return {"kind": "peer", "peer": peer, **of_all, **facts}


def test_the_headline_lists_what_the_engine_is_judged_by():
    lines = [
        {"kind": "machine"},
        line("keras_predict", cold_start_s=12.0),
        line("tflite_int8", images_per_s=1.0),
        line("akida_lite"),
        line("akida_lite", model="mobilenet", ratio_to_keras=None),
        {"kind": "statistics", "model": "vgg", "ratio": 1.014},
    ]
    models, rows = headline(lines)
    assert models == ["vgg", "mobilenet"]
    assert [row[1:] for row in rows] == [
        ["2.00", "–"],
        ["2.00", "–"],
        ["8.00", "8.00"],
        ["–", "–"],
        ["12", "–"],
        ["1.00 s", "1.00 s"],
        ["1.01", "–"],
    ]


def test_lines_are_written_and_read(tmp_path):
    results = [
        this_machine(),
        Measurement("m", "p", 1.0, 1, 1.0, 1.0, None, 1.0, 1.0),
        StatisticsCost("m", 1.0, 2, 3),
        GrowthPoint("width", 1, 2, 3, 4.0, 5.0, 0.8),
    ]
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(map(as_line, results)), "utf-8")
    read = lines_of(path)
    assert [one.pop("kind") for one in read] == ["machine", "peer", "statistics", "growth"]
    assert read == [json.loads(json.dumps(asdict(result))) for result in results]


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"model": "vgg"}'])
def test_a_file_of_something_else_is_refused(text, tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text('{"kind": "machine"}\n' + text, "utf-8")
    with pytest.raises(al.FileFormatError) as refused:
        lines_of(path)
    assert str(refused.value) == (
        f"file '{path}': line 2 is {text!r}, no JSON object with a 'kind'. Fix: write it "
        "again: tox run -e benchmark -- --output FILE."
    )


def run(capsys, *arguments):
    status = command.main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def measured_by(asked):
    def measured(model, *, peers, seconds):
        asked.append((model, tuple(peers), seconds))
        yield Measurement(model, "keras_predict", 1.0, 1, 1.0, 1.0, None, 1.0, 1.0)

    return measured


def test_the_command_prints_one_object_a_line(capsys, monkeypatch, tmp_path):
    asked, path = [], tmp_path / "lines.jsonl"
    monkeypatch.setattr(command, "benchmark", measured_by(asked))
    arguments = ("--peers", "keras_predict", "--seconds", 0.5, "--note", "quiet", "-o", path)
    status, lines, _ = run(capsys, *arguments)
    assert status == 0
    assert path.read_text("utf-8").splitlines() == lines
    first, *others = map(json.loads, lines)
    assert (first["kind"], first["note"]) == ("machine", "quiet")
    assert [one["model"] for one in others] == list(NETWORKS)
    assert {"model", "peer", "images_per_s", "ratio_to_keras", "peak_rss_mib"} <= others[
        -1
    ].keys()
    assert asked == [(name, ("keras_predict",), 0.5) for name in NETWORKS]


def test_the_command_says_what_statistics_cost_where_the_engine_runs(capsys, monkeypatch):
    monkeypatch.setattr(command, "benchmark", measured_by([]))
    cost = StatisticsCost("vgg_cifar10", 1.0, 2, 3)
    monkeypatch.setattr(command, "statistics_cost", lambda model, seconds: cost)
    _, lines, _ = run(capsys, "vgg_cifar10")
    assert [json.loads(line)["kind"] for line in lines] == ["machine", "peer", "statistics"]


def test_growth_alone_measures_no_model(capsys, monkeypatch):
    point = GrowthPoint("width", 1, 2, 3, 4.0, 5.0, 0.8)
    monkeypatch.setattr(command, "growth", lambda seconds: iter([point]))
    _, lines, _ = run(capsys, "--growth")
    assert [json.loads(line)["kind"] for line in lines] == ["machine", "growth"]


@pytest.mark.slow
def test_images_are_spread_over_processes_in_every_way(capsys):
    for package in ("ray", "distributed", "pyarrow"):
        pytest.importorskip(package)
    status, lines, errors = run(capsys, "vgg_cifar10", "--spread", 8)
    assert (status, errors) == (0, "")
    machine, *spreads = map(json.loads, lines)
    assert machine["kind"] == "machine"
    assert [line["way"] for line in spreads] == list(WAYS)
    for line in spreads:
        assert (line["kind"], line["model"], line["images"]) == ("spread", "vgg_cifar10", 8)
        assert line["over"] == WAYS[line["way"]][0]
        assert line["ratio"] > 0
        if line["way"] == line["over"]:
            assert line["ratio"] == 1


def test_what_cannot_be_spread_is_refused(capsys):
    status, _, errors = run(capsys, "vgg_cifar10", "--spread", 0)
    assert status == 2
    assert errors == (
        "benchmark: option 'spread': 0 is no number of images. Fix: choose 1 or more.\n"
    )


def test_the_command_refuses_what_it_does_not_know(capsys):
    status, lines, errors = run(capsys, "lenet")
    assert (status, lines) == (2, [])
    assert errors == (
        "benchmark: option 'model': 'lenet' is none of 'vgg_cifar10', 'mobilenet_cifar10'. "
        "Fix: choose one of them.\n"
    )


@pytest.mark.slow
def test_a_model_of_your_own_is_measured_from_the_folder_it_lies_in(monkeypatch, tmp_path):
    """As a user runs it: `python docs/benchmark module:function`, from anywhere."""
    monkeypatch.delenv("PYTHONPATH")
    own = Path(tiny_workload.__file__).read_text("utf-8")
    (tmp_path / "own_model.py").write_text(own, "utf-8")
    arguments = ["own_model:workload", "--peers", "akida_lite", "--seconds", "0.01"]
    done = subprocess.run(
        [sys.executable, BENCHMARK, *arguments], capture_output=True, cwd=tmp_path, text=True
    )
    assert done.returncode == 0, done.stderr
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert kinds == ["machine", "peer", "statistics"]
