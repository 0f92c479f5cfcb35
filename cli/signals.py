"""Signals that end a command: what was scored until then is saved.

The first one stops the run. A further one is answered and no more, and so is the first while tables
are written: these are completed. The third stops whatever goes on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

USUAL = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}
"""Signals that are listened to, by name, with what Python does at each of its own accord."""
ANSWER = b"what was scored is saved before this stops; a third signal stops at once\n"
"""Answer to a signal that does not stop the command."""


class Signals:
    """The signals that the command has heard."""

    def __init__(self) -> None:
        self._heard: list[int] = []
        self._is_held = False

    @property
    def exit_code(self) -> int:
        """The exit code that shells use: 128 and the number of the signal."""
        number = signal.SIGINT
        if self._heard:
            number = signal.Signals(self._heard[0])
        return 128 + number

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to signals within the block, but for those that somebody else deals with."""
        self._heard.clear()
        self._is_held = False
        before = {}
        for name, usual in USUAL.items():
            number = getattr(signal, name, None)
            # who started the command may have it ignore a signal, as nohup does
            if number is not None and signal.getsignal(number) == usual:
                before[number] = signal.signal(number, self._hear)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def hold(self) -> None:
        """Have signals wait: what is done now shall be completed."""
        self._is_held = True

    def release(self) -> None:
        """Have signals stop the command again, first of all one that waits."""
        waits = self._is_held and len(self._heard) > 0
        self._is_held = False
        if waits:
            raise KeyboardInterrupt

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        """Stop the command, or answer that it goes on."""
        self._heard.append(number)
        count = len(self._heard)
        if count > 2 or (count == 1 and not self._is_held):
            raise KeyboardInterrupt
        # past the streams of Python, which may be in the middle of a line
        with suppress(OSError):
            os.write(2, ANSWER)


SIGNALS = Signals()
"""The signals of this process."""
