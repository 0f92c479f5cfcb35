"""A mask is scored only if its file is whole: what is damaged, cut or short is an error."""

import gzip
import zlib
from collections import Counter

import nibabel as nib
import numpy as np
import pytest
import tifffile
import trimesh
from helpers.damage import CHECKED, KINDS, PARTLY_CHECKED, UNCHECKED, blobs, outcomes
from helpers.images import SIGNATURE, chunk, png, tiff
from PIL import Image

from segeval.errors import ReadError
from segeval.io import read

BYTES = np.arange(24, dtype=np.uint8).reshape(4, 6) % 5
EACH = 12
"""Files damaged in each of four ways here; `tests/helpers/damage.py` does it for 400."""


@pytest.mark.parametrize("kind", CHECKED)
def test_no_damaged_file_with_checksums_is_read_as_another_mask(kind, tmp_path):
    counts = Counter(outcome for _, outcome in outcomes(kind, EACH, tmp_path))
    assert counts["wrong"] == 0
    assert counts["refused"] > 3 * EACH  # of 4, the others say the same in another way


@pytest.mark.parametrize("kind", PARTLY_CHECKED)
def test_no_damage_to_checked_pixels_is_read_as_another_mask(kind, tmp_path):
    path = tmp_path / kind
    KINDS[kind](blobs(0), path)
    intact, expected = path.read_bytes(), read(path).labels
    with tifffile.TiffFile(path) as file:
        (start,), (count,) = file.pages[0].dataoffsets, file.pages[0].databytecounts
    for place in range(start, start + count, 7):
        spoilt = bytearray(intact)
        spoilt[place] ^= 16
        path.write_bytes(spoilt)
        try:
            labels = read(path).labels
        except ReadError:
            continue
        assert np.array_equal(labels, expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", UNCHECKED)
def test_what_damage_does_to_other_files_is_an_error_of_reading_at_most(kind, tmp_path):
    assert sum(1 for _ in outcomes(kind, EACH, tmp_path)) == 4 * EACH


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_is_refused_wherever_it_is_cut(kind, tmp_path):
    path = tmp_path / kind
    KINDS[kind](blobs(0), path)
    intact = path.read_bytes()
    for share in (0.2, 0.5, 0.8, 0.95):
        cut = intact[: int(share * len(intact))]
        # A text without a count that is cut behind a line is a mesh of its own: cut it inside one.
        path.write_bytes(cut.rstrip(b"\n"))
        with pytest.raises(ReadError, match=kind):
            read(path)


def test_a_png_without_a_checksum_that_fits(tmp_path):
    content = bytearray(png(BYTES))
    content[content.index(b"IDAT") + 6] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(
        ReadError,
        match=r"a.png: wanted chunks that fit their checksums, but the one at byte 33 does not; "
        "the file is damaged: copy or write it again",
    ):
        read(tmp_path / "a.png")


ROWS = b"".join(b"\0" + row.tobytes() for row in BYTES)
WHITE = b"".join(b"\0" + row.tobytes() for row in np.full((4, 6), 255, np.uint8))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zlib.compress(ROWS[:-7]), "the data end after byte 21"),
        (zlib.compress(WHITE[:-7]), "the data end after byte 21"),
        (zlib.compress(ROWS[:-3]), "cannot be inflated"),
        (zlib.compress(ROWS)[:-1] + b"?", "cannot be inflated"),
        (zlib.compress(ROWS)[:12], "cannot be inflated"),
        (b"", "these are 28 bytes, too many for 0 compressed ones"),
    ],
)
def test_a_png_whose_data_are_short_though_its_checksums_fit(tmp_path, data, message):
    (tmp_path / "a.png").write_bytes(png(BYTES, data=data))
    with pytest.raises(ReadError, match=f"a.png: .*{message}"):
        read(tmp_path / "a.png")


PALETTE = chunk(b"PLTE", bytes(range(15)))
HEAD = png(BYTES)[8:33]


