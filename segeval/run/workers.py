"""The one loop of a run: pairs of files and a protocol give records, one case a thread.

`evaluate` hands the pairs to the threads of a crew. Each thread has a `Worker`, which reads a pair,
measures and scores it, and keeps what later tables and figures need. An error stops its own case
alone.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from segeval.data.case import Case
from segeval.data.limits import MAX_VOXELS
from segeval.data.scales import FOREGROUNDS
from segeval.errors import SegevalError
from segeval.errors.lines import one_line
from segeval.io import Pair
from segeval.kernels.workspace import Workspace
from segeval.measure.devices import out_of_memory
from segeval.measure.dispatch import measure
from segeval.measure.measured import Measured
from segeval.protocols.protocol import Protocol
from segeval.statistics.curves import MOST_CURVES, Curves
from segeval.statistics.distances import SurfaceDistances

from .cases import check_scales, read_case
from .crew import Crew
from .occurrence import about_disjoint
from .record import Record, Scored, Space
from .scoring import Scores, score_measured

SPILLED = "measured on the CPU: the memory of the GPU was not enough"
"""The note of a case that its device could not hold."""

SPACE_OF_MESHES = Space(axes=3, unit="mm", volume_unit="ml", finest=1.0)
"""The space of cases with a mesh, which have no voxels; their NSD curves go by 1 mm."""

REACH = 32
"""Tolerance up to which NSD curves are kept, in the finest spacing of their case."""


def evaluate(
    pairs: Sequence[Pair],
    positions: Sequence[int],
    protocol: Protocol,
    *,
    crew: Crew,
    max_voxels: int = MAX_VOXELS,
) -> Generator[tuple[int, Record], None, None]:
    """Return position and record of the pairs at these positions, in the order they get done.

    A pair that fails, fails alone. The threads of the crew take a case each; where there are fewer
    cases, the threads left over help inside them. A mask of more than `max_voxels` fails.
    """

    def serve(cases: Iterator[int]) -> Iterator[tuple[int, Record]]:
        """Yield position and record of cases, made by one worker: its buffers are used again."""
        with Workspace(crew.helpers(len(positions)), crew.device) as workspace:
            worker = Worker(protocol, workspace, max_voxels)
            for position in cases:
                yield position, worker.record(pairs[position])

    return crew.outcomes(serve, positions)


@dataclass(frozen=True, slots=True, eq=False)
class Worker:
    """One thread's share of a run: it scores one pair after the other."""

    protocol: Protocol
    """Protocol of the run."""
    workspace: Workspace
    """Buffers and threads of this worker alone."""
    max_voxels: int = MAX_VOXELS
    """Voxels of a mask at most."""

    def record(self, pair: Pair) -> Record:
        """Return the record of a pair, whatever becomes of it.

        It raises nothing: the record of a pair that failed has the error's text.
        """
        start = time.perf_counter()
        try:
            case = read_case(pair, self.protocol, self.workspace, self.max_voxels)
            inputs = case.pred.file, case.gt.file, case.roi
            scored, notes = self._score(case)
        except Exception as error:  # whatever it is, it stops this case alone
            return Record(pair, time.perf_counter() - start, _complaint(error, pair))
        seconds = time.perf_counter() - start
        return Record(pair, seconds, notes=notes, inputs=inputs, scored=scored)

    def _score(self, case: Case) -> tuple[Scored, tuple[str, ...]]:
        """Return the outcome of a case, and the notes about it."""
        space = _space(case)
        case, measured = measure_case(case, self.protocol, self.workspace)
        scores = score_measured(measured, self.protocol.metrics, case.notes)
        return self._scored(measured, space, scores), case.notes

    def _scored(self, measured: Measured, space: Space, scores: Scores) -> Scored:
        """Return what is kept of a case; masks and all other statistics are let go."""
        pooled = {
            need: statistic
            for need, statistic in measured.statistics.items()
            if need.statistic.pooled and need.measurer
        }
        return Scored(
            space, scores, replace(measured, statistics=pooled), self._curves(measured, space)
        )

    def _curves(self, measured: Measured, space: Space) -> Curves | None:
        """Return the NSD curves of a case; None if the protocol measures no boundary."""
        need = self.protocol.surface
        if need is None or len(measured.regions) > MOST_CURVES:
            return None
        distances = measured.statistics[need]
        assert isinstance(distances, SurfaceDistances)  # as `Protocol.surface` says
        return Curves.of(distances, REACH * space.finest)


def score_case(case: Case, protocol: Protocol, workspace: Workspace) -> Scores:
    """Return the rows of a case under a protocol: what `segeval.score` gives of two masks."""
    case, measured = measure_case(case, protocol, workspace)
    return score_measured(measured, protocol.metrics, case.notes)


def measure_case(case: Case, protocol: Protocol, workspace: Workspace) -> tuple[Case, Measured]:
    """Measure a case; it gets a note if its statistics were too much for its device.

    Raises `ReadError` for masks that seem to say the same with other numbers (`check_scales`),
    unless the protocol takes them for the same.
    """
    try:
        measured = measure(case, protocol.regions_among, protocol.needs, workspace)
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        # one large case shall not stop a run on a GPU; what is measured is the same on both
        with Workspace(workspace.threads) as host:
            measured = measure(case, protocol.regions_among, protocol.needs, host)
        case = replace(case, notes=(*case.notes, SPILLED))
    # who names a region of labels 1 and 255 knows of both scales
    joins_scales = any(region.labels >= FOREGROUNDS for region in protocol.regions or ())
    if not protocol.takes_as_one and not joins_scales:
        check_scales(case, measured)
    note = about_disjoint(measured)
    # no error: of a case alone nobody knows whether it is confused, or of another scale
    if note:
        case = replace(case, notes=(*case.notes, note))
    return case, measured


def _space(case: Case) -> Space:
    """Return the space that a case lies in, that of meshes if either side is one."""
    if case.has_mesh:
        return SPACE_OF_MESHES
    grid = case.grid
    return Space(
        axes=grid.ndim,
        unit=grid.unit,
        volume_unit=grid.volume_unit,
        finest=min(grid.spacing),
    )


def _complaint(error: Exception, pair: Pair) -> str:
    """Return what is told of an error: its text, with the case if that does not name it.

    Errors that segeval does not raise itself, lack of memory apart, are its faults: their text asks
    for a report.
    """
    if isinstance(error, SegevalError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = "out of memory; run with fewer --jobs"
    else:
        kind = type(error).__name__
        text = f"{kind}: {error}; this is a fault of segeval itself, please report it"
    # paths may hold bytes that are no UTF-8, which no table can, and ends of lines
    text = one_line(text)
    paths = (str(path) for path in (pair.pred, pair.gt) if path)
    if not any(name in text for name in (repr(pair.id), *map(one_line, paths))):
        text = f"case {pair.id!r}: {text}"
    return text
