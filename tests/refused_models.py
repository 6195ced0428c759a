"""Small Keras models that have no integer equivalent, each with the message that says why."""

import keras
import numpy as np
from keras import layers

from akida_lite import nn
from akida_lite.conversion import check_compatibility

IMAGE = (8, 8, 1)


def conv(filters=2, kernel_size=3, name="conv", bits=4, **kwargs):
    return nn.QuantizedConv2D(
        filters, kernel_size, quantizer=nn.MaxQuantizer(bits), name=name, **kwargs
    )


def separable(filters=2, kernel_size=3, name="separable", **kwargs):
    quantizer = nn.MaxQuantizer(4)
    return nn.QuantizedSeparableConv2D(
        filters, kernel_size, quantizer=quantizer, name=name, **kwargs
    )


def depthwise(kernel_size=3, name="depthwise", **kwargs):
    quantizer = nn.MaxQuantizer(4)
    return nn.QuantizedDepthwiseConv2D(kernel_size, quantizer=quantizer, name=name, **kwargs)


def dense(units=2, name="dense", **kwargs):
    return nn.QuantizedDense(units, quantizer=nn.MaxQuantizer(4), name=name, **kwargs)


def act(name="act", bits=2):
    return nn.ActivationDiscreteRelu(bits, name=name)


def norm(name="norm", **kwargs):
    return layers.BatchNormalization(name=name, **kwargs)


def chain(*parts, shape=IMAGE):
    return keras.Sequential([keras.Input(shape), *parts], name="model")


def messages(model, **options):
    options = {"input_scaling": (1, 0), **options}
    return [str(problem) for problem in check_compatibility(model, **options)]


QUANTIZE = (
    "replace it by its quantized twin, for instance with akida_lite.quantize(model, "
    "weights_quantization=4)"
)
STAIRCASE = (
    "replace it by a QuantizedReLU or ActivationDiscreteRelu, for instance with "
    "akida_lite.quantize(model, activ_quantization=4)"
)
ACCEPTED = (
    "use only QuantizedConv2D, QuantizedSeparableConv2D, QuantizedDepthwiseConv2D, "
    "QuantizedDense, QuantizedReLU, ActivationDiscreteRelu, BatchNormalization, MaxPooling2D, "
    "GlobalMaxPooling2D, GlobalAveragePooling2D, Flatten, Reshape, ZeroPadding2D and Dropout"
)
RETRAIN_RELU = (
    "replace it by a ReLU of Keras and train again, then call akida_lite.quantize(model, "
    "activ_quantization=4)"
)
KEEP_ORDER = (
    "remove it, or use softmax, sigmoid or tanh of Keras, which keep the order of the scores"
)
RESHAPES = (
    "accepted are (h, w, c) to (h*w*c,), (h, w) to (h, w, 1), (c,) to (1, 1, c), and no change"
)

