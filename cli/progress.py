"""What a run tells while it goes on: failures always; unless it shall be quiet, notices and how far
it is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from segeval.kernels.compiling import on_compiling, seconds_compiled
from segeval.run.record import Record
from segeval.run.run import Listener

if TYPE_CHECKING:
    from rich.progress import Progress

MOST = 20
"""How many failures are told one by one."""
EVERY = 10.0
"""Seconds between two lines of progress, where there is no bar."""


class Report(Listener):
    """Tells of a run on stderr, above a bar if it has one."""

    def __init__(self, *, quiet: bool = False, bar: Progress | None = None) -> None:
        self.cases = self.done = self.failed = 0
        self._quiet = quiet
        self._bar = bar
        self._dice: int | None = None
        self._total, self._defined = 0.0, 0
        self._start = self._told = time.monotonic()
        self._before = seconds_compiled()

    def say(self, text: str) -> None:
        """Prints a line."""
        if self._bar:
            self._bar.console.print(
                text, markup=False, emoji=False, highlight=False, soft_wrap=True
            )
        else:
            click.echo(text, err=True)

    def tell(self, text: str) -> None:
        """Prints a line, unless it shall be quiet."""
        if not self._quiet:
            self.say(text)

    def notice(self, text: str) -> None:
        """Tells what the user should know."""
        self.tell(f"note: {text}")

    def started(self, cases: int, columns: Sequence[str]) -> None:
        """Starts the clock, and the bar."""
        self.cases = cases
        self._dice = columns.index("dice") if "dice" in columns else None
        self._start = self._told = time.monotonic()
        self._before = seconds_compiled()
        if self._bar:
            self._bar.add_task("", total=cases, rate="", left="", dice="")
            self._bar.start()

    def finished(self, record: Record) -> None:
        """Counts the case, and tells of its failure and of progress."""
        self.done += 1
        if record.error:
            self.failed += 1
            if self.failed <= MOST:
                self.say(f"failed: {record.error}")
        if record.scores and self._dice is not None:
            defined = [
                value for value in record.scores.values[:, self._dice].tolist() if value == value
            ]
            self._total += sum(defined)
            self._defined += len(defined)
        if self._bar:
            task = self._bar.task_ids[0]
            left = str(timedelta(seconds=round(self._left)))
            self._bar.update(
                task,
                completed=self.done,
                rate=f"{self._rate:.3g}/s",
                left=left,
                dice=self._mean_dice,
            )
        elif self.done < self.cases and time.monotonic() >= self._told + EVERY:
            self._told = time.monotonic()
            state = f"{self.done:,} of {self.cases:,} cases, {self._rate:.3g}/s, {self._left:.0f} s left"
            self.tell(", ".join(filter(None, (state, self._mean_dice))))

    def left_in(self, output: str) -> str:
        """What a run that is broken off here leaves behind."""
        if not self.cases:
            return "nothing was scored"
        return f"{self.done:,} of {self.cases:,} cases are in {output}, which run.json marks as incomplete"

    def close(self) -> None:
        """Takes the bar away and says how it went."""
        if self._bar:
            self._bar.stop()
        if self.failed > MOST:
            self.say(
                f"and {self.failed - MOST:,} more failed; the notes in the table of cases say why"
            )
        if self.done:
            of = f" of {self.cases:,}" if self.done < self.cases else ""
            state = (
                f"{self.done:,}{of} case{'s' if self.cases > 1 else ''} in {self._seconds:.1f} s"
            )
            compiling = self._compiling
            self.tell(
                f"{state}, and {compiling:.1f} s for compiling kernels"
                if compiling >= 0.05
                else state
            )

    @property
    def scored(self) -> int:
        """How many cases have scores."""
        return self.done - self.failed

    @property
    def _compiling(self) -> float:
        return seconds_compiled() - self._before

    @property
    def _seconds(self) -> float:
        """How long cases have been scored; what compiling took says nothing about those to come."""
        return max(time.monotonic() - self._start - self._compiling, 1e-9)

    @property
    def _rate(self) -> float:
        return self.done / self._seconds

    @property
    def _left(self) -> float:
        """Seconds until all cases are done."""
        return (self.cases - self.done) / self._rate

    @property
    def _mean_dice(self) -> str:
        """That of all cases and regions so far."""
        return f"mean dice {self._total / self._defined:.3f}" if self._defined else ""


@contextmanager
def reporting(*, quiet: bool) -> Iterator[Report]:
    """The report of a run, with a bar if stderr is a terminal."""
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    report = Report(quiet=quiet, bar=_bar() if terminal and not quiet else None)
    with on_compiling(report.notice):
        try:
            yield report
        finally:
            report.close()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("scoring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[dice]}"),
        console=Console(stderr=True),
        transient=True,
    )
