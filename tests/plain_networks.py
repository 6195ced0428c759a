"""Networks of other people, in layers of Keras alone: untrained, with drawn statistics.

Each is what its authors published or what tutorials teach, smaller where width says nothing.
"""

import keras
import numpy as np
from keras import layers


def _block(x, filters, strides=1, kernel=3):
    x = layers.DepthwiseConv2D(kernel, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6)(x)
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU(6)(x)


def ds_cnn():
    """Keyword spotting on 49 windows of 10 coefficients (Zhang et al. 2017)."""
    inputs = keras.Input((49, 10, 1))
    x = layers.Rescaling(1 / 128, offset=-1)(inputs)
    x = layers.Conv2D(16, (10, 4), strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for _ in range(2):
        x = _block(layers.Dropout(0.2)(x), 16)
    x = layers.AveragePooling2D(x.shape[1:3])(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(12, activation="softmax")(x), name="ds_cnn")


def mobilenet():
    """MobileNetV1 at 96x96 and a quarter of its width, as for small devices."""
    inputs = keras.Input((96, 96, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs / 255.0)
    x = layers.ReLU(6)(layers.BatchNormalization()(x))
    for filters, strides in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 2)):
        x = _block(x, filters, strides)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(10, 1)(layers.Dropout(1e-3)(x))
    outputs = layers.Softmax()(layers.Reshape((10,))(x))
    return keras.Model(inputs, outputs, name="mobilenet")


def svhn():
    """House numbers: convolutions with bias, activation inside, normalized afterwards."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Conv2D(16, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="svhn",
    )


def svhn_for_a_chip():
    """The same as its messages ask: normalized before the activation, padded everywhere."""

    def conv(filters):
        return [
            layers.Conv2D(filters, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            *conv(8),
            *conv(8),
            layers.MaxPooling2D(),
            *conv(16),
            *conv(16),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="svhn",
    )


def transfer():
    """The pattern of Keras' own guide: augmentation, rescaling, a frozen base, a small head."""
    base = keras.applications.MobileNet(
        (96, 96, 3), alpha=0.25, include_top=False, weights=None
    )
    base.trainable = False
    inputs = keras.Input((96, 96, 3))
    x = layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(inputs))
    x = base(layers.Rescaling(1 / 127.5, offset=-1)(x), training=False)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x), name="transfer")


def binary():
    """Two classes in one score."""
    return keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="binary",
    )


def binary_for_a_chip():
    """The same with the mean of the map, since maxima are those of at most 3x3 positions."""
    network = binary()
    head = [layers.GlobalAveragePooling2D(), network.layers[-1]]
    return keras.Sequential(
        [keras.Input((24, 24, 3)), *network.layers[:-2], *head], name="binary"
    )


def regression():
    """A quantity: channels normalized by their own mean and deviation."""
    inputs = keras.Input((24, 24, 3))
    normalization = layers.Normalization(mean=[120, 110, 100], variance=[60**2, 65**2, 70**2])
    x = layers.Conv2D(8, 5, strides=2, activation="relu")(normalization(inputs))
    x = keras.ops.relu(layers.Conv2D(8, 3)(x))
    x = keras.ops.mean(x, axis=(1, 2))
    return keras.Model(inputs, layers.Dense(1)(x), name="regression")


def mlp():
    """Vectors of 39 features of 8 bits."""
    return keras.Sequential(
        [
            keras.Input((39,)),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(16, activation=layers.ReLU(max_value=4.0)),
            layers.Dense(5),
        ],
        name="mlp",
    )


def unet():
    """A map for a map, with a way across."""
    inputs = keras.Input((16, 16, 1))
    down = layers.Conv2D(4, 3, padding="same", activation="relu", name="down")(inputs / 255.0)
    x = layers.MaxPooling2D()(down)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="bottom")(x)
    x = layers.Conv2DTranspose(4, 2, strides=2, name="up")(x)
    x = layers.Concatenate(name="across")([x, down])
    outputs = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    return keras.Model(inputs, outputs, name="unet")


def residual():
    """A sum that goes around two convolutions, and an activation without levels."""
    inputs = keras.Input((16, 16, 3))
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(inputs / 255.0)
    x = layers.Conv2D(4, 3, padding="same", activation="silu", name="second")(first)
    x = layers.Add(name="sum")([layers.Conv2D(4, 3, padding="same", name="third")(x), first])
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(inputs, layers.Dense(10, name="scores")(x), name="residual")


def drawn(build, seed=1):
    """Return a network whose weights and statistics are drawn, and samples for it."""
    keras.utils.clear_session()  # names are counted anew
    keras.utils.set_random_seed(seed)
    model = build()
    rng = np.random.default_rng(seed)
    samples = rng.integers(0, 256, (16, *model.input_shape[1:])).astype(np.float32)
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            count = layer.moving_mean.shape[0]
            layer.moving_mean.assign(rng.normal(0, 0.2, count))
            layer.moving_variance.assign(rng.uniform(0.2, 1.5, count))
            layer.gamma.assign(rng.uniform(0.5, 1.5, count))
            layer.beta.assign(rng.normal(0, 0.3, count))
    return model, samples
