"""Metrics of one region's counts: TP, FP, FN and TN voxels."""

from __future__ import annotations

from math import inf, nan
from typing import Literal

from segeval.arrays import Floats
from segeval.statistics.counts import Counts
from segeval.statistics.ratios import ratio

from .card import Empty, metric
from .parameters import NonNegative, Positive

OVERLAP = Empty(both=nan, pred=0, gt=0)


@metric(
    title="Dice similarity coefficient", symbol="DSC", range=(0, 1), best=1, empty=OVERLAP, aliases=("dsc", "f1"),
    tex=r"\frac{2\,TP}{2\,TP+FP+FN}", cite="dice1945",
)  # fmt: skip
def dice(c: Counts) -> Floats:
    """Overlap of two masks relative to their mean size."""
    return ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn)


@metric(
    title="Intersection over union", symbol="IoU", range=(0, 1), best=1, empty=OVERLAP, aliases=("jaccard",),
    tex=r"\frac{TP}{TP+FP+FN}", cite="jaccard1912",
)  # fmt: skip
def iou(c: Counts) -> Floats:
    """Overlap of two masks relative to their union."""
    return ratio(c.tp, c.tp + c.fp + c.fn)


@metric(
    title="Precision", symbol="PPV", range=(0, 1), best=1, empty=Empty(both=nan, pred=nan, gt=0), aliases=("ppv",),
    tex=r"\frac{TP}{TP+FP}", cite="powers2011",
)  # fmt: skip
def precision(c: Counts) -> Floats:
    """Share of the prediction that is right."""
    return ratio(c.tp, c.tp + c.fp)


@metric(
    title="Recall", symbol="TPR", range=(0, 1), best=1, empty=Empty(both=nan, pred=0, gt=nan),
    aliases=("sensitivity", "tpr"), tex=r"\frac{TP}{TP+FN}", cite="yerushalmy1947",
)  # fmt: skip
def recall(c: Counts) -> Floats:
    """Share of the ground truth that was found."""
    return ratio(c.tp, c.tp + c.fn)


@metric(
    title="Specificity", symbol="TNR", range=(0, 1), best=1, empty=Empty(both=1, pred=1), aliases=("tnr",),
    tex=r"\frac{TN}{TN+FP}", cite="yerushalmy1947",
)  # fmt: skip
def specificity(c: Counts) -> Floats:
    """Share of what is not ground truth that was left out. Grows with the size of the image around
    the object.
    """
    return ratio(c.tn, c.tn + c.fp)


@metric(
    title="Negative predictive value", symbol="NPV", range=(0, 1), best=1, tex=r"\frac{TN}{TN+FN}", cite="powers2011",
)  # fmt: skip
def npv(c: Counts) -> Floats:
    """Share of what was left out that is not ground truth. Grows with the size of the image around
    the object.
    """
    return ratio(c.tn, c.tn + c.fn)


@metric(
    title="False positive rate", symbol="FPR", range=(0, 1), best=0, empty=Empty(both=0, pred=0),
    aliases=("fall-out",), tex=r"\frac{FP}{TN+FP}", cite="powers2011",
)  # fmt: skip
def fpr(c: Counts) -> Floats:
    """Share of what is not ground truth that was predicted: 1 − specificity."""
    return ratio(c.fp, c.tn + c.fp)


@metric(
    title="False negative rate", symbol="FNR", range=(0, 1), best=0, empty=Empty(both=nan, pred=1, gt=nan),
    aliases=("miss_rate",), tex=r"\frac{FN}{TP+FN}", cite="powers2011",
)  # fmt: skip
def fnr(c: Counts) -> Floats:
    """Share of the ground truth that was missed: 1 − recall."""
    return ratio(c.fn, c.tp + c.fn)


@metric(
    title="False discovery rate", symbol="FDR", range=(0, 1), best=0, empty=Empty(both=nan, pred=nan, gt=1),
    tex=r"\frac{FP}{TP+FP}", cite="powers2011",
)  # fmt: skip
def fdr(c: Counts) -> Floats:
    """Share of the prediction that is wrong: 1 − precision."""
    return ratio(c.fp, c.tp + c.fp)


@metric(
    name="for", title="False omission rate", symbol="FOR", range=(0, 1), best=0, tex=r"\frac{FN}{TN+FN}",
    cite="powers2011",
)  # fmt: skip
def false_omission_rate(c: Counts) -> Floats:
    """Share of what was left out that is ground truth: 1 − negative predictive value."""
    return ratio(c.fn, c.tn + c.fn)


@metric(
    title="F-beta score", symbol="Fβ", range=(0, 1), best=1, empty=OVERLAP, cite="rijsbergen1979", class_name="FBeta",
    tex=r"\frac{(1+\beta^2)\,TP}{(1+\beta^2)\,TP+\beta^2 FN+FP}",
)  # fmt: skip
def fbeta(c: Counts, beta: Positive) -> Floats:
    """Weighted harmonic mean of precision and recall, in which recall weighs `beta` times as much.
    At 1 it is Dice.
    """
    return ratio((1 + beta**2) * c.tp, (1 + beta**2) * c.tp + beta**2 * c.fn + c.fp)


