"""Losses between images, for models that train on soft maps, distance maps or images beside masks.

They are kornia's, by name and number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from segeval.errors import UsageError

from .checks import (
    Reduction,
    check_alike,
    check_choice,
    check_floating,
    check_scores,
    reduced,
    working_dtype,
)
from .modules import checked, module, module_of_one

Padding = Literal["same", "valid"]
PIECE = 32
"""Most voxels of a line that are blurred at a time."""


class Moments(NamedTuple):
    """Moments of two images in the window around each voxel; `variances` is the sum of both."""

    mean_x: Tensor
    mean_y: Tensor
    variances: Tensor
    covariance: Tensor


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
    """Return (1 − SSIM) / 2 of each pixel of images (N, C, H, W): kornia's.

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
    _check_images(img1, img2, 2, window_size, padding)
    loss = _ssim_loss(img1, img2, window_size, max_val=max_val, eps=eps, padding=padding)
    return reduced(loss, reduction).to(torch.promote_types(img1.dtype, img2.dtype))


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
    """Return (1 − SSIM) / 2 of each voxel of volumes (N, C, D, H, W): `ssim_loss` in 3-D, kornia's.

    >>> volume = torch.arange(512.0).view(1, 1, 8, 8, 8) / 512
    >>> ssim3d_loss(volume, volume, 5)
    tensor(0.)
    """
    _check_images(img1, img2, 3, window_size, padding)
    loss = _ssim_loss(img1, img2, window_size, max_val=max_val, eps=eps, padding=padding)
    return reduced(loss, reduction).to(torch.promote_types(img1.dtype, img2.dtype))


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
    """Return the multi-scale structural similarity and distance of images: kornia's `MS_SSIMLoss`.

    compensation · (alpha · (1 − MS-SSIM) + (1 − alpha) · G·|img1 − img2| / data_range). Images are
    (N, C, H, W); one of them may have N = 1. G is the widest of the Gaussian windows of `sigmas`;
    beyond the images is 0. One value for each pixel, the mean over channels, (N, H, W); then
    `reduction`.

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
    # One image may stand against a batch.
    if img1.shape[0] == 1:
        img1 = img1.expand(img2.shape[0], -1, -1, -1)
    elif img2.shape[0] == 1:
        img2 = img2.expand(img1.shape[0], -1, -1, -1)
    check_alike(("img1", "img2"), img1, img2)
    dtype = torch.promote_types(img1.dtype, img2.dtype)
    x, y = _in_working_dtype(img1, img2)
    c1, c2 = [(k * data_range) ** 2 for k in K]
    # One size for all windows, that of the last: kornia's.
    width = int(2 * sigmas[-1])
    similarity = torch.ones_like(x)
    for sigma in sigmas:
        window = _gaussian(2 * width + 1, sigma, x)
        m = _moments(x, y, window, width)
        similarity = similarity * ((2 * m.covariance + c2) / (m.variances + c2))
    # Luminance is that of the widest window alone.
    luminance = (2 * m.mean_x * m.mean_y + c1) / (m.mean_x**2 + m.mean_y**2 + c1)
    distance = _blurred((x - y).abs(), window, width).mean(1)
    loss = alpha * (1 - (luminance * similarity).mean(1)) + (1 - alpha) * distance / data_range
    return reduced(compensation * loss, reduction).to(dtype)


@checked
def psnr_loss(image: Tensor, target: Tensor, max_val: float) -> Tensor:
    """Return −PSNR, −10 log10(max_val² / mean squared difference), in dB: kornia's.

    Equal images: −∞.

    >>> psnr_loss(torch.ones(2, 2), torch.full((2, 2), 0.9), 1.0)
    tensor(-20.0000)
    """
    check_alike(("image", "target"), image, target)
    x, y = _in_working_dtype(image, target)
    bels = torch.log10(max_val**2 / (x - y).square().mean())
    return -10 * bels.to(torch.promote_types(image.dtype, target.dtype))


@checked
def total_variation(img: Tensor, reduction: Literal["sum", "mean"] = "sum") -> Tensor:
    """Return the absolute differences of neighbours in the last two axes, added up: kornia's.

    One value for each image (*, H, W), (*,); with "mean" the sum of their means along both axes.
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
    total = img.new_zeros(())
    for step in steps:
        # An axis of length 1 has no neighbours, and the mean of nothing is NaN.
        total = total + (step.mean(-1) if step.shape[-1] else step.sum(-1))
    return total


