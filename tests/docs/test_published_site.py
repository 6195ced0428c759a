"""What the site adds to the pages that Sphinx writes."""

import pytest
from published_site import mend_ways_back

API = "../gen/api/akida_lite"


@pytest.mark.parametrize(
    ("link", "mended"),
    [
        # Of a module whose first object is documented elsewhere.
        (
            f"{API}.hardware.rules.Each.html#akida_lite.hardware.Each",
            f"{API}.hardware.rules.Each.html#akida_lite.hardware.rules.Each",
        ),
        (
            f"{API}.hardware.rules.Each.html#akida_lite.hardware.Each.holds",
            f"{API}.hardware.rules.Each.html#akida_lite.hardware.rules.Each.holds",
        ),
        (f"{API}.Model.html#akida_lite.Model.save", f"{API}.Model.html#akida_lite.Model.save"),
    ],
)
def test_source_code_leads_back_to_where_its_object_is_documented(link, mended):
    context = {"body": f'<a href="{link}">[docs]</a>'}
    mend_ways_back(None, "_modules/akida_lite/module", "page.html", context, None)
    assert context["body"] == f'<a href="{mended}">[docs]</a>'


def test_other_pages_are_left_alone():
    context = {"body": f"{API}.hardware.rules.Each.html#akida_lite.hardware.Each"}
    before = dict(context)
    mend_ways_back(None, "index", "page.html", context, None)
    assert context == before
