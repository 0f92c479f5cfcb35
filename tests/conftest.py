"""Settings of the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.scenes import REAL_MASKS, TWO_LABELS, folders
from hypothesis import settings

collect_ignore_glob = [] if REAL_MASKS.is_dir() else ["*test_real_masks.py"]

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
