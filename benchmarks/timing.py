"""Comparison of functions: in turn, in one process, by the median of their times; and the tables
that show it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median

THREADS = (1, 2)


def times(
    functions: Sequence[Callable[[], object]], runs: int, limit: float = 120.0
) -> list[float]:
    """Median seconds of each function, run in turn after a warm-up each; one that takes over
    `limit` runs once.
    """
    found: list[list[float]] = [[] for _ in functions]
    for turn in range(runs + 1):
        for function, own in zip(functions, found, strict=True):
            if turn and own and own[0] > limit:
                continue
            start = time.perf_counter()
            function()
            own.append(time.perf_counter() - start)
    return [median(own[1:] or own) for own in found]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a Markdown table."""
    print("\n| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def seconds(value: float) -> str:
    """A duration to three digits, in the unit that suits it."""
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def against(value: float, ours: float) -> str:
    """A duration, and how many times ours it is."""
    return f"{seconds(value)} ({value / ours:.3g} ×)"
