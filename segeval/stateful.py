"""Every metric as an object for training and validation loops.

`SegmentationMetrics` is the object of several at once. The classes are made from the metrics' cards
when they are first used; `stateful.pyi` shows them to editors. They are subclasses of
`torchmetrics.Metric`: of `MetricObject`, and those of one metric of `SingleMetric`.

>>> import torch
>>> from segeval.stateful import Dice
>>> dice = Dice(average="micro")
>>> dice.update(torch.tensor([2, 0, 2, 1]), torch.tensor([1, 1, 2, 0]))
>>> dice.compute()
tensor(0.2500)
"""

from __future__ import annotations

from segeval.batches.members import lazy_members
from segeval.batches.objects import MetricObject as MetricObject
from segeval.batches.objects import SegmentationMetrics, class_of
from segeval.batches.objects import SingleMetric as SingleMetric

__all__, __getattr__ = lazy_members(__name__, lambda spec: spec.class_name, class_of)
__all__ += ["SegmentationMetrics"]


def __dir__() -> list[str]:
    return __all__
