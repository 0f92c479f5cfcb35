"""Metrics of the whole table of label pairs: how well two partitions agree, background included.

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

from .declare import metric


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A contingency table as formulas want it: its cells that are not 0, and its margins.

    Rows are labels of the ground truth, columns labels of the prediction. All but the labels
    are numbers of voxels, as floats, so that products do not overflow.
    """

    cells: Floats
    """n_ij of the pairs of labels that occur, (cells,)."""
    row_of_cell: Floats
    """a_i of each cell: the voxels of its label of the ground truth, (cells,)."""
    column_of_cell: Floats
    """b_j of each cell: the voxels of its label of the prediction, (cells,)."""
    rows: Floats
    """a of each label, (labels,)."""
    columns: Floats
    """b of each label, (labels,)."""
    diagonal: Floats
    """n_kk of each label: the voxels that have it in both masks, (labels,)."""
    labels: Integers
    """Labels that occur in either mask, sorted."""

    @classmethod
    def of(cls, pairs: Contingency) -> Table:
        """Return the table over every label that occurs in either mask."""
        labels = np.union1d(pairs.gt, pairs.pred)
        i = np.searchsorted(labels, pairs.gt)
        j = np.searchsorted(labels, pairs.pred)
        cells = pairs.count.astype(np.float64)
        rows = _sums(i, cells, len(labels))
        columns = _sums(j, cells, len(labels))
        diagonal = _sums(i, np.where(i == j, cells, 0), len(labels))
        return cls(cells, rows[i], columns[j], rows, columns, diagonal, labels)

    @property
    def total(self) -> float:
        """Number of voxels; NaN where all are ignored, so that shares of them are NaN too."""
        return float(self.cells.sum()) or nan


def _sums(group: Integers, values: Floats, groups: int) -> Floats:
    """Return the sum of the values of each group, (groups,)."""
    return np.bincount(group, values, groups).astype(np.float64)


def _pairs(n: Floats | float) -> float:
    """Return how many unordered pairs of voxels lie within cells of `n` voxels."""
    n = np.asarray(n)
    return float(np.sum(n * (n - 1)) / 2)


def _entropy(n: Floats) -> float:
    """Return the entropy in bits of a partition into parts of `n` voxels."""
    # 0 log 0 counts as 0, as its limit does.
    share = n[n > 0] / n.sum()
    return float(-(share * np.log2(share)).sum()) if n.size else nan


@metric(
    title="Rand index", symbol="RI", range=(0, 1), best=1, scope="case", cite="rand1971",
    tex=r"1-\frac{\sum_i\binom{a_i}2+\sum_j\binom{b_j}2-2\sum_{ij}\binom{n_{ij}}2}{\binom n2}",
)  # fmt: skip
def rand(pairs: Contingency) -> float:
    """Share of voxel pairs that both masks put together or both keep apart."""
    table = Table.of(pairs)
    # Pairs that one mask alone puts together: those of either, less twice those of both.
    separated = _pairs(table.rows) + _pairs(table.columns) - 2 * _pairs(table.cells)
    return float(1 - ratio(np.float64(separated), _pairs(table.total)))


@metric(
    title="Adjusted Rand index", symbol="ARI", range=(-1, 1), best=1, scope="case",
    cite="arabie1985", tex=r"\frac{\sum_{ij}\binom{n_{ij}}2-E}{\frac12(A+B)-E},\ E=AB/\tbinom n2",
)  # fmt: skip
def adjusted_rand(pairs: Contingency) -> float:
    """Rand index beyond what chance would give: 0 for independent partitions.

    Undefined if both masks are constant.
    """
    table = Table.of(pairs)
    together, a, b = _pairs(table.cells), _pairs(table.rows), _pairs(table.columns)
    expected = ratio(np.float64(a * b), _pairs(table.total))
    return float(ratio(together - expected, (a + b) / 2 - expected))


@metric(
    title="Mutual information", symbol="MI", range=(0, inf), best=None, unit="bit", scope="case",
    cite="meila2007", tex=r"\sum_{ij}p_{ij}\log_2\left(\frac{p_{ij}}{p_i\,p_j}\right)",
)  # fmt: skip
def mutual_information(pairs: Contingency) -> float:
    """What one mask tells of the other.

    At most the smaller of their entropies, so the best value differs by case.
    """
    table = Table.of(pairs)
    mutual = _entropy(table.rows) + _entropy(table.columns) - _entropy(table.cells)
    # Rounding may leave a little less than nothing; NaN stays NaN.
    return float(np.maximum(0, mutual))


@metric(
    title="Variation of information", symbol="VI", range=(0, inf), best=0, unit="bit", scope="case",
    cite="meila2007", tex=r"H(P\mid G)+H(G\mid P)",
)  # fmt: skip
def variation_of_information(pairs: Contingency) -> float:
    """What is left unknown of each mask when the other is known."""
    table = Table.of(pairs)
    unknown = 2 * _entropy(table.cells) - _entropy(table.rows) - _entropy(table.columns)
    return float(np.maximum(0, unknown))


