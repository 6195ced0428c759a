"""The real JavaScript, run by node; tests that need it are skipped where there is none."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from akida_lite.web.bundle import ENGINE, bundle


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
