"""NIfTI: nibabel's own reading of the same file, and files written byte by byte, say what must come
out.
"""

import gzip
import math
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from segeval.errors import ReadError
from segeval.io import read
from segeval.kernels.workspace import Workspace

VOXELS = np.arange(24).reshape(2, 3, 4) % 7
DATATYPES = {
    "u1": 2,
    "i2": 4,
    "i4": 8,
    "f4": 16,
    "f8": 64,
    "i1": 256,
    "u2": 512,
    "u4": 768,
    "i8": 1024,
    "u8": 1280,
}


def nifti(
    voxels,
    dtype="u1",
    order="<",
    version=1,
    *,
    pixdim=(1, 1, 1),
    scale=(1, 0),
    units=2,
    extension=b"",
    **over,
):
    """The bytes of a NIfTI file, field by field as the standard lays them out."""
    whole, real = ("h", "f") if version == 1 else ("q", "d")
    size = 348 if version == 1 else 540
    shape = over.get("shape", np.shape(voxels))
    dim = [len(shape), *shape, *[1] * (7 - len(shape))]
    header = bytearray(size)
    at = (
        {
            "magic": 344,
            "code": 70,
            "dim": 40,
            "pixdim": 76,
            "offset": 108,
            "scale": 112,
            "units": 123,
            "forms": 252,
        }
        if version == 1
        else {
            "magic": 4,
            "code": 12,
            "dim": 16,
            "pixdim": 104,
            "offset": 168,
            "scale": 176,
            "units": 500,
            "forms": 344,
        }
    )

    def put(field, layout, *values):
        struct.pack_into(order + layout, header, at[field], *values)

    offset = over.get("offset", size + 4 + len(extension))
    struct.pack_into(order + "i", header, 0, size)
    put("magic", "4s", over.get("magic", b"n+1\0" if version == 1 else b"n+2\0"))
    put("code", "hh", over.get("code", DATATYPES.get(dtype)), 8 * np.dtype(dtype).itemsize)
    put("dim", "8" + whole, *dim)
    put("pixdim", "8" + real, 1, *pixdim, *[1] * (7 - len(pixdim)))
    put("offset", "f" if version == 1 else "q", offset)
    put("scale", "2" + real, *scale)
    put("units", "B" if version == 1 else "i", units)
    put("forms", "hh" if version == 1 else "ii", *over.get("forms", (0, 0)))
    extended = bytes([1 if extension else 0, 0, 0, 0]) + extension
    return bytes(header) + extended + np.asarray(voxels).astype(order + dtype).tobytes(order="F")


@pytest.fixture
def write(tmp_path):
    def write_bytes(data: bytes, name: str = "mask.nii.gz") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_bytes


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", DATATYPES)
def test_every_number_type_reads_as_nibabel_reads_it(write, dtype, order, version, name):
    path = write(nifti(VOXELS, dtype, order, version), name)
    mask = read(path)
    assert np.array_equal(mask.labels, VOXELS)
    assert np.array_equal(mask.labels, np.asarray(nib.load(path).dataobj))
    assert mask.labels.dtype == np.uint8
    assert mask.labels.flags.f_contiguous


@pytest.mark.parametrize("kept", [0, 2**23], ids=["new", "roomy"])
@pytest.mark.parametrize("dtype", ["i2", "f4", "i8"])
def test_labels_take_the_smallest_dtype_also_when_the_large_ones_come_late(write, dtype, kept):
    workspace = Workspace()
    workspace.buffer("mask", kept, np.uint8)
    voxels = np.tile(np.arange(128), (128, 128, 1))
    voxels[5, 6, 100], voxels[7, 8, 120] = 300, 200
    mask = read(write(nifti(voxels, dtype), "mask.nii"), workspace=workspace)
    assert mask.labels.dtype == np.uint16
    assert np.array_equal(mask.labels, voxels)


def test_large_labels_keep_every_digit(write):
    mask = read(write(nifti([[2**62 + 1, 1]], "i8")))
    assert mask.labels.tolist() == [[2**62 + 1, 1]]


