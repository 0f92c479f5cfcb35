"""Sentences about what a run or a protocol measures, and about what makes two of them differ.

The words come from the cards and policies that a run itself goes by, so that they cannot drift from
what is measured. `Explained` is a run or a protocol in words; `differences` holds two of them
against each other: metrics, policies, means, and the columns that only one of them has.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segeval.errors import UsageError
from segeval.io.files import local_path
from segeval.metrics import REGISTRY
from segeval.metrics.card import Empty, Metric
from segeval.metrics.parameters import ByRegion, written
from segeval.protocols import ALL, Convention, convention, names
from segeval.protocols.choose import make_protocol
from segeval.protocols.files import known
from segeval.protocols.protocol import Protocol, hex_of
from segeval.protocols.runs import RUN, protocol_of_run, read_protocol
from segeval.results.results import Results
from segeval.statistics.boundary import Boundary

ORDERS = {
    "regions": "over regions first and then over cases",
    "cases": "over cases first and then over regions",
}
"""Words for the order of a mean, by what it is taken over first."""
YES_OR_NO = {True: "yes", False: "no"}
"""Words for a policy that is on or off."""
EXAMPLES = {"percentile": 95.0}
"""Values of parameters at which two protocols are compared; of others, one of their domain."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A run or a protocol that is explained.

    A run has measured what it has; a protocol that was given by name or file may define more
    metrics than it reports.
    """

    name: str
    """Name of a protocol, or a path, as the user wrote it."""
    protocol: Protocol
    metrics: Mapping[str, Metric]
    """Metrics by column, or by key where two are compared."""
    convention: Convention | None = None
    """Convention of a protocol that was given by name or file; None of a run."""

    @classmethod
    def of(cls, what: str | Path) -> Explained:
        """Return what is explained of a results folder or run.json, or of a protocol.

        Names of protocols go before files and folders that are called so. Raises `UsageError` for
        anything else, and for a folder whose rows are of several protocols.
        """
        text, path = str(what), local_path(what)
        source = None
        if text == ALL:
            protocol = make_protocol(protocol=text)
        elif text in names() or path.suffix == ".toml":
            source = convention(text)
            protocol = make_protocol(protocol=source)
        elif path.is_dir():
            protocol = read_protocol(Results.load(path).run, path / RUN)
        elif path.suffix == ".json":
            protocol = protocol_of_run(path)
        else:
            raise UsageError(
                f"{text}: neither a results folder nor a protocol; {_hint(text)} Or give a folder "
                f"that segeval score wrote, or a TOML file"
            )
        return cls(text, protocol, {m.column: m for m in protocol.metrics}, source)

    @property
    def keys(self) -> list[str]:
        """Written forms of its metrics, `hd@percentile` for any percentile, each once."""
        # A column of several protocols begins with the name of its own.
        keys = [column.rpartition("/")[2] for column in self.metrics]
        if self.convention:
            keys += [entry.key for entry in self.convention.entries]
        return list(dict.fromkeys(keys))

    def at(self, keys: Sequence[str]) -> Explained:
        """Return the same with the metrics of these keys that the convention defines.

        A run stays as it is: it measured what it measured. Keys that the convention leaves
        undefined are left out.
        """
        if self.convention is None:
            return self
        metrics = {key: _metric_of(self.convention, key) for key in keys}
        return replace(self, metrics={key: metric for key, metric in metrics.items() if metric})

    def sentences(self) -> list[str]:
        """Return what was measured and how, in a sentence or two each.

        They go from the whole to its parts: the protocol, its regions and boundaries, each metric,
        the order of means, and the policies that are not the usual ones.
        """
        protocol = self.protocol
        sentences = [*_introduction(protocol), _regions(protocol)]
        sentences += [f"Boundary {rule}: {rule.sentence}." for rule in _boundaries(protocol)]
        sentences += [
            _metric(column, metric, protocol.boundary) for column, metric in self.metrics.items()
        ]
        sentences.append(f"A mean over regions and cases is taken {_order(protocol)}.")
        sentences += [
            f"{policy.words.capitalize()}: {policy.text}."
            for policy in _policies(protocol)
            if policy.unusual
        ]
        return sentences


@dataclass(frozen=True, slots=True)
class Policy:
    """A decision of a protocol that holds for all of its metrics."""

    words: str
    """Name of what is decided, as part of a sentence."""
    value: object
    """Decision as it is compared with that of another protocol."""
    text: str
    """Decision in words."""
    unusual: bool = False
    """Whether it has a sentence of its own in an explanation."""


def two(what: str | Path, other: str | Path) -> tuple[Explained, Explained]:
    """Return both of two to compare; of a protocol, with all metrics that either names.

    So a metric that a protocol defines, but does not report, is compared where the other has it.
    """
    first, second = Explained.of(what), Explained.of(other)
    keys = list(dict.fromkeys([*first.keys, *second.keys]))
    return first.at(keys), second.at(keys)


def differences(a: Explained, b: Explained) -> list[tuple[str, str]]:
    """Return what makes two runs differ: the columns that it can change, and why.

    Columns stand in one text, with commas between. What is about single metrics comes first, then
    what is about all, then the columns that one of both lacks; nothing where both measure the same.
    """
    return [
        *_of_metrics(a, b),
        *_of_policies(a, b),
        *_of_means(a, b),
        *_only_in(a, b),
        *_only_in(b, a),
    ]


def _of_metrics(a: Explained, b: Explained) -> Iterator[tuple[str, str]]:
    """Yield the columns of both whose definitions differ."""
    for column, metric in a.metrics.items():
        if column in b.metrics:
            parts = list(_contrasts(metric, b.metrics[column]))
            if parts:
                yield column, "; ".join(parts)


def _of_policies(a: Explained, b: Explained) -> Iterator[tuple[str, str]]:
    """Yield the policies that differ, each of which can change every column of both."""
    columns = ", ".join(column for column in a.metrics if column in b.metrics) or "none in common"
    for mine, theirs in zip(_policies(a.protocol), _policies(b.protocol), strict=True):
        if mine.value != theirs.value:
            yield columns, f"{mine.words}: {mine.text} against {theirs.text}"


def _of_means(a: Explained, b: Explained) -> Iterator[tuple[str, str]]:
    """Yield the orders of means, if they differ."""
    order_a, order_b = _order(a.protocol), _order(b.protocol)
    if order_a != order_b:
        # Only rows of the summary that average over regions depend on the order.
        yield "rows of region mean", f"a mean is taken {order_a} against {order_b}"


def _only_in(a: Explained, b: Explained) -> Iterator[tuple[str, str]]:
    """Yield the columns that only the first has."""
    columns = [column for column in a.metrics if column not in b.metrics]
    if columns:
        yield ", ".join(columns), f"only in {a.name}"


def _contrasts(a: Metric, b: Metric) -> Iterator[str]:
    """Yield why a column of two runs may hold different numbers.

    Reasons are formulas, boundaries, values for empty masks, and parameters by region.
    """
    if a.formula.form != b.formula.form:
        yield f"formula {_titled(a.formula)} against {_titled(b.formula)}"
    if a.need.boundary != b.need.boundary:
        yield f"boundary {a.need.boundary or 'none'} against {b.need.boundary or 'none'}"
    values_b = _empties(b.empty)
    for masks, value in _empties(a.empty).items():
        if value != values_b[masks]:
            yield f"{value} against {values_b[masks]} where {masks}"
    by_region_a, by_region_b = a.formula.by_region, b.formula.by_region
    # In the order of the protocols, which a set would lose.
    for name in dict.fromkeys([*by_region_a, *by_region_b]):
        mine, theirs = by_region_a.get(name), by_region_b.get(name)
        if mine != theirs:
            yield f"{name} {_values(mine)} against {_values(theirs)}"


def _hint(text: str) -> str:
    """Return what to say of a name that is no protocol: names near it, or all there are."""
    near = difflib.get_close_matches(text.lower(), names(), n=2, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"a protocol is one of {', '.join([*names(), ALL])}."


def _metric_of(source: Convention, key: str) -> Metric | None:
    """Return what a convention means by a key, an open one at some value; None if it has none.

    An open key, such as `nsd@tolerance`, names no value. Both of two that are compared get the same
    one, so that it cannot make them differ.
    """
    name, _, written_parameter = key.partition("@")
    parameters = REGISTRY[name].parameters if name in REGISTRY else ()
    form = key
    for parameter in parameters:
        if parameter.name == written_parameter:
            value = EXAMPLES.get(parameter.name, parameter.domain.example)
            form = f"{name}@{written(value)}"
    try:
        # A convention may refuse what it has no entry for.
        return source.metric(form)
    except UsageError:
        return None


def _introduction(protocol: Protocol) -> Sequence[str]:
    """Return whose protocol it is, and what else its convention has to say.

    A protocol that does not come with segeval has its title alone.
    """
    title = f"Protocol {protocol.name}: {protocol.title}"
    source = known(protocol.name, protocol.title)
    if source is None:
        return (f"{title}.",)
    # Under another rule the numbers are not those that the source of the convention vouches for.
    if source.boundary != protocol.boundary:
        return (
            f"{title}, but with the boundary {protocol.boundary} in place of {source.boundary}: "
            f"what depends on a boundary is not its number.",
        )
    return (f"{title}; {source.source}.", *source.notes)


def _regions(protocol: Protocol) -> str:
    """Return the sentence on the regions that are scored and on their labels."""
    regions = "every label above 0 by itself"
    if protocol.regions is not None:
        regions = ", ".join(f"{r.name} ({_sum(r.labels)})" for r in protocol.regions)
    # Label 0 may be a region by name, and is not told of twice.
    named = any(region.labels == {0} for region in protocol.regions or ())
    if protocol.include_background and not named:
        regions += ", and the background"
    return f"Regions: {regions}."


def _boundaries(protocol: Protocol) -> list[Boundary]:
    """Return the boundary rules of the metrics that have one, that of the protocol first."""
    rules = dict.fromkeys(need.boundary for need in protocol.needs if need.boundary)
    # False sorts before True; the others keep their order.
    return sorted(rules, key=lambda rule: rule != protocol.boundary)


def _metric(column: str, metric: Metric, usual: Boundary) -> str:
    """Return how one column is computed; of its boundary only if it is not the `usual` one.

    A formula is named where it is not that of the column's own name, and values for empty masks
    where the formula does not decide about all of them.
    """
    spec, boundary = metric.formula.spec, metric.need.boundary
    # The sentences of the docstring lose the last full stop, since more may follow.
    parts = [f"{column}: {spec.title}. {' '.join(spec.doc.split()).rstrip('.')}"]
    if metric.formula.form != metric.form:
        parts.append(f"segeval's {metric.formula.form}")
    if boundary not in (None, usual):
        parts.append(f"boundary {boundary}")
    for name, values in metric.formula.by_region.items():
        parts.append(f"{name} by region: {_values(values)}")
    if not metric.empty.by_formula:
        empties = _empties(metric.empty).items()
        parts.append(", ".join(f"{value} where {masks}" for masks, value in empties))
    return "; ".join(parts) + "."


def _order(protocol: Protocol) -> str:
    """Return the order of the means of a protocol, in words."""
    if len({metric.mean_first for metric in protocol.metrics}) > 1:
        return "as each protocol has it"
    return ORDERS[protocol.mean_first]


def _policies(protocol: Protocol) -> list[Policy]:
    """Return what a protocol decides for all of its metrics.

    The list is of the same length and order for every protocol, so that two can be compared.
    """
    return [*_about_labels(protocol), *_about_files(protocol)]


def _about_labels(protocol: Protocol) -> list[Policy]:
    """Return which labels a protocol scores, and as what."""
    regions, ignored = protocol.regions, protocol.ignore_label
    # As a mapping, in which the order of regions makes no difference.
    labels = regions and {region.name: region.labels for region in regions}
    texts = [f"{region.name} {_sum(region.labels)}" for region in regions or ()]
    return [
        Policy("the regions", labels, ", ".join(texts) or "every label above 0"),
        Policy(
            "whether the background is scored",
            protocol.include_background,
            YES_OR_NO[protocol.include_background],
        ),
        Policy(
            "the label that is left out",
            ignored,
            "none" if ignored is None else str(ignored),
            unusual=ignored is not None,
        ),
        Policy(
            "whether every value above 0 is taken as 1",
            protocol.binary,
            YES_OR_NO[protocol.binary],
            unusual=protocol.binary,
        ),
        Policy(
            "the threshold of scores",
            protocol.threshold,
            "none" if protocol.threshold is None else f"{protocol.threshold:g}",
            unusual=protocol.threshold is not None,
        ),
    ]


def _about_files(protocol: Protocol) -> list[Policy]:
    """Return how a protocol takes files."""
    spacing, colors, missing = protocol.spacing, protocol.colors, protocol.missing
    lengths = [f"{length:g}" for length in spacing or ()]
    labels = [f"{hex_of(color)} {label}" for color, label in (colors or {}).items()]
    tolerance = protocol.geometry_tolerance
    return [
        Policy("the spacing", spacing, ", ".join(lengths) or "none", unusual=spacing is not None),
        Policy("how far grids may differ", tolerance, f"{tolerance:g}"),
        Policy("what a missing prediction means", missing, missing, unusual=missing != "error"),
        Policy(
            "the labels of colours", colors, ", ".join(labels) or "none", unusual=colors is not None
        ),
    ]


def _empties(empty: Empty) -> dict[str, str]:
    """Return the values for empty masks by the masks that are empty, both in words."""
    values = {
        "both masks are empty": empty.both,
        "only the prediction is": empty.pred,
        "only the ground truth is": empty.gt,
    }
    return {
        masks: "by formula" if value is None else f"{value:g}" for masks, value in values.items()
    }


def _titled(formula: Metric) -> str:
    """Return the written form of a formula with its title in brackets."""
    return f"{formula.form} ({formula.spec.title.lower()})"


def _values(values: ByRegion | None) -> str:
    """Return the values of a parameter by region, in words; None is one for all regions."""
    if values is None:
        return "none by region"
    return ", ".join(f"{region} {value:g}" for region, value in values.mapping.items())


def _sum(labels: frozenset[int]) -> str:
    """Return labels as the sum that a region is of them: `1 + 2 + 4`."""
    return " + ".join(map(str, sorted(labels)))