@metric(
    title="Global consistency error", symbol="GCE", range=(0, 1), best=0, scope="case",
    cite="martin2001",
    tex=r"\frac1n\min\left(\sum_{ij}n_{ij}\frac{a_i-n_{ij}}{a_i},"
        r"\sum_{ij}n_{ij}\frac{b_j-n_{ij}}{b_j}\right)",
)  # fmt: skip
def global_consistency_error(pairs: Contingency) -> float:
    """How far one partition is from refining the other, in the direction that suits better."""
    table = Table.of(pairs)
    # For each voxel, the share of its part in one mask that lies outside its part in the other.
    by_gt = (table.cells * (1 - table.cells / table.row_of_cell)).sum()
    by_pred = (table.cells * (1 - table.cells / table.column_of_cell)).sum()
    return float(min(by_gt, by_pred) / table.total)


@metric(
    title="Multi-class Matthews correlation coefficient", symbol="MCC_K", range=(-1, 1), best=1,
    scope="case",
    tex=r"\frac{n\sum_k n_{kk}-\sum_k a_k b_k}{\sqrt{(n^2-\sum_k a_k^2)(n^2-\sum_k b_k^2)}}",
    cite="gorodkin2004",
)  # fmt: skip
def multiclass_mcc(pairs: Contingency) -> float:
    """Correlation of the two label maps as categorical variables.

    Undefined when a mask is constant.
    """
    table = Table.of(pairs)
    # All terms divided by n², which leaves the quotient as it is.
    a, b = table.rows / table.total, table.columns / table.total
    agreement = table.diagonal.sum() / table.total
    spread = (1 - (a**2).sum()) * (1 - (b**2).sum())
    return float(ratio(agreement - (a * b).sum(), spread**0.5))


@metric(
    title="Multi-class kappa", symbol="κ_K", range=(-1, 1), best=1, scope="case", cite="cohen1960",
    tex=r"\frac{p_o-p_e}{1-p_e}",
)  # fmt: skip
def multiclass_kappa(pairs: Contingency) -> float:
    """Share of voxels with the same label, beyond what the sizes of the labels alone would give."""
    table = Table.of(pairs)
    chance = (table.rows * table.columns).sum() / table.total**2
    return float(ratio(table.diagonal.sum() / table.total - chance, 1 - chance))


@metric(
    title="Weighted kappa", symbol="κ_w", range=(-1, 1), best=1, scope="case", cite="cohen1968",
    tex=r"1-\frac{\sum_{ij}w_{ij}n_{ij}}{\sum_{ij}w_{ij}a_i b_j/n}",
)  # fmt: skip
def weighted_kappa(pairs: Contingency, weight: Literal["linear", "quadratic"] = "linear") -> float:
    """Kappa for ordered labels: a confusion costs the (squared) difference of the two labels."""
    table = Table.of(pairs)
    power = {"linear": 1, "quadratic": 2}[weight]
    label, a, b = table.labels.astype(np.float64), table.rows, table.columns
    if weight == "linear":
        # |i - j| adds up the gaps between i and j, and a gap is crossed by all pairs around it.
        below_a, below_b = np.cumsum(a)[:-1], np.cumsum(b)[:-1]
        crossing = below_b * (table.total - below_a) + below_a * (table.total - below_b)
        expected = (np.diff(label) * crossing).sum()
    else:
        # (i - j)² multiplied out, so that no table of all pairs of labels is needed.
        expected = table.total * (label**2 @ (b + a)) - 2 * (label @ b) * (label @ a)
    observed = (table.cells * abs(pairs.gt - pairs.pred).astype(np.float64) ** power).sum()
    return float(1 - ratio(observed, expected / table.total))


@metric(
    title="Pixel accuracy", symbol="PA", range=(0, 1), best=1, scope="case",
    tex=r"\frac1n\sum_k n_{kk}", cite="long2015",
)  # fmt: skip
def pixel_accuracy(pairs: Contingency) -> float:
    """Share of voxels with the right label."""
    table = Table.of(pairs)
    return float(table.diagonal.sum() / table.total)


@metric(
    title="Mean intersection over union", symbol="mIoU", range=(0, 1), best=1, scope="case",
    aliases=("miou",), tex=r"\frac1K\sum_k\frac{n_{kk}}{a_k+b_k-n_{kk}}", cite="everingham2010",
)  # fmt: skip
def mean_iou(pairs: Contingency) -> float:
    """Mean over the labels that occur in either mask of their intersection over union.

    Background is among them.
    """
    table = Table.of(pairs)
    union = table.rows + table.columns - table.diagonal
    # Each label occurs in some mask, so that no union is 0.
    return float(ratio((table.diagonal / union).sum(), len(table.labels)))


@metric(
    title="Frequency-weighted intersection over union", symbol="fwIoU", range=(0, 1), best=1,
    scope="case", aliases=("fwiou",), tex=r"\frac1n\sum_k a_k\frac{n_{kk}}{a_k+b_k-n_{kk}}",
    cite="long2015",
)  # fmt: skip
def frequency_weighted_iou(pairs: Contingency) -> float:
    """Mean of the labels' intersection over union, weighted by their share of the ground truth."""
    table = Table.of(pairs)
    union = table.rows + table.columns - table.diagonal
    return float((table.rows * table.diagonal / union).sum() / table.total)
