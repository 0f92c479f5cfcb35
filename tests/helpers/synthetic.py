"""Made-up results that look like real ones, for the tests of figures: hard and easy cases, regions
and misses.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from segeval.metrics import DEFAULT_METRICS
from segeval.results.details import Details
from segeval.results.results import Results
from segeval.statistics.curves import Curves
from segeval.statistics.distances import Distances
from segeval.summary.aggregate import summarise

TOLERANCE = np.linspace(0, 10, 41)


def names(regions: int) -> tuple[str, ...]:
    few = ("liver", "spleen", "left kidney", "pancreas", "gallbladder")
    return (
        few[:regions]
        if regions <= len(few)
        else tuple(f"organ_{k:03d}" for k in range(1, regions + 1))
    )


def curves_of(tolerance, nsd) -> Curves:
    """Curves of every case and region that rise to `nsd` (cases, regions, T) at these tolerances;
    NaN is no curve.
    """
    flat = np.reshape(nsd, (-1, len(tolerance))).astype(float)
    exists = np.isfinite(flat).all(1)
    near = [
        Distances.of(tolerance, np.diff(values, prepend=0)) if rises else Distances.absent(1)
        for values, rises in zip(flat, exists, strict=True)
    ]
    return Curves(Distances.stacked(near), exists * 1.0, np.full(len(flat), tolerance[-1]))


def results(cases: int, regions: int, *, gaps: bool = True, seed: int = 0) -> Results:
    """Results of the default metrics. With `gaps` some masks are empty: scores are undefined or
    infinite there.
    """
    rng = np.random.default_rng(seed)
    shape = (cases, regions)
    error = 0.06 * np.exp(
        rng.normal(0, 0.7, (cases, 1))
        + rng.normal(0, 0.6, (1, regions))
        + rng.normal(0, 0.4, shape)
    )
    lost = 1 - np.exp(-error)
    spurious = 1 - np.exp(-error * np.exp(rng.normal(0, 0.5, shape)))
    true = np.exp(rng.normal(0, 0.4, shape) + rng.uniform(1, 7, (1, regions)))
    hit, extra = true * (1 - lost), true * spurious
    draw = rng.random(shape) if gaps else np.ones(shape)
    both, one = draw < 0.02, (draw >= 0.02) & (draw < 0.035)
    volume_p, volume_g = np.where(both | one, 0, hit + extra), np.where(both, 0, true)
    hit = np.where(both | one, 0, hit)
    with np.errstate(invalid="ignore"):
        scores = {
            "dice": 2 * hit / (volume_p + volume_g),
            "iou": hit / (volume_p + volume_g - hit),
            "precision": hit / volume_p,
            "recall": hit / volume_g,
            "volume_similarity": 1 - abs(volume_p - volume_g) / (volume_p + volume_g),
        }
    mean = 8 * error * np.exp(rng.normal(0, 0.3, shape))
    scores["assd"] = np.where(both, np.nan, np.where(one, np.inf, mean))
    scores["hd95"] = scores["assd"] * np.exp(rng.normal(1.2, 0.3, shape))
    nsd = 1 - np.exp(-(TOLERANCE + 0.3) / np.maximum(mean, 1e-6)[..., None])
    nsd[both], nsd[one] = np.nan, 0
    ids = tuple(f"case_{k:04d}" for k in range(1, cases + 1))
    table = pd.DataFrame({
        "case": np.repeat(ids, regions), "region": np.tile(names(regions), cases),
        **{name: scores[name].ravel() for name in DEFAULT_METRICS}, "note": "",
    })  # fmt: skip
    run = {
        "complete": True, "units": {"length": "mm", "volume": "ml"}, "cases": {}, "warnings": [],
        "regions": {name: [k] for k, name in enumerate(names(regions), 1)}, "protocol": {},
    }  # fmt: skip
    summary = summarise(table, length_unit="mm", volume_unit="ml", resamples=50)
    return Results(
        table,
        summary,
        run,
        Details(ids, names(regions), volume_p, volume_g, curves_of(TOLERANCE, nsd)),
    )
