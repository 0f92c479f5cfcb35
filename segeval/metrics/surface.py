"""Metrics of the distances between two boundaries, and of those between whole masks.

D_pg are the distances from every boundary element of the prediction to the boundary of the ground
truth, D_gp the reverse. Lengths are in the unit of the spacing.

Formulas take and give all regions at once, (R,). A direction that starts from an empty mask has no
elements, and NaN for most numbers; one that leads to an empty mask has infinite distances.
"""

from __future__ import annotations

from math import inf, nan

import numpy as np

from segeval.arrays import Floats
from segeval.statistics.depths import Depths
from segeval.statistics.distances import SurfaceDistances, VolumeDistances
from segeval.statistics.moments import Moments
from segeval.statistics.ratios import ratio

from .card import Empty
from .declare import metric
from .overlap import OVERLAP
from .parameters import NonNegative, Percentile, Positive

DISTANCE = Empty(both=nan, pred=inf, gt=inf)
"""The values of a distance for empty masks: nothing to measure, or nothing to measure to."""


@metric(
    title="Hausdorff distance", symbol="HD", range=(0, inf), best=0, unit="length", empty=DISTANCE,
    aliases=("hausdorff",), tex=r"\max\left(P_q D_{pg},\,P_q D_{gp}\right)",
    cite="huttenlocher1993", glued=True, class_name="HausdorffDistance",
)  # fmt: skip
def hd(distances: SurfaceDistances, percentile: Percentile = 100) -> Floats:
    """Larger of the two directed percentiles of the boundary distances.

    At 100 the largest distance of all.
    """
    # `fmax` passes NaN over: with one mask empty, the other direction says infinite.
    return np.fmax(distances.pg.quantile(percentile / 100), distances.gp.quantile(percentile / 100))


@metric(
    title="Pooled Hausdorff distance", symbol="HD_pooled", range=(0, inf), best=0, unit="length",
    empty=DISTANCE, tex=r"P_q\left(D_{pg}\cup D_{gp}\right)", cite="huttenlocher1993",
)  # fmt: skip
def hd_pooled(distances: SurfaceDistances, percentile: Percentile = 100) -> Floats:
    """Percentile of the distances of both directions taken together, as MedPy computes HD95."""
    return distances.both.quantile(percentile / 100)


@metric(
    title="Directed Hausdorff distance, prediction to ground truth", symbol="HD_pg", range=(0, inf),
    best=0, unit="length", empty=DISTANCE, tex=r"P_q D_{pg}", cite="huttenlocher1993",
)  # fmt: skip
def hd_pg(distances: SurfaceDistances, percentile: Percentile = 100) -> Floats:
    """How far the prediction's boundary strays from the true one."""
    return distances.pg.quantile(percentile / 100)


@metric(
    title="Directed Hausdorff distance, ground truth to prediction", symbol="HD_gp", range=(0, inf),
    best=0, unit="length", empty=DISTANCE, tex=r"P_q D_{gp}", cite="huttenlocher1993",
)  # fmt: skip
def hd_gp(distances: SurfaceDistances, percentile: Percentile = 100) -> Floats:
    """How far the true boundary is from the prediction's."""
    return distances.gp.quantile(percentile / 100)


@metric(
    title="Mean of the directed Hausdorff distances", symbol="HD_mean", range=(0, inf), best=0,
    unit="length", empty=DISTANCE, tex=r"\frac12\left(P_q D_{pg}+P_q D_{gp}\right)",
    cite="huttenlocher1993",
)  # fmt: skip
def hd_mean(distances: SurfaceDistances, percentile: Percentile = 100) -> Floats:
    """Mean of the two directed percentiles, as DisTorch computes HD95."""
    return (distances.pg.quantile(percentile / 100) + distances.gp.quantile(percentile / 100)) / 2


@metric(
    title="Average symmetric surface distance", symbol="ASSD", range=(0, inf), best=0,
    unit="length", empty=DISTANCE, tex=r"\frac{\sum D_{pg}+\sum D_{gp}}{|D_{pg}|+|D_{gp}|}",
    cite="heimann2009",
)  # fmt: skip
def assd(distances: SurfaceDistances) -> Floats:
    """Mean of the distances of both directions taken together.

    The longer boundary therefore weighs more.
    """
    total = distances.pg.total() + distances.gp.total()
    return ratio(distances.pg.moment(1) + distances.gp.moment(1), total)


