"""Images as ITK reads them, where formats leave a choice."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
import tifffile
from helpers.images import bmp

from segeval.io import read

LABELS = np.arange(35).reshape(5, 7) % 3


@pytest.mark.parametrize("palette", [range(256), (0, 255, 100), (9, 7, 5)])
def test_of_a_grey_palette_the_greys_are_the_labels(tmp_path, palette):
    (tmp_path / "a.bmp").write_bytes(bmp(LABELS, 8, palette))
    shown = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(tmp_path / "a.bmp"))
    labels = read(tmp_path / "a.bmp").labels
    assert labels.max() > 0
    assert np.array_equal(labels, shown.reshape(5, 7, -1)[..., 0])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_tiff_is_turned_as_its_tag_says(tmp_path, dtype, compression):
    """ITK heeds the tag where rows go upwards."""
    tifffile.imwrite(
        tmp_path / "a.tif",
        LABELS.astype(dtype),
        extratags=[(274, "H", 1, 4, True)],
        compression=compression,
        photometric="minisblack",
    )
    shown = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(tmp_path / "a.tif"))
    assert np.array_equal(read(tmp_path / "a.tif").labels, shown)
