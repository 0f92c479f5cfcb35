"""The metric card: a formula from one statistic to one number per region, and every fact about it,
written once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.statistics.boundary import Boundary

ByRegion: TypeAlias = tuple[tuple[str, float], ...]
"""A value for each region, by its name; empty where a table's column says no more than that there
was one for each.
"""
Value: TypeAlias = float | str | ByRegion
Unit: TypeAlias = Literal["", "length", "volume", "voxel", "bit"]
"""Kinds of unit; a length is in the unit of the spacing, a volume in that of `Grid.volume_unit`."""


@dataclass(frozen=True, slots=True)
class Empty:
    """The value when both masks, only the prediction or only the ground truth is empty; None: by
    formula.
    """

    both: float | None = None
    pred: float | None = None
    gt: float | None = None


BY_FORMULA = Empty()


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, finite ones alone; `low` itself belongs unless `open`."""

    low: float
    high: float = float("inf")
    open: bool = False

    def __contains__(self, value: float) -> bool:
        return (
            (self.low < value if self.open else self.low <= value)
            and value <= self.high
            and value < float("inf")
        )

    def __str__(self) -> str:
        low = f"{'above' if self.open else 'at least'} {self.low:g}"
        return low if self.high == float("inf") else f"{low} and at most {self.high:g}"


