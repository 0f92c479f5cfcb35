"""From pixels to a label map: the part that the readers of PNG, TIFF, BMP and GIF share.

Array axes are (row, column), and there is no spacing. The label is the grey value as it is stored,
or the index where there is a palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bytes
from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io.colors import labels_of
from segeval.io.registry import refuse
from segeval.io.request import Request

from .stream import stored

if TYPE_CHECKING:
    from PIL.Image import Image

refuse(
    ".jpg",
    ".jpeg",
    because="JPEG is lossy and changes labels along every edge: save the masks as PNG from their "
    "source",
)


def label_map(pixels: NDArray[Any], request: Request, orientation: int = 1) -> LabelMap:
    """Return the label map of pixels: (rows, columns), or with one to four channels as last axis.

    Of two channels the second, and of four the last, are alpha, which is ignored. Three are colours
    that agree, or stand for labels by the request's `colors`.
    """
    turned = oriented(pixels, orientation, request)
    if turned.ndim == 3 and turned.shape[2] > 2:
        labels = stored(labels_of(turned, request), request)
    else:
        labels = np.ascontiguousarray(turned[..., 0] if turned.ndim == 3 else turned)
        # Bytes are labels as they are, unless they are scores or lie in memory of somebody else.
        are_labels = labels.dtype == np.uint8 and request.threshold is None
        if not are_labels or not labels.flags.writeable:
            labels = stored(labels, request)
    return LabelMap(labels, request.unspaced_grid(labels.shape), str(request.path))


def oriented(pixels: NDArray[Any], orientation: int, request: Request) -> NDArray[Any]:
    """Return pixels as they are to be seen, by the tag of TIFF and Exif that says how they lie.

    From 5 on the first stored row is a column; 2, 3, 6 and 7 are mirrored from left to right, 3, 4,
    7 and 8 upside down.
    """
    if orientation not in range(1, 9):
        raise ReadError(
            f"{request.path}: wanted an orientation from 1 to 8, but the tag says {orientation}; "
            f"save the image again"
        )
    turned = pixels.swapaxes(0, 1) if orientation > 4 else pixels
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    return turned


def over(pixels: NDArray[Any], mode: str) -> Image:
    """Return an image of Pillow whose memory is that of the array: what decodes into it fills both.

    `mode` is L, P, I;16, RGBX or RGBA, the last two with four channels.
    """
    from PIL import Image

    height, width = pixels.shape[:2]
    return Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)


def by_palette(indices: Bytes, colors: Bytes, request: Request) -> Bytes:
    """Return the grey values of indices where the palette is all grey, else the indices.

    BMP and GIF have no greyscale. Programs save one as a palette of the values that occur, so that
    one value has another index in each file. `colors` is (entries, 3). Raises `ReadError` for
    indices of which two mean the same grey, or one means none.
    """
    greys = colors[:, 0]
    is_grey = len(greys) > 0 and (colors == greys[:, None]).all()
    if not is_grey or np.array_equal(greys, np.arange(len(greys))):
        return indices
    used = np.flatnonzero(np.bincount(indices.ravel()))
    if used[-1] >= len(greys) or len(set(greys[used].tolist())) < len(used):
        raise ReadError(
            f"{request.path}: wanted a palette with a grey for each of {len(used)} indices up to "
            f"{used[-1]}, but its {len(greys)} entries give {len(set(greys.tolist()))} greys; save "
            f"it as greyscale PNG"
        )
    return greys[indices]


def unpacked(rows: Bytes, bits: int) -> Bytes:
    """Return the numbers of 1, 2 or 4 bits in rows of bytes, the first in the highest bits.

    >>> unpacked(np.array([[0b01_00_10_11]], np.uint8), 2)
    array([[1, 0, 2, 3]], dtype=uint8)
    """
    digits = np.unpackbits(rows, axis=1)
    if bits == 1:
        return digits
    weights = 1 << np.arange(bits, dtype=np.uint8)[::-1]
    numbers: Bytes = digits.reshape(len(rows), -1, bits) @ weights
    return numbers


def check_frames(frames: int, request: Request) -> None:
    """Raise `ReadError` for a file of several images."""
    if frames > 1:
        raise ReadError(
            f"{request.path}: wanted one image, but it holds {frames} frames; save each as a file "
            f"of its own, or the stack as .nii.gz or .npy"
        )


def check_start(content: bytes, starts: tuple[bytes, ...], request: Request) -> None:
    """Raise `ReadError` for a file of another format than its suffix says, a lossy one maybe."""
    if not content.startswith(starts):
        raise ReadError(
            f"{request.path}: wanted a {request.path.suffix.lower()} image, but the file starts "
            f"with {content[:8]!r}; rename it after its real format, or save it as greyscale PNG"
        )
