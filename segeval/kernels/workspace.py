"""The workspace of one worker: kept buffers, threads, and the device to measure on."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from segeval.arrays import Bytes

Job = TypeVar("Job")
Result = TypeVar("Result")


class Workspace:
    """Buffers kept from case to case, the threads and the device of one worker.

    Workers must not share one. Kept buffers matter: the pages of fresh memory cost more than most
    kernels here. What a statistic returns never lies in a buffer, what passes between kernels does,
    until the next case overwrites it.

    >>> with Workspace(threads=2) as workspace:
    ...     workspace.map(abs, [-1, -2])
    [1, 2]
    """

    def __init__(self, threads: int = 1, device: str = "cpu") -> None:
        self.threads = threads
        self.device = device
        self._buffers: dict[str, Bytes] = {}
        self._kept: dict[Callable[..., Any], tuple[tuple[Hashable, ...], Any]] = {}
        # a single thread needs no pool: jobs then run where they are asked for
        self._pool = ThreadPoolExecutor(threads, "segeval") if threads > 1 else None

    def buffer(self, name: str, size: int, dtype: DTypeLike) -> NDArray[Any]:
        """Return the kept 1-D buffer of this name, as `size` uninitialised elements.

        It is grown when it is too small.
        """
        dtype = np.dtype(dtype)
        needed = size * dtype.itemsize
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < needed:
            # a quarter more than asked, so that slightly larger cases do not each allocate anew
            buffer = self._buffers[name] = np.empty(needed + needed // 4, np.uint8)
        return buffer[:needed].view(dtype)

    def kept(self, make: Callable[..., Result], *key: Hashable) -> Result:
        """Return `make(*key)`, made anew only when the key is another than the time before."""
        # the last result alone: cases in a row mostly have one shape and one spacing
        last = self._kept.get(make)
        if last is None or last[0] != key:
            last = self._kept[make] = (key, make(*key))
        result: Result = last[1]
        return result

    def map(self, function: Callable[[Job], Result], jobs: Iterable[Job]) -> list[Result]:
        """Return `function` of every job, in order; on the threads when there are several."""
        if self._pool is None:
            return [function(job) for job in jobs]
        # `list` waits for all jobs, and raises the first error among them, in their order
        return list(self._pool.map(function, jobs))

    def map_parts(
        self, function: Callable[[int, int], Result], count: int, voxels: int
    ) -> list[Result]:
        """Return `function(start, stop)` of consecutive parts of `count` things.

        `voxels` is how many voxels the things hold together.

        >>> with Workspace(threads=2) as workspace:
        ...     workspace.map_parts(range, 6, voxels=3 << 17)
        [range(0, 2), range(2, 4), range(4, 6)]
        """
        cuts = pairwise(evenly(count, self.parts(voxels)))
        return self.map(lambda cut: function(*cut), cuts)

    def parts(self, voxels: int) -> int:
        """Return into how many jobs to cut a pass over so many voxels.

        There are several for each thread, for balance, but none is very small.
        """
        # at most four jobs for each thread, none below 131,072 voxels unless it is the only one
        return 1 if self._pool is None else max(1, min(4 * self.threads, voxels >> 17))

    def close(self) -> None:
        """End the threads and drop the buffers."""
        if self._pool is not None:
            self._pool.shutdown()
        self._buffers.clear()
        self._kept.clear()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def cores() -> int:
    """Return how many processor cores this process may use."""
    # the cores granted to this process may be fewer than the machine has
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def balanced(count: NDArray[np.integer[Any]], parts: int) -> list[int]:
    """Return where to cut consecutive things into parts with about the same sums of their counts.

    Both ends are included.

    >>> balanced(np.array([4, 1, 1, 1, 1]), 2)
    [0, 0, 5]
    """
    if parts == 1:
        return [0, len(count)]
    # A cut lies before the thing with which the sum reaches its share. Beside a thing that holds
    # much, parts may be empty.
    ends = np.cumsum(count)
    inner = np.searchsorted(ends, ends[-1] * np.arange(1, parts) / parts)
    return [0, *inner.tolist(), len(count)]


def evenly(size: int, parts: int) -> list[int]:
    """Return where to cut `size` things into so many parts, both ends included.

    >>> evenly(10, 3)
    [0, 3, 6, 10]
    """
    return [size * part // parts for part in range(parts + 1)]
