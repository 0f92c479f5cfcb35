"""From the shapes and dtypes of two arrays, and the options, to the form of their batch.

Values are not looked at, so that a number cannot depend on what a batch happens to hold.
"""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import NamedTuple, TypeAlias

from segeval.errors import UsageError

from .form import Form, Kind, Side
from .inputs import Inputs

Shape: TypeAlias = tuple[int, ...]

MOST_AXES_OF_MASKS: dict[Kind, int] = {"binary": 3, "classes": 4}
"""Arrays of one shape with more axes than these, the first one included, as likely have channels
that overlap.
"""


class Arrays(NamedTuple):
    """The facts about the arrays of a batch that are known before their values are looked at.

    `scores`: the prediction holds scores rather than labels; `boolean`: both arrays hold flags.
    """

    pred: Shape
    gt: Shape
    scores: bool
    boolean: bool


class Channels(NamedTuple):
    """The lengths of the axes of channels, 0 where there is none; an axis of one is a mask."""

    pred: int
    gt: int


def form_of(pred: Shape, gt: Shape, inputs: Inputs, *, floating: bool, boolean: bool) -> Form:
    """Return the form of arrays of these shapes.

    `floating`: those of pred are; `boolean`: both arrays are. Raises `UsageError` where they do not
    fit each other or the options; a `doubtful` form may still turn out to be an error.

    >>> form = form_of((4, 3, 64, 64), (4, 64, 64), Inputs(), floating=True, boolean=False)
    >>> form.kind, form.pred.rule, form.gt.rule, form.classes
    ('classes', 'largest', 'labels', 3)
    """
    _check_shapes(pred, gt)
    arrays = Arrays(pred, gt, scores=inputs.are_scores(floating=floating), boolean=boolean)
    if inputs.multilabel:
        return _of_overlapping_channels(arrays, inputs)
    of_shapes = _of_one_shape if pred == gt else _of_two_shapes
    return _with_classes(of_shapes(arrays, inputs), arrays, inputs)


def _of_overlapping_channels(arrays: Arrays, inputs: Inputs) -> Form:
    """Return the form of arrays whose channels are masks of their own."""
    pred, gt = arrays.pred, arrays.gt
    if pred != gt or len(pred) < 2:
        raise UsageError(
            f"multilabel=True wants pred and gt of one shape (N, C, *spatial), one channel a "
            f"region; came {pred} and {gt}"
        )
    channels = pred[1]
    if inputs.num_classes not in (None, channels):
        raise UsageError(
            f"num_classes={inputs.num_classes}, but pred of shape {pred} has {channels} channels"
        )
    form = _form("multilabel", Channels(0, 0), arrays, inputs, pooled=len(pred) == 2)
    return replace(form, classes=2, channels=channels)


def _of_one_shape(arrays: Arrays, inputs: Inputs) -> Form:
    """Return the form of arrays that both have channels, or both have none.

    They have if the options say so, or class scores and a one-hot ground truth have as many
    channels as there are classes. Without options an axis that could be one of channels makes the
    form `doubtful`, or an error where masks of so many axes are unlikely.
    """
    shape = arrays.pred
    if _are_one_hot(arrays, inputs):
        channels = Channels(shape[1], shape[1])
        return _form("classes", channels, arrays, inputs, pooled=len(shape) == 2)
    kind: Kind = "binary" if arrays.scores or arrays.boolean else "classes"
    # An axis of one may be that of channels or of slices: who says labels has none of channels,
    # unless the mask would have four axes.
    has_slices = inputs.input_format == "labels" and len(shape) <= 4
    channel = int(len(shape) > 2 and shape[1] == 1 and not has_slices)
    form = _form(kind, Channels(channel, channel), arrays, inputs, pooled=len(shape) == 1)
    # (N, H, W) may be N masks, or N rows of W voxels, one-hot in H classes: shapes do not tell.
    may_be_channels = len(shape) > 1 and shape[1] > 1
    if not may_be_channels or inputs.input_format != "auto":
        return form
    if len(shape) > MOST_AXES_OF_MASKS[kind]:
        raise UsageError(
            f"pred and gt of shape {shape} may be masks of {len(shape) - 1} axes, or have an "
            "axis of channels; pass input_format='one-hot', num_classes for class scores, "
            "multilabel=True for regions, or for masks input_format='labels', 'probabilities' or "
            "'logits'"
        )
    return replace(form, doubtful=True)


def _are_one_hot(arrays: Arrays, inputs: Inputs) -> bool:
    """Return whether arrays of one shape hold channels: so the options say, or their number does.

    Raises `UsageError` where they should and have no axis for them.
    """
    shape = arrays.pred
    if inputs.input_format == "one-hot":
        if len(shape) == 1:
            raise _misfit(arrays.pred, arrays.gt)
        return True
    return arrays.scores and len(shape) > 1 and shape[1] == inputs.num_classes


