"""NumPy files: .npy, and .npz that hold one array. They know no spacing and no affine."""

from __future__ import annotations

import numpy as np

from segeval.data.labels import LabelMap
from segeval.errors import ReadError

from .registry import reader
from .request import Request
from .stream import stored, streamed, voxel_shape


@reader(
    ".npy",
    sentence="The label is the value: any integer type, booleans, or floats that hold whole "
    "numbers. The spacing is 1 px.",
)
def read_npy(request: Request) -> LabelMap:
    """Return the label map in a .npy file, in the array order it was saved in.

    Objects are never unpickled.
    """
    with request.path.open("rb") as file:
        # The header is read by itself, so that the voxels behind it can be streamed. Version 3
        # differs from 2 in the encoding of names of fields alone, and labels have no fields.
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_2_0
        if version == (1, 0):
            read_header = np.lib.format.read_array_header_1_0
        shape_in_file, fortran, dtype = read_header(file)
        shape = voxel_shape(shape_in_file, request)
        if dtype.kind not in "buif":
            raise ReadError(
                f"{request.path}: wanted whole numbers, but the dtype is {dtype}; save an integer "
                f"array"
            )
        flat = streamed(file, dtype, int(np.prod(shape, dtype=np.int64)), request)
    # Of a Fortran array the first axis is the fastest in the file; neither order needs a copy.
    labels = flat.reshape(shape, order="F" if fortran else "C")
    return LabelMap(labels, request.unspaced_grid(shape), str(request.path))


@reader(".npz", sentence="The only array in the file, read as that of a .npy is.")
def read_npz(request: Request) -> LabelMap:
    """Return the label map in a .npz file that holds exactly one array."""
    with request.path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if len(archive.files) != 1:
            names = ", ".join(archive.files) or "none"
            raise ReadError(
                f"{request.path}: wanted one array, but it holds {len(archive.files)} ({names}); "
                f"save the mask alone"
            )
        # NumPy gives a member of an archive as a whole array: there is nothing to stream.
        array = archive[archive.files[0]]
    shape = voxel_shape(array.shape, request)
    labels = stored(array.reshape(shape), request)
    return LabelMap(labels, request.unspaced_grid(shape), str(request.path))