ORDER = {
    "plain convolution": (
        lambda: [layers.Conv2D(2, 3, name="plain")],
        f"layer 'plain' (Conv2D): its weights are not quantized. Fix: {QUANTIZE}.",
    ),
    "average pooling": (
        lambda: [conv(), layers.AveragePooling2D(2, name="mean"), act()],
        "layer 'mean' (AveragePooling2D): it has no integer equivalent. Fix: use MaxPooling2D, "
        "strides in the convolution, or GlobalAveragePooling2D, and train again.",
    ),
    "unknown layer": (
        lambda: [conv(), layers.UpSampling2D(name="up"), act()],
        f"layer 'up' (UpSampling2D): it has no integer equivalent. Fix: {ACCEPTED}.",
    ),
    "layer normalization": (
        lambda: [conv(), layers.LayerNormalization(name="norm"), act()],
        "layer 'norm' (LayerNormalization): it has no integer equivalent. Fix: use "
        "BatchNormalization, which becomes part of the thresholds.",
    ),
    "shift that is no pixel, with padding": (
        lambda: [layers.Rescaling(1 / 127.5, -1, name="scale"), conv(padding="same"), act()],
        "layer 'scale' (Rescaling): b=127.5 in x_keras = (pixel - b) / a is no pixel, one of 0 "
        "to 255, and 'conv' reads zeros around the image. Fix: use Rescaling(0.0078125, -1), "
        "or no padding in 'conv', and train again.",
    ),
    "channels scaled by different numbers": (
        lambda: [layers.Rescaling([0.5, 1.0], name="scale"), conv(), act()],
        "layer 'scale' (Rescaling): it scales channels by different numbers, and pixels enter "
        "as they are: one number for all is accepted. Fix: quantize the float model with "
        "akida_lite.quantize, which makes it part of the weights of 'conv' if that pads "
        "nothing; else scale all channels by one number and train again.",
    ),
    "pixels times zero": (
        lambda: [layers.Rescaling(0, name="scale"), conv(), act()],
        "layer 'scale' (Rescaling): it is no scale other than 0 with a shift, one a channel. "
        "Fix: scale the images by one number before it.",
    ),
    "code of the user's": (
        lambda: [layers.Lambda(abs, name="own"), conv(), act()],
        "layer 'own' (Lambda): it has no integer equivalent. Fix: write what it computes with "
        "layers of Keras, for instance keras.layers.Rescaling where it scales the input.",
    ),
    "softmax over positions": (
        lambda: [conv(), layers.Softmax(axis=1, name="soft")],
        "layer 'soft' (Softmax): axis=1 compares positions, not the channels of each. Fix: use "
        "a softmax along the channels, or remove it.",
    ),
    "softmax over one channel": (
        lambda: [conv(1, 8), layers.Softmax(name="soft")],
        "layer 'soft' (Softmax): a softmax over one channel is 1, whatever the channel says. "
        "Fix: use a sigmoid.",
    ),
    "float ReLU": (
        lambda: [conv(), layers.ReLU(6, name="relu"), layers.Flatten(), dense()],
        f"layer 'relu' (ReLU): ReLU is no staircase of whole levels. Fix: {STAIRCASE}.",
    ),
    "float activation": (
        lambda: [conv(), layers.Activation("gelu", name="gelu")],
        f"layer 'gelu' (Activation): gelu is no staircase of whole levels. Fix: {KEEP_ORDER}.",
    ),
    "mean of a softmax": (
        lambda: [
            conv(),
            layers.Softmax(name="soft"),
            layers.GlobalAveragePooling2D(name="mean"),
        ],
        "layer 'mean' (GlobalAveragePooling2D): it reads what 'soft' makes of the scores, with "
        "which the integer model ends. Fix: move it before 'soft', or remove it.",
    ),
    "softmax in the middle": (
        lambda: [conv(), layers.Softmax(name="soft"), layers.Flatten(), dense()],
        f"layer 'soft' (Softmax): Softmax is no staircase of whole levels. Fix: "
        f"{RETRAIN_RELU}.",
    ),
    "hidden layer without activation": (
        lambda: [conv(), conv(name="last")],
        "layer 'conv' (QuantizedConv2D): it is not the last neural layer and has no quantized "
        "activation. Fix: add a QuantizedReLU or ActivationDiscreteRelu after it.",
    ),
    "two poolings": (
        lambda: [
            conv(),
            layers.MaxPooling2D(name="max"),
            layers.GlobalAveragePooling2D(name="mean"),
            act(),
        ],
        "layer 'mean' (GlobalAveragePooling2D): it is the second pooling of the block of "
        "'conv', after 'max'; one is accepted. Fix: remove one of them, or add a neural layer "
        "between them.",
    ),
    "two normalizations": (
        lambda: [conv(), norm(), norm("again"), act()],
        "layer 'again' (BatchNormalization): it is the second batch normalization of the "
        "block of 'conv', after 'norm'; one is accepted. Fix: remove one of them, or add a "
        "neural layer between them.",
    ),
    "two activations": (
        lambda: [conv(), act(), act("again")],
        "layer 'again' (ActivationDiscreteRelu): it is the second quantized activation of the "
        "block of 'conv', after 'act'; one is accepted. Fix: remove one of them, or add a "
        "neural layer between them.",
    ),
    "normalization after the activation": (
        lambda: [conv(), act(), norm()],
        "layer 'norm' (BatchNormalization): it comes after the activation 'act', where its "
        "output is no whole number of levels. Fix: move it before the activation and train "
        "again; of a float model, akida_lite.quantize makes it part of a next layer that pads "
        "nothing.",
    ),
    "pooling first": (
        lambda: [layers.MaxPooling2D(name="max"), conv(), act()],
        "layer 'max' (MaxPooling2D): it comes before the first neural layer. Fix: move it "
        "behind one, or preprocess the images instead.",
    ),
    "mean after the last activation": (
        lambda: [conv(), act(), layers.GlobalAveragePooling2D(name="mean")],
        "layer 'mean' (GlobalAveragePooling2D): it comes after the last activation, with no "
        "neural layer behind it. Fix: move it before the activation, or add a layer.",
    ),
    "mean after the activation, 3x3 kernel behind": (
        lambda: [
            conv(),
            act(),
            layers.GlobalAveragePooling2D(keepdims=True, name="mean"),
            conv(name="last", padding="same"),
        ],
        "layer 'mean' (GlobalAveragePooling2D): it comes after an activation, where only a "
        "neural layer with a 1x1 kernel and no pooling may follow; 'last' has a 3x3 kernel. "
        "Fix: move it before the activation.",
    ),
    "mean after the activation, pooling behind": (
        lambda: [
            conv(),
            act(),
            layers.GlobalAveragePooling2D(keepdims=True, name="mean"),
            conv(kernel_size=1, name="last"),
            layers.GlobalMaxPooling2D(name="max"),
        ],
        "layer 'mean' (GlobalAveragePooling2D): it comes after an activation, where only a "
        "neural layer with a 1x1 kernel and no pooling may follow; 'last' has a 1x1 kernel and "
        "the pooling 'max'. Fix: move it before the activation.",
    ),
    "pooling between a mean and its layer": (
        lambda: [
            conv(),
            act(),
            layers.GlobalAveragePooling2D(keepdims=True, name="mean"),
            layers.MaxPooling2D(1, name="max"),
            conv(kernel_size=1, name="last"),
        ],
        "layer 'max' (MaxPooling2D): it stands between 'mean' and the next neural layer. Fix: "
        "move 'mean' right before that layer.",
    ),
    "normalization of a flattened map": (
        lambda: [conv(), layers.Flatten(name="flat"), norm(), act(), dense()],
        "layer 'norm' (BatchNormalization): it comes after 'flat' has flattened the map, where "
        "positions and channels share one axis. Fix: move it before 'flat'.",
    ),
    "convolution of a flattened map": (
        lambda: [
            conv(),
            act(),
            layers.Flatten(name="flat"),
            layers.Reshape((1, 1, 72)),
            conv(2, 1, "last"),
        ],
        "layer 'last' (QuantizedConv2D): it comes after 'flat' has flattened the map, which "
        "only a QuantizedDense reads. Fix: remove 'flat', or use a QuantizedDense here.",
    ),
    "flattened at the end": (
        lambda: [conv(), act(), layers.Flatten(name="flat")],
        "layer 'flat' (Flatten): it flattens the map (6, 6, 2) and no QuantizedDense follows. "
        "Fix: remove it, or add a QuantizedDense.",
    ),
    "reshape": (
        lambda: [conv(), act(), layers.Reshape((36, 1, 2), name="shape"), conv(2, 1, "last")],
        f"layer 'shape' (Reshape): it turns (6, 6, 2) into (36, 1, 2); {RESHAPES}. Fix: use "
        "one of these, or remove it.",
    ),
    "pooling of a dense layer": (
        lambda: [
            conv(),
            act(),
            layers.Flatten(),
            dense(),
            layers.Reshape((1, 1, 2)),
            layers.MaxPooling2D(1, name="max"),
        ],
        "layer 'max' (MaxPooling2D): it pools the output of the fully connected 'dense', which "
        "has one position. Fix: remove it.",
    ),
    "dense on a map": (
        lambda: [conv(), act(), dense()],
        "layer 'dense' (QuantizedDense): its input has shape (6, 6, 2), (c,) or (1, 1, c) is "
        "accepted. Fix: put a Flatten layer before it, or use a QuantizedConv2D with a 1x1 "
        "kernel.",
    ),
    "separable first": (
        lambda: [separable(), act()],
        "layer 'separable' (QuantizedSeparableConv2D): it is the first neural layer, and only "
        "a QuantizedConv2D reads images. Fix: start with a QuantizedConv2D, or pass "
        "input_is_sparse=True and feed events, which pixels are with input_bits=8.",
    ),
    "depthwise and 3x3": (
        lambda: [conv(), act(), depthwise(), conv(name="last")],
        "layer 'depthwise' (QuantizedDepthwiseConv2D): it is followed neither by a 1x1 "
        "QuantizedConv2D with strides 1, which it would merge with, nor by an activation of "
        "its own. Fix: add either; a normalization between the two needs an activation as "
        "well.",
    ),
    "no neural layer": (
        lambda: [layers.Dropout(0.5)],
        "model: it has no neural layer. Fix: add a QuantizedConv2D, QuantizedSeparableConv2D "
        "or QuantizedDense.",
    ),
    "zeros that are not those of same": (
        lambda: [
            conv(),
            act(),
            layers.ZeroPadding2D(1, name="pad"),
            conv(name="last", strides=2),
        ],
        "layer 'pad' (ZeroPadding2D): its padding ((1, 1), (1, 1)) with padding='valid' in "
        "'last' is not that of padding='same', ((0, 1), (0, 1)). Fix: remove it and give "
        "'last' padding='same', then train again.",
    ),
    "zeros before the activation": (
        lambda: [conv(), layers.ZeroPadding2D(1, name="pad"), act()],
        "layer 'pad' (ZeroPadding2D): it comes before the activation of 'conv', where a "
        "padded zero is no absent event. Fix: move it right before the next convolution.",
    ),
    "zeros twice": (
        lambda: [
            layers.ZeroPadding2D(((0, 1), (0, 1)), name="pad"),
            layers.ZeroPadding2D(1, name="again"),
            conv(strides=2),
        ],
        "layer 'again' (ZeroPadding2D): it follows 'pad'; one is accepted. Fix: join the two.",
    ),
    "zeros before a dense layer": (
        lambda: [conv(), act(), layers.ZeroPadding2D(1, name="pad"), layers.Flatten(), dense()],
        "layer 'pad' (ZeroPadding2D): a fully connected layer follows. Fix: remove it.",
    ),
    "zeros at the end": (
        lambda: [conv(), act(), layers.ZeroPadding2D(1, name="pad")],
        "layer 'pad' (ZeroPadding2D): it comes after the last activation, with no neural layer "
        "behind it. Fix: remove it.",
    ),
    "axis of the normalization": (
        lambda: [conv(), norm(axis=1), act()],
        "layer 'norm' (BatchNormalization): axis=1 is not the channel axis, -1. Fix: make the "
        "layer with axis=-1.",
    ),
    "float weights": (
        lambda: [nn.QuantizedConv2D(2, 3, name="conv"), act()],
        "layer 'conv' (QuantizedConv2D): its kernel is not quantized (WeightFloat). Fix: give "
        "it a quantizer of 2 to 8 bits, for instance with akida_lite.quantize(model, "
        "weights_quantization=4).",
    ),
}


