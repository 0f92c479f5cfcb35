"""Metrics of one region's counts: TP, FP, FN and TN voxels.

A formula takes the counts of all regions at once, (R,) arrays, and gives (R,) values; only those of
scope "case" add regions up. Nothing is done about empty masks here: `ratio` makes NaN of 0/0, and
the values that `empty` states take the place of what a formula gives.
"""

from __future__ import annotations

from math import inf, nan
from typing import Literal

from segeval.arrays import Floats
from segeval.statistics.counts import Counts
from segeval.statistics.ratios import ratio

from .card import Empty
from .declare import metric
from .parameters import NonNegative, Positive

OVERLAP = Empty(both=nan, pred=0, gt=0)
"""The values of an overlap for empty masks: nothing to overlap, or no overlap at all."""


@metric(
    title="Dice similarity coefficient", symbol="DSC", range=(0, 1), best=1, empty=OVERLAP,
    aliases=("dsc", "f1"), tex=r"\frac{2\,TP}{2\,TP+FP+FN}", cite="dice1945",
)  # fmt: skip
def dice(counts: Counts) -> Floats:
    """Overlap of two masks relative to their mean size."""
    return ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


@metric(
    title="Intersection over union", symbol="IoU", range=(0, 1), best=1, empty=OVERLAP,
    aliases=("jaccard",), tex=r"\frac{TP}{TP+FP+FN}", cite="jaccard1912",
)  # fmt: skip
def iou(counts: Counts) -> Floats:
    """Overlap of two masks relative to their union."""
    return ratio(counts.tp, counts.tp + counts.fp + counts.fn)


@metric(
    title="Precision", symbol="PPV", range=(0, 1), best=1, empty=Empty(both=nan, pred=nan, gt=0),
    aliases=("ppv",), tex=r"\frac{TP}{TP+FP}", cite="powers2011",
)  # fmt: skip
def precision(counts: Counts) -> Floats:
    """Share of the prediction that is right."""
    return ratio(counts.tp, counts.tp + counts.fp)


@metric(
    title="Recall", symbol="TPR", range=(0, 1), best=1, empty=Empty(both=nan, pred=0, gt=nan),
    aliases=("sensitivity", "tpr"), tex=r"\frac{TP}{TP+FN}", cite="yerushalmy1947",
)  # fmt: skip
def recall(counts: Counts) -> Floats:
    """Share of the ground truth that was found."""
    return ratio(counts.tp, counts.tp + counts.fn)


@metric(
    title="Specificity", symbol="TNR", range=(0, 1), best=1, empty=Empty(both=1, pred=1),
    aliases=("tnr",), tex=r"\frac{TN}{TN+FP}", cite="yerushalmy1947",
)  # fmt: skip
def specificity(counts: Counts) -> Floats:
    """Share of what is not ground truth that was left out.

    Grows with the size of the image around the object.
    """
    return ratio(counts.tn, counts.tn + counts.fp)


@metric(
    title="Negative predictive value", symbol="NPV", range=(0, 1), best=1, tex=r"\frac{TN}{TN+FN}",
    cite="powers2011",
)  # fmt: skip
def npv(counts: Counts) -> Floats:
    """Share of what was left out that is not ground truth.

    Grows with the size of the image around the object.
    """
    return ratio(counts.tn, counts.tn + counts.fn)


@metric(
    title="False positive rate", symbol="FPR", range=(0, 1), best=0, empty=Empty(both=0, pred=0),
    aliases=("fall-out",), tex=r"\frac{FP}{TN+FP}", cite="powers2011",
)  # fmt: skip
def fpr(counts: Counts) -> Floats:
    """Share of what is not ground truth that was predicted: 1 − specificity."""
    return ratio(counts.fp, counts.tn + counts.fp)


@metric(
    title="False negative rate", symbol="FNR", range=(0, 1), best=0,
    empty=Empty(both=nan, pred=1, gt=nan), aliases=("miss_rate",), tex=r"\frac{FN}{TP+FN}",
    cite="powers2011",
)  # fmt: skip
def fnr(counts: Counts) -> Floats:
    """Share of the ground truth that was missed: 1 − recall."""
    return ratio(counts.fn, counts.tp + counts.fn)


