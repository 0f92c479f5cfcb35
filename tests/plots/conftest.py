from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest

from segeval.plots.style import RC


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context(RC):
        yield
