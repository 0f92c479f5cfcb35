"""PNG, TIFF, BMP and GIF through Pillow: one label a pixel, array axes (row, column), no spacing.

The label is the grey value, or the index where there is a palette; a GIF whose palette is all grey
holds grey values.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from segeval.arrays import Bytes, Labels
from segeval.data.labels import LabelMap
from segeval.errors import ReadError

from .colors import labels_of
from .registry import reader, refuse
from .request import Request
from .stream import stored

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_PLUGINS = {
    ".png": ("PIL.PngImagePlugin", "PngImageFile"),
    ".tif": ("PIL.TiffImagePlugin", "TiffImageFile"),
    ".tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
    ".bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    ".gif": ("PIL.GifImagePlugin", "GifImageFile"),
}
"""The class that reads each suffix, and its module, which is imported then."""
_LIMIT = Lock()
_ONE_CHANNEL = ("1", "L", "P", "I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_ALPHA_APART = ("LA", "La", "PA")
_COLOR = ("RGB", "RGBA", "RGBX", "RGBa")

refuse(
    ".jpg",
    ".jpeg",
    because="JPEG is lossy and changes labels along every edge: save the masks as PNG from their "
    "source",
)


@reader(
    *_PLUGINS,
    sentence="The label is the grey value, 1, 8, 16 or 32 bits; of an image with a palette the "
    "index, of a GIF whose palette is grey the grey value. The spacing is 1 px.",
)
def read_image(request: Request) -> LabelMap:
    """Return the label map in an image file.

    An image with colour channels is read when they agree (alpha is ignored) or the request has
    `colors`.
    """
    with _opened(request) as image:
        # Formats that hold one image alone lack the attribute.
        frames: int = getattr(image, "n_frames", 1)
        if frames > 1:
            raise ReadError(
                f"{request.path}: wanted one image, but it holds {frames} frames; "
                "save each as a file of its own, or the stack as .nii.gz or .npy"
            )
        # TIFF is a container; these are Pillow's names for the two kinds of JPEG data in it.
        if image.info.get("compression") in ("jpeg", "tiff_jpeg"):
            raise ReadError(
                f"{request.path}: holds JPEG data, which is lossy; save masks with lossless "
                f"compression"
            )
        with _any_size(image.width * image.height):
            labels = _labels(image, request)
    return LabelMap(labels, request.unspaced_grid(labels.shape), str(request.path))


def _opened(request: Request) -> ImageFile:
    """Return the image, not decoded yet, in the format that its suffix names.

    `Image.open` would take other formats under this name, lossy ones too, and look every one up.
    """
    suffix = request.path.suffix.lower()
    module, name = _PLUGINS[suffix]
    try:
        image: ImageFile = getattr(import_module(module), name)(request.path)
    except SyntaxError as error:
        raise ReadError(
            f"{request.path}: wanted a {suffix} image, but the file starts with "
            f"{request.start(8)!r} and Pillow says {str(error)!r}; rename it after its real "
            f"format, or save it as greyscale PNG"
        ) from error
    return image


def _grey_of_gif(image: ImageFile) -> Bytes:
    """Return the grey values of a GIF whose palette is all grey, else the indices.

    GIF has no greyscale: Pillow saves one as a palette of the values that occur, so that one value
    has another index in each file.
    """
    labels: Bytes = np.asarray(image)
    colors = np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)
    # A palette whose index i is the grey i never comes here as P: Pillow calls that mode L.
    if image.mode == "P" and (colors == colors[:, :1]).all():
        labels = colors[:, 0][labels]
    return labels


@contextmanager
def _any_size(pixels: int) -> Iterator[None]:
    """Lift Pillow's global limit on pixels while a mask beyond it, as in pathology, is decoded."""
    from PIL import Image

    # The limit is that of the whole process: whoever lifts it holds the lock until it is back, so
    # that no thread takes the lifted one for the limit.
    with _LIMIT:
        limit = Image.MAX_IMAGE_PIXELS
    if limit is None or pixels <= limit:
        yield
        return
    with _LIMIT:
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _labels(image: ImageFile, request: Request) -> Labels:
    """Return the label of every pixel, by what the channels of the image mean."""
    if image.mode in _ONE_CHANNEL:
        grey = _grey_of_gif(image) if image.format == "GIF" else np.asarray(image)
        return stored(grey, request)
    if image.mode not in _ALPHA_APART + _COLOR:
        raise ReadError(
            f"{request.path}: wanted one label a pixel, but the image is of mode {image.mode}; "
            f"save it as greyscale PNG"
        )
    # The mode says 8 bits of such an image as well; only the raw mode of its tiles tells.
    if ";16" in str(image.tile):
        raise ReadError(
            f"{request.path}: wanted one label a pixel, but it has channels of 16 bits, which "
            f"Pillow cuts to 8; save it as 16-bit greyscale"
        )
    channels = np.asarray(image)
    if image.mode in _COLOR:
        return stored(labels_of(channels, request), request)
    return stored(np.ascontiguousarray(channels[..., 0]), request)
