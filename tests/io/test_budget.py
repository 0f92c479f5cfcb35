"""What a file may cost is known from its header: before anything is allocated, for every format."""

import gzip
import struct
import subprocess
import sys
import textwrap
import zipfile
import zlib
from io import BytesIO

import nibabel as nib
import numpy as np
import pytest
import trimesh
from helpers.images import png, tiff
from PIL import Image

import segeval
from segeval.errors import ReadError, UsageError
from segeval.io import read

BYTES = np.arange(24, dtype=np.uint8).reshape(4, 6) % 5
FORMATS = [".png", ".tif", ".bmp", ".gif", ".npy", ".npz", ".nii", ".nii.gz", ".ply", ".stl"]


@pytest.fixture
def saved(tmp_path):
    """A function that saves the 24 pixels, or a mesh of 12 triangles, in a format."""

    def save(suffix):
        path = tmp_path / f"mask{suffix}"
        if suffix in (".npy", ".npz"):
            {".npy": np.save, ".npz": np.savez_compressed}[suffix](path, BYTES)
        elif suffix.startswith(".nii"):
            nib.save(nib.Nifti1Image(BYTES, np.eye(4)), path)
        elif suffix in (".ply", ".stl"):
            trimesh.creation.box().export(path)
        else:
            Image.fromarray(BYTES).save(path)
        return path

    return save


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_held_to_a_number_of_voxels(saved, suffix):
    path = saved(suffix)
    size = 12 if suffix in (".ply", ".stl") else 24
    read(path, max_voxels=size)
    with pytest.raises(
        ReadError,
        match=rf"mask{suffix}: wanted at most {size - 1} voxels, but the shape \(.*\) has {size}; "
        rf"write the file again if that is wrong, else pass --max-voxels {size} \(in Python max_v",
    ):
        read(path, max_voxels=size - 1)


def test_the_number_is_an_option_of_both_functions(saved, tmp_path):
    path = saved(".png")
    assert segeval.score(path, path, metrics="dice", max_voxels=24).dice.min() == 1
    with pytest.raises(ReadError, match="wanted at most 23 voxels"):
        segeval.score(path, path, metrics="dice", max_voxels=23)
    results = segeval.score_folder(path, path, metrics="dice", max_voxels=23, failed="skip")
    assert "wanted at most 23 voxels" in results.cases.note[0]
    assert results.run["max_voxels"] == 23
    with pytest.raises(UsageError, match=r"max_voxels must be at least 1, not 0; leave it out"):
        segeval.score(path, path, max_voxels=0)


def test_a_file_that_no_mask_within_the_number_fills(tmp_path):
    with (tmp_path / "a.nii").open("wb") as file:
        file.truncate(2**26 + 8 * 100 + 1)
    with pytest.raises(
        ReadError, match=r"a.nii: wanted a .nii mask of at most 100 voxels, but the file has 67,10"
    ):
        read(tmp_path / "a.nii", max_voxels=100)


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.bmp", "mask.gif", "lzw.tif"])
def test_the_limit_of_pillow_neither_moves_nor_matters(tmp_path, monkeypatch, name):
    options = {"compression": "tiff_lzw"} if name == "lzw.tif" else {}
    Image.fromarray(BYTES).save(tmp_path / name, **options)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    assert np.array_equal(read(tmp_path / name).labels, BYTES)
    assert Image.MAX_IMAGE_PIXELS == 1


def nifti(shape, content=b"", **fields):
    """A NIfTI file whose header says this shape, whatever it holds."""
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.uint8)
    header["magic"], header["vox_offset"] = b"n+1", 352
    for field, value in fields.items():
        header[field] = value
    return header.binaryblock + bytes(4) + content


