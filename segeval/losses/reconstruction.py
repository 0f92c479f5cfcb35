"""Losses between images, for models that are trained on soft maps, distance maps or images beside
masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from segeval.errors import UsageError

from .checks import check_choice, check_floating, check_same, check_scores, computing, reduced
from .modules import checked, module, module_of_one
from .overlap import Reduction

Padding = Literal["same", "valid"]
PIECE = 32
"""How many voxels of a line are blurred at a time, at most."""


@checked
def ssim_loss(
    img1: Tensor,
    img2: Tensor,
    window_size: int,
    max_val: float = 1.0,
    eps: float = 1e-12,
    reduction: Reduction = "mean",
    padding: Padding = "same",
) -> Tensor:
    """(1 − SSIM) / 2 of each pixel of images (N, C, H, W): kornia's `ssim_loss`.

    Means, variances and the covariance are those of a Gaussian window, sigma 1.5, `window_size`
    odd; "same" mirrors the images at their edges, "valid" leaves out pixels whose window crosses
    one.

    Source: Wang Z, Bovik AC, Sheikh HR, Simoncelli EP. Image quality assessment: from error
    visibility to structural similarity. IEEE Transactions on Image Processing 13(4), 600-612
    (2004). doi:10.1109/TIP.2003.819861

    >>> image = torch.arange(64.0).view(1, 1, 8, 8) / 64
    >>> ssim_loss(image, image, 5), ssim_loss(image, 1 - image, 5) > 0.5
    (tensor(0.), tensor(True))
    """
    return _ssim_loss((img1, img2), 2, window_size, max_val, eps, reduction, padding)


@checked
def ssim3d_loss(
    img1: Tensor,
    img2: Tensor,
    window_size: int,
    max_val: float = 1.0,
    eps: float = 1e-12,
    reduction: Reduction = "mean",
    padding: Padding = "same",
) -> Tensor:
    """(1 − SSIM) / 2 of each voxel of volumes (N, C, D, H, W): `ssim_loss` in 3-D, kornia's
    `ssim3d_loss`.

    >>> volume = torch.arange(512.0).view(1, 1, 8, 8, 8) / 512
    >>> ssim3d_loss(volume, volume, 5)
    tensor(0.)
    """
    return _ssim_loss((img1, img2), 3, window_size, max_val, eps, reduction, padding)


@checked
def ms_ssim_loss(
    img1: Tensor,
    img2: Tensor,
    sigmas: Sequence[float] = (0.5, 1.0, 2.0, 4.0, 8.0),
    data_range: float = 1.0,
    K: tuple[float, float] = (0.01, 0.03),  # noqa: N803  # the name that kornia gave it
    alpha: float = 0.025,
    compensation: float = 200.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """compensation · (alpha · (1 − MS-SSIM) + (1 − alpha) · G·|img1 − img2| / data_range): kornia's
    `MS_SSIMLoss`.

    Images are (N, C, H, W); one of them may have N = 1. G is the widest of the Gaussian windows of
    `sigmas`; beyond the images is 0. One value for each pixel, the mean over channels, (N, H, W);
    then `reduction`.

    Source: Zhao H, Gallo O, Frosio I, Kautz J. Loss functions for image restoration with neural
    networks. IEEE Transactions on Computational Imaging 3(1), 47-57 (2017).
    doi:10.1109/TCI.2016.2644865

    >>> image = torch.arange(64.0).view(1, 1, 8, 8) / 64
    >>> ms_ssim_loss(image, image).abs() < 1e-4, ms_ssim_loss(image, 1 - image) > 1
    (tensor(True), tensor(True))
    """
    check_scores(img1, (2,), "img1")
    check_scores(img2, (2,), "img2")
    if not sigmas:
        raise UsageError("sigmas must name one window or more")
    if img1.shape[0] == 1:
        img1 = img1.expand(img2.shape[0], -1, -1, -1)
    elif img2.shape[0] == 1:
        img2 = img2.expand(img1.shape[0], -1, -1, -1)
    check_same(("img1", "img2"), img1, img2)
    x, y, dtype = *_singles(img1, img2), torch.promote_types(img1.dtype, img2.dtype)
    constants = [(k * data_range) ** 2 for k in K]
    width = int(2 * sigmas[-1])
    similarity = torch.ones_like(x)
    for sigma in sigmas:
        window = _gaussian(2 * width + 1, sigma, x)
        luminance, contrast = _ssim_terms(x, y, window, width, constants)
        similarity = similarity * contrast
    distance = _blurred((x - y).abs(), window, width).mean(1)
    loss = alpha * (1 - (luminance * similarity).mean(1)) + (1 - alpha) * distance / data_range
    return reduced(compensation * loss, reduction).to(dtype)


@checked
def psnr_loss(image: Tensor, target: Tensor, max_val: float) -> Tensor:
    """−PSNR, −10 log10(max_val² / mean squared difference), in dB: kornia's `psnr_loss`. Equal
    images: −∞.

    >>> psnr_loss(torch.ones(2, 2), torch.full((2, 2), 0.9), 1.0)
    tensor(-20.0000)
    """
    check_same(("image", "target"), image, target)
    x, y = _singles(image, target)
    return -10 * torch.log10(max_val**2 / (x - y).square().mean()).to(
        torch.promote_types(image.dtype, target.dtype)
    )


@checked
def total_variation(img: Tensor, reduction: Literal["sum", "mean"] = "sum") -> Tensor:
    """Absolute differences of neighbours in the last two axes, added up (or their means, added) for
    each image, (*,).

    The sum by default, as in kornia, and so as large as the image: `reduction="mean"` does without.

    Source: Rudin LI, Osher S, Fatemi E. Nonlinear total variation based noise removal algorithms.
    Physica D 60(1-4), 259-268 (1992). doi:10.1016/0167-2789(92)90242-F

    >>> total_variation(torch.tensor([[0.0, 1.0], [3.0, 3.0]]))
    tensor(6.)
    """
    check_floating("img", img)
    check_choice("reduction", reduction, ("sum", "mean"))
    if img.ndim < 2:
        raise UsageError(f"img must have shape (*, H, W); it has {tuple(img.shape)}")
    steps = [img.diff(dim=axis).abs().flatten(-2) for axis in (-2, -1)]
    if reduction == "sum":
        return steps[0].sum(-1) + steps[1].sum(-1)
    return sum(
        (step.mean(-1) if step.shape[-1] else step.sum(-1) for step in steps), img.new_zeros(())
    )


@checked
def inverse_depth_smoothness_loss(idepth: Tensor, image: Tensor) -> Tensor:
    """Mean of |∂x d|·exp(−‖∂x I‖) plus that along y, ‖·‖ the mean over channels of |·|: kornia's.

    `idepth` is (N, 1, H, W), `image` (N, 3, H, W): where the image has an edge, the map may have
    one.

    Source: Godard C, Mac Aodha O, Brostow GJ. Unsupervised monocular depth estimation with
    left-right consistency. CVPR (2017). doi:10.1109/CVPR.2017.699

    >>> inverse_depth_smoothness_loss(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]]), torch.zeros(1, 3, 2, 2))
    tensor(1.)
    """
    check_scores(idepth, (2,), "idepth")
    check_scores(image, (2,), "image")
    if idepth.shape[2:] != image.shape[2:] or idepth.shape[0] != image.shape[0]:
        raise UsageError(
            f"image must have the batch and size of idepth {tuple(idepth.shape)}; it has "
            f"{tuple(image.shape)}"
        )
    if idepth.device != image.device or idepth.dtype != image.dtype:
        raise UsageError(
            f"image must be {idepth.dtype} on {idepth.device}, as idepth is; it is {image.dtype} "
            f"on {image.device}"
        )
    total = idepth.new_zeros(())
    for axis in (-1, -2):
        edge = image.diff(dim=axis).abs().mean(1, keepdim=True)
        total = total + (idepth.diff(dim=axis).abs() * (-edge).exp()).mean()
    return total


def _ssim_loss(
    images: tuple[Tensor, Tensor],
    axes: int,
    window_size: int,
    max_val: float,
    eps: float,
    reduction: Reduction,
    padding: Padding,
) -> Tensor:
    """The loss of images with so many axes of space."""
    check_scores(images[0], (axes,), "img1")
    check_same(("img1", "img2"), *images)
    check_choice("padding", padding, ("same", "valid"))
    if window_size < 1 or window_size % 2 == 0:
        raise UsageError(f"window_size must be odd and above 0, not {window_size}")
    shortest = min(images[0].shape[2:])
    if window_size > (2 * shortest - 1 if padding == "same" else shortest):
        raise UsageError(
            f"window_size={window_size} is too large for images of shape {tuple(images[0].shape)}, "
            f"padding={padding!r}"
        )
    x, y = _singles(*images)
    width = window_size // 2
    if padding == "same":
        margins = [width] * (2 * axes)
        x, y = pad(x, margins, mode="reflect"), pad(y, margins, mode="reflect")
    constants = [(k * max_val) ** 2 for k in (0.01, 0.03)]
    window = _gaussian(window_size, 1.5, x)
    similarity = _ssim(x, y, window, constants, eps)
    loss = ((1 - similarity) / 2).clamp(0, 1)
    return reduced(loss, reduction).to(torch.promote_types(images[0].dtype, images[1].dtype))


def _ssim(x: Tensor, y: Tensor, window: Tensor, constants: Sequence[float], eps: float) -> Tensor:
    mean_x, mean_y, variances, covariance = _moments(x, y, window, 0)
    means = mean_x**2 + mean_y**2
    top = (2 * mean_x * mean_y + constants[0]) * (2 * covariance + constants[1])
    return top / ((means + constants[0]) * (variances + constants[1]) + eps)


def _ssim_terms(
    x: Tensor, y: Tensor, window: Tensor, width: int, constants: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """How alike the images are in luminance, and in contrast and structure."""
    mean_x, mean_y, variances, covariance = _moments(x, y, window, width)
    luminance = (2 * mean_x * mean_y + constants[0]) / (mean_x**2 + mean_y**2 + constants[0])
    return luminance, (2 * covariance + constants[1]) / (variances + constants[1])


def _moments(
    x: Tensor, y: Tensor, window: Tensor, width: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both means, the sum of both variances, and the covariance, in the window around each voxel."""
    mean_x, mean_y = _blurred(x, window, width), _blurred(y, window, width)
    variances = _blurred(x * x + y * y, window, width) - (mean_x**2 + mean_y**2)
    return mean_x, mean_y, variances, _blurred(x * y, window, width) - mean_x * mean_y


