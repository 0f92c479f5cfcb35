"""The one loop: pairs of masks × protocol → outcomes."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.errors import SegevalError, UsageError
from segeval.io import Pair
from segeval.io.mesh import is_mesh
from segeval.kernels.workspace import Workspace
from segeval.measure.devices import out_of_memory
from segeval.measure.measured import Measured, measure
from segeval.protocols.protocol import Protocol

from .cases import check_scales, read_case, read_mask
from .meshes import GRID, measure_meshes
from .scoring import Scores, score_measured

SPILLED = "measured on the CPU: the memory of the GPU was not enough"
"""The note of a case that its device could not hold."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read: enough to tell later whether it is still the same."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of one pair: its scores and what they were computed from, or the error that
    stopped it.
    """

    pair: Pair
    seconds: float
    error: str = ""
    scores: Scores | None = None
    measured: Measured | None = None
    grid: Grid | None = None
    remarks: tuple[str, ...] = ()
    inputs: tuple[Input | None, ...] = (None, None)

    def slim(self) -> Outcome:
        """The outcome without its statistics, but for the table of label pairs."""
        return replace(self, measured=self.measured and replace(self.measured, statistics={}))


def evaluate_pairs(
    pairs: Sequence[Pair], protocol: Protocol, *, jobs: int, device: str = "cpu"
) -> Iterator[tuple[int, Outcome]]:
    """Yield every pair's position and outcome, as they get done; a pair that fails, fails alone.

    `jobs` threads take a case each; where there are fewer cases, the threads left over help inside
    them.
    """
    workers = max(1, min(jobs, len(pairs)))
    local = threading.local()

    def one(at: int) -> tuple[int, Outcome]:
        if not hasattr(local, "workspace"):
            local.workspace = Workspace(jobs // workers, device)
        return at, _outcome(pairs[at], protocol, local.workspace)

    pool = ThreadPoolExecutor(workers)
    done: SimpleQueue[Future[tuple[int, Outcome]]] = SimpleQueue()
    ahead = 2 * workers  # and no more: an outcome that waits holds the statistics of its case
    try:
        for at in range(len(pairs) + ahead):
            if at >= ahead:
                yield done.get().result()
            if at < len(pairs):
                pool.submit(one, at).add_done_callback(done.put)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def score_case(case: Case, protocol: Protocol, workspace: Workspace) -> tuple[Scores, Measured]:
    """The rows of a case under a protocol, and the statistics that they come from."""
    case, measured = _measured(case, protocol, workspace)
    return score_measured(measured, protocol.metrics, case.notes), measured


def _measured(case: Case, protocol: Protocol, workspace: Workspace) -> tuple[Case, Measured]:
    """The statistics of a case, which gets a note if they were too much for its device."""
    try:
        measured = measure(case, protocol.regions_among, protocol.needs, workspace)
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        with Workspace(workspace.threads) as host:
            measured = measure(case, protocol.regions_among, protocol.needs, host)
        case = replace(case, notes=(*case.notes, SPILLED))
    if not protocol.binary and not any(
        region.labels >= {1, 255} for region in protocol.regions or ()
    ):
        check_scales(case, measured)
    return case, measured


def _outcome(pair: Pair, protocol: Protocol, workspace: Workspace) -> Outcome:
    start = time.perf_counter()
    try:
        if pair.pred is None and is_mesh(pair.gt):
            raise UsageError(
                "there is no prediction to its mesh, which cannot be scored as empty; pass "
                "--missing skip"
            )
        if pair.pred and (is_mesh(pair.pred) or is_mesh(pair.gt)):
            surfaces = measure_meshes(
                pair.id,
                pair.pred,
                pair.gt,
                protocol,
                lambda path: read_mask(path, protocol, workspace),
                workspace,
            )
            measured, grid, notes = surfaces.measured, GRID, surfaces.notes
        else:
            case, measured = _measured(read_case(pair, protocol, workspace), protocol, workspace)
            grid, notes = case.grid, case.notes
        scores = score_measured(measured, protocol.metrics, notes)
        inputs = tuple(_fingerprint(path) if path else None for path in (pair.pred, pair.gt))
    except Exception as error:  # whatever it is, it stops this case alone
        text = _told(error)
        named = any(str(name) in text for name in (repr(pair.id), pair.pred, pair.gt))
        return Outcome(
            pair, time.perf_counter() - start, text if named else f"case {pair.id!r}: {text}"
        )
    return Outcome(pair, time.perf_counter() - start, "", scores, measured, grid, notes, inputs)


def _told(error: Exception) -> str:
    if isinstance(error, SegevalError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory; run with fewer --jobs"
    return f"{type(error).__name__}: {error}; this is a fault of segeval itself, please report it"


def _fingerprint(path: Path) -> Input | None:
    """The file's size and hash; None if it has gone since it was read."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
        return Input(size, digest.hexdigest())
    except OSError:
        return None
