"""Batches of predictions and ground truths, measured case by case on the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Integers
from segeval.data.case import Case
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.dispatch import measure
from segeval.measure.measured import Measured
from segeval.statistics.many import joined
from segeval.statistics.statistic import Arrays, Need, RegionStatistic

from .form import Form, check_scale
from .host_masks import Masks, looks_one_hot, masks_of
from .reading import Reading, Spacing, grid_of

DOUBTFUL = (
    "gt looks one-hot along its second axis, yet label maps could look so too; pass "
    "input_format='one-hot' or, for scores, input_format='logits' or 'probabilities' with "
    "num_classes; pass input_format='labels' for label maps"
)


def measure_batch(
    pred: NDArray[Any],
    gt: NDArray[Any],
    form: Form,
    reading: Reading,
    *,
    needs: Collection[Need],
    spacing: Sequence[Spacing],
    workspace: Workspace,
) -> Arrays:
    """Return the flat forms of all statistics of a batch of this form.

    `pred` and `gt` are (N, *spatial) or (N, C, *spatial), single samples as one case; `spacing` is
    that of each case. Raises `UsageError` or `ReadError` for values that cannot be what the form
    says.
    """
    if form.doubtful and looks_one_hot(gt):
        raise UsageError(DOUBTFUL)
    measurer = CaseMeasurer(form, reading, needs, workspace)
    return joined(
        [
            measurer.record(masks_of(case_p, case_g, form, workspace), lengths)
            for case_p, case_g, lengths in zip(pred, gt, spacing, strict=True)
        ]
    )


@dataclass(frozen=True, slots=True, eq=False)
class CaseMeasurer:
    """The measurer of the cases of a batch: all that they have in common.

    Records of cases are flat forms, of which `joined` makes that of the batch.
    """

    form: Form
    reading: Reading
    needs: Collection[Need]
    workspace: Workspace

    def record(self, masks: Sequence[Masks], spacing: Spacing) -> Arrays:
        """Return the flat form of one case, of the masks of each of its channels or of one pair."""
        measured = [self._measured(pair, spacing) for pair in masks]
        if self.form.kind == "multilabel":
            return self._of_channels(measured)
        return self._of_labels(*measured)

    def _of_channels(self, measured: Sequence[Measured]) -> Arrays:
        """Return the flat form of a case whose channels are regions that may overlap."""
        # Each channel was measured as a mask of its own, in which the region is label 1.
        foreground = [Region.of(1)]
        channels = np.arange(len(measured))
        arrays: dict[str, NDArray[Any]] = {}
        for need in self.needs:
            parts: list[Any] = [channel.of_regions(need, foreground) for channel in measured]
            statistic = need.statistic
            assert issubclass(statistic, RegionStatistic)  # as `check_needs` has seen to
            stacked = statistic.stacked(parts)
            arrays |= stacked.flat(need, channels, sample=self.form.pooled)
        return arrays

    def _of_labels(self, measured: Measured) -> Arrays:
        """Return the flat form of a case whose labels are regions."""
        labels = self._labels(measured)
        regions = [Region.of(label) for label in labels.tolist()]
        arrays: dict[str, NDArray[Any]] = {}
        for need in self.needs:
            statistic = measured.of_regions(need, regions)
            arrays |= statistic.flat(need, labels, sample=self.form.pooled)
        return arrays

    def _labels(self, measured: Measured) -> Integers:
        """Return 0, the labels that occur, and the last class if it is known how many there are.

        The label 0 begins a case in a flat form, and the last one tells how many classes there are.
        """
        present = measured.contingency.labels
        classes = self.form.classes
        if classes is None:
            check_scale(present.tolist())
            last = []
        else:
            last = [classes - 1]
        return np.unique(np.concatenate([[0], present, last]).astype(np.int64))

    def _measured(self, masks: Masks, spacing: Spacing) -> Measured:
        """Return what is measured of one pair of label maps, as of a case of a folder."""
        grid = grid_of(masks.gt.shape, spacing)
        case = Case(
            "of the batch",
            LabelMap(masks.pred, grid, "pred"),
            LabelMap(masks.gt, grid, "gt"),
            masks.ignored,
        )
        # The background is measured only if some statistic wants it: its boundary is the longest.
        background = any(
            self.reading.background(need.statistic) for need in self.needs if need.measurer
        )

        def regions(labels: Sequence[int]) -> list[Region]:
            return [Region.of(label) for label in labels if label or background]

        return measure(case, regions, self.needs, self.workspace)
