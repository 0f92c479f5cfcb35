"""The metric that a written form stands for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import segeval.metrics.surface  # noqa: F401  # imported for the declarations
from segeval.errors import UsageError

from .card import REGISTRY, Metric, MetricSpec, taken_names

DEFAULT_METRICS = ("dice", "iou", "precision", "recall", "volume_similarity", "hd95", "assd")

AMBIGUOUS = {
    "msd": (
        "msd is the median surface distance in some tools and the mean in others (seg-metrics); "
        "write median_sd for the median, or masd or assd for a mean"
    )
}
"""Names that tools disagree about, and what to write instead."""


def lookup(name: str) -> MetricSpec:
    """The card of a metric by its name or an alias. Raises `UsageError` for anything else: with the
    nearest names, or with what to write for a name that tools disagree about.
    """
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    for spec in REGISTRY.values():
        if key in (spec.name, *(alias.replace("-", "_") for alias in spec.aliases)):
            return spec
    if key in AMBIGUOUS:
        raise UsageError(f"unknown metric {name!r}: {AMBIGUOUS[key]}")
    near = difflib.get_close_matches(key, sorted(taken_names()), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`segeval metrics` lists them"
    raise UsageError(f"unknown metric {name!r}; {hint}")


def parse_metric(text: str) -> Metric:
    """The metric that a written form stands for: `dice`, `nsd@2`, `hd95`,
    `tversky:alpha=0.3,beta=0.7`.

    >>> parse_metric("hd95").parameters
    (('percentile', 95.0),)
    """
    glued = re.fullmatch(r"([a-zA-Z_]+?)(\d+(?:\.\d+)?)", text.strip())
    if glued and glued[1].lower() in (base := {s.name: s for s in REGISTRY.values() if s.glued}):
        text = f"{base[glued[1].lower()].name}@{glued[2]}"
    name, mark, rest = re.match(r"([^@:]*)([@:]?)(.*)", text.strip()).groups()  # type: ignore[union-attr]
    spec = lookup(name)
    if not mark:
        return spec.bind({})
    if not spec.parameters:
        raise UsageError(f"metric {spec.name!r} has no parameters; write {spec.name}, not {text!r}")
    pairs = (
        [(spec.parameters[0].name, rest)]
        if mark == "@"
        else [_split(pair, text) for pair in rest.split(",")]
    )
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise UsageError(f"metric {text!r} gives {max(keys, key=keys.count)} twice; give it once")
    return spec.bind(dict(pairs))


def parse_metrics(texts: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics of several written forms, each of which may hold some, separated by commas;
    doubles count once.

    >>> [m.column for m in parse_metrics(["dice,hd95", "tversky:alpha=0.3,beta=0.7"])]
    ['dice', 'hd95', 'tversky:alpha=0.3,beta=0.7']
    """
    return tuple({m.column: m for m in map(parse_metric, separate(texts))}.values())


def separate(texts: Sequence[str]) -> list[str]:
    """The written forms in several texts, each of which may hold some, separated by commas."""
    forms: list[str] = []
    for text in texts:
        for piece in text.split(","):
            if (
                forms and "=" in piece and ":" not in piece
            ):  # a further parameter of the form before
                forms[-1] += f",{piece}"
            elif piece.strip():
                forms.append(piece)
    return forms


def _split(pair: str, text: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals:
        raise UsageError(f"metric {text!r}: after ':' come parameter=value pairs, not {pair!r}")
    return key.strip(), value.strip()
