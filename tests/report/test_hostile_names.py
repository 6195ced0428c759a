"""Names from files of strangers: they forge no row, and steer no terminal and no page."""

import numpy as np
import pytest

import akida_lite as al
from akida_lite.errors import Problem, shown
from akida_lite.layers import FullyConnected, InputData, Potentials, Staircase
from akida_lite.report.comparison import Comparison, LayerComparison

HOSTILE = "conv\x1b[2J\nforged (Convolutional)\r\u202e\u2028\x9b\x00<b>&"
SPELLED = r"conv\x1b[2J\nforged (Convolutional)\r\u202e\u2028\x9b\x00<b>&"
IN_HTML = SPELLED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def hostile_model():
    events = InputData(name="events", input_shape=(1, 1, 2), input_bits=1)
    hidden = FullyConnected(
        name=HOSTILE,
        weights=np.eye(2, dtype=np.int8),
        weight_bits=2,
        input_bits=1,
        output=Staircase(np.zeros((2, 1), np.int32), 1),
    )
    scores = FullyConnected(
        name="scores",
        weights=np.eye(2, dtype=np.int8),
        weight_bits=2,
        input_bits=1,
        output=Potentials(np.ones(2), np.zeros(2)),
    )
    return al.Model([events, hidden, scores], name=HOSTILE, labels=["a", HOSTILE])


def statistics():
    model = hostile_model()
    model.forward(np.ones((1, 1, 1, 2), np.uint8), backend="reference")
    return model.get_statistics()


TABLES = {
    "summary": lambda: hostile_model().summary(),
    "statistics": statistics,
    "placement": lambda: hostile_model().map(),
    "comparison": lambda: Comparison((LayerComparison(HOSTILE, 4, 4),), 1, 1),
}


@pytest.mark.parametrize("which", TABLES)
def test_a_name_stays_in_its_cell(which):
    table = TABLES[which]()
    text, page = str(table), table._repr_html_()
    # The summary goes on with a long name on the next line.
    assert SPELLED in "".join(text.split()).replace("forged(", "forged (") or SPELLED in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert not any(line.startswith("forged") for line in text.split("\n"))
    assert IN_HTML in page
    assert page.replace("\n", "").isprintable()


def test_every_error_spells_them_out():
    assert str(Problem(HOSTILE, HOSTILE, HOSTILE)) == f"{SPELLED}: {SPELLED}. Fix: {SPELLED}."
    with pytest.raises(al.InputError) as caught:
        hostile_model().get_layer("\x1b[2J")
    assert str(caught.value).isprintable()


def test_what_is_seen_stays_as_it_is():
    text = "Größe ± 3 ½ × 日本 \N{NO-BREAK SPACE}%"
    assert shown(text) == text
