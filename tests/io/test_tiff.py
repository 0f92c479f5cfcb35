"""TIFF files as Pillow, tifffile and ImageJ write them: what was drawn comes out, or an error."""

import zlib

import numpy as np
import pytest
import tifffile
from helpers.images import tiff
from PIL import Image

from segeval.errors import ReadError
from segeval.io import read

DRAWN = np.random.default_rng(0).integers(0, 200, (40, 37)).astype(np.uint8)
PREDICTOR = 317


def drawn(mode):
    """An image of a mode of Pillow that holds the labels; of a palette the indices are."""
    if mode == "P":
        image = Image.new("P", DRAWN.shape[::-1])
        image.putdata(DRAWN.ravel().tolist())
        image.putpalette(np.random.default_rng(1).integers(0, 256, 768).tolist())
        return image
    dtypes = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    if mode in dtypes:
        return Image.fromarray(DRAWN.astype(dtypes[mode]))
    return Image.fromarray(DRAWN).convert(mode)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("mode", ["L", "I;16", "I", "RGB", "P", "LA", "RGBA", "F"])
@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("predictor", [1, 2])
def test_every_mode_compression_and_predictor_of_pillow(tmp_path, mode, compression, predictor):
    """Differences are taken with LZW and deflate alone, whatever the tag says of the others."""
    path = tmp_path / "a.tif"
    drawn(mode).save(path, compression=compression, tiffinfo={PREDICTOR: predictor})
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].predictor == predictor
    with Image.open(path) as image:
        by_pillow = np.asarray(image)
    by_pillow = by_pillow[..., 0] if by_pillow.ndim == 3 else by_pillow
    assert np.array_equal(by_pillow, DRAWN)
    assert np.array_equal(read(path).labels, by_pillow)


def horizontal(rows):
    """Differences of the bits of numbers, by row."""
    bits = rows.astype("<f4").view("<u4")
    return np.diff(bits, axis=1, prepend=np.uint32(0)).astype("<u4").tobytes()


def floating(rows):
    """Differences of bytes, the highest of all numbers of a row first: TIFF Technical Note 3."""
    planes = rows.astype(">f4").view(np.uint8).reshape(*rows.shape, 4).swapaxes(1, 2)
    in_row = planes.reshape(len(rows), -1)
    return np.diff(in_row, axis=1, prepend=np.uint8(0)).tobytes()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("predictor", "differences"), [(2, horizontal), (3, floating)])
def test_differences_of_floats(tmp_path, predictor, differences):
    data = zlib.compress(differences(DRAWN))
    (tmp_path / "a.tif").write_bytes(
        tiff(DRAWN, 32, data=data, compression=8, predictor=predictor, kind=3)
    )
    with Image.open(tmp_path / "a.tif") as image:
        assert np.array_equal(np.asarray(image), DRAWN)
    assert np.array_equal(read(tmp_path / "a.tif").labels, DRAWN)


@pytest.mark.parametrize("predictor", [0, 3, 4])
def test_differences_of_a_kind_that_is_none(tmp_path, predictor):
    data = zlib.compress(DRAWN.tobytes())
    (tmp_path / "a.tif").write_bytes(tiff(DRAWN, data=data, compression=8, predictor=predictor))
    with pytest.raises(ReadError, match=r"a\.tif: "):
        read(tmp_path / "a.tif")


VOLUME = np.repeat(DRAWN[None], 50, axis=0)
A_VOLUME = (
    r"a\.tif: wanted the end of the file where its data end, but 72,520 bytes follow, .* it may be "
    r"a volume of one directory, of which this is the first slice: save it as \.nii\.gz or \.npy"
)


@pytest.mark.parametrize("options", [{"truncate": True}, {"truncate": True, "imagej": True}])
def test_a_volume_of_one_directory_is_not_scored_as_its_first_slice(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, photometric="minisblack", **options)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1
        assert file.asarray().shape == VOLUME.shape
    with pytest.raises(ReadError, match=A_VOLUME):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate"])
def test_bytes_behind_a_tiff(tmp_path, compression):
    drawn("L").save(tmp_path / "a.tif", compression=compression)
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content + bytes(4096))
    assert np.array_equal(read(tmp_path / "a.tif").labels, DRAWN)
    (tmp_path / "a.tif").write_bytes(content + bytes(4097))
    with pytest.raises(ReadError, match=r"a\.tif: .* but 4,097 bytes follow, .* may be a volume"):
        read(tmp_path / "a.tif")


def test_a_strip_that_claims_the_slices_behind_it(tmp_path):
    data = VOLUME.tobytes()
    (tmp_path / "a.tif").write_bytes(
        np.pad(np.frombuffer(tiff(DRAWN, size=len(data)), np.uint8), (0, len(data))).tobytes()
    )
    with pytest.raises(ReadError, match=r"a\.tif: .* bytes follow, .* may be a volume of one"):
        read(tmp_path / "a.tif")


def test_exif_data_and_smaller_images_may_lie_behind_the_data(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(34665)[37510] = bytes(5000)  # a comment
    drawn("L").save(tmp_path / "a.tif", exif=exif)
    assert np.array_equal(read(tmp_path / "a.tif").labels, DRAWN)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(np.kron(DRAWN, np.ones((4, 4), np.uint8)), subifds=1)
        file.write(np.kron(DRAWN, np.ones((2, 2), np.uint8)))
    assert np.array_equal(read(tmp_path / "a.tif").labels[::4, ::4], DRAWN)


def test_a_volume_in_tiles_is_not_scored_as_its_first_slice(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, volumetric=True, tile=(16, 64, 64))
    with pytest.raises(
        ReadError, match=r"a\.tif: wanted one image, but its depth is 50 planes; save the volume"
    ):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_channels_that_are_no_alpha_are_no_mask(tmp_path, planar):
    """Of two classes, one-hot: the first channel is the background."""
    one_hot = np.stack([DRAWN == 0, DRAWN > 0], axis=2 if planar == "contig" else 0)
    tifffile.imwrite(
        tmp_path / "a.tif",
        one_hot.astype(np.uint8),
        photometric="minisblack",
        planarconfig=planar,
        extrasamples=["unspecified"],
    )
    with pytest.raises(
        ReadError,
        match=r"a\.tif: .* 2 channels, and its ExtraSamples, \(0,\), do not say that 1 of them is "
        "alpha; take the argmax of a one-hot mask",
    ):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("samples", [2, 4])
def test_channels_of_which_nothing_is_said(tmp_path, samples):
    labels = np.repeat(DRAWN, samples, axis=1)
    photometric = {2: 1, 4: 2}[samples]
    over = {"samples": samples, "width": DRAWN.shape[1], "photometric": photometric}
    (tmp_path / "a.tif").write_bytes(tiff(labels, **over))
    with pytest.raises(ReadError, match=rf"{samples} channels, and its ExtraSamples, \(\), do not"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("alpha", ["assocalpha", "unassalpha"])
@pytest.mark.parametrize("photometric", ["minisblack", "rgb"])
def test_alpha_is_ignored(tmp_path, alpha, photometric):
    channels = {"minisblack": 1, "rgb": 3}[photometric]
    pixels = np.stack([DRAWN] * channels + [np.full_like(DRAWN, 77)], axis=2)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric=photometric,
        extrasamples=[alpha],
        planarconfig="contig",
    )
    assert np.array_equal(read(tmp_path / "a.tif").labels, DRAWN)
