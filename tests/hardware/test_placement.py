"""Placement: counts derived by hand, passes, costs, the note, and the text."""

from dataclasses import FrozenInstanceError, replace
from html.parser import HTMLParser

import numpy as np
import pytest
from architectures import MODELS, Chain, kws, vgg_cifar10

from akida_lite.errors import HardwareError, InputError
from akida_lite.hardware import (
    AKD1000,
    AKD1000_PRODUCTION,
    LayerMemory,
    Processor,
    place,
)


def device(**capacity):
    return replace(AKD1000, capacity=replace(AKD1000.capacity, **capacity))


def small(last_filters=10):
    """Events of 4 bits, 32 separable filters, then scores."""
    chain = Chain((8, 6, 16), 4, 4).events().sep(32, 2)
    return chain.dense(last_filters, 2, last=True).layers


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return MODELS[request.param]()


def test_every_architecture_is_placed_without_overlap(model):
    placement = place(model)
    taken = [processor for layer in placement.layers for processor in layer.processors]
    assert len(set(taken)) == len(taken) == placement.n_nps > 0
    assert [layer.name for layer in placement.layers] == [layer.name for layer in model]
    assert (placement.mesh >= 0).sum() == len(taken)
    assert placement.memory_bits == sum(layer.memory.total for layer in placement.layers)


def test_every_layer_holds_its_memory(model):
    bits = AKD1000.capacity.np_memory_bits
    for layer in place(model).layers[1:]:
        assert (layer.n_nps - 1) * bits < layer.memory.total <= layer.n_nps * bits


def test_memory_is_weights_thresholds_and_the_map_that_is_read():
    events, separable, scores = place(small()).layers
    assert events.memory == LayerMemory(0, 0, 8 * 6 * 16 * 4)
    assert separable.memory == LayerMemory(
        weights=(3 * 3 * 16 + 16 * 32) * 2, thresholds=32 * 15 * 32, input_map=8 * 6 * 16 * 4
    )
    assert scores.memory == LayerMemory(8 * 6 * 32 * 10 * 2, 0, 8 * 6 * 32 * 4)
    assert scores.memory.total == 8 * 6 * 32 * (10 * 2 + 4)


def test_layers_follow_each_other_row_by_row():
    # 19,776 and 36,864 bits fill 2 and 4 processors of 10,000 bits.
    placement = place(small(), device(mesh=(2, 4), np_memory_bits=10_000))
    assert [layer.n_nps for layer in placement.layers] == [0, 2, 4]
    assert placement["layer_2"].processors == (
        *(Processor(0, 0, 2), Processor(0, 0, 3), Processor(0, 1, 0), Processor(0, 1, 1)),
    )
    np.testing.assert_array_equal(placement.mesh, [[[1, 1, 2, 2], [2, 2, -1, -1]]])
    assert placement.n_passes == 1


def test_a_layer_that_does_not_fit_opens_the_next_pass():
    placement = place(small(), device(mesh=(1, 5), np_memory_bits=10_000))
    np.testing.assert_array_equal(placement.mesh, [[[1, 1, -1, -1, -1]], [[2, 2, 2, 2, -1]]])
    assert [layer.passes for layer in placement.layers] == [(), (1,), (2,)]


def test_a_layer_above_the_whole_device_takes_several_passes():
    placement = place(small(), device(mesh=(1, 3), np_memory_bits=10_000))
    np.testing.assert_array_equal(placement.mesh, [[[1, 1, -1]], [[2, 2, 2]], [[2, -1, -1]]])
    assert placement["layer_2"].passes == (2, 3)
    assert placement.n_passes == 3
    assert "6 NPs of 3, 3 passes" in str(placement)


def test_which_layers_run_off_the_mesh_is_a_parameter():
    layers = Chain((8, 8, 1), 2).image(4, 2, last=True).layers
    assert (place(layers).n_nps, place(layers).n_passes) == (0, 1)
    assert place(layers, device(layers_off_mesh=())).n_nps == 1


