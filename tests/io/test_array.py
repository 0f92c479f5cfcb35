""".npy and .npz: NumPy's own writer says what must come out."""

import numpy as np
import pytest

from segeval.errors import ReadError
from segeval.io import read
from segeval.kernels.workspace import Workspace

VOXELS = np.arange(24).reshape(2, 3, 4) % 7


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["?", "u1", "i2", ">i2", "u2", "<i8", "u8", "f2", ">f4", "f8"])
def test_every_number_type(tmp_path, dtype, order):
    voxels = np.asarray(VOXELS, dtype=dtype, order=order)
    np.save(tmp_path / "mask.npy", voxels)
    np.savez_compressed(tmp_path / "mask.npz", voxels)
    for name in ("mask.npy", "mask.npz"):
        mask = read(tmp_path / name)
        assert np.array_equal(mask.labels, voxels)
        assert mask.labels.dtype == np.uint8
        assert (mask.grid.spacing, mask.grid.unit, mask.grid.affine) == ((1, 1, 1), "px", None)


def test_bytes_are_read_into_the_kept_buffer(tmp_path):
    np.save(tmp_path / "mask.npy", VOXELS.astype(np.uint8))
    workspace = Workspace()
    mask = read(tmp_path / "mask.npy", workspace=workspace, slot="gt")
    assert np.shares_memory(mask.labels, workspace.buffer("gt", 24, np.uint8))


def test_trailing_axes_of_length_one_go_and_a_spacing_can_be_given(tmp_path):
    np.save(tmp_path / "mask.npy", VOXELS[..., None])
    grid = read(tmp_path / "mask.npy", spacing=(3, 2, 1)).grid
    assert (grid.shape, grid.spacing, grid.unit) == ((2, 3, 4), (3, 2, 1), "mm")


def test_an_archive_must_hold_one_array(tmp_path):
    np.savez(tmp_path / "two.npz", mask=VOXELS, scan=VOXELS)
    with pytest.raises(
        ReadError,
        match=r"two.npz: wanted one array, but it holds 2 \(mask, scan\); save the mask alone",
    ):
        read(tmp_path / "two.npz")


def test_a_header_of_the_second_version(tmp_path):
    with (tmp_path / "mask.npy").open("wb") as file:
        np.lib.format.write_array(file, VOXELS, version=(2, 0))
    assert np.array_equal(read(tmp_path / "mask.npy").labels, VOXELS)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            np.array([{"a": 1}] * 4, object).reshape(2, 2),
            "wanted whole numbers, but the dtype is object",
        ),
        (np.ones((2, 2), complex), "wanted whole numbers, but the dtype is complex128"),
        (np.full((2, 2), np.nan), "holds NaN or infinite values; .* replace them with a label"),
        (np.full((2, 2), -3), "holds the negative value -3; labels start at 0"),
        (np.full((2, 2), 0.25), "holds 0.25, which is not a whole number"),
        (np.full((2, 2), 2**63, np.uint64), r"holds 9.22337e\+18, beyond the largest label"),
        (
            np.ones((3, 2, 2, 2), int),
            r"the shape is \(3, 2, 2, 2\); take one volume, or the argmax over the channels",
        ),
        (np.ones((0, 2), int), r"the shape \(0, 2\) holds no voxel"),
        (np.array(5), r"wanted a 2-D or 3-D mask, but the shape is \(\)"),
    ],
)
def test_what_is_no_label_map(tmp_path, array, message):
    np.save(tmp_path / "mask.npy", array)
    with pytest.raises(ReadError, match=f"mask.npy: .*{message}"):
        read(tmp_path / "mask.npy")


def test_objects_are_not_unpickled_from_an_archive(tmp_path):
    np.savez(tmp_path / "mask.npz", np.array([{"a": 1}], object))
    with pytest.raises(ReadError, match=r"mask.npz: wanted whole .* the dtype is object"):
        read(tmp_path / "mask.npz")


def test_truncated_files(tmp_path):
    np.save(tmp_path / "mask.npy", VOXELS)
    np.savez(tmp_path / "mask.npz", VOXELS)
    for name, message in (
        ("mask.npy", "the file is truncated"),
        ("mask.npz", r"cannot be decoded \(BadZipFile"),
    ):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-30])
        with pytest.raises(ReadError, match=message):
            read(tmp_path / name)


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x21\x00"])
def test_a_header_that_says_it_is_long_is_not_made_room_for(tmp_path, version):
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY" + version + b"\xfe\xff\xff\xff")
    with pytest.raises(ReadError, match=r"a.npy: .* a header of 4,294,967,294 bytes in version"):
        read(tmp_path / "a.npy")


def test_a_damaged_header_is_told_without_places_in_memory(tmp_path):
    """They are others in every run; the error of NumPy is `malformed node: <ast.Name at 0x…>`."""
    np.save(tmp_path / "a.npy", np.zeros((2, 3), np.uint8))
    content = (tmp_path / "a.npy").read_bytes().replace(b"False", b"Falsy")
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ReadError, match=r"a\.npy: .* cannot be decoded \(ValueError") as caught:
        read(tmp_path / "a.npy")
    assert "0x" not in str(caught.value)
