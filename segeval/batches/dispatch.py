"""The one place that decides where a batch is measured: by the kernels of the host, or by torch on
its device.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.statistics.many import joined
from segeval.statistics.statistic import Arrays, Need

from .form import Kind
from .host import measure_batch
from .reading import ODD, Reading, check_needs, check_values, spacings

if TYPE_CHECKING:
    from torch import Tensor


def is_tensor(value: Any) -> bool:
    """Whether this is a torch tensor; torch is not imported for the question."""
    return hasattr(value, "detach") and hasattr(value, "is_floating_point")


def is_on_host(tensor: Tensor) -> bool:
    """Whether the tensor lies in the memory of the host, where the compiled kernels reach it."""
    return tensor.device.type == "cpu"


def measured(
    pred: Any,
    gt: Any,
    reading: Reading,
    needs: Collection[Need],
    workspace: Workspace,
    spacing: Any = None,
) -> tuple[dict[str, Any], Kind]:
    """The records of a batch, as arrays or as tensors on its device, and what kind of masks it
    holds.

    `pred` and `gt` are arrays or tensors with a first axis of cases, or lists of as many of them,
    one a case and without that axis, which may differ in shape. Raises `UsageError` for what cannot
    be read.
    """
    if not (isinstance(pred, (list, tuple)) or isinstance(gt, (list, tuple))):
        return _measured(pred, gt, reading, needs, workspace, spacing)
    if not (
        isinstance(pred, (list, tuple))
        and isinstance(gt, (list, tuple))
        and len(pred) == len(gt) > 0
    ):
        raise UsageError(
            f"pred and gt are lists of as many cases each, or arrays; came {_told(pred)} and "
            f"{_told(gt)}"
        )
    each = spacings(spacing, len(pred))
    parts = [
        _measured(_check(p, "pred")[None], _check(g, "gt")[None], reading, needs, workspace, own)
        for p, g, own in zip(pred, gt, each, strict=True)
    ]
    found = {kind for _, kind in parts}
    if len(found) > 1:
        raise UsageError(
            f"the cases of the lists are of several kinds: {' and '.join(sorted(found))}; pass "
            f"them apart"
        )
    records = [record for record, _ in parts]
    if not is_tensor(next(iter(records[0].values()))):
        return dict(joined(records)), found.pop()
    import torch

    return {
        name: torch.cat([record[name] for record in records]) for name in records[0]
    }, found.pop()


def _measured(
    pred: Any,
    gt: Any,
    reading: Reading,
    needs: Collection[Need],
    workspace: Workspace,
    spacing: Any,
) -> tuple[dict[str, Any], Kind]:
    arrays = _check(pred, "pred"), _check(gt, "gt")
    places = {str(array.device) if is_tensor(array) else "cpu" for array in arrays}
    if len(places) > 1:
        raise UsageError(
            f"pred is on {arrays[0].device} and gt on {arrays[1].device}; move one with .to(…)"
        )
    if any(is_tensor(array) and not is_on_host(array) for array in arrays):
        if not all(map(is_tensor, arrays)):
            raise UsageError(
                f"pred and gt are both tensors on one device, not {_told(pred)} and {_told(gt)}"
            )
        if all(need.device_measurer or not need.measurer for need in needs):
            return _measured_on_device(*arrays, reading, needs, spacing)
        arrays = arrays[0].cpu(), arrays[1].cpu()
    p, g = map(_array, arrays)
    boolean = p.dtype.kind == g.dtype.kind == "b"
    form = reading.inputs.form(p.shape, g.shape, floating=p.dtype.kind == "f", boolean=boolean)
    check_needs(needs, form.kind)
    own = spacings(spacing, 1 if form.pooled else len(p))
    return dict(measure_batch(p, g, form, reading, needs, own, workspace)), form.kind


def _measured_on_device(
    pred: Tensor, gt: Tensor, reading: Reading, needs: Collection[Need], spacing: Any
) -> tuple[dict[str, Any], Kind]:
    import torch

    from . import device

    boolean = pred.dtype == gt.dtype == torch.bool
    shapes = tuple(pred.shape), tuple(gt.shape)
    form = reading.inputs.form(*shapes, floating=pred.is_floating_point(), boolean=boolean)
    check_needs(needs, form.kind)
    own = spacings(spacing, 1 if form.pooled else len(pred))
    return device.measure_batch(pred, gt, form, reading, needs, own), form.kind


def _check(array: Any, name: str) -> Any:
    if is_tensor(array):
        if array.is_complex():
            raise UsageError(
                f"{name} has the dtype {array.dtype}; wanted whole numbers, booleans or floats"
            )
        return array.detach()
    if not isinstance(array, np.ndarray):
        raise UsageError(
            f"{name} is a NumPy array, a torch tensor or a list of them, one a case, not "
            f"{_told(array)}"
        )
    if array.dtype.kind not in "buif":
        raise UsageError(
            f"{name} has the dtype {array.dtype}; wanted whole numbers, booleans or floats"
        )
    return array


def _array(array: Any) -> NDArray[Any]:
    """A tensor of the host as NumPy sees it, without a copy but for bfloat16."""
    if not is_tensor(array):
        return np.asarray(array)
    plain = array.float() if str(array.dtype) == "torch.bfloat16" else array
    return np.asarray(plain.numpy())


def _told(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def fetched(record: Mapping[str, Any]) -> Arrays:
    """A record in the memory of the host, whatever device it was measured on."""
    arrays = {
        name: np.asarray(array.cpu().numpy()) if is_tensor(array) else array
        for name, array in record.items()
    }
    check_values(int(np.sum(arrays.pop(ODD, 0))))
    return arrays
