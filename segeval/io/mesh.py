"""Meshes are paired like masks, but are not label maps."""

from __future__ import annotations

from segeval.data.case import LabelMap
from segeval.errors import ReadError
from segeval.mesh.formats import SUFFIXES

from .registry import Request, reader


@reader(*SUFFIXES)
def read_mesh(request: Request) -> LabelMap:
    """Raises `ReadError`: what measures meshes takes them before they come here."""
    raise ReadError(
        f"{request.path}: wanted a mask, but this is a mesh; score it as a file of its own with --boundary mesh and "
        "metrics of distances, such as -m hd95,assd"
    )
