"""What the losses need of a softmax, without a one-hot of the target.

`class_sums` are the sums that soft counts are made of, `target_log_probability` is what focal loss
and cross-entropy look at, and `sums_and_logs` are both for the price of one. On the CPU they go
through the voxels in parts that stay in the cache, forward and again backward: what they need
beside the logits and their gradient is one part, and for sums the softmax.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from .checks import computing, extremes, traced

PART = 2**19
"""How many scores a part has."""


class ClassSums(NamedTuple):
    """Sums over the voxels of each sample and class, (N, C): of p·t, of p and of t, p probability,
    t 1 in the class.
    """

    both: Tensor
    pred: Tensor
    target: Tensor


def class_sums(pred: Tensor, target: Tensor, ignore_index: int | None) -> ClassSums:
    """The sums of the softmax of logits (N, C, *) and labels (N, *), in single precision at least.

    Voxels of the label `ignore_index` count for nothing, whatever their logits.
    """
    return ClassSums(*_found(pred, target, ignore_index, sums=True, logs=False))


def target_log_probability(pred: Tensor, target: Tensor, ignore_index: int | None) -> Tensor:
    """The log of the softmax at each voxel's label, (N, *), in single precision at least; 0 where
    it is ignored.
    """
    (found,) = _found(pred, target, ignore_index, sums=False, logs=True)
    return found.view(target.shape)


def sums_and_logs(
    pred: Tensor, target: Tensor, ignore_index: int | None
) -> tuple[ClassSums, Tensor]:
    """`class_sums` and `target_log_probability`."""
    *sums, logs = _found(pred, target, ignore_index, sums=True, logs=True)
    return ClassSums(*sums), logs.view(target.shape)


def kept(target: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor | None]:
    """The labels as indices, 0 in place of ignored ones, and where they are not ignored: None for
    everywhere.
    """
    return _split(target, _needed(target, ignore_index))


def _split(target: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor | None]:
    """The same, without a look whether any voxel is ignored."""
    index = target.long()
    if ignore_index is None:
        return index, None
    keep = index != ignore_index
    return torch.where(keep, index, 0), keep


def probabilities(pred: Tensor, keep: Tensor | None) -> Tensor:
    """The softmax of logits (N, C, *), in single precision at least; 0 at ignored voxels, whatever
    their logits.
    """
    if keep is None:
        return pred.softmax(1, dtype=computing(pred))
    ignored = ~keep[:, None]
    return pred.masked_fill(ignored, 0).softmax(1, dtype=computing(pred)).masked_fill(ignored, 0)


def _found(
    pred: Tensor, target: Tensor, ignore_index: int | None, *, sums: bool, logs: bool
) -> tuple[Tensor, ...]:
    """The sums, if asked for, and then the log-probabilities (N, V), if asked for."""
    flat, labels = pred.flatten(2), target.flatten(1)
    if traced():
        return _followed(flat, labels, ignore_index, sums, logs)
    needed = _needed(labels, ignore_index)
    found: tuple[Tensor, ...] = _InParts.apply(flat, labels, needed, sums, logs)  # type: ignore[no-untyped-call]
    return found


def _needed(target: Tensor, ignore_index: int | None) -> int | None:
    """The label to ignore, None where no voxel can have it; devices other than the CPU would have
    to wait for that.
    """
    if ignore_index is None or traced() or target.device.type != "cpu" or not target.numel():
        return ignore_index
    low, high = extremes(target)
    return ignore_index if low <= ignore_index <= high else None


def _followed(
    pred: Tensor, target: Tensor, ignore_index: int | None, sums: bool, logs: bool
) -> tuple[Tensor, ...]:
    """The same by operations that autograd follows, with all voxels at once."""
    index, keep = _split(target, ignore_index)
    p, log_p = _softmax(pred, index, keep, sums, logs)
    found = () if p is None else _sums(p, index, keep)
    return found if log_p is None else (*found, log_p)


def _softmax(
    pred: Tensor, index: Tensor, keep: Tensor | None, sums: bool, logs: bool
) -> tuple[Tensor | None, Tensor | None]:
    """The softmax, if sums are made of it, and its log at the target if asked for; both 0 at
    ignored voxels.
    """
    if not logs:
        return probabilities(pred, keep), None
    ignored = None if keep is None else ~keep
    pred = pred if ignored is None else pred.masked_fill(ignored[:, None], 0)
    every = pred.log_softmax(1, dtype=computing(pred))
    p, log_p = every.exp() if sums else None, every.gather(1, index[:, None])[:, 0]
    if ignored is None:
        return p, log_p
    return p if p is None else p.masked_fill(ignored[:, None], 0), log_p.masked_fill(ignored, 0)


def _sums(p: Tensor, index: Tensor, keep: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    wide = _wide(p)
    bins = p.new_zeros(p.shape[:2], dtype=wide)
    at_target = p.gather(1, index[:, None])[:, 0]
    ones = torch.ones_like(index, dtype=wide) if keep is None else keep.to(wide)
    both, sizes = bins.scatter_add(1, index, at_target.to(wide)), bins.scatter_add(1, index, ones)
    return both.to(p.dtype), p.sum(2), sizes.to(p.dtype)


def _wide(pred: Tensor) -> torch.dtype:
    """What many small numbers are added up in one by one: single precision would lose digits."""
    return torch.float32 if pred.device.type == "mps" else torch.float64


class _InParts(Function):
    """The same, part by part. Sums keep the softmax for the backward pass; without them it is made
    anew.
    """

    @staticmethod
    def forward(
        ctx: Any, pred: Tensor, target: Tensor, ignore_index: int | None, sums: bool, logs: bool
    ) -> tuple[Tensor, ...]:
        dtype, bins = computing(pred), pred.shape[:2]
        totals = [pred.new_zeros(bins, dtype=_wide(pred)) for _ in range(3 if sums else 0)]
        found = pred.new_empty(target.shape, dtype=dtype) if logs else None
        saved: list[Tensor] = []
        for samples, voxels in _parts(pred):
            index, keep = _split(target[samples, voxels], ignore_index)
            p, log_p = _softmax(pred[samples, :, voxels], index, keep, sums, logs)
            if p is not None:
                if ctx.needs_input_grad[0]:
                    saved.append(p)
                for total, own in zip(totals, _sums(p, index, keep), strict=True):
                    total[samples] += own
            if found is not None and log_p is not None:
                found[samples, voxels] = log_p
        ctx.save_for_backward(pred, target, *saved)
        ctx.ignore_index, ctx.sums, ctx.logs = ignore_index, sums, logs
        totals = [total.to(dtype) for total in totals]
        ctx.mark_non_differentiable(*totals[2:])
        return (*totals,) if found is None else (*totals, found)

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor | None, ...]:
        pred, target, *saved = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient is to have a gradient itself
            outputs = _followed(pred, target, ctx.ignore_index, ctx.sums, ctx.logs)
            followed = [at for at, output in enumerate(outputs) if output.requires_grad]
            wanted, grads = [outputs[at] for at in followed], [given[at] for at in followed]
            return (
                *torch.autograd.grad(wanted, pred, grads, create_graph=True),
                None,
                None,
                None,
                None,
            )
        found = torch.empty_like(pred)
        with torch.autocast(pred.device.type, enabled=False):
            for number, (samples, voxels) in enumerate(_parts(pred)):
                index, keep = _split(target[samples, voxels], ctx.ignore_index)
                part = samples, slice(None), voxels
                p = saved[number] if saved else pred[part].softmax(1, dtype=computing(pred))
                sums = [grad[samples] for grad in given[:2]] if ctx.sums else []
                above = given[-1][samples, None, voxels] if ctx.logs else None
                own = _gradient(p, index[:, None], sums, above)
                found[part] = own if keep is None else own.masked_fill_(~keep[:, None], 0)
        return found, None, None, None, None


def _gradient(p: Tensor, index: Tensor, sums: list[Tensor], above: Tensor | None) -> Tensor:
    """The gradient by the logits of a part, (n, C, v), from the gradients by Σp·t and Σp, and by
    the log-probabilities.

    By a logit it is p_c (u_c − Σ_k p_k u_k), where u_c is the gradient by p_c, all of `of_pred` and
    at the target `of_both` on top; and `above` times 1 − p_c at the target, −p_c elsewhere.
    """
    if not sums:
        assert above is not None
        return p.mul_(-above).scatter_add_(1, index, above)
    of_both, of_pred = sums[0], sums[1][:, :, None]
    at_target = p.gather(1, index).mul_(of_both.gather(1, index[:, 0])[:, None])
    mean = torch.baddbmm(at_target, of_pred.mT, p)
    if above is not None:
        mean, at_target = mean.add_(above), at_target.add_(above)
    return (of_pred - mean).mul_(p).scatter_add_(1, index, at_target)


def _parts(pred: Tensor) -> Iterator[tuple[slice, slice]]:
    """Which samples and voxels to work on at a time: all at once but on the CPU."""
    samples, classes, voxels = pred.shape
    if pred.device.type != "cpu":
        yield slice(None), slice(None)
        return
    step = max(1, PART // classes)
    for at in range(samples):
        for start in range(0, voxels, step):
            yield slice(at, at + 1), slice(start, start + step)
