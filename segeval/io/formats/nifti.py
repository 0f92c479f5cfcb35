"""NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz).

nibabel reads the header; the voxels go straight into kept memory. What the header says is taken as
nibabel takes it, but for six things. The spacing is the shortest decimal that the stored float32
stands for (0.8, not 0.800000012). Metres and micrometres become millimetres. A spacing of zero is
an error, not 1, and so is a coded form that places no voxels. Fields that contradict each other are
errors. Without a coded sform or qform the file has no affine.
"""

from __future__ import annotations

import struct
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
from segeval.data.limits import FARTHEST, FINEST
from segeval.errors import ReadError
from segeval.io.registry import reader, refuse
from segeval.io.request import DEFLATE, EXTRAS, PADDING, Request

from .nifti_affine import affine_of, check_lengths
from .stream import Change, streamed, voxel_shape

_MILLIMETRES = {0: Decimal(1), 1: Decimal(1000), 2: Decimal(1), 3: Decimal("0.001")}
"""Millimetres in a unit, by the spatial bits of xyzt_units: 0 is none, which is taken for
millimetres.
"""
_GZIP = b"\x1f\x8b"
_NO_SCALARS = frozenset({*range(1004, 1011), 2003, 2004})
"""Intent codes of vectors, matrices, quaternions, points, triangles and colours."""

refuse(
    ".hdr",
    ".img",
    because="a pair of header and image, of NIfTI or Analyze, has to be converted to one file: "
    "nibabel.save(nibabel.load('a.hdr'), 'a.nii.gz')",
)


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
    file, expansion = _opened(request)
    header = _header(file, path)
    shape = voxel_shape(_shape(header, path), request)
    dtype = _dtype(header, path)
    unit = _unit(header, path)
    spacing = request.spacing or _spacing(header, len(shape), unit, path)
    affine = affine_of(header, unit, path)
    if not request.spacing:
        check_lengths(header, spacing, affine, path)
    grid = Grid(shape, spacing, "mm", affine)
    end = int(header["vox_offset"]) + grid.size * dtype.itemsize
    request.check_held(end, request.source.size, expansion)
    _step_over_extensions(file, header, path)
    labels = streamed(file, dtype, grid.size, request, _scaling(header, dtype, path))
    request.check_end(_trailing(file))
    return LabelMap(labels.reshape(shape, order="F"), grid, str(path))


def _opened(request: Request) -> tuple[IO[bytes], int]:
    """Return the file, inflated where it is gzip data, and what a byte of it can stand for."""
    path = request.path
    start = request.source.peek(2)[:2]
    is_named = path.suffix.lower() == ".gz"
    is_zipped = start == _GZIP
    if is_named and not is_zipped:
        raise ReadError(
            f"{path}: wanted gzip data, but the file starts with {start!r}; rename it to .nii or "
            f"gzip it again"
        )
    if is_zipped and not is_named:
        raise ReadError(
            f"{path}: wanted plain NIfTI, but the file is gzip data; rename it to .nii.gz"
        )
    if not is_named:
        return request.source, 1
    from isal import igzip

    open_gzip: Callable[[IO[bytes]], IO[bytes]] = igzip.open
    return open_gzip(request.source), DEFLATE