@pytest.mark.parametrize(
    ("shape", "read_as"), [((4, 6, 1), (4, 6)), ((2, 3, 4, 1), (2, 3, 4)), ((4, 1, 6), (4, 1, 6))]
)
def test_trailing_axes_of_length_one_go(write, shape, read_as):
    path = write(nifti(VOXELS.reshape(shape), pixdim=(0.5, 0.6, 0.7)))
    mask = read(path)
    assert np.array_equal(mask.labels, VOXELS.reshape(read_as))
    assert mask.grid.spacing == (0.5, 0.6, 0.7)[: len(read_as)]


def test_spacing_is_the_decimal_that_was_meant(write):
    mask = read(write(nifti(VOXELS, pixdim=(0.8, -0.1, 2.5))))
    assert mask.grid.spacing == (0.8, 0.1, 2.5)
    assert mask.grid.unit == "mm"


@pytest.mark.parametrize(("units", "factor"), [(0, 1), (2, 1), (1, 1000), (3, 0.001), (2 + 8, 1)])
def test_lengths_become_millimetres(write, units, factor):
    assert (
        read(write(nifti(VOXELS, pixdim=(3, 3, 3), units=units))).grid.spacing == (3 * factor,) * 3
    )


def test_a_spacing_that_is_given_wins(write):
    assert read(write(nifti(VOXELS, pixdim=(0, 1, 1))), spacing=(2, 3, 4)).grid.spacing == (2, 3, 4)


@pytest.mark.parametrize("form", ["sform", "qform"])
def test_the_affine_is_nibabels_where_a_form_is_coded(tmp_path, form):
    affine = np.array([[0, -2, 0, 10], [3, 0, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]])
    image = nib.Nifti1Image(VOXELS.astype(np.uint8), None)
    getattr(image, f"set_{form}")(affine, code=1)
    image.header.set_zooms((3, 2, 4))
    image.to_filename(tmp_path / "mask.nii.gz")
    assert read(tmp_path / "mask.nii.gz").grid.affine == pytest.approx(affine, abs=1e-5)


def test_no_coded_form_means_no_affine(write):
    assert read(write(nifti(VOXELS))).grid.affine is None


BROKEN = {
    "NaN": (np.diag([1, np.nan, 1, 1]), "hold numbers that are NaN, infinite or no rotation"),
    "infinite": (np.diag([1, 1, np.inf, 1]), "hold numbers that are NaN, infinite or no rotation"),
    "zero": (np.zeros((4, 4)), "are singular: they place voxels 0, 0, 0 mm apart"),
    "an axis of zero": (np.diag([1, 0, 1, 1]), "are singular: they place voxels 1, 0, 1 mm apart"),
    "a plane": (np.ones((4, 4)), "are singular: all axes lie in one plane"),
}


@pytest.mark.parametrize(("affine", "fault"), BROKEN.values(), ids=BROKEN.keys())
def test_a_coded_sform_that_places_no_voxels_is_an_error(tmp_path, affine, fault):
    image = nib.Nifti1Image(VOXELS.astype(np.uint8), np.eye(4))
    for axis, row in zip("xyz", affine, strict=False):
        image.header[f"srow_{axis}"] = row
    (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4) + VOXELS.tobytes())
    with (tmp_path / "a.nii").open("wb") as file:
        image.header["magic"], image.header["vox_offset"] = b"n+1", 352
        file.write(image.header.binaryblock + bytes(4) + VOXELS.astype(np.uint8).tobytes("F"))
    with pytest.raises(
        ReadError,
        match=rf"a.nii: wanted a sform that places voxels, as sform_code 2 says there is, but "
        rf"srow_x, srow_y and srow_z {fault}; correct the header, or set sform_code to 0",
    ):
        read(tmp_path / "a.nii")