@metric(
    title="Mean average surface distance", symbol="MASD", range=(0, inf), best=0, unit="length",
    empty=DISTANCE, tex=r"\frac12\left(\overline{D_{pg}}+\overline{D_{gp}}\right)",
    cite="reinke2024",
)  # fmt: skip
def masd(distances: SurfaceDistances) -> Floats:
    """Mean of the two directed means, so that both boundaries weigh the same."""
    # NaN with one mask empty; `DISTANCE` has infinite there.
    return (distances.pg.mean() + distances.gp.mean()) / 2


@metric(
    title="Average surface distance, prediction to ground truth", symbol="ASD_pg", range=(0, inf),
    best=0, unit="length", empty=DISTANCE, tex=r"\overline{D_{pg}}", cite="heimann2009",
)  # fmt: skip
def asd_pg(distances: SurfaceDistances) -> Floats:
    """Mean distance of the prediction's boundary from the true one."""
    return distances.pg.mean()


@metric(
    title="Average surface distance, ground truth to prediction", symbol="ASD_gp", range=(0, inf),
    best=0, unit="length", empty=DISTANCE, tex=r"\overline{D_{gp}}", cite="heimann2009",
)  # fmt: skip
def asd_gp(distances: SurfaceDistances) -> Floats:
    """Mean distance of the true boundary from the prediction's."""
    return distances.gp.mean()


@metric(
    title="Median surface distance", symbol="MedSD", range=(0, inf), best=0, unit="length",
    empty=DISTANCE, tex=r"P_{50}\left(D_{pg}\cup D_{gp}\right)", cite="heimann2009",
)  # fmt: skip
def median_sd(distances: SurfaceDistances) -> Floats:
    """Median of the distances of both directions taken together; means are `assd` and `masd`."""
    return distances.both.quantile(0.5)


@metric(
    title="Standard deviation of the surface distance", symbol="SDSD", range=(0, inf), best=0,
    unit="length", empty=DISTANCE, tex=r"\sqrt{\overline{D^2}-\overline{D}^2}", cite="heimann2009",
)  # fmt: skip
def std_sd(distances: SurfaceDistances) -> Floats:
    """Spread of the distances of both directions taken together."""
    return distances.both.std()


@metric(
    title="Root mean square surface distance", symbol="RMSD", range=(0, inf), best=0, unit="length",
    empty=DISTANCE, tex=r"\sqrt{\overline{D^2}}", cite="heimann2009",
)  # fmt: skip
def rmsd(distances: SurfaceDistances) -> Floats:
    """Root mean square of the distances of both directions taken together."""
    total = distances.pg.total() + distances.gp.total()
    return ratio(distances.pg.moment(2) + distances.gp.moment(2), total) ** 0.5


@metric(
    title="Normalized surface distance", symbol="NSD", range=(0, 1), best=1, empty=OVERLAP,
    aliases=("surface_dice",), class_name="SurfaceDice",
    tex=r"\frac{|D_{pg}\le\tau|+|D_{gp}\le\tau|}{|D_{pg}|+|D_{gp}|}", cite="nikolov2021",
)  # fmt: skip
def nsd(distances: SurfaceDistances, tolerance: NonNegative) -> Floats:
    """Share of both boundaries that lies within the tolerance of the other one."""
    total = distances.pg.total() + distances.gp.total()
    return ratio(distances.pg.within(tolerance) + distances.gp.within(tolerance), total)


@metric(
    title="Surface overlap, prediction", symbol="SO_pg", range=(0, 1), best=1, empty=OVERLAP,
    tex=r"\frac{|D_{pg}\le\tau|}{|D_{pg}|}", cite="nikolov2021",
)  # fmt: skip
def overlap_pg(distances: SurfaceDistances, tolerance: NonNegative) -> Floats:
    """Share of the prediction's boundary that lies within the tolerance of the true one."""
    return ratio(distances.pg.within(tolerance), distances.pg.total())


@metric(
    title="Surface overlap, ground truth", symbol="SO_gp", range=(0, 1), best=1, empty=OVERLAP,
    tex=r"\frac{|D_{gp}\le\tau|}{|D_{gp}|}", cite="nikolov2021",
)  # fmt: skip
def overlap_gp(distances: SurfaceDistances, tolerance: NonNegative) -> Floats:
    """Share of the true boundary that lies within the tolerance of the prediction's."""
    return ratio(distances.gp.within(tolerance), distances.gp.total())


