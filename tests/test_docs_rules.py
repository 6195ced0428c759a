"""What the pages print about rules is what the checks read."""

import hardware_rules
import pytest
from docutils import nodes

from akida_lite.hardware import AKD1000, AKD1000_PRODUCTION, differences


class Page:
    """As much of a directive as its run() touches."""

    def __init__(self, arguments):
        self.arguments, self.noted = arguments, []
        self.env = self

    def note_dependency(self, path):
        self.noted.append(path)

    def error(self, message):
        return RuntimeError(message)


def printed(directive, *arguments):
    page = Page(arguments)
    whole = nodes.container("", *directive.run(page))
    assert any(path.endswith("metatf_1_9.py") for path in page.noted)
    return [
        [cell.astext() for cell in row]
        for row in whole.findall(
            lambda node: isinstance(node, nodes.row | nodes.enumerated_list)
        )
    ]


def test_pages_print_the_rules():
    titles, *rows, sources = printed(hardware_rules.HardwareRules, "AKD1000")
    assert titles == ["Rule", "Layers", "Must be", "Otherwise", "Status, source"]
    assert [row[0] for row in rows] == [rule.id for rule in AKD1000.rules]
    for row, rule in zip(rows, AKD1000.rules, strict=True):
        status, number = row[-1].strip(")").split(" (")
        assert (status, sources[int(number) - 1]) == (rule.status, rule.source)


def test_pages_print_omissions_and_differences():
    _, *omitted = printed(hardware_rules.HardwareOmissions, "AKD1000")
    assert [row[0] for row in omitted] == ["FC-INPUT-SIZE", "LAYER-AFTER-MAX-POOL"]
    names = ("AKD1000", "AKD1000_PRODUCTION")
    titles, *differing = printed(hardware_rules.HardwareDifferences, *names)
    assert titles == ["Rule", "AKD1000", "AKD1000 (production)"]
    assert [tuple(row) for row in differing] == list(differences((AKD1000, AKD1000_PRODUCTION)))


def test_a_page_that_names_no_device_fails():
    with pytest.raises(RuntimeError, match=r"akida_lite\.hardware has no device 'check'"):
        printed(hardware_rules.HardwareRules, "check")
