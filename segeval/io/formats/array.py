"""NumPy files: .npy, and .npz that hold one array. They know no spacing and no affine."""

from __future__ import annotations

import math
from io import BytesIO
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from segeval.data.labels import Dtype, LabelMap
from segeval.errors import ReadError
from segeval.io.registry import reader
from segeval.io.request import DEFLATE, Request

from .stream import streamed, voxel_shape

_LONGEST_HEADER = 1 << 16
"""Bytes of a header at most: it says a shape and a type."""


@reader(
    ".npy",
    sentence="The label is the value: any integer type, booleans, or floats that hold whole "
    "numbers. The spacing is 1 px.",
)
def read_npy(request: Request) -> LabelMap:
    """Return the label map in a .npy file, in the array order it was saved in."""
    return _array(request.source, request.source.size, request)


@reader(".npz", sentence="The only array in the file, read as that of a .npy is.")
def read_npz(request: Request) -> LabelMap:
    """Return the label map in a .npz file that holds exactly one array."""
    with ZipFile(BytesIO(request.content())) as archive:
        members = archive.infolist()
        if len(members) != 1:
            names = ", ".join(member.filename.removesuffix(".npy") for member in members) or "none"
            raise ReadError(
                f"{request.path}: wanted one array, but it holds {len(members)} ({names}); "
                f"save the mask alone"
            )
        _check_member(members[0], request)
        with archive.open(members[0]) as file:
            mask = _array(file, members[0].file_size, request)
            file.read(1)  # the checksum is looked at where the member ends
            return mask


def _array(file: IO[bytes], size: int, request: Request) -> LabelMap:
    """Return the label map of an array of the format NPY, which is `size` bytes with its header.

    Objects are never unpickled.
    """
    shape_in_file, fortran, dtype = _header(file)
    if dtype.kind not in "buif":
        raise ReadError(
            f"{request.path}: wanted whole numbers, but the dtype is {dtype}; save an integer array"
        )
    shape = voxel_shape(shape_in_file, request)
    voxels = math.prod(shape)
    end = file.tell() + voxels * dtype.itemsize
    request.check_held(end, size)
    request.check_end(size - end, allowed=0)
    flat = streamed(file, dtype, voxels, request)
    # Of a Fortran array the first axis is the fastest in the file; neither order needs a copy.
    labels = flat.reshape(shape, order="F" if fortran else "C")
    return LabelMap(labels, request.unspaced_grid(shape), str(request.path))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, Dtype]:
    """Return shape, whether the order is Fortran's, and dtype; the voxels follow in the file."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    # Version 3 differs from 2 in the encoding of names of fields alone, and labels have no fields.
    # NumPy would make room for what the length says, be it four gigabytes.
    length = file.read(4)
    size = int.from_bytes(length, "little")
    if version not in ((2, 0), (3, 0)) or size > _LONGEST_HEADER:
        raise ValueError(f"a header of {size:,} bytes in version {version}")
    return np.lib.format.read_array_header_2_0(BytesIO(length + file.read(size)))


def _check_member(member: ZipInfo, request: Request) -> None:
    """Raise `ReadError` for a member that is no array, or cannot be as large as it says."""
    expansion = {ZIP_STORED: 1, ZIP_DEFLATED: DEFLATE}.get(member.compress_type)
    if expansion is None or not member.filename.endswith(".npy"):
        raise ReadError(
            f"{request.path}: wanted an array as NumPy saves it, but it holds {member.filename!r} "
            f"in the ZIP method {member.compress_type}; save the mask with np.savez_compressed"
        )
    request.check_held(member.file_size, member.compress_size, expansion)
