"""The two functions that score: one case, or two folders of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.data.case import LabelMap, Region
from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.evaluate import make_case, score_case
from segeval.io import Colors, Pair, Pairing, load_colors, pair, read, stem_of
from segeval.io.files import local_path
from segeval.io.mesh import is_mesh
from segeval.kernels.workspace import Workspace, cores
from segeval.measure.devices import chosen_device
from segeval.meshes import measure_meshes
from segeval.protocol import Missing, Protocol, RegionsLike, is_background, parse_regions
from segeval.protocols import ALL, ProtocolLike, convention, everyone
from segeval.results import Results
from segeval.run import Listener, Run
from segeval.scoring import Scores, score_measured
from segeval.statistics.boundary import Boundary
from segeval.table import check_formats

if TYPE_CHECKING:
    from pandas import DataFrame

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

    `pred` and `gt` are label maps of one shape: arrays, tensors or paths of mask files. `spacing` is in array-axis
    order and in millimetres; without it, files give theirs and arrays count in pixels.
    `protocol` names the convention that metrics follow, such as "monai" (or is a TOML file, or "all" for each beside
    the others), and `boundary` another rule for boundaries; `metrics` None are those that the protocol reports.
    Raises `UsageError`, `ReadError` or `GeometryMismatch`.

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
    if any(isinstance(mask, (str, os.PathLike)) and is_mesh(Path(mask)) for mask in (pred, gt)):
        for name, mask in (("pred", pred), ("gt", gt)):
            if not isinstance(mask, (str, os.PathLike)):
                raise UsageError(
                    f"{name} is a {type(mask).__name__}; a mesh is compared with another file alone: save it"
                )
        return _score_surfaces(local_path(pred), local_path(gt), chosen)
    masks = [_label_map(mask, chosen, name) for mask, name in ((pred, "pred"), (gt, "gt"))]
    name = stem_of(gt) if isinstance(gt, (str, os.PathLike)) else "case"
    with Workspace(cores(), where) as workspace:
        scores, _ = score_case(make_case(name, masks[0], masks[1], chosen), chosen, workspace)
    return _rows(scores, chosen)


def _rows(scores: Scores, protocol: Protocol) -> DataFrame:
    import pandas as pd

    rows = pd.DataFrame(scores.values, columns=[metric.column for metric in protocol.metrics])
    rows.insert(0, "region", list(scores.regions))
    rows["note"] = list(scores.notes)
    return rows


def _score_surfaces(pred: Path, gt: Path, protocol: Protocol) -> DataFrame:
    """The scores of a case of which one side or both are files of meshes."""
    with Workspace(cores()) as workspace:
        surfaces = measure_meshes(
            stem_of(gt), pred, gt, protocol, lambda path: _label_map(path, protocol, "mask"), workspace
        )
    return _rows(score_measured(surfaces.measured, protocol.metrics, surfaces.notes), protocol)


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
    device: str = "auto",
    jobs: int | None = None,
    output: str | os.PathLike[str] | None = None,
    formats: Sequence[str] = ("csv",),
    listener: Listener | None = None,
) -> Results:
    """The scores of every case of two folders (or files), with their summary.

    The options are those of `segeval score`. With `output`, rows are written there as they come and all tables in the
    end; a run that is interrupted leaves what it has, marked as partial. A case that cannot be scored is a row whose
    note says why. Raises `UsageError` for a run that cannot start.

    >>> results = score_folder("sample_data/nuclei/pred", "sample_data/nuclei/gt", metrics="dice")
    >>> list(results.cases.columns)
    ['case', 'region', 'dice', 'note', 'protocol']
    """
    chosen = make_protocol(
        metrics, protocol, boundary, regions, include_background, ignore_label, binary, spacing, geometry_tolerance,
        missing, colors,
    )  # fmt: skip
    where = chosen_device(device)
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs must be at least 1, not {jobs}; leave it out to use every core")
    check_formats(formats)
    found = pair(pred_dir, gt_dir, pred_suffix=pred_suffix, gt_suffix=gt_suffix)
    if output is not None:
        _check_apart(local_path(output), (Path(pred_dir), Path(gt_dir)))
    run = Run(
        chosen, _pairs(found, missing), jobs=jobs or cores(), device=where, listener=listener,
        output=output, formats=formats,
    )  # fmt: skip
    for text in (*chosen.notices, *found.notices, *_about(found, missing)):
        run.notice(text)
    return run.results()


def make_protocol(
    metrics: str | Sequence[str] | None = None,
    protocol: ProtocolLike = "segeval",
    boundary: Boundary | str | None = None,
    regions: RegionsLike | None = None,
    include_background: bool | None = None,
    ignore_label: int | None = None,
    binary: bool = False,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float = 1e-3,
    missing: Missing = "error",
    colors: Colors | str | Path | None = None,
) -> Protocol:
    """The protocol that the options of `score` and `score_folder` describe: a named one, and what overrides it."""
    if not isinstance(metrics, (str, Sequence, type(None))):
        raise UsageError(f"metrics must be a text or a list of texts such as ['dice', 'nsd@2'], not {metrics!r}")
    if ignore_label is not None and not isinstance(ignore_label, (int, np.integer)):
        raise UsageError(f"ignore_label must be one label, a whole number, not {ignore_label!r}")
    if isinstance(spacing, str) or not isinstance(spacing, (Sequence, np.ndarray, type(None))):
        raise UsageError(f"spacing must be a list, one length an array axis, such as (2.5, 0.8, 0.8), not {spacing!r}")
    forms = [metrics] if isinstance(metrics, str) else metrics
    if protocol == ALL:
        if boundary is not None:
            raise UsageError("protocol 'all' compares the boundaries of every tool; leave the boundary out")
        base, bound = convention(), everyone(forms)
    else:
        base = convention(protocol, boundary)
        bound = base.metrics(forms)
    own = base.regions if regions is None else regions
    named, ignored = (None, None) if own is None else parse_regions(own)
    ignored = ignored if ignore_label is None else ignore_label
    background = base.background if include_background is None else include_background
    chosen = named
    notices: tuple[str, ...] = ()
    if named is not None and not background:
        chosen = _without_background(named)
        notices = _about_background(named) if include_background is None and ignored != 0 else ()
    _check_not_ignored(chosen or (), ignored)
    return Protocol(
        bound,
        chosen,
        background,
        ignored,
        binary,
        None if spacing is None else tuple(float(s) for s in spacing),
        geometry_tolerance,
        missing,
        load_colors(colors) if isinstance(colors, (str, Path)) else colors,
        ALL if protocol == ALL else base.name,
        "every tool side by side" if protocol == ALL else base.title,
        base.boundary,
        base.cases_first,
        notices,
    )


def _check_not_ignored(regions: Sequence[Region], ignored: int | None) -> None:
    for region in regions:
        if region.labels == {ignored}:
            raise UsageError(
                f"region {region.name!r} is label {ignored}, whose voxels are to be ignored; leave the region out, or "
                "the label to ignore"
            )


def _without_background(regions: Sequence[Region]) -> tuple[Region, ...]:
    left = tuple(region for region in regions if not is_background(region))
    if regions and not left:
        raise UsageError(
            f"region {regions[0].name!r} is the background (label 0), and there is no other; name "
            "one, such as liver=1, or pass --include-background to score the background"
        )
    return left


def _about_background(regions: Sequence[Region]) -> tuple[str, ...]:
    """Return what to tell of regions that are left out as background."""
    return tuple(
        f"region {region.name!r} (label 0) is the background and not scored; "
        "--include-background (in Python include_background=True) scores it"
        for region in regions
        if is_background(region)
    )


def _label_map(mask: Any, protocol: Protocol, name: str) -> LabelMap:
    if isinstance(mask, (str, os.PathLike)):
        return read(mask, spacing=protocol.spacing, colors=protocol.colors)
    array = np.asarray(_on_host(mask) if hasattr(mask, "detach") else mask)
    grid = Grid(array.shape, protocol.spacing, "mm") if protocol.spacing else Grid.unspaced(array.shape)
    return LabelMap.of(array, grid, name)


def _on_host(tensor: Any) -> Any:
    """A torch tensor where NumPy can take it: on the CPU, and in a dtype that NumPy knows."""
    tensor = tensor.detach().cpu()
    return tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor


def _check_apart(output: Path, inputs: Sequence[Path]) -> None:
    """Results inside a folder of masks would be taken for masks by the next run."""
    for folder in inputs:
        if folder.is_dir() and output.resolve().is_relative_to(folder.resolve()):
            raise UsageError(f"{output}: results would lie among the masks of {folder}; give another folder with -o")


def _pairs(found: Pairing, missing: Missing) -> list[Pair]:
    """The pairs to score under a policy for ground truths without a prediction."""
    if found.missing and missing == "error":
        raise UsageError(
            f"{_counted(found.missing, 'ground truth')} without a prediction: {_listed(found.missing)}; add them, or "
            "pass --missing skip to leave them out or --missing empty to score empty predictions"
        )
    empty = [Pair(name, None, path) for name, path in found.missing] if missing == "empty" else []
    return sorted([*found.pairs, *empty], key=lambda pair: pair.id)


def _about(found: Pairing, missing: Missing) -> list[str]:
    """What to tell of files that have no partner."""
    done = "scored as empty predictions" if missing == "empty" else "skipped"
    texts = []
    if found.missing:
        texts.append(
            f"{_counted(found.missing, 'ground truth')} without a prediction, {done}: {_listed(found.missing)}"
        )
    if found.extra:
        texts.append(f"{_counted(found.extra, 'prediction')} without a ground truth, left out: {_listed(found.extra)}")
    return texts


def _counted(files: Sequence[tuple[str, Path]], what: str) -> str:
    return f"{len(files)} {what}{'s' if len(files) > 1 else ''}"


def _listed(files: Sequence[tuple[str, Path]], most: int = 5) -> str:
    names = ", ".join(name for name, _ in files[:most])
    return names if len(files) <= most else f"{names} and {len(files) - most} more"
