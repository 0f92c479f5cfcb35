"""A file is read once: what is hashed is what was decoded, and its size and time are of that."""

import hashlib
import os
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
import trimesh
from PIL import Image

from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io import read, reader, registry
from segeval.io.source import provenance

BYTES = np.arange(24, dtype=np.uint8).reshape(4, 6) % 5
NAMES = ["a.png", "a.tif", "a.bmp", "a.gif", "a.npy", "a.npz", "a.nii", "a.nii.gz", "a.ply"]


@pytest.fixture
def files(tmp_path):
    """A file of every format, the masks with some bytes behind their end where these may be."""
    for name in NAMES:
        path = tmp_path / name
        if name.endswith((".npy", ".npz")):
            {"a.npy": np.save, "a.npz": np.savez_compressed}[name](path, BYTES)
        elif ".nii" in name:
            nib.save(nib.Nifti1Image(BYTES, np.eye(4)), path)
        elif name == "a.ply":
            trimesh.creation.box().export(path)
        else:
            Image.fromarray(BYTES).save(path)
        if name in ("a.png", "a.bmp", "a.nii"):
            with path.open("ab") as file:
                file.write(bytes(99))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_the_hash_is_of_the_whole_file(files, name):
    path = files / name
    side = read(path, hashed=True)
    status = path.stat()
    assert side.file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (side.file.bytes, side.file.modified) == (status.st_size, status.st_mtime_ns)
    assert provenance(path) == side.file
    assert read(path).file is None  # where nobody asks, nothing is hashed


def test_no_file_is_opened_twice(files):
    """An audit hook, which cannot be taken away again, counts in a process of its own."""
    code = """
        import sys
        from collections import Counter
        from pathlib import Path
        from segeval.io import read
        opened = Counter()
        sys.addaudithook(lambda event, args: event == "open" and opened.update([str(args[0])]))
        for path in map(Path, sys.argv[1:]):
            read(path, hashed=True)
            print(path.name, opened[str(path)])
    """
    command = [sys.executable, "-c", "\n".join(line[8:] for line in code.split("\n"))]
    command += [str(files / name) for name in NAMES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == [f"{name} 1" for name in NAMES]


@pytest.fixture
def written_to():
    """A format whose reader comes upon a file that somebody writes to."""

    @reader(".slow")
    def read_slow(request):
        content = request.content()
        with request.path.open("ab") as file:
            file.write(b"more")
        labels = np.frombuffer(content, np.uint8).reshape(2, -1)
        return LabelMap(labels, Grid.unspaced(labels.shape), str(request.path))

    yield
    del registry.FORMATS[".slow"]


@pytest.mark.usefixtures("written_to")
@pytest.mark.parametrize("hashed", [True, False])
def test_a_file_that_is_written_to_while_it_is_read(tmp_path, hashed):
    (tmp_path / "a.slow").write_bytes(bytes(6))
    with pytest.raises(
        ReadError,
        match=r"a.slow: wanted a file at rest, but it was written to while it was read; wait until",
    ):
        read(tmp_path / "a.slow", hashed=hashed)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.nii")
    with pytest.raises(ReadError, match=r"a.nii: wanted a file, but it is a pipe or a device; w"):
        read(tmp_path / "a.nii")


def test_links_in_a_circle(tmp_path):
    (tmp_path / "a.nii").symlink_to(tmp_path / "b.nii")
    (tmp_path / "b.nii").symlink_to(tmp_path / "a.nii")
    with pytest.raises(
        ReadError, match=r"a.nii: wanted a .nii mask, but its links lead in a circle; link to the"
    ):
        read(tmp_path / "a.nii")
