"""The columns of a training's table, told apart by their names, and their values by epoch."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.errors import ArgumentTypeError, UsageError
from segeval.metrics import REGISTRY, parse_metric
from segeval.metrics.card import Metric, badness
from segeval.results.columns import ALL, MEAN

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
"""Names of a split as loggers write them, and as it is written here."""
_PREFIX = re.compile(rf"(?P<split>{'|'.join(SPLITS)})[_/](?P<rest>.+)", re.IGNORECASE)
_SUFFIX = re.compile(rf"(?P<rest>.+)/(?P<split>{'|'.join(SPLITS)})", re.IGNORECASE)
_INTERVAL = re.compile(r"(?P<rest>.+?|)(_(?P<interval>epoch|step))?", re.DOTALL)
_STATISTICS = {"avg", "average", "macro", "micro", "std", "score", "error", "rate"}
"""Words that may follow a metric's name behind an underscore without being a region."""
LONGEST_FORM = 100
"""Characters of a metric's written form within a name."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a training's table: which metric of which region over which split.

    `measure` is the written form of the metric or, where no card is known, what is left of the
    name. `split` is train, val, test or empty; `region` is empty for all regions together.
    `interval` is Lightning's ending: epoch or step.

    >>> column = Column.of("valid_hd95/liver")
    >>> column.split, column.measure, column.region, column.goal
    ('val', 'hd95', 'liver', -inf)
    >>> Column.of("train_loss_step").interval
    'step'
    """

    name: str
    split: str
    measure: str
    region: str
    interval: str
    metric: Metric | None

    @classmethod
    def of(cls, name: str) -> Column:
        """Return the column of this name.

        Known are the habits of all common loggers: `val/dice/liver`, `val_dice`,
        `train_loss_epoch`, `dice_liver`, `Loss/val`.
        """
        ending = _INTERVAL.fullmatch(name.strip())
        assert ending is not None  # the form fits any text
        interval = ending["interval"] or ""
        text, split = ending["rest"], ""
        if affix := _PREFIX.fullmatch(text) or _SUFFIX.fullmatch(text):
            text, split = affix["rest"], SPLITS[affix["split"].lower()]
        measure, _, region = text.partition("/")
        metric = _card(measure)
        if metric is None and not region and (parts := _underscored(measure)):
            metric, region = parts
        if metric is None:
            return cls(name, split, measure, region, interval, None)
        # The mean over regions has a name in summaries; here it is the column without a region.
        if region in (ALL, MEAN):
            region = ""
        return cls(name, split, metric.column, region, interval, metric)

    @property
    def goal(self) -> float | None:
        """The value to reach for, ±∞ where more or less is always better; None if unknown.

        Taken from the card; a loss is better the lower it is.
        """
        if self.metric is not None:
            return self.metric.spec.goal
        if _is_loss(self.measure):
            return float("-inf")
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The values of a column: `y` at the epochs `x`, or what else `by` says, which rise.

    `averaged` tells that some of the values are means over the steps of an epoch.
    """

    column: Column
    x: Floats
    y: Floats
    by: str = "epoch"
    averaged: bool = False

    def best(self, goal: float | None) -> int | None:
        """Return the index of the value nearest to a goal, the first of equals.

        None without a goal, and where no value is defined.
        """
        if goal is None or np.isnan(self.y).all():
            return None
        return int(np.nanargmin(badness(self.y, goal)))


def distinct(columns: Iterable[Column], by: str = "epoch") -> list[Column]:
    """Return the columns without those that are there by epoch and by step, but for `by`.

    Lightning writes such pairs as `train_loss_step` and `train_loss_epoch`.
    """
    columns = list(columns)
    doubled = "epoch" if by == "step" else "step"
    preferred = {_quantity(column) for column in columns if column.interval != doubled}
    return [
        column
        for column in columns
        if column.interval != doubled or _quantity(column) not in preferred
    ]


def _quantity(column: Column) -> tuple[str, ...]:
    """Return what a column is of, whatever its interval."""
    return column.split, column.measure, column.region


def columns_named(name: str, columns: Sequence[Column], by: str = "epoch") -> list[Column]:
    """Return the columns that a name stands for.

    `dice` is all of a measure, `val/dice` one split of it, `dice/liver` one region. Raises
    `UsageError` where there is none.
    """
    # A whole name goes first: it may be of a column that `distinct` leaves out.
    same = [column for column in columns if column.name == name]
    if same:
        return same
    pattern = Column.of(name)
    matching = [column for column in distinct(columns, by) if _matches(column, pattern)]
    if not matching:
        raise UsageError(f"no column holds {name!r}; {_hint(name, pattern, columns)}")
    return matching


def _matches(column: Column, pattern: Column) -> bool:
    return (
        column.measure.lower() == pattern.measure.lower()
        and pattern.split in ("", column.split)
        and pattern.region in ("", column.region)
    )


def _hint(name: str, pattern: Column, columns: Sequence[Column]) -> str:
    """Return which names may have been meant by one that no column has."""
    names = list(dict.fromkeys(text for c in columns for text in (c.measure, c.name)))
    for text in (name, pattern.measure):
        if nearest := difflib.get_close_matches(text, names, n=2):
            return f"did you mean {' or '.join(nearest)}?"
    measures = dict.fromkeys(column.measure for column in columns)
    return f"there are {', '.join(measures) or 'no values yet'}"


def numbers_of(value: Any, name: str) -> float | list[float]:
    """Return a number, or a vector as a list of numbers, from any array library.

    Raises `UsageError` for what is neither, and calls it `name`.
    """
    plain = value.tolist() if hasattr(value, "tolist") else value
    # True is a number to Python, but a flag among metrics is a mistake.
    if isinstance(plain, Real) and not isinstance(plain, bool):
        return float(plain)
    if isinstance(plain, (list, tuple)) and plain:
        entries = [numbers_of(entry, name) for entry in plain]
        numbers = [entry for entry in entries if isinstance(entry, float)]
        if len(numbers) == len(entries):
            return numbers
    if hasattr(value, "shape"):
        came = f"shape {tuple(value.shape)}"
    else:
        came = f"{type(value).__name__} {value!r:.60}"
    raise ArgumentTypeError(
        f"{name!r} must be a number, or a vector with a number for each region, not {came}"
    )


def names_of_entries(
    values: Sequence[float], regions: Sequence[str] | None, name: str
) -> Sequence[str]:
    """Return the names of a vector's entries: those of the regions, or numbers from 1 without any.

    Raises `UsageError` where `name` has more or fewer values than there are regions.
    """
    if not regions:
        return [str(number) for number in range(1, len(values) + 1)]
    if len(regions) != len(values):
        raise UsageError(
            f"{name!r} has {len(values)} values for {len(regions)} regions ({', '.join(regions)}); "
            "give one name for each (include_background=False leaves out class 0), or log the "
            "metric object itself, which knows its labels"
        )
    return regions


@lru_cache(maxsize=4096)
def _card(text: str) -> Metric | None:
    """Return the metric that a name stands for, if any.

    The name of a metric object does not tell its parameters, so its metric has none either.
    """
    # `dice_loss` is no Dice: the lower, the better.
    if _is_loss(text):
        return None
    for spec in REGISTRY.values():
        if spec.class_name == text:
            # Bound to its defaults it would claim a tolerance or percentile that nobody said.
            if spec.parameters:
                spec = replace(spec, name=text, symbol=text, parameters=(), glued=False)
            return spec.bind({})
    try:
        return parse_metric(text)
    except UsageError:
        return None


def _is_loss(text: str) -> bool:
    return "loss" in text.lower()


def _underscored(text: str) -> tuple[Metric, str] | None:
    """Return metric and region of a name such as `dice_liver`.

    torchmetrics' ClasswiseWrapper writes them like this. None where more than one reading comes to
    mind: `hd_95`, `fn_rate`, `dice_std`.
    """
    if _is_loss(text):
        return None
    # From the right, so that the longest name of a metric counts: `surface_dice_liver`.
    for place in range(min(len(text) - 2, LONGEST_FORM), 0, -1):
        if text[place] != "_":
            continue
        metric, region = _card(text[:place]), text[place + 1 :]
        if metric is None or metric.spec.best is None:
            continue
        is_parameter = metric.spec.glued and region.isdecimal()
        if is_parameter or region.lower() in _STATISTICS:
            return None
        return metric, region
    return None