def _of_two_shapes(arrays: Arrays, inputs: Inputs) -> Form:
    """Return the form of arrays of which at least one has an axis of channels.

    Scores without class channels are of binary masks, whose ground truth has none either.
    """
    pred, gt = arrays.pred, arrays.gt
    channels = _channels(pred, gt, gt_may_be_wider=inputs.input_format != "one-hot")
    binary = arrays.scores and channels.pred <= 1
    if binary and channels.gt > 1:
        raise UsageError(f"binary scores of shape {pred} need a binary gt of that shape, not {gt}")
    if inputs.input_format == "labels" and channels.pred > 1:
        raise UsageError(
            f"input_format='labels' wants pred of the shape (N, *spatial), not {pred} with gt {gt}"
        )
    kind: Kind = "binary" if binary else "classes"
    # samples are vectors, on whichever side there are no channels
    return _form(kind, channels, arrays, inputs, pooled=min(len(pred), len(gt)) == 1)


def _channels(pred: Shape, gt: Shape, *, gt_may_be_wider: bool) -> Channels:
    """Return the channels of arrays of two shapes. Raises `UsageError` for those that do not fit.

    `gt_may_be_wider`: the ground truth may be one-hot where the prediction has labels.

    >>> _channels((2, 3, 8, 8), (2, 1, 8, 8), gt_may_be_wider=True)
    Channels(pred=3, gt=1)
    >>> _channels((2, 8, 8), (2, 3, 8, 8), gt_may_be_wider=True)
    Channels(pred=0, gt=3)
    """
    if len(pred) == len(gt) > 2 and _without_channels(pred) == _without_channels(gt):
        # Channels on one side, and labels or a mask with an axis of one on the other.
        if 1 in (pred[1], gt[1]):
            return Channels(pred[1], gt[1])
    elif len(pred) > 1 and _without_channels(pred) == gt:
        return Channels(pred[1], 0)
    elif len(gt) > 1 and _without_channels(gt) == pred and gt_may_be_wider:
        return Channels(0, gt[1])
    raise _misfit(pred, gt)


def _without_channels(shape: Shape) -> Shape:
    """Return (N, *spatial) for (N, C, *spatial)."""
    return shape[:1] + shape[2:]


def _misfit(pred: Shape, gt: Shape) -> UsageError:
    """Return the error for two shapes that do not fit, with those that would."""
    return UsageError(
        f"pred of shape {pred} and gt of shape {gt} do not fit; wanted label maps (N, *spatial) of "
        "one shape, or scores or one-hot (N, C, *spatial) with labels (N, *spatial) or one-hot "
        "(N, C, *spatial)"
    )


def _form(kind: Kind, channels: Channels, arrays: Arrays, inputs: Inputs, *, pooled: bool) -> Form:
    """Return the form of arrays with these channels; its number of classes is still open."""
    return Form(
        kind=kind,
        pred=_side(channels.pred, inputs, scores=arrays.scores),
        gt=_side(channels.gt, inputs, scores=False),
        classes=None,
        ignore_index=inputs.ignore_index,
        pooled=pooled,
    )


def _side(channels: int, inputs: Inputs, *, scores: bool) -> Side:
    """Return the rule for an array with so many channels, of scores or of labels."""
    if channels > 1 and scores:
        return Side(rule="largest", channels=channels)
    if channels > 1:
        return Side(rule="one-hot", channels=channels)
    if not scores:
        return Side(rule="labels", channels=channels)
    probability = inputs.threshold
    if inputs.input_format == "logits":
        # The logistic function of a logit is its probability; this is the inverse of it.
        limit = log(probability / (1 - probability))
        return Side(rule="threshold", channels=channels, limit=limit, bounded=False)
    return Side(rule="threshold", channels=channels, limit=probability)


def _with_classes(form: Form, arrays: Arrays, inputs: Inputs) -> Form:
    """Return the form with its number of classes, as far as shapes or options tell it.

    Raises `UsageError` where the two disagree. A binary mask has two classes.
    """
    shown = max(form.pred.channels, form.gt.channels)
    if form.kind == "binary":
        shown = 2
    wanted = inputs.num_classes
    # An axis of one channel says nothing of how many classes there are.
    if shown <= 1:
        return replace(form, classes=wanted)
    if wanted in (None, shown):
        return replace(form, classes=shown)
    if form.kind == "binary":
        raise UsageError(
            f"num_classes={wanted}, but pred of shape {arrays.pred} holds binary scores, one a "
            "voxel; pass input_format='labels' for label maps in a float dtype, or leave "
            "num_classes out"
        )
    raise UsageError(
        f"num_classes={wanted}, but pred of shape {arrays.pred} with gt of shape {arrays.gt} has "
        f"{shown} channels; give the number of channels, or leave num_classes out"
    )


def _check_shapes(pred: Shape, gt: Shape) -> None:
    """Raise `UsageError` for arrays without a voxel, or not of as many cases."""
    for name, shape in (("pred", pred), ("gt", gt)):
        if not shape or 0 in shape:
            raise UsageError(
                f"{name} of shape {shape} holds no voxel; wanted (N, *spatial) or (N, C, *spatial)"
            )
    if pred[0] != gt[0]:
        raise UsageError(
            f"pred of shape {pred} holds {pred[0]} cases, gt of shape {gt} {gt[0]}; give as many "
            "of both, and a single case with a first axis of one: pred[None]"
        )
