"""The workspace of one worker: kept buffers, threads, and the device to measure on."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any, Generic, TypeVar

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
        # jobs run where they are asked for, too: a single thread needs no pool
        self._pool = ThreadPoolExecutor(threads - 1, "segeval") if threads > 1 else None

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
        """Return `function` of every job, in order; on the threads when there are several.

        Threads that the system does not start are done without.
        """
        if self._pool is None:
            return [function(job) for job in jobs]
        share = _Share(function, list(jobs))
        helpers: list[Future[None]] = []
        with suppress(RuntimeError):  # no more threads can be started
            for _ in range(min(self.threads, len(share.jobs)) - 1):
                helpers.append(self._pool.submit(share.work))
        share.work()
        # what no helper has begun is done by now
        for helper in helpers:
            if not helper.cancel():
                helper.result()
        return share.outcome()

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


class _Share(Generic[Job, Result]):
    """Jobs that several threads take one after the other, and what becomes of them."""

    def __init__(self, function: Callable[[Job], Result], jobs: list[Job]) -> None:
        self.jobs = jobs
        self._function = function
        self._waiting = deque(range(len(jobs)))
        self._results: dict[int, Result] = {}
        self._errors: dict[int, BaseException] = {}

    def work(self) -> None:
        """Do jobs until all are taken."""
        while True:
            try:
                place = self._waiting.popleft()
            except IndexError:
                return
            try:
                self._results[place] = self._function(self.jobs[place])
            except BaseException as error:
                self._errors[place] = error
                # no further job is begun; those before this one are at work
                self._waiting.clear()

    def outcome(self) -> list[Result]:
        """Return the results in order, or raise the first error among them."""
        if self._errors:
            raise self._errors[min(self._errors)]
        return [self._results[place] for place in range(len(self.jobs))]


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
