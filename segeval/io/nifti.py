"""NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz).

nibabel reads the header; the voxels go straight into kept memory. What the header says is taken as
nibabel takes it, but for four things. The spacing is the shortest decimal that the stored float32
stands for (0.8, not 0.800000012). Metres and micrometres become millimetres. A spacing of zero is
an error, not 1. Without a coded sform or qform the file has no affine.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats
from segeval.data.grid import Grid
from segeval.data.labels import Dtype, LabelMap
from segeval.errors import ReadError

from .registry import reader
from .request import Request
from .stream import Change, streamed, voxel_shape

_MILLIMETRES = {1: Decimal(1000), 3: Decimal("0.001")}
"""Millimetres in a unit, by the spatial bits of xyzt_units: 1 is metres, 3 micrometres, any other
millimetres.
"""
_GZIP = b"\x1f\x8b"


@reader(
    ".nii",
    ".nii.gz",
    sentence="The label is the value, after the header's scale: any integer type, or floats that "
    "hold whole numbers. The spacing is the header's, in mm (metres and micrometres are "
    "converted).",
)
def read_nifti(request: Request) -> LabelMap:
    """Return the label map in a NIfTI file, array axes as in the file.

    The first axis is the fastest in the file, so labels are in Fortran order. A scale is applied.
    Whole numbers that were stored with one come back a little off, by up to half of its step and
    the precision of float32: those are rounded. A volume without a scale must hold whole numbers
    exactly.
    """
    path = request.path
    with _opened(request) as file:
        header = _header(file, path)
        shape = voxel_shape(tuple(int(n) for n in header.get_data_shape()), request)
        size = int(np.prod(shape, dtype=np.int64))
        dtype = _dtype(header, path)
        file.seek(int(header["vox_offset"]))
        labels = streamed(file, dtype, size, request, _scaling(header, dtype))
        if path.suffix.lower() == ".gz":
            while file.read(1 << 20):  # the checksum is looked at where the stream ends
                pass
    # The further bits of xyzt_units are the unit of time.
    unit = _MILLIMETRES.get(int(header["xyzt_units"]) & 7, Decimal(1))
    spacing = request.spacing or _spacing(header, len(shape), unit, path)
    return LabelMap(
        labels.reshape(shape, order="F"),
        Grid(shape, spacing, "mm", _affine(header, unit)),
        str(path),
    )


def _opened(request: Request) -> IO[bytes]:
    """Return the file from its header on, inflated where it is gzip data."""
    path = request.path
    start = request.start(2)
    named = path.suffix.lower() == ".gz"
    zipped = start == _GZIP
    if named and not zipped:
        raise ReadError(
            f"{path}: wanted gzip data, but the file starts with {start!r}; rename it to .nii or "
            f"gzip it again"
        )
    if zipped and not named:
        raise ReadError(
            f"{path}: wanted plain NIfTI, but the file is gzip data; rename it to .nii.gz"
        )
    if not named:
        return path.open("rb")
    from isal import igzip

    open_gzip: Callable[[Path], IO[bytes]] = igzip.open
    return open_gzip(path)


def _header(file: IO[bytes], path: Path) -> Any:
    """Return the header as nibabel reads it. Raises `ReadError` where no voxels can follow it."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    start = file.read(Nifti2Header.sizeof_hdr)
    kinds: tuple[Any, ...] = (Nifti1Header, Nifti2Header)
    kind = next((kind for kind in kinds if kind.may_contain_header(start)), None)
    if kind is None:
        raise ReadError(
            f"{path}: wanted a NIfTI header, but the data start with {start[:8]!r}; write the file "
            f"again"
        )
    # Unchecked: nibabel would mend what is odd, such as a spacing of zero, without an error.
    header = kind(start[: kind.sizeof_hdr], check=False)
    magic = bytes(header["magic"])[:3]
    if magic not in (b"n+1", b"n+2"):
        raise ReadError(
            f"{path}: wanted a single-file NIfTI, but the header's magic is {magic!r}; "
            "convert an Analyze or .hdr/.img pair to .nii.gz"
        )
    if header["vox_offset"] < header.sizeof_hdr:
        raise ReadError(
            f"{path}: wanted voxels behind the header, but vox_offset is {header['vox_offset']:g}; "
            f"write the file again"
        )
    return header


def _dtype(header: Any, path: Path) -> Dtype:
    """Return the dtype of the voxels. Raises `ReadError` for colours and complex numbers."""
    try:
        dtype: Dtype = header.get_data_dtype()
        name = header.get_value_label("datatype")
    except KeyError:
        dtype, name = np.dtype(np.void), f"unknown (code {header['datatype']})"
    if dtype.kind not in "uif":
        raise ReadError(
            f"{path}: wanted whole numbers, but the data type is {name}; save an integer label map"
        )
    return dtype


def _scaling(header: Any, dtype: Dtype) -> Change | None:
    """Return what applies the header's scale to a chunk, None where there is none.

    For integers of up to two bytes it is a table of all their values, which is faster.
    """
    slope, inter = header.get_slope_inter()
    if slope in (None, 1.0) and inter in (None, 0.0):
        return None
    if dtype.kind == "f" or dtype.itemsize > 2:
        return partial(_scaled, slope=slope, inter=inter)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    # Shifted by the lowest value, so that no index into the table is negative.
    table = _scaled(np.arange(low, high + 1), slope, inter)
    return lambda raw: table[raw.astype(np.intp) - low]


def _scaled(raw: NDArray[Any], slope: float, inter: float) -> Floats:
    """Return numbers scaled, and rounded where they are whole but for the precision of storage."""
    values = raw * np.float64(slope) + inter
    whole = np.rint(values)
    # Storing with a scale moves a number by half a step at most. Steps may be coarse: beyond 0.1
    # from a whole number a value is a fraction, and refused later on.
    step = 0.5 * abs(slope) if raw.dtype.kind in "ui" else 0.0
    with np.errstate(invalid="ignore"):  # NaN and infinite values are reported by the next step
        rounding = 4 * np.finfo(np.float32).eps * (np.abs(values) + abs(inter))
        near = np.abs(values - whole) <= min(step, 0.1) + rounding
    return np.where(near, whole, values)


def _spacing(header: Any, ndim: int, unit: Decimal, path: Path) -> tuple[float, ...]:
    """Return the shortest decimals that the float32 of pixdim stand for, in millimetres."""
    zooms = [np.float32(zoom) for zoom in header["pixdim"][1 : ndim + 1]]
    if not all(np.isfinite(zoom) and zoom != 0 for zoom in zooms):
        written = ", ".join(f"{zoom:g}" for zoom in zooms)
        raise ReadError(
            f"{path}: wanted positive voxel sizes, but pixdim is ({written}); "
            "correct the header, or pass --spacing with one length per array axis"
        )
    # A length has no sign: directions are told by the affine.
    return tuple(float(Decimal(str(abs(zoom))) * unit) for zoom in zooms)


def _affine(header: Any, unit: Decimal) -> Floats | None:
    """Return the affine to millimetres, None where the header has none that can be inverted."""
    # Without a code nibabel makes an affine up from the shape and the spacing.
    if header["sform_code"] <= 0 and header["qform_code"] <= 0:
        return None
    affine: Floats = np.diag([float(unit)] * 3 + [1.0]) @ header.get_best_affine()
    placed = np.isfinite(affine).all() and np.linalg.det(affine) != 0
    return affine if placed else None