@pytest.mark.parametrize(
    "change",
    [
        {"quatern_b": np.nan},
        {"quatern_b": 2},
        {"qoffset_x": np.inf},
        {"pixdim": [1, 0, 1, 1, 1, 1, 1, 1]},
        {"pixdim": [3, 1, 1, 1, 1, 1, 1, 1]},
    ],
    ids=["NaN", "no rotation", "infinite", "zero", "no sign of an axis"],
)
def test_a_coded_qform_that_places_no_voxels_is_an_error(tmp_path, change):
    header = nib.Nifti1Header()
    header.set_data_shape((2, 3, 4))
    header.set_data_dtype(np.uint8)
    header.set_qform(np.eye(4), code=1)
    header["magic"], header["vox_offset"] = b"n+1", 352
    for field, value in change.items():
        header[field] = value
    voxels = VOXELS.astype(np.uint8).tobytes("F")
    (tmp_path / "a.nii").write_bytes(header.binaryblock + bytes(4) + voxels)
    with pytest.raises(ReadError, match=r"wanted a qform that places voxels, .* but quatern_b to"):
        read(tmp_path / "a.nii", spacing=(1, 1, 1))


def test_a_coded_qform_is_looked_at_beside_a_sform_too(tmp_path):
    image = nib.Nifti1Image(VOXELS.astype(np.uint8), np.eye(4))
    image.set_qform(np.eye(4), code=1)
    nib.save(image, tmp_path / "a.nii")
    assert read(tmp_path / "a.nii").grid.affine.tolist() == np.eye(4).tolist()
    content = bytearray((tmp_path / "a.nii").read_bytes())
    for quatern_b in (math.nan, 2):
        struct.pack_into("<f", content, 256, quatern_b)
        (tmp_path / "a.nii").write_bytes(content)
        with pytest.raises(
            ReadError,
            match=r"a.nii: wanted a qform that places voxels, as qform_code 1 says there is, .* or "
            "set qform_code to 0 to do without",
        ):
            read(tmp_path / "a.nii")
    struct.pack_into("<h", content, 252, 0)
    (tmp_path / "a.nii").write_bytes(content)
    assert read(tmp_path / "a.nii").grid.affine.tolist() == np.eye(4).tolist()


@pytest.mark.parametrize("version", [nib.Nifti1Image, nib.Nifti2Image])
def test_a_pixdim_that_contradicts_the_affine_is_refused_unless_a_spacing_is_given(
    tmp_path, version
):
    image = version(VOXELS.astype(np.uint8), np.diag([-0.8, 2.5, 1, 1]))
    for lengths in ((0.8, 2.5, 1), (0.807, 2.5, 1), (0.8, 2.48, 1)):
        image.header.set_zooms(lengths)
        nib.save(image, tmp_path / "a.nii.gz")
        assert read(tmp_path / "a.nii.gz").grid.spacing == lengths
    for lengths in ((1, 1, 1), (0.809, 2.5, 1), (0.8, 2.5, 0.98)):
        image.header.set_zooms(lengths)
        nib.save(image, tmp_path / "a.nii.gz")
        written = ", ".join(f"{length:g}" for length in lengths)
        with pytest.raises(
            ReadError,
            match=rf"a.nii.gz: wanted one voxel size, but pixdim says \({written}\) mm and the "
            r"sform \(0.8, 2.5, 1\) mm; correct the one that is wrong, or pass --spacing with",
        ):
            read(tmp_path / "a.nii.gz")
        assert read(tmp_path / "a.nii.gz", spacing=(0.7, 2, 3)).grid.spacing == (0.7, 2, 3)


def test_lengths_that_a_mask_of_two_axes_lacks_contradict_nothing(tmp_path):
    image = nib.Nifti1Image(VOXELS[0].astype(np.uint8), np.diag([2, 3, 9, 1]))
    image.header["pixdim"][3] = 0
    nib.save(image, tmp_path / "a.nii")
    assert read(tmp_path / "a.nii").grid.spacing == (2, 3)


