"""Written forms of metrics, and the metrics that they stand for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from segeval.errors import UsageError

from . import overlap, partition, surface  # noqa: F401  # imported for the declarations
from .card import REGISTRY, Metric, MetricSpec
from .declare import taken_names

DEFAULT_METRICS = ("dice", "iou", "precision", "recall", "volume_similarity", "hd95", "assd")
"""Metrics of a run that asks for none."""

AMBIGUOUS = {
    "msd": (
        "msd is the median surface distance in some tools and the mean in others (seg-metrics); "
        "write median_sd for the median, or masd or assd for a mean"
    )
}
"""Names that tools disagree about, and what to write instead."""

LACKING = {
    "aji": "the aggregated Jaccard index",
    "auc": "the area under the ROC curve",
    "auroc": "the area under the ROC curve",
    "average_precision": "average precision",
    "betti_error": "the error of Betti numbers",
    "brier": "the Brier score",
    "cldice": "the Dice of centre lines",
    "ece": "the expected calibration error",
    "lesion_dice": "the Dice of each lesion",
    "lesion_f1": "the F1 score over lesions",
    "lesion_precision": "the precision over lesions",
    "lesion_recall": "the recall over lesions",
    "panoptic_quality": "panoptic quality",
    "pq": "panoptic quality",
    "rq": "recognition quality",
    "sq": "segmentation quality",
}
"""Metrics of the field that are not here, for which the nearest spelling would mislead."""


def is_name_of(name: str, spec: MetricSpec) -> bool:
    """Return whether a text is the name of a metric or an alias, in whatever spelling.

    >>> is_name_of("Surface-Dice", lookup("nsd"))
    True
    """
    return _key(name) in (spec.name, *map(_key, spec.aliases))


def _key(name: str) -> str:
    """Return a name in the spelling of the registry: in lower case, words joined by `_`."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def lookup(name: str) -> MetricSpec:
    """Return the card of a metric by its name or an alias.

    Case, hyphens and spaces do not matter. Raises `UsageError` for anything else: with the nearest
    names, or with what to write for a name that tools disagree about.

    >>> lookup("Surface-Dice").name
    'nsd'
    """
    for spec in REGISTRY.values():
        if is_name_of(name, spec):
            return spec
    key = _key(name)
    if key in AMBIGUOUS:
        raise UsageError(f"unknown metric {name!r}: {AMBIGUOUS[key]}")
    if key in LACKING:
        raise UsageError(
            f"unknown metric {name!r}: segeval does not have {LACKING[key]}; `segeval metrics` "
            "lists what it has"
        )
    # with the default metrics as they are written, such as `hd95`
    known = sorted({*taken_names(), *DEFAULT_METRICS})
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.7)
    hint = "`segeval metrics` lists them"
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    raise UsageError(f"unknown metric {name!r}; {hint}")


def parse_metric(text: str) -> Metric:
    """Return the metric that a written form stands for.

    Forms are `dice`, `nsd@2`, `hd95` (short for `hd@95`) and `tversky:alpha=0.3,beta=0.7`. Raises
    `UsageError` for anything else.

    >>> parse_metric("hd95").parameters
    (('percentile', 95.0),)
    """
    name, mark, rest = _parts(_unglued(text.strip()))
    spec = lookup(name)
    if not mark:
        return spec.bind({})
    if not spec.parameters:
        raise UsageError(f"metric {spec.name!r} has no parameters; write {spec.name}, not {text!r}")
    if mark == "@":
        # The value after @ is that of the first parameter on the card.
        pairs = [(spec.parameters[0].name, rest)]
    else:
        pairs = [_split(pair, text) for pair in rest.split(",")]
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise UsageError(f"metric {text!r} gives {max(keys, key=keys.count)} twice; give it once")
    return spec.bind(dict(pairs))


def parse_metrics(texts: Sequence[str]) -> tuple[Metric, ...]:
    """Return the metrics of several texts, each of which may hold some forms separated by commas.

    A metric that is named twice counts once.

    >>> [m.column for m in parse_metrics(["dice,hd95", "tversky:alpha=0.3,beta=0.7"])]
    ['dice', 'hd95', 'tversky:alpha=0.3,beta=0.7']
    """
    return tuple({m.column: m for m in map(parse_metric, separate(texts))}.values())


def separate(texts: Sequence[str]) -> list[str]:
    """Return the written forms in several texts, each of which may hold some with commas between.

    >>> separate(["dice, hd95", "tversky:alpha=0.3,beta=0.7"])
    ['dice', ' hd95', 'tversky:alpha=0.3,beta=0.7']
    """
    forms: list[str] = []
    for text in texts:
        for piece in text.split(","):
            # Commas stand between forms, and between the parameters of one.
            is_parameter = "=" in piece and ":" not in piece
            if forms and is_parameter:
                forms[-1] += f",{piece}"
            elif piece.strip():
                forms.append(piece)
    return forms


def _unglued(text: str) -> str:
    """Return a form with `@` before a parameter that follows the name, `hd@95` for `hd95`."""
    glued = re.fullmatch(r"([a-zA-Z_]+?)(\d+(?:\.\d+)?)", text)
    if glued:
        spec = REGISTRY.get(glued[1].lower())
        if spec and spec.glued:
            return f"{spec.name}@{glued[2]}"
    return text


def _parts(form: str) -> tuple[str, str, str]:
    """Return the name of a form, the mark behind it, `@`, `:` or "", and what follows."""
    name = re.split("[@:]", form, maxsplit=1)[0]
    return name, form[len(name) : len(name) + 1], form[len(name) + 1 :]


def _split(pair: str, text: str) -> tuple[str, str]:
    """Return name and value of `name=value`, a part of the written form `text`."""
    key, equals, value = pair.partition("=")
    if not equals:
        raise UsageError(f"metric {text!r}: after ':' come parameter=value pairs, not {pair!r}")
    return key.strip(), value.strip()
