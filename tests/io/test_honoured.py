"""What an image file says of its pixels is honoured: depths, directions, and which value is white.

Pixels as they should come out are those that were stored, turned by hand; ITK reads a part of the
files as well.
"""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from helpers.images import bmp, chunk, packed, png, tiff
from PIL import Image

import segeval
from segeval.errors import ReadError, UsageError
from segeval.io import read

DEPTHS = {bits: np.arange(24).reshape(4, 6) % min(2**bits, 5) for bits in (1, 2, 4, 8, 16)}


@pytest.mark.parametrize("bits", DEPTHS)
def test_grey_values_of_every_depth_are_those_that_are_stored(tmp_path, bits):
    for name, content in (("a.png", png), ("a.tif", tiff)):
        (tmp_path / name).write_bytes(content(DEPTHS[bits], bits))
        assert read(tmp_path / name).labels.tolist() == DEPTHS[bits].tolist()
    (tmp_path / "p.png").write_bytes(
        png(DEPTHS[bits], bits, color=3, extra=chunk(b"PLTE", bytes(range(96))))
        if bits <= 8
        else png(DEPTHS[bits], bits)
    )
    assert read(tmp_path / "p.png").labels.tolist() == DEPTHS[bits].tolist()


def test_the_most_of_a_depth_is_stored_as_it_is(tmp_path):
    for bits in DEPTHS:
        labels = np.array([[0, 2**bits - 1]])
        (tmp_path / "a.png").write_bytes(png(labels, bits))
        (tmp_path / "a.tif").write_bytes(tiff(labels, bits))
        assert read(tmp_path / "a.png").labels.tolist() == labels.tolist()
        assert read(tmp_path / "a.tif").labels.tolist() == labels.tolist()


@pytest.mark.parametrize("bits", [2, 4])
@pytest.mark.parametrize("compression", [5, 8, 32773])
def test_low_depths_in_a_compressed_tiff(tmp_path, bits, compression):
    content = b"".join(packed(DEPTHS[bits], bits))
    literal = {
        8: zlib.compress(content),
        32773: bytes([len(content) - 1]) + content,
        5: lzw(content),
    }[compression]
    (tmp_path / "a.tif").write_bytes(
        tiff(DEPTHS[bits], bits, data=literal, compression=compression)
    )
    assert read(tmp_path / "a.tif").labels.tolist() == DEPTHS[bits].tolist()


def lzw(content):
    """LZW data of TIFF that never look back: a code of 9 bits for each byte, cleared in time."""
    codes = [256, *content, 257]
    digits = "".join(f"{code:09b}" for code in codes)
    assert len(codes) < 250
    return int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8), "big")


@pytest.mark.parametrize(
    ("bits", "palette"),
    [
        (1, (0, 9)),
        (1, (9, 0)),
        (4, range(16)),
        (4, range(0, 256, 17)),
        (4, (0, 255)),
        (8, range(256)),
        (8, (0, 255)),  # two of 256 colours, which Pillow takes for one bit a pixel
        (8, (9, 7, 5)),
    ],
)
def test_where_the_palette_of_a_bmp_is_all_grey_the_greys_are_the_labels(tmp_path, bits, palette):
    indices = np.arange(35).reshape(5, 7) % min(len(palette), 3)
    (tmp_path / "a.bmp").write_bytes(bmp(indices, bits, palette))
    assert read(tmp_path / "a.bmp").labels.tolist() == np.array(palette)[indices].tolist()


@pytest.mark.parametrize(("palette", "white"), [((0, 255), 1), ((255, 0), 0)])
def test_black_and_white_of_one_bit_are_0_and_1(tmp_path, palette, white):
    indices = np.arange(35).reshape(5, 7) % 2
    (tmp_path / "a.bmp").write_bytes(bmp(indices, 1, palette))
    assert read(tmp_path / "a.bmp").labels.tolist() == (indices == white).astype(int).tolist()
    with Image.open(tmp_path / "a.bmp") as image:
        assert np.array_equal(np.asarray(image.convert("L")) == 255, indices == white)


@pytest.mark.parametrize("name", ["a.bmp", "a.gif"])
def test_one_grey_is_one_label_whatever_its_index(tmp_path, name):
    """Of a mask of 0, 128 and 255, and of one that lacks 128."""
    for greys in ((0, 128, 255), (255, 0)):
        labels = np.array(greys, np.uint8)[np.arange(35).reshape(5, 7) % len(greys)]
        indices = np.arange(35).reshape(5, 7) % len(greys)
        if name == "a.bmp":
            (tmp_path / name).write_bytes(bmp(indices, 8, greys))
        else:
            Image.fromarray(labels).save(tmp_path / name)
        assert read(tmp_path / name).labels.tolist() == labels.tolist()


@pytest.mark.parametrize("palette", [(7, 7, 7), (0, 9), (0, 0)])
def test_a_grey_palette_that_does_not_tell_indices_apart_is_refused(tmp_path, palette):
    indices = np.arange(35).reshape(5, 7) % 3
    (tmp_path / "a.bmp").write_bytes(bmp(indices, 8, palette))
    with pytest.raises(
        ReadError, match=r"a.bmp: wanted a palette with a grey for each of 3 indices up to 2, but"
    ):
        read(tmp_path / "a.bmp")


