"""The two functions that score: one case, or two folders of them.

The lists of arguments in their docstrings are written by `make docs` from the cards of the options,
segeval/run/options.py.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from segeval.data.case import Side
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap, Threshold, check_unmasked
from segeval.data.limits import MAX_VOXELS
from segeval.errors import ArgumentTypeError, FailedCasesWarning, UnsavedWarning, UsageError
from segeval.io import Affixes, Colors, pair, read, stem_of, with_rois
from segeval.io.files import local_path
from segeval.kernels.workspace import Workspace, cores
from segeval.measure.devices import as_array, chosen_device
from segeval.protocols import ProtocolLike
from segeval.protocols.choose import make_protocol
from segeval.protocols.protocol import Missing, Protocol
from segeval.protocols.regions import RegionsLike
from segeval.results.formats import check_formats
from segeval.results.results import Results
from segeval.run.assemble import Failed
from segeval.run.cases import make_case
from segeval.run.options import check_kinds
from segeval.run.pairs import about_unpaired, check_apart, pairs_to_score
from segeval.run.run import Listener, Run
from segeval.run.scoring import Scores
from segeval.run.workers import score_case
from segeval.statistics.boundary import Boundary

if TYPE_CHECKING:
    from pandas import DataFrame

FAILURES_LISTED = 20
"""Number of failed cases that a warning lists."""

log = logging.getLogger("segeval")


def score(
    pred: Any,
    gt: Any,
    *,
    metrics: str | Sequence[str] | None = None,
    protocol: ProtocolLike = "segeval",
    boundary: Boundary | str | None = None,
    regions: RegionsLike | None = None,
    include_background: bool | None = None,
    ignore_label: int | None = None,
    binary: bool | None = None,
    threshold: float | None = None,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float | None = None,
    colors: Colors | str | Path | None = None,
    max_voxels: int = MAX_VOXELS,
    device: str = "auto",
) -> DataFrame:
    """Score one case: a row a region, a column a metric.

    A path may lead to a mesh (STL, PLY, OBJ), of which distances are measured with
    `boundary="mesh"`. What is undefined is NaN, and the column
    `note` says why.

    Args:
        pred: Label map of the prediction: an array, a tensor or the path of a mask file.
        gt: Label map of the ground truth, of the same shape.
        metrics: Metrics, in a list or separated by commas: dice, hd95, nsd@2 (tolerance 2 mm).
            `segeval metrics` lists them. Default: those that the protocol reports; dice, iou,
            precision, recall, volume_similarity, hd95, assd.
        protocol: Whose definitions the metrics follow: segeval, medpy, monai, deepmind, kits23, …,
            a TOML file, or all for every tool's number side by side; or the run.json of an earlier
            run, whose regions and policies hold too. `segeval explain NAME` tells what one means.
        boundary: Where the boundary of a mask is, in place of the protocol's rule: voxel,
            voxel:connectivity=2, surfel, face, solid, mesh or smooth.
        regions: Labels to score: a list such as [1, 2], a mapping such as {"whole": [1, 2, 4],
            "core": [1, 4]} or the same as a text, "whole=1+2+4,core=1+4"; or a JSON file of names
            and labels, such as an nnU-Net dataset.json. Default: every label above 0.
        include_background: Score the background (label 0) too, or not. Default: the protocol's.
        ignore_label: Leave voxels out whose ground truth is this label.
        binary: Take every value above 0 as 1, or not. Default: the protocol's; not.
        threshold: Take predictions for scores, such as probabilities: above X they are foreground,
            and ground truths above 0.
        spacing: Voxel size in mm by array axis, in place of what the files say. Without it, arrays
            count in pixels.
        geometry_tolerance: How far the grids of a pair may differ: spacings by this share,
            positions by 100 times as many voxels. Default: the protocol's; 0.001.
        colors: Labels of colour images: a mapping such as {(255, 0, 0): 1}, or a JSON file such as
            {"#ff0000": 1, "0,255,0": 2}.
        max_voxels: Voxels of a mask at most: a file whose header says more is not read.
        device: Where to compute: auto, cpu, cuda or one such as cuda:1.

    Raises:
        UsageError: An option does not fit, or asks for what these masks do not have.
        ReadError: A file cannot be read, or an array is no label map.
        GeometryMismatch: The two masks lie on different grids.

    >>> import numpy as np
    >>> gt = np.zeros((8, 8), int)
    >>> gt[2:6, 2:6] = 1
    >>> pred = np.roll(gt, 1, axis=0)
    >>> float(score(pred, gt, metrics="dice").dice[0])
    0.75
    """
    check_kinds(locals())
    _check_budget(max_voxels)
    chosen = make_protocol(
        metrics=metrics,
        protocol=protocol,
        boundary=boundary,
        regions=regions,
        include_background=include_background,
        ignore_label=ignore_label,
        binary=binary,
        threshold=threshold,
        spacing=spacing,
        geometry_tolerance=geometry_tolerance,
        colors=colors,
    )
    for text in chosen.notices:  # no warning, as a loop over cases would repeat it
        log.info("%s", text)
    where = chosen_device(device)
    side_pred = _side(pred, chosen, "pred", max_voxels)
    side_gt = _side(gt, chosen, "gt", max_voxels)
    name = stem_of(gt) if isinstance(gt, (str, os.PathLike)) else "case"
    with Workspace(cores(), where) as workspace:
        scores = score_case(make_case(name, side_pred, side_gt, chosen), chosen, workspace)
    if not scores.regions:
        log.warning("%s: no mask holds a label above 0, so there is no region to score", name)
    return _rows(scores, chosen)


def score_folder(
    pred_dir: str | os.PathLike[str],
    gt_dir: str | os.PathLike[str],
    *,
    metrics: str | Sequence[str] | None = None,
    protocol: ProtocolLike = "segeval",
    boundary: Boundary | str | None = None,
    regions: RegionsLike | None = None,
    include_background: bool | None = None,
    ignore_label: int | None = None,
    binary: bool | None = None,
    threshold: float | None = None,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float | None = None,
    colors: Colors | str | Path | None = None,
    max_voxels: int = MAX_VOXELS,
    pred_prefix: str = "",
    gt_prefix: str = "",
    pred_suffix: str = "",
    gt_suffix: str = "",
    stack: bool = False,
    roi: str | os.PathLike[str] | None = None,
    missing: Missing | None = None,
    failed: Failed = "error",
    resume: bool = False,
    overwrite: bool = False,
    absolute_paths: bool = False,
    device: str = "auto",
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    formats: Sequence[str] = ("csv",),
    listener: Listener | None = None,
) -> Results:
    """Score every case of two folders (or files), and summarise them.

    The options are those of `segeval score`. With `output`, rows are written there as they come and
    all tables in the end; a run that is interrupted leaves what it has, marked as partial. A case
    that cannot be scored is a row whose note says why.

    Args:
        pred_dir: Folder of the predictions, or one file.
        gt_dir: Folder of the ground truths, or one file. Masks of the same name, sub-folders
            included, are a case.
        metrics: Metrics, in a list or separated by commas: dice, hd95, nsd@2 (tolerance 2 mm).
            `segeval metrics` lists them. Default: those that the protocol reports; dice, iou,
            precision, recall, volume_similarity, hd95, assd.
        protocol: Whose definitions the metrics follow: segeval, medpy, monai, deepmind, kits23, …,
            a TOML file, or all for every tool's number side by side; or the run.json of an earlier
            run, whose regions and policies hold too. `segeval explain NAME` tells what one means.
        boundary: Where the boundary of a mask is, in place of the protocol's rule: voxel,
            voxel:connectivity=2, surfel, face, solid, mesh or smooth.
        regions: Labels to score: a list such as [1, 2], a mapping such as {"whole": [1, 2, 4],
            "core": [1, 4]} or the same as a text, "whole=1+2+4,core=1+4"; or a JSON file of names
            and labels, such as an nnU-Net dataset.json. Default: every label above 0.
        include_background: Score the background (label 0) too, or not. Default: the protocol's.
        ignore_label: Leave voxels out whose ground truth is this label.
        binary: Take every value above 0 as 1, or not. Default: the protocol's; not.
        threshold: Take predictions for scores, such as probabilities: above X they are foreground,
            and ground truths above 0.
        spacing: Voxel size in mm by array axis, in place of what the files say. Without it, arrays
            count in pixels.
        geometry_tolerance: How far the grids of a pair may differ: spacings by this share,
            positions by 100 times as many voxels. Default: the protocol's; 0.001.
        colors: Labels of colour images: a mapping such as {(255, 0, 0): 1}, or a JSON file such as
            {"#ff0000": 1, "0,255,0": 2}.
        max_voxels: Voxels of a mask at most: a file whose header says more is not read.
        pred_prefix: Beginning of the predictions' names that is no part of the case, such as pred_.
        gt_prefix: The same for the ground truths.
        pred_suffix: End of the predictions' names that is no part of the case, such as _seg.
        gt_suffix: The same for the ground truths.
        stack: Take a folder of slice images for one volume, of the axes slice, row, column.
        roi: Folder of masks of the region of interest, named as the ground truths: what is 0 there
            is left out.
        missing: A ground truth without a prediction: stop, leave it out, or score an empty
            prediction. One of error, skip, empty. Default: the protocol's; error.
        failed: A case that fails: leave it out of means and warn of it, leave it out, or score it
            as the worst and warn of it. One of error, skip, worst.
        resume: Go on with the run in `output`: cases that it has, of files that are still the same,
            are not scored again.
        overwrite: Replace files in `output` that are not of segeval.
        absolute_paths: Write absolute paths of masks into run.json, in place of those relative to
            `output`.
        device: Where to compute: auto, cpu, cuda or one such as cuda:1.
        jobs: Threads. Default: one a core.
        output: Folder for the tables, which are written there as rows come. Default: nothing is
            written.
        formats: Formats of the tables. One of csv, parquet, json, xlsx.
        listener: An object that hears of notices and of every case that is done.

    Raises:
        UsageError: The run cannot start: an option does not fit, nothing pairs, or the output
            cannot be written.

    >>> results = score_folder("sample_data/nuclei/pred", "sample_data/nuclei/gt", metrics="dice")
    >>> list(results.cases.columns)
    ['case', 'region', 'dice', 'note', 'protocol']
    """
    check_kinds(locals())
    _check_budget(max_voxels)
    chosen = make_protocol(
        metrics=metrics,
        protocol=protocol,
        boundary=boundary,
        regions=regions,
        include_background=include_background,
        ignore_label=ignore_label,
        binary=binary,
        threshold=threshold,
        spacing=spacing,
        geometry_tolerance=geometry_tolerance,
        missing=missing,
        colors=colors,
    )
    where = chosen_device(device)
    if failed not in get_args(Failed):
        raise UsageError(f"failed is one of {', '.join(get_args(Failed))}, not {failed!r}")
    if output is not None and not os.fspath(output):
        raise UsageError("output is empty; name a folder for the results")
    if resume and output is None:
        raise UsageError("resume goes on with the results in a folder; give it as output")
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs must be at least 1, not {jobs}; leave it out to use every core")
    check_formats(formats)
    pairing = pair(
        pred_dir,
        gt_dir,
        pred_affixes=Affixes(pred_prefix, pred_suffix),
        gt_affixes=Affixes(gt_prefix, gt_suffix),
        stack=stack,
    )
    pairs = pairs_to_score(pairing, chosen.missing)
    about_rois: list[str] = []
    if roi is not None:
        pairs, about_rois = with_rois(pairs, local_path(roi), stack=stack)
    if output is not None:
        check_apart(local_path(output), (local_path(pred_dir), local_path(gt_dir)))
    run = Run(
        protocol=chosen,
        pairs=pairs,
        jobs=int(jobs or cores()),
        device=where,
        listener=listener or Listener(),
        output=output,
        formats=formats,
        overwrite=overwrite,
        absolute_paths=absolute_paths,
        max_voxels=max_voxels,
        resume=resume,
        failed=failed,
    )
    unpaired = about_unpaired(pairing, chosen.missing)
    for text in (*chosen.notices, *pairing.notices, *unpaired, *about_rois):
        run.notice(text)
    results = run.results()
    for text in run.losses:
        warnings.warn(text, UnsavedWarning, stacklevel=2)
    _warn_of_failures(results, failed)
    return results


def _warn_of_failures(results: Results, failed: Failed) -> None:
    """Warn of the cases that failed, unless they were to be skipped."""
    errors = [case["error"] for case in results.run["cases"].values() if "error" in case]
    if not errors or failed == "skip":
        return
    counted = {"worst": "count as the worst", "error": "are in no mean"}[failed]
    lines = [f"{len(errors)} of {len(results.run['cases'])} cases failed and {counted}:"]
    lines += errors[:FAILURES_LISTED]
    if len(errors) > FAILURES_LISTED:
        lines.append(f"and {len(errors) - FAILURES_LISTED} more")
    warnings.warn("\n  ".join(lines), FailedCasesWarning, stacklevel=3)


def _rows(scores: Scores, protocol: Protocol) -> DataFrame:
    import pandas as pd

    rows = pd.DataFrame(scores.values, columns=[metric.column for metric in protocol.metrics])
    rows.insert(0, "region", list(scores.regions))
    rows["note"] = list(scores.notes)
    return rows


def _check_budget(max_voxels: int) -> None:
    """Raise `UsageError` for a budget that admits no mask."""
    if max_voxels < 1:
        raise UsageError(f"max_voxels must be at least 1, not {max_voxels}; leave it out")


def _side(mask: Any, protocol: Protocol, name: str, max_voxels: int) -> Side:
    """Return what a side of a case is, `pred` or `gt` by its name."""
    value = protocol.threshold if name == "pred" else None
    if isinstance(mask, (str, os.PathLike)):
        return read(
            mask,
            spacing=protocol.spacing,
            colors=protocol.colors,
            threshold=value,
            max_voxels=max_voxels,
        )
    if mask is None:
        raise ArgumentTypeError(f"{name} is None; give an array, a tensor or the path of a mask")
    check_unmasked(mask, name)
    array = as_array(mask.detach().cpu()) if hasattr(mask, "detach") else np.asarray(mask)
    grid = Grid.unspaced(array.shape)
    if protocol.spacing:
        grid = Grid(array.shape, protocol.spacing, "mm")
    if value is None:
        return LabelMap.of(array, grid, name)
    threshold = Threshold(value)
    return LabelMap(threshold.labels(array, name), grid, name, highest=threshold.highest)
