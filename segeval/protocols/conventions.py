"""What a tool or a challenge means by the names of metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from segeval.errors import UsageError
from segeval.metrics import lookup, parse_metric, separate
from segeval.metrics.card import Definition, Empty, MeanFirst, Metric, MetricSpec
from segeval.metrics.parameters import ByRegion
from segeval.statistics.boundary import VOXEL, Boundary


@dataclass(frozen=True, slots=True)
class Entry:
    """What a protocol says of a metric: whose formula, which boundary, which values for empty
    masks; None: as usual.

    `form` is the written form that it holds for, or None for any value of the parameter.
    `by_region` gives the parameter a value for each region.
    """

    spec: MetricSpec
    form: str | None
    formula: str | None = None
    boundary: Boundary | None = None
    empty: Empty | None = None
    by_region: Mapping[str, float] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How it is written: `hd95`, or `nsd@tolerance` for any."""
        return self.form or f"{self.spec.name}@{self.spec.parameters[0].name}"


@dataclass(frozen=True, slots=True)
class Convention:
    """A protocol as its file states it.

    `mean_first`: the order of a mean over regions and cases. `report`: the metrics
    of a run that asks for none. `others`: metrics without an entry are those of their cards;
    otherwise they are not the protocol's.
    """

    name: str
    title: str
    source: str = ""
    boundary: Boundary = VOXEL
    background: bool = False
    mean_first: MeanFirst = "regions"
    report: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    regions: Mapping[str, Sequence[int]] | None = None
    entries: tuple[Entry, ...] = ()
    others: bool = False

    def over(self, boundary: Boundary | None) -> Convention:
        """The protocol with another boundary, for all of its metrics."""
        if boundary is None:
            return self
        return replace(
            self, boundary=boundary, entries=tuple(replace(e, boundary=None) for e in self.entries)
        )

    def metrics(self, forms: Sequence[str] | None = None) -> tuple[Metric, ...]:
        """What the protocol means by some written forms; by those of its report if None. Raises
        `UsageError`.

        >>> from segeval.protocols import convention
        >>> convention("medpy").metric("hd95").definition.metric.form
        'hd_pooled@95'
        """
        found = [self.metric(form) for form in separate(self.report if forms is None else forms)]
        return tuple({metric.column: metric for metric in found}.values())

    def metric(self, form: str) -> Metric:
        """What the protocol means by one written form."""
        return self.meant(self._by_region(form) or parse_metric(form))

    def meant(self, metric: Metric) -> Metric:
        """What the protocol means by a metric. Raises `UsageError` if it is none of its own."""
        entry = self._entry(metric)
        name = metric.spec.name
        if entry is None and any(own.by_region for own in self.entries if own.spec is metric.spec):
            raise UsageError(
                f"protocol {self.name!r} gives {name} a value for each region; ask for {name!r} "
                f"alone, of score "
                f"or of segeval.SegmentationMetrics([{name!r}], protocol={self.name!r})"
            )
        if entry is None and not self.others:
            known = ", ".join(entry.key for entry in self.entries) or "no metric"
            raise UsageError(
                f"protocol {self.name!r} does not define {metric.form}; it defines {known}. Ask "
                f"for these, or write a "
                f'protocol of your own, with base = "{self.name}" and {metric.form} = {{}} under '
                f"[metrics]"
            )
        return self._defined(metric, entry or Entry(metric.spec, None))

    def names(self, *, multilabel: bool) -> dict[int, str]:
        """The names of labels, or of channels, in arrays: those of the regions, if there are any.

        Raises `UsageError` where the regions are unions of labels, which label maps of arrays do
        not show.
        """
        regions = self.regions or {}
        if multilabel:
            return dict(enumerate(regions))
        if any(len(labels) > 1 for labels in regions.values()):
            raise UsageError(
                f"protocol {self.name!r} scores unions of labels; give its regions "
                f"({', '.join(regions)}) as channels "
                "in this order with multilabel=True, or use segeval.score"
            )
        return {label: name for name, (label,) in regions.items()}

    def defines(self, form: str) -> bool:
        """Whether the protocol means something by a written form. Raises `UsageError` for a form of
        no metric.
        """
        metric = self._by_region(form) or parse_metric(form)
        return self.others or self._entry(metric) is not None

    def _defined(self, metric: Metric, entry: Entry) -> Metric:
        """The metric with what an entry says of it; without, if that is what the card says."""
        own = (
            replace(metric, definition=None)
            if entry.formula is None
            else _formula(entry.formula, metric)
        )
        boundary = entry.boundary or self.boundary
        empty = entry.empty or own.spec.empty
        usual = (
            own == metric
            and empty == metric.spec.empty
            and boundary == Boundary()
            and self.mean_first == "regions"
        )
        if usual:
            return metric
        if not own.spec.by_boundary:
            boundary = VOXEL  # which is not about a formula that depends on none, or has its own
        return replace(
            metric, definition=Definition(self.name, own, boundary, empty, self.mean_first)
        )

    def _by_region(self, form: str) -> Metric | None:
        """The metric of a name alone for which there is a value for each region."""
        name = form.strip()
        for entry in self.entries:
            if entry.by_region and name in (entry.spec.name, *entry.spec.aliases):
                return entry.spec.bind(
                    {entry.spec.parameters[0].name: ByRegion.of(entry.by_region)}
                )
        return None

    def _entry(self, metric: Metric) -> Entry | None:
        own = [entry for entry in self.entries if entry.spec is metric.spec]
        exact = [entry for entry in own if entry.form == metric.form]
        return next(iter(exact or [entry for entry in own if entry.form is None]), None)


def _formula(form: str, metric: Metric) -> Metric:
    """The metric of a written form, with the parameters of another one where it has them too and
    does not give them.
    """
    name, mark, _ = form.partition("@" if "@" in form else ":")
    if mark or form[-1:].isdigit():
        return parse_metric(form)
    spec = lookup(name)
    known = {parameter.name for parameter in spec.parameters}
    return spec.bind({name: value for name, value in metric.parameters if name in known})
