"""What is measured of a batch, and what becomes of its records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.statistics.many import labels_of
from segeval.statistics.statistic import Arrays, Need, Statistic

from .averages import Averaging
from .form import Inputs, Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """What is measured of a batch: how its arrays are read, and which classes are regions.

    `include_background` None: as the statistic says, which is yes for counts and no for surfaces.
    `names` are those of labels (or channels) that a protocol names.
    """

    inputs: Inputs = field(default_factory=Inputs)
    include_background: bool | None = None
    names: Mapping[int, str] = field(default_factory=dict)

    def background(self, statistic: type[Statistic]) -> bool:
        """Whether class 0 is a region for this kind of statistic."""
        return (
            bool(statistic.background)
            if self.include_background is None
            else self.include_background
        )

    def regions(self, statistic: type[Statistic], kind: Kind, count: int) -> Integers:
        """Which of `count` labels or channels are regions: those that are named, if any are.

        Otherwise all but an ignored one; of a binary mask the foreground alone.
        """
        if self.names:
            named = sorted(
                {*self.names, *([0] if self.include_background and kind != "multilabel" else [])}
            )
            return np.array(
                [label for label in named if label != self.inputs.ignore_index or kind != "classes"]
            )
        first = 0 if self.background(statistic) else 1
        if self.include_background is None and kind != "classes":
            first = 1 if kind == "binary" else 0
        found = np.arange(first, count)
        return found[found != self.inputs.ignore_index] if kind == "classes" else found


def check_needs(needs: Collection[Need], masks: Kind) -> None:
    """Raise `UsageError` for statistics that masks of this kind do not have."""
    if masks == "multilabel" and not all(need.statistic.by_region for need in needs):
        raise UsageError(
            "metrics of partitions need one label a voxel; they are not for multilabel=True"
        )


def spacings(spacing: Any, cases: int) -> list[tuple[float, ...] | None]:
    """The spacing of each case, from one for all or one for each. Raises `UsageError` for anything
    else.
    """
    if spacing is None:
        return [None] * cases
    if (
        isinstance(spacing, (list, tuple))
        and len(spacing) == cases
        and all(np.ndim(own) == 1 for own in spacing)
    ):
        return [tuple(float(length) for length in own) for own in spacing]
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
        f"{cases} cases; "
        f"not {spacing!r}"
    )


def result(
    metric: Metric, arrays: Arrays, kind: Kind, reading: Reading, averaging: Averaging
) -> Floats:
    """Return the value of a metric from the flat form of batches of this kind."""
    need = metric.need
    flat = {name: arrays[name] for name in need.columns}
    if not need.statistic.by_region:
        return averaging.of(metric, need.statistic.cases(need, flat, 0))
    labels = labels_of(flat)
    if kind == "multilabel" and reading.names and labels not in (0, len(reading.names)):
        raise UsageError(
            f"the masks have {labels} channels and the protocol {len(reading.names)} regions "
            f"({', '.join(reading.names.values())}); give a channel for each, in this order"
        )
    count = max(reading.inputs.num_classes or 0, labels, max(reading.names, default=-1) + 1)
    regions = reading.regions(need.statistic, kind, count)
    names = [reading.names.get(label, str(label)) for label in regions.tolist()]
    cases = need.statistic.cases(need, flat, count)
    return averaging.of(metric, cases.only(regions), names)


ODD = "odd"
"""The array that counts the voxels of a device whose values were not allowed: nothing waits there to
look at them."""


def check_values(odd: int) -> None:
    """Raise `UsageError` if values that were measured on a device were not allowed."""
    if odd:
        raise UsageError(
            f"{odd} voxels of the batches since the last reset held values that are not allowed: "
            f"NaN scores, labels "
            "outside 0 … num_classes - 1 (give that to leave out as ignore_index), probabilities "
            "outside 0 … 1 (pass "
            "input_format='logits'), or masks that are one-hot and should not be, or the reverse "
            "(pass input_format); "
            "the same batch on the CPU tells which"
        )
