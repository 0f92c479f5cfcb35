"""A small fuzzer that is guided by coverage: inputs that reach new lines are mutated further.

Inputs are tried in a process of their own, which may run out of memory or time, or die.
"""

from __future__ import annotations

import hashlib
import io
import logging
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import click

from segeval.errors import SegevalError

from .mutations import mutated
from .targets import TARGETS, Target

SECONDS = 5.0
"""Seconds of a processor that an input may take."""
PATIENCE = 60.0
"""Seconds after which the process is given up, on a machine that does much else."""
FEW = 10
"""Inputs that are tried on a machine of any speed."""
MEMORY = 512 * 2**20
"""Bytes that an input may take."""
CORPUS = Path(__file__).parent / "corpus"
"""Inputs that once came out wrong, a folder a target; they are tried in every run of the tests."""
Line = tuple[str, int]


@dataclass(frozen=True)
class Outcome:
    """What came of an input: `fault` is empty where all was well; `lines` are those run first.

    `is_last`: the process can try no more inputs.
    """

    fault: str = ""
    seconds: float = 0.0
    lines: frozenset[Line] = frozenset()
    is_last: bool = False


@dataclass(frozen=True)
class Finding:
    """An input, as small as could be, of which something came that must not, and where it lies."""

    target: str
    fault: str
    path: Path

    def __str__(self) -> str:
        return f"{self.target}: {self.fault}\n    {self.path}: {self.path.read_bytes()[:200]!r}"


@dataclass(frozen=True)
class Report:
    """How many inputs were tried, and what was found."""

    tried: int
    findings: list[Finding]


class Worker:
    """A process that tries inputs; another takes its place when it dies or has used too much."""

    def __enter__(self) -> Worker:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(there,), daemon=True)
        self._process.start()
        there.close()
        assert self._pipe.recv() == "ready"

    def try_input(self, target: str, data: bytes) -> Outcome:
        """Return what comes of an input."""
        self._pipe.send((target, data))
        try:
            if self._pipe.poll(PATIENCE):
                outcome: Outcome = self._pipe.recv()
            else:
                outcome = Outcome(f"takes more than {PATIENCE:g} s", PATIENCE, is_last=True)
        except (EOFError, ConnectionResetError):
            self._process.join()
            outcome = Outcome(f"the process died ({self._process.exitcode})", is_last=True)
        if outcome.is_last:
            self.__exit__()
            self._start()
        return outcome


def serve(pipe: Connection) -> None:
    """Try the inputs that come through a pipe, until it is closed."""
    _limit_memory()
    logging.getLogger("segeval").addHandler(logging.NullHandler())
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where libtiff writes by itself
    printed = sys.stdout = sys.stderr = io.StringIO()
    seen: set[Line] = set()
    with tempfile.TemporaryDirectory() as folder:
        pipe.send("ready")
        usual = 0
        warm: set[str] = set()
        while True:
            try:
                name, data = pipe.recv()
            except EOFError:
                return
            if name not in warm:  # compiles, and imports what it needs
                warm.add(name)
                fault_of(TARGETS[name], TARGETS[name].seeds[0], Path(folder))
                usual = _peak()
            printed.truncate(printed.seek(0))
            start = time.process_time()
            lines: set[Line] = set()
            with _traced(lines):
                fault = fault_of(TARGETS[name], data, Path(folder))
            seconds = time.process_time() - start
            if not fault and seconds > SECONDS:
                fault = f"takes {seconds:.0f} s"
            used = _peak() - usual
            if not fault and used > MEMORY:
                fault = f"takes {used >> 20} MB"
            if not fault and printed.getvalue():
                fault = f"prints {printed.getvalue()[:200]!r}"
            # the peak stays where it is, so that nothing more would be seen below it
            pipe.send(Outcome(fault, seconds, frozenset(lines - seen), is_last=used > MEMORY))
            seen |= lines


def fault_of(target: Target, data: bytes, folder: Path) -> str:
    """Return what is wrong with what a target makes of an input; nothing where all is well."""
    try:
        target.run(data, folder)
    except (SegevalError, click.ClickException) as error:
        text = str(error)
        if len(text.splitlines()) != 1 or not text.strip():
            return f"a message of {len(text.splitlines())} lines: {text[:200]!r}"
        if isinstance(error.__cause__, MemoryError):
            return f"takes too much memory: {text[:200]}"
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split())[:120]
        return f"{type(error).__name__} in {Path(last.filename).name}:{last.name}: {text}"
    return ""


def fuzz(
    worker: Worker,
    target: Target,
    rng: Random,
    *,
    inputs: float = float("inf"),
    seconds: float = float("inf"),
    corpus: Path = CORPUS,
) -> Report:
    """Return what is found with so many inputs, or in so many seconds and a few inputs at least."""
    pool = [*target.seeds]
    findings: dict[str, Finding] = {}
    seen: set[Line] = set()
    tried, until = -len(pool), time.monotonic() + seconds
    while tried < inputs and (tried < FEW or time.monotonic() < until):
        # what is as it should be comes first, and has faults, too
        data = pool[tried] if tried < 0 else target.mutated(rng, pool, mutated)
        tried += 1
        outcome = worker.try_input(target.name, data)
        if outcome.fault and (key := kind_of(outcome.fault)) not in findings:
            data = shrunk(worker, target.name, data, outcome)
            path = corpus / target.name / hashlib.sha256(data).hexdigest()[:12]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            findings[key] = Finding(target.name, outcome.fault, path)
        elif outcome.lines - seen:
            pool.append(data)
        seen |= outcome.lines
    return Report(tried, list(findings.values()))


def kind_of(fault: str) -> str:
    """Return what two inputs of one fault have in common: no text that came from the input."""
    return fault.partition(": ")[0].partition(" '")[0]


def shrunk(worker: Worker, target: str, data: bytes, outcome: Outcome, tries: int = 200) -> bytes:
    """Return fewer bytes of which the same comes, unless trying takes long."""
    size = len(data) // 2
    while size and outcome.seconds < 1:
        for start in range(0, len(data), size):
            if not tries:
                return data
            tries -= 1
            shorter = data[:start] + data[start + size :]
            if kind_of(worker.try_input(target, shorter).fault) == kind_of(outcome.fault):
                data = shorter
                break
        else:
            size //= 2
    return data


@contextmanager
def _traced(lines: set[Line]) -> Iterator[None]:
    """Note the lines of segeval that are run."""

    def in_segeval(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return in_segeval

    def entered(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        is_ours = frame.f_globals.get("__name__", "").startswith("segeval.")
        return in_segeval if is_ours else None

    sys.settrace(entered)
    try:
        yield
    finally:
        sys.settrace(None)


def _peak() -> int:
    """Return the most bytes that this process has used; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _limit_memory() -> None:
    """Have the system refuse what would take the machine down."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 8 * MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