def headed(place, value):
    """A PNG with another byte of the header."""
    head = bytearray(HEAD[8:21])
    head[place] = value
    return SIGNATURE + chunk(b"IHDR", bytes(head)) + png(BYTES)[33:]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (headed(10, 1), "8 bits, colour type 0, compression 1, filter method 0 and interlace 0"),
        (headed(11, 64), "8 bits, colour type 0, compression 0, filter method 64 and interlace 0"),
        (headed(12, 2), "8 bits, colour type 0, compression 0, filter method 0 and interlace 2"),
        (
            png(BYTES, extra=chunk(b"CgBI", bytes(4))),
            "of PLTE, IDAT and IEND, but .* there is b'CgBI'",
        ),
        (png(BYTES, extra=HEAD), "behind IHDR there is b'IHDR'; save it again as a plain PNG"),
        (png(BYTES, extra=chunk(b"fdAT", bytes(9))), "behind IHDR there is b'fdAT'"),
        (SIGNATURE + PALETTE + png(BYTES)[8:], "wanted a chunk IHDR first, not b'PLTE'"),
        (png(BYTES, color=3), "a palette, as colour type 3 says there is, but there is no .* PLTE"),
        (png(BYTES, data=zlib.compress(ROWS + b"\0")), "wanted 28 bytes .* but they inflate to 29"),
        (png(BYTES, data=zlib.compress(9 * ROWS)), "wanted 28 bytes .* but they inflate to 252"),
    ],
    ids=[
        *("compression", "filter", "interlace", "critical", "second IHDR", "fdAT", "PLTE first"),
        *("no PLTE", "a byte more", "rows more"),
    ],
)
def test_a_png_that_says_what_no_mask_says(tmp_path, content, message):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ReadError, match=f"a.png: .*{message}"):
        read(tmp_path / "a.png")


def test_a_png_with_a_palette_and_with_chunks_that_may_be_passed_over(tmp_path):
    extra = PALETTE + chunk(b"tEXt", b"a\0b") + chunk(b"prVt", bytes(4))
    (tmp_path / "a.png").write_bytes(png(BYTES, color=3, extra=extra))
    assert np.array_equal(read(tmp_path / "a.png").labels, BYTES)


def test_a_png_that_ends_in_white_is_whole(tmp_path):
    labels = np.full((4, 6), 255, np.uint8)
    (tmp_path / "a.png").write_bytes(png(labels))
    assert np.array_equal(read(tmp_path / "a.png").labels, labels)


