from __future__ import annotations

import pytest

from segeval.run.warming import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Has all kernels on disk: pages show what is printed then."""
    warm_up()
