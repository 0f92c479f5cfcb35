"""The two functions that score: one case, or two folders of them."""

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
from segeval.data.labels import LabelMap
from segeval.errors import FailedCasesWarning, UsageError
from segeval.io import Colors, pair, read, stem_of
from segeval.io.files import local_path
from segeval.kernels.workspace import Workspace, cores
from segeval.measure.devices import chosen_device
from segeval.protocols import ProtocolLike
from segeval.protocols.choose import make_protocol
from segeval.protocols.protocol import Missing, Protocol
from segeval.protocols.regions import RegionsLike
from segeval.results.formats import check_formats
from segeval.results.results import Results
from segeval.run.assemble import Failed
from segeval.run.cases import make_case
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
    binary: bool = False,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float = 1e-3,
    colors: Colors | str | Path | None = None,
    device: str = "auto",
) -> DataFrame:
    """The scores of one case: a row a region, a column a metric.

    `pred` and `gt` are label maps of one shape: arrays, tensors or paths of mask files. `spacing`
    is in array-axis order and in millimetres; without it, files give theirs and arrays count in
    pixels. `protocol` names the convention that metrics follow, such as "monai" (or is a TOML file,
    or "all" for each beside the others), and `boundary` another rule for boundaries; `metrics` None
    are those that the protocol reports. Raises `UsageError`, `ReadError` or `GeometryMismatch`.

    >>> import numpy as np
    >>> gt = np.zeros((8, 8), int)
    >>> gt[2:6, 2:6] = 1
    >>> pred = np.roll(gt, 1, axis=0)
    >>> float(score(pred, gt, metrics="dice").dice[0])
    0.75
    """
    chosen = make_protocol(
        metrics, protocol, boundary, regions, include_background, ignore_label, binary, spacing, geometry_tolerance,
        "error", colors,
    )  # fmt: skip
    for text in chosen.notices:  # no warning, as a loop over cases would repeat it
        log.info("%s", text)
    where = chosen_device(device)
    side_p, side_g = _side(pred, chosen, "pred"), _side(gt, chosen, "gt")
    name = stem_of(gt) if isinstance(gt, (str, os.PathLike)) else "case"
    with Workspace(cores(), where) as workspace:
        scores = score_case(make_case(name, side_p, side_g, chosen), chosen, workspace)
    return _rows(scores, chosen)


def _rows(scores: Scores, protocol: Protocol) -> DataFrame:
    import pandas as pd

    rows = pd.DataFrame(scores.values, columns=[metric.column for metric in protocol.metrics])
    rows.insert(0, "region", list(scores.regions))
    rows["note"] = list(scores.notes)
    return rows


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
    binary: bool = False,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float = 1e-3,
    colors: Colors | str | Path | None = None,
    pred_suffix: str = "",
    gt_suffix: str = "",
    missing: Missing = "error",
    failed: Failed = "error",
    resume: bool = False,
    device: str = "auto",
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    formats: Sequence[str] = ("csv",),
    listener: Listener | None = None,
) -> Results:
    """The scores of every case of two folders (or files), with their summary.

    The options are those of `segeval score`. With `output`, rows are written there as they come and
    all tables in the end; a run that is interrupted leaves what it has, marked as partial. A case
    that cannot be scored is a row whose note says why. Raises `UsageError` for a run that cannot
    start.

    >>> results = score_folder("sample_data/nuclei/pred", "sample_data/nuclei/gt", metrics="dice")
    >>> list(results.cases.columns)
    ['case', 'region', 'dice', 'note', 'protocol']
    """
    chosen = make_protocol(
        metrics, protocol, boundary, regions, include_background, ignore_label, binary, spacing, geometry_tolerance,
        missing, colors,
    )  # fmt: skip
    where = chosen_device(device)
    if failed not in get_args(Failed):
        raise UsageError(f"failed is one of {', '.join(get_args(Failed))}, not {failed!r}")
    if resume and output is None:
        raise UsageError("resume goes on with the results in a folder; give it as output")
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs must be at least 1, not {jobs}; leave it out to use every core")
    check_formats(formats)
    found = pair(pred_dir, gt_dir, pred_suffix=pred_suffix, gt_suffix=gt_suffix)
    if output is not None:
        check_apart(local_path(output), (Path(pred_dir), Path(gt_dir)))
    run = Run(
        protocol=chosen,
        pairs=pairs_to_score(found, missing),
        jobs=jobs or cores(),
        device=where,
        listener=listener or Listener(),
        output=output,
        formats=formats,
        resume=resume,
        failed=failed,
    )
    for text in (*chosen.notices, *found.notices, *about_unpaired(found, missing)):
        run.notice(text)
    results = run.results()
    _warn_of_failures(results, failed)
    return results


def _warn_of_failures(results: Results, failed: Failed) -> None:
    """Warn of the cases that failed, unless they were to be skipped."""
    errors = [case["error"] for case in results.run["cases"].values() if "error" in case]
    if errors and failed != "skip":
        listed = "".join(f"\n  {error}" for error in errors[:FAILURES_LISTED])
        more = len(errors) - FAILURES_LISTED
        rest = f"\n  and {more} more" if more > 0 else ""
        counted = "count as the worst" if failed == "worst" else "are in no mean"
        text = f"{len(errors)} of {len(results.run['cases'])} cases failed and {counted}:{listed}{rest}"
        warnings.warn(text, FailedCasesWarning, stacklevel=3)


def _side(mask: Any, protocol: Protocol, name: str) -> Side:
    if isinstance(mask, (str, os.PathLike)):
        return read(mask, spacing=protocol.spacing, colors=protocol.colors)
    array = np.asarray(_on_host(mask) if hasattr(mask, "detach") else mask)
    grid = (
        Grid(array.shape, protocol.spacing, "mm")
        if protocol.spacing
        else Grid.unspaced(array.shape)
    )
    return LabelMap.of(array, grid, name)


def _on_host(tensor: Any) -> Any:
    """A torch tensor where NumPy can take it: on the CPU, and in a dtype that NumPy knows."""
    tensor = tensor.detach().cpu()
    return tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor
