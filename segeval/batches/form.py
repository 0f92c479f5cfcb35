"""The form of a batch: the rules by which its arrays become label maps, as data.

They are decided once for each batch, in `shapes`, and carried out by NumPy in `host_masks` or by
torch in `device_masks`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from segeval.data.scales import hold_255_for_1
from segeval.errors import UsageError

from .inputs import MOST_CLASSES

Kind: TypeAlias = Literal["classes", "binary", "multilabel"]
Rule: TypeAlias = Literal["labels", "one-hot", "largest", "threshold"]
AnyArray = TypeVar("AnyArray", bound=Any)

ROUNDING = 1e-5
"""Distance outside of 0 … 1 a softmax of low precision may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The rule by which the array of one side of a case becomes a label map.

    `rule` says what the array holds:

    - "labels": whole numbers ≥ 0, in any dtype, floats included;
    - "one-hot": a single 1 along the axis of channels, 0 otherwise; its channel is the label;
    - "largest": scores; the channel of the largest is the label, the first one among equals;
    - "threshold": scores; the label is 1 above `limit`, compared in single precision at least.

    `channels` is the length of the axis of channels, which is the first one of a case, and 0 where
    there is none. An axis of one is dropped. `bounded` scores are probabilities, in 0 … 1 but for
    `ROUNDING`. NaN is never a score or a label.
    """

    rule: Rule
    channels: int = 0
    limit: float = 0.5
    bounded: bool = True

    def squeezed(self, array: AnyArray) -> AnyArray:
        """Return the array of a case, of NumPy or torch, without an axis of a single channel."""
        if self.channels != 1:
            return array
        first: AnyArray = array[0]
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The rules for a prediction and a ground truth, (N, *spatial) or (N, C, *spatial).

    `kind`: "classes" for label maps 0 … C - 1, "binary" for one mask a case, "multilabel" for a
    mask in each of so many `channels`, which are read one by one: `pred` and `gt` are then about a
    channel. `classes` is the number of classes of a label map that options or shapes tell, and of a
    mask it is 2; None where the largest label decides. `pooled`: a batch of single samples, (N,) or
    (N, C), which all belong to one case. `doubtful`: there is no axis of channels, unless the
    ground truth looks one-hot, which is an error.

    Voxels whose true label is `ignore_index` are background in both masks, before labels are
    checked: padding may have its label in the prediction too.
    """

    kind: Kind
    pred: Side
    gt: Side
    classes: int | None
    ignore_index: int | None = None
    channels: int = 0
    pooled: bool = False
    doubtful: bool = False


def as_one_case(samples: AnyArray) -> AnyArray:
    """Return single samples, (N,) or (N, C), as one case: (1, N) or (1, C, N)."""
    if samples.ndim > 1:
        samples = samples.T
    case: AnyArray = samples[None]
    return case


def check_scale(labels: Collection[int]) -> None:
    """Raise `UsageError` for the labels of a case of 0 and 255, which stands for 1 there.

    It is for forms without a number of `classes`. Where there are 256, 255 is one of them; where
    fewer, it is refused as any other label is.

    >>> check_scale({0, 7, 255})
    """
    if hold_255_for_1(labels):
        raise UsageError(
            "the masks hold 255 for 1; give booleans (mask > 0), ignore_index=255 if it marks "
            "voxels to leave out, or num_classes=256 if it is a class"
        )


def check_largest(label: int, holder: str) -> None:
    """Raise `UsageError` for a label beyond all classes that there may be, which `holder` has.

    >>> check_largest(70000, "gt holds")
    Traceback (most recent call last):
    segeval.errors.UsageError: gt holds the label 70000; metric objects and functions take labels \
up to 65,535
    """
    if label >= MOST_CLASSES:
        raise UsageError(
            f"{holder} the label {label}; metric objects and functions take labels up to 65,535"
        )
