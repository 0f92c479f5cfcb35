"""From two files to a case: read, turned onto one grid, and checked.

All that a protocol says of voxels before they are measured is done here: the label to ignore, masks
taken as binary, spacing and tolerances. What was done is told in the notes of the case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segeval.arrays import Labels
from segeval.data.case import Case, Side
from segeval.data.geometry import aligned
from segeval.data.labels import LabelMap
from segeval.data.limits import MAX_VOXELS
from segeval.data.mesh import Mesh
from segeval.data.scales import differ_in_scale
from segeval.errors import ReadError, UsageError
from segeval.io import Pair, read
from segeval.io.stacks import check_numbering, read_stack
from segeval.kernels.workspace import Workspace
from segeval.measure.measured import Measured
from segeval.measure.meshes import BY_AFFINE, BY_SPACING
from segeval.protocols.protocol import Protocol

VOXELS_PER_RELATIVE = 100
"""The geometry tolerance is relative for spacings; times this it is that of positions, in voxels:
1e-3 and 0.1.
"""
GREYS = 3
"""Values above 0 from which on a mask that is taken as binary may hold scores."""
SAMPLES = 2**16
"""Voxels that are looked at for these."""
SCORES = "if these are scores, pass --threshold"
"""End of the note of a case that may hold scores."""
SCALE = "if these are grey values of 0 to 255, pass --threshold 128"
"""End of the note of a case whose scores may be of another scale than the threshold."""


def read_case(
    pair: Pair, protocol: Protocol, workspace: Workspace, max_voxels: int = MAX_VOXELS
) -> Case:
    """Return the case of a pair of files, all of which are read at the same time, and hashed.

    Raises `ReadError` for a file that cannot be read, and what `make_case` raises.
    """

    def read_side(job: tuple[str, Path]) -> Side:
        """Return one side as its reader gives it; the slot keeps the buffers of the sides apart."""
        slot, path = job
        options: dict[str, Any] = {
            "spacing": protocol.spacing,
            "colors": protocol.colors if slot != "roi" else None,
            "threshold": protocol.threshold if slot == "pred" else None,
            "max_voxels": max_voxels,
        }
        if path.is_dir():
            return read_stack(path, **options)
        return read(path, workspace=workspace, slot=slot, hashed=True, **options)

    paths = {"pred": pair.pred, "gt": pair.gt, "roi": pair.roi}
    jobs = [(slot, path) for slot, path in paths.items() if path]
    note = ""
    if pair.pred and pair.pred.is_dir() and pair.gt.is_dir():
        note = check_numbering(pair.pred, pair.gt)
    slots = [slot for slot, _ in jobs]
    sides = dict(zip(slots, workspace.map(read_side, jobs), strict=True))
    case = make_case(pair.id, sides.get("pred"), sides["gt"], protocol, roi=sides.get("roi"))
    return replace(case, notes=(*case.notes, note)) if note else case


def make_case(
    name: str, pred: Side | None, gt: Side, protocol: Protocol, *, roi: Side | None = None
) -> Case:
    """Return the case of two sides as they were read; without a prediction, of an empty one.

    Voxels outside of `roi`, a region of interest, are left out as those of a label to ignore are.
    Raises `GeometryMismatch` for masks that do not lie on one grid, `UsageError` for policies about
    voxels where a side is a mesh.
    """
    if isinstance(roi, Mesh):
        raise UsageError(
            f"{roi.source}: wanted a region of interest, but it is a mesh; give a mask"
        )
    if isinstance(pred, Mesh) or isinstance(gt, Mesh):
        if roi:
            raise UsageError(
                f"case {name!r}: a region of interest is about voxels, and a mesh has none; leave "
                "it out"
            )
        return _surface_case(name, pred, gt, protocol)
    notes = []
    if pred is None:
        pred = replace(gt, labels=np.zeros_like(gt.labels), file=None)
        notes.append("prediction missing: scored as empty")
    else:
        pred, note = _aligned(pred, gt, protocol)
        notes += [note] if note else []
        notes += _about_scale(pred, protocol)
    if gt.grid.ndim == 3 and 1 in gt.grid.shape:
        notes.append("one voxel thick in 3-D: every voxel is boundary")
    case = Case(name, pred, gt, notes=tuple(notes), tolerance=protocol.geometry_tolerance)
    if roi:
        roi, _ = _aligned(roi, gt, protocol)
        case = case.within(roi)
    if protocol.ignore_label is not None:
        case = case.ignoring(protocol.ignore_label)
    if protocol.takes_as_one:  # after that, or the label to ignore would be foreground
        pred, gt = case.masks
        remarks = (*case.notes, *_about_scores(pred, gt, protocol))
        case = replace(case, pred=_binary(pred), gt=_binary(gt), notes=remarks)
    return case


def _aligned(mask: LabelMap, gt: LabelMap, protocol: Protocol) -> tuple[LabelMap, str]:
    """Return a mask on the array axes of the ground truth, and a note of what was done."""
    return aligned(
        mask,
        gt,
        # with a spacing given by hand, the positions in the files are of another grid
        check_position=protocol.spacing is None,
        tolerance=VOXELS_PER_RELATIVE * protocol.geometry_tolerance,
        spacing_tolerance=protocol.geometry_tolerance,
    )


def _surface_case(name: str, pred: Side | None, gt: Side, protocol: Protocol) -> Case:
    """Return a case of which a side is a mesh.

    Raises `UsageError` for what only voxels can have: an empty prediction, a label to ignore, a
    background, and metrics that are no distances between surfaces.
    """
    if pred is None:
        raise UsageError(
            "there is no prediction to its mesh, which cannot be scored as empty; pass "
            "--missing skip"
        )
    about_voxels = {
        "ignore_label": protocol.ignore_label is not None,
        "include_background": protocol.include_background,
    }
    for option, is_given in about_voxels.items():
        if is_given:
            raise UsageError(
                f"case {name!r}: {option} is about voxels, and a mesh has none; leave it out"
            )
    unfit = [metric.column for metric in protocol.metrics if not metric.need.is_of_meshes]
    if unfit:
        raise UsageError(
            f"case {name!r}: a mesh has a surface and no voxels, which {unfit[0]} is about unless "
            "it is a distance under the rule mesh or smooth; ask for distances alone, such as "
            "-m hd95,assd,nsd@2 --boundary mesh"
        )
    notes = [*_placing(pred, protocol), *_placing(gt, protocol), *_about_scale(pred, protocol)]
    return Case(
        name, _surface_side(pred, protocol), _surface_side(gt, protocol), notes=tuple(notes)
    )


def _surface_side(side: Side, protocol: Protocol) -> Side:
    """Return a mesh as it is, and a mask with what the protocol says of its labels."""
    return _binary(side) if protocol.takes_as_one and isinstance(side, LabelMap) else side


def _placing(side: Side, protocol: Protocol) -> Iterator[str]:
    """Yield how a mask is placed beside a mesh; nothing of an empty one, nor of a mesh.

    Raises `UsageError` for a spacing beside an affine, which has one of its own.
    """
    if isinstance(side, Mesh):
        return
    mask = side
    if protocol.spacing is not None and mask.grid.affine is not None:
        raise UsageError(
            f"{mask.source}: its affine places its voxels beside the mesh; leave --spacing out"
        )
    if mask.labels.any():
        yield BY_SPACING if mask.grid.affine is None else BY_AFFINE


def _about_scale(pred: Side, protocol: Protocol) -> Iterator[str]:
    """Yield a note where the threshold is one for probabilities, and scores reach beyond 1."""
    if isinstance(pred, LabelMap) and pred.highest > 1:
        yield (
            f"the scores go up to {pred.highest:g}, and the threshold is {protocol.threshold:g}; "
            f"{SCALE}"
        )


def _about_scores(pred: LabelMap, gt: LabelMap, protocol: Protocol) -> Iterator[str]:
    """Yield a note where many values become 1 on one side, and a single one on the other.

    Scores are of many values, and most of those above 0 mean background.
    """
    values_p, values_g = _sampled_values(pred), _sampled_values(gt)
    for name, many, few in (
        ("prediction", values_p, values_g),
        ("ground truth", values_g, values_p),
    ):
        if len(many) >= GREYS and len(few) == 1:
            # a prediction of scores has become 0 and 1 by now
            advice = SCORES if protocol.threshold is None else "make it binary first"
            yield (
                f"the {name} holds {len(many)} values or more above 0, all taken as foreground; "
                f"{advice}"
            )


def _sampled_values(mask: LabelMap) -> Labels:
    """Return the values above 0 of about `SAMPLES` voxels, evenly spread."""
    order: Literal["C", "F"] = "F" if mask.labels.flags.f_contiguous else "C"
    # odd, so that it does not go down single columns of the usual powers of two
    step = max(1, mask.labels.size // SAMPLES) | 1
    values = np.unique(mask.labels.ravel(order)[::step])
    return values[values > 0]


def _binary(mask: LabelMap) -> LabelMap:
    """Return a mask with label 1 for every label above 0."""
    # a view, since truth values and uint8 are the same bytes
    return replace(mask, labels=(mask.labels != 0).view(np.uint8))


def check_scales(case: Case, measured: Measured) -> None:
    """Raise `ReadError` for a case whose masks say the same with other numbers.

    These are 1 in one mask and 255 in the other: scored as they are, no region would agree.
    """
    table = measured.contingency
    # Two binary masks have at most four pairs of labels: a table of more need not be looked at.
    if len(table.count) > 4:
        return
    labels_p = set(table.pred.tolist())
    labels_g = set(table.gt.tolist())
    if differ_in_scale(labels_p, labels_g):
        raise ReadError(
            f"case {case.id!r}: pred holds only {{0, {max(labels_p)}}} and gt only "
            f"{{0, {max(labels_g)}}} ({case.pred.source} against {case.gt.source}); pass --binary "
            "(in Python binary=True) to take every non-zero value as 1"
        )
