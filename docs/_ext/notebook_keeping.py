"""Pytest plugin beside nbval, which executes notebooks: they keep what they have shown.

Who downloads one sees what it was checked with, and ``pytest --nbval`` holds later runs
against it.
"""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile
from notebook_outputs import without_logs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Keep the outputs of a cell that nbval has run."""
    result = yield
    if isinstance(item, IPyNbCell):
        item.cell.outputs = [without_logs(output) for output in item.test_outputs]
        item.cell.execution_count = item.cell_num + 1
    return result


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Store the outputs, once all cells of all notebooks have passed."""
    notebooks = {item.parent for item in session.items if isinstance(item.parent, IPyNbFile)}
    for notebook in notebooks if exitstatus == 0 else ():
        nbformat.write(notebook.nb, str(notebook.path))
