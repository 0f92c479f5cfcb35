"""Metrics of the whole table of label pairs: how well two partitions of the image agree, background
included.

One number per case, from the labels as they are in the files: regions do not matter, voxels ignored
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.statistics.contingency import Contingency
from segeval.statistics.ratios import ratio

from .card import metric


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A contingency table as formulas want it: the cells that are not 0, their row and column sums,
    the margins.
    """

    n: Floats
    of_g: Floats
    of_p: Floats
    rows: Floats
    columns: Floats
    hits: Floats
    classes: Integers

    @classmethod
    def of(cls, c: Contingency) -> Table:
        """The table over every label that occurs in either mask."""
        classes = np.union1d(c.gt, c.pred)
        i, j = np.searchsorted(classes, c.gt), np.searchsorted(classes, c.pred)
        n = c.count.astype(np.float64)
        rows, columns, hits = (
            np.bincount(at, weight, len(classes)).astype(np.float64)
            for at, weight in ((i, n), (j, n), (i, np.where(i == j, n, 0)))
        )
        return cls(n, rows[i], columns[j], rows, columns, hits, classes)

    @property
    def total(self) -> float:
        """Number of voxels; NaN where all are ignored, so that shares of them are NaN too."""
        return float(self.n.sum()) or nan


def _pairs(n: Floats | float) -> float:
    """How many unordered pairs of voxels lie within the cells."""
    return float(np.sum(np.asarray(n) * (np.asarray(n) - 1)) / 2)


def _entropy(n: Floats) -> float:
    share = n[n > 0] / n.sum()
    return float(-(share * np.log2(share)).sum()) if n.size else nan


@metric(
    title="Rand index", symbol="RI", range=(0, 1), best=1, scope="case", cite="rand1971",
    tex=r"1-\frac{\sum_i\binom{a_i}2+\sum_j\binom{b_j}2-2\sum_{ij}\binom{n_{ij}}2}{\binom n2}",
)  # fmt: skip
def rand(c: Contingency) -> float:
    """Share of voxel pairs that both masks put together or both keep apart."""
    t = Table.of(c)
    apart = _pairs(t.rows) + _pairs(t.columns) - 2 * _pairs(t.n)
    return float(1 - ratio(np.float64(apart), _pairs(t.total)))


@metric(
    title="Adjusted Rand index", symbol="ARI", range=(-1, 1), best=1, scope="case", cite="arabie1985",
    tex=r"\frac{\sum_{ij}\binom{n_{ij}}2-E}{\frac12(A+B)-E},\ E=AB/\tbinom n2",
)  # fmt: skip
def adjusted_rand(c: Contingency) -> float:
    """Rand index beyond what chance would give: 0 for independent partitions. Undefined if both
    masks are constant.
    """
    t = Table.of(c)
    together, a, b = _pairs(t.n), _pairs(t.rows), _pairs(t.columns)
    expected = ratio(np.float64(a * b), _pairs(t.total))
    return float(ratio(together - expected, (a + b) / 2 - expected))


@metric(
    title="Mutual information", symbol="MI", range=(0, inf), best=None, unit="bit", scope="case", cite="meila2007",
    tex=r"\sum_{ij}p_{ij}\log_2\left(\frac{p_{ij}}{p_i\,p_j}\right)",
)  # fmt: skip
def mutual_information(c: Contingency) -> float:
    """What one mask tells of the other: at most the smaller of their entropies, so the best value
    differs by case.
    """
    t = Table.of(c)
    return float(np.maximum(0, _entropy(t.rows) + _entropy(t.columns) - _entropy(t.n)))


@metric(
    title="Variation of information", symbol="VI", range=(0, inf), best=0, unit="bit", scope="case", cite="meila2007",
    tex=r"H(P\mid G)+H(G\mid P)",
)  # fmt: skip
def variation_of_information(c: Contingency) -> float:
    """What is left unknown of each mask when the other is known."""
    t = Table.of(c)
    return float(np.maximum(0, 2 * _entropy(t.n) - _entropy(t.rows) - _entropy(t.columns)))


@metric(
    title="Global consistency error", symbol="GCE", range=(0, 1), best=0, scope="case", cite="martin2001",
    tex=r"\frac1n\min\left(\sum_{ij}n_{ij}\frac{a_i-n_{ij}}{a_i},\sum_{ij}n_{ij}\frac{b_j-n_{ij}}{b_j}\right)",
)  # fmt: skip
def global_consistency_error(c: Contingency) -> float:
    """How far one partition is from refining the other, in the direction that suits better."""
    t = Table.of(c)
    return float(min((t.n * (1 - t.n / t.of_g)).sum(), (t.n * (1 - t.n / t.of_p)).sum()) / t.total)


