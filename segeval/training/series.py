"""What the columns of a training's table are, by their names, and one such column as it ran."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from numbers import Real
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.metrics import REGISTRY, parse_metric
from segeval.metrics.card import Metric
from segeval.results.columns import ALL, MEAN

INF = float("inf")
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
_SPLIT = re.compile(rf"({'|'.join(SPLITS)})[_/](.+)|(.+)/({'|'.join(SPLITS)})", re.IGNORECASE)
_STATISTICS = {"avg", "average", "macro", "micro", "std", "score", "error", "rate"}
"""What may follow a metric's name behind an underscore without being a region."""


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
        """The column of this name: `val/dice/liver`, `val_dice`, `train_loss_epoch`, `dice_liver`,
        `Loss/val`.
        """
        text, _, interval = re.match(r"(.+?)(_(epoch|step))?$", name.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
        split, found = "", _SPLIT.fullmatch(text)
        if found:
            split, text = SPLITS[(found[1] or found[4]).lower()], found[2] or found[3]
        head, _, region = text.partition("/")
        metric = _card(head)
        if metric is None and not region and (parts := _underscored(head)):
            metric, region = parts
        if metric and region in (ALL, MEAN):
            region = ""
        return cls(name, split, metric.column if metric else head, region, interval or "", metric)

    @property
    def goal(self) -> float | None:
        """The best value there is, ±∞ for the greatest or least possible; None where it is not
        known.

        Taken from the card; a loss is better the lower it is.
        """
        if self.metric is None:
            return -INF if "loss" in self.measure.lower() else None
        match self.metric.spec.higher_is_better:
            case True:
                return INF
            case False:
                return -INF
            case _:
                return self.metric.spec.best


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The values of a column where it has any: `y` at the epochs `x`, or what else `by` says, which
    rise.

    `averaged` tells that some of the values are means over the steps of an epoch.
    """

    column: Column
    x: Floats
    y: Floats
    by: str = "epoch"
    averaged: bool = False

    def best(self, goal: float | None) -> int | None:
        """The place of the first of the values that come nearest to a goal; None without goal or
        defined value.
        """
        if goal is None or np.isnan(self.y).all():
            return None
        return int(np.nanargmin(badness(self.y, goal)))


def badness(values: Floats, goal: float) -> Floats:
    """How far each value is from the goal: the larger, the worse.

    >>> badness(np.array([-3.0, 1.0]), 0).tolist(), badness(np.array([-3.0, 1.0]), INF).tolist()
    ([3.0, 1.0], [3.0, -1.0])
    """
    return np.abs(values - goal) if np.isfinite(goal) else -np.sign(goal) * values


def distinct(columns: Iterable[Column], by: str = "epoch") -> list[Column]:
    """The columns without those that end in `_step` and are there by epoch as well; the other way
    round by step.
    """
    columns, other = list(columns), "epoch" if by == "step" else "step"
    better = {(c.split, c.measure, c.region) for c in columns if c.interval != other}
    return [
        c for c in columns if c.interval != other or (c.split, c.measure, c.region) not in better
    ]


def named(asked: str, columns: Sequence[Column], by: str = "epoch") -> list[Column]:
    """The columns that a name asks for: `dice` all of it, `val/dice` one split of it, `dice/liver`
    one region.

    Raises `UsageError` where there is none.
    """
    want = Column.of(asked)
    found = [c for c in columns if c.name == asked] or [
        c
        for c in distinct(columns, by)
        if c.measure.lower() == want.measure.lower()
        and want.split in ("", c.split)
        and want.region in ("", c.region)
    ]
    if not found:
        known = list(dict.fromkeys(name for c in columns for name in (c.measure, c.name)))
        near = difflib.get_close_matches(asked, known, n=2) or difflib.get_close_matches(
            want.measure, known, n=2
        )
        measures = ", ".join(dict.fromkeys(c.measure for c in columns)) or "no values yet"
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {measures}"
        raise UsageError(f"no column holds {asked!r}; {hint}")
    return found


def plain(value: Any, name: str) -> float | list[float]:
    """A number or a vector of some, from any array library. Raises `UsageError` for what is
    neither.
    """
    given, value = value, value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, (list, tuple)) and value:
        entries = [plain(entry, name) for entry in value]
        if all(isinstance(entry, float) for entry in entries):
            return entries  # type: ignore[return-value]
    came = (
        f"shape {tuple(given.shape)}"
        if hasattr(given, "shape")
        else f"{type(given).__name__} {given!r:.60}"
    )
    raise UsageError(
        f"{name!r} must be a number, or a vector with a number for each region, not {came}"
    )


def names_for(values: Sequence[float], names: Sequence[str] | None, what: str) -> Sequence[str]:
    """The regions' names, or numbers from 1 without any. Raises `UsageError` where there are more
    or fewer.
    """
    if names and len(names) != len(values):
        raise UsageError(
            f"{what!r} has {len(values)} values for {len(names)} regions ({', '.join(names)}); "
            f"give one name for each "
            "(include_background=False leaves out class 0), or log the metric object itself, which "
            "knows its labels"
        )
    return names or [str(number) for number in range(1, len(values) + 1)]


@cache
def _card(text: str) -> Metric | None:
    """The metric that a name stands for, if any. The name of an object does not tell its
    parameters, nor does this.
    """
    if "loss" in text.lower():
        return None
    for spec in REGISTRY.values():
        if spec.class_name == text:
            unknown = replace(spec, name=text, symbol=text, parameters=(), glued=False)
            return (unknown if spec.parameters else spec).bind({})
    try:
        return parse_metric(text)
    except UsageError:
        return None


def _underscored(text: str) -> tuple[Metric, str] | None:
    """Metric and region of a name such as `dice_liver`, as torchmetrics' ClasswiseWrapper writes
    them.

    Not where more than one reading comes to mind: `hd_95`, `fn_rate`, `dice_std`.
    """
    for at in (place for place in range(len(text) - 2, 0, -1) if text[place] == "_"):
        metric, region = _card(text[:at]), text[at + 1 :]
        if metric and metric.spec.best is not None and "loss" not in text.lower():
            odd = region.lower() in _STATISTICS or (metric.spec.glued and region.isdigit())
            return None if odd else (metric, region)
    return None
