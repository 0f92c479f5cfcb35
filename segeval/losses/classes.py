"""The classes that a loss is over: their scores, which of them count, and what they weigh."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from segeval.errors import UsageError

from .checks import Weight, check_labels, class_weight
from .counts import SoftCounts
from .sums import ClassSums, probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Scores (N, C, *spatial), of which the classes from `first` on count.

    `first` is 1 where the background is left out: it has its share in the softmax all the same.
    `weight`, (C,) or None, has an entry for every class, the background too.
    """

    scores: Tensor
    first: int
    weight: Tensor | None

    @classmethod
    def of(
        cls,
        pred: Tensor,
        target: Tensor,
        weight: Weight,
        ignore_index: int | None,
        *,
        include_background: bool,
    ) -> Classes:
        """Return the classes of scores, one channel each. Raises `UsageError` for what is none."""
        check_labels(pred, target, ignore_index)
        values = class_weight("weight", weight, pred, pred.shape[1])
        if not include_background and pred.shape[1] == 1:
            raise UsageError(
                "include_background=False leaves nothing of pred's one channel; pass scores of 2 "
                "classes or more"
            )
        return cls(pred, 0 if include_background else 1, values)

    @classmethod
    def of_any(
        cls,
        pred: Tensor,
        target: Tensor,
        weight: Weight,
        ignore_index: int | None,
        *,
        include_background: bool,
    ) -> Classes:
        """Return the classes of scores, where a single channel is the logit of the one region.

        It is the logit of class 1 against 0, the background, which does not count then.
        """
        if isinstance(pred, Tensor) and pred.ndim > 2 and pred.shape[1] == 1:
            if weight is not None:
                raise UsageError(
                    "weight is for pred of 2 channels or more; pass scores of background and "
                    "region to weigh"
                )
            # A softmax over 0 and z is the sigmoid of z.
            pred, include_background = torch.cat([torch.zeros_like(pred), pred], 1), False
        return cls.of(pred, target, weight, ignore_index, include_background=include_background)

    @property
    def labels(self) -> range:
        """Labels of the classes that count."""
        return range(self.first, self.scores.shape[1])

    @property
    def weight_of_counted(self) -> Tensor | None:
        """Weights of the classes that count."""
        if self.weight is None:
            return None
        return self.weight[self.first :]

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of a loss that is promoted by its weights."""
        if self.weight is None:
            return self.scores.dtype
        return torch.promote_types(self.scores.dtype, self.weight.dtype)

    def probabilities(self, keep: Tensor | None) -> Tensor:
        """Return the softmax of the classes that count; 0 where voxels are ignored."""
        return probabilities(self.scores, keep)[:, self.first :]

    def counts(self, sums: ClassSums, *, batch: bool = False) -> SoftCounts:
        """Return the counts of the classes that count, (N, C), from the sums of all.

        `batch` adds up over samples, (C,).
        """
        counts = SoftCounts.of_sums(sums)
        if self.first:
            counts = counts.foreground()
        if batch:
            counts = counts.over_samples()
        return counts

    def weighted(self, loss: Tensor) -> Tensor:
        """Return the losses of the classes that count, (N, C) or (C,), each times its weight."""
        weight = self.weight_of_counted
        return loss if weight is None else loss * weight