@metric(
    title="Multi-class Matthews correlation coefficient", symbol="MCC_K", range=(-1, 1), best=1, scope="case",
    tex=r"\frac{n\sum_k n_{kk}-\sum_k a_k b_k}{\sqrt{(n^2-\sum_k a_k^2)(n^2-\sum_k b_k^2)}}", cite="gorodkin2004",
)  # fmt: skip
def multiclass_mcc(c: Contingency) -> float:
    """Correlation of the two label maps as categorical variables. Undefined when a mask is
    constant.
    """
    t = Table.of(c)
    p, q, agree = t.rows / t.total, t.columns / t.total, t.hits.sum() / t.total
    return float(ratio(agree - (p * q).sum(), ((1 - (p**2).sum()) * (1 - (q**2).sum())) ** 0.5))


@metric(
    title="Multi-class kappa", symbol="κ_K", range=(-1, 1), best=1, scope="case", cite="cohen1960",
    tex=r"\frac{p_o-p_e}{1-p_e}",
)  # fmt: skip
def multiclass_kappa(c: Contingency) -> float:
    """Share of voxels with the same label, beyond what the sizes of the labels alone would give."""
    t = Table.of(c)
    chance = (t.rows * t.columns).sum() / t.total**2
    return float(ratio(t.hits.sum() / t.total - chance, 1 - chance))


@metric(
    title="Weighted kappa", symbol="κ_w", range=(-1, 1), best=1, scope="case", cite="cohen1968",
    tex=r"1-\frac{\sum_{ij}w_{ij}n_{ij}}{\sum_{ij}w_{ij}a_i b_j/n}",
)  # fmt: skip
def weighted_kappa(c: Contingency, weight: Literal["linear", "quadratic"] = "linear") -> float:
    """Kappa for ordered labels: a confusion costs the (squared) difference of the two labels."""
    t = Table.of(c)
    power = {"linear": 1, "quadratic": 2}[weight]
    label, p, g = t.classes.astype(np.float64), t.columns, t.rows
    if (
        weight == "linear"
    ):  # |i - j| adds up the gaps between i and j, and a gap is crossed by all pairs around it
        below = np.cumsum(p)[:-1] * (t.total - np.cumsum(g)[:-1]) + np.cumsum(g)[:-1] * (
            t.total - np.cumsum(p)[:-1]
        )
        expected = (np.diff(label) * below).sum()
    else:
        expected = t.total * (label**2 @ (p + g)) - 2 * (label @ p) * (label @ g)
    found = (t.n * abs(c.gt - c.pred).astype(np.float64) ** power).sum()
    return float(1 - ratio(found, expected / t.total))


@metric(
    title="Pixel accuracy", symbol="PA", range=(0, 1), best=1, scope="case", tex=r"\frac1n\sum_k n_{kk}",
    cite="long2015",
)  # fmt: skip
def pixel_accuracy(c: Contingency) -> float:
    """Share of voxels with the right label."""
    t = Table.of(c)
    return float(t.hits.sum() / t.total)


@metric(
    title="Mean intersection over union", symbol="mIoU", range=(0, 1), best=1, scope="case", aliases=("miou",),
    tex=r"\frac1K\sum_k\frac{n_{kk}}{a_k+b_k-n_{kk}}", cite="everingham2010",
)  # fmt: skip
def mean_iou(c: Contingency) -> float:
    """Mean over the labels that occur in either mask, background among them, of their intersection
    over union.
    """
    t = Table.of(c)
    return float(ratio((t.hits / (t.rows + t.columns - t.hits)).sum(), len(t.classes)))


@metric(
    title="Frequency-weighted intersection over union", symbol="fwIoU", range=(0, 1), best=1, scope="case",
    aliases=("fwiou",), tex=r"\frac1n\sum_k a_k\frac{n_{kk}}{a_k+b_k-n_{kk}}", cite="long2015",
)  # fmt: skip
def frequency_weighted_iou(c: Contingency) -> float:
    """Mean of the labels' intersection over union, weighted by their share of the ground truth."""
    t = Table.of(c)
    return float((t.rows * t.hits / (t.rows + t.columns - t.hits)).sum() / t.total)
