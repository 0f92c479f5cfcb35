"""The decorator that makes a formula a metric: its card, from its signature and what is stated.

The first parameter of a formula is annotated with its statistic, which tells what has to be
measured; all others with their domains, such as `Percentile`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from segeval.statistics.boundary import Boundary
from segeval.statistics.statistic import Statistic

from .card import BY_FORMULA, REGISTRY, Empty, MetricSpec, Scope, Unit
from .parameters import Parameter

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
    scope: Scope = "region",
    glued: bool = False,
    class_name: str = "",
) -> Callable[[Formula], Formula]:
    """Declare the decorated formula as a metric; the function itself stays as it is.

    The keywords are the fields of `MetricSpec` that the signature cannot tell. `name` is that of
    the function and `class_name` is made of name and symbol, unless they are given; without `empty`
    the formula decides. Functions, metric objects, tables, plots and docs go by the card alone.
    Raises `ValueError` for a name or alias that another metric has.
    """

    def declare(formula: Formula) -> Formula:
        # the first parameter is the statistic; all further ones are parameters of the metric
        first, *further = inspect.signature(formula).parameters.values()
        # Annotations are texts in modules that import them from `__future__`; extras hold the
        # domains.
        hints = get_type_hints(formula, include_extras=True)
        statistic, boundary = _statistic(hints[first.name])
        parameters = [
            Parameter.of(parameter.name, _default(parameter), hints[parameter.name])
            for parameter in further
        ]
        spec = MetricSpec(
            name=name or formula.__name__,
            title=title,
            symbol=symbol,
            range=range,
            best=best,
            unit=unit,
            empty=empty,
            aliases=aliases,
            tex=tex,
            cite=cite,
            formula=formula,
            statistic=statistic,
            boundary=boundary,
            parameters=tuple(parameters),
            scope=scope,
            glued=glued,
            class_name=class_name or _class_name(formula.__name__, symbol),
        )
        # Names and aliases share one space: what a user types means one metric.
        taken = taken_names() & {spec.name, *spec.aliases}
        if taken:
            raise ValueError(f"metric {spec.name!r}: {min(taken)!r} names another metric already")
        REGISTRY[spec.name] = spec
        return formula

    return declare


def taken_names() -> set[str]:
    """Return every name and alias of a metric."""
    return {name for spec in REGISTRY.values() for name in (spec.name, *spec.aliases)}


def _default(parameter: inspect.Parameter) -> Any:
    """Return the default of a parameter of a formula; None where it must be given."""
    return None if parameter.default is parameter.empty else parameter.default


def _statistic(hint: Any) -> tuple[type[Statistic], Boundary | None]:
    """Return the statistic that an annotation names, and the boundary if it names one too."""
    # Such as `VolumeDistances`: a statistic that is measured under one rule alone.
    if get_origin(hint) is Annotated:
        statistic, boundary = get_args(hint)
        return statistic, boundary
    return hint, None


def _class_name(name: str, symbol: str) -> str:
    """Return the name of a formula as that of a class: MeanIoU for `mean_iou` with symbol mIoU."""
    words = []
    for word in name.split("_"):
        # A word takes the spelling that it has in the symbol, IoU rather than Iou. A single letter
        # would be found in many symbols by chance.
        start = symbol.casefold().find(word) if len(word) > 1 else -1
        spelled = word if start < 0 else symbol[start : start + len(word)]
        words.append(spelled[0].upper() + spelled[1:])
    return "".join(words)
