from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.pages import ROOT

from segeval.io.registry import FORMATS
from segeval.metrics import REGISTRY
from segeval.results.exports import EXPORTS
from segeval.run.warming import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Has all kernels on disk: pages show what is printed then."""
    warm_up()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with `sample_data`, and its brains as `predictions` and `labels`; what a page
    registers goes with it.
    """
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    for name, side in (("predictions", "pred"), ("labels", "gt")):
        shutil.copytree(ROOT / "sample_data" / "brain" / side, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    tables: list[dict[str, Any]] = [REGISTRY, FORMATS, EXPORTS]
    copies = [dict(table) for table in tables]
    yield tmp_path
    for table, before in zip(tables, copies, strict=True):
        table.clear()
        table.update(before)


@pytest.fixture
def clone(room: Path) -> Path:
    """A folder with the package and the script of its pages, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__", "packed")
    shutil.copytree(ROOT / "segeval", room / "segeval", ignore=ignored)
    shutil.copytree(ROOT / "cli", room / "segeval" / "cli", ignore=ignored)
    shutil.copytree(ROOT / "docs", room / "docs", ignore=ignored)
    return room
