"""Hearing of compilation: a kernel that is not on disk yet is compiled when it is first called, which takes a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def on_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Calls `tell` when the first kernel is compiled within the block, on the thread that needs it."""
    from numba.core import event

    told = threading.Lock()

    class Compiling(event.Listener):
        def on_start(self, event: Any) -> None:
            if told.acquire(blocking=False):
                tell()

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Compiling()):
        yield