def test_a_model_that_breaks_rules_is_not_placed():
    with pytest.raises(HardwareError) as caught:
        place(vgg_cifar10(), AKD1000_PRODUCTION)
    assert [(problem.layer, problem.rule) for problem in caught.value.problems] == [
        ("layer_5", "LAYER-AFTER-MAX-POOL"),
        ("layer_6", "FC-INPUT-SIZE"),
    ]
    assert str(caught.value).count("Fix: ") == 2


def test_costs_are_shares_of_operations():
    events = {"events": 9.0, "layer_1": 100.0, "layer_2": 297.0}
    first, separable, scores = place(small(), input_events=events).layers
    assert (first.events, first.operations, first.relative_cost) == (9.0, None, None)
    assert separable.operations == 100 * 9 * (32 + 1)
    assert scores.operations == 297 * 10
    assert scores.relative_cost == 2970 / (29700 + 2970)
    assert separable.relative_cost + scores.relative_cost == 1


def test_without_events_nothing_is_said_about_costs():
    placement = place(small())
    assert all(layer.relative_cost is None for layer in placement.layers)
    assert "Share" not in str(placement)


def test_no_event_at_all_costs_nothing():
    (_, separable, _) = place(small(), input_events={"layer_1": 0}).layers
    assert (separable.operations, separable.relative_cost) == (0, None)


def test_unknown_layers_and_impossible_counts_are_all_reported():
    with pytest.raises(InputError) as caught:
        place(small(), input_events={"conv": 1, "layer_1": -1, "layer_2": float("nan")})
    assert str(caught.value).splitlines() == [
        "input_events['conv']: the model has no such layer, it has events, layer_1, layer_2. "
        "Fix: name one of its layers.",
        "input_events['layer_1']: -1 is no count. Fix: give a mean per image, 0 or more.",
        "input_events['layer_2']: nan is no count. Fix: give a mean per image, 0 or more.",
    ]


def test_the_table():
    small_device = device(mesh=(1, 5), np_memory_bits=10_000)
    events = {"layer_1": 100, "layer_2": 297}
    assert str(place(small(), small_device, input_events=events)).splitlines() == [
        "Placement on AKD1000; memory in bits",
        "Layer (type)                      NPs  Pass  Weights  Thresholds  Input map  "
        "Events/image  Operations  Share",
        "-" * 108,
        "events (InputData)                  0              0           0      3,072",
        "layer_1 (SeparableConvolutional)    2     1    1,312      15,360      3,072  "
        "         100      29,700  0.909",
        "layer_2 (FullyConnected)            4     2   30,720           0      6,144  "
        "         297       2,970  0.091",
        "6 NPs of 5, 2 passes, 59,680 bits.",
        "NPs and passes are assumed, not measured: they follow from 5 NPs in a mesh of 1 x 5 "
        "with 10,000",
        "bits each (chosen for this emulation; no public document that we could cite).",
    ]


def test_a_placement_prints_as_its_table():
    placement = place(kws())
    assert repr(placement) == str(placement)


def test_capacity_of_the_default_is_marked_as_assumed():
    assert AKD1000.capacity.status == "assumed"
    assert AKD1000.capacity.n_nps == np.prod(AKD1000.capacity.mesh)
    note = place(kws()).note
    assert note.startswith("NPs and passes are assumed")
    assert "80 NPs (documented: BrainChip, MetaTF documentation, page “Overview”" in note


class Cells(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.cells, self.opened = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, data):
        self.cells.append(data)


def test_html_holds_the_cells_of_the_text():
    placement = place(small(), input_events={"layer_1": 100})
    parsed = Cells(placement._repr_html_())
    assert parsed.opened == []
    text = " ".join(str(placement).split())
    assert all(" ".join(cell.split()) in text for cell in parsed.cells)
    assert "events (InputData)" in parsed.cells


def test_html_escapes_names():
    layers = Chain((8, 8, 1), 2).image(4, 2, last=True).layers
    layers[0] = replace(layers[0], name="<b>&")
    assert "<b>" not in place(layers)._repr_html_()


def test_a_placement_cannot_be_changed():
    placement = place(small())
    for part in (placement, placement.layers[0], placement.layers[0].memory):
        with pytest.raises(FrozenInstanceError):
            part.name = "other"


def test_one_pass_is_no_passes():
    assert "NPs of 80, 1 pass, " in str(place(small()))
