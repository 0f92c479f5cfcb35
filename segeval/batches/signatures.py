"""The signatures and docstrings of functions and metric objects, made from the cards of the
metrics.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from segeval.metrics.card import Metric, MetricSpec
from segeval.metrics.citations import CITATIONS
from segeval.metrics.parameters import Choice, Value
from segeval.protocols import Convention, convention

from .averages import Averaging
from .form import Inputs
from .reading import Reading

SHAPES = """\
`pred` and `gt` are label maps (N, *spatial); or scores or one-hot (N, C, *spatial) with labels or one-hot; or binary
scores (N, *spatial) or (N, 1, *spatial); or label vectors (N,), which are one case. NumPy arrays, torch tensors, or
lists of as many, one a case. {axes}"""
RAISES = (
    "Raises `UsageError` or `ReadError`, which name the argument, what was wanted and what came."
)


@dataclass(frozen=True, slots=True)
class Option:
    """An option that metrics share: its annotation, its default and what it means."""

    annotation: str
    default: Any
    text: str


OPTIONS = {
    "num_classes": Option("int | None", None, "Number of classes, the background included; None: those seen so far."),
    "include_background": Option(
        "bool | None", None, "Whether class 0 is a region; None: {background} for this metric."
    ),
    "average": Option(
        'Literal["none", "macro", "micro", "weighted"] | None', "macro",
        "Over the regions of a case: none, their mean, added up before scoring, or their mean by "
        "true size.",
    ),
    "per_case": Option("bool", False, "Keep a value for each case instead of the mean over cases."),
    "pooled": Option("bool", False, "Add the cases up before scoring instead of taking the mean of their scores."),
    "ignore_index": Option("int | None", None, "Voxels whose true label is this count for nothing; it is no region."),
    "input_format": Option(
        'Literal["auto", "labels", "one-hot", "logits", "probabilities"]', "auto",
        "What the arrays hold; auto takes integers for labels and floats for scores, by dtype and "
        "shape.",
    ),
    "threshold": Option("float", 0.5, "Binary and multilabel scores above this probability are foreground."),
    "multilabel": Option("bool", False, "Every channel is a region of its own; they may overlap."),
    "spacing": Option(
        "Sequence[float] | Sequence[Sequence[float]] | None", None,
        "Size of a voxel along each axis in mm, for all cases or for each; None: 1 px.",
    ),
    "protocol": Option(
        "str | Path", "segeval", "Whose definition the metric follows: a tool's, such as monai, or a TOML file's."
    ),
    "boundary": Option(
        "str | None", None, "Rule for boundaries, such as surfel or voxel:connectivity=2; None: the protocol's."
    ),
}  # fmt: skip
"""Every option, in the order of signatures."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a call, sorted by who uses them."""

    reading: Reading
    averaging: Averaging
    convention: Convention
    boundary: str | None = None

    def bound(self, spec: MetricSpec, values: Mapping[str, Any]) -> Metric:
        """The metric with its parameters from the arguments of a call, as the protocol means it."""
        own: dict[str, Value] = {
            p.name: values[p.name] for p in spec.parameters if values.get(p.name) is not None
        }
        return self.convention.meant(spec.bind(own))

    @property
    def given(self) -> dict[str, Any]:
        """The options that are not the defaults."""
        inputs, averaging = self.reading.inputs, self.averaging
        values = {
            name: getattr(
                next(part for part in (inputs, self.reading, averaging) if hasattr(part, name)),
                name,
            )
            for name in OPTIONS
            if name not in ("spacing", "protocol", "boundary")
        }
        values |= {"protocol": self.convention.name, "boundary": self.boundary}
        return {name: value for name, value in values.items() if value != OPTIONS[name].default}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """The options by name; those left out have their default. Raises `UsageError`."""
        values = {name: given.get(name, option.default) for name, option in OPTIONS.items()}
        followed = convention(values["protocol"], values["boundary"])
        if values["ignore_index"] is None:
            values["ignore_index"] = followed.policies.get("ignore_label")
        for name in (
            "num_classes",
            "ignore_index",
        ):  # of NumPy too, so that equal options look equal
            values[name] = (
                int(values[name]) if isinstance(values[name], np.integer) else values[name]
            )
        fields = ("num_classes", "multilabel", "ignore_index", "input_format", "threshold")
        inputs = Inputs(**{name: values[name] for name in fields})
        average: Any = "none" if values["average"] is None else values["average"]
        background = values["include_background"]
        is_usual = values["protocol"] == OPTIONS["protocol"].default
        if background is None and not is_usual and not inputs.multilabel:
            background = followed.background
        return cls(
            Reading(inputs, background, followed.names(multilabel=inputs.multilabel)),
            Averaging(average, values["per_case"], values["pooled"]),
            followed,
            None if values["boundary"] is None else str(followed.boundary),
        )