@metric(
    title="False discovery rate", symbol="FDR", range=(0, 1), best=0,
    empty=Empty(both=nan, pred=nan, gt=1), tex=r"\frac{FP}{TP+FP}", cite="powers2011",
)  # fmt: skip
def fdr(counts: Counts) -> Floats:
    """Share of the prediction that is wrong: 1 − precision."""
    return ratio(counts.fp, counts.tp + counts.fp)


@metric(
    name="for", title="False omission rate", symbol="FOR", range=(0, 1), best=0,
    tex=r"\frac{FN}{TN+FN}", cite="powers2011",
)  # fmt: skip
def false_omission_rate(counts: Counts) -> Floats:
    """Share of what was left out that is ground truth: 1 − negative predictive value."""
    return ratio(counts.fn, counts.tn + counts.fn)


@metric(
    title="F-beta score", symbol="Fβ", range=(0, 1), best=1, empty=OVERLAP, cite="rijsbergen1979",
    class_name="FBeta", tex=r"\frac{(1+\beta^2)\,TP}{(1+\beta^2)\,TP+\beta^2 FN+FP}",
)  # fmt: skip
def fbeta(counts: Counts, beta: Positive) -> Floats:
    """Weighted harmonic mean of precision and recall, in which recall weighs `beta` times as much.

    At 1 it is Dice.
    """
    hits = (1 + beta**2) * counts.tp
    return ratio(hits, hits + beta**2 * counts.fn + counts.fp)


@metric(
    title="Tversky index", symbol="TI", range=(0, 1), best=1, empty=OVERLAP, cite="tversky1977",
    tex=r"\frac{TP}{TP+\alpha\,FP+\beta\,FN}",
)  # fmt: skip
def tversky(counts: Counts, alpha: NonNegative, beta: NonNegative) -> Floats:
    """Overlap in which false positives weigh `alpha` and false negatives `beta`.

    ½, ½ is Dice and 1, 1 is IoU.
    """
    return ratio(counts.tp, counts.tp + alpha * counts.fp + beta * counts.fn)


@metric(
    title="Accuracy", symbol="ACC", range=(0, 1), best=1, tex=r"\frac{TP+TN}{TP+FP+FN+TN}",
    cite="powers2011",
)  # fmt: skip
def accuracy(counts: Counts) -> Floats:
    """Share of all voxels on which both masks agree.

    Grows with the size of the image around the object.
    """
    return ratio(counts.tp + counts.tn, counts.tp + counts.fp + counts.fn + counts.tn)


@metric(
    title="Balanced accuracy", symbol="BA", range=(0, 1), best=1, cite="powers2011",
    tex=r"\frac12\left(\frac{TP}{TP+FN}+\frac{TN}{TN+FP}\right)",
)  # fmt: skip
def balanced_accuracy(counts: Counts) -> Floats:
    """Mean of recall and specificity."""
    # Without a ground truth there is no recall, and no balance either: NaN.
    return (recall(counts) + specificity(counts)) / 2


@metric(
    title="Matthews correlation coefficient", symbol="MCC", range=(-1, 1), best=1,
    empty=Empty(nan, nan, nan),
    tex=r"\frac{TP\cdot TN-FP\cdot FN}{\sqrt{(TP+FP)(TP+FN)(TN+FP)(TN+FN)}}", cite="matthews1975",
)  # fmt: skip
def mcc(counts: Counts) -> Floats:
    """Correlation of the two masks as binary variables.

    Undefined where a mask is empty or fills the image.
    """
    positive_p, positive_g = counts.tp + counts.fp, counts.tp + counts.fn
    negative_p, negative_g = counts.tn + counts.fn, counts.tn + counts.fp
    # Products of four counts leave the range of int64; counts are float64.
    return ratio(
        counts.tp * counts.tn - counts.fp * counts.fn,
        (positive_p * positive_g * negative_g * negative_p) ** 0.5,
    )


