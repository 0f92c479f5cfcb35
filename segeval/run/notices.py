"""What a user should know of a run as a whole: signs that something else was scored than was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from segeval.data.grid import Grid
from segeval.data.regions import Region
from segeval.protocols.protocol import Protocol
from segeval.statistics.counts import Counts

MANY = 20
"""From so many labels on, most of them on one side only, a folder is suspected to hold images."""


def remarks_on(
    regions: Sequence[Region], counts: Sequence[Counts], grids: Sequence[Grid], protocol: Protocol
) -> Iterator[str]:
    """Notices about a run, from the counts of its regions in every case and the grids of the cases."""
    if not counts:
        return
    if not regions:
        yield "no mask holds a label above 0: there is no region to score"
    in_p, in_g = (np.array([~getattr(c, side) for c in counts]) for side in ("empty_p", "empty_g"))
    nowhere = [
        region.name
        for region, found in zip(regions, (in_p | in_g).any(0), strict=True)
        if not found
    ]
    if nowhere:
        some = ", ".join(nowhere[:5]) + (
            f" and {len(nowhere) - 5} more" if len(nowhere) > 5 else ""
        )
        yield f"{len(nowhere)} of {len(regions)} regions occur in no mask: {some}; check --regions"
    if protocol.regions is None:
        one_sided = int((in_p.any(0) != in_g.any(0)).sum())
        if len(regions) >= MANY and one_sided > len(regions) / 2:
            yield (
                f"{one_sided} of {len(regions)} labels occur in the predictions or in the ground "
                f"truths alone; if one "
                "of the folders holds images or numbered instances, pass another folder, --regions "
                "or --binary"
            )
        if {1, 255} == {label for region in regions for label in region.labels} and not (
            in_g[:, 0] & in_g[:, 1]
        ).any():
            yield "some cases hold only {0, 1} and others only {0, 255}; if these mean the same, pass --binary"
    kinds = sorted({(grid.ndim, grid.unit) for grid in grids})
    if len(kinds) > 1:
        found = ", ".join(f"{ndim}-D in {unit}" for ndim, unit in kinds)
        yield f"the cases are of several kinds ({found}): means over them mix units"