@metric(
    title="Tversky index", symbol="TI", range=(0, 1), best=1, empty=OVERLAP, cite="tversky1977",
    tex=r"\frac{TP}{TP+\alpha\,FP+\beta\,FN}",
)  # fmt: skip
def tversky(c: Counts, alpha: NonNegative, beta: NonNegative) -> Floats:
    """Overlap in which false positives weigh `alpha` and false negatives `beta`: ½, ½ is Dice and
    1, 1 is IoU.
    """
    return ratio(c.tp, c.tp + alpha * c.fp + beta * c.fn)


@metric(
    title="Accuracy", symbol="ACC", range=(0, 1), best=1, tex=r"\frac{TP+TN}{TP+FP+FN+TN}", cite="powers2011",
)  # fmt: skip
def accuracy(c: Counts) -> Floats:
    """Share of all voxels on which both masks agree. Grows with the size of the image around the
    object.
    """
    return ratio(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


@metric(
    title="Balanced accuracy", symbol="BA", range=(0, 1), best=1, cite="powers2011",
    tex=r"\frac12\left(\frac{TP}{TP+FN}+\frac{TN}{TN+FP}\right)",
)  # fmt: skip
def balanced_accuracy(c: Counts) -> Floats:
    """Mean of recall and specificity."""
    return (recall(c) + specificity(c)) / 2


@metric(
    title="Matthews correlation coefficient", symbol="MCC", range=(-1, 1), best=1, empty=Empty(nan, nan, nan),
    tex=r"\frac{TP\cdot TN-FP\cdot FN}{\sqrt{(TP+FP)(TP+FN)(TN+FP)(TN+FN)}}", cite="matthews1975",
)  # fmt: skip
def mcc(c: Counts) -> Floats:
    """Correlation of the two masks as binary variables. Undefined where a mask is empty or fills
    the image.
    """
    return ratio(
        c.tp * c.tn - c.fp * c.fn,
        ((c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)) ** 0.5,
    )


@metric(
    title="Cohen's kappa", symbol="κ", range=(-1, 1), best=1, empty=Empty(nan, nan, nan), cite="cohen1960",
    tex=r"\frac{2\,(TP\cdot TN-FN\cdot FP)}{(TP+FP)(FP+TN)+(TP+FN)(FN+TN)}",
)  # fmt: skip
def kappa(c: Counts) -> Floats:
    """Agreement of the two masks beyond what their sizes alone would give."""
    chance = (c.tp + c.fp) * (c.fp + c.tn) + (c.tp + c.fn) * (c.fn + c.tn)
    return ratio(2 * (c.tp * c.tn - c.fn * c.fp), chance)


@metric(
    title="Informedness", symbol="J", range=(-1, 1), best=1, aliases=("youden",),
    tex=r"\frac{TP}{TP+FN}+\frac{TN}{TN+FP}-1", cite="youden1950",
)  # fmt: skip
def informedness(c: Counts) -> Floats:
    """Recall + specificity − 1, Youden's index."""
    return recall(c) + specificity(c) - 1


@metric(
    title="Markedness", symbol="MK", range=(-1, 1), best=1, tex=r"\frac{TP}{TP+FP}+\frac{TN}{TN+FN}-1",
    cite="powers2011",
)  # fmt: skip
def markedness(c: Counts) -> Floats:
    """Precision + negative predictive value − 1."""
    return precision(c) + npv(c) - 1


@metric(
    title="Positive likelihood ratio", symbol="LR+", range=(0, inf), best=inf, tex=r"\frac{TPR}{FPR}",
    cite="reinke2024",
)  # fmt: skip
def lr_plus(c: Counts) -> Floats:
    """How many times likelier a voxel of the ground truth is predicted than one outside it."""
    return ratio(recall(c), fpr(c))


@metric(
    title="Fowlkes-Mallows index", symbol="FM", range=(0, 1), best=1, empty=OVERLAP, tex=r"\sqrt{PPV\cdot TPR}",
    cite="fowlkes1983",
)  # fmt: skip
def fowlkes_mallows(c: Counts) -> Floats:
    """Geometric mean of precision and recall."""
    return (precision(c) * recall(c)) ** 0.5


@metric(
    title="Volume similarity", symbol="VS", range=(0, 1), best=1, empty=OVERLAP, aliases=("vs",),
    tex=r"1-\frac{|FN-FP|}{2\,TP+FP+FN}", cite="cardenes2009",
)  # fmt: skip
def volume_similarity(c: Counts) -> Floats:
    """One minus the difference of the sizes over their sum. Says nothing of overlap."""
    return 1 - ratio(abs(c.fn - c.fp), 2 * c.tp + c.fp + c.fn)


@metric(
    title="Volume error", symbol="VE", range=(-inf, inf), best=0, unit="volume", empty=Empty(both=0), aliases=("vd",),
    tex=r"V_p-V_g", cite="heimann2009",
)  # fmt: skip
def volume_error(c: Counts) -> Floats:
    """Size of the prediction minus that of the ground truth: above 0 when too much was predicted."""
    return c.volume_p - c.volume_g


@metric(
    title="Relative volume error", symbol="RVE", range=(-1, inf), best=0, empty=Empty(both=0), aliases=("rvd", "ravd"),
    tex=r"\frac{V_p-V_g}{V_g}", cite="heimann2009",
)  # fmt: skip
def relative_volume_error(c: Counts) -> Floats:
    """Volume error relative to the ground truth; signed, and infinite where the ground truth is
    empty.
    """
    return ratio(c.volume_p - c.volume_g, c.volume_g)


@metric(
    title="Absolute relative volume error", symbol="ARVE", range=(0, inf), best=0, empty=Empty(both=0),
    aliases=("avdr", "rvae"), tex=r"\frac{|V_p-V_g|}{V_g}", cite="heimann2009",
)  # fmt: skip
def absolute_relative_volume_error(c: Counts) -> Floats:
    """Size of the relative volume error."""
    return abs(relative_volume_error(c))


@metric(
    title="Symmetric volume error", symbol="SVE", range=(-2, 2), best=0, empty=Empty(both=0), cite="cardenes2009",
    tex=r"\frac{2\,(V_p-V_g)}{V_p+V_g}",
)  # fmt: skip
def symmetric_volume_error(c: Counts) -> Floats:
    """Volume error relative to the mean of the two sizes; signed. What ITK calls volume similarity."""
    return 2 * ratio(c.volume_p - c.volume_g, c.volume_p + c.volume_g)


@metric(
    title="Absolute volume error", symbol="AVE", range=(0, inf), best=0, unit="volume", empty=Empty(both=0),
    aliases=("avd",), tex=r"|V_p-V_g|", cite="heimann2009",
)  # fmt: skip
def absolute_volume_error(c: Counts) -> Floats:
    """Size of the volume error."""
    return abs(c.volume_p - c.volume_g)


@metric(
    title="Generalized Dice score", symbol="GDS", range=(0, 1), best=1, empty=Empty(both=nan), aliases=("gds",),
    tex=r"\frac{2\sum_r w_r TP_r}{\sum_r w_r(2\,TP_r+FP_r+FN_r)}", cite="crum2006", scope="case",
)  # fmt: skip
def generalized_dice(
    c: Counts, weight: Literal["square", "simple", "uniform"] = "square"
) -> Floats:
    """Dice of all regions of a case together, each weighted by 1/V_g² (`square`), 1/V_g (`simple`)
    or 1 (`uniform`).

    A region that is absent from the ground truth takes the largest weight of its own case.
    """
    size = c.tp + c.fn
    absent = size == 0
    w = ratio(size > 0, (size + absent) ** {"square": 2, "simple": 1, "uniform": 0}[weight])
    largest = w.max() if len(w) else 0
    w = w + absent * (largest + (largest == 0))
    return ratio(2 * (w * c.tp).sum(), (w * (2 * c.tp + c.fp + c.fn)).sum())


@metric(
    title="Predicted volume",
    symbol="V_p",
    range=(0, inf),
    best=None,
    unit="volume",
    tex="V_p",
    cite="taha2015",
)
def volume_p(c: Counts) -> Floats:
    """Size of the prediction."""
    return c.volume_p


@metric(
    title="True volume",
    symbol="V_g",
    range=(0, inf),
    best=None,
    unit="volume",
    tex="V_g",
    cite="taha2015",
)
def volume_g(c: Counts) -> Floats:
    """Size of the ground truth."""
    return c.volume_g


@metric(
    title="True positives",
    symbol="TP",
    range=(0, inf),
    best=None,
    unit="voxel",
    tex="TP",
    cite="taha2015",
)
def tp(c: Counts) -> Floats:
    """Voxels in both masks."""
    return c.tp


@metric(
    title="False positives",
    symbol="FP",
    range=(0, inf),
    best=None,
    unit="voxel",
    tex="FP",
    cite="taha2015",
)
def fp(c: Counts) -> Floats:
    """Voxels in the prediction alone."""
    return c.fp


@metric(
    title="False negatives",
    symbol="FN",
    range=(0, inf),
    best=None,
    unit="voxel",
    tex="FN",
    cite="taha2015",
)
def fn(c: Counts) -> Floats:
    """Voxels in the ground truth alone."""
    return c.fn


@metric(
    title="True negatives",
    symbol="TN",
    range=(0, inf),
    best=None,
    unit="voxel",
    tex="TN",
    cite="taha2015",
)
def tn(c: Counts) -> Floats:
    """Voxels in neither mask."""
    return c.tn
