"""What is for a public forge runs the commands of tox, and names nothing that is not there."""

import configparser
import itertools
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import akida_lite

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
HOSTED = [*WORKFLOWS, *TEMPLATES, ROOT / ".readthedocs.yaml", ROOT / "CITATION.cff"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
INSTALL = "python -m pip install tox"
BUILT = {"docs/_build/html", "dist"}


def environments():
    """Return the name of every environment of tox, factors in braces spelled out."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", "utf-8")
    names = set()
    for section in parser.sections():
        parts = re.split(r"\{([^}]*)\}", section.removeprefix("testenv:"))
        choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
        names |= {"".join(chosen) for chosen in itertools.product(*choices)}
    return names


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def steps(path):
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def jobs_of_tox(path):
    """Return every environment that a workflow runs, those of its matrix spelled out."""
    found = []
    for job in read(path)["jobs"].values():
        matrix = job.get("strategy", {}).get("matrix", {}).get("include", [])
        for step in job["steps"]:
            if name := re.fullmatch(r"python -m tox run -e (.+)", step.get("run", "")):
                chosen = [one["env"] for one in matrix] if "matrix" in name[1] else [name[1]]
                found += chosen
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_tox_and_nothing_else(path):
    for step in steps(path):
        assert ("run" in step) != ("uses" in step)
        if "run" in step:
            assert step["run"] == INSTALL or step["run"].startswith("python -m tox run -e ")
    assert jobs_of_tox(path)
    assert set(jobs_of_tox(path)) <= environments()


def test_the_tests_run_on_every_python_that_the_classifiers_name():
    (path,) = (path for path in WORKFLOWS if path.name == "tests.yml")
    (job,) = read(path)["jobs"].values()
    tested = {one["python"] for one in job["strategy"]["matrix"]["include"]}
    named = [
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", c)
        for c in PROJECT["classifiers"]
    ]
    assert tested == {match[1] for match in named if match}
    for one in job["strategy"]["matrix"]["include"]:
        factor = re.match(r"py(\d)(\d+)", one["env"])
        assert factor is None or one["python"] == f"{factor[1]}.{factor[2]}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_workflows_hand_on_is_what_tox_builds(path):
    paths = {step["with"]["path"] for step in steps(path) if "path" in step.get("with", {})}
    assert paths <= BUILT
    tox = (ROOT / "tox.ini").read_text("utf-8") + (ROOT / "docs" / "build.py").read_text(
        "utf-8"
    )
    assert "--outdir dist" in tox
    assert "_build" in tox


def test_a_release_is_published_without_a_password():
    (path,) = (path for path in WORKFLOWS if path.name == "release.yml")
    publish = read(path)["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["needs"] == "build"
    assert not re.search(r"secrets\.|password:", path.read_text("utf-8"))


def test_read_the_docs_builds_the_pages_as_everybody_does():
    commands = read(ROOT / ".readthedocs.yaml")["build"]["commands"]
    assert commands[:2] == [INSTALL, "python -m tox run -e docs"]
    assert all("docs/_build/html" in line for line in commands if line.startswith("cp"))


@pytest.mark.parametrize("path", HOSTED, ids=lambda path: path.name)
def test_files_for_a_forge_parse_and_name_no_registry(path):
    assert read(path)
    assert not re.search(r"pypi\.org|pythonhosted|registry\.", path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_ask_for_something(path):
    template = read(path)
    if path.name != "config.yml":
        assert {"name", "description", "body"} <= set(template)
        assert len({field["id"] for field in template["body"]}) == len(template["body"])


def test_version_and_licence_are_the_same_everywhere():
    citation = read(ROOT / "CITATION.cff")
    assert citation["version"] == PROJECT["version"] == akida_lite.__version__
    assert citation["license"] == PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    for file in PROJECT["license-files"]:
        assert (ROOT / file).is_file()
    changes = (ROOT / "CHANGES.rst").read_text("utf-8")
    title = f"{PROJECT['version']} ({citation['date-released']})"
    assert f"\n{title}\n{'-' * len(title)}\n" in changes
