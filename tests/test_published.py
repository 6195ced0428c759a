"""Published numbers are shown beside the ones that they are compared with."""

import re

import pytest

import akida_lite as al


def test_a_table_has_the_original_and_what_another_machine_may_give():
    rows = {"VGG, Keras": "vgg_cifar10.keras.top1", "VGG, integers": "vgg_cifar10.akida.top1"}
    table = al.claims_table(rows, "Accuracy")
    assert [column.heading for column in table.columns] == [
        "",
        "Original",
        "Here",
        "May differ by",
    ]
    assert table.rows == [
        [
            "VGG, Keras",
            str(al.claim("seed.vgg_cifar10.quantized.top1")),
            str(al.claim("vgg_cifar10.keras.top1")),
            f"{al.claim('vgg_cifar10.keras.top1').slack} images",
        ],
        [
            "VGG, integers",
            str(al.claim("seed.vgg_cifar10.akida.top1")),
            str(al.claim("vgg_cifar10.akida.top1")),
            "exact",
        ],
    ]
    assert str(table).startswith("Accuracy\n")
    assert "<caption" in table._repr_html_()


def test_a_number_that_is_not_published_is_refused():
    with pytest.raises(al.ClaimError, match="vgg_cifar10"):
        al.claims_table({"VGG": "vgg_cifar10.akida.top2"})


def test_what_is_published_of_layers_has_their_names():
    operations = al.claims_by_layer("seed.mobilenet_cifar10", "ops")
    assert len(operations) == 10
    assert operations["separable_10"] == float(
        al.claim("seed.mobilenet_cifar10.separable_10.ops")
    )


def test_a_network_whose_layers_have_no_such_number_is_refused_with_those_that_have():
    with pytest.raises(al.ClaimError) as refused:
        al.claims_by_layer("vgg_cifar10", "ops")
    (problem,) = refused.value.problems
    assert problem.problem == "no layer of 'vgg_cifar10' has a published 'ops'"
    network, quantity = re.search(r"\('([^']+)', '(ops)'\)", problem.remedy).groups()
    assert al.claims_by_layer(network, quantity)


@pytest.mark.parametrize(("shown", "printed"), [("1", ""), ("", "three\n")])
def test_show_prints_where_results_do_not_show_themselves(monkeypatch, capsys, shown, printed):
    monkeypatch.setenv("AKIDA_LITE_RESULTS_SHOWN", shown)
    assert al.show("three") == "three"
    assert capsys.readouterr().out == printed