Percentile: TypeAlias = Annotated[float, Interval(0, 100, open=True)]
Positive: TypeAlias = Annotated[float, Interval(0, open=True)]
NonNegative: TypeAlias = Annotated[float, Interval(0)]
"""What the annotation of a formula's parameter says of its values; a parameter that is a word is a
`Literal`.
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a metric; `default` is None when it must be given; its values lie in `domain`."""

    name: str
    default: Value | None
    domain: Interval | tuple[str, ...]

    def check(self, value: Value, metric: str) -> Value:
        """The value, a number where one is wanted. Raises `UsageError` for values outside the
        domain.
        """
        if isinstance(value, tuple):
            return tuple((region, cast(float, self.check(own, metric))) for region, own in value)
        if isinstance(self.domain, tuple):
            if value in self.domain:
                return value
            raise UsageError(
                f"metric {metric!r}: {self.name} is one of {', '.join(self.domain)}, not {value!r}"
            )
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise UsageError(
                f"metric {metric!r}: {self.name} is a number, not {value!r}; write {metric}@2 or "
                f"{metric}:{self.name}=2"
            ) from None
        if number not in self.domain:
            raise UsageError(f"metric {metric!r}: {self.name} must be {self.domain}, not {value}")
        return number


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric's definition and card. The signature of `formula` gives the statistic and the
    parameters.

    `scope` is "region" for one number per region and "case" for one number per case. `glued` lets
    the main parameter follow the name (`hd95` for `hd@95`). `class_name` is that of the metric
    object.
    """

    name: str
    title: str
    symbol: str
    range: tuple[float, float]
    best: float | None
    unit: Unit
    empty: Empty
    aliases: tuple[str, ...]
    tex: str
    cite: str
    formula: Callable[..., Any]
    statistic: type
    parameters: tuple[Parameter, ...]
    scope: Literal["region", "case"]
    glued: bool
    class_name: str

    @property
    def doc(self) -> str:
        """What it is, in the words of the formula's docstring."""
        return inspect.getdoc(self.formula) or ""

    @property
    def higher_is_better(self) -> bool | None:
        """True when the best value is the top of the range, False when the bottom, None when it is
        neither.
        """
        if self.best is None or self.best not in self.range:
            return None
        return self.best == self.range[1]

    @property
    def usage(self) -> str:
        """How it is written: `nsd@TOLERANCE`, `tversky:alpha=ALPHA,beta=BETA`, `dice`."""
        required = [p.name for p in self.parameters if p.default is None]
        if not required:
            return self.name
        if len(required) == 1:
            return f"{self.name}@{required[0].upper()}"
        return f"{self.name}:{','.join(f'{name}={name.upper()}' for name in required)}"

    def bind(self, values: Mapping[str, Value]) -> Metric:
        """The metric with these parameters and the defaults. Raises `UsageError` for unknown,
        missing or odd ones.

        A parameter may have a value for each region.
        """
        unknown = set(values) - {p.name for p in self.parameters}
        if unknown:
            known = ", ".join(p.name for p in self.parameters) or "none"
            raise UsageError(
                f"metric {self.name!r} has no parameter {min(unknown)!r}; its parameters: {known}"
            )
        missing = [p.name for p in self.parameters if p.default is None and p.name not in values]
        if missing:
            raise UsageError(
                f"metric {self.name!r} needs a value for {' and '.join(missing)} and has no "
                f"default; write it as "
                f"{self.usage}, such as {_example(self)}"
            )
        given = ((p, values.get(p.name, p.default)) for p in self.parameters)
        return Metric(
            self,
            tuple((p.name, p.check(value, self.name)) for p, value in given if value is not None),
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """What a protocol computes under the name of a metric: whose formula, on which boundary, what
    for empty masks.

    `cases_first`: a mean over all regions is over the means of each region's cases. `column` is
    what the tables call it where several protocols are told apart.
    """

    protocol: str
    metric: Metric
    boundary: Boundary
    empty: Empty
    cases_first: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its parameters given: what a run asks for.

    `definition` says what a protocol means by it; None: what the card says, on the default
    boundary.

    >>> from segeval.metrics import REGISTRY
    >>> REGISTRY["fbeta"].bind({"beta": 2}).column
    'fbeta@2'
    """

    spec: MetricSpec
    parameters: tuple[tuple[str, Value], ...] = ()
    definition: Definition | None = None

    @property
    def form(self) -> str:
        """The shortest written form."""
        odd = [
            (p, v)
            for p, (_, v) in zip(self.spec.parameters, self.parameters, strict=True)
            if v != p.default
        ]
        name = self.spec.name
        if not odd or any(isinstance(v, tuple) for _, v in odd):
            return name
        if len(odd) == 1 and odd[0][0] is self.spec.parameters[0]:
            return f"{name}{'' if self.spec.glued else '@'}{_written(odd[0][1])}"
        return f"{name}:{','.join(f'{p.name}={_written(v)}' for p, v in odd)}"

    @property
    def column(self) -> str:
        """The name of its column in tables: the written form, or that of the definition."""
        return (self.definition and self.definition.column) or self.form

    @property
    def symbol(self) -> str:
        """The symbol with its parameters, as axes and legends show it."""
        if self.definition and self.definition.column:
            return f"{replace(self, definition=None).symbol} ({self.definition.protocol})"
        values = [_written(v) for _, v in self.parameters if not isinstance(v, tuple)]
        if self.spec.glued:
            return self.spec.symbol + ("" if values == ["100"] else values[0])
        return f"{self.spec.symbol}({', '.join(values)})" if values else self.spec.symbol

    @property
    def statistic(self) -> Any:
        """The kind of statistic that its values come from: of a shape, that of the boundary."""
        if self.definition is None:
            return self.spec.statistic
        kind: Any = self.definition.metric.spec.statistic
        return kind.by(self.definition.boundary) if hasattr(kind, "by") else kind

    @property
    def empty(self) -> Empty:
        """The values for empty masks."""
        return self.definition.empty if self.definition else self.spec.empty

    @property
    def by_region(self) -> bool:
        """Whether a parameter has a value for each region."""
        return any(isinstance(value, tuple) for _, value in self.parameters)

    def check_regions(self, regions: Sequence[str]) -> None:
        """Raises `UsageError` for a region that a parameter with a value for each has none for."""
        for name, value in self.parameters:
            known = [region for region, _ in value] if isinstance(value, tuple) else regions
            lacking = next((region for region in regions if region not in known), None)
            if lacking is not None:
                raise UsageError(
                    f"the protocol gives no {name} for region {lacking!r}, only for "
                    f"{', '.join(known)}; score these "
                    f"regions, or write a protocol of your own that gives {self.spec.name} one for "
                    f"each"
                )

    @property
    def cases_first(self) -> bool:
        """Whether a mean over regions and cases is to be taken over cases first."""
        return self.definition is not None and self.definition.cases_first

    def unit(self, length: str, volume: str) -> str:
        """The unit of its values where lengths are in `length` and volumes in `volume`."""
        return {"length": length, "volume": volume}.get(self.spec.unit, self.spec.unit)

    def score(self, statistic: Any, regions: Sequence[str] = ()) -> Floats:
        """One value per region, or one in all for a case metric; for empty masks those of the card
        or the protocol.

        `regions` are their names, which a parameter with a value for each region needs.
        """
        own = self.definition.metric if self.definition else self
        formula, parameters = own.spec.formula, dict(own.parameters)
        apart = {
            name: dict(value) for name, value in parameters.items() if isinstance(value, tuple)
        }
        if apart:
            self.check_regions(regions)
            values = _by_region(formula, statistic, parameters, apart, regions)
        else:
            values = np.atleast_1d(np.asarray(formula(statistic, **parameters), dtype=np.float64))
        empty = self.empty
        if (
            empty == BY_FORMULA
        ):  # throughout; a contingency table knows of no masks that could be empty
            return values
        no_p, no_g = statistic.empty_p, statistic.empty_g
        if self.spec.scope == "case":
            no_p, no_g = no_p.all(keepdims=True), no_g.all(keepdims=True)
        if not (no_p.any() or no_g.any()):
            return values
        for where, value in (
            (no_p & no_g, empty.both),
            (no_p & ~no_g, empty.pred),
            (~no_p & no_g, empty.gt),
        ):
            if value is not None:
                values = np.where(where, value, values)
        return values


def _by_region(
    formula: Callable[..., Any],
    statistic: Any,
    parameters: Mapping[str, Value],
    apart: Mapping[str, Mapping[str, float]],
    regions: Sequence[str],
) -> Floats:
    """The values of a formula whose parameters `apart` have a value for each region."""
    values = np.full(len(regions), np.nan)
    for place, region in enumerate(regions):
        here = {**parameters, **{name: own[region] for name, own in apart.items()}}
        values[place] = np.asarray(formula(statistic.select(np.array([place])), **here)).item()
    return values


REGISTRY: dict[str, MetricSpec] = {}
"""Every metric by name, in the order of declaration; importing `segeval.metrics` fills it."""

Formula = TypeVar("Formula", bound=Callable[..., Any])


def metric(
    *,
    title: str,
    symbol: str,
    range: tuple[float, float],
    best: float | None,
    tex: str,
    cite: str,
    unit: Unit = "",
    empty: Empty = BY_FORMULA,
    aliases: tuple[str, ...] = (),
    name: str = "",
    scope: Literal["region", "case"] = "region",
    glued: bool = False,
    class_name: str = "",
) -> Callable[[Formula], Formula]:
    """Declares the decorated formula as a metric."""

    def declare(formula: Formula) -> Formula:
        statistic, *others = inspect.signature(formula).parameters.values()
        hints = get_type_hints(formula, include_extras=True)
        parameters = tuple(
            Parameter(p.name, None if p.default is p.empty else p.default, _domain(hints[p.name]))
            for p in others
        )
        spec = MetricSpec(
            name or formula.__name__, title, symbol, range, best, unit, empty, aliases, tex, cite, formula,
            hints[statistic.name], parameters, scope, glued, class_name or _class_name(formula.__name__, symbol),
        )  # fmt: skip
        taken = taken_names() & {spec.name, *spec.aliases}
        if taken:
            raise ValueError(f"metric {spec.name!r}: {min(taken)!r} names another metric already")
        REGISTRY[spec.name] = spec
        return formula

    return declare


def _class_name(name: str, symbol: str) -> str:
    """The name of a formula as that of a class, abbreviations spelled as in the symbol: `mean_iou`
    is MeanIoU.
    """
    parts = []
    for part in name.split("_"):
        at = symbol.casefold().find(part) if len(part) > 1 else -1
        spelled = part if at < 0 else symbol[at : at + len(part)]
        parts.append(spelled[0].upper() + spelled[1:])
    return "".join(parts)


def _domain(hint: Any) -> Interval | tuple[str, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return cast(Interval, hint.__metadata__[0])


def taken_names() -> set[str]:
    """Every name and alias of a metric."""
    return {name for spec in REGISTRY.values() for name in (spec.name, *spec.aliases)}


def _written(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _example(spec: MetricSpec) -> str:
    required = [p.name for p in spec.parameters if p.default is None]
    return (
        f"{spec.name}@2"
        if len(required) == 1
        else f"{spec.name}:{','.join(f'{name}=0.5' for name in required)}"
    )
