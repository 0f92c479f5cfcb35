"""From two files to a case: read, turned onto one grid, and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from segeval.data.case import Case
from segeval.data.geometry import aligned
from segeval.data.labels import LabelMap
from segeval.data.mesh import Mesh
from segeval.errors import ReadError
from segeval.io import Pair, read, read_labels
from segeval.kernels.workspace import Workspace
from segeval.measure.measured import Measured
from segeval.protocols.protocol import Protocol

VOXELS_PER_RELATIVE = 100
"""The geometry tolerance is relative for spacings; times this it is that of positions, in voxels:
1e-3 and 0.1.
"""


def read_side(path: Path, protocol: Protocol, workspace: Workspace) -> LabelMap | Mesh:
    """Return what one side of a case is, with what the protocol says of its file."""
    return read(path, spacing=protocol.spacing, colors=protocol.colors, workspace=workspace)


def read_case(pair: Pair, protocol: Protocol, workspace: Workspace) -> Case:
    def one(job: tuple[str, Path]) -> LabelMap:
        slot, path = job
        return read_labels(
            path, spacing=protocol.spacing, colors=protocol.colors, workspace=workspace, slot=slot
        )

    if pair.pred is None:
        return make_case(pair.id, None, one(("gt", pair.gt)), protocol)
    pred, gt = workspace.map(one, (("pred", pair.pred), ("gt", pair.gt)))
    return make_case(pair.id, pred, gt, protocol)


def make_case(name: str, pred: LabelMap | None, gt: LabelMap, protocol: Protocol) -> Case:
    """The case of two label maps as they were read; without a prediction, of an empty one."""
    note = "prediction missing: scored as empty"
    if pred is None:
        pred = replace(gt, labels=np.zeros_like(gt.labels))
    else:
        slack = protocol.geometry_tolerance
        pred, note = aligned(
            pred,
            gt,
            check_position=protocol.spacing is None,
            tolerance=VOXELS_PER_RELATIVE * slack,
            spacing_tolerance=slack,
        )
    thin = (
        "one voxel thick in 3-D: every voxel is boundary"
        if gt.grid.ndim == 3 and 1 in gt.grid.shape
        else ""
    )
    notes = tuple(filter(None, (note, thin)))
    case = Case(name, pred, gt, notes=notes, tolerance=protocol.geometry_tolerance)
    if protocol.ignore_label is not None:
        case = case.ignoring(protocol.ignore_label)
    if protocol.binary:  # after that, or the label to ignore would be foreground
        pred, gt = (
            replace(mask, labels=(mask.labels != 0).view(np.uint8)) for mask in (case.pred, case.gt)
        )
        case = replace(case, pred=pred, gt=gt)
    return case


def check_scales(case: Case, measured: Measured) -> None:
    """Stops a case whose masks say the same with other numbers: {0, 1} and {0, 255}."""
    if len(measured.contingency.count) > 4:  # of pairs of {0, 1} and {0, 255} there are no more
        return
    found = {
        side: set(getattr(measured.contingency, side).tolist()) - {0} for side in ("pred", "gt")
    }
    if (
        found["pred"] | found["gt"] == {1, 255}
        and found["pred"] != found["gt"]
        and not found["pred"] & found["gt"]
    ):
        values = {side: f"{{0, {max(labels)}}}" for side, labels in found.items()}
        raise ReadError(
            f"case {case.id!r}: pred holds only {values['pred']} and gt only {values['gt']} "
            f"({case.pred.source} "
            f"against {case.gt.source}); pass --binary (in Python binary=True) to take every "
            f"non-zero value as 1"
        )
