"""Lines of a run on stderr: warnings, failures and, unless it shall be quiet, progress."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from segeval.errors.lines import one_line
from segeval.kernels.compiling import on_compiling, seconds_compiled
from segeval.run.record import Record
from segeval.run.run import Listener

from .signals import SIGNALS
from .terminal import echo

if TYPE_CHECKING:
    from rich.progress import Progress

MOST = 20
"""Most failures that are told one by one."""

EVERY = 10.0
"""Seconds between two lines of progress, where there is no bar."""

COMPLETE = "the tables are complete, the plots are not; `segeval plot` draws them"
"""Word on a run that is broken off when its tables are written."""


class Report(Listener):
    """A listener that tells of a run on stderr, above a bar if it has one.

    `quiet` silences progress and what was written; warnings and failures are told all the same.
    Without a bar, progress is a line every ten seconds, so that the log of a cluster stays short.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        bar: Progress | None = None,
        on_saved: Callable[[], None] | None = None,
    ) -> None:
        self.cases = self.done = self.failed = self.losses = 0
        self.is_saved = False
        self.is_quiet = quiet
        self._on_saved = on_saved
        self._bar = bar
        # column of dice in the values of a record; sum and number of its values so far
        self._dice: int | None = None
        self._total, self._defined = 0.0, 0
        self._start = self._told = time.monotonic()
        self._before = seconds_compiled()

    def say(self, text: str) -> None:
        """Print a line."""
        if self._bar:
            # paths may look like markup of rich, and one that is wrapped cannot be copied
            self._bar.console.print(
                one_line(text), markup=False, emoji=False, highlight=False, soft_wrap=True
            )
        else:
            echo(text, err=True)

    def tell(self, text: str) -> None:
        """Print a line, unless the report shall be quiet."""
        if not self.is_quiet:
            self.say(text)

    def notice(self, text: str) -> None:
        """Warn of what may be wrong with the numbers."""
        self.say(f"note: {text}")

    def lost(self, text: str) -> None:
        """Tell what could not be kept; the command then ends as one that has failed in part."""
        self.losses += 1
        self.say(f"error: {text}")

    def saving(self, cases: int) -> None:
        """Have signals wait until the tables are written."""
        # a signal may come when a case is kept, and before it is told of
        self.done = cases
        SIGNALS.hold()

    def saved(self) -> None:
        """Remember that the tables are there, and pass it on to whom it concerns."""
        self.is_saved = True
        if self._on_saved:
            self._on_saved()

    def compiling(self, text: str) -> None:
        """Tell why there is nothing to see yet."""
        self.tell(f"note: {text}")

    def started(self, cases: int, columns: Sequence[str]) -> None:
        """Start the clock, and the bar."""
        self.cases = cases
        if "dice" in columns:
            self._dice = columns.index("dice")
        # pairing the files went before, and says nothing of the time that a case takes
        self._start = self._told = time.monotonic()
        self._before = seconds_compiled()
        if self._bar:
            # with all fields from the start, as a column fails on one that its task lacks
            self._bar.add_task("", total=cases, rate="", left="", dice="")
            self._bar.start()

    def finished(self, record: Record) -> None:
        """Count the case, and tell of its failure and of progress."""
        self.done += 1
        if record.error:
            self.failed += 1
            if self.failed <= MOST:
                self.say(f"failed: {record.error}")
        if record.scores and self._dice is not None:
            values = record.scores.values[:, self._dice].tolist()
            defined = [value for value in values if not math.isnan(value)]
            self._total += sum(defined)
            self._defined += len(defined)
        if self._bar:
            self._advance(self._bar)
        elif self.done < self.cases and time.monotonic() >= self._told + EVERY:
            self._told = time.monotonic()
            self.tell(self._state)

    def _advance(self, bar: Progress) -> None:
        """Move the bar on, with the rate, the time left and the mean Dice so far."""
        bar.update(
            bar.task_ids[0],
            completed=self.done,
            rate=f"{self._rate:.3g}/s",
            left=str(timedelta(seconds=round(self._left))),
            dice=self._mean_dice,
        )

    def left_in(self, output: str) -> str:
        """Return what a run that is broken off here leaves behind."""
        if not self.cases:
            return "nothing was scored"
        done = f"{self.done:,} of {self.cases:,} cases"
        if not self.is_saved:
            return f"{done} were scored, but the tables are not written; --resume goes on"
        if self.done == self.cases:
            return COMPLETE
        return (
            f"{done} are in {output}, which run.json marks as incomplete; --resume goes on with it"
        )

    def close(self) -> None:
        """Take the bar away and say how it went."""
        if self._bar:
            self._bar.stop()
        if self.failed > MOST:
            more = self.failed - MOST
            self.say(f"and {more:,} more failed; the notes in the table of cases say why")
        if self.done:
            self.tell(self._end)

    @property
    def scored(self) -> int:
        """The number of cases that have scores."""
        return self.done - self.failed

    @property
    def _state(self) -> str:
        """A line of progress."""
        state = f"{self.done:,} of {self.cases:,} cases"
        speed = f"{self._rate:.3g}/s, {self._left:.0f} s left"
        return ", ".join(filter(None, (state, speed, self._mean_dice)))

    @property
    def _end(self) -> str:
        """The last line of progress."""
        cases = "cases" if self.cases > 1 else "case"
        done = f"{self.done:,}"
        if self.done < self.cases:
            done += f" of {self.cases:,}"
        line = f"{done} {cases} in {self._seconds:.1f} s{self._failures}"
        compiling = self._compiling
        if compiling >= 0.05:
            line += f", and {compiling:.1f} s for compiling kernels"
        return line

    @property
    def _failures(self) -> str:
        """Words on the number of cases that failed, and on where to read why; "" if none did."""
        if not self.failed:
            return ""
        share = f"{self.failed:,} of which"
        if self.failed == self.done:
            share = "all of which"
        return f", {share} failed; the notes in the table of cases say why"

    @property
    def _compiling(self) -> float:
        """Seconds that compiling took since the run began."""
        return seconds_compiled() - self._before

    @property
    def _seconds(self) -> float:
        """Seconds of scoring; what compiling took says nothing about the cases to come."""
        # above 0, since rates are divided by it
        return max(time.monotonic() - self._start - self._compiling, 1e-9)

    @property
    def _rate(self) -> float:
        """Cases a second."""
        return self.done / self._seconds

    @property
    def _left(self) -> float:
        """Seconds until all cases are done."""
        # only asked for once a case is done, or the rate would be 0
        return (self.cases - self.done) / self._rate

    @property
    def _mean_dice(self) -> str:
        """The mean over all cases and regions so far, where dice is among the metrics."""
        if not self._defined:
            return ""
        return f"mean dice {self._total / self._defined:.3f}"


@contextmanager
def reporting(*, quiet: bool, on_saved: Callable[[], None] | None = None) -> Iterator[Report]:
    """Yield the report of a run, with a bar if stderr is a terminal.

    `on_saved` is called when the results lie in their folder, which is still the run's then.
    The report is closed in the end, whatever happens, so that no bar stays on the screen.
    """
    # a dumb terminal, as in some editors, cannot move its cursor back over a bar
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    bar = _bar() if terminal and not quiet else None
    report = Report(quiet=quiet, bar=bar, on_saved=on_saved)
    with on_compiling(report.compiling):
        try:
            yield report
        finally:
            report.close()


def _bar() -> Progress:
    """Return a bar that vanishes in the end, and the fields that `Report` fills."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    # on stderr, since the summary on stdout may be piped
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
