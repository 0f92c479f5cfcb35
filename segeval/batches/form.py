"""What arrays given to a function or a metric object stand for, told from their shapes and dtypes
alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from numbers import Integral
from typing import Literal, TypeAlias, get_args

from segeval.errors import UsageError

Format: TypeAlias = Literal["auto", "labels", "one-hot", "logits", "probabilities"]
Kind: TypeAlias = Literal["classes", "binary", "multilabel"]
Shape: TypeAlias = tuple[int, ...]


MOST_AXES: dict[Kind, int] = {"binary": 3, "classes": 4}
"""Arrays of one shape with more axes than these, the first one included, as likely have channels
that overlap.
"""


@dataclass(frozen=True, slots=True)
class Form:
    """How a prediction and a ground truth of shape (N, *spatial) or (N, C, *spatial) are read.

    `kind`: "classes" for label maps 0 … C - 1, "binary" for one mask a case, "multilabel" for a
    mask a channel. `pred_channels` and `gt_channels` are the lengths of the channel axes, 0 where
    there is none; with classes, an axis of one is a label map. `scores`: the prediction is to be
    thresholded, or the largest of its channels taken. `pooled`: a batch of single samples, shape
    (N,) or (N, C), which all belong to one case. `doubtful`: the masks have no channel axis unless
    the values of the ground truth say otherwise.
    """

    kind: Kind
    pred_channels: int
    gt_channels: int
    scores: bool
    pooled: bool
    doubtful: bool

    @property
    def num_classes(self) -> int | None:
        """Number of classes or channels that the shapes show; a binary mask has two classes."""
        if self.kind == "binary":
            return 2
        channels = max(self.pred_channels, self.gt_channels)
        return channels if channels > 1 or self.kind == "multilabel" else None


@dataclass(frozen=True, slots=True)
class Inputs:
    """The options that say what arrays stand for. Raises `UsageError` for options outside their
    domain.
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
        if self.num_classes is not None and not (
            _whole(self.num_classes) and 1 < self.num_classes <= 2**16
        ):
            raise UsageError(
                f"num_classes is a whole number from 2 to 65,536 and counts the background, not "
                f"{self.num_classes!r}"
            )
        if self.ignore_index is not None and not _whole(self.ignore_index):
            raise UsageError(
                f"ignore_index is one label, a whole number, not {self.ignore_index!r}"
            )
        if not 0 < self.threshold < 1:
            raise UsageError(f"threshold is a probability between 0 and 1, not {self.threshold!r}")

    def form(self, pred: Shape, gt: Shape, *, floating: bool, boolean: bool) -> Form:
        """The form of arrays of these shapes. `floating`: those of pred are; `boolean`: both arrays
        are.

        Shapes and dtypes decide, so that a number cannot depend on what a batch happens to hold; a
        `doubtful` form may turn out to be an error.
        """
        _check(pred, gt)
        if self.multilabel:
            return self._multilabel(pred, gt, floating)
        scores = self.input_format in ("logits", "probabilities") or (
            self.input_format == "auto" and floating
        )
        one_hot = self.input_format == "one-hot" or (
            scores and pred == gt and len(pred) > 1 and pred[1] == self.num_classes
        )
        if pred == gt and not one_hot:
            single = len(pred) > 2 and pred[1] == 1
            channels = int(single)
            kind: Kind = "binary" if scores or boolean else "classes"
            doubtful = self.input_format == "auto" and not single and len(pred) > 1 and pred[1] > 1
            if doubtful and len(pred) > MOST_AXES[kind]:
                raise UsageError(
                    f"pred and gt of shape {pred} may be masks of {len(pred) - 1} axes, or have an "
                    f"axis of channels; "
                    "pass input_format='one-hot', num_classes for class scores, multilabel=True "
                    "for regions, "
                    "or for masks input_format='labels', 'probabilities' or 'logits'"
                )
            form = Form(kind, channels, channels, scores, len(pred) == 1, doubtful)
        else:
            form = self._with_channels(pred, gt, scores, one_hot)
        self._check_classes(form, pred, gt)
        return form

    def _multilabel(self, pred: Shape, gt: Shape, floating: bool) -> Form:
        if pred != gt or len(pred) < 2:
            raise UsageError(
                f"multilabel=True wants pred and gt of one shape (N, C, *spatial), one channel a "
                f"region; came {pred} "
                f"and {gt}"
            )
        if self.num_classes not in (None, pred[1]):
            raise UsageError(
                f"num_classes={self.num_classes}, but pred of shape {pred} has {pred[1]} channels"
            )
        scores = self.input_format in ("logits", "probabilities") or (
            self.input_format == "auto" and floating
        )
        return Form("multilabel", pred[1], pred[1], scores, len(pred) == 2, False)

    def _with_channels(self, pred: Shape, gt: Shape, scores: bool, one_hot: bool) -> Form:
        """The form of arrays of which at least one has an axis of channels."""
        pooled = len(gt) == 1 or (one_hot and len(pred) == 2)
        if one_hot and pred == gt:
            return Form("classes", pred[1], pred[1], scores, pooled, False)
        in_pred, in_gt = (len(shape) > 1 for shape in (pred, gt))
        if (
            in_pred
            and in_gt
            and len(pred) > 2
            and pred[0] == gt[0]
            and pred[2:] == gt[2:]
            and 1 in (pred[1], gt[1])
        ):
            channels = pred[1], gt[1]  # a label map with an axis of one
        elif in_pred and pred[:1] + pred[2:] == gt:
            channels = pred[1], 0
        elif in_gt and gt[:1] + gt[2:] == pred and not one_hot:
            channels = 0, gt[1]
        else:
            raise UsageError(
                f"pred of shape {pred} and gt of shape {gt} do not fit; wanted label maps (N, "
                f"*spatial) of one shape, "
                "or scores or one-hot (N, C, *spatial) with labels (N, *spatial) or one-hot (N, C, "
                "*spatial)"
            )
        if scores and channels[0] <= 1:
            if channels[1] > 1:
                raise UsageError(
                    f"binary scores of shape {pred} need a binary gt of that shape, not {gt}"
                )
            return Form("binary", *channels, True, pooled, False)
        if channels[0] > 1 and not scores and self.input_format == "labels":
            raise UsageError(
                f"input_format='labels' wants pred of the shape (N, *spatial), not {pred} with gt "
                f"{gt}"
            )
        return Form("classes", *channels, scores, pooled, False)

    def _check_classes(self, form: Form, pred: Shape, gt: Shape) -> None:
        if (
            None not in (self.num_classes, form.num_classes)
            and self.num_classes != form.num_classes
        ):
            if form.kind == "binary":
                raise UsageError(
                    f"num_classes={self.num_classes}, but pred of shape {pred} holds binary "
                    f"scores, one a voxel; pass "
                    "input_format='labels' for label maps in a float dtype, or leave num_classes "
                    "out"
                )
            raise UsageError(
                f"num_classes={self.num_classes}, but pred of shape {pred} with gt of shape {gt} "
                f"has "
                f"{form.num_classes} channels; give the number of channels, or leave num_classes "
                f"out"
            )


def check_scale(labels: Collection[int]) -> None:
    """Raise `UsageError` for the labels of a case of 0 and 255, which stands for 1 there.

    Host and devices ask this where neither `num_classes` nor a shape says how many classes there
    are. Where there are 256, 255 is one of them; where fewer, it is refused as any other label is.

    >>> check_scale({0, 7, 255})
    """
    if 255 in labels and {0, 1} & set(labels) and {0, 1, 255} >= set(labels):
        raise UsageError(
            "the masks hold 255 for 1; give booleans (mask > 0), ignore_index=255 if it marks "
            "voxels to leave out, or num_classes=256 if it is a class"
        )


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check(pred: Shape, gt: Shape) -> None:
    for name, shape in (("pred", pred), ("gt", gt)):
        if not shape or 0 in shape:
            raise UsageError(
                f"{name} of shape {shape} holds no voxel; wanted (N, *spatial) or (N, C, *spatial)"
            )
    if pred[0] != gt[0]:
        raise UsageError(
            f"pred of shape {pred} holds {pred[0]} cases, gt of shape {gt} {gt[0]}; give as many "
            f"of both, and a single "
            "case with a first axis of one: pred[None]"
        )
