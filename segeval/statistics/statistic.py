"""The statistic of a case: all that a group of metrics needs to know about it, measured once.

A metric is a formula of one statistic. `Need` names a statistic, with a boundary where it depends
on one, `segeval.measure` measures it, and `Cases` are those of many cases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

from numpy.typing import NDArray

from segeval.arrays import Flags, Floats, Integers

from .boundary import Boundary

if TYPE_CHECKING:
    from typing_extensions import Self

    from segeval.data.regions import Region

SideKind: TypeAlias = Literal["labels", "mesh"]
"""Kinds of prediction or ground truth: a label map, or a surface of triangles."""
Arrays: TypeAlias = Mapping[str, NDArray[Any]]
"""The arrays of a flat form, by name."""


class Column(NamedTuple):
    """An array of the flat form: its dtype, and its number of columns, 0 for a single axis."""

    dtype: str
    width: int


Columns: TypeAlias = dict[str, Column]


class LabelPairs(Protocol):
    """A table of how many voxels carry each pair of labels: that of a case is a `Contingency`."""

    @property
    def gt(self) -> Integers:
        """Label of each row in the ground truth."""

    @property
    def pred(self) -> Integers:
        """Label of each row in the prediction."""

    @property
    def count(self) -> Integers:
        """Voxels of each row."""


class Statistic(ABC):
    """All that some metrics need to know about a case; the class variables are its card.

    Statistics add up, over cases and over parts of a case, and have a flat form: a few arrays in
    which many cases can be kept one after the other, written to disk, and gathered from other
    processes. The rows of the first array begin with the label that they are about, 0 first, so
    that a 0 tells where a case begins. Single samples all belong to one case: their rows begin with
    the complement of the label, −1 for 0.
    """

    __slots__ = ()

    measurer: ClassVar[str] = ""
    """The function of `segeval.measure` that measures it, as `module:function`; empty where the
    contingency table is enough, or the card of a boundary rule names it."""
    device_measurer: ClassVar[str] = ""
    """That for tensors on a GPU; without one, masks are moved to the host."""
    axes: ClassVar[tuple[int, ...] | None] = (2, 3)
    """Numbers of spatial axes that it exists for; None for any."""
    sides: ClassVar[tuple[SideKind, ...]] = ("labels",)
    """Kinds of sides of a case that it can be measured of."""
    by_region: ClassVar[bool] = True
    """Whether it holds something for every region, or is about the case as a whole."""
    by_boundary: ClassVar[bool] = False
    """Whether it depends on the rule for boundaries."""
    pooled: ClassVar[bool] = False
    """Whether a run keeps it of every case, to score the sum of all of them."""
    background: ClassVar[bool] = False
    """Whether the background counts as a region unless somebody says otherwise."""
    lengths: ClassVar[bool] = True
    """Whether it depends on the size of voxels."""
    positional: ClassVar[bool] = False
    """Whether it knows positions in the image, so that the sum over cases is not that of the images
    side by side."""

    @abstractmethod
    def __add__(self, other: Self) -> Self:
        """Return the statistic of both together: of two cases, or of two parts of one."""

    @abstractmethod
    def weighted(self, weights: Floats) -> Self:
        """Return the statistic in which a voxel counts as so many.

        `weights` has one number for each region, or a single one where it holds no regions.
        """

    @classmethod
    def of_table(
        cls, table: LabelPairs, regions: Sequence[Region], voxel_volume: float
    ) -> Self | None:
        """Return the statistic if the contingency table is enough for it; None otherwise.

        None means that it has to be measured. `voxel_volume` is the volume of a voxel.
        """
        return None

    @classmethod
    @abstractmethod
    def columns(cls, need: Need) -> Columns:
        """Return the arrays of the flat form, by name, that of the marks first."""

    @abstractmethod
    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return the flat form of one case, whose regions have these labels, 0 first.

        `sample`: of a single sample, which belongs to the case of all samples.
        """

    @classmethod
    @abstractmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> Cases:
        """Return the cases of a flat form, with so many regions each: the labels from 0 on."""


class Cases(ABC):
    """One statistic of several cases."""

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of cases."""

    @abstractmethod
    def only(self, regions: Integers) -> Cases:
        """Return the same of some regions of each case alone."""

    @abstractmethod
    def weighted(self, weights: Floats) -> Cases:
        """Return the cases with the voxels of each counted as so many; `weights` is (cases,)."""

    @abstractmethod
    def pooled(self) -> Cases:
        """Return all cases added up, as one."""

    @abstractmethod
    def each(self) -> Sequence[Statistic]:
        """Return the statistic of each case."""


class RegionStatistic(Statistic):
    """A statistic that holds something for every region of a case, in an order."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def absent(cls, regions: int) -> Self:
        """Return the statistic of regions without a voxel in either mask."""

    @classmethod
    @abstractmethod
    def stacked(cls, members: Sequence[Self]) -> Self:
        """Return the regions of all members, one after the other."""

    @abstractmethod
    def select(self, order: Integers) -> Self:
        """Return the regions at these positions, in this order; −1 is a region in neither mask."""

    @abstractmethod
    def grouped(self, groups: Integers, count: int) -> Self:
        """Return all regions of a group as one: region r belongs to `groups[r]` of `count`."""

    @property
    @abstractmethod
    def size_g(self) -> Floats:
        """Size of each region in the ground truth."""

    @property
    @abstractmethod
    def empty_p(self) -> Flags:
        """Whether the prediction has nothing of each region."""

    @property
    @abstractmethod
    def empty_g(self) -> Flags:
        """Whether the ground truth has nothing of each region."""


@dataclass(frozen=True, slots=True)
class Need:
    """A statistic that a metric needs, with the boundary if it depends on one.

    It is a value, which can be pickled, compared and written to disk.

    >>> from segeval.statistics.distances import SurfaceDistances
    >>> Need(SurfaceDistances, Boundary("voxel", connectivity=2)).name
    'surfacedistances_voxel_connectivity2'
    """

    statistic: type[Statistic]
    boundary: Boundary | None = None

    @property
    def name(self) -> str:
        """Name of the arrays of its flat form."""
        words = [self.statistic.__name__.lower()]
        if self.boundary is not None and str(self.boundary) != str(Boundary()):
            settings = self.boundary.settings
            words += [self.boundary.rule, *(f"{name}{value}" for name, value in settings)]
        return "_".join(words)

    @property
    def columns(self) -> Columns:
        """Arrays of its flat form, by name."""
        return self.statistic.columns(self)

    @property
    def measurer(self) -> str:
        """Function of `segeval.measure` that measures it on the host."""
        return self.statistic.measurer or (self.boundary.card.measurer if self.boundary else "")

    @property
    def is_of_meshes(self) -> bool:
        """Whether it can be measured of surfaces of triangles."""
        return "mesh" in self.statistic.sides and (
            self.boundary is None or self.boundary.card.meshes
        )

    @property
    def device_measurer(self) -> str:
        """Function of `segeval.measure` that measures it on a device; empty where none does."""
        if self.boundary is None or self.statistic.measurer:
            return self.statistic.device_measurer
        # Devices know rules with their usual settings alone.
        return "" if self.boundary.settings else self.boundary.card.device_measurer
