"""The stubs that show editors the functions and metric objects which are made from the cards."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from segeval.batches.options import OPTIONS
from segeval.batches.signatures import class_signature, function_signature, several_signature
from segeval.metrics import REGISTRY
from segeval.metrics.card import MetricSpec

HEAD = '''\
"""{title} Generated from the metrics' cards by docs/make.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from numpy.typing import NDArray
from torch import Tensor
'''
FUNCTIONAL = """
Array = TypeVar("Array", NDArray[Any], Tensor)
"""
STATEFUL = '''
from torch import Tensor

from segeval.batches.objects import MetricObject as MetricObject

class SingleMetric(MetricObject):
    """A metric object of one metric: `compute` gives its value."""

    def compute(self) -> Tensor: ...

class SegmentationMetrics(MetricObject):
    """Several metrics of the same masks, measured once for all of them.

    `compute` gives their values by name.
    """

    def __init__(
        self,
        metrics: str | Sequence[str],
        *,
{several}    ) -> None: ...
    def compute(self) -> dict[str, Tensor]: ...
'''


def functional() -> str:
    """The stub of segeval.functional."""
    text = HEAD.format(title="Every metric as a function.") + FUNCTIONAL
    return text + "".join(_function(spec) for spec in REGISTRY.values())


def stateful() -> str:
    """The stub of segeval.stateful."""
    head = HEAD.format(title="Every metric as an object.")
    head = head.replace(", TypeVar", "").replace(
        "from numpy.typing import NDArray\nfrom torch import Tensor\n", ""
    )
    several = "".join(
        f"        {line},\n" for line in _parameters(several_signature(), {"metrics"})
    )
    classes = "".join(_class(spec) for spec in REGISTRY.values())
    return head.rstrip("\n") + "\n" + STATEFUL.format(several=several) + classes


def _function(spec: MetricSpec) -> str:
    options = "".join(
        f"    {line},\n" for line in _parameters(function_signature(spec), {"pred", "gt"})
    )
    arrays = "    pred: Array | Sequence[Array],\n    gt: Array | Sequence[Array],\n    *,\n"
    signature = f"def {spec.formula.__name__}(\n{arrays}{options}) -> Array:"
    return f'\n{signature}\n    """{spec.title}: {spec.doc}"""\n'


def _class(spec: MetricSpec) -> str:
    signature = class_signature(spec)
    positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    first = "".join(f"        {_written(p)},\n" for p in positional)
    keywords = "".join(
        f"        {line},\n" for line in _parameters(signature, {p.name for p in positional})
    )
    return (
        f'\nclass {spec.class_name}(SingleMetric):\n    """{spec.title}: {spec.doc}"""\n\n'
        f"    def __init__(\n        self,\n{first}        *,\n{keywords}    ) -> None: ...\n"
    )


def _parameters(signature: inspect.Signature, without: set[str]) -> Iterator[str]:
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            yield f"**{parameter.name}: Any"
        elif parameter.name not in without:
            yield _written(parameter)


def _written(parameter: inspect.Parameter) -> str:
    default = "" if parameter.default is parameter.empty else f" = {_literal(parameter.default)}"
    return f"{parameter.name}: {parameter.annotation}{default}"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def options_table() -> Iterator[str]:
    """The lines of a table of the options that functions and objects share."""
    yield "| option | default | what it says |"
    yield "|---|---|---|"
    for name, option in OPTIONS.items():
        text = option.text.replace(
            "; None: {background} for this metric.", "; None: yes for counts, no for surfaces."
        )
        yield f"| `{name}` | `{option.default!r}` | {text} |"
