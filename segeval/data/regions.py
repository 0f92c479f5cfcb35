"""Regions: the named sets of label values that scores are given for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segeval.errors import UsageError

LARGEST = 2**63 - 1
"""The largest label that an array can hold, of 64-bit integers."""


@dataclass(frozen=True, slots=True)
class Region:
    """A named set of label values: one class, or a union such as whole tumour = {1, 2, 3}."""

    name: str
    labels: frozenset[int]

    def __post_init__(self) -> None:
        if not self.labels:
            raise UsageError(
                f"region {self.name!r} holds no label; give at least one, such as {self.name}=1"
            )
        odd = [label for label in self.labels if not 0 <= label <= LARGEST]
        if odd:
            raise UsageError(
                f"region {self.name!r} holds the label {min(odd)}; labels are from 0 to {LARGEST:,}"
            )

    @classmethod
    def of(cls, name: str | int, *labels: int) -> Region:
        """Return the region of these labels; without any, of the label that is its name.

        >>> Region.of("core", 1, 4).labels == {1, 4}
        True
        """
        return cls(str(name), frozenset(labels or (int(name),)))


def disjoint_layers(regions: Sequence[Region]) -> list[list[int]]:
    """Return positions of the regions in groups, called layers, that hold no label twice.

    One pass over the voxels can then measure a whole layer. Regions go into the first layer that
    has room for them, which makes few layers, if not always the fewest.

    >>> whole, core = Region.of("whole", 1, 2), Region.of("core", 1)
    >>> disjoint_layers([whole, core, Region.of(2), Region.of(3)])
    [[0, 3], [1, 2]]
    """
    labels = [label for region in regions for label in region.labels]
    # The common case: no label twice, so that one layer holds all regions.
    if labels and len(set(labels)) == len(labels):
        return [list(range(len(regions)))]
    layers: list[list[int]] = []
    labels_of_layer: list[set[int]] = []
    for position, region in enumerate(regions):
        for layer, taken in zip(layers, labels_of_layer, strict=True):
            if taken.isdisjoint(region.labels):
                layer.append(position)
                taken.update(region.labels)
                break
        else:
            layers.append([position])
            labels_of_layer.append(set(region.labels))
    return layers
