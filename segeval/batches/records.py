"""Records of batches: the flat forms of their statistics, as arrays or as tensors of a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from segeval.errors import UsageError
from segeval.statistics.many import joined
from segeval.statistics.statistic import Arrays

if TYPE_CHECKING:
    from torch import Tensor

Record: TypeAlias = dict[str, Any]

ODD = "odd"
"""The entry that counts the voxels of a device whose values were not allowed.

Nothing waits there to look at them. Records of the host have none: they are refused at once.
"""


VOLUMES = "volumes"
"""The entry with the volume of a voxel of each case, single samples apart: cases that are added up
weigh it.
"""


def is_tensor(value: Any) -> TypeGuard[Tensor]:
    """Return whether this is a torch tensor; torch is not imported for the question."""
    return hasattr(value, "detach") and hasattr(value, "is_floating_point")


def joined_records(records: Sequence[Record]) -> Record:
    """Return the record of the batches of several, which are all of one device.

    >>> joined_records([{"counts": np.zeros((1, 2))}, {"counts": np.ones((1, 2))}])
    {'counts': array([[0., 0.],
           [1., 1.]])}
    """
    if not is_tensor(next(iter(records[0].values()))):
        return dict(joined(records))
    import torch

    return {name: torch.cat([record[name] for record in records]) for name in records[0]}


def check_values(odd: int) -> None:
    """Raise `UsageError` if so many values that were measured on a device were not allowed."""
    if odd:
        raise UsageError(
            f"{odd} voxels of the batches since the last reset held values that are not allowed: "
            "NaN scores, labels outside 0 … num_classes - 1 (give that to leave out as "
            "ignore_index), probabilities outside 0 … 1 (pass input_format='logits'), or masks "
            "that are one-hot and should not be, or the reverse (pass input_format); the same "
            "batch on the CPU tells which"
        )


def fetched(record: Mapping[str, Any]) -> Arrays:
    """Return a record in the memory of the host, whatever device it was measured on.

    Raises `UsageError` as `check_values` does.
    """
    arrays = dict(record)
    for name, array in record.items():
        if is_tensor(array):
            arrays[name] = np.asarray(array.cpu().numpy())
    check_values(int(np.sum(arrays.pop(ODD, 0))))
    return arrays
