"""Names from files of strangers: they forge no row, and steer no terminal and no page."""

from dataclasses import replace

import numpy as np
import pytest

import akida_lite as al
from akida_lite.errors import Problem, shown
from akida_lite.layers import FullyConnected, InputData, Potentials
from akida_lite.report.comparison import Comparison, LayerComparison
from akida_lite.report.statistics import ModelStatistics

HOSTILE = "conv\x1b[2J\nforged (Convolutional)\r\u202e\u2028\x9b\x00<b>&"
SPELLED = r"conv\x1b[2J\nforged (Convolutional)\r\u202e\u2028\x9b\x00<b>&"
IN_HTML = SPELLED.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def model():
    events = InputData(name="events", input_shape=(1, 1, 2), input_bits=1)
    scores = FullyConnected(
        name="scores",
        weights=np.eye(2, dtype=np.int8),
        weight_bits=2,
        input_bits=1,
        output=Potentials(np.ones(2), np.zeros(2)),
    )
    return al.Model([events, scores])


def summary():
    made = model().summary()
    return replace(made, rows=tuple(replace(row, name=HOSTILE) for row in made.rows))


def statistics():
    ran = model()
    ran.forward(np.ones((1, 1, 1, 2), np.uint8), backend="reference")
    (row, *_) = ran.get_statistics().values()
    return ModelStatistics(lambda: {HOSTILE: replace(row, name=HOSTILE)})


def placement():
    made = model().map()
    return replace(made, layers=tuple(replace(row, name=HOSTILE) for row in made.layers))


TABLES = {
    "summary": summary,
    "statistics": statistics,
    "placement": placement,
    "comparison": lambda: Comparison((LayerComparison(HOSTILE, 4, 4),), 1, 1),
}


@pytest.mark.parametrize("which", TABLES)
def test_a_name_stays_in_its_cell(which):
    table = TABLES[which]()
    text, page = str(table), table._repr_html_()
    # The summary goes on with a long name on the next line.
    assert (SPELLED.split()[0] if which == "summary" else SPELLED) in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert not any(line.startswith("forged") for line in text.split("\n"))
    assert IN_HTML in page
    assert page.replace("\n", "").isprintable()


def test_every_error_spells_them_out():
    assert str(Problem(HOSTILE, HOSTILE, HOSTILE)) == f"{SPELLED}: {SPELLED}. Fix: {SPELLED}."
    with pytest.raises(al.InputError) as caught:
        model().get_layer("\x1b[2J")
    assert str(caught.value).isprintable()


def test_what_is_seen_stays_as_it_is():
    text = "Größe ± 3 ½ × 日本 \N{NO-BREAK SPACE}%"
    assert shown(text) == text
