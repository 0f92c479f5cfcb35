"""Voxels from an open file or an array into the memory of a request, at the cost of touching them
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bytes, Labels
from segeval.data.labels import CHUNK, Dtype, narrowed, pieces
from segeval.errors import ReadError

from .registry import Request

Change = Callable[[NDArray[Any]], NDArray[Any]]


def streamed(
    file: IO[bytes], dtype: Dtype, size: int, request: Request, change: Change | None = None
) -> Labels:
    """The next `size` numbers of the file as 1-D labels; `change` maps each chunk of them first.

    Bytes go straight into the memory that is kept. Anything else passes through a chunk in the
    cache, so that a volume of wide integers or floats never exists.
    """
    if dtype == np.uint8 and change is None:
        labels = request.buffer(size)
        _fill(file, labels, request)
        return labels
    chunks = _chunks(file, dtype, size, request)
    return narrowed(
        map(change, chunks) if change else chunks, size, str(request.path), request.buffer
    )


def stored(array: NDArray[Any], request: Request) -> Labels:
    """The labels of a C-contiguous array, in the memory of the request."""
    flat = narrowed(pieces(array.reshape(-1)), array.size, str(request.path), request.buffer)
    return flat.reshape(array.shape)


def voxel_shape(shape: tuple[int, ...], request: Request) -> tuple[int, ...]:
    """The shape without trailing axes of length one beyond the second; `ReadError` unless it is 2-D
    or 3-D then.
    """
    kept = shape
    while len(kept) > 2 and kept[-1] == 1:
        kept = kept[:-1]
    if len(kept) not in (2, 3):
        raise ReadError(
            f"{request.path}: wanted a 2-D or 3-D mask, but the shape is {shape}; "
            "take one volume, or the argmax over the channels, first"
        )
    if min(kept) < 1:
        raise ReadError(
            f"{request.path}: wanted a mask, but the shape {shape} holds no voxel; write the file "
            f"again"
        )
    return kept


def _chunks(file: IO[bytes], dtype: Dtype, size: int, request: Request) -> Iterator[NDArray[Any]]:
    kept = np.empty(CHUNK // dtype.itemsize, dtype)
    for start in range(0, size, kept.size):
        chunk = kept[: size - start]
        _fill(file, chunk.view(np.uint8), request)
        yield chunk if dtype.isnative else chunk.byteswap().view(dtype.newbyteorder("="))


def _fill(file: IO[bytes], buffer: Bytes, request: Request) -> None:
    view = buffer.data
    while view:
        got = file.readinto(view[:CHUNK])  # type: ignore[attr-defined]
        if not got:
            raise ReadError(
                f"{request.path}: wanted the voxels that the header promises, but the data end "
                f"after byte "
                f"{file.tell():,}; the file is truncated: copy or write it again"
            )
        view = view[got:]
