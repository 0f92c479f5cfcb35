"""The needs of kinds of plots: what a run must hold, how to tell, and what to do where it lacks.

A kind names its needs on its card. One that is not met leaves the plot out, and its `advice` says
why.
"""

from __future__ import annotations

from segeval.statistics.curves import MOST_CURVES

from .card import Need
from .source import Source


def _has_volumes(source: Source) -> bool:
    """Return whether a volume of some region is above 0."""
    return _volumes(source) > 0


def _has_several_volumes(source: Source) -> bool:
    """Return whether some region has them in several cases, or the only case in several regions."""
    details = source.results.details
    if details is None:
        return False
    somewhere = (details.volume_p > 0) | (details.volume_g > 0)
    is_one_case = somewhere.any(axis=1).sum() == 1
    return bool(somewhere.sum(axis=int(is_one_case)).max(initial=0) > 1)


def _volumes(source: Source) -> int:
    """Return in how many cases and regions a mask has a volume above 0."""
    details = source.results.details
    return 0 if details is None else int(((details.volume_p > 0) | (details.volume_g > 0)).sum())


def _has_several_cases(source: Source) -> bool:
    """Return whether some metric has values of several cases in one region."""
    return bool((source.cube.present.sum(axis=0) > 1).any())


def _has_several_rows(source: Source) -> bool:
    """Return whether there are several cases or regions."""
    return len(source.cube.cases) > 1 or len(source.cube.regions) > 1


def _has_nsd(source: Source) -> bool:
    """Return whether some case has an NSD curve."""
    details = source.results.details
    return details is not None and bool((details.curves.total > 0).any())


def _has_overlap_and_distance(source: Source) -> bool:
    """Return whether the table has both kinds of metrics."""
    return None not in source.leading()


def _has_ranking(source: Source) -> bool:
    """Return whether some metric tells which case is worse than another."""
    return source.ranking() is not None


def _has_masks(source: Source) -> bool:
    """Return whether the run names files of masks; they may have gone by now."""
    # Results made in memory name no files.
    return any(files.get("gt") for files in source.results.run.get("cases", {}).values())


VOLUMES = Need(
    words="volumes",
    advice="the results hold no volumes above 0, or details.npz is lacking; score again",
    met=_has_volumes,
)
SEVERAL_VOLUMES = Need(words="several of them", met=_has_several_volumes)
SEVERAL_CASES = Need(words="several cases", met=_has_several_cases)
SEVERAL_ROWS = Need(words="several cases or regions", met=_has_several_rows)
NSD_CURVES = Need(
    words="a surface metric",
    advice=(
        f"there are no NSD curves, which are kept of masks of up to {MOST_CURVES:,} regions; score "
        "with a surface metric, such as hd95"
    ),
    met=_has_nsd,
)
OVERLAP_AND_DISTANCE = Need(
    words="an overlap and a distance",
    advice="it needs an overlap in [0, 1] and a distance in the table, such as dice and hd95",
    met=_has_overlap_and_distance,
)
RANKING = Need(
    words="a metric of regions that has a best value",
    advice="no metric of the table tells which case is the worst; score with dice or hd95",
    met=_has_ranking,
)
MASKS = Need(
    words="the files of the masks, where they were",
    advice="the results name no files of masks; score files in place of arrays",
    met=_has_masks,
)
