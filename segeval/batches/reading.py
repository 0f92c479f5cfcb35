"""The regions that a batch is measured of, and the values that its records give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.statistics.many import labels_of
from segeval.statistics.statistic import Arrays, Need, Statistic

from .averages import Averaging
from .form import Kind
from .inputs import Inputs
from .records import VOLUMES

Spacing: TypeAlias = tuple[float, ...] | None
"""The spacing of a case in mm, in the order of the axes; None: lengths are in voxels."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The options that decide what is measured: how arrays are read, and which classes are regions.

    `include_background` None: as the statistic says, which is yes for counts and no for surfaces.
    `names` are those of labels (or channels) that a protocol names.
    """

    inputs: Inputs = field(default_factory=Inputs)
    include_background: bool | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def background(self, statistic: type[Statistic]) -> bool:
        """Return whether class 0 is a region for this kind of statistic."""
        if self.include_background is None:
            return bool(statistic.background)
        return self.include_background

    def count(self, known: int) -> int:
        """Return the number of labels or channels, where records know of so many."""
        # The most that anybody knows: a batch need not hold the last class.
        named = max(self.names, default=-1) + 1
        return max(known, self.inputs.num_classes or 0, named)

    def regions(self, statistic: type[Statistic], kind: Kind, count: int) -> Integers:
        """Return which of `count` labels or channels are regions: those named, if any are.

        Otherwise all but an ignored one; of a binary mask the foreground alone.

        >>> from segeval.statistics.counts import Counts
        >>> from segeval.statistics.distances import SurfaceDistances
        >>> reading = Reading(Inputs(ignore_index=2))
        >>> reading.regions(Counts, "classes", 4), reading.regions(SurfaceDistances, "classes", 4)
        (array([0, 1, 3]), array([1, 3]))
        """
        labels = np.arange(self._first(statistic, kind), count)
        if self.names:
            labels = self._named(kind)
        if kind == "classes":
            labels = labels[labels != self.inputs.ignore_index]
        return labels

    def _named(self, kind: Kind) -> Integers:
        """Return the labels that have names, with the background if it is told to be a region."""
        labels = set(self.names)
        if self.include_background and kind != "multilabel":
            labels.add(0)
        return np.array(sorted(labels))

    def _first(self, statistic: type[Statistic], kind: Kind) -> int:
        """Return the first label or channel that is a region: 1 where the background is none.

        Unless it is said, a binary mask has no background to score, and channels have none at all.
        """
        if self.include_background is not None or kind == "classes":
            return int(not self.background(statistic))
        return int(kind == "binary")


def check_needs(needs: Collection[Need], masks: Kind) -> None:
    """Raise `UsageError` for statistics that masks of this kind do not have."""
    if masks == "multilabel" and not all(need.statistic.by_region for need in needs):
        raise UsageError(
            "metrics of partitions need one label a voxel; they are not for multilabel=True"
        )


def spacings(spacing: Any, cases: int) -> list[Spacing]:
    """Return the spacing of each case, from one for all or one for each.

    Raises `UsageError` for anything else.

    >>> spacings([2, 1], 2), spacings([[2, 1], [3, 1]], 2)
    ([(2.0, 1.0), (2.0, 1.0)], [(2.0, 1.0), (3.0, 1.0)])
    """
    if spacing is None:
        return [None] * cases
    # One for each case, which may have other numbers of axes where a batch is a list.
    if (
        isinstance(spacing, (list, tuple))
        and len(spacing) == cases
        and all(np.ndim(lengths) == 1 for lengths in spacing)
    ):
        return [tuple(float(length) for length in lengths) for lengths in spacing]
    # Arrays, tensors and nested lists; what is no number has no spacing in it.
    try:
        values = np.asarray(spacing, np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim == 1 and values.size:
        return [tuple(values.tolist())] * cases
    if values.ndim == 2 and len(values) == cases:
        return [tuple(row) for row in values.tolist()]
    raise UsageError(
        f"spacing is one length an axis, such as (2.5, 0.8, 0.8), or such a list for each of the "
        f"{cases} cases; not {spacing!r}"
    )


def grid_of(shape: tuple[int, ...], spacing: Spacing) -> Grid:
    """Return the grid of a case of this shape."""
    if spacing is None:
        return Grid.unspaced(shape)
    return Grid(shape, spacing, "mm")


def voxel_volume(spacing: Spacing) -> float:
    """Return the volume of a voxel of a case, 1 where there is no spacing.

    >>> voxel_volume((2.0, 0.5, 1.0)), voxel_volume(None)
    (0.001, 1.0)
    """
    if spacing is None:
        return 1.0
    return grid_of((1,) * len(spacing), spacing).voxel_volume


def result(
    metric: Metric, arrays: Arrays, kind: Kind, reading: Reading, averaging: Averaging
) -> Floats:
    """Return the value of a metric from the flat form of batches of this kind.

    Its shape is that of `Averaging.of`. Raises `UsageError` for channels that are not those which a
    protocol names.
    """
    need = metric.need
    # Of the arrays of all metrics, those that this one needs.
    flat = {name: arrays[name] for name in need.columns}
    volumes = arrays[VOLUMES]
    if not need.statistic.by_region:
        return averaging.of(metric, need.statistic.cases(need, flat, 0), volumes)
    labels = labels_of(flat)
    names = reading.names
    if kind == "multilabel" and names and labels not in (0, len(names)):
        raise UsageError(
            f"the masks have {labels} channels and the protocol {len(names)} regions "
            f"({', '.join(names.values())}); give a channel for each, in this order"
        )
    count = reading.count(labels)
    regions = reading.regions(need.statistic, kind, count)
    cases = need.statistic.cases(need, flat, count)
    named = [names.get(label, str(label)) for label in regions.tolist()]
    return averaging.of(metric, cases.only(regions), volumes, named)
