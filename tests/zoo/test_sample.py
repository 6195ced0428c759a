"""A run over the images that ship is held against the published counts."""

import re

import numpy as np
import pytest

import akida_lite as al
from akida_lite.zoo import verify_sample

NETWORK = "vgg_cifar10"
LABELS = al.datasets.load_cifar10_sample()[1]


def published(what):
    return al.claim(f"{NETWORK}.{what}.top1_n1000").amount.number


def wrong_on(count, otherwise=0):
    """Return labels that are wrong on the last images, on some of them in another way."""
    labels = LABELS.copy()
    labels[len(labels) - count :] += 1
    labels[len(labels) - otherwise :] += 1
    return labels % 10


KERAS_WRONG, WRONG = 1000 - published("keras"), 1000 - published("akida")
KERAS = wrong_on(KERAS_WRONG)
RUN = wrong_on(WRONG, 1000 - published("agree") - abs(KERAS_WRONG - WRONG))


def test_a_run_as_published_stands_beside_the_published_counts():
    table = verify_sample(NETWORK, KERAS, RUN)
    assert [row[0] for row in table.rows] == [
        "Keras, right",
        "integers, right",
        "the same class",
    ]
    for row, what in zip(table.rows, ("keras", "akida", "agree"), strict=True):
        assert row[1] == row[2] == f"{published(what):,}"
    slack = al.claim(f"{NETWORK}.keras.top1_n1000").slack
    assert [row[3] for row in table.rows] == [f"{slack} images", "exact", f"{slack} images"]


@pytest.mark.parametrize(
    ("keras", "integers", "claim"),
    [
        (wrong_on(KERAS_WRONG + 3), RUN, "keras"),
        (KERAS, wrong_on(WRONG + 1), "akida"),
        (KERAS, wrong_on(WRONG, WRONG), "agree"),
    ],
)
def test_a_count_that_differs_is_refused(keras, integers, claim):
    with pytest.raises(al.ClaimError, match=re.escape(f"{NETWORK}.{claim}.top1_n1000")):
        verify_sample(NETWORK, keras, integers)


def test_an_unknown_network_is_refused_and_the_known_ones_are_named():
    with pytest.raises(al.InputError) as refused:
        verify_sample("vgg", RUN, RUN)
    (problem,) = refused.value.problems
    assert problem.subject == "option 'network'"
    assert problem.problem == "'vgg' is no network of the zoo whose data set ships a sample"
    assert problem.remedy == "choose among 'vgg_cifar10', 'mobilenet_cifar10'"


@pytest.mark.parametrize("name", ["keras_labels", "integer_labels"])
def test_scores_or_a_part_of_the_images_are_refused(name):
    for given in (RUN[:100], np.zeros((1000, 10))):
        labels = {"keras_labels": RUN, "integer_labels": RUN, name: given}
        with pytest.raises(al.InputError) as refused:
            verify_sample(NETWORK, **labels)
        (problem,) = refused.value.problems
        assert problem.subject == f"option '{name}'"
        assert problem.problem == (
            f"its shape is {given.shape}, that of the sample's labels (1000,)"
        )


def test_a_card_reads_its_record():
    for card in al.zoo.shipped_cards().values():
        assert card.record["recipe"]["name"] == card.name