def changed(**values):
    """Return a model whose layers' variables or attributes have been set."""
    model = chain(
        conv(), layers.MaxPooling2D(name="max"), norm(), nn.QuantizedReLU(2, name="act")
    )
    for path, value in values.items():
        layer, attribute = path.split("__")
        held = getattr(model.get_layer(layer), attribute)
        if isinstance(held, keras.Variable):
            held.assign(np.broadcast_to(np.asarray(value, float), held.shape))
        else:
            setattr(model.get_layer(layer), attribute, value)
    return model


class PerColumn(nn.MaxQuantizer):
    """A quantizer whose scales no integer layer can hold."""

    def integers(self, w):
        integers, scale = super().integers(w)
        return integers, np.full(7, scale)


class TooFar(nn.MaxQuantizer):
    """A quantizer that leaves its range."""

    def integers(self, w):
        integers, scale = super().integers(w)
        return np.full_like(integers, 100), scale


class Doubled(nn.MaxQuantizer):
    """A quantizer that rounds otherwise than its integers say."""

    def quantize(self, w, dtype="float32"):
        return 2 * super().quantize(w, dtype)


RETRAIN = "train again with a lower learning rate, or load other weights"

VALUES = {
    "conv__kernel": (
        np.nan,
        "layer 'conv' (QuantizedConv2D): 18 of 18 values of its kernel are NaN or infinite. "
        f"Fix: {RETRAIN}.",
    ),
    "conv__bias": (
        np.inf,
        "layer 'conv' (QuantizedConv2D): 2 of 2 values of its bias are NaN or infinite. "
        f"Fix: {RETRAIN}.",
    ),
    "norm__gamma": (
        [1, -1],
        "layer 'norm' (BatchNormalization): gamma is negative for 1 filters (first: 1) behind "
        "the max pooling 'max': the maximum of a filter would become its minimum. Fix: move "
        "'max' behind it, or train with gamma_constraint=keras.constraints.NonNeg().",
    ),
    "norm__beta": (
        np.nan,
        "layer 'norm' (BatchNormalization): 2 of 2 values of its beta are NaN or infinite. "
        f"Fix: {RETRAIN}.",
    ),
    "norm__moving_variance": (
        -1,
        "layer 'norm' (BatchNormalization): moving_variance -1 plus epsilon 0.001 is not above "
        "0. Fix: train the layer, or make it with an epsilon above 0.",
    ),
    "act___step": (
        -0.5,
        "layer 'act' (QuantizedReLU): its first threshold is 0.5 and its step -2, finite "
        f"numbers and a step above 0 are expected. Fix: {RETRAIN}.",
    ),
    "act__bitwidth": (
        9,
        "layer 'act' (QuantizedReLU): bitwidth=9, 1 to 8 are accepted. Fix: choose one of "
        "them.",
    ),
    "conv__dilation_rate": (
        (2, 2),
        "layer 'conv' (QuantizedConv2D): dilation_rate=(2, 2), only 1 has an integer "
        "equivalent. Fix: make the layer with dilation_rate=1.",
    ),
    "conv__groups": (
        2,
        "layer 'conv' (QuantizedConv2D): groups=2, only 1 has an integer equivalent. Fix: make "
        "the layer with groups=1.",
    ),
    "conv__activation": (
        keras.activations.relu,
        "layer 'conv' (QuantizedConv2D): activation='relu', only none is accepted. Fix: add a "
        "QuantizedReLU or ActivationDiscreteRelu layer instead.",
    ),
    "conv__padding": (
        "causal",
        "layer 'conv' (QuantizedConv2D): padding='causal', only 'same' and 'valid' are "
        "accepted. Fix: make the layer with one of them.",
    ),
    "max__data_format": (
        "channels_first",
        "layer 'max' (MaxPooling2D): data_format='channels_first', only 'channels_last' is "
        "accepted. Fix: make it with data_format='channels_last', after "
        "keras.config.set_image_data_format('channels_last').",
    ),
    "conv__quantizer": (
        PerColumn(4),
        "layer 'conv' (QuantizedConv2D): the quantizer's scale of its kernel has shape (7,), "
        "() or (2,) is expected. Fix: use one scale for the tensor or one a filter.",
    ),
}


