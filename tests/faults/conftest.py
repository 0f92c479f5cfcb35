"""What all tests of faults share: three cases, and kernels that are compiled."""

from __future__ import annotations

import pytest
from helpers.processes import Case, cases

from segeval.run.warming import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Has all kernels on disk before a process is timed or looked at."""
    warm_up()


@pytest.fixture
def three_cases(tmp_path) -> Case:
    return cases(tmp_path, 3)
