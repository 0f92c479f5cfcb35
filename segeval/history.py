"""The metrics of a training by epoch: logged in the loop, or read from a logger's table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.errors import UsageError
from segeval.io.files import replacing
from segeval.results.cells import quoted
from segeval.training.logs import AXES, By, read_log
from segeval.training.series import Column, Series, columns_named, names_of_entries, numbers_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass(slots=True, eq=False, kw_only=True)
class History:
    """Metrics by epoch.

    `regions` name the entries of vectors, in their order; without them the entries are numbered
    from 1. `by` is "step" in tables that know no epochs.

    >>> history = History(regions=["liver", "spleen"])
    >>> history.log(1, {"val": {"dice": [0.75, 0.5], "hd95": 12.0}}, train_loss=0.9)
    >>> history.log(2, {"val": {"dice": [0.875, 0.25], "hd95": 9.5}}, train_loss=0.4)
    >>> list(history.table)
    ['epoch', 'val/dice/liver', 'val/dice/spleen', 'val/hd95', 'train_loss']
    >>> history.best("hd95")
    (2, 9.5)
    """

    regions: Sequence[str] = ()
    by: By = "epoch"
    _columns: dict[str, dict[float, float]] = field(default_factory=dict, init=False, repr=False)
    _averaged: set[str] = field(default_factory=set, init=False, repr=False)

    def log(self, epoch: float, metrics: Any = None, **values: Any) -> None:
        """Add values of an epoch, from a mapping, by name, or both.

        `metrics` is a mapping, a metric collection, or what a collection computes. A value is a
        number, an array or tensor of one, a vector with an entry for each region, a metric object,
        whose regions keep their labels as names, or a mapping of such, whose keys follow its own
        behind a slash: `{"val": {"dice": 0.9}}` is `val/dice`. An epoch may be logged in parts,
        such as train and validation. Raises `UsageError` for a value that is there already, and for
        what is no number; nothing is added then.
        """
        when = numbers_of(epoch, self.by)
        if not isinstance(when, float) or not math.isfinite(when):
            raise UsageError(f"{self.by} must be one finite number, not {epoch!r}")
        metrics = _opened(metrics)
        if not isinstance(metrics, Mapping | None):
            raise UsageError(
                f"a value needs a name, such as dice=0.9, but {metrics!r:.60} came without one"
            )
        cells: dict[str, float] = {}
        for mapping in (metrics or {}, values):
            for name, value in self._cells(mapping, ""):
                if name.lower() in (*AXES, ""):
                    raise UsageError(f"{name!r} cannot be the name of a metric; choose another")
                if name in cells or when in self._columns.get(name, {}):
                    raise UsageError(
                        f"{self.by} {_tidy(when)} has a value of {name!r} already; log it once, "
                        'and tell splits apart by name, such as {"train": …, "val": …}'
                    )
                cells[name] = value
        # Only now, when all of it is right, so that a call that fails leaves nothing behind.
        for name, value in cells.items():
            self._columns.setdefault(name, {})[_tidy(when)] = value

    def _cells(self, mapping: Mapping[str, Any], above: str) -> Iterator[tuple[str, float]]:
        """Yield the column name and the number of each entry of a mapping, nested ones too."""
        for key, value in mapping.items():
            name = f"{above}{str(key).strip()}"
            value = _opened(value)
            if isinstance(value, Mapping):
                yield from self._cells(value, f"{name}/")
                continue
            numbers = numbers_of(value, name)
            if isinstance(numbers, float):
                yield name, numbers
                continue
            regions = names_of_entries(numbers, self.regions, name)
            for region, number in zip(regions, numbers, strict=True):
                yield f"{name}/{region}", number

    @property
    def epochs(self) -> list[float]:
        """The epochs (or steps) at which anything was logged, in order."""
        return sorted({when for cells in self._columns.values() for when in cells})

    @property
    def table(self) -> DataFrame:
        """The values as a table, one row an epoch, `epoch` first; NaN where nothing was logged."""
        import pandas as pd

        epochs = self.epochs
        values = {
            name: [cells.get(when, math.nan) for when in epochs]
            for name, cells in self._columns.items()
        }
        return pd.DataFrame({self.by: epochs, **values})

    def series(self) -> list[Series]:
        """Return the columns one by one, each at the epochs at which it was logged."""
        columns = []
        for name, cells in self._columns.items():
            x, y = np.array(sorted(cells.items()), float).T
            columns.append(Series(Column.of(name), x, y, self.by, name in self._averaged))
        return columns

    def best(self, metric: str, *, higher_is_better: bool | None = None) -> tuple[float, float]:
        """Return the epoch at which a column was best, the first of equals, and its value there.

        The metric's card says what is best; a loss is better the lower it is. `metric` is a
        column's name, or what stands for one column alone: `hd95`, `val/dice`, `dice/liver`. Raises
        `UsageError` where it stands for several or none, where nothing says what is better, and
        where all values are undefined.
        """
        columns = columns_named(metric, [Column.of(name) for name in self._columns], self.by)
        if len(columns) > 1:
            raise UsageError(
                f"{metric!r} may be {', '.join(c.name for c in columns)}; name one of these"
            )
        column = columns[0]
        # The caller knows best, also of a column that has a card.
        goals = {None: column.goal, True: math.inf, False: -math.inf}
        goal = goals[higher_is_better]
        if goal is None:
            raise UsageError(
                f"no card says what is better of {column.name!r}; pass higher_is_better=True or "
                f"False"
            )
        series = next(series for series in self.series() if series.column.name == column.name)
        place = series.best(goal)
        if place is None:
            raise UsageError(
                f"{column.name!r} is undefined (NaN) at every {self.by}, so none is the best"
            )
        return _tidy(series.x[place]), float(series.y[place])

    def plot(
        self,
        metrics: str | Sequence[str] | None = None,
        *,
        smooth: float = 0,
        per_region: bool = True,
        unit: str = "",
        ax: Axes | Sequence[Axes] | None = None,
    ) -> tuple[Figure, Axes | list[Axes]]:
        """Draw a panel a metric, by epoch: all metrics, or those named as for `best`.

        `smooth` below 1 is the weight of an exponential moving average, from 2 on the width of a
        centred one, in values. Without `per_region` a line is the mean over regions. `unit` is that
        of lengths. `ax` takes as many axes as there are panels; returned are the axes, or the only
        one.
        """
        from segeval.plots.curves import plot_runs

        if isinstance(metrics, str):
            metrics = [metrics]
        return plot_runs(
            {"": self.series()}, metrics, smooth=smooth, per_region=per_region, unit=unit, axes=ax
        )

    def to_csv(self, path: str | Path) -> None:
        """Write the table, every digit of it.

        A cell is empty where nothing was logged, and `nan` where a value was undefined.
        """
        rows: list[list[Any]] = [[self.by, *self._columns]]
        # Not by way of `table`: a value that was never logged is no NaN.
        for when in self.epochs:
            rows.append([when, *(cells.get(when, "") for cells in self._columns.values())])
        lines = (",".join(quoted(str(cell)) for cell in row) for row in rows)
        with replacing(Path(path)) as file:
            file.writelines(f"{line}\n".encode() for line in lines)

    @classmethod
    def read(cls, path: str | Path, *, by: By | None = None) -> History:
        """Return the history in a CSV file that `to_csv` wrote, or Lightning, or another logger.

        Rows of one epoch become one, and several values of a cell their mean. Unless `by` says
        which, a table goes by epoch, and by step where there is but one epoch or none. Columns that
        hold text are left out. Raises `UsageError` for what is no such table.
        """
        log = read_log(Path(path), by)
        history = cls(by=log.by)
        for name, when, values in log.cells:
            history._columns.setdefault(name, {})[_tidy(when)] = _mean(values)
            if len(values) > 1:
                history._averaged.add(name)
        return history


def _opened(value: Any) -> Any:
    """Return what a metric object computes, by label if it knows any; a collection as a mapping.

    Anything else is returned as it is.
    """
    # By what they can do: torchmetrics' objects and collections do as well as ours.
    if hasattr(value, "by_region"):
        return value.by_region()
    if hasattr(value, "compute") and hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "compute"):
        return value.compute()
    return value


def _tidy(when: float) -> float:
    """Return an epoch as it is written: whole ones without a point."""
    return int(when) if when == int(when) else float(when)


def _mean(values: list[float]) -> float:
    """Return the mean of the defined values; NaN where there are none."""
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return math.nan
    return sum(defined) / len(defined)
