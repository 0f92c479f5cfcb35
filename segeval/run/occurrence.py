"""The labels that occur in the masks of a run, and what is wrong where both sides share none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segeval.arrays import Integers
from segeval.errors import UsageError
from segeval.errors.lines import listed
from segeval.measure.measured import Measured
from segeval.protocols.protocol import Protocol
from segeval.statistics.contingency import Contingency, run_starts


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The labels above 0 that occur, each with the number of cases that hold it."""

    in_p: Mapping[int, int]
    """Those of predictions."""
    in_g: Mapping[int, int]
    """Those of ground truths."""

    @classmethod
    def of(cls, tables: Sequence[Contingency]) -> Occurrence:
        """Return the labels that occur in the cases of these tables."""
        return cls(
            _cases_by_label(tables, lambda table: table.pred),
            _cases_by_label(tables, lambda table: table.gt),
        )

    @property
    def is_disjoint(self) -> bool:
        """Whether both sides hold labels, and share none."""
        return bool(self.in_p and self.in_g) and self.in_p.keys().isdisjoint(self.in_g)

    def check(self, protocol: Protocol) -> None:
        """Raise `UsageError` where each side holds one label alone, and it is another one.

        So it is where one mask was stored with another foreground value. Who names the regions
        knows of the labels.
        """
        if protocol.regions is not None or not self.is_disjoint:
            return
        if len(self.in_p) == len(self.in_g) == 1:
            (label_p,), (label_g,) = self.in_p, self.in_g
            raise UsageError(
                f"predictions hold only {{0, {label_p}}} and ground truths only {{0, {label_g}}}; "
                "if these mean the same, pass --binary (in Python binary=True) to take every value "
                f"above 0 as 1, or else --regions {min(label_p, label_g)},{max(label_p, label_g)} "
                f"(regions=[{min(label_p, label_g)}, {max(label_p, label_g)}]) to score both"
            )


def _cases_by_label(
    tables: Sequence[Contingency], side: Callable[[Contingency], Integers]
) -> dict[int, int]:
    """Return the labels above 0 on a side of the tables, with the number of tables of each."""
    columns = [side(table) for table in tables]
    label = np.concatenate([np.empty(0, np.int64), *columns])
    case = np.repeat(np.arange(len(columns)), [len(column) for column in columns])
    order = np.lexsort((case, label))
    label, case = label[order], case[order]
    # a label may have several rows in the table of a case
    first = run_starts((label[1:] != label[:-1]) | (case[1:] != case[:-1]), len(label))
    labels, cases = np.unique(label[first], return_counts=True)
    pairs = zip(labels.tolist(), cases.tolist(), strict=True)
    return {label: count for label, count in pairs if label}


def about_disjoint(measured: Measured) -> str:
    """Return what to tell of a case whose masks share neither a region nor a label; else ""."""
    counts = measured.counts
    if (~counts.empty_p & ~counts.empty_g).any():
        return ""
    occurrence = Occurrence.of([measured.contingency])
    if not occurrence.is_disjoint:
        return ""
    return (
        f"no label is in both masks: {listed(occurrence.in_p)} in the prediction, "
        f"{listed(occurrence.in_g)} in the ground truth"
    )
