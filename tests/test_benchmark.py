"""The benchmark measures what it says; how long anything takes is asserted nowhere."""

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import tiny_subject

import akida_lite as al
from akida_lite import benchmark


@pytest.fixture(autouse=True)
def _children_find_the_subject(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def measured(*peers):
    return list(benchmark.benchmark("tiny_subject:subject", peers=peers, seconds=0.01))


@pytest.mark.slow
def test_peers_are_measured_in_processes_of_their_own():
    lines = [asdict(one) for one in measured("keras_predict", "akida_lite")]
    assert [line["peer"] for line in lines] == ["keras_predict", "akida_lite"]
    for line in lines:
        assert json.loads(json.dumps(line)) == line
        assert line["model"] == "tiny_subject:subject"
        assert line["cold_start_s"] > 0
        assert line["peak_rss_mib"] > 0
    keras, engine = lines
    assert keras["ratio_to_keras"] == 1
    assert engine["ratio_to_keras"] == round(engine["images_per_s"] / keras["images_per_s"], 3)
    assert engine["latency_ratio_to_keras"] is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    with warnings.catch_warnings():
        # TensorFlow Lite comments on its own options.
        warnings.simplefilter("ignore")
        for prepare in benchmark.PREPARATIONS.values():
            prepare(tiny_subject.subject(), folder)
    return folder


@pytest.mark.filterwarnings("ignore:(?s).*tf.lite.Interpreter:UserWarning")
@pytest.mark.parametrize("name", benchmark.PEERS)
def test_every_peer_can_be_measured(name, folder):
    peer = benchmark.PEERS[name]
    facts = benchmark._measure(peer, tiny_subject.subject(), folder, 0.01, 0.0)
    assert facts["images_per_s"] > 0
    assert facts["latency_ms"] > 0
    assert facts["batch_size"] in peer.batch_sizes


def test_ratios_are_taken_to_the_peers_of_keras(monkeypatch):
    facts = {
        "keras_predict": (100.0, 20.0),
        "keras_call": (50.0, 10.0),
        "akida_lite": (150.0, 4.0),
    }

    def child(name, task, folder, seconds):
        rate, latency = facts.get(task, (0.0, 0.0))
        rest = {"batch_size": 1, "cold_start_s": 1.0, "peak_rss_mib": 1.0}
        return {"images_per_s": rate, "latency_ms": latency, **rest}

    monkeypatch.setattr(benchmark, "_child", child)
    ratios = [(one.ratio_to_keras, one.latency_ratio_to_keras) for one in measured(*facts)]
    assert ratios == [(1.0, None), (0.5, 1.0), (1.5, 2.5)]
    (alone,) = measured("akida_lite")
    assert (alone.ratio_to_keras, alone.latency_ratio_to_keras) == (None, None)


def test_a_peer_whose_packages_are_missing_is_left_out(monkeypatch):
    monkeypatch.setattr(benchmark, "find_spec", lambda package: None)
    monkeypatch.setattr(benchmark, "_child", None)
    assert measured("keras_predict", "tflite_int8") == []


def test_a_peer_that_fails_is_named_with_its_reason():
    with pytest.raises(al.InputError) as refused:
        list(benchmark.benchmark("tiny_subject:broken", peers=["akida_lite"], seconds=0.01))
    assert str(refused.value).startswith(
        "benchmark of 'tiny_subject:broken', layers: exit status 1: subject: it is broken. "
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
            f"option 'peers': 'abacus' is none of {', '.join(map(repr, benchmark.PEERS))}. "
            "Fix: choose among them.",
        ),
    ],
)
def test_what_is_unknown_is_refused(name, peers, message):
    with pytest.raises(al.InputError) as refused:
        next(benchmark.benchmark(name, peers=peers))
    assert str(refused.value) == message


def test_every_peer_of_the_engine_gives_the_same_integers(folder):
    subject = tiny_subject.subject()
    fast, reference = (
        benchmark.PEERS[name].load(subject, folder)(subject.images(), 0)
        for name in ("akida_lite", "akida_lite_reference")
    )
    np.testing.assert_array_equal(fast.output, reference.output)
