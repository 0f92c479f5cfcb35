"""What a run tells its listener."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import segeval

from .scenes import folders


class Notices(segeval.Listener):
    """A listener that keeps the notices of a run."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notice(self, text: str) -> None:
        self.texts.append(text)


def noticed(
    root: Path, preds: Mapping[str, np.ndarray], gts: Mapping[str, np.ndarray], **options: Any
) -> list[str]:
    """Return the notices of a run on masks, which are written below `root`."""
    heard = Notices()
    segeval.score_folder(*folders(root, preds, gts), metrics="dice", listener=heard, **options)
    return heard.texts
