"""Label maps, and how whole numbers of any dtype become their labels.

They become the smallest unsigned dtype that holds them, and are checked on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Labels
from segeval.errors import ReadError, UsageError

from .grid import Grid
from .provenance import Input

Dtype: TypeAlias = "np.dtype[Any]"
Allocate: TypeAlias = Callable[[int, Dtype], NDArray[Any]]

CHUNK = 1 << 20
"""Bytes looked at together: they are read four times, so they should stay in the cache."""
_DTYPES: tuple[Dtype, ...] = tuple(np.dtype(d) for d in (np.uint8, np.uint16, np.uint32, np.uint64))


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Non-negative integers on a grid; 0 is background.

    `labels` keeps the smallest unsigned dtype that holds its values; `source` names the file, for
    messages; `file` is what was read of it, None for an array and where nobody asked. `highest` is
    that of the `Threshold` that made labels of scores, 0 without one.
    """

    labels: Labels
    grid: Grid
    source: str = "array"
    file: Input | None = None
    highest: float = 0.0

    def __post_init__(self) -> None:
        if self.labels.dtype.kind not in "ui":
            dtype = self.labels.dtype
            raise ReadError(
                f"{self.source}: a label map holds integers, not {dtype}; convert it with "
                f"`LabelMap.of`"
            )
        if self.labels.shape != self.grid.shape:
            raise ReadError(
                f"{self.source}: labels of shape {self.labels.shape} on a grid of shape "
                f"{self.grid.shape}"
            )

    @classmethod
    def of(cls, array: NDArray[Any], grid: Grid | None = None, source: str = "array") -> LabelMap:
        """Return the label map of any array of whole numbers ≥ 0, whatever its dtype.

        Raises `ReadError` for NaN, negative, fractional or complex values.

        >>> LabelMap.of(np.array([[0.0, 2.0]])).labels.dtype
        dtype('uint8')
        """
        return cls(as_labels(array, source), grid or Grid.unspaced(array.shape), source)


def check_unmasked(array: Any, name: str) -> None:
    """Raise `UsageError` for an array with a mask of its own: what it hides would be scored."""
    if isinstance(array, np.ma.MaskedArray):
        raise UsageError(
            f"{name}: wanted a plain array, but it is a numpy.ma.MaskedArray, whose hidden values "
            f"would count; fill them with a label (array.filled(255)), and have that label ignored"
        )


def as_labels(array: NDArray[Any], source: str) -> Labels:
    """Return an array in the smallest of uint8, uint16, uint32 and uint64 that holds its values.

    It is not copied if it is so already. Raises `ReadError` for NaN, negative, fractional or
    complex values, naming `source`, and `UsageError` for a masked array.

    >>> as_labels(np.array([0.0, 300.0]), "array").dtype
    dtype('uint16')
    """
    check_unmasked(array, source)
    if array.dtype == np.uint8:
        return array
    # Without a value there is no smallest one to look at.
    if array.size == 0:
        return array.astype(np.uint8)
    if array.dtype.kind == "b" and array.view(np.uint8).max() <= 1:  # Pillow's True is 255
        return array.view(np.uint8)
    unsigned = array.dtype.kind == "u" and array.dtype.isnative
    if unsigned and smallest_dtype(array, source) == array.dtype:
        return array
    # Chunks are taken in the order of memory, so that a transposed or Fortran array costs no more.
    by_stride = np.argsort([-abs(stride) for stride in array.strides], kind="stable")
    ordered = array.transpose(by_stride)
    labels = narrowed(pieces(ordered.reshape(-1)), array.size, source)
    return labels.reshape(ordered.shape).transpose(np.argsort(by_stride))


def above(scores: NDArray[Any], threshold: float, source: str) -> Labels:
    """Return 1 where scores are above a threshold, else 0.

    Raises `ReadError`, naming `source`, for NaN, which is on neither side, and complex numbers.

    >>> above(np.array([0.2, 0.5, 0.7]), 0.5, "array").tolist()
    [0, 0, 1]
    """
    if scores.dtype.kind not in "buif":
        raise ReadError(f"{source}: scores are numbers, but the dtype is {scores.dtype}")
    if scores.dtype.kind == "f" and np.isnan(scores).any():
        raise ReadError(f"{source}: holds NaN, which is on neither side of a threshold; replace it")
    labels: Labels = np.greater(scores, threshold).view(np.uint8)
    return labels


@dataclass(slots=True)
class Threshold:
    """A threshold of scores, and the highest score that it met, which may be of another scale.

    `highest` stays 0 unless the threshold is one for probabilities, strictly between 0 and 1.
    """

    value: float
    highest: float = 0.0

    def labels(self, scores: NDArray[Any], source: str) -> Labels:
        """Return 1 where scores are above the threshold, else 0, as `above` does."""
        labels = above(scores, self.value, source)
        if 0 < self.value < 1:
            self.highest = max(self.highest, float(scores.max(initial=0)))
        return labels


def pieces(flat: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield consecutive views of a 1-D array, `CHUNK` bytes each."""
    step = max(1, CHUNK // flat.itemsize)
    for start in range(0, flat.size, step):
        yield flat[start : start + step]


def narrowed(
    chunks: Iterable[NDArray[Any]], size: int, source: str, allocate: Allocate = np.empty
) -> Labels:
    """Return 1-D labels in the smallest unsigned dtype, from chunks of `size` numbers in all.

    Each chunk is checked and stored while it is in the cache; its memory may be reused by the
    iterator afterwards. `allocate` gives the memory for the labels, again for each wider dtype.
    """
    labels = allocate(size, _DTYPES[0])
    done = 0
    for chunk in chunks:
        dtype = smallest_dtype(chunk, source)
        if dtype.itemsize > labels.itemsize:
            wider = allocate(size, dtype)
            # `allocate` may give the same memory again, which NumPy overlooks here: copy first
            wider[:done] = labels[:done].copy()
            labels = wider
        stored = labels[done : done + chunk.size]
        # The cast cuts fractions off, so that what differs afterwards was no whole number.
        np.copyto(stored, chunk, casting="unsafe")
        if chunk.dtype.kind == "f" and (fractional := stored != chunk).any():
            raise ReadError(
                f"{source}: holds {chunk[fractional][0]:g}, which is not a whole number; labels "
                f"are integers: pass --threshold (in Python threshold) for scores of a prediction, "
                f"or take the argmax of class probabilities first"
            )
        done += chunk.size
    return labels


def smallest_dtype(array: NDArray[Any], source: str) -> Dtype:
    """Return the smallest unsigned dtype for the values, whatever fractions they have.

    Raises `ReadError`, naming `source`, where there is none.
    """
    if array.dtype == np.uint8:
        return array.dtype
    if array.dtype.kind not in "buif":
        raise ReadError(
            f"{source}: labels must be whole numbers, but the dtype is {array.dtype}; save them as "
            f"integers"
        )
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ReadError(
            f"{source}: holds NaN or infinite values; labels are whole numbers: replace them with "
            f"a label"
        )
    if low < 0:
        raise ReadError(
            f"{source}: holds the negative value {low:g}; labels start at 0: shift or remap them"
        )
    # Tables of labels are int64, into which the upper half of uint64 does not go.
    if int(high) >= 2**63:
        raise ReadError(
            f"{source}: holds {high:g}, beyond the largest label 2**63 - 1; remap the labels"
        )
    return next(dtype for dtype in _DTYPES if high <= np.iinfo(dtype).max)
