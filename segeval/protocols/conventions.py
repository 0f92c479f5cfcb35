"""Conventions: what tools and challenges mean by the names of metrics.

A convention is what a protocol's TOML file states. From it, and from the options of a run, comes
the `Protocol`: what this run measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from segeval.errors import UsageError
from segeval.metrics import REGISTRY, parse_metric, separate
from segeval.metrics.card import Definition, Empty, MeanFirst, Metric, MetricSpec
from segeval.metrics.parameters import ByRegion, Value
from segeval.metrics.written import is_name_of
from segeval.statistics.boundary import VOXEL, Boundary

from .protocol import Policies, Protocol, hex_of
from .writing import toml_of


@dataclass(frozen=True, slots=True)
class Entry:
    """The meaning of one metric in a convention; None stands for what is usual."""

    spec: MetricSpec
    """Card of the metric."""
    form: str | None
    """Written form that the entry holds for; None for any value of the parameter."""
    formula: str | None = None
    """Written form of what is computed."""
    boundary: Boundary | None = None
    """Rule that distances are measured by."""
    empty: Empty | None = None
    """Values where masks are empty."""
    by_region: Mapping[str, float] = field(default_factory=dict)
    """Values of the only parameter, by region."""

    @classmethod
    def of(cls, metric: Metric) -> Entry:
        """Return the entry by which a convention means this metric by its form."""
        formula = metric.formula
        entry = cls(metric.spec, metric.form, formula=_written(formula, metric))
        if formula.spec.by_boundary:
            entry = replace(entry, boundary=metric.need.boundary)
        # As texts: 0 equals 0.0, but the hash of a protocol tells them apart.
        if repr(metric.empty) != repr(formula.spec.empty):
            entry = replace(entry, empty=metric.empty)
        for values in formula.by_region.values():
            # one parameter at most has values by region (`entries`)
            entry = replace(entry, by_region=values.mapping)
        return entry

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as a file states it under its key."""
        content: dict[str, Any] = {}
        if self.formula is not None:
            content["is"] = self.formula
        if self.boundary is not None:
            content["boundary"] = str(self.boundary)
        if self.empty is not None:
            content["empty"] = [self.empty.both, self.empty.pred, self.empty.gt]
        if self.by_region:
            content[self.spec.parameters[0].name] = dict(self.by_region)
        return content

    @property
    def key(self) -> str:
        """Form in a file: `hd95`, or `nsd@tolerance` for any tolerance."""
        return self.form or f"{self.spec.name}@{self.spec.parameters[0].name}"

    @property
    def example(self) -> Metric:
        """Metric that the entry holds for, by its card alone."""
        # with values by region the form is a bare name, which may lack a parameter
        if self.form and not self.by_region:
            return parse_metric(self.form)
        values: dict[str, Value] = {
            parameter.name: parameter.domain.example for parameter in self.spec.parameters
        }
        if self.by_region:
            values = dict.fromkeys(values, ByRegion.of(self.by_region))
        return self.spec.bind(values)

    def names(self, form: str) -> bool:
        """Return whether a form is the metric's name or an alias, without any parameter."""
        return is_name_of(form, self.spec)


