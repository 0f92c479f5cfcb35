"""The compiling of kernels: what a user is told of it, and how long it took."""

from __future__ import annotations

import gc
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

from segeval.errors import CompilingWarning
from segeval.kernels import store

Tell = Callable[[str], None]


class _Clock(event.Listener):
    """A listener that hears of every kernel of ours that is compiled in this process.

    It names the kernel and takes the time.
    """

    def __init__(self) -> None:
        self.kernels: list[str] = []
        self.tell: Tell | None = _warn
        self._depth = 0  # a kernel may need another, and Numba compiles on one thread at a time
        self._since = self._total = 0.0
        self._collects = True
        self._lock = threading.Lock()

    def on_start(self, event: Any) -> None:
        """Start the clock, and tell the user, once."""
        if not _is_ours(event):
            return
        with self._lock:
            # whoever is first takes it, so that several threads do not all tell the user
            tell, self.tell = self.tell, None
        if tell:  # before all else: a warning may be an error, and then nothing is compiled
            tell(notice())
        with self._lock:
            if self._depth == 0:
                self._since = time.monotonic()
                self._collects = gc.isenabled()
                # there is little garbage among the many objects of a compiler, and looking for it
                # takes a tenth of its time
                gc.disable()
            self._depth += 1

    def on_end(self, event: Any) -> None:
        """Stop the clock."""
        if not _is_ours(event):
            return
        with self._lock:
            self.kernels.append(
                f"{event.data['dispatcher'].py_func.__qualname__}{event.data['args']}"
            )
            self._depth -= 1
            # a kernel that another needs is compiled within the time of that one: counted once
            if self._depth == 0:
                self._total += time.monotonic() - self._since
                if self._collects:
                    gc.enable()

    def seconds(self) -> float:
        """Return the time taken so far, also by what is being compiled now."""
        with self._lock:
            current = time.monotonic() - self._since if self._depth else 0.0
            return self._total + current


def _is_ours(event: Any) -> bool:
    """Return whether a kernel of ours is compiled, not what others here use Numba for."""
    return isinstance(getattr(event.data["dispatcher"], "_cache", None), store.KernelStore)


def _warn(text: str) -> None:
    """Warn, and log for those who turn warnings off."""
    logging.getLogger("segeval").info(text)
    warnings.warn(text, CompilingWarning, stacklevel=2)


_CLOCK = _Clock()
# `words` imports this module, so that it listens before any kernel can be compiled
event.register("numba:compile", _CLOCK)  # type: ignore[no-untyped-call]


def seconds_compiled() -> float:
    """Return the seconds for which kernels have been compiled in this process."""
    return _CLOCK.seconds()


def compiled_kernels() -> list[str]:
    """Return the kernels compiled in this process so far, with the types of their arguments."""
    return list(_CLOCK.kernels)


@contextmanager
def on_compiling(tell: Tell) -> Iterator[None]:
    """Call `tell` instead of warning when a kernel is compiled within the block.

    It gets what the user should know. It is called once, on the thread that needs the kernel.
    """
    before, _CLOCK.tell = _CLOCK.tell, tell
    try:
        yield
    finally:
        if _CLOCK.tell is not None:  # nothing was compiled
            _CLOCK.tell = before


def notice() -> str:
    """Return what the user should know when kernels are compiled.

    That is: why, where they go, and what spares the wait.
    """
    folder, cache = store.writable_folder(), store.cache_folder()
    remedy = (
        f"set {store.VARIABLE} to a folder that lasts and that you alone can write to, or this "
        f"wait comes again"
    )
    # from what costs the user most to what costs least: kernels are kept nowhere, in a temporary
    # folder, in the cache
    if folder is None:
        place = f"neither {cache.parent} nor a folder for temporary files can keep them: {remedy}"
    elif cache.parent == store.NOWHERE:
        place = f"there is no home to keep them in, so they go to {folder}: {remedy}"
    elif folder != cache:
        place = f"{cache.parent} cannot keep them, so they go to {folder}: {remedy}"
    else:
        place = (
            f"they are kept in {folder}, so this wait is not repeated; `segeval warm-up` compiles "
            f"all ahead"
        )
    return f"compiling kernels for this machine ({store.why_not_packed()}); {place}"
