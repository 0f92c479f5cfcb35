"""The files around the package say the same: versions, pins, and the steps of continuous
integration.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import segeval
from segeval import __version__, cli
from segeval.io.registry import FORMATS
from segeval.results.exports import EXPORTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("package", [segeval, cli], ids=lambda package: package.__name__)
def test_what_is_tested_is_this_checkout(package):
    """`segeval.cli` lies in a folder of its own: another installation could provide it."""
    assert Path(package.__file__).parents[1] == ROOT


def requirements(name: str) -> list[Requirement]:
    """The requirements of a file of pins, one a line."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def project() -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def wanted() -> list[Requirement]:
    """Return what pyproject.toml wants, of all extras, but for the project itself."""
    lines = [
        *project()["dependencies"],
        *(line for extra in project()["optional-dependencies"].values() for line in extra),
    ]
    return [Requirement(line) for line in lines if not line.startswith("segeval-toolkit")]


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_pins_what_the_project_wants(requirement):
    pins = [
        pin
        for pin in requirements("requirements-dev.lock")
        if pin.name.lower() == requirement.name.lower()
    ]
    versions = [
        version for pin in pins for version in (specifier.version for specifier in pin.specifier)
    ]
    assert versions, f"{requirement.name} is not in requirements-dev.lock; run `make lock`"
    assert [version for version in versions if version not in requirement.specifier] == [], (
        "run `make lock`"
    )


def users_need() -> list[Requirement]:
    """What pyproject.toml wants where segeval is used."""
    extras = project()["optional-dependencies"]
    return [*map(Requirement, (*project()["dependencies"], *extras["tables"]))]


@pytest.mark.parametrize("requirement", users_need(), ids=str)
def test_versions_have_two_ends_that_are_tested(requirement):
    bounds = {specifier.operator: specifier.version for specifier in requirement.specifier}
    assert bounds.keys() == {">=", "<"}
    lowest = [
        Version(specifier.version)
        for pin in requirements("requirements-lowest.lock")
        if pin.name.lower() == requirement.name.lower()
        for specifier in pin.specifier
    ]
    assert lowest == [Version(bounds[">="])], "run `make lock`"
    # `make newest` tests the newest there is, and the lock is of those
    newest = max(
        Version(specifier.version)
        for pin in requirements("requirements-dev.lock")
        if pin.name.lower() == requirement.name.lower()
        for specifier in pin.specifier
    )
    next_major = f"{newest.major + 1}" if newest.major else f"0.{newest.minor + 1}"
    assert bounds["<"] == next_major


def test_extras_hold_the_packages_that_cards_name():
    named = {(card.extra, card.package) for card in FORMATS.values() if card.package}
    named |= {("tables", card.package) for card in EXPORTS.values() if card.package}
    extras = project()["optional-dependencies"]
    held = {
        (extra, Requirement(line).name)
        for extra in extras.keys() - {"bench", "dev", "test"}
        for line in extras[extra]
    }
    assert named == held


def test_the_lock_holds_to_the_constraints():
    lock = [str(pin) for pin in requirements("requirements-dev.lock")]
    assert [str(line) for line in requirements("constraints.txt") if str(line) not in lock] == []


def test_the_lock_names_packages_alone_and_no_place_where_they_lie():
    assert [
        str(pin)
        for pin in requirements("requirements-dev.lock")
        if pin.url or not str(pin.specifier)
    ] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_targets_of_the_makefile(workflow):
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    runs = [
        (job, step["run"])
        for job in jobs.values()
        for step in job["steps"]
        if step.get("run", "").startswith("make ")
    ]
    targets = []
    for job, run in runs:
        matrix = job.get("strategy", {}).get("matrix", {})
        variable = re.search(r"matrix\.(\w+)", run)
        targets += matrix[variable[1]] if variable else [run.removeprefix("make ")]
    assert targets
    for target in " ".join(targets).split():
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"{workflow.name}: make {target}"
