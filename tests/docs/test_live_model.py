"""The directive puts a panel on a page that loads the site's one copy of the weights."""

import live_model
import pytest


class Page:
    """As much of a directive as its run() touches."""

    def __init__(self, *arguments, docname="run_it_here", content=()):
        self.arguments, self.docname, self.content = arguments, docname, content
        self.env = self

    def error(self, message):
        return RuntimeError(message)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand for the export of a network, which would take seconds."""
    (tmp_path / "model.js").write_bytes(bytes(2_500_000))
    (tmp_path / "index.html").write_text('<p><img alt="A" src="data:,x" width="128"></p>')
    monkeypatch.setattr(live_model, "exported", lambda name: tmp_path)


def html(*arguments, **page):
    (node,) = live_model.LiveModel.run(Page(*arguments, **page))
    return node.astext()


@pytest.mark.parametrize(
    ("docname", "root"),
    [("run_it_here", "_static/live"), ("examples/cnn2snn/plot_6", "../../_static/live")],
)
def test_panels_of_all_pages_load_the_same_files(folder, docname, root):
    found = html("vgg_cifar10", "mobilenet_cifar10", docname=docname)
    assert f'src="{root}/vgg_cifar10.js {root}/mobilenet_cifar10.js"' in found
    assert f'<script src="{root}/akida-lite.js" defer></script>' in found
    assert "loads 5.0 MB" in found


def test_a_still_picture_and_the_sentence_stand_in_the_panel(folder):
    found = html("vgg_cifar10", content=["Events & zeros,", "<live>."])
    inside = '<img alt="A" src="data:,x" width="128"><p>Events &amp; zeros, &lt;live&gt;.</p>'
    assert f">{inside}</akida-lite-live>" in found


def test_a_network_that_is_not_in_the_zoo_is_refused():
    with pytest.raises(RuntimeError, match="network 'lenet' is none of 'vgg_cifar10', 'mobile"):
        html("lenet")