def interlaced(labels):
    """The seven passes of an interlaced image, each row after a byte for its filter."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4))
    passes += ((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    parts = [labels[row::down, column::across] for column, row, across, down in passes]
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


@pytest.mark.parametrize("shape", [(4, 6), (1, 1), (17, 9)])
def test_an_interlaced_png_is_whole_or_refused(tmp_path, shape):
    labels = np.random.default_rng(0).integers(0, 5, shape).astype(np.uint8)
    rows = interlaced(labels)
    content = png(labels, data=zlib.compress(rows))
    head = bytearray(content[16:29])
    head[12] = 1
    content = SIGNATURE + chunk(b"IHDR", bytes(head)) + content[33:]
    (tmp_path / "a.png").write_bytes(content)
    assert np.array_equal(read(tmp_path / "a.png").labels, labels)
    short = png(labels, data=zlib.compress(rows[: -rows[::-1].index(0) - 1]))
    (tmp_path / "a.png").write_bytes(SIGNATURE + chunk(b"IHDR", bytes(head)) + short[33:])
    with pytest.raises(ReadError, match=r"a.png: "):
        read(tmp_path / "a.png")


def test_a_png_without_its_end_and_one_with_more_behind_it(tmp_path):
    (tmp_path / "a.png").write_bytes(png(BYTES)[:-12])
    with pytest.raises(ReadError, match=r"a.png: wanted chunks up to IEND, but .* truncated"):
        read(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png(BYTES) + bytes(4096))
    assert np.array_equal(read(tmp_path / "a.png").labels, BYTES)
    (tmp_path / "a.png").write_bytes(png(BYTES) + bytes(4097))
    with pytest.raises(
        ReadError,
        match=r"a.png: wanted the end of the file where its data end, but 4,097 bytes follow, of "
        "which 4,096 would be passed over; it may hold more than the header says: write it again",
    ):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("over", "data", "message"),
    [
        ({"size": 23}, None, "but the data end after byte 23"),
        ({"place": 500}, None, "but the data end after byte 146"),
        ({"rows": 2}, None, "wanted 2 strips or tiles, but the tags place 1"),
        ({"compression": 8}, zlib.compress(BYTES[1:].tobytes()), "24 bytes in strip .* to 18"),
        ({"compression": 8}, zlib.compress(bytes(30)), "24 bytes in strip or tile 0"),
        ({"compression": 8}, zlib.compress(BYTES.tobytes())[:-1] + b"?", "checksum"),
        ({"compression": 8}, zlib.compress(BYTES.tobytes())[:-1], "inflate to 24"),
    ],
)
def test_a_tiff_whose_strip_is_short_or_elsewhere(tmp_path, over, data, message):
    (tmp_path / "a.tif").write_bytes(tiff(BYTES, data=data, **over))
    with pytest.raises(ReadError, match=f"a.tif: .*{message}"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "group4"])
def test_a_strip_that_is_short_in_another_compression(tmp_path, compression):
    image = Image.fromarray(blobs(0) > 0)
    if compression in ("tiff_lzw", "packbits"):
        image = Image.fromarray(blobs(0))
    image.save(tmp_path / "a.tif", compression=compression)
    assert np.array_equal(read(tmp_path / "a.tif").labels, np.asarray(image))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        tag = file.pages[0].tags["StripByteCounts"]
    assert tag.count == 1
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[tag.valueoffset : tag.valueoffset + 4] = (9).to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ReadError, match=r"a.tif: "):
        read(tmp_path / "a.tif")


def test_a_bmp_smaller_than_it_says(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.bmp")
    content = (tmp_path / "a.bmp").read_bytes()
    (tmp_path / "a.bmp").write_bytes(content[:-1])
    with pytest.raises(ReadError, match=r"a.bmp: .*but the data end after byte 1,109"):
        read(tmp_path / "a.bmp")
    (tmp_path / "a.bmp").write_bytes(content + bytes(4097))
    with pytest.raises(ReadError, match=r"a.bmp: .*but 4,097 bytes follow"):
        read(tmp_path / "a.bmp")


def test_a_gif_without_its_end_mark_and_one_that_covers_a_part(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.gif")
    content = bytearray((tmp_path / "a.gif").read_bytes())
    (tmp_path / "a.gif").write_bytes(content[:-1])
    with pytest.raises(ReadError, match=r"a.gif: wanted blocks up to the end mark, but at byte"):
        read(tmp_path / "a.gif")
    content[6] = 9  # the screen's width; the image is 6 pixels wide
    (tmp_path / "a.gif").write_bytes(content)
    with pytest.raises(ReadError, match=r"a.gif: wanted an image of all 9×4 pixels, but it covers"):
        read(tmp_path / "a.gif")


def test_bytes_behind_arrays_and_volumes(tmp_path):
    np.save(tmp_path / "a.npy", BYTES)
    with (tmp_path / "a.npy").open("ab") as file:
        np.save(file, BYTES)
    with pytest.raises(ReadError, match=r"a.npy: .* but 152 bytes follow"):
        read(tmp_path / "a.npy")
    image = nib.Nifti1Image(BYTES, np.eye(4))
    for more, refused in ((4096, False), (4097, True)):
        content = image.to_bytes() + bytes(more)
        for name, data in (("a.nii", content), ("a.nii.gz", gzip.compress(content))):
            (tmp_path / name).write_bytes(data)
            if not refused:
                assert np.array_equal(read(tmp_path / name).labels, BYTES)
                continue
            with pytest.raises(ReadError, match=f"{name}: wanted the end .* bytes follow"):
                read(tmp_path / name)


BALL = trimesh.creation.icosphere(2)
"""A mesh of 162 vertices and 320 triangles."""


@pytest.mark.parametrize(
    ("suffix", "change", "message"),
    [
        (".ply", lambda text: text.rsplit(b"\n", 101)[0] + b"\n", "before the 320 face rows end"),
        (".ply", lambda text: text + b"3 0 1 2\n", "32 bytes follow what its header counts"),
        (".ply", lambda text: text.rstrip()[:-1], "the last line does not end"),
        (".ply", lambda text: text.rsplit(b" ", 1)[0] + b" -1\n", "vertices -1 to 161, counted"),
        (".ply", lambda text: text.rsplit(b" ", 1)[0] + b" 162\n", "vertices 0 to 162, counted"),
        (".obj", lambda text: text + b"f 0 1 2\n", "vertices -1 to 161, counted from 0, of 162"),
        (".obj", lambda text: text + b"f 1 2 163\n", "vertices 0 to 162, counted from 0, of 162"),
        (".obj", lambda text: text + b"f 1 2\n", "a face has 2 corners"),
        (".obj", lambda text: text + b"f 1 2 -163\n", "vertices -1 to 161, counted from 0, of 162"),
        (".obj", lambda text: text.rstrip()[:-1], "the last line does not end, so that it may be"),
        (".obj", lambda text: text + b"v 1 2\n", "a vertex has 2 coordinates"),
        (".obj", lambda text: text + b"x 1 2\n", r"a line is b'x 1 2'"),
        (".stl", lambda text: text.rsplit(b"endsolid")[0], "1 solids begin, but 0 end"),
        (".stl", lambda text: text.replace(b"vertex", b"vertexes", 1), "not three vertices in a"),
    ],
)
def test_a_mesh_as_text_that_is_not_whole(tmp_path, suffix, change, message):
    options = {".ply": {"encoding": "ascii"}, ".stl": {"file_type": "stl_ascii"}}.get(suffix, {})
    path = tmp_path / f"a{suffix}"
    BALL.export(path, **options)
    assert len(read(path).triangles) == 320
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ReadError, match=f"a{suffix}: cannot be read as a mesh .*{message}"):
        read(path)


@pytest.mark.parametrize("count", [319, 321])
def test_an_stl_that_counts_other_triangles_than_it_holds(tmp_path, count):
    BALL.export(tmp_path / "a.stl")
    content = bytearray((tmp_path / "a.stl").read_bytes())
    content[80:84] = count.to_bytes(4, "little")
    (tmp_path / "a.stl").write_bytes(content)
    with pytest.raises(
        ReadError,
        match=rf"its header counts {count} triangles, which take {84 + 50 * count:,} bytes, but "
        "the file has 16,084",
    ):
        read(tmp_path / "a.stl")


def test_a_texture_beside_a_mesh_is_not_looked_for(tmp_path, capfd):
    BALL.export(tmp_path / "a.ply", encoding="ascii")
    text = (tmp_path / "a.ply").read_text()
    text = text.replace("format ascii 1.0\n", "format ascii 1.0\ncomment TextureFile gone.png\n")
    (tmp_path / "a.ply").write_text(text)
    assert len(read(tmp_path / "a.ply").triangles) == 320
    assert capfd.readouterr() == ("", "")


def test_faces_of_several_sizes_and_negative_indices(tmp_path):
    (tmp_path / "a.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf -4/1 -3/2 -2/3 -1/4\nv 0 0 1\nf 1//1 2//1 -1//1\n"
        "f 1 2 \\\n 3\n"
    )
    (tmp_path / "a.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\n"
        "property float z\nelement face 3\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n4 0 1 2 3\n3 0 1 4\n3 0 1 2\n"
    )
    expected = [[0, 1, 2], [0, 2, 3], [0, 1, 4], [0, 1, 2]]
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], float)
    for name in ("a.obj", "a.ply"):
        mesh = read(tmp_path / name)
        came = sorted(mesh.vertices[triangle].tolist() for triangle in mesh.triangles)
        assert came == sorted(corners[triangle].tolist() for triangle in expected)


@pytest.mark.parametrize("coordinate", ["1e308", "1e31", "-1e31"])
def test_coordinates_beyond_all_bounds(tmp_path, coordinate):
    (tmp_path / "a.obj").write_text(f"v 0 0 0\nv {coordinate} 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(ReadError, match=r"a.obj: wanted a mesh .* within 1e\+30 mm, but coord"):
        read(tmp_path / "a.obj")


def test_a_mesh_too_small_for_numbers(tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1e-200 0 0\nv 0 1e-200 0\nf 1 2 3\n")
    with pytest.raises(ReadError, match=r"a.obj: wanted a mesh of at least 1e-30 mm"):
        read(tmp_path / "a.obj")
