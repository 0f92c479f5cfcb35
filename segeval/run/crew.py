"""The threads of a run: as many as were asked for, or as the system starts.

A thread serves: it gets the cases that wait, one after the other, and gives the outcome of each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

from segeval.kernels.workspace import cores

Outcome = TypeVar("Outcome")

log = logging.getLogger("segeval")


@dataclass(frozen=True, slots=True)
class Crew:
    """Who scores the cases of a run."""

    jobs: int
    """Number of threads that were asked for."""
    device: str = "cpu"
    """Device that measures."""
    notice: Callable[[str], None] = log.warning
    """Hears that the system starts fewer threads."""

    def workers(self, cases: int) -> int:
        """Return how many threads take a case each: no more than there are cases."""
        return max(1, min(self.jobs, cases))

    def helpers(self, cases: int) -> int:
        """Return how many threads work inside of a case.

        More of them than cores would only wait for one another.
        """
        return max(1, min(self.jobs, cores()) // self.workers(cases))

    def outcomes(
        self, serve: Callable[[Iterator[int]], Iterator[Outcome]], cases: Sequence[int]
    ) -> Generator[Outcome, None, None]:
        """Yield the outcomes of cases in the order they get done.

        Every thread calls `serve` with the cases that it gets.
        """
        desk = _Desk(serve)
        upcoming = iter(cases)
        threads: list[Thread] = []
        try:
            threads = self._started(desk.work, len(cases))
            if not threads:
                yield from serve(upcoming)
                return
            # Every further case waits until an outcome is taken: else a slow listener would let
            # them pile up in memory. Twice as many as threads keep all at work in the meantime.
            desk.hand_out(islice(upcoming, 2 * len(threads)))
            for _ in cases:
                yield desk.outcome()
                desk.hand_out(islice(upcoming, 1))
        finally:
            # also when nobody takes further outcomes: cases at work end, others do not begin
            desk.close(self.workers(len(cases)))
            for thread in threads:
                thread.join()

    def _started(self, work: Callable[[], None], cases: int) -> list[Thread]:
        """Return threads at work: fewer than are wanted, or none, if the system starts no more."""
        threads: list[Thread] = []
        wanted = self.workers(cases)
        with suppress(RuntimeError):  # a limit of the system, on threads or on memory
            for _ in range(wanted):
                thread = Thread(target=work, name="segeval")
                thread.start()
                threads.append(thread)
        if len(threads) < wanted:
            self.notice(
                f"the system starts {len(threads)} of {wanted} threads, and the work goes on with "
                "these; ask for fewer with --jobs, or raise its limit (ulimit -u)"
            )
        return threads


class _Desk(Generic[Outcome]):
    """The cases that wait for a thread, and the outcomes that wait to be taken."""

    def __init__(self, serve: Callable[[Iterator[int]], Iterator[Outcome]]) -> None:
        self._serve = serve
        self._waiting: SimpleQueue[int | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Outcome] | BaseException] = SimpleQueue()

    def work(self) -> None:
        """Serve until there is nothing more to come, as what a thread does."""
        try:
            for outcome in self._serve(iter(self._waiting.get, None)):
                self._done.put((outcome,))
        except BaseException as error:  # whatever it is, who waits for an outcome must hear of it
            self._done.put(error)

    def hand_out(self, cases: Iterable[int]) -> None:
        """Have these cases wait."""
        for case in cases:
            self._waiting.put(case)

    def outcome(self) -> Outcome:
        """Return the next outcome once it is there, or raise what ended a thread."""
        done = self._done.get()
        if isinstance(done, BaseException):
            raise done
        (outcome,) = done
        return outcome

    def close(self, threads: int) -> None:
        """Let so many threads end."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        for _ in range(threads):
            self._waiting.put(None)
