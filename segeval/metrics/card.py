"""The metric card: a formula from one statistic to numbers, and every fact about it, once.

A written form such as `nsd@2` becomes a `Metric`: a card, `MetricSpec`, with values for its
parameters. A protocol that means something of its own by the form adds a `Definition`. `score`
makes numbers of a measured statistic, by the formula and the values for empty masks.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Any, Literal, TypeAlias

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.statistic import Need, Statistic

from .parameters import ByRegion, Parameter, Value, written

Unit: TypeAlias = Literal["", "length", "volume", "voxel", "bit", "%"]
"""Kinds of unit; a length is in the unit of the spacing, a volume in that of `Grid.volume_unit`."""
Scope: TypeAlias = Literal["region", "case"]
"""Whether a metric gives a number for each region, or one for each case."""
MeanFirst: TypeAlias = Literal["regions", "cases"]
"""Whether a mean over regions and cases takes that over the regions of each case first, or that
over the cases of each region."""


@dataclass(frozen=True, slots=True, eq=False)
class Empty:
    """The value where both masks, only the prediction or only the ground truth is empty.

    None: what the formula gives; NaN: undefined, which means leave out and count. An undefined
    value equals an undefined value:

    >>> Empty(both=float("nan")) == Empty(both=float("nan"))
    True
    """

    both: float | None = None
    pred: float | None = None
    gt: float | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Empty):
            return NotImplemented
        return self._comparable == other._comparable

    def __hash__(self) -> int:
        return hash(self._comparable)

    @property
    def by_formula(self) -> bool:
        """Whether the formula decides about empty masks too."""
        return self.both is None and self.pred is None and self.gt is None

    @property
    def _comparable(self) -> tuple[float | str | None, ...]:
        """Values with a word in place of NaN, which is not equal to itself."""
        values = (self.both, self.pred, self.gt)
        return tuple("nan" if value is not None and isnan(value) else value for value in values)


BY_FORMULA = Empty()
"""Values of a metric whose formula decides about empty masks too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """The card of a metric.

    The signature of `formula` gives the `statistic`, the `boundary` and the `parameters`.
    """

    name: str
    """Name in written forms, columns and `segeval.functional`."""
    title: str
    """Name in a sentence."""
    symbol: str
    """Short name in papers; `_` begins a subscript."""
    range: tuple[float, float]
    """Smallest and largest value, ±∞ where there is no end."""
    best: float | None
    """Value to reach; None where the card does not judge."""
    unit: Unit
    empty: Empty
    """Values for empty masks, which take the place of those that the formula gives."""
    aliases: tuple[str, ...]
    """Further names, in any spelling that `lookup` takes."""
    tex: str
    """Formula in LaTeX, for the docs."""
    cite: str
    """Key of the source in `citations`."""
    formula: Callable[..., Any]
    """Function from the statistic and the parameters to (R,) values, or to one of the case."""
    statistic: type[Statistic]
    """Kind of statistic that is measured for it, shared by all metrics that need the same."""
    boundary: Boundary | None
    """Rule that the annotation of the statistic fixes; None where it fixes none."""
    parameters: tuple[Parameter, ...]
    """Parameters in the order of the signature; the first one is the one after `@`."""
    scope: Scope
    glued: bool
    """Whether the first parameter may follow the name: `hd95` for `hd@95`."""
    class_name: str
    """Name of the metric object."""

    def __reduce__(self) -> tuple[Callable[..., MetricSpec], tuple[str, Callable[..., Any]]]:
        # a card stands once in a process: what is unpickled or copied is that of the registry
        return _registered, (self.name, self.formula)

    @property
    def doc(self) -> str:
        """Sentences that say what it is: the docstring of the formula, in one line."""
        return " ".join((inspect.getdoc(self.formula) or "").split())

    @property
    def higher_is_better(self) -> bool | None:
        """True when the best value is the top of the range, False when the bottom, else None."""
        # A best value within the range, such as 0 of a signed error, is missed on either side.
        if self.best is None or self.best not in self.range:
            return None
        return self.best == self.range[1]

    @property
    def worst(self) -> float:
        """Worst value there is; NaN where the card does not say what is better."""
        if self.higher_is_better is None:
            return math.nan
        return self.range[0] if self.higher_is_better else self.range[1]

    @property
    def goal(self) -> float | None:
        """The value to reach for: ±∞ where more or less is always better, None without a best."""
        match self.higher_is_better:
            case True:
                return float("inf")
            case False:
                return float("-inf")
            case _:
                return self.best

    @property
    def by_boundary(self) -> bool:
        """Whether a protocol, or a user, chooses the boundary that it is about."""
        return self.statistic.by_boundary and self.boundary is None

    @property
    def required(self) -> tuple[Parameter, ...]:
        """Parameters that must be given."""
        return tuple(parameter for parameter in self.parameters if parameter.default is None)

    @property
    def usage(self) -> str:
        """Way to write it: `nsd@TOLERANCE`, `tversky:alpha=ALPHA,beta=BETA`, `dice`."""
        names = [parameter.name for parameter in self.required]
        if not names:
            return self.name
        if len(names) == 1:
            return f"{self.name}@{names[0].upper()}"
        return f"{self.name}:{','.join(f'{name}={name.upper()}' for name in names)}"

    def need(self, boundary: Boundary | None = None) -> Need:
        """Return the statistic that it needs, of this boundary if it may be of any."""
        if not self.statistic.by_boundary:
            return Need(self.statistic)
        # A rule of its own goes before that of a protocol.
        return Need(self.statistic, self.boundary or boundary or VOXEL)

    def bind(self, values: Mapping[str, Value]) -> Metric:
        """Return the metric with these parameters and the defaults.

        A parameter may have a value for each region, `ByRegion`. Raises `UsageError` for unknown,
        missing and odd ones.
        """
        unknown = set(values) - {parameter.name for parameter in self.parameters}
        if unknown:
            known = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise UsageError(
                f"metric {self.name!r} has no parameter {min(unknown)!r}; its parameters: {known}"
            )
        missing = [parameter.name for parameter in self.required if parameter.name not in values]
        if missing:
            raise UsageError(
                f"metric {self.name!r} needs a value for {' and '.join(missing)} and has no "
                f"default; write it as {self.usage}, such as {self._example}"
            )
        # In the order of the card, whatever order they came in: equal metrics are equal tuples.
        bound = []
        for parameter in self.parameters:
            value = values.get(parameter.name, parameter.default)
            if value is not None:
                bound.append((parameter.name, parameter.check(value, self.name)))
        return Metric(self, tuple(bound))

    @property
    def _example(self) -> str:
        """Written form with some values, for errors."""
        names = [parameter.name for parameter in self.required]
        if len(names) == 1:
            return f"{self.name}@2"
        return f"{self.name}:{','.join(f'{name}=0.5' for name in names)}"


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition that a protocol has of a metric."""

    protocol: str
    """Name of the protocol."""
    metric: Metric
    """Metric whose formula is computed, which may be another than that of the name."""
    boundary: Boundary
    empty: Empty
    mean_first: MeanFirst = "regions"
    column: str = ""
    """Name in tables where several protocols are told apart; empty elsewhere."""


@dataclass(frozen=True)  # without slots, where `need` could not be kept
class Metric:
    """A metric with its parameters given: what a run asks for.

    `definition` is what a protocol means by it; None: what the card says, on the usual boundary.

    >>> from segeval.metrics import REGISTRY
    >>> REGISTRY["fbeta"].bind({"beta": 2}).column
    'fbeta@2'
    """

    spec: MetricSpec
    parameters: tuple[tuple[str, Value], ...] = ()
    """Names and values in the order of the card, defaults among them."""
    definition: Definition | None = field(default=None)

    @property
    def form(self) -> str:
        """Shortest written form."""
        unusual = {
            parameter.name: value
            for parameter, (_, value) in zip(self.spec.parameters, self.parameters, strict=True)
            if value != parameter.default
        }
        # Values by region have no written form: the name alone stands for a metric that has any.
        texts = {name: written(v) for name, v in unusual.items() if not isinstance(v, ByRegion)}
        if not texts or len(texts) < len(unusual):
            return self.spec.name
        if list(texts) == [self.spec.parameters[0].name]:
            mark = "" if self.spec.glued else "@"
            return f"{self.spec.name}{mark}{next(iter(texts.values()))}"
        return f"{self.spec.name}:{','.join(f'{name}={text}' for name, text in texts.items())}"

    @property
    def column(self) -> str:
        """Name of its column in tables: the written form, or that of the definition."""
        return (self.definition and self.definition.column) or self.form

    @property
    def formula(self) -> Metric:
        """Metric whose formula is computed, with its own parameters."""
        return self.definition.metric if self.definition else self

    @cached_property
    def need(self) -> Need:
        """Statistic that its values come from."""
        boundary = self.definition.boundary if self.definition else None
        return self.formula.spec.need(boundary)

    @property
    def empty(self) -> Empty:
        """Values for empty masks."""
        return self.definition.empty if self.definition else self.spec.empty

    @property
    def worst(self) -> float:
        """Value of a case that could not be scored, if it is to count as the worst.

        It is the worst end of the range. Where that is infinite and would be in no mean, a protocol
        that gives an empty prediction a finite value other than the best has a penalty for it.
        """
        worst, penalty = self.spec.worst, self.empty.pred
        if math.isinf(worst) and penalty is not None and math.isfinite(penalty):
            return worst if penalty == self.spec.best else penalty
        return worst

    @property
    def mean_first(self) -> MeanFirst:
        """Mean that is taken first where there are regions and cases."""
        return self.definition.mean_first if self.definition else "regions"

    @property
    def by_region(self) -> dict[str, ByRegion]:
        """Parameters that have a value for each region."""
        return {name: value for name, value in self.parameters if isinstance(value, ByRegion)}

    def check_regions(self, regions: Sequence[str]) -> None:
        """Raise `UsageError` for a region that a parameter with a value for each has none for."""
        for name, values in self.by_region.items():
            lacking = next((region for region in regions if region not in values.mapping), None)
            if lacking is not None:
                raise UsageError(
                    f"the protocol gives no {name} for region {lacking!r}, only for "
                    f"{', '.join(values.mapping)}; score these regions, or write a protocol of "
                    f"your own that gives {self.spec.name} one for each"
                )

    def unit(self, length: str, volume: str) -> str:
        """Return the unit of its values, of lengths in `length` and volumes in `volume`."""
        return {"length": length, "volume": volume}.get(self.spec.unit, self.spec.unit)

    def score(self, statistic: Any, regions: Sequence[str] = ()) -> Floats:
        """Return one value per region, (R,), or one in all for a case metric, (1,).

        Empty masks have the values of the card or the protocol. `regions` are the names, which a
        parameter with a value for each region needs.
        """
        if self.formula.by_region:
            self.check_regions(regions)
            values = self.formula._score_each(statistic, regions)
        else:
            parameters = dict(self.formula.parameters)
            scores = self.formula.spec.formula(statistic, **parameters)
            # Formulas of whole cases give a plain number.
            values = np.atleast_1d(np.asarray(scores, dtype=np.float64))
        if self.empty.by_formula:  # a contingency table knows of no masks that could be empty
            return values
        return self._with_empties(values, statistic)

    def _score_each(self, statistic: Any, regions: Sequence[str]) -> Floats:
        """Return the values of regions that have their own parameters."""
        # One region after the other: a formula takes one value of a parameter for all regions.
        values = np.full(len(regions), np.nan)
        for place, region in enumerate(regions):
            parameters = {
                name: value[region] if isinstance(value, ByRegion) else value
                for name, value in self.parameters
            }
            scores = self.spec.formula(statistic.select(np.array([place])), **parameters)
            values[place] = np.asarray(scores).item()
        return values

    def _with_empties(self, values: Floats, statistic: Any) -> Floats:
        """Return the values with those of empty masks in their places."""
        no_p, no_g = statistic.empty_p, statistic.empty_g
        if self.spec.scope == "case":
            # A mask of a case is empty where it holds none of the regions.
            no_p, no_g = no_p.all(keepdims=True), no_g.all(keepdims=True)
        if not (no_p.any() or no_g.any()):
            return values
        empty = self.empty
        for where, value in (
            (no_p & no_g, empty.both),
            (no_p & ~no_g, empty.pred),
            (~no_p & no_g, empty.gt),
        ):
            if value is not None:
                values = np.where(where, value, values)
        return values


def badness(values: Floats | float, goal: float) -> Floats:
    """Return how far each value is from the goal: the larger, the worse.

    An infinite goal has no distance, so that only the order says how bad a value is.

    >>> values = np.array([-3.0, 1.0])
    >>> badness(values, 0).tolist(), badness(values, float("inf")).tolist()
    ([3.0, 1.0], [3.0, -1.0])
    """
    if np.isfinite(goal):
        return np.abs(values - goal)
    signed: Floats = -np.sign(goal) * values
    return signed


REGISTRY: dict[str, MetricSpec] = {}
"""Every metric by name, in the order of declaration; importing `segeval.metrics` fills it."""


def _registered(name: str, formula: Callable[..., Any]) -> MetricSpec:
    """Return the card of this name, which importing its formula has declared."""
    assert REGISTRY[name].formula is formula
    return REGISTRY[name]
