"""A function for each metric, made from its card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segeval.errors.calls import Call
from segeval.kernels.workspace import Workspace, cores
from segeval.metrics.card import MetricSpec

from .dispatch import fetched, is_tensor, measured
from .reading import result
from .signatures import Options, docstring, function_signature, keywords_for


def function_of(spec: MetricSpec) -> Callable[..., Any]:
    """The function of `segeval.functional` that computes the metric."""
    signature = function_signature(spec)
    name = spec.formula.__name__

    def function(*args: Any, **named: Any) -> Any:
        call = Call(name, signature, args, named)
        given = call.arguments(lambda value: keywords_for(spec, value))
        options = Options.of(given)
        metric = options.bound(spec, given)
        pred, gt, spacing = given["pred"], given["gt"], given.get("spacing")
        first = pred[0] if isinstance(pred, (list, tuple)) and pred else pred
        with Workspace(_threads(first)) as workspace:
            record, kind = measured(pred, gt, options.reading, [metric.need], workspace, spacing)
        value = result(metric, fetched(record), kind, options.reading, options.averaging)
        if not is_tensor(first):
            return value[()]
        import torch

        return torch.as_tensor(value, device=first.device)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = docstring(spec, _example(spec, name))
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__module__ = "segeval.functional"
    return function


def _threads(array: Any) -> int:
    if not is_tensor(array):
        return cores()
    import torch

    return torch.get_num_threads()


def _example(spec: MetricSpec, name: str) -> str:
    """Lines of a doctest: the metric of a perfect pair."""
    own = "".join(f", {p.name}=1" for p in spec.parameters if p.default is None)
    call = f"float({name}(gt, gt{own}))"
    shown = (
        [f">>> {call} >= 0", "True"]
        if spec.best is None
        else [f">>> {call}", str(float(spec.best))]
    )
    setting = [
        "import numpy as np",
        f"from segeval.functional import {name}",
        "gt = np.zeros((1, 8, 8), int)",
    ]
    return "\n".join([*(f">>> {line}" for line in setting), ">>> gt[0, 2:6, 2:6] = 1", *shown])
