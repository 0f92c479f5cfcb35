"""Images: what was drawn into a file with Pillow is what comes out, and nothing is guessed from
colours.
"""

import json

import numpy as np
import pytest
from PIL import Image

from segeval.errors import ReadError, UsageError
from segeval.io import load_colors, parse_colors, read
from segeval.kernels.workspace import Workspace

BYTES = np.array([[0, 1, 2], [3, 200, 255]], np.uint8)
WIDE = np.array([[0, 1, 300], [3, 40000, 65535]], np.uint16)
RED, GREEN, BLACK = (255, 0, 0), (0, 128, 0), (0, 0, 0)
SCENE = np.array([[BLACK, RED], [GREEN, RED]], np.uint8)


@pytest.fixture
def saved(tmp_path):
    def save(image, name="mask.png", **options):
        path = tmp_path / name
        image.save(path, **options)
        return path

    return save


@pytest.mark.parametrize(
    "name", ["mask.png", "mask.tif", "mask.tiff", "mask.bmp", "mask.gif", "mask.PNG"]
)
def test_grey_values_are_labels_in_every_format(saved, name):
    mask = read(saved(Image.fromarray(BYTES), name))
    assert np.array_equal(mask.labels, BYTES)
    assert mask.labels.dtype == np.uint8
    assert mask.labels.flags.writeable
    assert (mask.grid.shape, mask.grid.spacing, mask.grid.unit) == ((2, 3), (1, 1), "px")


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.bmp"])
def test_one_bit_images_hold_0_and_1(saved, name):
    drawn = np.array([[True, False, True]] * 2)
    assert np.array_equal(read(saved(Image.fromarray(drawn), name)).labels, drawn.astype(int))


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.gif", "mask.bmp"])
def test_the_index_into_a_palette_is_the_label(saved, name):
    image = Image.fromarray(BYTES % 4).convert("P")
    image.putdata((BYTES % 4).ravel().tolist())
    image.putpalette([9, 9, 9, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    assert np.array_equal(read(saved(image, name)).labels, BYTES % 4)


@pytest.mark.parametrize("name", ["mask.png", "mask.tif"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits(saved, name, order):
    mask = read(saved(Image.fromarray(WIDE.astype(order + "u2")), name))
    assert np.array_equal(mask.labels, WIDE)
    assert mask.labels.dtype == np.uint16


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_wide_tiff_pixels_are_narrowed(saved, dtype):
    mask = read(saved(Image.fromarray(BYTES.astype(dtype)), "mask.tif"))
    assert np.array_equal(mask.labels, BYTES)
    assert mask.labels.dtype == np.uint8


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_lossless_tiff_compression(saved, compression):
    assert np.array_equal(
        read(saved(Image.fromarray(BYTES), "mask.tif", compression=compression)).labels, BYTES
    )


@pytest.mark.parametrize("mode", ["LA", "RGB", "RGBA"])
def test_colour_channels_that_agree_are_the_label_and_alpha_is_ignored(saved, mode):
    image = Image.fromarray(BYTES).convert(mode)
    if mode.endswith("A"):
        image.putalpha(77)
    assert np.array_equal(read(saved(image)).labels, BYTES)


def test_colours_need_a_table(saved):
    message = (
        r"mask.png: .*such as #ff0000 at row 0, column 1; "
        r"save .* or pass --colors .*\{\"#ff0000\": 1\}"
    )
    with pytest.raises(ReadError, match=message):
        read(saved(Image.fromarray(SCENE)))


def test_a_table_of_colours_gives_the_labels(saved):
    mask = read(saved(Image.fromarray(SCENE)), colors={RED: 7, GREEN: 300})
    assert mask.labels.tolist() == [[0, 7], [300, 7]]


def test_black_can_be_a_label_too(saved):
    mask = read(saved(Image.fromarray(SCENE)), colors={RED: 0, GREEN: 2, BLACK: 1})
    assert mask.labels.tolist() == [[1, 0], [2, 0]]


def test_black_is_no_label_where_another_colour_is_the_class_0(saved):
    with pytest.raises(ReadError, match=r"holds 1 more, such as #000000 at row 0, column 0"):
        read(saved(Image.fromarray(SCENE)), colors={RED: 0, GREEN: 1})


def test_a_colour_that_is_not_in_the_table_is_named(saved):
    with pytest.raises(
        ReadError,
        match=r"only the 2 colours of --colors, but it holds 1 more, such as #008000 at row 1, ",
    ):
        read(saved(Image.fromarray(SCENE)), colors={RED: 1})


def test_a_table_says_nothing_about_grey_values(saved):
    assert np.array_equal(read(saved(Image.fromarray(BYTES)), colors={RED: 1}).labels, BYTES)


def test_colours_are_written_in_three_ways(tmp_path):
    (tmp_path / "colors.json").write_text('{"#ff0000": 1, "0,128, 0": 2, "blue": 3}')
    assert load_colors(tmp_path / "colors.json") == {RED: 1, GREEN: 2, (0, 0, 255): 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "#ff0000",
            r"wanted a JSON object .*, but it cannot be read as such \(.*\); correct the file",
        ),
        ("[1, 2]", r"wanted a JSON object .*, but it holds a list; correct the file"),
        ("{}", "wanted a JSON object .*, but it is empty; correct the file"),
        ('{"#ff0000": "1"}', "the label of '#ff0000' is '1'; labels are whole numbers from 0"),
        ('{"#ff0000": -1}', "the label of '#ff0000' is -1; labels are whole numbers from 0"),
        ('{"reddish": 1}', "'reddish' is no colour; write #rrggbb or red,green,blue"),
        ('{"0,128": 1}', "'0,128' is no colour; write #rrggbb or red,green,blue"),
        ('{"0,128,900": 1}', "'0,128,900' is no colour; write #rrggbb or red,green,blue"),
    ],
)
def test_a_bad_table_of_colours(tmp_path, text, message):
    (tmp_path / "colors.json").write_text(text)
    with pytest.raises(UsageError, match=message):
        load_colors(tmp_path / "colors.json")


def test_no_table_of_colours(tmp_path):
    with pytest.raises(
        UsageError,
        match=r"colors.json: wanted a JSON object .*, but it cannot be read: No such file",
    ):
        load_colors(tmp_path / "colors.json")


def test_a_spacing_that_is_given_makes_millimetres(saved):
    grid = read(saved(Image.fromarray(BYTES)), spacing=(0.5, 0.25)).grid
    assert (grid.spacing, grid.unit) == ((0.5, 0.25), "mm")


def test_the_kept_buffer_holds_the_labels(saved):
    workspace = Workspace()
    mask = read(saved(Image.fromarray(BYTES)), workspace=workspace, slot="pred")
    assert np.shares_memory(mask.labels, workspace.buffer("pred", 6, np.uint8))


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.bmp", "mask.gif"])
def test_large_masks_are_no_bombs_and_pillows_limit_stays(saved, monkeypatch, name):
    path = saved(Image.fromarray(np.tile(BYTES, (9, 9))), name)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # of 18 × 27 = 486 pixels
    assert np.array_equal(read(path).labels, np.tile(BYTES, (9, 9)))
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize("name", ["mask.tif", "mask.gif", "mask.png"])
def test_several_frames_are_refused(saved, name):
    frames = [Image.fromarray(BYTES), Image.fromarray(255 - BYTES)]
    path = saved(frames[0], name, save_all=True, append_images=frames[1:])
    with pytest.raises(
        ReadError, match=f"{name}: wanted one image, but it holds 2 frames; save each as a file"
    ):
        read(path)


def test_jpeg_is_refused_by_name_by_content_and_inside_a_tiff(saved):
    drawn = Image.fromarray(np.tile(BYTES, (8, 8)))
    with pytest.raises(
        ReadError, match=r"mask.jpg: .*'.jpg' are not read; JPEG is lossy .*: save the masks as PNG"
    ):
        read(saved(drawn, "mask.jpg"))
    with pytest.raises(
        ReadError, match=r"hidden.png: wanted a .png image, but the file starts with b'\\xff\\xd8"
    ):
        read(saved(drawn, "hidden.png", format="JPEG"))
    with pytest.raises(
        ReadError, match=r"mask.tif: holds JPEG data, which is lossy; save masks with lossless"
    ):
        read(saved(drawn, "mask.tif", compression="jpeg"))


def test_channels_of_sixteen_bits_are_refused_since_pillow_would_cut_them(tmp_path):
    (tmp_path / "mask.png").write_bytes(png_of_sixteen_bit_colours(WIDE))
    with pytest.raises(
        ReadError, match=r"channels of 16 bits, which Pillow cuts to 8; save it as 16-bit greyscale"
    ):
        read(tmp_path / "mask.png")


def png_of_sixteen_bit_colours(grey):
    import struct
    import zlib

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = np.repeat(grey[..., None], 3, axis=2).astype(">u2")
    head = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 16, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "mode", "message"),
    [
        ("mask.tif", "CMYK", "the photometric interpretation is CMYK; save it as grey"),
        ("mask.tif", "LAB", "interpretation is LAB"),
    ],
)
def test_other_modes_are_refused(saved, name, mode, message):
    with pytest.raises(ReadError, match=message):
        read(saved(Image.new(mode, (3, 2)), name))


