"""Sums and logarithms of a softmax, without a one-hot of the target.

`class_sums` are the sums that soft counts are made of, `target_log_probability` is what focal loss
and cross-entropy look at, and `sums_and_logs` are both for the price of one. On the CPU they go
through the voxels in parts that stay in the cache, forward and again backward: what they need
beside the logits and their gradient is one part, and for sums the softmax.

Shapes: logits (N, C, *spatial) and labels (N, *spatial); inside, (N, C, V) and (N, V).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from .checks import extremes, is_traced, working_dtype

PART = 2**19
"""Number of scores in a part."""


class ClassSums(NamedTuple):
    """Sums over the voxels of each sample and class, (N, C): of p·t, of p and of t.

    p is the probability of the class and t is 1 in it.
    """

    both: Tensor
    pred: Tensor
    target: Tensor


class Outputs(NamedTuple):
    """The results of a softmax to return: the three class sums, then the log-probabilities."""

    sums: bool
    logs: bool


def class_sums(pred: Tensor, target: Tensor, ignore_index: int | None) -> ClassSums:
    """Return the sums of the softmax of logits and of labels, in single precision at least.

    Voxels of the label `ignore_index` count for nothing, whatever their logits.
    """
    outputs = Outputs(sums=True, logs=False)
    return ClassSums(*_results(pred, target, ignore_index, outputs))


def target_log_probability(pred: Tensor, target: Tensor, ignore_index: int | None) -> Tensor:
    """Return the log of the softmax at each voxel's label, (N, *spatial); 0 where it is ignored.

    In single precision at least.
    """
    outputs = Outputs(sums=False, logs=True)
    (log_p,) = _results(pred, target, ignore_index, outputs)
    return log_p.view(target.shape)


def sums_and_logs(
    pred: Tensor, target: Tensor, ignore_index: int | None
) -> tuple[ClassSums, Tensor]:
    """Return `class_sums` and `target_log_probability`."""
    outputs = Outputs(sums=True, logs=True)
    *sums, log_p = _results(pred, target, ignore_index, outputs)
    return ClassSums(*sums), log_p.view(target.shape)


def index_and_keep(target: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor | None]:
    """Return the labels as indices, 0 in place of ignored ones, and where they are not ignored.

    The latter is None for everywhere, which saves the masking.
    """
    return _split(target, _occurring(target, ignore_index))


def _split(target: Tensor, ignore_index: int | None) -> tuple[Tensor, Tensor | None]:
    """Return `index_and_keep` without a look at whether any voxel is ignored."""
    index = target.long()
    if ignore_index is None:
        return index, None
    keep = index != ignore_index
    return torch.where(keep, index, 0), keep


def _occurring(target: Tensor, ignore_index: int | None) -> int | None:
    """Return the label to ignore, None where no voxel has it as far as can be seen.

    Devices other than the CPU would have to wait for a look at the labels, and a trace cannot look.
    """
    if ignore_index is None or is_traced() or target.device.type != "cpu" or not target.numel():
        return ignore_index
    low, high = extremes(target)
    return ignore_index if low <= ignore_index <= high else None


def probabilities(pred: Tensor, keep: Tensor | None) -> Tensor:
    """Return the softmax of logits, in single precision at least; 0 at ignored voxels."""
    # Before as well as after: the softmax of an infinite logit is NaN, and so is its gradient.
    p = _zero_ignored(pred, keep).softmax(1, dtype=working_dtype(pred))
    return _zero_ignored(p, keep)


def _zero_ignored(values: Tensor, keep: Tensor | None) -> Tensor:
    """Return values (N, C, *spatial) with 0 at ignored voxels."""
    return values if keep is None else values.masked_fill(~keep[:, None], 0)


def _results(
    pred: Tensor, target: Tensor, ignore_index: int | None, outputs: Outputs
) -> tuple[Tensor, ...]:
    """Return the sums (N, C), if asked for, and then the log-probabilities (N, V), if asked for."""
    scores, labels = pred.flatten(2), target.flatten(1)
    if is_traced():
        return _at_once(scores, labels, ignore_index, outputs)
    ignore_index = _occurring(labels, ignore_index)
    results: tuple[Tensor, ...] = _InParts.apply(scores, labels, ignore_index, outputs)  # type: ignore[no-untyped-call]
    return results


def _at_once(
    pred: Tensor, target: Tensor, ignore_index: int | None, outputs: Outputs
) -> tuple[Tensor, ...]:
    """Return the results by operations that autograd follows, of all voxels together."""
    index, keep = _split(target, ignore_index)
    p, log_p = _softmax(pred, index, keep, outputs)
    results: list[Tensor] = []
    if p is not None:
        results += _sums(p, index, keep)
    if log_p is not None:
        results.append(log_p)
    return tuple(results)


def _softmax(
    pred: Tensor, index: Tensor, keep: Tensor | None, outputs: Outputs
) -> tuple[Tensor | None, Tensor | None]:
    """Return the softmax if sums are made of it, and its log at the target if asked for.

    Both are 0 at ignored voxels.
    """
    if not outputs.logs:
        return probabilities(pred, keep), None
    logs = _zero_ignored(pred, keep).log_softmax(1, dtype=working_dtype(pred))
    log_p = _zero_ignored(logs.gather(1, index[:, None]), keep)[:, 0]
    p = _zero_ignored(logs.exp(), keep) if outputs.sums else None
    return p, log_p


def _sums(p: Tensor, index: Tensor, keep: Tensor | None) -> ClassSums:
    """Return the sums of a softmax, 0 at ignored voxels, and of labels as indices.

    t is nowhere made: a voxel adds its probability, and 1, to the sums of its own class alone.
    """
    dtype = _summing_dtype(p)
    zeros = p.new_zeros(p.shape[:2], dtype=dtype)
    p_at_target = p.gather(1, index[:, None])[:, 0].to(dtype)
    ones = torch.ones_like(index, dtype=dtype) if keep is None else keep.to(dtype)
    both = zeros.scatter_add(1, index, p_at_target)
    sizes = zeros.scatter_add(1, index, ones)
    return ClassSums(both.to(p.dtype), p.sum(2), sizes.to(p.dtype))


def _summing_dtype(pred: Tensor) -> torch.dtype:
    """Return the dtype to add up many small numbers in one by one: single ones would lose digits.

    MPS devices have no double precision.
    """
    return torch.float32 if pred.device.type == "mps" else torch.float64


class _InParts(Function):
    """The results, part by part, and their gradient, part by part again.

    Sums keep the softmax for the backward pass; without them it is made anew, which costs less than
    to keep it.
    """

    @staticmethod
    def forward(
        ctx: Any, pred: Tensor, target: Tensor, ignore_index: int | None, outputs: Outputs
    ) -> tuple[Tensor, ...]:
        dtype = working_dtype(pred)
        totals = [
            pred.new_zeros(pred.shape[:2], dtype=_summing_dtype(pred))
            for _ in range(3 if outputs.sums else 0)
        ]
        logs = [pred.new_empty(target.shape, dtype=dtype)] if outputs.logs else []
        saved: list[Tensor] = []
        for samples, voxels in _parts(pred):
            index, keep = _split(target[samples, voxels], ignore_index)
            p, log_p = _softmax(pred[samples, :, voxels], index, keep, outputs)
            if p is not None:
                # Kept part by part: put together it would be copied once more.
                if ctx.needs_input_grad[0]:
                    saved.append(p)
                for total, sums in zip(totals, _sums(p, index, keep), strict=True):
                    total[samples] += sums
            if log_p is not None:
                logs[0][samples, voxels] = log_p
        ctx.save_for_backward(pred, target, *saved)
        ctx.ignore_index, ctx.outputs = ignore_index, outputs
        totals = [total.to(dtype) for total in totals]
        ctx.mark_non_differentiable(*totals[2:])  # Σt, which no logit changes
        return (*totals, *logs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        pred, target, *saved = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient is to have a gradient itself
            results = _at_once(pred, target, ctx.ignore_index, ctx.outputs)
            return _followed_gradient(pred, results, grads), None, None, None
        gradient = torch.empty_like(pred)
        # Autocast would multiply in half precision, forward as well as backward.
        with torch.autocast(pred.device.type, enabled=False):
            for number, (samples, voxels) in enumerate(_parts(pred)):
                index, keep = _split(target[samples, voxels], ctx.ignore_index)
                part = samples, slice(None), voxels
                p = saved[number] if saved else pred[part].softmax(1, dtype=working_dtype(pred))
                by_sums = [grad[samples] for grad in grads[:2]] if ctx.outputs.sums else []
                by_log = grads[-1][samples, None, voxels] if ctx.outputs.logs else None
                values = _gradient(p, index[:, None], by_sums, by_log)
                if keep is not None:
                    values.masked_fill_(~keep[:, None], 0)
                gradient[part] = values
        return gradient, None, None, None


def _followed_gradient(pred: Tensor, results: Sequence[Tensor], grads: Sequence[Tensor]) -> Tensor:
    """Return the gradient by the logits as autograd makes it, so that it can be derived again."""
    followed = [place for place, result in enumerate(results) if result.requires_grad]
    (gradient,) = torch.autograd.grad(
        [results[place] for place in followed],
        pred,
        [grads[place] for place in followed],
        create_graph=True,
    )
    return gradient


def _gradient(p: Tensor, index: Tensor, by_sums: list[Tensor], by_log: Tensor | None) -> Tensor:
    """Return the gradient by the logits of a part, (n, C, v).

    It comes from those by Σp·t and Σp, `by_sums`, and by the log-probabilities, `by_log`. With u_c
    the gradient by p_c, which is that by Σp, and at the target that by Σp·t on top, the gradient by
    a logit is p_c (u_c − Σ_k p_k u_k). The log-probability adds `by_log` times 1 − p_c at the
    target, and times −p_c elsewhere. `p` may be overwritten.
    """
    if not by_sums:
        assert by_log is not None
        return p.mul_(-by_log).scatter_add_(1, index, by_log)
    # `mean` is Σ_k p_k u_k of each voxel, (n, 1, v), in one product of matrices; the gradient by
    # Σp is the same for all voxels, (n, C, 1).
    by_both, by_pred = by_sums[0], by_sums[1][:, :, None]
    at_target = p.gather(1, index).mul_(by_both.gather(1, index[:, 0])[:, None])
    mean = torch.baddbmm(at_target, by_pred.mT, p)
    if by_log is not None:
        mean, at_target = mean.add_(by_log), at_target.add_(by_log)
    return (by_pred - mean).mul_(p).scatter_add_(1, index, at_target)


def _parts(pred: Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield which samples and voxels to work on at a time: all at once but on the CPU."""
    samples, classes, voxels = pred.shape
    if pred.device.type != "cpu":
        yield slice(None), slice(None)
        return
    step = max(1, PART // classes)
    for sample in range(samples):
        for start in range(0, voxels, step):
            yield slice(sample, sample + 1), slice(start, start + step)
