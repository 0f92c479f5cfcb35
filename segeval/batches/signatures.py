"""The signatures and docstrings of functions and metric objects, from the cards of metrics and
options.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from segeval.metrics.card import MetricSpec
from segeval.metrics.citations import CITATIONS
from segeval.metrics.parameters import Choice, Parameter

from .inputs import is_class_count
from .options import OPTIONS

SHAPES = """\
`pred` and `gt` are label maps (N, *spatial); or scores or one-hot (N, C, *spatial) with labels or \
one-hot; or binary
scores (N, *spatial) or (N, 1, *spatial); or label vectors (N,), which are one case. NumPy arrays, \
torch tensors, or
lists of as many, one a case. {axes}"""
RAISES = (
    "Raises `UsageError` or `ReadError`, which name the argument, what was wanted and what came."
)
UNITS = {
    "length": ", in the unit of the spacing",
    "volume": ", in ml (3-D), mm² (2-D) or px",
    "bit": ", in bit",
}
"""Words of docstrings for the unit of values, by that on the card; nothing for a number."""
KWARGS = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation="Any")
"""The options of every `torchmetrics.Metric`, which metric objects pass on."""


def has_lengths(spec: MetricSpec) -> bool:
    """Return whether the metric's values depend on the size of voxels."""
    return spec.unit in ("length", "volume") or spec.statistic.lengths


def options_of(spec: MetricSpec) -> list[str]:
    """Return the names of the options that the metric has."""
    left_out = set()
    if not has_lengths(spec):
        left_out.add("spacing")
    if not spec.by_boundary:
        left_out.add("boundary")
    if spec.scope == "case":
        left_out.add("average")
    if not spec.statistic.by_region:
        left_out |= {"include_background", "multilabel"}
    return [name for name in OPTIONS if name not in left_out]


def function_signature(spec: MetricSpec) -> inspect.Signature:
    """Return `(pred, gt, *, <parameters of the metric>, <options>)`."""
    arrays = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("pred", "gt")
    ]
    parameters = [_keyword(parameter) for parameter in _required_first(spec)]
    return inspect.Signature([*arrays, *parameters, *_shared(options_of(spec))])


def class_signature(spec: MetricSpec) -> inspect.Signature:
    """Return `(<parameters without a default>, *, <those with one>, <options>, **kwargs)`.

    A parameter with a default is a keyword: other tools' `HausdorffDistance(3)` must not become the
    third percentile.
    """
    parameters = [_keyword(parameter) for parameter in _required_first(spec)]
    for place, parameter in enumerate(parameters):
        if parameter.default is parameter.empty:
            parameters[place] = parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD)
    return inspect.Signature([*parameters, *_shared(options_of(spec)), KWARGS])


def several_signature() -> inspect.Signature:
    """Return `(metrics, *, <options>, **kwargs)`, that of the object for several metrics."""
    metrics = inspect.Parameter(
        "metrics", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="str | Sequence[str]"
    )
    return inspect.Signature([metrics, *_shared(OPTIONS), KWARGS])


def keywords_for(parameters: Sequence[Parameter], value: Any) -> list[str]:
    """Return the keywords that a value given by position may have been meant for.

    `parameters` are those of a metric that the call takes by name alone.

    >>> from segeval.metrics import REGISTRY
    >>> [keywords_for(REGISTRY["hd"].parameters, value) for value in (3, 99.5, "macro")]
    [['num_classes', 'percentile'], ['percentile'], []]
    """
    word = isinstance(value, str)
    if isinstance(value, bool) or not (word or isinstance(value, Real)):
        return []
    keywords = []
    if is_class_count(value):
        keywords.append("num_classes")
    for parameter in parameters:
        if isinstance(parameter.domain, Choice) == word and value in parameter.domain:
            keywords.append(parameter.name)
    return keywords


def _required_first(spec: MetricSpec) -> list[Parameter]:
    """Return the parameters of a metric in the order of a signature: without a default first."""
    return sorted(spec.parameters, key=lambda parameter: parameter.default is not None)


def _keyword(parameter: Parameter) -> inspect.Parameter:
    """Return the parameter of a metric as that of a call, by name alone."""
    default = inspect.Parameter.empty if parameter.default is None else parameter.default
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=parameter.domain.annotation,
    )


def _shared(names: Iterable[str]) -> list[inspect.Parameter]:
    """Return the options of these names as parameters of a call."""
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
    """Return the text that an editor shows.

    It has the meaning, the formula, shapes, options, the result, the source and an example.
    """
    lines = [
        f"{spec.title}: {spec.doc[0].lower()}{spec.doc[1:]}",
        "",
        f"    {spec.tex}",
        "",
        SHAPES.format(axes=_axes(spec)),
        "",
        *(f"{p.name}: {_sentence(p.domain.description)}" for p in spec.parameters),
        *(f"{name}: {_option_text(name, spec)}" for name in options_of(spec)),
        "",
        f"{_range(spec)}; NaN where undefined. {RAISES}",
        f"Source: {CITATIONS[spec.cite]}",
        "",
        example,
    ]
    return "\n".join(lines)


def _axes(spec: MetricSpec) -> str:
    """Return the sentence on how many axes a metric is for."""
    if spec.statistic.axes is None:
        return "Any number of spatial axes."
    return "2 or 3 spatial axes."


def _option_text(name: str, spec: MetricSpec) -> str:
    """Return what an option means, with the default that a metric has where metrics differ."""
    background = "yes" if spec.statistic.background else "no"
    return OPTIONS[name].text.replace("{background}", background)


def _range(spec: MetricSpec) -> str:
    """Return the range of values, the best one and the unit, in words."""
    low, high = spec.range
    words = f"From {low:g} to {high:g}"
    if spec.best is not None:
        words += f", best {spec.best:g}"
    return words + UNITS.get(spec.unit, "")


def _sentence(text: str) -> str:
    """Return words as a sentence, with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}."
