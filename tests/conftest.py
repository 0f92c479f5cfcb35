"""Settings of the whole suite. That this file lies here also makes `helpers` importable from every
test.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.scenes import REAL_MASKS, TWO_LABELS, folders
from hypothesis import settings

collect_ignore_glob = ["*conftest.py"]
"""They hold no doctests, and looking for some would import two modules of one name."""

if not REAL_MASKS.is_dir():  # they are not ours to hand on
    collect_ignore_glob.append("*test_real_masks.py")

# The same examples on every machine and in every run: a failure can be repeated, and green means
# the same thing.
settings.register_profile(
    "segeval", derandomize=True, deadline=None, database=None, max_examples=25
)
settings.load_profile("segeval")


@pytest.fixture
def three(tmp_path: Path) -> tuple[Path, Path]:
    """The folders of three cases: `a` has labels 1 and 2, `b` has 1 alone, `c` has none."""
    pred, gt = TWO_LABELS
    return folders(
        tmp_path,
        {"a": pred, "b": pred * (pred == 1), "c": 0 * gt},
        {"a": gt, "b": gt * (gt == 1), "c": 0 * gt},
    )