def has_lengths(spec: MetricSpec) -> bool:
    """Whether the metric's values depend on the size of voxels."""
    return spec.unit in ("length", "volume") or spec.statistic.lengths


def options_of(spec: MetricSpec) -> list[str]:
    """The names of the options that the metric has."""
    left_out = set() if has_lengths(spec) else {"spacing"}
    if not spec.by_boundary:
        left_out.add("boundary")
    if spec.scope == "case":
        left_out.add("average")
    if not spec.statistic.by_region:
        left_out |= {"include_background", "multilabel"}
    return [name for name in OPTIONS if name not in left_out]


def function_signature(spec: MetricSpec) -> inspect.Signature:
    """`(pred, gt, *, <parameters of the metric>, <options>)`."""
    arrays = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("pred", "gt")
    ]
    return inspect.Signature(
        [*arrays, *_sorted(spec, inspect.Parameter.KEYWORD_ONLY), *_shared(options_of(spec))]
    )


def class_signature(spec: MetricSpec) -> inspect.Signature:
    """`(<parameters without a default>, *, <those with one>, <options>, **kwargs)`.

    A parameter with a default is a keyword: other tools' `HausdorffDistance(3)` must not become the
    third percentile.
    """
    own = _sorted(spec, inspect.Parameter.KEYWORD_ONLY)
    own = [p.replace(kind=p.POSITIONAL_OR_KEYWORD) if p.default is p.empty else p for p in own]
    rest = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation="Any")
    return inspect.Signature([*own, *_shared(options_of(spec)), rest])


def keywords_for(spec: MetricSpec | None, value: Any) -> list[str]:
    """Return the keywords that a value given by position may have been meant for.

    `spec` is None for the object of several metrics.

    >>> from segeval.metrics import REGISTRY
    >>> [keywords_for(REGISTRY["hd"], value) for value in (3, 99.5, "macro")]
    [['num_classes', 'percentile'], ['percentile'], []]
    """
    words = isinstance(value, str)
    if isinstance(value, bool) or not (words or isinstance(value, Real)):
        return []
    optional = [] if spec is None else [p for p in spec.parameters if p.default is not None]
    own = [p.name for p in optional if isinstance(p.domain, Choice) == words and value in p.domain]
    classes = isinstance(value, Integral) and 1 < int(value) <= 2**16
    return ["num_classes", *own] if classes else own


def several_signature() -> inspect.Signature:
    """`(metrics, *, <options>, **kwargs)`: that of the object for several metrics."""
    metrics = inspect.Parameter(
        "metrics", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="str | Sequence[str]"
    )
    rest = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation="Any")
    return inspect.Signature([metrics, *_shared(OPTIONS), rest])


def _sorted(spec: MetricSpec, kind: Any) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            p.name,
            kind,
            default=inspect.Parameter.empty if p.default is None else p.default,
            annotation=p.domain.annotation,
        )
        for p in sorted(spec.parameters, key=lambda p: p.default is not None)
    ]


def _shared(names: Iterable[str]) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=OPTIONS[name].default,
            annotation=OPTIONS[name].annotation,
        )
        for name in names
    ]


def docstring(spec: MetricSpec, example: str) -> str:
    """What an editor shows: meaning, formula, shapes, options, result, source and an example."""
    low, high = (f"{end:g}" for end in spec.range)
    best = "" if spec.best is None else f", best {spec.best:g}"
    axes = (
        "2 or 3 spatial axes." if spec.statistic.axes is not None else "Any number of spatial axes."
    )
    lines = [
        f"{spec.title}: {spec.doc[0].lower()}{spec.doc[1:]}",
        "",
        f"    {spec.tex}",
        "",
        SHAPES.format(axes=axes),
        "",
        *(f"{p.name}: {_sentence(p.domain.description)}" for p in spec.parameters),
        *(f"{name}: {_told(name, spec)}" for name in options_of(spec)),
        "",
        f"From {low} to {high}{best}{_unit(spec)}; NaN where undefined. {RAISES}",
        f"Source: {CITATIONS[spec.cite]}",
        "",
        example,
    ]
    return "\n".join(lines)


def _told(name: str, spec: MetricSpec) -> str:
    background = spec.statistic.background
    return OPTIONS[name].text.replace("{background}", "yes" if background else "no")


def _unit(spec: MetricSpec) -> str:
    units = {
        "length": ", in the unit of the spacing",
        "volume": ", in ml (3-D), mm² (2-D) or px",
        "bit": ", in bit",
    }
    return units.get(spec.unit, "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
