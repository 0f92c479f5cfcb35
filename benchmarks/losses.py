"""Losses on tensors: forward and backward of segeval's, kornia's and MONAI's on the same batch,
time and peak memory.

Batches of random logits and labels: *volumes* (2, 4, 96, 96, 96), *images* (8, 19, 512, 512) and,
for losses of soft maps, the softmax of *pictures* (8, 3, 256, 256). MONAI takes labels with a
channel and makes them one-hot itself, and kornia has most of its losses in 2-D alone. Soft
skeletons of *images* would take 17 GB.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import torch
from timing import against, seconds, table
from torch import Tensor

SHAPES = {"volumes": (2, 4, 96, 96, 96), "images": (8, 19, 512, 512), "pictures": (8, 3, 256, 256)}
MONAI = {"softmax": True, "to_onehot_y": True}

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Pair:
    """One of our losses and a peer's of the same definition: names of modules, and how they are
    made.
    """

    ours: str
    peer: str
    theirs: str
    batch: str
    options: tuple[tuple[str, Any], ...] = ()
    their_options: tuple[tuple[str, Any], ...] | None = None

    def loss(self, tool: str) -> Loss:
        """The module of "segeval" or of the peer, as a function of logits and labels."""
        import segeval.losses

        if tool == "segeval":
            own: Loss = getattr(segeval.losses, self.ours)(**dict(self.options))
            return own
        options = dict(self.options if self.their_options is None else self.their_options)
        if self.peer == "kornia":
            import kornia.losses

            found: Loss = getattr(kornia.losses, self.theirs)(**options)
            return found
        import monai.losses

        made = getattr(monai.losses, self.theirs)(**MONAI, **options)
        return lambda pred, target: made(pred, target[:, None])

    def __str__(self) -> str:
        return f"{self.ours}({', '.join(f'{name}={value}' for name, value in self.options)})"


def pairs() -> list[Pair]:
    """List the pairs that are compared."""
    found = []
    for batch in ("volumes", "images"):
        if batch == "images":
            micro, macro = (("average", "micro"),), (("average", "macro"),)
            found += [Pair("DiceLoss", "kornia", "DiceLoss", batch, own) for own in (micro, macro)]
            found.append(
                Pair("TverskyLoss", "kornia", "TverskyLoss", batch, (("alpha", 0.3), ("beta", 0.7)))
            )
            found.append(Pair("LovaszSoftmaxLoss", "kornia", "LovaszSoftmaxLoss", batch))
        focal = (("alpha", 0.25), ("reduction", "mean"))
        found.append(Pair("FocalLoss", "kornia", "FocalLoss", batch, focal))
        tversky = (("alpha", 0.3), ("beta", 0.7))
        found += [
            Pair("DiceCELoss", "MONAI", "DiceCELoss", batch),
            Pair("JaccardLoss", "MONAI", "DiceLoss", batch, (), (("jaccard", True),)),
            Pair(
                "FocalTverskyLoss",
                "MONAI",
                "TverskyLoss",
                batch,
                (*tversky, ("gamma", 1.0)),
                tversky,
            ),
            Pair("GeneralizedDiceLoss", "MONAI", "GeneralizedDiceLoss", batch),
            Pair("DiceFocalLoss", "MONAI", "DiceFocalLoss", batch),
            Pair("HausdorffDTLoss", "MONAI", "HausdorffDTLoss", batch),
        ]
    found.append(
        Pair(
            "ClDiceLoss", "MONAI", "SoftclDiceLoss", "volumes", (), (("include_background", False),)
        )
    )
    maps = {
        "BinaryFocalLossWithLogits": (("alpha", 0.25), ("reduction", "mean")),
        "MS_SSIMLoss": (),
    }
    maps |= {"SSIMLoss": (("window_size", 11),), "CharbonnierLoss": (("reduction", "mean"),)}
    found += [Pair(name, "kornia", name, "pictures", options) for name, options in maps.items()]
    found.append(Pair("HausdorffERLoss", "kornia", "HausdorffERLoss", "pictures"))
    found.append(Pair("SSIM3DLoss", "kornia", "SSIM3DLoss", "volumes", (("window_size", 5),)))
    found.append(Pair("HausdorffERLoss3D", "kornia", "HausdorffERLoss3D", "volumes"))
    return found


def tensors(pair: Pair, shape: Sequence[int] | None = None) -> tuple[Tensor, Tensor]:
    """The prediction and what it is compared with; the same numbers every time."""
    made = torch.Generator().manual_seed(0)
    shape = SHAPES[pair.batch] if shape is None else shape
    pred = torch.randn(*shape, generator=made)
    labels = torch.randint(shape[1], (shape[0], *shape[2:]), generator=made)
    if pair.theirs.startswith("HausdorffER"):
        return pred.softmax(1), labels[:, None]
    if pair.theirs.startswith("Binary"):
        return pred, (torch.rand(*shape, generator=made) < 0.5).float()
    if pair.batch == "pictures" or pair.theirs.startswith("SSIM"):
        return pred.softmax(1), torch.rand(*shape, generator=made)
    return pred, labels


def step(loss: Loss, pred: Tensor, target: Tensor) -> Tensor:
    """The loss, forward and backward; returns the gradient."""
    scores = pred.detach().requires_grad_()
    loss(scores, target).backward()
    assert scores.grad is not None
    return scores.grad


def section(runs: int) -> None:
    """The processor time and the memory of each step, ours and the peer's, on one thread."""
    torch.set_num_threads(1)
    rows = []
    for pair in pairs():
        pred, target = tensors(pair)
        steps = [partial(step, pair.loss(tool), pred, target) for tool in ("segeval", pair.peer)]
        own, other = processor_times(steps, runs)
        peaks = [
            memory(pair, tool) / (pred.numel() * pred.element_size())
            for tool in ("segeval", pair.peer)
        ]
        peer = f"{pair.peer} {pair.theirs}"
        rows.append(
            (
                str(pair),
                pair.batch,
                seconds(own),
                peer,
                against(other, own),
                *(f"{peak:.2f}" for peak in peaks),
            )
        )
    table(("loss", "batch", "segeval", "peer", "its time", "peak memory over logits", "its"), rows)


def processor_times(
    functions: Sequence[Callable[[], object]], runs: int, limit: float = 10.0
) -> list[float]:
    """Median seconds of one processor, in turn after a warm-up each; what takes over `limit` runs
    once more.
    """
    found: list[list[float]] = [[] for _ in functions]
    for turn in range(runs + 1):
        for function, own in zip(functions, found, strict=True):
            if turn > 1 and own[0] > limit:
                continue
            start = time.process_time()
            function()
            own.append(time.process_time() - start)
    return [median(own[1:]) for own in found]


def memory(pair: Pair, tool: str) -> int:
    """Bytes by which the peak of a step exceeds what was held before, its gradient too; in a
    process of its own.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_growth, pair, tool).result()


def _growth(pair: Pair, tool: str) -> int:
    """A small step loads the code first; on Linux."""
    torch.set_num_threads(1)
    loss, (pred, target) = pair.loss(tool), tensors(pair)
    small = (2, *SHAPES[pair.batch][1:2], *(40 for _ in SHAPES[pair.batch][2:]))
    step(loss, *tensors(pair, small))
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # the kernel forgets the peak so far
    before = _kilobytes(status.read_text(), "VmRSS")
    step(loss, pred, target)
    return 1024 * (_kilobytes(status.read_text(), "VmHWM") - before)


def _kilobytes(status: str, name: str) -> int:
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])


if __name__ == "__main__":
    section(5)