@pytest.mark.parametrize("units", [4, 7, 5 + 8])
def test_a_unit_of_length_that_is_none(write, units):
    with pytest.raises(
        ReadError,
        match=rf"lowest bits of xyzt_units, {units}, are {units & 7}; correct the header: 2 is mil",
    ):
        read(write(nifti(VOXELS, units=units)))


@pytest.mark.parametrize("scale", [(np.inf, 0), (-np.inf, 0), (1, np.inf), (0, np.inf)])
def test_an_infinite_scale(write, scale):
    with pytest.raises(
        ReadError,
        match=rf"wanted a scale, but scl_slope is {scale[0]:g} and scl_inter {scale[1]:g}; correct",
    ):
        read(write(nifti(VOXELS, scale=scale)))


def test_a_scale_of_nan_is_none(write):
    """So nibabel writes it."""
    assert np.array_equal(read(write(nifti(VOXELS, scale=(np.nan, np.nan)))).labels, VOXELS)


@pytest.mark.parametrize("version", [1, 2])
def test_bits_that_contradict_the_type(write, version):
    data = bytearray(nifti(VOXELS, "i2", version=version))
    place = {1: 72, 2: 14}[version]
    assert data[place] == 16
    data[place] = 8
    with pytest.raises(
        ReadError,
        match=r"wanted voxels of 16 bits, as datatype 4 \(int16\) says, but bitpix is 8; the head",
    ):
        read(write(bytes(data)))


@pytest.mark.parametrize("sign", [0, 1, -1])
def test_the_sign_of_the_third_axis_may_be_left_out(tmp_path, sign):
    header = nib.Nifti1Header()
    header.set_data_shape((2, 3, 4))
    header.set_data_dtype(np.uint8)
    header.set_qform(np.eye(4), code=1)
    header["magic"], header["vox_offset"], header["pixdim"][0] = b"n+1", 352, sign
    voxels = VOXELS.astype(np.uint8).tobytes("F")
    (tmp_path / "a.nii").write_bytes(header.binaryblock + bytes(4) + voxels)
    expected = np.diag([1, 1, sign or 1, 1])
    assert np.array_equal(read(tmp_path / "a.nii").grid.affine, expected)


@pytest.mark.parametrize(
    ("version", "offset"), [(1, 348), (1, 351), (1, 352.5), (1, np.nan), (1, 1e9), (2, 543)]
)
def test_voxels_that_would_begin_in_the_header_or_far_behind_it(write, version, offset):
    data = nifti(VOXELS, version=version, offset=offset)
    first = 352 if version == 1 else 544
    with pytest.raises(
        ReadError, match=rf"wanted voxels behind the header, from byte {first} to 67,108,864, but"
    ):
        read(write(data))


def test_an_extension_that_reaches_into_the_voxels(write):
    def extended(size):
        content = struct.pack("<ii", size, 6) + bytes(24)
        return write(nifti(VOXELS, extension=content))

    assert np.array_equal(read(extended(32)).labels, VOXELS)
    with pytest.raises(ReadError, match=r"one of 48 bytes ends behind vox_offset, 384; write the"):
        read(extended(48))


@pytest.mark.parametrize("code", [1005, 1007, 2003])
def test_values_that_are_parts_of_vectors_are_no_labels(tmp_path, code):
    image = nib.Nifti1Image(VOXELS.astype(np.uint8), np.eye(4))
    image.header["intent_code"] = code
    nib.save(image, tmp_path / "a.nii")
    with pytest.raises(ReadError, match=rf"one label a voxel, but intent_code {code} says"):
        read(tmp_path / "a.nii")


def test_a_number_of_axes_that_is_none(write):
    data = bytearray(nifti(VOXELS))
    data[40:42] = bytes(2)
    with pytest.raises(ReadError, match=r"wanted 1 to 7 axes, but dim\[0\] is 0; the header is"):
        read(write(bytes(data)))


def test_the_affine_is_in_millimetres_too(tmp_path):
    image = nib.Nifti1Image(VOXELS.astype(np.uint8), np.diag([3, 3, 3, 1]))
    image.header.set_xyzt_units("micron")
    image.to_filename(tmp_path / "mask.nii.gz")
    assert read(tmp_path / "mask.nii.gz").grid.affine == pytest.approx(
        np.diag([0.003, 0.003, 0.003, 1])
    )


