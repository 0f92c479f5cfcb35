"""The affine of a NIfTI header, by the form that is coded, and what must be true of it."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.data.limits import FARTHEST, FINEST
from segeval.errors import ReadError

_CLOSE = 0.01
"""Relative difference between two fields for a length up to which they say the same."""
_FIELDS = {"sform": "srow_x, srow_y and srow_z", "qform": "quatern_b to qoffset_z and pixdim"}
"""Fields of the header that a form is made of."""
_FLAT = 1e-6
"""Volume between the directions of axes below which they count as lying in one plane: float32 has
no more digits.
"""


def affine_of(header: Any, unit: Decimal, path: Path) -> Floats | None:
    """Return the affine to millimetres, None where neither of its two forms is coded.

    A sform goes before a qform. Raises `ReadError` for a coded form that places no voxels: without
    it, directions and positions of the pair would not be looked at.
    """
    # Without a code nibabel makes an affine up from the shape and the spacing.
    coded = [form for form in _FIELDS if header[f"{form}_code"] > 0]
    affines = []
    for form in coded:
        with np.errstate(all="ignore"):  # numbers beyond all bounds are looked at below
            affine = _stored_affine(header, form)
            affine[:3] *= float(unit)
        if fault := _fault(affine):
            raise ReadError(
                f"{path}: wanted a {form} that places voxels, as {form}_code "
                f"{header[f'{form}_code']} says there is, but {_FIELDS[form]} {fault}; correct the "
                f"header, or set {form}_code to 0 to do without"
            )
        affines.append(affine)
    return affines[0] if affines else None


def check_lengths(
    header: Any, spacing: tuple[float, ...], affine: Floats | None, path: Path
) -> None:
    """Raise `ReadError` where pixdim and the affine that is coded say other lengths of a voxel."""
    if affine is None:
        return
    lengths = np.linalg.norm(affine[:3, : len(spacing)], axis=0)
    if (np.abs(lengths - spacing) > _CLOSE * lengths).any():
        form = "sform" if header["sform_code"] > 0 else "qform"
        placed = ", ".join(f"{length:g}" for length in lengths)
        written = ", ".join(f"{length:g}" for length in spacing)
        raise ReadError(
            f"{path}: wanted one voxel size, but pixdim says ({written}) mm and the {form} "
            f"({placed}) mm; correct the one that is wrong, or pass --spacing with one length per "
            f"array axis"
        )


def _stored_affine(header: Any, form: str) -> Floats:
    """Return the affine of a form as the header has it, of NaN where its numbers mean none."""
    if form == "sform":
        return np.asarray(header.get_sform())
    lengths = header.copy()
    # A length has no sign, and 0 as the sign of the third axis stands for 1.
    lengths["pixdim"][1:4] = np.abs(header["pixdim"][1:4])
    lengths["pixdim"][0] = header["pixdim"][0] or 1
    try:
        return np.asarray(lengths.get_qform())
    except Exception:  # nibabel raises several kinds of errors for quaternions that are none
        return np.full((4, 4), np.nan)


def _fault(affine: Floats) -> str:
    """Return why an affine does not give every voxel a place, "" where it does."""
    if not np.isfinite(affine).all():
        return "hold numbers that are NaN, infinite or no rotation"
    axes = affine[:3, :3]
    lengths = [math.hypot(*column) for column in axes.T.tolist()]
    if not FINEST < min(lengths) <= max(lengths) < FARTHEST:
        return f"are singular: they place voxels {', '.join(f'{n:g}' for n in lengths)} mm apart"
    if abs(np.linalg.det(axes / lengths)) < _FLAT:
        return "are singular: all axes lie in one plane"
    return ""
