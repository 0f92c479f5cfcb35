"""Which files hold meshes."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".stl", ".ply", ".obj")
"""The formats that are read."""


def is_mesh(path: Path | None) -> bool:
    """Whether a file holds a mesh, by its suffix."""
    return path is not None and path.suffix.lower() in SUFFIXES