@pytest.mark.parametrize(("bits", "greys"), [(4, (0, 255, 9)), (8, (0, 255)), (8, range(256))])
def test_a_bmp_of_runs_has_the_same_labels(tmp_path, bits, greys):
    """Runs of one row, each the number of pixels and their index, twice in a byte of 4 bits."""
    twice = {4: 17, 8: 1}[bits]
    runs = bytes([3, 0, 2, twice, 2, 0, 0, 1])
    plain = bytearray(bmp(np.array([[0]]), bits, greys)[: 54 + 4 * len(greys)])
    plain[18:22] = (7).to_bytes(4, "little")
    plain[30] = {4: 2, 8: 1}[bits]
    (tmp_path / "a.bmp").write_bytes(bytes(plain) + runs)
    row = np.array(greys)[[0, 0, 0, 1, 1, 0, 0]]
    assert read(tmp_path / "a.bmp").labels.tolist() == [row.tolist()]


@pytest.mark.parametrize("start", [0, 14, 54, 1077])
def test_pixels_of_a_bmp_that_would_begin_in_its_palette(tmp_path, start):
    (tmp_path / "a.bmp").write_bytes(bmp(STORED, 8, range(256), start=start))
    with pytest.raises(
        ReadError,
        match=rf"a.bmp: wanted pixels behind the header and its 256 colours, from byte 1,078 on, "
        rf"but they start at {start:,}; the header is damaged",
    ):
        read(tmp_path / "a.bmp")


@pytest.mark.parametrize(("mode", "least"), [("1", 62), ("L", 1078), ("RGB", 54), ("RGBA", 54)])
def test_pixels_of_every_bmp_of_pillow_begin_where_they_may(tmp_path, mode, least):
    Image.fromarray(STORED * 80).convert(mode).save(tmp_path / "a.bmp")
    content = bytearray((tmp_path / "a.bmp").read_bytes())
    assert int.from_bytes(content[10:14], "little") == least
    read(tmp_path / "a.bmp")
    content[10:14] = (least - 4).to_bytes(4, "little")
    (tmp_path / "a.bmp").write_bytes(content)
    with pytest.raises(ReadError, match=r"a.bmp: wanted pixels behind the header"):
        read(tmp_path / "a.bmp")


def test_a_bmp_from_top_to_bottom_and_one_of_other_depths(tmp_path):
    labels = np.arange(35).reshape(5, 7) % 3
    content = bytearray(bmp(labels[::-1], 8, range(256)))
    content[22:26] = struct.pack("<i", -5)
    (tmp_path / "a.bmp").write_bytes(content)
    assert read(tmp_path / "a.bmp").labels.tolist() == labels.tolist()
    content[28] = 16
    (tmp_path / "a.bmp").write_bytes(content)
    with pytest.raises(ReadError, match=r"wanted a BMP of 1, 4, .* says 7×5 pixels of 16 bits"):
        read(tmp_path / "a.bmp")


