"""Voxels from an open file or an array into the memory of a request.

Each voxel is touched once on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bytes, Labels
from segeval.data.labels import CHUNK, Dtype, narrowed, pieces
from segeval.errors import ReadError
from segeval.io.request import Request

Change = Callable[[NDArray[Any]], NDArray[Any]]
"""Function from a chunk of numbers as stored to their values, such as a scale."""


def streamed(
    file: IO[bytes], dtype: Dtype, size: int, request: Request, change: Change | None = None
) -> Labels:
    """Return the next `size` numbers of the file as 1-D labels; `change` maps each chunk first.

    Bytes go straight into the memory that is kept. Anything else passes through a chunk in the
    cache, so that a volume of wide integers or floats never exists.
    """
    if dtype == np.uint8 and change is None and request.threshold is None:
        labels = request.buffer(size)
        _fill(file, labels, request)
        return labels
    chunks = _chunks(file, dtype, size, request)
    if change is not None:
        chunks = map(change, chunks)
    return narrowed(_labels(chunks, request), size, str(request.path), request.buffer)


def stored(array: NDArray[Any], request: Request) -> Labels:
    """Return the labels of a C-contiguous array, in the memory of the request.

    For libraries that decode a file as a whole; `streamed` is for those that need not.
    """
    chunks = _labels(pieces(array.reshape(-1)), request)
    flat = narrowed(chunks, array.size, str(request.path), request.buffer)
    return flat.reshape(array.shape)


def voxel_shape(shape: tuple[int, ...], request: Request) -> tuple[int, ...]:
    """Return the shape without trailing axes of length one beyond the second.

    NIfTI writes a volume with an axis for time, mostly of length one. Raises `ReadError` unless two
    or three axes are left, and a voxel, and no more of them than the request admits.

    >>> from pathlib import Path
    >>> from tempfile import NamedTemporaryFile
    >>> from segeval.io.source import Source
    >>> with NamedTemporaryFile() as file:
    ...     voxel_shape((4, 5, 6, 1), Request(source=Source(Path(file.name))))
    (4, 5, 6)
    """
    trimmed = shape
    while len(trimmed) > 2 and trimmed[-1] == 1:
        trimmed = trimmed[:-1]
    if len(trimmed) not in (2, 3):
        raise ReadError(
            f"{request.path}: wanted a 2-D or 3-D mask, but the shape is {shape}; "
            "take one volume, or the argmax over the channels, first"
        )
    if min(trimmed) < 1:
        raise ReadError(
            f"{request.path}: wanted a mask, but the shape {shape} holds no voxel; write the file "
            f"again"
        )
    request.admit(trimmed)
    return trimmed


def _labels(values: Iterator[NDArray[Any]], request: Request) -> Iterator[NDArray[Any]]:
    """Return chunks of values as they are, or chunks of labels where they are scores."""
    threshold = request.threshold
    if threshold is None:
        return values
    return (threshold.labels(chunk, str(request.path)) for chunk in values)


def _chunks(file: IO[bytes], dtype: Dtype, size: int, request: Request) -> Iterator[NDArray[Any]]:
    """Yield the next numbers of the file in native byte order, in memory used again and again."""
    buffer = np.empty(CHUNK // dtype.itemsize, dtype)
    for start in range(0, size, buffer.size):
        chunk = buffer[: size - start]
        _fill(file, chunk.view(np.uint8), request)
        if not dtype.isnative:
            chunk = chunk.byteswap().view(dtype.newbyteorder("="))
        # Whoever takes it has stored its labels before the next one overwrites it.
        yield chunk


def _fill(file: IO[bytes], buffer: Bytes, request: Request) -> None:
    """Read into all of the buffer, from a file that may give less than it is asked for."""
    view = buffer.data
    while view:
        count = file.readinto(view[:CHUNK])  # type: ignore[attr-defined]
        if not count:
            raise ReadError(
                f"{request.path}: wanted the voxels that the header promises, but the data end "
                f"before them; the file is truncated: copy or write it again"
            )
        view = view[count:]
