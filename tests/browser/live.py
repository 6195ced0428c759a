"""A panel that runs models, in the words of the tests; and folders that hold one."""

import struct
import zlib

import numpy as np
from browsing import Browser

from akida_lite import Model
from akida_lite.layers import (
    Convolutional,
    FullyConnected,
    InputConvolutional,
    InputData,
    MaxPool,
    Potentials,
    Staircase,
)
from akida_lite.web.payload import FIRST_UNIT
from akida_lite.web.payload import script as script_of

ELEMENT = "document.querySelector('akida-lite-live')"


class Live(Browser):
    """A page with a panel."""

    def inside(self, script, *arguments):
        """Run a script that finds the panel's inside as `root`."""
        return self.run(f"const root = {ELEMENT}.shadowRoot; {script}", *arguments)

    def later(self, script, *arguments):
        """Return what an expression of JavaScript resolves to."""
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async () => {script})().then(done, (error) => done('failed: ' + error.message))",
            *arguments,
        )

    def start(self):
        """Press the button, and wait until the panel says how its bits compare."""
        self._until(20, f"return {ELEMENT}?.shadowRoot?.querySelector('button.primary')")
        self.inside("root.querySelector('button.primary').click()")
        self._until(
            60,
            f"return {ELEMENT}.shadowRoot.querySelector('.badge[data-state=same],"
            " .badge[data-state=differ]')",
        )
        self.settle()

    def settle(self):
        """Wait until no picture is running."""
        self._until(30, f"return !{ELEMENT}.running")

    def badge(self):
        return self.inside("return root.querySelector('.badge').textContent")

    def said(self):
        """Return what a screen reader says."""
        self.settle()
        return self.inside("return root.querySelector('[aria-live]').textContent")

    def part(self, selector):
        return self.inside("return root.querySelector(arguments[0])", selector)

    def choose(self, file):
        self.part("input[type=file]").send_keys(str(file))

    def type_values(self, text):
        self.inside(
            "const field = root.querySelector('textarea'); field.value = arguments[0];"
            "field.dispatchEvent(new Event('change'))",
            text,
        )

    def complaint(self):
        """Return what the panel says of an input that it cannot use."""
        self._until(10, f"return !{ELEMENT}.message.hidden")
        return self.part("[role=alert]").text

    def set(self, slider, value):
        self.inside(
            "const input = root.getElementById(arguments[0]); input.value = arguments[1];"
            "input.dispatchEvent(new Event('input'))",
            slider,
            value,
        )
        self.settle()


def small_model(channels=1, filters=4, name="small", labels=None):
    """A model with a convolution, pooling and scores, whose weights are random but fixed."""
    rng = np.random.default_rng(channels)
    kernel = rng.integers(-1, 2, (3, 3, channels, 8), np.int8)
    first = InputConvolutional(
        name="first",
        input_shape=(8, 8, channels),
        weights=kernel,
        weight_bits=2,
        input_bits=8,
        output=Staircase(np.sort(rng.integers(-300, 600, (8, 3)).astype(np.int32)), 2),
    )
    second = Convolutional(
        name="second",
        weights=rng.integers(-1, 2, (3, 3, 8, 70), np.int8),
        weight_bits=2,
        input_bits=2,
        pool=MaxPool((2, 2), (2, 2), "same"),
        output=Staircase(np.sort(rng.integers(-5, 20, (70, 3)).astype(np.int32)), 2),
    )
    scores = FullyConnected(
        name="scores",
        weights=rng.integers(-1, 2, (4 * 4 * 70, filters), np.int8),
        weight_bits=2,
        input_bits=2,
        output=Potentials(np.ones(filters), np.zeros(filters)),
    )
    return Model([first, second, scores], name=name, labels=labels, input_scaling=(255, 0))


def model_of_values(shape):
    """A model of three classes that reads 4-bit values."""
    rng = np.random.default_rng(0)
    scores = FullyConnected(
        name="scores",
        weights=rng.integers(-7, 8, (int(np.prod(shape)), 3), np.int8),
        weight_bits=4,
        input_bits=4,
        output=Potentials(np.ones(3), np.zeros(3)),
    )
    layers = [InputData(name="in", input_shape=shape, input_bits=4), scores]
    return Model(layers, name="values", labels=["still", "slow", "fast"])


def small_samples(channels=1):
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (3, 8, 8, channels), np.uint8)


def recoded(script, change):
    """Return a model's script after `change` was made to its uncompressed content."""
    units = np.frombuffer(script[2:], "<u2")
    units = units[(units >= FIRST_UNIT) & (units < FIRST_UNIT + 2**15)] - FIRST_UNIT
    planes = (units[:, None] >> np.arange(15, dtype=np.uint16)) & 1
    data = np.packbits(planes.astype(np.uint8).ravel(), bitorder="little").tobytes()
    (length,) = struct.unpack("<I", data[:4])
    content = bytearray(zlib.decompress(data[4 : 4 + length]))
    change(content)
    packed = zlib.compress(bytes(content))
    return script_of(len(packed).to_bytes(4, "little") + packed)