@metric(
    title="Cohen's kappa", symbol="κ", range=(-1, 1), best=1, empty=Empty(nan, nan, nan),
    cite="cohen1960", tex=r"\frac{2\,(TP\cdot TN-FN\cdot FP)}{(TP+FP)(FP+TN)+(TP+FN)(FN+TN)}",
)  # fmt: skip
def kappa(counts: Counts) -> Floats:
    """Agreement of the two masks beyond what their sizes alone would give."""
    positive_p, positive_g = counts.tp + counts.fp, counts.tp + counts.fn
    negative_p, negative_g = counts.tn + counts.fn, counts.tn + counts.fp
    # (p_o - p_e) / (1 - p_e), both times the square of the number of voxels.
    chance = positive_p * negative_g + positive_g * negative_p
    return ratio(2 * (counts.tp * counts.tn - counts.fn * counts.fp), chance)


@metric(
    title="Informedness", symbol="J", range=(-1, 1), best=1, aliases=("youden",),
    tex=r"\frac{TP}{TP+FN}+\frac{TN}{TN+FP}-1", cite="youden1950",
)  # fmt: skip
def informedness(counts: Counts) -> Floats:
    """Recall + specificity − 1, Youden's index."""
    return recall(counts) + specificity(counts) - 1


@metric(
    title="Markedness", symbol="MK", range=(-1, 1), best=1,
    tex=r"\frac{TP}{TP+FP}+\frac{TN}{TN+FN}-1", cite="powers2011",
)  # fmt: skip
def markedness(counts: Counts) -> Floats:
    """Precision + negative predictive value − 1."""
    return precision(counts) + npv(counts) - 1


@metric(
    title="Positive likelihood ratio", symbol="LR+", range=(0, inf), best=inf,
    tex=r"\frac{TPR}{FPR}", cite="reinke2024",
)  # fmt: skip
def lr_plus(counts: Counts) -> Floats:
    """How many times likelier a voxel of the ground truth is predicted than one outside it."""
    # Infinite, the best value, where nothing was invented.
    return ratio(recall(counts), fpr(counts))


@metric(
    title="Fowlkes-Mallows index", symbol="FM", range=(0, 1), best=1, empty=OVERLAP,
    tex=r"\sqrt{PPV\cdot TPR}", cite="fowlkes1983",
)  # fmt: skip
def fowlkes_mallows(counts: Counts) -> Floats:
    """Geometric mean of precision and recall."""
    return (precision(counts) * recall(counts)) ** 0.5


@metric(
    title="Volume similarity", symbol="VS", range=(0, 1), best=1, empty=OVERLAP, aliases=("vs",),
    tex=r"1-\frac{|FN-FP|}{2\,TP+FP+FN}", cite="cardenes2009",
)  # fmt: skip
def volume_similarity(counts: Counts) -> Floats:
    """One minus the difference of the sizes over their sum. Says nothing of overlap."""
    # FN - FP is the difference of the sizes, 2 TP + FP + FN their sum.
    return 1 - ratio(abs(counts.fn - counts.fp), 2 * counts.tp + counts.fp + counts.fn)


@metric(
    title="Volume error", symbol="VE", range=(-inf, inf), best=0, unit="volume",
    empty=Empty(both=0), aliases=("vd",), tex=r"V_p-V_g", cite="heimann2009",
)  # fmt: skip
def volume_error(counts: Counts) -> Floats:
    """Size of the prediction minus that of the ground truth.

    Above 0 when too much was predicted.
    """
    return counts.volume_p - counts.volume_g


@metric(
    title="Relative volume error", symbol="RVE", range=(-1, inf), best=0, empty=Empty(both=0),
    aliases=("rvd",), tex=r"\frac{V_p-V_g}{V_g}", cite="heimann2009",
)  # fmt: skip
def relative_volume_error(counts: Counts) -> Floats:
    """Volume error relative to the ground truth.

    Signed, and infinite where the ground truth is empty.
    """
    # V_p - V_g is FP - FN in voxels, so that summed counts weigh alike in all ratios.
    return ratio(counts.fp - counts.fn, counts.tp + counts.fn)


@metric(
    title="Absolute relative volume error", symbol="ARVE", range=(0, inf), best=0,
    empty=Empty(both=0), aliases=("avdr", "rvae"), tex=r"\frac{|V_p-V_g|}{V_g}", cite="heimann2009",
)  # fmt: skip
def absolute_relative_volume_error(counts: Counts) -> Floats:
    """Size of the relative volume error."""
    return abs(relative_volume_error(counts))


