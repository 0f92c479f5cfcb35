"""`segeval metrics`: every metric in a table, or the card of one."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .config import config_option
from .terminal import echo, echo_json

if TYPE_CHECKING:
    from segeval.metrics.card import MetricSpec
    from segeval.metrics.parameters import Parameter, Value

UNITS = {
    "": "none",
    "length": "that of the spacing: mm, or px for images without one",
    "volume": "ml (mm² in 2-D), or px for images without a spacing",
    "voxel": "voxels",
    "bit": "bits",
    "%": "per cent",
}
"""Words for the units of cards."""


BETTER = {True: "higher is better", False: "lower is better", None: ""}
"""Words for the direction of metrics."""
GIVES = {"region": "one number per region", "case": "one number per case, over all its regions"}
"""Words for the scopes of metrics."""


@click.command("metrics")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@config_option
def metrics_command(*, name: str | None, as_json: bool) -> None:
    """List the metrics, or explain one.

    NAME is written as for -m of `segeval score`: a name, an alias, or a form with parameters.

    \b
    Example:
      segeval metrics
      segeval metrics hd95
    """
    from segeval.metrics import REGISTRY

    specs = list(REGISTRY.values())
    if name is None and as_json:
        _print_json([_record(spec) for spec in specs])
    elif name is None:
        _list(specs)
    elif as_json:
        _print_json(_record(_parsed(name).spec))
    else:
        echo(*_card(_parsed(name)).split("\n"))


def _print_json(content: Any) -> None:
    """Print JSON in the strict sense: a NaN that is left in it is an error."""
    echo_json(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2))


def _list(specs: list[MetricSpec]) -> None:
    """Print the table of metrics, with one line for each."""
    from .sheet import Sheet

    rows = []
    for spec in specs:
        names = "; also ".join(filter(None, (spec.symbol, ", ".join(spec.aliases))))
        rows.append(
            (_usage(spec), _range(spec), _number(spec.best), spec.unit, f"{spec.title} ({names})")
        )
    Sheet(("metric", "range", "best", "unit", "what it is"), rows).show(wrap=True)


def _usage(spec: MetricSpec) -> str:
    """Return how a metric is written, also with its parameter behind the name: `hd or hd95`."""
    return f"{spec.usage} or {spec.name}95" if spec.glued else spec.usage


class Form(NamedTuple):
    """A metric as it is written."""

    spec: MetricSpec
    """Card of the metric."""
    parameters: dict[str, Value]
    """Values that the written form gives, by parameter."""


def _parsed(text: str) -> Form:
    """Return the form of a text, which may lack a parameter that has no default."""
    from segeval.errors import UsageError
    from segeval.metrics import lookup, parse_metric

    # by name first: a parsed form must have every parameter that has no default
    try:
        return Form(lookup(text), {})
    except UsageError:
        metric = parse_metric(text)
        return Form(metric.spec, dict(metric.parameters))


def _card(form: Form) -> str:
    """Return the card for people: heading, definition, formula, and facts by their names."""
    from .tex import plain

    spec = form.spec
    heading = f"{spec.name}: {spec.title} ({spec.symbol})"
    definition = textwrap.fill(spec.doc, 78)
    formula = f"  {spec.symbol} = {plain(spec.tex)}"
    indent = "\n" + " " * 13
    rows = [f"{name:13}" + text.replace("\n", indent) for name, text in _facts(form).items()]
    return "\n\n".join((heading, definition, formula, "\n".join(rows)))


def _facts(form: Form) -> dict[str, str]:
    """Return what a card says below its formula, by the word in front of the line."""
    from segeval.metrics.citations import CITATIONS

    spec = form.spec
    parameters = [_parameter(p, form.parameters.get(p.name)) for p in spec.parameters]
    paper = CITATIONS[spec.cite]
    return {
        "written": _written(spec),
        "parameters": "\n".join(parameters) or "none",
        "range": ", ".join(
            filter(None, (_range(spec), _best(spec), BETTER[spec.higher_is_better]))
        ),
        "unit": UNITS[spec.unit],
        "gives": GIVES[spec.scope],
        "empty masks": "\n".join(f"{side}: {value}" for side, value in _empties(spec).items()),
        "also called": ", ".join(spec.aliases) or "no other name",
        # unbroken words, so that a DOI can be copied
        "paper": textwrap.fill(paper, 64, break_on_hyphens=False, break_long_words=False),
    }


def _best(spec: MetricSpec) -> str:
    """Return the best value of a metric in words; "" where none is the best."""
    return "" if spec.best is None else f"best {_number(spec.best)}"


def _written(spec: MetricSpec) -> str:
    """Return how a metric is written, with an example where parameters come in."""
    required = [p for p in spec.parameters if p.default is None]
    samples = {p.name: _sample(p) for p in required or spec.parameters[:1]}
    if not samples:
        return spec.usage
    return f"{spec.usage}, such as {spec.bind(samples).column}"


def _sample(parameter: Parameter) -> Value:
    """Return a value that the parameter may have, for an example."""
    from segeval.metrics.parameters import Choice

    if isinstance(parameter.domain, Choice):
        return parameter.domain.words[-1]
    # a domain up to 100 is one of percentiles
    return 95 if parameter.domain.high == 100 else 0.5


def _parameter(parameter: Parameter, value: Value | None) -> str:
    """Return what a parameter may be, and what it is.

    What it is was asked for in the written form, or holds unless it is given.
    """
    if value is not None:
        state = f"here {_number(value)}"
    elif parameter.default is None:
        state = "must be given"
    else:
        state = f"{_number(parameter.default)} unless given"
    return f"{parameter.name}: {parameter.domain.description}; {state}"


def _empties(spec: MetricSpec) -> dict[str, str]:
    """Return the values of a metric where masks are empty, by which of them are."""
    values = {
        "both empty": spec.empty.both,
        "prediction empty": spec.empty.pred,
        "ground truth empty": spec.empty.gt,
    }
    return {side: _number(value) or "by formula" for side, value in values.items()}


def _range(spec: MetricSpec) -> str:
    """Return the range of a metric: `0 to 1`."""
    low, high = spec.range
    return f"{_number(low)} to {_number(high)}"


def _number(value: Value | None) -> str:
    """Return a number as people write it; a word as it is, and nothing for None.

    >>> _number(0.5), _number(float("inf")), _number(None)
    ('0.5', '∞', '')
    """
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:g}".replace("inf", "∞").replace("nan", "undefined (NaN)")


def _record(spec: MetricSpec) -> dict[str, Any]:
    """Return a card for programs, with values that JSON has no word for spelt out."""
    from segeval.io.nonfinite import spelled
    from segeval.metrics.citations import CITATIONS
    from segeval.metrics.parameters import Choice

    return {
        "name": spec.name,
        "title": spec.title,
        "symbol": spec.symbol,
        "aliases": spec.aliases,
        "usage": spec.usage,
        "definition": spec.doc,
        "tex": spec.tex,
        "scope": spec.scope,
        "range": spelled(spec.range),
        "best": spelled(spec.best),
        "higher_is_better": spec.higher_is_better,
        "unit": spec.unit,
        "empty": spelled({side: getattr(spec.empty, side) for side in ("both", "pred", "gt")}),
        "parameters": [
            {
                "name": p.name,
                "default": p.default,
                "domain": p.domain.words if isinstance(p.domain, Choice) else str(p.domain),
            }
            for p in spec.parameters
        ],
        "citation": CITATIONS[spec.cite],
    }