def _header(file: IO[bytes], path: Path) -> Any:
    """Return the header as nibabel reads it. Raises `ReadError` where no voxels can follow it."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    start = file.read(Nifti1Header.sizeof_hdr)
    kinds: tuple[Any, ...] = (Nifti1Header, Nifti2Header)
    # What tells the two apart is at the start, but nibabel wants a header of full length to look.
    longest = start.ljust(Nifti2Header.sizeof_hdr, b"\0")
    kind = next((kind for kind in kinds if kind.may_contain_header(longest)), None)
    if kind is None:
        raise ReadError(
            f"{path}: wanted a NIfTI header, but the data start with {start[:8]!r}; write the file "
            f"again"
        )
    start += file.read(kind.sizeof_hdr - len(start))
    # Unchecked: nibabel would mend what is odd, such as a spacing of zero, without an error.
    header = kind(start, check=False)
    magic = bytes(header["magic"])[:3]
    if magic not in (b"n+1", b"n+2"):
        raise ReadError(
            f"{path}: wanted a single-file NIfTI, but the header's magic is {magic!r}; "
            "convert an Analyze or .hdr/.img pair to .nii.gz"
        )
    # Four bytes behind the header say whether extensions follow.
    first, offset = header.sizeof_hdr + 4, float(header["vox_offset"])
    if not (first <= offset <= EXTRAS and offset.is_integer()):
        raise ReadError(
            f"{path}: wanted voxels behind the header, from byte {first} to {EXTRAS:,}, but "
            f"vox_offset is {offset:g}; write the file again"
        )
    if int(header["intent_code"]) in _NO_SCALARS:
        raise ReadError(
            f"{path}: wanted one label a voxel, but intent_code {header['intent_code']} says that "
            f"values are parts of vectors, matrices or colours; save an integer label map"
        )
    return header


def _shape(header: Any, path: Path) -> tuple[int, ...]:
    """Return the shape that the header says. Raises `ReadError` for a number of axes beyond 7."""
    axes = int(header["dim"][0])
    if not 1 <= axes <= 7:
        raise ReadError(
            f"{path}: wanted 1 to 7 axes, but dim[0] is {axes}; the header is damaged: write the "
            f"file again"
        )
    return tuple(int(length) for length in header.get_data_shape())


def _step_over_extensions(file: IO[bytes], header: Any, path: Path) -> None:
    """Read up to the first voxel. Raises `ReadError` for an extension that reaches beyond it."""
    flag = file.read(4)[:1]
    extensions = file.read(int(header["vox_offset"]) - header.sizeof_hdr - 4)
    start = 0
    while flag not in (b"", b"\0") and start + 8 <= len(extensions):
        (size,) = struct.unpack_from(f"{header.endianness}i", extensions, start)
        if size < 8:  # zeros, which fill up what is left
            return
        start += size
        if start > len(extensions):
            raise ReadError(
                f"{path}: wanted header extensions before the voxels, but one of {size:,} bytes "
                f"ends behind vox_offset, {header['vox_offset']:g}; write the file again"
            )


def _trailing(file: IO[bytes]) -> int:
    """Return how many bytes follow, up to what is surely too many.

    The checksum of gzip data is looked at where the stream ends.
    """
    trailing = 0
    while trailing <= PADDING and (block := file.read(PADDING)):
        trailing += len(block)
    return trailing


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
    if int(header["bitpix"]) != 8 * dtype.itemsize:
        raise ReadError(
            f"{path}: wanted voxels of {8 * dtype.itemsize} bits, as datatype {header['datatype']} "
            f"({name}) says, but bitpix is {header['bitpix']}; the header is damaged: write the "
            f"file again"
        )
    return dtype


def _unit(header: Any, path: Path) -> Decimal:
    """Return the millimetres of a unit of length. Raises `ReadError` for a unit that is none."""
    code = int(header["xyzt_units"]) & 7  # the further bits are the unit of time
    if code not in _MILLIMETRES:
        raise ReadError(
            f"{path}: wanted a unit of length from 0 to 3, but the lowest bits of xyzt_units, "
            f"{header['xyzt_units']}, are {code}; correct the header: 2 is millimetres"
        )
    return _MILLIMETRES[code]


def _scaling(header: Any, dtype: Dtype, path: Path) -> Change | None:
    """Return what applies the header's scale to a chunk, None where there is none.

    For integers of up to two bytes it is a table of all their values, which is faster. Raises
    `ReadError` for an infinite scale; NaN is how nibabel writes that there is none.
    """
    if np.isinf(header["scl_slope"]) or np.isinf(header["scl_inter"]):
        raise ReadError(
            f"{path}: wanted a scale, but scl_slope is {header['scl_slope']:g} and scl_inter "
            f"{header['scl_inter']:g}; correct the header: 1 and 0 are no scale"
        )
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
    with np.errstate(over="ignore"):  # NIfTI-2 has float64; infinite ones are refused below
        zooms = [np.float32(zoom) for zoom in header["pixdim"][1 : ndim + 1]]
    if not all(FINEST < abs(zoom) < FARTHEST for zoom in zooms):
        written = ", ".join(f"{zoom:g}" for zoom in zooms)
        raise ReadError(
            f"{path}: wanted positive voxel sizes, but pixdim is ({written}); "
            "correct the header, or pass --spacing with one length per array axis"
        )
    # A length has no sign: directions are told by the affine.
    return tuple(float(Decimal(str(abs(zoom))) * unit) for zoom in zooms)