@metric(
    title="Relative absolute volume difference", symbol="RAVD", range=(0, inf), best=0, unit="%",
    empty=Empty(both=0), tex=r"100\,\frac{|V_p-V_g|}{V_g}", cite="kavur2021",
)  # fmt: skip
def ravd(counts: Counts) -> Floats:
    """Size of the volume error in per cent of the ground truth, as CHAOS reports it.

    MedPy's function of this name gives the signed `relative_volume_error`.
    """
    return 100 * abs(relative_volume_error(counts))


@metric(
    title="Symmetric volume error", symbol="SVE", range=(-2, 2), best=0, empty=Empty(both=0),
    cite="cardenes2009", tex=r"\frac{2\,(V_p-V_g)}{V_p+V_g}",
)  # fmt: skip
def symmetric_volume_error(counts: Counts) -> Floats:
    """Volume error relative to the mean of the two sizes; signed.

    What ITK calls volume similarity.
    """
    return 2 * ratio(counts.fp - counts.fn, 2 * counts.tp + counts.fp + counts.fn)


@metric(
    title="Absolute volume error", symbol="AVE", range=(0, inf), best=0, unit="volume",
    empty=Empty(both=0), aliases=("avd",), tex=r"|V_p-V_g|", cite="heimann2009",
)  # fmt: skip
def absolute_volume_error(counts: Counts) -> Floats:
    """Size of the volume error."""
    return abs(counts.volume_p - counts.volume_g)


@metric(
    title="Generalized Dice score", symbol="GDS", range=(0, 1), best=1, empty=Empty(both=nan),
    aliases=("gds",), tex=r"\frac{2\sum_r w_r TP_r}{\sum_r w_r(2\,TP_r+FP_r+FN_r)}",
    cite="crum2006", scope="case",
)  # fmt: skip
def generalized_dice(
    counts: Counts, weight: Literal["square", "simple", "uniform"] = "square"
) -> Floats:
    """Dice of all regions of a case together.

    Each is weighted by 1/V_g² (`square`), 1/V_g (`simple`) or 1 (`uniform`). A region that is
    absent from the ground truth takes the largest weight of its own case.
    """
    size = counts.tp + counts.fn
    absent = size == 0
    power = {"square": 2, "simple": 1, "uniform": 0}[weight]
    # 0/1 for an absent region, which has no weight of its own yet.
    w = ratio(size > 0, (size + absent) ** power)
    # With all regions absent there is no largest weight: all of them weigh 1.
    largest = w.max() if len(w) else 0
    w = w + absent * (largest + (largest == 0))
    return ratio(2 * (w * counts.tp).sum(), (w * (2 * counts.tp + counts.fp + counts.fn)).sum())


@metric(
    title="Predicted volume", symbol="V_p", range=(0, inf), best=None, unit="volume", tex="V_p",
    cite="taha2015",
)  # fmt: skip
def volume_p(counts: Counts) -> Floats:
    """Size of the prediction."""
    return counts.volume_p


@metric(
    title="True volume", symbol="V_g", range=(0, inf), best=None, unit="volume", tex="V_g",
    cite="taha2015",
)  # fmt: skip
def volume_g(counts: Counts) -> Floats:
    """Size of the ground truth."""
    return counts.volume_g


@metric(
    title="True positives", symbol="TP", range=(0, inf), best=None, unit="voxel", tex="TP",
    cite="taha2015",
)  # fmt: skip
def tp(counts: Counts) -> Floats:
    """Voxels in both masks."""
    return counts.tp


@metric(
    title="False positives", symbol="FP", range=(0, inf), best=None, unit="voxel", tex="FP",
    cite="taha2015",
)  # fmt: skip
def fp(counts: Counts) -> Floats:
    """Voxels in the prediction alone."""
    return counts.fp


@metric(
    title="False negatives", symbol="FN", range=(0, inf), best=None, unit="voxel", tex="FN",
    cite="taha2015",
)  # fmt: skip
def fn(counts: Counts) -> Floats:
    """Voxels in the ground truth alone."""
    return counts.fn


@metric(
    title="True negatives", symbol="TN", range=(0, inf), best=None, unit="voxel", tex="TN",
    cite="taha2015",
)  # fmt: skip
def tn(counts: Counts) -> Floats:
    """Voxels in neither mask."""
    return counts.tn
