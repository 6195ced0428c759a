"""What a page and its notebook show below the same code, and where the two differ."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

# A warning begins with the file that a cell has become, which is another one in each run.
_PLACE_OF_WARNING = re.compile(r"\S+\.py:\d+: (?=\w*Warning)")

# What another run prints differently without being wrong. Accuracies and counts are not
# among it.
_VOLATILE = (
    (re.compile(r"\d[\d,.]*(?:e[+-]?\d+)? ?(?:ns|µs|ms|s|min|seconds|images/s|MiB)\b"), "<t>"),
    (re.compile(r"\d[\d,.]* ?(?:times|x)\b"), "<ratio>"),
    (_PLACE_OF_WARNING, ""),
    (re.compile(r"0x[0-9a-f]{6,}"), "<address>"),
    # The weights of a model that runs in the page.
    (re.compile(r'data-payload="[^"]*"'), ""),
    # What rich, which Keras prints its summaries with, shows in a notebook beside the text.
    (re.compile(r"<pre[^>]*></pre>"), ""),
)

# TensorFlow's C++ logs reach a notebook, which captures the process, but no page.
_LOG = re.compile(r"^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[IWE]\d{4} |WARNING: All log messages)")

_BLOCK = re.compile(r"^\.\. GENERATED FROM PYTHON SOURCE LINES \d+-\d+$", re.MULTILINE)
_TEXT_OUTPUT = re.compile(r"^ \.\. code-block:: none\n\n((?:    .*\n|\n)*)", re.MULTILINE)
# What sphinx-gallery closes its own element with, after it, is not part of the output.
_HTML_OUTPUT = re.compile(
    r'<div class="output_subarea output_html rendered_html output_result">\n'
    r"((?:    .*\n|\n)*?)    </div>\n    <br />\n"
)


def page_outputs(page: str) -> list[str]:
    """Return what a page shows below each of its code cells, as text.

    Parameters
    ----------
    page : str
        reStructuredText that sphinx-gallery wrote for the page.
    """
    blocks = _BLOCK.split(page)[1:]
    code = [block for block in blocks if block.lstrip().startswith(".. code-block:: Python")]
    return ["".join(_TEXT_OUTPUT.findall(b) + _HTML_OUTPUT.findall(b)) for b in code]


def cell_output(outputs: list[Any]) -> str:
    """Return what a notebook cell shows, as the same text; figures have none.

    Parameters
    ----------
    outputs : list of NotebookNode
        As nbval collects them.
    """
    shown = []
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream":
            shown.append(output["text"])
        elif "text/html" in data:
            shown.append(data["text/html"])
        elif "image/png" not in data:
            shown.append(data.get("text/plain", ""))
    return "\n".join(shown)


def comparable(text: str) -> list[str]:
    """Return the lines of an output without what may differ between two good runs.

    Parameters
    ----------
    text : str
    """
    for pattern, stand_in in _VOLATILE:
        text = pattern.sub(stand_in, text)
    lines = (unescape(line).strip() for line in text.splitlines())
    # stdout and stderr may interleave differently; which lines appear may not.
    return sorted(line for line in lines if line and not _LOG.match(line))


def first_difference(page: str, notebook: str) -> str:
    """Return a sentence with the first line that differs; empty where none does.

    Parameters
    ----------
    page, notebook : str
        Output of the same cell.
    """
    on_page, in_notebook = comparable(page), comparable(notebook)
    if on_page == in_notebook:
        return ""
    only_page = [line for line in on_page if line not in in_notebook]
    only_notebook = [line for line in in_notebook if line not in on_page]
    return (
        f"the page shows {(only_page or ['nothing more'])[0]!r}, "
        f"the notebook {(only_notebook or ['nothing more'])[0]!r}"
    )


def without_logs(output: Any) -> Any:
    """Return an output less the lines that TensorFlow logs and the files of warnings.

    Parameters
    ----------
    output : NotebookNode
    """
    if output["output_type"] == "stream":
        lines = output["text"].splitlines(keepends=True)
        kept = "".join(line for line in lines if not _LOG.match(line))
        output["text"] = _PLACE_OF_WARNING.sub("", kept)
    return output