def test_a_scale_is_applied(write):
    mask = read(write(nifti([[0, 1], [2, 3]], "i2", scale=(2, 5))))
    assert mask.labels.tolist() == [[5, 7], [9, 11]]


@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_whole_floats_that_were_saved_under_an_integer_header_come_back_whole(tmp_path, dtype):
    image = nib.Nifti1Image(VOXELS.astype(float), np.eye(4))
    image.set_data_dtype(
        dtype
    )  # nibabel stretches 0 … 6 over all of the type, with a scale: 5 is 4.988 as uint8
    image.to_filename(tmp_path / "mask.nii.gz")
    assert not np.array_equal(nib.load(tmp_path / "mask.nii.gz").dataobj, VOXELS)
    assert np.array_equal(read(tmp_path / "mask.nii.gz").labels, VOXELS)


def test_a_header_extension_is_stepped_over(write):
    assert np.array_equal(read(write(nifti(VOXELS, extension=bytes(1600)))).labels, VOXELS)


def test_several_gzip_members_are_one_file(tmp_path):
    data = nifti(VOXELS)
    (tmp_path / "mask.nii.gz").write_bytes(gzip.compress(data[:360]) + gzip.compress(data[360:]))
    assert np.array_equal(read(tmp_path / "mask.nii.gz").labels, VOXELS)


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz", "mask.NII.GZ"])
def test_bytes_are_read_into_the_kept_buffer(write, name):
    workspace = Workspace()
    kept = workspace.buffer("gt", 24, np.uint8)
    first = read(write(nifti(VOXELS), name.lower()), workspace=workspace, slot="gt")
    assert np.shares_memory(first.labels, kept)
    read(write(nifti(VOXELS + 1), name.lower()), workspace=workspace, slot="gt")
    assert np.array_equal(first.labels, VOXELS + 1)


def test_other_types_are_narrowed_into_the_kept_buffer(write):
    workspace = Workspace()
    mask = read(write(nifti(VOXELS, "f4")), workspace=workspace, slot="gt")
    assert np.shares_memory(mask.labels, workspace.buffer("gt", 24, np.uint8))