@checked
def inverse_depth_smoothness_loss(idepth: Tensor, image: Tensor) -> Tensor:
    """Return the mean of |∂x d|·exp(−‖∂x I‖) plus that along y: kornia's.

    `idepth`, d, is (N, 1, H, W) and `image`, I, (N, 3, H, W); ‖·‖ is the mean over channels of |·|.
    Where the image has an edge, the map may have one.

    Source: Godard C, Mac Aodha O, Brostow GJ. Unsupervised monocular depth estimation with
    left-right consistency. CVPR (2017). doi:10.1109/CVPR.2017.699

    >>> idepth = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
    >>> inverse_depth_smoothness_loss(idepth, torch.zeros(1, 3, 2, 2))
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


def _check_images(
    img1: Tensor, img2: Tensor, axes: int, window_size: int, padding: Padding
) -> None:
    """Raise `UsageError` unless the images have so many axes of space, and room for a window."""
    check_scores(img1, (axes,), "img1")
    check_alike(("img1", "img2"), img1, img2)
    check_choice("padding", padding, ("same", "valid"))
    if window_size < 1 or window_size % 2 == 0:
        raise UsageError(f"window_size must be odd and above 0, not {window_size}")
    largest = min(img1.shape[2:])
    if padding == "same":  # a mirror shows each pixel once more, but for the one at the edge
        largest = 2 * largest - 1
    if window_size > largest:
        raise UsageError(
            f"window_size={window_size} is too large for images of shape {tuple(img1.shape)}, "
            f"padding={padding!r}"
        )


def _ssim_loss(
    img1: Tensor, img2: Tensor, window_size: int, *, max_val: float, eps: float, padding: Padding
) -> Tensor:
    """Return the loss of each voxel of two images, in any dimension."""
    x, y = _in_working_dtype(img1, img2)
    if padding == "same":
        margins = [window_size // 2] * (2 * (x.ndim - 2))
        x, y = pad(x, margins, mode="reflect"), pad(y, margins, mode="reflect")
    m = _moments(x, y, _gaussian(window_size, 1.5, x), 0)
    # Wang et al., equation 13, with their K1 and K2.
    c1, c2 = (0.01 * max_val) ** 2, (0.03 * max_val) ** 2
    above = (2 * m.mean_x * m.mean_y + c1) * (2 * m.covariance + c2)
    below = (m.mean_x**2 + m.mean_y**2 + c1) * (m.variances + c2)
    similarity = above / (below + eps)
    return ((1 - similarity) / 2).clamp(0, 1)


def _moments(x: Tensor, y: Tensor, window: Tensor, width: int) -> Moments:
    """Return the moments of two images in a window; beyond the images are so many zeros."""
    mean_x, mean_y = _blurred(x, window, width), _blurred(y, window, width)
    # The variances are only ever added up, so that one blur of x² + y² serves both.
    variances = _blurred(x * x + y * y, window, width) - (mean_x**2 + mean_y**2)
    covariance = _blurred(x * y, window, width) - mean_x * mean_y
    return Moments(mean_x, mean_y, variances, covariance)


def _blurred(images: Tensor, window: Tensor, width: int) -> Tensor:
    """Return images (N, C, *spatial) seen through a window, one axis after the other.

    At every edge are `width` zeros more. Lines are cut into pieces that a matrix blurs: on the CPU
    several times as fast as a convolution of one channel.
    """
    size = len(window)
    # Autocast would multiply in half precision.
    with torch.autocast(images.device.type, enabled=False):
        for axis in range(2, images.ndim):
            lines = images.movedim(axis, -1)
            length = lines.shape[-1] + 2 * width - size + 1
            # As few pieces as can be, of one length, the last one filled up with zeros. Each needs
            # size − 1 voxels of the next one.
            pieces = -(-length // PIECE)
            piece = -(-length // pieces)
            filled = pieces * piece + size - 1
            lines = pad(lines, [width, filled - width - lines.shape[-1]])
            blurred = lines.unfold(-1, piece + size - 1, piece) @ _band(window, piece)
            images = blurred.flatten(-2)[..., :length].movedim(-1, axis)
    return images


def _band(window: Tensor, piece: int) -> Tensor:
    """Return the matrix (piece + window − 1, piece) that blurs a piece of a line.

    Each column holds the window, one row further down than in the column before.
    """
    size = len(window)
    rows = torch.arange(piece + size - 1, device=window.device)[:, None]
    columns = torch.arange(piece, device=window.device)
    offsets = rows - columns
    inside = (offsets >= 0) & (offsets < size)
    return torch.where(inside, window[offsets.clamp(0, size - 1)], 0)


def _gaussian(size: int, sigma: float, like: Tensor) -> Tensor:
    """Return a Gaussian window (size,) that sums to 1, in the dtype and on the device of `like`."""
    offsets = torch.arange(size, device=like.device, dtype=like.dtype) - size // 2
    window = torch.exp(-(offsets**2) / (2 * sigma**2))
    return window / window.sum()


def _in_working_dtype(img1: Tensor, img2: Tensor) -> tuple[Tensor, Tensor]:
    """Return both images in one dtype, single precision at least."""
    dtype = working_dtype(img1, img2)
    return img1.to(dtype), img2.to(dtype)


SSIMLoss = module("SSIMLoss", ssim_loss)
SSIM3DLoss = module("SSIM3DLoss", ssim3d_loss)
MS_SSIMLoss = module("MS_SSIMLoss", ms_ssim_loss)
PSNRLoss = module("PSNRLoss", psnr_loss)
TotalVariation = module_of_one("TotalVariation", total_variation)
InverseDepthSmoothnessLoss = module("InverseDepthSmoothnessLoss", inverse_depth_smoothness_loss)
