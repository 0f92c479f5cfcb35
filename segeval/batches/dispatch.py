"""The one place that decides where a batch is measured: on the host, or by torch on its device."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.labels import check_unmasked
from segeval.errors import ArgumentTypeError, UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.devices import as_array
from segeval.statistics.statistic import Need

from . import host
from .form import Form, Kind, as_one_case
from .reading import Reading, check_needs, spacings, voxel_volume
from .records import VOLUMES, Record, is_tensor, joined_records
from .shapes import form_of

if TYPE_CHECKING:
    from torch import Tensor


def is_on_host(tensor: Tensor) -> bool:
    """Return whether the tensor lies in the memory of the host, where compiled kernels reach it."""
    return tensor.device.type == "cpu"


def measured(
    pred: Any,
    gt: Any,
    reading: Reading,
    *,
    needs: Collection[Need],
    workspace: Workspace,
    spacing: Any = None,
) -> tuple[Record, Kind]:
    """Return the record of a batch, of arrays or of tensors on its device, and its kind of masks.

    `pred` and `gt` are arrays or tensors with a first axis of cases, or lists of as many of them,
    one a case and without that axis, which may differ in shape. Raises `UsageError` for what cannot
    be read.
    """
    if not (_is_list(pred) or _is_list(gt)):
        arrays = _checked(pred, "pred"), _checked(gt, "gt")
        return _measured(*arrays, reading, needs=needs, workspace=workspace, spacing=spacing)
    if not (_is_list(pred) and _is_list(gt) and len(pred) == len(gt) > 0):
        raise UsageError(
            f"pred and gt are lists of as many cases each, or arrays; came {_described(pred)} and "
            f"{_described(gt)}"
        )
    records = []
    kinds = set()
    for case_p, case_g, lengths in zip(pred, gt, spacings(spacing, len(pred)), strict=True):
        # Shapes may differ from case to case, so that each is a batch of one.
        arrays = _checked(case_p, "pred")[None], _checked(case_g, "gt")[None]
        record, kind = _measured(
            *arrays, reading, needs=needs, workspace=workspace, spacing=lengths
        )
        records.append(record)
        kinds.add(kind)
    if len(kinds) > 1:
        raise UsageError(
            f"the cases of the lists are of several kinds: {' and '.join(sorted(kinds))}; pass "
            f"them apart"
        )
    return joined_records(records), kinds.pop()


def _measured(
    pred: Any,
    gt: Any,
    reading: Reading,
    *,
    needs: Collection[Need],
    workspace: Workspace,
    spacing: Any,
) -> tuple[Record, Kind]:
    """Return the record of a batch, and its kind; both arrays have a first axis of cases.

    Arguments are those of `measured`, checked one by one but not against each other.
    """
    _check_places(pred, gt)
    if _is_remote(pred) or _is_remote(gt):
        if all(need.device_measurer or not need.measurer for need in needs):
            return _measured_on_device(pred, gt, reading, needs=needs, spacing=spacing)
        # Some statistic is known to the kernels of the host alone.
        pred, gt = pred.cpu(), gt.cpu()
    pred, gt = _as_array(pred), _as_array(gt)
    form = form_of(
        pred.shape,
        gt.shape,
        reading.inputs,
        floating=pred.dtype.kind == "f",
        boolean=pred.dtype.kind == gt.dtype.kind == "b",
    )
    pred, gt = _by_case(pred, gt, form)
    check_needs(needs, form.kind)
    lengths = spacings(spacing, len(pred))
    record = host.measure_batch(
        pred, gt, form, reading, needs=needs, spacing=lengths, workspace=workspace
    )
    volumes = [] if form.pooled else [voxel_volume(case) for case in lengths]
    return {**record, VOLUMES: np.array(volumes, np.float64)}, form.kind


def _measured_on_device(
    pred: Tensor, gt: Tensor, reading: Reading, *, needs: Collection[Need], spacing: Any
) -> tuple[Record, Kind]:
    """Return the record of tensors of one device, which stays there, and its kind."""
    import torch

    from . import device

    # The same steps as on the host, in the words of torch; nothing here waits for the device.
    form = form_of(
        tuple(pred.shape),
        tuple(gt.shape),
        reading.inputs,
        floating=pred.is_floating_point(),
        boolean=pred.dtype == gt.dtype == torch.bool,
    )
    pred, gt = _by_case(pred, gt, form)
    check_needs(needs, form.kind)
    lengths = spacings(spacing, len(pred))
    record = device.measure_batch(pred, gt, form, reading, needs=needs, spacing=lengths)
    volumes = torch.ones(
        0 if form.pooled else len(lengths), dtype=torch.float64, device=pred.device
    )
    for case in range(len(volumes)):
        volumes[case] = voxel_volume(lengths[case])
    return {**record, VOLUMES: volumes}, form.kind


def _by_case(pred: Any, gt: Any, form: Form) -> tuple[Any, Any]:
    """Return the arrays with a first axis of cases, where they came with one of samples."""
    if form.pooled:
        return as_one_case(pred), as_one_case(gt)
    return pred, gt


def _check_places(pred: Any, gt: Any) -> None:
    """Raise `UsageError` for arrays that are not on one device."""
    places = [str(array.device) if is_tensor(array) else "cpu" for array in (pred, gt)]
    if places[0] != places[1]:
        raise UsageError(f"pred is on {places[0]} and gt on {places[1]}; move one with .to(…)")


def _is_remote(array: Any) -> bool:
    """Return whether an array lies where only torch reaches it."""
    return is_tensor(array) and not is_on_host(array)


def _is_list(value: Any) -> bool:
    """Return whether a value is a batch whose cases come one by one."""
    return isinstance(value, (list, tuple))


def _checked(array: Any, name: str) -> Any:
    """Return an array, or a tensor without its gradient. Raises `UsageError` for all else."""
    if is_tensor(array):
        numbers = not array.is_complex()
    elif isinstance(array, np.ndarray):
        numbers = array.dtype.kind in "buif"
    else:
        raise ArgumentTypeError(
            f"{name} is a NumPy array, a torch tensor or a list of them, one a case, not "
            f"{_described(array)}"
        )
    if not numbers:
        raise UsageError(
            f"{name} has the dtype {array.dtype}; wanted whole numbers, booleans or floats"
        )
    if is_tensor(array):
        return array.detach()
    check_unmasked(array, name)
    return array


def _as_array(array: Any) -> NDArray[Any]:
    """Return an array, or a tensor of the host as NumPy sees it."""
    return as_array(array) if is_tensor(array) else np.asarray(array)


def _described(value: Any) -> str:
    """Return what a value is, for messages.

    >>> _described([1, 2]), _described(None)
    ('a list of 2', 'a NoneType')
    """
    name = type(value).__name__
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"a {name} of {len(value)}"
    return f"a {name}"
