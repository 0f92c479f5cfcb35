"""Losses with the definitions of evaluation: each a function, and a module of its parameters.

They take torch tensors alone. Most are means; those that keep kornia's default and are none say so.

>>> import torch
>>> from segeval.losses import DiceCELoss, dice_ce_loss
>>> logits, labels = torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int64)
>>> bool(DiceCELoss(smooth=1.0)(logits, labels) == dice_ce_loss(logits, labels, smooth=1.0))
True
"""

from typing import TYPE_CHECKING, Any

from .boundary import (
    BoundaryLoss,
    HausdorffDTLoss,
    HausdorffERLoss,
    HausdorffERLoss3D,
    boundary_loss,
    hausdorff_dt_loss,
    hausdorff_er_loss,
)
from .combined import (
    DeepSupervision,
    DiceCELoss,
    DiceFocalLoss,
    deep_supervision,
    dice_ce_loss,
    dice_focal_loss,
)
from .distribution import JSDivLoss2d, KLDivLoss2d, js_div_loss_2d, kl_div_loss_2d
from .focal import BinaryFocalLossWithLogits, FocalLoss, binary_focal_loss_with_logits, focal_loss
from .lovasz import LovaszHingeLoss, LovaszSoftmaxLoss, lovasz_hinge_loss, lovasz_softmax_loss
from .maps import signed_distance_map
from .overlap import (
    DiceLoss,
    FocalTverskyLoss,
    GeneralizedDiceLoss,
    JaccardLoss,
    TverskyLoss,
    dice_loss,
    focal_tversky_loss,
    generalized_dice_loss,
    jaccard_loss,
    tversky_loss,
)
from .reconstruction import (
    InverseDepthSmoothnessLoss,
    MS_SSIMLoss,
    PSNRLoss,
    SSIM3DLoss,
    SSIMLoss,
    TotalVariation,
    inverse_depth_smoothness_loss,
    ms_ssim_loss,
    psnr_loss,
    ssim3d_loss,
    ssim_loss,
    total_variation,
)
from .region import RegionDiceLoss, SoftDiceLoss, region_dice_loss, soft_dice_loss
from .robust import (
    CauchyLoss,
    CharbonnierLoss,
    GemanMcclureLoss,
    WelschLoss,
    cauchy_loss,
    charbonnier_loss,
    geman_mcclure_loss,
    welsch_loss,
)
from .skeleton import ClDiceLoss, cldice_loss, soft_skeleton

__all__ = [
    "BinaryFocalLossWithLogits",
    "BoundaryLoss",
    "CauchyLoss",
    "CharbonnierLoss",
    "ClDiceLoss",
    "DeepSupervision",
    "DiceCELoss",
    "DiceFocalLoss",
    "DiceLoss",
    "FocalLoss",
    "FocalTverskyLoss",
    "GemanMcclureLoss",
    "GeneralizedDiceLoss",
    "HausdorffDTLoss",
    "HausdorffERLoss",
    "HausdorffERLoss3D",
    "InverseDepthSmoothnessLoss",
    "JSDivLoss2d",
    "JaccardLoss",
    "KLDivLoss2d",
    "LovaszHingeLoss",
    "LovaszSoftmaxLoss",
    "MS_SSIMLoss",
    "PSNRLoss",
    "RegionDiceLoss",
    "SSIM3DLoss",
    "SSIMLoss",
    "SoftDiceLoss",
    "TotalVariation",
    "TverskyLoss",
    "WelschLoss",
    "binary_focal_loss_with_logits",
    "boundary_loss",
    "cauchy_loss",
    "charbonnier_loss",
    "cldice_loss",
    "deep_supervision",
    "dice_ce_loss",
    "dice_focal_loss",
    "dice_loss",
    "focal_loss",
    "focal_tversky_loss",
    "geman_mcclure_loss",
    "generalized_dice_loss",
    "hausdorff_dt_loss",
    "hausdorff_er_loss",
    "inverse_depth_smoothness_loss",
    "jaccard_loss",
    "js_div_loss_2d",
    "kl_div_loss_2d",
    "lovasz_hinge_loss",
    "lovasz_softmax_loss",
    "ms_ssim_loss",
    "psnr_loss",
    "region_dice_loss",
    "signed_distance_map",
    "soft_dice_loss",
    "soft_skeleton",
    "ssim3d_loss",
    "ssim_loss",
    "total_variation",
    "tversky_loss",
    "welsch_loss",
]


# Type checkers do not see it: they would take any name for one of this module.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from segeval.errors.calls import unknown_attribute

        raise unknown_attribute(__name__, name, __all__)
