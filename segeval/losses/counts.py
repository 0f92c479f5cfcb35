"""True and false positives and negatives of probabilities: the statistic of every overlap loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segeval.metrics import REGISTRY

from .sums import ClassSums


@dataclass(frozen=True, slots=True, eq=False)
class SoftCounts:
    """Counts (`segeval.statistics`) of probabilities p and targets t: tp = Σ p·t, fp = Σ p·(1 − t),
    fn = Σ (1 − p)·t.

    One entry for each sample and class, (N, C), until they are added up. The formulas of the
    registry take it as they take counts of voxels; the constants that smooth a loss are
    pseudo-counts.
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor

    @classmethod
    def of_sums(cls, sums: ClassSums) -> SoftCounts:
        """Of the sums of a softmax and labels."""
        return cls(sums.both, sums.pred - sums.both, sums.target - sums.both)

    @classmethod
    def of_maps(cls, pred: Tensor, target: Tensor, axes: Sequence[int]) -> SoftCounts:
        """Of two soft maps of one shape, added up over these axes; over none where there are none."""
        both = pred * target
        sums = both, pred - both, target - both
        return cls(*(part.sum(tuple(axes)) if axes else part for part in sums))

    @property
    def size_g(self) -> Tensor:
        """Size of the target."""
        return self.tp + self.fn

    def plus(
        self, *, tp: float | Tensor = 0.0, fp: float | Tensor = 0.0, fn: float | Tensor = 0.0
    ) -> SoftCounts:
        """With pseudo-counts: voxels that are right, or wrong, whatever the prediction."""
        return SoftCounts(self.tp + tp, self.fp + fp, self.fn + fn)

    def foreground(self) -> SoftCounts:
        """Without class 0."""
        return SoftCounts(self.tp[:, 1:], self.fp[:, 1:], self.fn[:, 1:])

    def over(self, axis: int, weight: Tensor | None = None) -> SoftCounts:
        """Added up over samples, axis 0, or over classes, axis -1; times a weight for each class
        before.
        """
        parts = [part if weight is None else part * weight for part in (self.tp, self.fp, self.fn)]
        return SoftCounts(*(part.sum(axis) for part in parts))

    def score(self, metric: str, **parameters: float | str) -> Tensor:
        """The value of a metric by its formula in the registry."""
        found: Tensor = REGISTRY[metric].formula(self, **parameters)
        return found


def score_or_zero(counts: SoftCounts, metric: str, **parameters: float | str) -> Tensor:
    """The value of a metric; 0 where there is nothing to count, not even a pseudo-count."""
    nothing = torch.stack([counts.tp, counts.fp, counts.fn]).amax(0) == 0
    return counts.plus(fn=nothing).score(metric, **parameters)
