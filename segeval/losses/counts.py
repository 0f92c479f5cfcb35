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
    """Counts (`segeval.statistics`) of probabilities p and targets t.

    tp = Σ p·t, fp = Σ p·(1 − t), fn = Σ (1 − p)·t. One entry for each sample and class, (N, C),
    until they are added up. The formulas of the registry take it as they take counts of voxels; the
    constants that smooth a loss are pseudo-counts.
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor

    @classmethod
    def of_sums(cls, sums: ClassSums) -> SoftCounts:
        """Return the counts of a softmax and labels."""
        return cls(sums.both, sums.pred - sums.both, sums.target - sums.both)

    @classmethod
    def of_maps(cls, pred: Tensor, target: Tensor, axes: Sequence[int]) -> SoftCounts:
        """Return the counts of two soft maps of one shape, added up over these axes."""
        both = pred * target
        counts = cls(both, pred - both, target - both)
        if not axes:  # a sum over no axes is one over all in torch
            return counts
        return counts._summed(tuple(axes))

    @property
    def size_g(self) -> Tensor:
        """Size of the target, by the name that it has in the counts of voxels."""
        return self.tp + self.fn

    def plus(
        self, *, tp: float | Tensor = 0.0, fp: float | Tensor = 0.0, fn: float | Tensor = 0.0
    ) -> SoftCounts:
        """Add pseudo-counts: voxels that are right, or wrong, whatever the prediction."""
        return SoftCounts(self.tp + tp, self.fp + fp, self.fn + fn)

    def foreground(self) -> SoftCounts:
        """Return the counts without class 0."""
        return SoftCounts(self.tp[:, 1:], self.fp[:, 1:], self.fn[:, 1:])

    def over_samples(self) -> SoftCounts:
        """Add up over samples, (C,)."""
        return self._summed(0)

    def over_classes(self, weight: Tensor | None = None) -> SoftCounts:
        """Add up over classes, (N,), each times its weight (C,)."""
        if weight is None:
            return self._summed(-1)
        return SoftCounts(self.tp * weight, self.fp * weight, self.fn * weight)._summed(-1)

    def _summed(self, axes: int | tuple[int, ...]) -> SoftCounts:
        return SoftCounts(self.tp.sum(axes), self.fp.sum(axes), self.fn.sum(axes))

    def score(self, metric: str, **parameters: float | str) -> Tensor:
        """Return the value of a metric by its formula in the registry."""
        value: Tensor = REGISTRY[metric].formula(self, **parameters)
        return value


def score_or_zero(counts: SoftCounts, metric: str, **parameters: float | str) -> Tensor:
    """Return the value of a metric; 0 where there is nothing to count, not even a pseudo-count."""
    # A single false negative turns 0/0, which is NaN, into 0 and changes nothing elsewhere.
    nothing = torch.stack([counts.tp, counts.fp, counts.fn]).amax(0) == 0
    return counts.plus(fn=nothing).score(metric, **parameters)