def npy(shape, content=b""):
    """A .npy file whose header says this shape."""
    file = BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def archive(content, method=zipfile.ZIP_DEFLATED):
    """A .npz file of one member."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        zipped.writestr("arr_0.npy", content)
    return file.getvalue()


def rle_bmp(side):
    """A BMP of run lengths, all of which step over 255 rows and columns."""
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 0, 0, 0, 0, 0)
    palette = b"".join(bytes([i, 0, 0, 0]) for i in range(256))
    return (
        b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + palette + b"\0\2\xff\xff" * 125
    )


LARGE = np.broadcast_to(np.uint8(0), (60000, 60000))
ZEROS = zlib.compress(bytes(900_000), 9)  # 0.9 kB
BOMBS = {
    "runs.bmp": rle_bmp(60000),
    "lzw.tif": tiff(LARGE, data=bytes(1000), compression=5),
    "deflate.tif": tiff(LARGE, data=ZEROS, compression=8),
    "plain.tif": tiff(LARGE, data=bytes(1000)),
    "fax.tif": tiff(LARGE, bits=1, data=b"\xff" * 1000 + b"\x00\x10\x01", compression=4),
    "small fax.tif": tiff(LARGE[:8000, :8000], 1, b"\xff" * 1000 + b"\x00\x10\x01", compression=4),
    "packed.tif": tiff(LARGE, data=b"\x81\0" * 500, compression=32773),
    "zstd.tif": tiff(LARGE, data=bytes(1000), compression=50000),
    "grey.png": png(LARGE, data=ZEROS),
    "one bit.png": png(LARGE, bits=1, data=ZEROS),
    "blank.gif": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\x01\x04\0;",
    "plain.nii": nifti((32767,) * 3),
    "zeros.nii.gz": gzip.compress(nifti((2200, 2200, 2200), bytes(900_000))),
    "extension.nii.gz": gzip.compress(nifti((2, 2, 2), bytes(900_000), vox_offset=6e7)),
    "trailing.nii.gz": gzip.compress(nifti((2, 2, 2), bytes(900_000))),
    "dims.npy": npy((2**40, 2**40)),
    "long.npy": npy((90000, 90000)),
    "deflate.npz": archive(npy((90000, 90000), bytes(900_000))),
    "bzip2.npz": archive(npy((20000, 20000), bytes(4 * 10**8))[: 10**7], zipfile.ZIP_BZIP2),
    "rows.ply": b"ply\nformat binary_little_endian 1.0\nelement vertex 2000000000\n"
    b"property float x\nproperty float y\nproperty float z\nend_header\n" + bytes(100),
    "list.ply": b"ply\nformat binary_little_endian 1.0\nelement face 1\n"
    b"property list uint int vertex_indices\nend_header\n" + b"\xff\xff\xff\x7f" + bytes(100),
    "count.stl": bytes(80) + b"\xff\xff\xff\xff" + bytes(900),
}


def test_no_file_of_a_kilobyte_takes_200_mb_or_2_seconds(tmp_path):
    """All of them in a process of its own, whose memory and time are those of this alone."""
    for name, content in BOMBS.items():
        assert len(content) < 2100
        (tmp_path / name).write_bytes(content)
    script = """
        import resource, sys, time
        from pathlib import Path
        from segeval.errors import ReadError
        from segeval.io import read

        for path in Path(sys.argv[1]).glob("intact*"):  # imports what the readers need
            read(path)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 200 * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        for path in sorted(Path(sys.argv[1]).iterdir()):
            start = time.process_time()
            try:
                read(path)
                came = "read"
            except ReadError as error:
                came = str(error)
            print(path.name, time.process_time() - start, came, sep="|")
    """
    for suffix in (".png", ".tif", ".bmp", ".gif", ".npz", ".nii.gz", ".ply"):
        if suffix == ".ply":
            trimesh.creation.box().export(tmp_path / f"intact{suffix}")
        elif suffix == ".npz":
            np.savez_compressed(tmp_path / f"intact{suffix}", BYTES)
        elif suffix == ".nii.gz":
            nib.save(nib.Nifti1Image(BYTES, np.eye(4)), tmp_path / f"intact{suffix}")
        else:
            Image.fromarray(BYTES).save(tmp_path / f"intact{suffix}")
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("|") for line in done.stdout.splitlines()]
    assert {name for name, *_ in rows} >= set(BOMBS)
    assert [name for name, seconds, _ in rows if float(seconds) > 2] == []
    assert [name for name, _, came in rows if "memory" in came] == []
    # one of them is a blank page of 64 megapixels, which so few bytes can hold
    assert {name for name, _, came in rows if came == "read"} - {"small fax.tif"} == {
        f"intact{suffix}" for suffix in (".png", ".tif", ".bmp", ".gif", ".npz", ".nii.gz", ".ply")
    }


def test_what_a_bomb_is_told(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(BOMBS["zeros.nii.gz"])
    with pytest.raises(
        ReadError, match=r"the shape \(2200, 2200, 2200\) has 10,648,000,000; write"
    ):
        read(tmp_path / "a.nii.gz")
    with pytest.raises(
        ReadError,
        match=r"wanted the voxels that the header promises, but these are 10,648,000,352 bytes, "
        r"too many for \d+ compressed ones; the file is truncated: copy or write it again",
    ):
        read(tmp_path / "a.nii.gz", max_voxels=2**34)
    (tmp_path / "b.npz").write_bytes(BOMBS["bzip2.npz"])
    with pytest.raises(ReadError, match=r"holds 'arr_0.npy' in the ZIP method 12; save the mask w"):
        read(tmp_path / "b.npz")
