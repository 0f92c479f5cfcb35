"""A function for each metric, made from its card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segeval.errors.calls import Call
from segeval.kernels.workspace import Workspace, cores
from segeval.metrics.card import MetricSpec

from .dispatch import measured
from .options import Options
from .reading import result
from .records import fetched, is_tensor
from .signatures import docstring, function_signature, keywords_for


def function_of(spec: MetricSpec) -> Callable[..., Any]:
    """Return the function of `segeval.functional` that computes the metric.

    It answers in kind: a number or an array of NumPy for arrays, a tensor on their device for
    tensors.

    >>> from segeval.metrics import REGISTRY
    >>> import inspect
    >>> [*inspect.signature(function_of(REGISTRY["nsd"])).parameters][:4]
    ['pred', 'gt', 'tolerance', 'num_classes']
    """
    signature = function_signature(spec)
    name = spec.formula.__name__

    def function(*args: Any, **named: Any) -> Any:
        call = Call(name, signature, args, named)
        arguments = call.arguments(lambda value: keywords_for(spec.parameters, value))
        options = Options.of(arguments)
        metric = options.bound(spec, arguments)
        pred = arguments["pred"]
        # The answer is of the kind of pred, and on its device; of a list its first case tells.
        first = pred[0] if isinstance(pred, (list, tuple)) and pred else pred
        with Workspace(_threads(first)) as workspace:
            record, kind = measured(
                pred,
                arguments["gt"],
                options.reading,
                needs=[metric.need],
                workspace=workspace,
                spacing=arguments.get("spacing"),
            )
        value = result(metric, fetched(record), kind, options.reading, options.averaging)
        if not is_tensor(first):
            # An array without axes becomes a number.
            return value[()]
        import torch

        return torch.as_tensor(value, device=first.device)

    # As if it were written by hand: `help` and pickle go by these attributes.
    function.__name__ = function.__qualname__ = name
    function.__doc__ = docstring(spec, _example(spec, name))
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__module__ = "segeval.functional"
    return function


def _threads(array: Any) -> int:
    """Return how many threads measure: for tensors as many as torch may use."""
    if not is_tensor(array):
        return cores()
    import torch

    return torch.get_num_threads()


def _example(spec: MetricSpec, name: str) -> str:
    """Return the lines of a doctest, the metric of a perfect pair."""
    required = "".join(f", {p.name}=1" for p in spec.parameters if p.default is None)
    call = f"float({name}(gt, gt{required}))"
    lines = [
        ">>> import numpy as np",
        f">>> from segeval.functional import {name}",
        ">>> gt = np.zeros((1, 8, 8), int)",
        ">>> gt[0, 2:6, 2:6] = 1",
    ]
    if spec.best is None:
        lines += [f">>> {call} >= 0", "True"]
    else:
        lines += [f">>> {call}", str(float(spec.best))]
    return "\n".join(lines)
