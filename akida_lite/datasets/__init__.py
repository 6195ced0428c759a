"""Data sets with known checksums: ``(x_train, y_train), (x_test, y_test)`` as arrays.

Images are uint8 (n, height, width, channels), labels int64 (n,). Every byte is checked by
SHA-256, whatever the source; ``AKIDA_LITE_DATA`` names a folder with archives that you
already have, ``AKIDA_LITE_CACHE`` the folder where arrays are kept between runs.
"""

from akida_lite.datasets.cifar10 import CIFAR10_LABELS, load_cifar10, load_cifar10_sample
from akida_lite.datasets.digits import load_digits
from akida_lite.datasets.mnist import load_mnist, load_mnist_sample

__all__ = [
    "CIFAR10_LABELS",
    "load_cifar10",
    "load_cifar10_sample",
    "load_digits",
    "load_mnist",
    "load_mnist_sample",
]
