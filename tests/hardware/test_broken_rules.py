"""Known architectures against every profile, and the exact text of what is found."""

import pytest
from architectures import MODELS, POOL, Chain, mobilenet_cifar10, vgg_cifar10

from akida_lite.errors import LayerError
from akida_lite.hardware import (
    AKD1000,
    AKD1000_PREPRODUCTION,
    AKD1000_PRODUCTION,
    AKD1000_TUTORIAL,
    check,
)
from akida_lite.layers import Convolutional, MaxPool

NO_POOL_BEFORE_DENSE = {"FC-INPUT-SIZE", "LAYER-AFTER-MAX-POOL"}
AVERAGE = {"AVERAGE-POOL-WIDTH", "AVERAGE-POOL-HEIGHT"}
SMALL_MAP = {"KERNEL-WITHIN-INPUT"}

REFUSED = {
    "vgg_cifar10": (NO_POOL_BEFORE_DENSE, {"INPUT-TYPE"} | NO_POOL_BEFORE_DENSE),
    "mobilenet_cifar10": (set(), {"INPUT-TYPE"} | AVERAGE),
    "mnist": (NO_POOL_BEFORE_DENSE, {"INPUT-TYPE"} | NO_POOL_BEFORE_DENSE),
    "kws": (set(), {"INPUT-TYPE"} | AVERAGE | SMALL_MAP),
    "mobilenet_imagenet": (set(), {"INPUT-TYPE"} | AVERAGE | SMALL_MAP),
}
"""Model to the rules that it breaks in production and in pre-production."""


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return request.param, MODELS[request.param]()


def rules(problems):
    return {problem.rule for problem in problems}


def test_the_default_takes_what_the_tutorials_showed(model):
    _, layers = model
    assert check(layers) == check(layers, AKD1000_TUTORIAL) == []


def test_the_strict_profiles_refuse_what_their_table_refuses(model):
    name, layers = model
    found = [rules(check(layers, d)) for d in (AKD1000_PRODUCTION, AKD1000_PREPRODUCTION)]
    assert found == list(REFUSED[name])


def test_vgg_of_4_bits_has_one_problem_for_each_layer_after_the_first():
    found = check(vgg_cifar10(weight_bits=4, act_bits=4))
    assert [(p.layer, p.rule) for p in found] == [
        *((f"layer_{index}", "CONV-WEIGHT-BITS") for index in range(1, 6)),
        *((f"layer_{index}", "FC-WEIGHT-BITS") for index in range(6, 9)),
    ]
    assert str(found[-1]) == (
        "layer 'layer_8' (FullyConnected): weight bits 4 breaks rule FC-WEIGHT-BITS of "
        "AKD1000, which accepts at most 2. Fix: quantize its weights to 2 bits and train on."
    )


def test_production_takes_convolutions_of_4_bits():
    found = check(vgg_cifar10(weight_bits=4, act_bits=4), AKD1000_PRODUCTION)
    assert rules(found) == NO_POOL_BEFORE_DENSE


def test_a_size_is_named_with_the_sizes_that_are_accepted():
    layers = Chain((16, 16, 3), 4).image(8, 8, (4, 4), last=True).layers
    assert [str(problem) for problem in check(layers)] == [
        "layer 'layer_0' (InputConvolutional): kernel size 4x4 breaks rule INPUT-KERNEL of "
        "AKD1000, which accepts 3x3, 5x5 or 7x7. Fix: choose a kernel of 3x3, 5x5 or 7x7."
    ]


def test_a_limit_that_depends_on_something_is_named_with_it():
    layers = (
        Chain((16, 16, 2), 4, 4).events().sep(8, 4, (5, 5), strides=(2, 1), last=True).layers
    )
    assert [str(problem) for problem in check(layers)] == [
        "layer 'layer_1' (SeparableConvolutional): strides 2x1 with a 5x5 kernel breaks rule "
        "STRIDES of AKD1000, which accepts 1x1 with a 5x5 kernel. Fix: use strides of 1 and "
        "pool instead, or strides of 2 with a 3x3 kernel."
    ]


def test_pooling_before_a_dense_layer_is_reported_for_both_in_production():
    layers = Chain((8, 8, 1), 2).image(4, 2, pool=POOL).dense(10, 2, last=True).layers
    assert [str(problem) for problem in check(layers, AKD1000_PRODUCTION)] == [
        "layer 'layer_0' (InputConvolutional): layer after max pooling FullyConnected breaks "
        "rule LAYER-AFTER-MAX-POOL of AKD1000 (production), which accepts Convolutional or "
        "SeparableConvolutional. Fix: use global average pooling here, or put a convolution "
        "after the max pooling.",
        "layer 'layer_1' (FullyConnected): input height and width 4x4 breaks rule "
        "FC-INPUT-SIZE of AKD1000 (production), which accepts 1x1. Fix: end the layer before "
        "it with global average pooling.",
    ]


def test_every_broken_rule_of_a_layer_is_reported():
    pool = MaxPool((4, 4), (5, 5), "same")
    chain = Chain((300, 4, 2), 3).image(600, 2, (2, 2), pool=pool)
    assert [problem.rule for problem in check(chain.sep(4, 3, last=True).layers)] == [
        *("INPUT-WIDTH", "INPUT-CHANNELS", "INPUT-KERNEL", "INPUT-POOL-SIZE"),
        *("INPUT-POOL-STRIDES", "ACT-BITS", "EVENT-BITS", "SEP-WEIGHT-BITS"),
    ]


def test_width_and_height_are_not_swapped():
    assert check(Chain((300, 256, 3), 4).image(8, 8, last=True).layers) == []
    found = check(Chain((256, 300, 3), 4).image(8, 8, last=True).layers)
    assert rules(found) == {"INPUT-WIDTH"}


def test_a_list_of_layers_will_do():
    assert check(list(mobilenet_cifar10()), AKD1000) == []


@pytest.mark.parametrize("layers", [[], Chain((8, 8, 1), 2).image(4, 2).sep(4, 2).layers[1:]])
def test_what_is_no_chain_is_refused_by_the_layers(layers):
    with pytest.raises(LayerError, match="a model starts with an input layer"):
        check(layers)


class Recurrent(Convolutional):
    """A layer that no table knows."""


def test_a_type_that_no_rule_is_about_is_refused():
    first, second, *_ = vgg_cifar10()
    unknown = Recurrent(**{name: getattr(second, name) for name in vars(second)})
    assert [str(problem) for problem in check([first, unknown])] == [
        f"layer '{unknown.name}' (Recurrent): no rule of AKD1000 is about this type, so "
        "nothing says that it is accepted. Fix: use one of Convolutional, FullyConnected, "
        "InputConvolutional, InputData, SeparableConvolutional."
    ]