SCALINGS = {
    None: "it is left out, and the model does not say what was done to the pixels it reads. "
    "Fix: give (255, 0) if they were divided by 255 in training, (1, 0) if nothing was done, "
    "else (a, b) of x_keras = (pixel - b) / a.",
    (
        0,
        0,
    ): "a=0 in x_keras = (pixel - b) / a is not above 0. Fix: give the factor that divided "
    "the pixels.",
    (
        1 / 128,
        0,
    ): "a=0.0078125 in x_keras = (pixel - b) / a multiplies pixels by 128. Fix: give "
    "the number that divided them, such as (128, 0); a model that is meant to multiply them "
    "says so with a first Rescaling layer.",
    (255, 0.5): "b=0.5 in x_keras = (pixel - b) / a is no pixel, one of 0 to 255, and 'conv' "
    "reads zeros around the image. Fix: use the shift 0, or no padding in 'conv', and train "
    "again.",
    (1, -3): "b=-3 in x_keras = (pixel - b) / a is no pixel, one of 0 to 255, and 'conv' reads "
    "zeros around the image. Fix: use the shift 0, or no padding in 'conv', and train again.",
    (1,): "(1,) is not two finite numbers (a, b) of x_keras = (pixel - b) / a. Fix: give two "
    "numbers, for instance (255, 0).",
    (float("nan"), 0): "(nan, 0) is not two finite numbers (a, b) of x_keras = (pixel - b) / "
    "a. Fix: give two numbers, for instance (255, 0).",
}


