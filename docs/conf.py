"""Configuration of the documentation; ``docs/build.py`` builds it."""

import os
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from urllib.parse import urlsplit

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS)]

from inventories import write_inventory  # noqa: E402

# Pages show what their expressions give: a summary that printed itself would stand there twice.
os.environ["AKIDA_LITE_RESULTS_SHOWN"] = "1"

project = "akida_lite"
author = "The akida_lite developers"
copyright = "2026, the akida_lite developers. Not affiliated with BrainChip"
version = release = installed_version("akida_lite")

extensions = [
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "notfound.extension",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "sphinxext.opengraph",
    "akida_lite.claims.sphinx",
    "benchmark.directives",
    "claims_distance",
    "gallery",
    "guide_figures",
    "hardware_rules",
    "hero",
    "live_model",
    "mathml",
    "notebooks",
    "published_site",
]

nitpicky = True
default_role = "code"
# Quotes and dots only: "--check" is an option, not a dash.
smartquotes_action = "qe"
templates_path = ["_templates"]
exclude_patterns = ["_build", "examples/**/*.ipynb", "gen/mini"]
suppress_warnings = ["config.cache"]

# -- reference ---------------------------------------------------------------------------

autosummary_generate = True
autodoc_member_order = "bysource"
# Types stand in the docstrings, with shapes and units, which annotations cannot say.
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
toc_object_entries_show_parents = "hide"

intersphinx_mapping = {
    project: (base, write_inventory(DOCS / "inventories" / f"{project}.txt", DOCS / "gen"))
    for project, base in {
        "keras": "https://keras.io/api/",
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "python": "https://docs.python.org/3/",
        "sklearn": "https://scikit-learn.org/stable/",
    }.items()
}

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

claims_ledger = "../akida_lite/zoo/claims.toml"

# -- gallery -----------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "within_subsection_order": "FileNameSortKey",
    "filename_pattern": r"/plot_",
    "backreferences_dir": "gen/mini",
    "doc_module": ("akida_lite",),
    "capture_repr": ("_repr_html_", "__repr__"),
    "reset_modules": ("matplotlib", "gallery.reset"),
    "image_srcset": ["2x"],
    "junit": "../junit.xml",
    "abort_on_example_error": False,
    "min_reported_time": 1,
    # Its pages of times load scripts from another host, and differ in every build.
    "write_computation_times": False,
    "remove_config_comments": True,
    "show_signature": False,
    "first_notebook_cell": (
        "# Needs akida_lite and what its pages use. Once, with the path of your copy:\n"
        '#   %pip install "PATH/TO/akida_lite[examples]"\n'
        "%matplotlib inline"
    ),
    "nested_sections": False,
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# -- looks -------------------------------------------------------------------------------

# Where the pages will be published, if anywhere: canonical links, previews and the sitemap need
# addresses that hold from everywhere.
html_baseurl = os.environ.get("AKIDA_LITE_DOCS_URL") or os.environ.get(
    "READTHEDOCS_CANONICAL_URL", ""
)
if html_baseurl:
    extensions.append("sphinx_sitemap")
    ogp_site_url = html_baseurl
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "search.html", "genindex.html"]
# The page for what does not exist is served at any depth, so its links start at the root.
_ROOT = notfound_urls_prefix = urlsplit(html_baseurl).path or "/"
notfound_context = {
    "title": "Page not found",
    "body": "<h1>Page not found</h1><p>This page does not exist, or has moved. "
    f'The <a href="{_ROOT}index.html">start</a>, the '
    f'<a href="{_ROOT}examples/index.html">examples</a> '
    f'and the <a href="{_ROOT}search.html">search</a> do exist.</p>',
}

html_theme = "pydata_sphinx_theme"
html_title = f"akida_lite {version}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_favicon = _LOGO = "_static/favicon.svg"
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {
        "text": f"akida_lite {version}",
        "image_light": _LOGO,
        "image_dark": _LOGO,
        "alt_text": "",
    },
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc", "sg_download_links"],
    "footer_start": ["independence"],
    "footer_end": ["theme-version"],
    "show_prev_next": True,
    # Both pass the contrast that WCAG AA asks for.
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"changes": [], "bibliography": [], "run_it_here": []}

ogp_site_name = "akida_lite"
ogp_social_cards = {"enable": False}
ogp_use_first_image = True

linkcheck_retries = 2
linkcheck_timeout = 20
