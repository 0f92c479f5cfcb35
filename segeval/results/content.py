"""The content of run.json, as all that reads results takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.io.documents import TEXT_OR_NONE, check_shape
from segeval.protocols.protocol import stamp_of

SHAPE = {
    "complete": bool,
    "cases_asked": int,
    "cases_done": int,
    "failed": str,
    "max_voxels": int,
    "protocol": {"name": str, "hash": str, "metrics": {...: {"boundary": str}}},
    "units": {"length": str, "volume": str},
    "regions": {...: [int]},
    "cases": {...: {"pred": TEXT_OR_NONE, "gt": str, "roi": TEXT_OR_NONE, "error": str}},
}
"""Shape of what is read from it, for `check_shape`."""


def checked(run: Any) -> dict[str, Any]:
    """Return the content of a run.json. Raises `ValueError` for content of another shape."""
    check_shape(run, SHAPE)
    return dict(run)


def unknown() -> dict[str, Any]:
    """Return what stands for the content of a run.json that is missing."""
    units = {"length": "", "volume": ""}
    return {"complete": False, "units": units, "regions": {}, "cases": {}}


def stamp_in(run: Mapping[str, Any]) -> str:
    """Return the stamp of the protocol of a run; "" where it says nothing of that."""
    protocol = run.get("protocol", {})
    if not {"name", "hash"} <= protocol.keys():
        return ""
    return stamp_of(protocol)
