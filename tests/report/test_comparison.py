"""The comparison of two models: where they differ first, in numbers and as a table."""

from dataclasses import replace

from akida_lite.report import Comparison, Difference, LayerComparison

SAME = LayerComparison("conv_0", 1024, 1024)
FIRST = LayerComparison("conv_1", 1000, 998, Difference(0, 1, 2, 3, 2, 1), 1.0)
LATER = LayerComparison("dense", 20, 5, Difference(1, 0, 0, 9, 12.5, -3), 15.5)


def test_all_equal_has_no_first_difference():
    comparison = Comparison((SAME,), 2, 2)
    assert comparison.all_equal
    assert comparison.first_difference is None


def test_differences_start_at_the_first_layer_that_differs():
    comparison = Comparison((SAME, FIRST, LATER), 2, 1)
    assert not comparison.all_equal
    assert comparison.first_difference is FIRST


def test_the_table_as_text():
    comparison = Comparison((SAME, FIRST, LATER), 2, 1)
    assert (
        repr(comparison)
        == str(comparison)
        == "\n".join(
            [
                "Keras and integer model, 2 images: same label for 1 of 2",
                "Layer   values  equal  different     largest  first difference",
                "                                  difference",
                "--------------------------------------------------------------------------",
                "conv_0   1,024  1,024          0           0  none",
                "conv_1   1,000    998          2           1  image 0, y 1, x 2, channel 3",
                "                                              Keras 2, integer 1",
                "dense       20      5         15        15.5  image 1, y 0, x 0, channel 9",
                "                                              Keras 12.5, integer -3",
            ]
        )
    )


def test_one_image_is_singular():
    assert str(Comparison((SAME,), 1, 1)).startswith("Keras and integer model, 1 image: same")


def test_a_difference_says_where_and_what():
    assert str(FIRST.first_difference) == ("image 0, y 1, x 2, channel 3: Keras 2, integer 1")


def test_it_shows_as_a_table_in_a_notebook():
    html = Comparison((SAME, FIRST), 2, 2)._repr_html_()
    assert html.count('<th scope="row"') == 2
    assert "same label for 2 of 2</caption>" in html


def test_differences_born_in_a_layer_have_a_column_where_they_were_measured():
    layers = (replace(SAME, born_here=0), replace(FIRST, born_here=1), LATER)
    text = str(Comparison(layers, 2, 2))
    assert text.splitlines()[1].split()[:4] == ["Layer", "values", "equal", "different"]
    assert "born here" in text
    assert "born here" not in str(Comparison((SAME, FIRST, LATER), 2, 2))
