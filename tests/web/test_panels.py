"""The panel that a notebook shows carries its model, and no name breaks out of it."""

import re

import numpy as np
import pytest

import akida_lite as al
from akida_lite.layers import FullyConnected, InputData, Potentials
from akida_lite.web.bundle import bundle

HOSTILE = "\"><script>alert(1)</script>'&"


def model(name="tiny"):
    events = InputData(name=HOSTILE, input_shape=(1, 1, 2), input_bits=2)
    scores = FullyConnected(
        name="out",
        weights=np.eye(2, dtype=np.int8),
        weight_bits=2,
        input_bits=2,
        output=Potentials(np.ones(2), np.zeros(2)),
    )
    return al.Model([events, scores], name=name, labels=[HOSTILE] * 2)


SAMPLES = np.array([[[[1, 2]]]], np.uint8)


def test_a_panel_carries_the_model_that_it_shows(node):
    html = al.web.panel(model(), SAMPLES)._repr_html_()
    (payload,) = re.findall(r'data-payload="([^"]*)"', html)
    (result,) = node.ask(method="run", payload=payload, images=[[1, 2]])
    assert (result["potentials"], result["label"]) == ([1, 2], HOSTILE)
    assert node.ask(method="selfTest", payload=payload)["same"] is True


def test_a_panel_brings_its_script_and_no_name_breaks_out():
    html = al.web.panel(model(HOSTILE))._repr_html_()
    assert html.endswith(f"<script>\n{bundle()}</script>")
    assert html.count("<script>") == html.count("</script>") == 1
    assert "alert(1)</script>" not in html


def test_the_script_holds_nothing_that_ends_it():
    assert "</script" not in bundle().lower()


def test_a_panel_says_where_it_shows():
    assert repr(al.web.panel(model())) == "<Panel of tiny: shows in a notebook or a page>"


def test_samples_that_the_model_does_not_read_are_refused():
    with pytest.raises(al.InputError, match="input: has dtype float64"):
        al.web.panel(model(), SAMPLES / 2)
