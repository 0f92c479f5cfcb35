"""The options that say what the arrays of a batch stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from segeval.errors import UsageError
from segeval.errors.values import is_whole

Format: TypeAlias = Literal["auto", "labels", "one-hot", "logits", "probabilities"]

MOST_CLASSES = 2**16
"""Classes that functions and metric objects tell apart: labels have 16 bits at most."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The options that say what arrays stand for, as functions and metric objects have them.

    `num_classes` counts the background; None: shapes tell, or else the largest label. `multilabel`:
    each channel is a mask of its own. `ignore_index` is the true label of voxels that count for
    nothing. `input_format` says what the prediction holds, where "auto" goes by dtypes and shapes.
    `threshold` is the probability above which a binary score is foreground. Raises `UsageError` for
    values outside their domain.

    >>> Inputs(threshold=2)
    Traceback (most recent call last):
    segeval.errors.UsageError: threshold is a probability between 0 and 1, not 2
    """

    num_classes: int | None = None
    multilabel: bool = False
    ignore_index: int | None = None
    input_format: Format = "auto"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if self.input_format not in get_args(Format):
            raise UsageError(
                f"input_format is one of {', '.join(get_args(Format))}, not {self.input_format!r}"
            )
        if self.num_classes is not None and not is_class_count(self.num_classes):
            raise UsageError(
                f"num_classes is a whole number from 2 to 65,536 and counts the background, not "
                f"{self.num_classes!r}"
            )
        if self.ignore_index is not None and not is_whole(self.ignore_index):
            raise UsageError(
                f"ignore_index is one label, a whole number, not {self.ignore_index!r}"
            )
        if not 0 < self.threshold < 1:
            raise UsageError(f"threshold is a probability between 0 and 1, not {self.threshold!r}")

    def are_scores(self, *, floating: bool) -> bool:
        """Return whether the prediction holds scores; `floating`: its dtype is one of floats.

        >>> [Inputs(input_format=f).are_scores(floating=True) for f in ("auto", "labels")]
        [True, False]
        """
        if self.input_format == "auto":
            return floating
        return self.input_format in ("logits", "probabilities")


def is_class_count(value: object) -> bool:
    """Return whether there may be so many classes, the background included.

    >>> [is_class_count(value) for value in (2, 1, 3.0, True)]
    [True, False, False, False]
    """
    return is_whole(value) and 1 < value <= MOST_CLASSES  # type: ignore[operator]
