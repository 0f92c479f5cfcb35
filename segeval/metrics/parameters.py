"""The parameters of a metric: which values they may have, and how these are written.

The annotation in a formula's signature gives the domain: an `Interval`, or for a `Literal` a
`Choice` of words. Written forms, functions, metric objects and protocols' files all have
their values checked by `Parameter.check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin

from segeval.errors import UsageError


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, finite ones alone; `low` itself belongs unless `open`."""

    low: float
    high: float = inf
    open: bool = False

    def __contains__(self, value: object) -> bool:
        """Return whether a value is one of these numbers; NaN is none."""
        if not isinstance(value, (int, float)) or value == inf or value > self.high:
            return False
        # NaN compares false with everything, and ends here.
        return value > self.low or (value == self.low and not self.open)

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.open else f"at least {self.low:g}"
        return low if self.high == inf else f"{low} and at most {self.high:g}"

    @property
    def description(self) -> str:
        """Domain in words, as part of a sentence."""
        return f"a number, {self}"

    @property
    def annotation(self) -> str:
        """Type for signatures."""
        return "float"

    @property
    def example(self) -> float:
        """Some value of it."""
        return min(self.low + 1, self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """Some words, one of which is the value."""

    words: tuple[str, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.words

    @property
    def description(self) -> str:
        """Domain in words, as part of a sentence."""
        return f"one of {', '.join(self.words)}"

    @property
    def annotation(self) -> str:
        """Type for signatures."""
        words = ", ".join(f'"{word}"' for word in self.words)
        return f"Literal[{words}]"

    @property
    def example(self) -> str:
        """Some value of it."""
        return self.words[0]


Percentile: TypeAlias = Annotated[float, Interval(0, 100, open=True)]
Positive: TypeAlias = Annotated[float, Interval(0, open=True)]
NonNegative: TypeAlias = Annotated[float, Interval(0)]
"""Annotations of a formula's parameters; one that is a word is annotated as a `Literal`."""


@dataclass(frozen=True, slots=True)
class ByRegion:
    """A value for each region, in place of one for all.

    `values` are pairs of a region's name and its value, None where a table's column tells no more
    than that there was one for each.
    """

    values: tuple[tuple[str, float], ...] | None

    @classmethod
    def of(cls, values: Mapping[str, float]) -> ByRegion:
        """Return the values of a mapping from regions."""
        return cls(tuple(values.items()))

    def __getitem__(self, region: str) -> float:
        return self.mapping[region]

    @property
    def mapping(self) -> dict[str, float]:
        """Value of each region, by its name."""
        return dict(self.values or ())


Value: TypeAlias = float | str | ByRegion
"""Value of a parameter: a number, a word, or a number for each region."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a metric; `default` is None when it must be given."""

    name: str
    default: float | str | None
    domain: Interval | Choice
    """Values that it may have."""

    @classmethod
    def of(cls, name: str, default: Any, hint: Any) -> Parameter:
        """Return the parameter that the signature of a formula has, from its annotation."""
        if get_origin(hint) is Literal:
            return cls(name, default, Choice(get_args(hint)))
        # `Annotated[float, Interval(…)]` keeps the domain behind its type.
        return cls(name, default, hint.__metadata__[0])

    def check(self, value: Value, metric: str) -> Value:
        """Return the value, as a number where one is wanted.

        Raises `UsageError`, which names the `metric`, for values outside the domain.
        """
        if isinstance(value, ByRegion):
            if value.values is None:
                return value
            checked = ((region, self._number(number, metric)) for region, number in value.values)
            return ByRegion(tuple(checked))
        if isinstance(self.domain, Choice):
            if value in self.domain:
                return value
            words = ", ".join(self.domain.words)
            raise UsageError(f"metric {metric!r}: {self.name} is one of {words}, not {value!r}")
        return self._number(value, metric)

    def _number(self, value: float | str, metric: str) -> float:
        """Return a number of the domain, also from a text. Raises `UsageError` as `check` does."""
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


def written(value: float | str) -> str:
    """Return a value as the written form of a metric has it.

    >>> written(95.0)
    '95'
    """
    # Ten digits: what arithmetic leaves in the last ones would make another column.
    return value if isinstance(value, str) else f"{value:.10g}"
