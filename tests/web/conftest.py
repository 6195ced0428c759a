"""The kernel in wasmtime, and the real JavaScript in node; tests skip what is not there."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from akida_lite.web.bundle import ENGINE, bundle, kernel


class Node:
    """A node process that runs models."""

    def __init__(self, script):
        self.process = subprocess.Popen(
            ["node", Path(__file__).with_name("node.js"), script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    if shutil.which("node") is None:
        pytest.skip("there is no node; tests/browser runs the same script in Chromium")
    script = tmp_path_factory.mktemp("node") / "engine.js"
    script.write_text(bundle(ENGINE), "utf-8")
    node = Node(script)
    yield node
    node.process.stdin.close()
    node.process.wait()
    node.process.stdout.close()


@pytest.fixture
def wasm():
    wasmtime = pytest.importorskip("wasmtime")
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, kernel())
    return Instance(store, wasmtime.Instance(store, module, []).exports(store))


class Instance:
    """A kernel with four megabytes of memory."""

    def __init__(self, store, exports):
        self.store, self.exports = store, exports
        self.memory = exports["memory"]
        self.memory.grow(store, 63)

    def put(self, at, array):
        self.memory.write(self.store, np.ascontiguousarray(array).tobytes(), at)

    def get(self, at, count, dtype):
        end = at + count * np.dtype(dtype).itemsize
        return np.frombuffer(self.memory.read(self.store, at, end), dtype)

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)