@metric(
    title="Mean surface overlap", symbol="SO", range=(0, 1), best=1, empty=OVERLAP,
    tex=r"\frac12\left(\frac{|D_{pg}\le\tau|}{|D_{pg}|}+\frac{|D_{gp}\le\tau|}{|D_{gp}|}\right)",
    cite="nikolov2021",
)  # fmt: skip
def overlap_mean(distances: SurfaceDistances, tolerance: NonNegative) -> Floats:
    """Mean of the two surface overlaps, so that both boundaries weigh the same.

    panoptica computes NSD so.
    """
    return (overlap_pg(distances, tolerance) + overlap_gp(distances, tolerance)) / 2


@metric(
    title="Area under the NSD curve", symbol="NSD-AUC", range=(0, 1), best=1, empty=OVERLAP,
    tex=r"\frac1L\int_0^L \mathrm{NSD}(\tau)\,d\tau", cite="nikolov2021",
)  # fmt: skip
def nsd_auc(distances: SurfaceDistances, limit: Positive) -> Floats:
    """Mean NSD over all tolerances from 0 to the limit, exactly."""
    total = distances.pg.total() + distances.gp.total()
    # Above the curve, an element has the part of the limit that its distance takes.
    return 1 - ratio(distances.pg.part_of(limit) + distances.gp.part_of(limit), total)


@metric(
    title="Boundary IoU", symbol="BIoU", range=(0, 1), best=1, empty=OVERLAP, aliases=("biou",),
    tex=r"\frac{|P_d\cap G_d|}{|P_d\cup G_d|}", cite="cheng2021",
)  # fmt: skip
def boundary_iou(depths: Depths, width: Positive) -> Floats:
    """IoU of the two inner bands.

    A band holds the voxels of a mask that are nearer than `width` to its own boundary voxels.
    """
    # `shared` has the larger depth of a voxel in both masks: below the width it is in both bands.
    band_p = depths.p.below(width)
    band_g = depths.g.below(width)
    shared = depths.shared.below(width)
    return ratio(shared, band_p + band_g - shared)


@metric(
    title="Centroid distance", symbol="CeDi", range=(0, inf), best=0, unit="length", empty=DISTANCE,
    aliases=("cedi",), tex=r"\|\bar x_p-\bar x_g\|", cite="reinke2024",
)  # fmt: skip
def centroid_distance(moments: Moments) -> Floats:
    """Distance between the centres of mass."""
    return np.asarray(((moments.mean_p - moments.mean_g) ** 2).sum(-1) ** 0.5)


@metric(
    title="Mahalanobis distance", symbol="MHD", range=(0, inf), best=0, empty=DISTANCE,
    cite="taha2015", tex=r"\sqrt{(\bar x_p-\bar x_g)^\top S^{-1}(\bar x_p-\bar x_g)}",
)  # fmt: skip
def mahalanobis(moments: Moments) -> Floats:
    """Distance between the centres of mass in units of the masks' common spread S.

    Undefined for flat masks.
    """
    return moments.mahalanobis()


@metric(
    title="Volumetric Hausdorff distance", symbol="HD_vol", range=(0, inf), best=0, unit="length",
    empty=DISTANCE, tex=r"\max\left(\max_{x\in P}d(x,G),\,\max_{x\in G}d(x,P)\right)",
    cite="taha2015",
)  # fmt: skip
def hd_volume(distances: VolumeDistances) -> Floats:
    """Largest distance of any voxel of one mask from the other mask, both taken as solid."""
    # As in `hd`, the direction that starts from an empty mask is passed over.
    return np.fmax(distances.pg.quantile(1), distances.gp.quantile(1))


@metric(
    title="Volumetric average Hausdorff distance", symbol="AHD_vol", range=(0, inf), best=0,
    unit="length", empty=DISTANCE, tex=r"\frac12\left(\overline{d(P,G)}+\overline{d(G,P)}\right)",
    cite="taha2015",
)  # fmt: skip
def average_hd_volume(distances: VolumeDistances) -> Floats:
    """Mean of the two mean distances from the voxels of one mask to the other mask.

    Both are taken as solid.
    """
    return (distances.pg.mean() + distances.gp.mean()) / 2
