"""Every loss with arguments for it: what the tests of all losses go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

import segeval.losses as losses

LABELLED: dict[str, dict[str, Any]] = {
    "dice_loss": {},
    "tversky_loss": {"alpha": 0.3, "beta": 0.7},
    "jaccard_loss": {},
    "focal_tversky_loss": {},
    "generalized_dice_loss": {},
    "focal_loss": {"alpha": 0.25, "reduction": "mean"},
    "lovasz_softmax_loss": {},
    "dice_ce_loss": {},
    "dice_focal_loss": {},
    "boundary_loss": {},
    "hausdorff_dt_loss": {},
    "cldice_loss": {},
}
"""The losses of logits (N, C, *) and labels (N, *), with what they must be given."""

ONE_CHANNEL = {
    "jaccard_loss", "focal_tversky_loss", "generalized_dice_loss", "dice_ce_loss",
    "dice_focal_loss", "boundary_loss", "hausdorff_dt_loss", "cldice_loss",
}  # fmt: skip
"""Those that take one channel for the logit of a region."""

COMPILED = (
    "dice_loss", "tversky_loss", "jaccard_loss", "focal_tversky_loss",
    "generalized_dice_loss", "focal_loss", "dice_ce_loss", "dice_focal_loss",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A loss of a prediction and something else."""

    name: str
    pred: Tensor
    others: tuple[Tensor, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, pred: Tensor) -> Tensor:
        function: Callable[..., Tensor] = getattr(losses, self.name)
        return function(pred, *self.others, **self.options)

    def __str__(self) -> str:
        return self.name


def logits(classes: int, *spatial: int, samples: int = 2, seed: int = 0) -> Tensor:
    """Scores (N, C, *spatial) in double precision."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(samples, classes, *spatial, dtype=torch.float64, generator=made)


def labels(classes: int, *spatial: int, samples: int = 2, seed: int = 1) -> Tensor:
    """Labels (N, *spatial)."""
    return torch.randint(
        classes, (samples, *spatial), generator=torch.Generator().manual_seed(seed)
    )


def every() -> list[Call]:
    """A small call of every loss, in double precision."""
    scores, target = logits(3, 3, 4), labels(3, 3, 4)
    maps, others = scores.softmax(1), logits(3, 3, 4, seed=2).softmax(1)
    soft = one_hot(target, 3).double()
    images = maps.clamp(0.05, 0.95), others
    over_space = scores.flatten(2).softmax(2).view_as(scores)
    return [
        *(Call(name, scores, (target,), options) for name, options in LABELLED.items()),
        Call("soft_dice_loss", scores.movedim(1, -1), (soft,)),
        Call("region_dice_loss", maps.movedim(1, -1), (soft,)),
        Call("lovasz_hinge_loss", scores[:, :1], (target.clamp(max=1),)),
        Call("binary_focal_loss_with_logits", scores, (soft.movedim(-1, 1),)),
        Call("hausdorff_er_loss", maps, (target[:, None],), {"k": 3}),
        Call("js_div_loss_2d", over_space, (others / others.sum((2, 3), keepdim=True),)),
        Call("kl_div_loss_2d", over_space, (others / others.sum((2, 3), keepdim=True),)),
        Call("ssim_loss", images[0], (images[1],), {"window_size": 3}),
        Call("ssim3d_loss", images[0][:, None], (images[1][:, None],), {"window_size": 3}),
        Call("ms_ssim_loss", images[0], (images[1],), {"sigmas": (0.5, 1.0)}),
        Call("psnr_loss", images[0], (images[1],), {"max_val": 1.0}),
        Call("total_variation", scores),
        Call("inverse_depth_smoothness_loss", scores[:, :1], (images[1],)),
        *(
            Call(f"{name}_loss", scores, (others,), {"reduction": "mean"})
            for name in ("charbonnier", "welsch", "cauchy", "geman_mcclure")
        ),
    ]
