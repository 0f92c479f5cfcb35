"""Cases as tensors, drawn by hypothesis: any dtype, any order in memory, any labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor

SPACINGS = (0.3, 0.7, 1.0, 1.5, 5.0)
LABELS = {
    (0, 1): (torch.bool, torch.uint8, torch.int64),
    (0, 1, 2, 255): (torch.uint8, torch.int16, torch.uint16),
    (0, 3, 300): (torch.int16, torch.uint16, torch.int32, torch.int64),
    (-2, 0, 5): (torch.int8, torch.int32),
}


class Case(NamedTuple):
    """A prediction and a ground truth, the labels asked for, and a spacing."""

    pred: Tensor
    gt: Tensor
    labels: Tensor
    spacing: tuple[float, ...]


def laid_out(mask: Tensor, order: str) -> Tensor:
    """The same mask with its voxels in another order in memory."""
    if order == "Fortran":
        axes = tuple(reversed(range(mask.ndim)))
        return mask.permute(axes).clone(memory_format=torch.contiguous_format).permute(axes)
    if order == "every other":
        room = mask.new_zeros((*mask.shape[:-1], 2 * mask.shape[-1]))
        room[..., ::2] = mask
        return room[..., ::2]
    return mask


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Noise, boxes or mirrored boxes in 2 or 3 axes; labels of both masks, of one, of none, 0 among
    them.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = [draw(st.integers(1, 8)) for _ in range(draw(st.integers(1, 2)))]
    shape.insert(draw(st.integers(0, len(shape))), draw(st.sampled_from([1, 2, 5, 12, 40])))
    known = draw(st.sampled_from(list(LABELS)))
    gt = np.zeros(shape, np.int64)
    if draw(st.booleans()):
        gt, pred = (
            rng.choice(known, shape) * (rng.random(shape) < rng.choice([0.01, 0.3, 1]))
            for _ in range(2)
        )
    else:
        for label in known * 2:
            gt[tuple(slice(*np.sort(rng.integers(0, n + 1, 2))) for n in shape)] = label
        pred = draw(st.sampled_from([np.flip(gt).copy(), np.roll(gt, 1, -1), 0 * gt, gt]))
    masks = (
        laid_out(
            torch.from_numpy(mask).to(draw(st.sampled_from(LABELS[known]))),
            draw(st.sampled_from(ORDERS)),
        )
        for mask in (pred, gt)
    )
    asked = draw(st.permutations([*known, 7]))[: draw(st.integers(1, 5))]
    return Case(*masks, torch.tensor(asked), tuple(draw(st.sampled_from(SPACINGS)) for _ in shape))


ORDERS = ("C", "Fortran", "every other")
