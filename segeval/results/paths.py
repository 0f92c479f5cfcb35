"""Paths of masks in run.json: relative to its folder in the file, absolute in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Any


def as_relative(run: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of run.json with paths relative to its folder, where they can be.

    So a folder tells nothing of the machine, and may be moved along with its masks.
    """
    base = folder.resolve()

    @cache
    def above(parent: Path) -> str:
        return os.path.relpath(parent.resolve(), base)

    def relative(path: str) -> str:
        # not the file itself, which may be a link to where its masks are shared
        try:
            return PurePath(above(Path(path).parent), Path(path).name).as_posix()
        except ValueError:  # on another drive of Windows
            return path

    return _with_paths(run, relative)


def as_absolute(run: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of run.json with the paths that are meant: the way back."""
    base = folder.resolve()

    def absolute(path: str) -> str:
        return os.path.normpath(base / path)

    return _with_paths(run, absolute)


def _with_paths(run: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return the content of run.json with other paths of its masks."""
    cases = run.get("cases")
    if not isinstance(cases, Mapping):
        return dict(run)
    changed = {}
    for name, case in cases.items():
        if isinstance(case, Mapping):
            sides = {side: change(case[side]) for side in ("pred", "gt", "roi") if case.get(side)}
            case = {**case, **sides}
        changed[name] = case
    return {**run, "cases": changed}
