from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.calling import Answer, Folders, Segeval

from segeval.cli.app import command_line
from segeval.run.warming import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Has all kernels on disk before a test looks at what is printed."""
    warm_up()


@pytest.fixture
def segeval() -> Segeval:
    """The command line; an exception that would end in a traceback ends the test."""

    def call(*arguments: object) -> Answer:
        result = CliRunner().invoke(
            command_line, [str(a) for a in arguments], prog_name="segeval", catch_exceptions=False
        )
        return Answer(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Two folders with one pair, `good`."""
    made = Folders(tmp_path / "pred", tmp_path / "gt", tmp_path / "out")
    made.add("good")
    return made