def test_colours_of_a_bmp(tmp_path):
    colors = np.random.default_rng(0).integers(0, 2, (5, 7, 3)).astype(np.uint8) * 255
    table = {tuple(color): label for label, color in enumerate(np.ndindex(2, 2, 2))}
    table = {tuple(255 * part for part in color): label for color, label in table.items()}
    Image.fromarray(colors).save(tmp_path / "a.bmp")
    labels = (colors // 255) @ np.array([4, 2, 1])
    assert read(tmp_path / "a.bmp", colors=table).labels.tolist() == labels.tolist()


STORED = np.array([[0, 1, 2], [3, 0, 0]], np.uint8)
TURNED = {
    1: STORED,
    2: STORED[:, ::-1],
    3: STORED[::-1, ::-1],
    4: STORED[::-1],
    5: STORED.T,
    6: np.rot90(STORED, -1),
    7: STORED[::-1, ::-1].T,
    8: np.rot90(STORED),
}
"""Pixels as they are to be seen, by the tag: TIFF 6.0, page 36."""


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("dtype", ["u1", "u2", "?"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
def test_a_tiff_lies_as_its_tag_says(tmp_path, orientation, dtype, compression):
    stored, tags = STORED.astype(dtype), [(274, "H", 1, orientation, True)]
    if compression in ("lzw", "packbits"):
        compressions = {"lzw": "tiff_lzw", "packbits": "packbits"}
        options = {"compression": compressions[compression], "tiffinfo": {274: orientation}}
        Image.fromarray(stored).save(tmp_path / "a.tif", **options)
    else:
        tifffile.imwrite(
            tmp_path / "a.tif",
            stored,
            extratags=tags,
            compression=compression,
            photometric="minisblack",
        )
    expected = TURNED[orientation].astype(dtype).astype(int)
    assert read(tmp_path / "a.tif").labels.tolist() == expected.tolist()


@pytest.mark.parametrize("orientation", TURNED)
def test_a_png_lies_as_its_exif_data_say(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(STORED).save(tmp_path / "a.png", exif=exif)
    assert read(tmp_path / "a.png").labels.tolist() == TURNED[orientation].tolist()


def test_an_orientation_that_is_none(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(STORED, orientation=9))
    with pytest.raises(ReadError, match=r"a.tif: wanted an orientation from 1 to 8, but .* says 9"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", DEPTHS)
def test_where_zero_is_white_grey_values_count_from_the_other_end(tmp_path, bits):
    """What a program sees that shows the image: 0 in the file is the largest value."""
    labels = DEPTHS[bits]
    (tmp_path / "a.tif").write_bytes(tiff(2**bits - 1 - labels, bits, photometric=0))
    assert read(tmp_path / "a.tif").labels.tolist() == labels.tolist()
    if bits in (1, 8):  # Pillow overlooks the tag where there are 16 bits
        with Image.open(tmp_path / "a.tif") as image:
            assert np.asarray(image).astype(int).tolist() == labels.tolist()


def test_truth_values_that_say_that_0_is_white_are_refused(tmp_path):
    """tifffile marks booleans so, and stores True as 1: other programs show it as black."""
    tifffile.imwrite(tmp_path / "a.tif", STORED > 0)
    with pytest.raises(
        ReadError,
        match=r"a.tif: .* tag says that 0 is white, where tifffile stores True as 1; save it as np",
    ):
        read(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "a.tif", STORED > 0, photometric="minisblack")
    assert read(tmp_path / "a.tif").labels.tolist() == (STORED > 0).astype(int).tolist()


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "i4", "f4", ">u2", ">i4", ">f4"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("predictor", [False, True])
def test_numbers_strips_tiles_and_differences(tmp_path, dtype, compression, tile, predictor):
    if predictor and (compression is None or dtype[-2] == "f"):
        predictor = False  # nothing to take differences of
    labels = np.random.default_rng(0).integers(0, 100, (40, 37))
    tifffile.imwrite(
        tmp_path / "a.tif",
        labels.astype(dtype),
        byteorder=dtype[0] if dtype[0] == ">" else "<",
        compression=compression,
        predictor=predictor,
        **({"tile": tile} if tile else {"rowsperstrip": 7}),
    )
    assert read(tmp_path / "a.tif").labels.tolist() == labels.tolist()


def test_a_big_tiff(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", STORED, bigtiff=True)
    assert read(tmp_path / "a.tif").labels.tolist() == STORED.tolist()


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_channels_beside_and_behind_each_other(tmp_path, planar, compression):
    labels = np.random.default_rng(0).integers(0, 100, (20, 30)).astype(np.uint8)
    channels = np.stack([labels] * 3, axis=2 if planar == "contig" else 0)
    tifffile.imwrite(
        tmp_path / "a.tif",
        channels,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
    )
    assert read(tmp_path / "a.tif").labels.tolist() == labels.tolist()


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"compression": 50001}, "holds WebP data, which is lossy"),
        ({"compression": 7}, "holds JPEG data, which is lossy"),
        ({"compression": 32809}, "wanted lossless compression, but the tag says 32809"),
        ({"photometric": 9}, "the photometric interpretation is LAB"),
        ({"bits": 12}, "the image has 1 channels of 12 bits, sample format 1 and photometric"),
        ({"samples": 5}, "the image has 5 channels; save the labels as greyscale"),
        ({"kind": 3}, "1 channels of 8 bits, sample format 3"),
        ({"width": 0}, "wanted pixels of one kind, but the tags say 0×2 pixels"),
        ({"rows": 0}, "wanted pixels of one kind"),
    ],
)
def test_a_tiff_of_other_pixels_is_refused(tmp_path, over, message):
    (tmp_path / "a.tif").write_bytes(tiff(STORED, **over))
    with pytest.raises(ReadError, match=f"a.tif: .*{message}"):
        read(tmp_path / "a.tif")


MASKED = np.ma.masked_array(STORED, mask=STORED == 2)


@pytest.mark.parametrize("side", ["pred", "gt"])
def test_a_masked_array_is_refused_as_its_mask_would_be_lost(side):
    message = (
        rf"{side}: wanted a plain array, but it is a numpy.ma.MaskedArray, whose hidden values "
        rf"would count; fill them with a label \(array.filled\(255\)\), and have that label ignored"
    )
    arrays = {"pred": STORED, "gt": STORED} | {side: MASKED}
    with pytest.raises(UsageError, match=message):
        segeval.score(arrays["pred"], arrays["gt"], metrics="dice")
    batch = {name: array[None] for name, array in arrays.items()}
    with pytest.raises(UsageError, match=message):
        segeval.functional.dice(batch["pred"], batch["gt"])
    with pytest.raises(UsageError, match=message):
        segeval.stateful.Dice(num_classes=4).update(batch["pred"], batch["gt"])
    with pytest.raises(UsageError, match="array: wanted a plain array"):
        segeval.data.labels.LabelMap.of(MASKED)