WHOLE = nifti(VOXELS)
ZIPPED = gzip.compress(WHOLE)
NAN = np.where(VOXELS == 3, np.nan, VOXELS)
BAD = {
    "truncated gzip": (
        "a.nii.gz",
        ZIPPED[:-20],
        "a.nii.gz: wanted a .nii.gz mask, but the file is truncated; copy",
    ),
    "truncated plain": (
        "a.nii",
        WHOLE[:-5],
        r"a.nii: .*but the data end after byte 371; the file is truncated",
    ),
    "short inside gzip": (
        "a.nii.gz",
        gzip.compress(WHOLE[:-5]),
        "the data end before them; the file is truncated",
    ),
    "not gzip": (
        "a.nii.gz",
        WHOLE,
        r"wanted gzip data, but the file starts with b'\\\\\\x01'; rename it to .nii",
    ),
    "gzip without the name": (
        "a.nii",
        ZIPPED,
        "wanted plain NIfTI, but the file is gzip data; rename it to .nii.gz",
    ),
    "bad checksum": (
        "a.nii.gz",
        ZIPPED[:-8] + bytes(4) + ZIPPED[-4:],
        r"cannot be decoded \(BadGzipFile: CRC check",
    ),
    "damaged data": (
        "a.nii.gz",
        ZIPPED[:20] + bytes(40) + ZIPPED[60:],
        r"cannot be decoded \(.*the file is damaged",
    ),
    "empty": ("a.nii.gz", b"", "a.nii.gz: wanted a .nii.gz mask, but the file is empty"),
    "text": (
        "a.nii",
        b"hello, this is no NIfTI file",
        "wanted a NIfTI header, but the data start with b'hello, t'",
    ),
    "a pair's header": (
        "a.nii",
        nifti(VOXELS, magic=b"ni1\0"),
        "magic is b'ni1'; convert an Analyze",
    ),
    "voxels in the header": (
        "a.nii",
        nifti(VOXELS, offset=0),
        "vox_offset is 0; write the file again",
    ),
    "complex": (
        "a.nii",
        nifti(VOXELS, code=32),
        "wanted whole numbers, but the data type is complex64; save an int",
    ),
    "colours": (
        "a.nii",
        nifti(VOXELS, code=128),
        "wanted whole numbers, but the data type is RGB; save an integer",
    ),
    "unknown type": (
        "a.nii",
        nifti(VOXELS, code=7),
        "wanted whole numbers, but the data type is unknown .code 7.; save",
    ),
    "five axes": (
        "a.nii",
        nifti(VOXELS.reshape(2, 3, 2, 1, 2)),
        r"shape is \(2, 3, 2, 1, 2\); take one volume, or the",
    ),
    "two volumes": (
        "a.nii",
        nifti(VOXELS.reshape(2, 3, 2, 2)),
        r"wanted a 2-D or 3-D mask, but the shape is \(2, 3, 2, 2",
    ),
    "one axis": (
        "a.nii",
        nifti(VOXELS.ravel()),
        r"wanted a 2-D or 3-D mask, but the shape is \(24,\)",
    ),
    "no voxel": ("a.nii", nifti(VOXELS, shape=(0, 3, 4)), r"the shape \(0, 3, 4\) holds no voxel"),
    "NaN": (
        "a.nii",
        nifti(NAN, "f4"),
        "a.nii: holds NaN or infinite values; .* replace them with a label",
    ),
    "NaN, scaled": ("a.nii", nifti(NAN, "f4", scale=(2, 0)), "a.nii: holds NaN or infinite values"),
    "fractions": (
        "a.nii",
        nifti(VOXELS / 2, "f4"),
        "holds 2.5, which is not a whole number; .*argmax",
    ),
    "fractions, scaled": (
        "a.nii",
        nifti(VOXELS, scale=(0.5, 0)),
        "holds 2.5, which is not a whole number; .*argmax",
    ),
    "negative": (
        "a.nii",
        nifti(VOXELS - 1, "i2"),
        "holds the negative value -1; labels start at 0: shift or remap",
    ),
    "spacing 0": (
        "a.nii",
        nifti(VOXELS, pixdim=(1, 0, 1)),
        r"pixdim is \(1, 0, 1\); correct .* --spacing",
    ),
    "spacing -0": (
        "a.nii",
        nifti(VOXELS, pixdim=(1, -0.0, 1)),
        r"pixdim is \(1, -0, 1\); correct .* --spacing",
    ),
    "spacing NaN": (
        "a.nii",
        nifti(VOXELS, pixdim=(1, 1, np.nan)),
        r"pixdim is \(1, 1, nan\); correct .* --spacing",
    ),
}


@pytest.mark.parametrize(("name", "data", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_one_line_that_says_what_to_do(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [1e-38, 1e31, -1e-38])
def test_spacings_beyond_all_bounds(write, length):
    with pytest.raises(ReadError, match=r"wanted positive voxel sizes, but pixdim is \(1, 1, "):
        read(write(nifti(VOXELS, pixdim=(1, 1, length))))


@pytest.mark.parametrize("suffix", [".hdr", ".img"])
def test_a_pair_of_files_is_refused_with_the_way_out(tmp_path, suffix):
    nib.save(nib.Nifti1Pair(VOXELS.astype(np.uint8), np.eye(4)), tmp_path / "a.img")
    with pytest.raises(ReadError, match=rf"'{suffix}' are not read; a pair of header and image"):
        read(tmp_path / f"a{suffix}")
    nib.save(nib.load(tmp_path / "a.hdr"), tmp_path / "a.nii.gz")
    assert np.array_equal(read(tmp_path / "a.nii.gz").labels, VOXELS)