def _blurred(images: Tensor, window: Tensor, width: int) -> Tensor:
    """Images (N, C, *spatial) seen through the window, one axis after the other, with so many zeros
    at every edge.

    Lines are cut into pieces that a matrix blurs: on the CPU several times as fast as a convolution
    of one channel.
    """
    size = len(window)
    with torch.autocast(images.device.type, enabled=False):
        for axis in range(2, images.ndim):
            lines = images.movedim(axis, -1)
            length = lines.shape[-1] + 2 * width - size + 1
            pieces = -(-length // PIECE)
            piece = -(-length // pieces)
            filled = pieces * piece + size - 1
            lines = pad(lines, [width, filled - width - lines.shape[-1]])
            seen = lines.unfold(-1, piece + size - 1, piece) @ _band(window, piece)
            images = seen.flatten(-2)[..., :length].movedim(-1, axis)
    return images


def _band(window: Tensor, piece: int) -> Tensor:
    """The matrix (piece + window − 1, piece) that blurs a piece of a line."""
    size = len(window)
    at = torch.arange(piece + size - 1, device=window.device)[:, None] - torch.arange(
        piece, device=window.device
    )
    return torch.where((at >= 0) & (at < size), window[at.clamp(0, size - 1)], 0)


def _gaussian(size: int, sigma: float, like: Tensor) -> Tensor:
    steps = torch.arange(size, device=like.device, dtype=like.dtype) - size // 2
    window = torch.exp(-(steps**2) / (2 * sigma**2))
    return window / window.sum()


def _singles(one: Tensor, two: Tensor) -> tuple[Tensor, Tensor]:
    """Both in one dtype, single precision at least."""
    dtype = computing(one, two)
    return one.to(dtype), two.to(dtype)


SSIMLoss = module("SSIMLoss", ssim_loss)
SSIM3DLoss = module("SSIM3DLoss", ssim3d_loss)
MS_SSIMLoss = module("MS_SSIMLoss", ms_ssim_loss)
PSNRLoss = module("PSNRLoss", psnr_loss)
TotalVariation = module_of_one("TotalVariation", total_variation)
InverseDepthSmoothnessLoss = module("InverseDepthSmoothnessLoss", inverse_depth_smoothness_loss)
