"""The zoo's architectures are the original tutorial's, and its arguments are checked."""

import math

import keras
import pytest

import akida_lite as al
from akida_lite.zoo.cards import shipped_cards

VGG_SHAPES = {
    "conv_0": (32, 32, 128),
    "conv_1": (16, 16, 128),
    "conv_2": (16, 16, 256),
    "conv_3": (8, 8, 256),
    "conv_4": (8, 8, 512),
    "conv_5": (4, 4, 512),
    "dense_6": (1024,),
    "dense_7": (1024,),
    "dense_8": (10,),
}
MOBILENET_SHAPES = {
    "conv_0": (32, 32, 128),
    "separable_1": (32, 32, 128),
    "separable_2": (32, 32, 256),
    "separable_3": (16, 16, 256),
    "separable_4": (16, 16, 512),
    "separable_5": (8, 8, 512),
    "separable_6": (8, 8, 512),
    "separable_7": (4, 4, 512),
    "separable_8": (4, 4, 1024),
    "separable_9": (4, 4, 1024),
    "separable_10": (10,),
}
NETWORKS = {
    # name: (outputs of each block, parameters, trainable ones)
    "vgg_cifar10": (VGG_SHAPES, 14_037_376, 14_029_696),
    "mobilenet_cifar10": (MOBILENET_SHAPES, 2_681_984, 2_672_256),
}


def build(name, **options):
    return getattr(al.zoo, name)(**options)


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    widths = {"weights_quantization": 2, "activ_quantization": 3}
    return build(request.param, **widths, input_weights_quantization=4)


def test_parameters_are_the_originals(network):
    _, parameters, trainable = NETWORKS[network.name]
    assert network.count_params() == parameters
    assert sum(math.prod(v.shape) for v in network.trainable_variables) == trainable


def test_blocks_and_their_shapes_are_the_originals(network):
    outputs = {}
    for layer in network.layers:
        block = next((b for b in NETWORKS[network.name][0] if layer.name in own(b)), None)
        if block is not None:
            outputs[block] = tuple(layer.output.shape[1:])
    assert outputs == NETWORKS[network.name][0]
    assert network.input_shape == (None, 32, 32, 3)


def own(block):
    """Return the names of a block's layers."""
    return [block, *(f"{block}_{part}" for part in ("maxpool", "global_avg", "BN", "relu"))]


def test_the_order_in_a_block_is_layer_pooling_normalization_activation(network):
    names = [layer.name for layer in network.layers]
    for block in NETWORKS[network.name][0]:
        found = [name for name in names if name in own(block)]
        assert found == [name for name in own(block) if name in found]
        assert found[0] == block


def test_widths_are_given_to_every_layer(network):
    first, *others = [
        la.quantizer.bitwidth for la in network.layers if hasattr(la, "quantizer")
    ]
    assert (first, set(others)) == (4, {2})
    activations = [la for la in network.layers if isinstance(la, al.nn.ActivationDiscreteRelu)]
    assert {layer.bitwidth for layer in activations} == {3}
    # Potentials leave the last block, and every other block ends in an activation.
    assert len(activations) == len(NETWORKS[network.name][0]) - 1


@pytest.mark.parametrize("name", NETWORKS)
def test_width_0_is_float(name):
    model = build(name, input_shape=(16, 16, 3), classes=3)
    assert {la.quantizer.bitwidth for la in model.layers if hasattr(la, "quantizer")} == {0}
    relus = [la.max_value for la in model.layers if isinstance(la, keras.layers.ReLU)]
    assert relus == [6] * (len(NETWORKS[name][0]) - 1)
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize("name", NETWORKS)
def test_both_spellings_mean_the_same(name):
    small = {"input_shape": (16, 16, 3), "activ_quantization": 2}
    plural = build(name, **small, weights_quantization=2, input_weights_quantization=4)
    singular = build(name, **small, weight_quantization=2, input_weight_quantization=4)
    assert widths_of(plural) == widths_of(singular)
    assert widths_of(build(name, **small, weight_quantization=2)) == {2}


def widths_of(model):
    return {la.quantizer.bitwidth for la in model.layers if hasattr(la, "quantizer")}


def test_another_spelling_is_refused():
    with pytest.raises(TypeError) as refused:
        build("vgg_cifar10", weigth_quantization=2)
    assert str(refused.value) == (
        "vgg_cifar10() got an unexpected keyword argument 'weigth_quantization'"
    )


def test_widths_out_of_range_are_refused_together():
    with pytest.raises(al.InputError) as refused:
        build("vgg_cifar10", weights_quantization=1, activ_quantization=True)
    assert str(refused.value) == (
        "vgg_cifar10: weights_quantization: 1 is not 0 (float) or one of 2 to 8 (bits). "
        "Fix: choose one of them.\n"
        "vgg_cifar10: activ_quantization: True is not 0 (float) or one of 1 to 8 (bits). "
        "Fix: choose one of them.\n"
        "vgg_cifar10: input_weights_quantization: 1 is not 0 (float) or one of 2 to 8 (bits). "
        "Fix: choose one of them."
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_widths_that_are_not_shipped_are_refused_with_those_that_are(name):
    shipped = ", ".join(str(bits) for model, bits in sorted(shipped_cards()) if model == name)
    with pytest.raises(al.InputError) as refused:
        build(name, weights="cifar10", weights_quantization=8, activ_quantization=7)
    assert str(refused.value) == (
        f"{name}: weights='cifar10': none are shipped for (weights, activations, input "
        f"weights) = (8, 7, 8) bits; shipped are {shipped}. Fix: ask for one of them, or pass "
        "weights=None and train."
    )


@pytest.mark.parametrize(
    "other", [{"classes": 100}, {"input_shape": (64, 64, 3)}, {"input_shape": (32, 32, 1)}]
)
def test_shipped_weights_fit_one_shape_and_ten_classes(other):
    asked = {"input_shape": (32, 32, 3), "classes": 10} | other
    with pytest.raises(al.InputError) as refused:
        build(
            "vgg_cifar10",
            **other,
            weights="cifar10",
            weights_quantization=2,
            activ_quantization=2,
        )
    assert str(refused.value) == (
        "vgg_cifar10: weights='cifar10': they are for input_shape=(32, 32, 3) and classes=10, "
        f"not {asked['input_shape']} and {asked['classes']}. Fix: ask for these, or pass "
        "weights=None and train."
    )
