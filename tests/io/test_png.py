"""PNG without Pillow: the same pixels as Pillow's where it says any, and nothing where it cannot be sure."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segeval.errors import ReadError
from segeval.io import Request, read
from segeval.io.png import plain_png
from segeval.workspace import Workspace


def png(lines, *, kind=(8, 0, 0, 0, 0), before=(), size=None):
    """The bytes of a PNG file with these filtered lines, each after the number of its filter."""
    height, width = size or (lines.shape[0], lines.shape[1] - 1)
    chunks = [
        (b"IHDR", struct.pack(">II5B", width, height, *kind)),
        *before,
        (b"IDAT", zlib.compress(lines.tobytes())),
        (b"IEND", b""),
    ]
    parts = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def lines_of(height, width, seed, share):
    """Lines with any filters, whose bytes are 0 but for a share of them."""
    rng = np.random.default_rng(seed)
    lines = rng.integers(0, 256, (height, width + 1), np.uint8) * (rng.random((height, width + 1)) < share)
    lines[:, 0] = rng.integers(0, 5, height)
    return lines


@given(st.integers(1, 9), st.integers(64, 200), st.integers(0, 2**32), st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_every_filter_is_undone_as_pillow_does(tmp_path_factory, height, width, seed, share):
    path = tmp_path_factory.mktemp("png") / "mask.png"
    path.write_bytes(png(lines_of(height, width, seed, share)))
    found = plain_png(Request(path, workspace=Workspace()))
    assert np.array_equal(found, np.asarray(Image.open(path)))


@pytest.mark.parametrize("mode", ["1", "I;16", "RGB", "LA"])
def test_other_kinds_are_left_to_pillow(tmp_path, mode):
    path = tmp_path / "mask.png"
    Image.new(mode, (80, 80)).save(path)
    assert plain_png(Request(path)) is None


@pytest.mark.parametrize(
    "content",
    [
        png(lines_of(4, 63, 0, 1.0)),
        png(lines_of(4, 70, 0, 1.0), kind=(8, 0, 0, 0, 1)),
        png(lines_of(4, 70, 0, 1.0), before=[(b"acTL", struct.pack(">II", 1, 0))]),
        png(lines_of(4, 70, 0, 1.0), size=(5, 70)),
        png(lines_of(4, 70, 0, 1.0), size=(2**31 - 1, 2**31 - 1)),
        png(np.full((4, 71), 5, np.uint8)),
    ],
    ids=["narrow", "interlaced", "animated", "a line short", "of a size that cannot be", "no such filter"],
)
def test_what_is_rare_or_odd_is_left_to_pillow(tmp_path, content):
    path = tmp_path / "mask.png"
    path.write_bytes(content)
    assert plain_png(Request(path)) is None


def test_damage_anywhere_is_noticed(tmp_path):
    path = tmp_path / "mask.png"
    whole = png(lines_of(6, 70, 1, 0.1))
    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at])
        assert plain_png(Request(path)) is None
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert plain_png(Request(path)) is None
    path.write_bytes(whole[:-60])
    with pytest.raises(ReadError, match=r"wanted a \.png mask, but"):
        read(path)
