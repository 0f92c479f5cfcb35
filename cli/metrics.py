"""`segeval metrics`: every metric in a table, or the card of one."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from segeval.metrics.card import MetricSpec
    from segeval.metrics.parameters import Parameter, Value

UNITS = {
    "": "none",
    "length": "that of the spacing: mm, or px for images without one",
    "volume": "ml (mm² in 2-D), or px for images without a spacing",
    "voxel": "voxels",
    "bit": "bits",
}


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def metrics(name: str | None, as_json: bool) -> None:
    """List the metrics, or explain one.

    NAME is written as for -m of `segeval score`: a name, an alias, or a form with parameters.

    \b
    Example:
      segeval metrics
      segeval metrics hd95
    """
    from segeval.metrics import REGISTRY

    found = None if name is None else _found(name)
    if as_json:
        content = (
            [_record(spec) for spec in REGISTRY.values()] if found is None else _record(found[0])
        )
        click.echo(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2))
    elif found is None:
        _list(list(REGISTRY.values()))
    else:
        click.echo(_card(*found))


def _list(specs: list[MetricSpec]) -> None:
    from .sheet import Sheet

    rows = []
    for spec in specs:
        names = "; also ".join(filter(None, (spec.symbol, ", ".join(spec.aliases))))
        rows.append(
            (spec.usage, _range(spec), _number(spec.best), spec.unit, f"{spec.title} ({names})")
        )
    Sheet(("metric", "range", "best", "unit", "what it is"), rows).show(wrap=True)


def _found(text: str) -> tuple[MetricSpec, dict[str, Value]]:
    """The card that a written form names, and the parameters that the form gives."""
    from segeval.errors import UsageError
    from segeval.metrics import lookup, parse_metric

    try:
        return lookup(text), {}
    except UsageError:
        metric = parse_metric(text)
        return metric.spec, dict(metric.parameters)


def _card(spec: MetricSpec, values: dict[str, Value]) -> str:
    from segeval.metrics.citations import CITATIONS

    from .tex import plain

    better = {True: ", higher is better", False: ", lower is better", None: ""}[
        spec.higher_is_better
    ]
    best = "" if spec.best is None else f", best {_number(spec.best)}"
    facts = {
        "written": _written(spec),
        "parameters": "\n".join(_parameter(p, values.get(p.name)) for p in spec.parameters)
        or "none",
        "range": f"{_range(spec)}{best}{better}",
        "unit": UNITS[spec.unit],
        "gives": "one number per region"
        if spec.scope == "region"
        else "one number per case, over all its regions",
        "empty masks": "\n".join(f"{who}: {value}" for who, value in _empties(spec).items()),
        "also called": ", ".join(spec.aliases) or "no other name",
        "paper": textwrap.fill(
            CITATIONS[spec.cite], 64, break_on_hyphens=False, break_long_words=False
        ),
    }
    heading = f"{spec.name}: {spec.title} ({spec.symbol})"
    definition = textwrap.fill(spec.doc, 78)
    formula = f"  {spec.symbol} = {plain(spec.tex)}"
    rows = [f"{name:13}" + text.replace("\n", "\n" + " " * 13) for name, text in facts.items()]
    return "\n\n".join((heading, definition, formula, "\n".join(rows)))


def _written(spec: MetricSpec) -> str:
    """How it is written, with an example where parameters come in."""
    required = [p for p in spec.parameters if p.default is None]
    shown = {p.name: _sample(p) for p in required or spec.parameters[:1]}
    return f"{spec.usage}, such as {spec.bind(shown).column}" if shown else spec.usage


def _sample(parameter: Parameter) -> Value:
    from segeval.metrics.parameters import Choice

    if isinstance(parameter.domain, Choice):
        return parameter.domain.words[-1]
    return 95 if parameter.domain.high == 100 else 0.5


def _parameter(parameter: Parameter, value: Value | None) -> str:
    wanted = parameter.domain.description
    default = (
        "must be given"
        if parameter.default is None
        else f"{_number(parameter.default)} unless given"
    )
    return f"{parameter.name}: {wanted}; {default if value is None else f'here {_number(value)}'}"


def _empties(spec: MetricSpec) -> dict[str, str]:
    values = {
        "both empty": spec.empty.both,
        "prediction empty": spec.empty.pred,
        "ground truth empty": spec.empty.gt,
    }
    return {who: "by formula" if value is None else _number(value) for who, value in values.items()}


def _range(spec: MetricSpec) -> str:
    low, high = spec.range
    return f"{_number(low)} to {_number(high)}"


def _number(value: Value | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:g}".replace("inf", "∞").replace("nan", "undefined (NaN)")


def _record(spec: MetricSpec) -> dict[str, Any]:
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