@dataclass(frozen=True, slots=True)
class Convention:
    """A protocol as its file states it: what the names of metrics mean to a tool or a challenge."""

    name: str
    """Name: that of the file without its ending, or the one that a run gives."""
    title: str
    """Title in reports."""
    source: str = ""
    """Place where the tool or the challenge says so."""
    boundary: Boundary = VOXEL
    """Rule of metrics that have none of their own."""
    background: bool = False
    """True where label 0 is scored."""
    mean_first: MeanFirst = "regions"
    """Order of a mean over regions and cases: which of them is taken first."""
    report: tuple[str, ...] = ()
    """Metrics of a run that asks for none."""
    notes: tuple[str, ...] = ()
    """Sentences for whoever reads about the protocol."""
    regions: Mapping[str, Sequence[int]] | None = None
    """Labels by region of a run that does not choose; None for every label above 0."""
    entries: tuple[Entry, ...] = ()
    """Metrics that the convention says something of."""
    others: bool = False
    """True where metrics without an entry are those of their cards, and no error."""
    policies: Policies = field(default_factory=Policies)
    """Policies of a run that does not choose others."""

    @classmethod
    def of(cls, protocol: Protocol) -> Convention:
        """Return the convention that a run followed, as far as its metrics show it.

        >>> Convention.of(Protocol(ignore_label=255)).policies["ignore_label"]
        255
        """
        regions = None
        if protocol.regions is not None:
            regions = {region.name: sorted(region.labels) for region in protocol.regions}
        return cls(
            name=protocol.name,
            title=protocol.title,
            boundary=protocol.boundary,
            background=protocol.include_background,
            mean_first=protocol.mean_first,
            report=tuple(metric.form for metric in protocol.metrics),
            regions=regions,
            entries=tuple(Entry.of(metric) for metric in protocol.metrics),
            policies=protocol.policies,
        )

    def to_toml(self) -> str:
        """Return a file that states the convention, of which its name is the only part left out.

        >>> print(Convention.of(Protocol()).to_toml().splitlines()[0])
        title = "segeval"
        """
        content: dict[str, Any] = {
            "title": self.title,
            "source": self.source,
            "boundary": str(self.boundary),
            "background": self.background,
            "mean": self.mean_first,
            "report": self.report,
            "notes": self.notes,
            "others": self.others,
        }
        # TOML has no null: a policy that is left out is as usual
        content |= {name: value for name, value in self.policies.items() if value is not None}
        if "colors" in content:
            colors = content["colors"]
            content["colors"] = {hex_of(color): label for color, label in colors.items()}
        if self.regions is not None:
            content["regions"] = self.regions
        content["metrics"] = {entry.key: entry.to_dict() for entry in self.entries}
        return toml_of(content)

    def upon(self, base: Convention) -> Convention:
        """Return the convention with the entries and policies of another one below its own."""
        keys = {entry.key for entry in self.entries}
        inherited = tuple(entry for entry in base.entries if entry.key not in keys)
        return replace(
            self,
            entries=self.entries + inherited,
            policies={**base.policies, **self.policies},
        )

    def over(self, boundary: Boundary | None) -> Convention:
        """Return the convention with another boundary for all of its metrics."""
        if boundary is None:
            return self
        # The boundary of an entry would go before that of the convention.
        entries = tuple(replace(entry, boundary=None) for entry in self.entries)
        return replace(self, boundary=boundary, entries=entries)

    def metrics(self, forms: Sequence[str] | None = None) -> tuple[Metric, ...]:
        """Return the metrics that written forms stand for here; None: those of the report.

        Raises `UsageError` for forms that the convention does not define.

        >>> from segeval.protocols import convention
        >>> convention("medpy").metric("hd95").definition.metric.form
        'hd_pooled@95'
        """
        if forms is None:
            forms = self.report
        metrics = [self.metric(form) for form in separate(forms)]
        # two ways to write one metric make one column
        return tuple({metric.column: metric for metric in metrics}.values())

    def metric(self, form: str) -> Metric:
        """Return the metric that one written form stands for here. Raises `UsageError`."""
        return self.meant(self._parsed(form))

    def meant(self, metric: Metric) -> Metric:
        """Return a metric as the convention means it.

        Raises `UsageError` if the convention does not define it.
        """
        entry = self._entry(metric)
        if entry is None:
            self._check_open(metric)
            entry = Entry(metric.spec, None)
        return self._defined(metric, entry)

    def defines(self, form: str) -> bool:
        """Return whether the convention means something by a written form.

        Raises `UsageError` for a form of no metric.
        """
        return self._entry(self._parsed(form)) is not None or self.others

    def names(self, *, multilabel: bool) -> dict[int, str]:
        """Return the names of labels, or of channels, in arrays: those of the regions, if any.

        Raises `UsageError` where the regions are unions of labels, which label maps of arrays do
        not show, and where labels are taken as one, which arrays are not.
        """
        if self.policies.get("binary") or self.policies.get("threshold") is not None:
            raise UsageError(
                f"protocol {self.name!r} takes every value above 0 or a threshold as 1, and arrays "
                "are taken as they are; give masks of 0 and 1 and a protocol without binary and "
                "threshold, or use segeval.score"
            )
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

    def _parsed(self, form: str) -> Metric:
        """Return the metric of a form; its parameter has values by region if an entry has."""
        for entry in self.entries:
            if entry.by_region and entry.names(form):
                return entry.example
        return parse_metric(form)

    def _entry(self, metric: Metric) -> Entry | None:
        """Return the entry of a metric: that of its form, or else one of any parameter."""
        entries = {entry.form: entry for entry in self.entries if entry.spec is metric.spec}
        return entries.get(metric.form) or entries.get(None)

    def _check_open(self, metric: Metric) -> None:
        """Raise `UsageError` if metrics without an entry, such as this one, are an error."""
        name = metric.spec.name
        # an entry by region holds for the bare name, and nsd@2 is none
        if any(entry.by_region for entry in self.entries if entry.spec is metric.spec):
            raise UsageError(
                f"protocol {self.name!r} gives {name} a value for each region; ask for {name!r} "
                f"alone, of score "
                f"or of segeval.SegmentationMetrics([{name!r}], protocol={self.name!r})"
            )
        if not self.others:
            known = ", ".join(entry.key for entry in self.entries) or "no metric"
            raise UsageError(
                f"protocol {self.name!r} does not define {metric.form}; it defines {known}. Ask "
                f"for these, or write a "
                f'protocol of your own, with base = "{self.name}" and {metric.form} = {{}} under '
                f"[metrics]"
            )

    def _defined(self, metric: Metric, entry: Entry) -> Metric:
        """Return the metric with what an entry says of it, unless that is what its card says."""
        formula = replace(metric, definition=None)
        if entry.formula is not None:
            formula = _formula(entry.formula, metric)
        definition = Definition(
            protocol=self.name,
            metric=formula,
            boundary=entry.boundary or self.boundary,
            empty=entry.empty or formula.spec.empty,
            mean_first=self.mean_first,
        )
        # A metric of its card needs no definition: so its description and symbol stay short.
        usual = Definition(self.name, metric, VOXEL, metric.spec.empty)
        if definition == usual:
            return metric
        if not formula.spec.by_boundary:  # it depends on none, or has its own
            definition = replace(definition, boundary=VOXEL)
        return replace(metric, definition=definition)


def _written(formula: Metric, metric: Metric) -> str | None:
    """Return the form by which `_formula` finds a formula again; None for the metric itself."""
    if formula == replace(metric, definition=None):
        return None
    if _formula(formula.form, metric) == formula:
        return formula.form
    # The short form leaves out usual values, which would be those of the metric instead.
    values = [f"{name}={value}" for name, value in formula.parameters]
    return f"{formula.spec.name}:{','.join(values)}"


def _formula(form: str, metric: Metric) -> Metric:
    """Return the metric of a form, with parameters of another metric that it does not give.

    >>> _formula("hd_pooled", parse_metric("hd95")).form
    'hd_pooled@95'
    """
    spec = next((spec for spec in REGISTRY.values() if is_name_of(form, spec)), None)
    if spec is None:  # it gives parameters of its own, as hd95 and hd_pooled@95 do
        return parse_metric(form)
    # by its name alone, `hd_pooled` stands for hd_pooled@95 under hd95
    known = {parameter.name for parameter in spec.parameters}
    return spec.bind({name: value for name, value in metric.parameters if name in known})