class OwnCall(keras.Model):
    """A model that Keras cannot look into."""

    def call(self, inputs):
        return inputs


def two_inputs():
    a, b = keras.Input(IMAGE, name="a"), keras.Input(IMAGE, name="b")
    return keras.Model([a, b], conv()(layers.Add(name="add")([a, b])), name="model")


def two_outputs():
    inputs = keras.Input(IMAGE)
    return keras.Model(inputs, [conv()(inputs), conv(name="other")(inputs)], name="model")


def skip_connection():
    inputs = keras.Input(IMAGE)
    first = act()(conv(1, padding="same")(inputs))
    joined = layers.Add(name="add")([first, inputs])
    return keras.Model(inputs, conv(name="last")(joined), name="model")


def shared_layer():
    inputs = keras.Input(IMAGE)
    shared = conv(1, padding="same")
    return keras.Model(inputs, shared(act()(shared(inputs))), name="model")


JOIN = (
    "layer 'add' (Add): it joins 2 branches, the layers must form one chain. Fix: remove the "
    "branches: skip connections have no integer equivalent here."
)

WHOLE = {
    "no model": (
        lambda: 3,
        ["model: it is a int, a keras.Model is expected. Fix: load it first, for instance with "
         "akida_lite.load_keras(path)."],
    ),
    "not built": (
        lambda: keras.Sequential([conv()], name="model"),
        ["model 'model': it has not been built: the shape of its input is unknown. Fix: put a "
         "keras.Input(shape) first."],
    ),
    "own call": (
        lambda: OwnCall(name="model"),
        ["model 'model': it is a OwnCall whose layers are called by its own code, a Functional "
         "or Sequential model is expected. Fix: write it with keras.Model(inputs, outputs) or "
         "keras.Sequential."],
    ),
    "two inputs": (
        two_inputs,
        ["model 'model': it has 2 inputs, one is expected. Fix: build a keras.Model with one "
         "input.",
         "layer 'add' (Add): it joins 2 branches, the layers must form one chain. Fix: do it "
         "to the images before they are fed, and leave it out of the model."],
    ),
    "two outputs": (
        two_outputs,
        ["model 'model': it has 2 outputs, one is expected. Fix: build a keras.Model with one "
         "output."],
    ),
    "skip connection": (skip_connection, [JOIN]),
    "shared layer": (
        shared_layer,
        ["layer 'conv' (QuantizedConv2D): it is used 2 times, once is expected. Fix: give "
         "every place a layer of its own."],
    ),
    "open shape": (
        lambda: chain(conv(), act(), shape=(None, None, 1)),
        ["layer 'conv' (QuantizedConv2D): its input shape (None, None, 1) is not fixed. Fix: "
         "build the model with a fixed height and width: keras.Input((h, w, c))."],
    ),
}  # fmt: skip