def test_negative_and_fractional_pixels_are_refused(saved):
    with pytest.raises(ReadError, match=r"a.tif: holds the negative value -1; labels start at 0"):
        read(saved(Image.fromarray(np.array([[-1, 0]], np.int32)), "a.tif"))
    with pytest.raises(ReadError, match=r"b.tif: holds 0.5, which is not a whole number"):
        read(saved(Image.fromarray(np.array([[0.5, 0]], np.float32)), "b.tif"))


def test_damaged_files(saved, tmp_path):
    (tmp_path / "text.png").write_text(json.dumps({"this": "is text"}))
    with pytest.raises(
        ReadError,
        match=r"text.png: wanted a .png image, but the file starts with b'{.this.:'; "
        r"rename it after",
    ):
        read(tmp_path / "text.png")
    whole = saved(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)))
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(
        ReadError, match=r"cut.png: .* but the data end after byte 2,000; the file is truncated"
    ):
        read(tmp_path / "cut.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(
        ReadError, match=r"empty.png: wanted a .png mask, but the file is empty \(0 bytes\)"
    ):
        read(tmp_path / "empty.png")


def test_a_colour_has_one_label():
    with pytest.raises(UsageError, match=r"'red' is a colour that has the label 1 already; keep"):
        parse_colors({"#ff0000": 1, "red": 2})
    assert parse_colors({"#ff0000": 1, "red": 1}) == {RED: 1}
