"""The one door: which reader a file goes to, and what becomes of any failure."""

import re
import struct
import subprocess
import sys

import numpy as np
import pytest

from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.mesh import Mesh
from segeval.errors import ReadError, UsageError
from segeval.io import (
    gives,
    known_suffixes,
    read,
    read_labels,
    reader,
    refuse,
    registry,
    stem_of,
)
from segeval.io.registry import suffix_of


@pytest.fixture
def formats():
    """The registry, to be changed for one test."""
    tables = (registry.FORMATS, registry._REFUSED)
    before = [dict(table) for table in tables]
    yield
    for table, content in zip(tables, before, strict=True):
        table.clear()
        table.update(content)


@pytest.mark.usefixtures("formats")
def test_a_new_format_is_one_decorated_function(tmp_path):
    @reader(".raw", ".raw.gz")
    def read_square(request):
        side = int(request.path.stat().st_size ** 0.5)
        labels = np.frombuffer(request.path.read_bytes(), np.uint8).reshape(side, side)
        return LabelMap(labels, Grid.unspaced(labels.shape), str(request.path))

    (tmp_path / "mask.RAW").write_bytes(bytes([0, 1, 2, 3]))
    assert ".raw.gz" in known_suffixes()
    assert read(tmp_path / "mask.RAW").labels.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    "card", dict.fromkeys(registry.FORMATS.values()), ids=lambda card: card.suffixes[0]
)
def test_a_card_is_complete(card):
    assert {registry.FORMATS[suffix] for suffix in card.suffixes} == {card}
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in card.suffixes)
    assert re.fullmatch(r"[A-Z`][^|\n]+\.", card.sentence)  # it goes into a row of a table
    assert bool(card.package) == bool(card.extra)


def test_what_a_file_gives_is_what_its_card_says(tmp_path):
    np.save(tmp_path / "mask.npy", np.ones((2, 2), np.uint8))
    (tmp_path / "mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    kinds = {"labels": LabelMap, "mesh": Mesh}
    for name in ("mask.npy", "mesh.obj"):
        assert type(read(tmp_path / name)) is kinds[gives(name)]
    assert gives("notes.txt") is None


def test_a_mesh_is_no_mask(tmp_path):
    with pytest.raises(ReadError, match=r"a.ply: wanted a mask, but this is a mesh; score it"):
        read_labels(tmp_path / "a.ply")


@pytest.mark.usefixtures("formats")
def test_the_package_of_a_format_is_named_when_it_is_missing(tmp_path):
    @reader(".nrrd", package="pynrrd")
    def read_nrrd(_):
        import no_such_module_as_this  # noqa: F401

    (tmp_path / "mask.nrrd").write_text("something")
    with pytest.raises(
        UsageError,
        match=r"mask.nrrd: reading .nrrd files needs pynrrd; pip install pynrrd, or convert them",
    ):
        read(tmp_path / "mask.nrrd")


@pytest.mark.parametrize(
    ("name", "suffix", "stem"),
    [
        ("liver.nii.gz", ".nii.gz", "liver"),
        ("a/b/liver.v2.NII.GZ", ".NII.GZ", "liver.v2"),
        ("liver.nii", ".nii", "liver"),
        ("case_0.1.png", ".png", "case_0.1"),
        ("notes.txt", "", "notes"),
        (".nii.gz", "", ".nii"),
        ("liver.gz", "", "liver"),
    ],
)
def test_the_longest_known_suffix_counts(name, suffix, stem):
    assert suffix_of(name) == suffix
    assert stem_of(name) == stem


def test_an_unknown_kind_of_file_is_told_what_is_read(tmp_path):
    with pytest.raises(
        ReadError,
        match=r"scan.mha: wanted a mask, but files of the kind '.mha' are not read; convert it",
    ):
        read(tmp_path / "scan.mha")


@pytest.mark.usefixtures("formats")
def test_a_refused_kind_of_file_is_told_why(tmp_path):
    refuse(".webp", because="WebP is mostly lossy: save masks as PNG")
    with pytest.raises(
        ReadError,
        match=r"files of the kind '.webp' are not read; WebP is mostly lossy: save masks as PNG",
    ):
        read(tmp_path / "mask.webp")


def test_a_file_that_vanished(tmp_path):
    with pytest.raises(
        ReadError,
        match=r"gone.nii.gz: wanted a .nii.gz mask, but there is no such file; check the path",
    ):
        read(tmp_path / "gone.nii.gz")


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "denied"),
            r"but there is no permission to read it; allow it \(chmod u\+r\)",
        ),
        (IsADirectoryError(21, "directory"), "but it is a folder; give the file inside it"),
        (EOFError("end"), "but the file is truncated; copy or write it again"),
        (
            MemoryError("8 TiB"),
            r"but it does not fit into memory \(MemoryError: 8 TiB\); check the shape",
        ),
        (
            struct.error("bad\n  bytes"),
            r"but it cannot be decoded \(error: bad bytes\); the file is damaged",
        ),
    ],
)
def test_whatever_a_reader_raises_is_one_line(tmp_path, error, message):
    @reader(".odd")
    def fail(_):
        raise error

    (tmp_path / "mask.odd").write_text("something")
    with pytest.raises(ReadError, match=f"mask.odd: wanted a .odd mask, {message}") as caught:
        read(tmp_path / "mask.odd")
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


def test_a_spacing_for_another_number_of_axes(tmp_path):
    np.save(tmp_path / "mask.npy", np.ones((2, 2), np.uint8))
    with pytest.raises(
        UsageError, match=r"spacing \(1, 1, 1\) has 3 values for a mask of shape \(2, 2\)"
    ):
        read(tmp_path / "mask.npy", spacing=(1, 1, 1))


def test_importing_the_readers_imports_no_library_of_theirs():
    heavy = "{'nibabel', 'PIL', 'isal', 'numba', 'torch', 'pandas', 'matplotlib', 'scipy'}"
    code = f"import sys, segeval.io; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )
