"""Files that a disk or a network spoilt, and what becomes of them.

`python tests/helpers/damage.py 400` damages 400 files of each kind in four ways, and prints how
many were refused, were read as the same mask, and were read as another one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import tifffile
import trimesh
from PIL import Image

from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io import read

SECTOR = 512


def blobs(seed: int) -> np.ndarray:
    """Return 96 x 128 labels from 0 to 4 in patches, no two masks alike."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((96, 128), np.uint8)
    rows, columns = np.indices(labels.shape)
    for _ in range(60):
        row, column, radius = rng.integers(0, 128, 3) * (0.75, 1, 0.15)
        labels[np.hypot(rows - row, columns - column) < radius] = rng.integers(5)
    return labels


def _save(name: str, **options: object) -> Callable[[np.ndarray, Path], None]:
    """Return what writes labels with Pillow under a mode."""
    mode = str(options.pop("mode", "L"))

    def save(labels: np.ndarray, path: Path) -> None:
        image = Image.fromarray(labels)
        if mode == "P":
            image = image.convert("P")
            image.putdata(labels.ravel().tolist())
            image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
        if mode == "I;16":
            image = Image.fromarray(labels.astype(np.uint16) * 9999)
        image.save(path, name, **options)

    return save


def _nifti(labels: np.ndarray, path: Path) -> None:
    nib.save(nib.Nifti1Image(labels[..., None].repeat(3, 2), np.eye(4)), path)


def _mesh(labels: np.ndarray, path: Path, **options: object) -> None:
    ball = trimesh.creation.icosphere(3, radius=10)
    ball.vertices += labels[: len(ball.vertices) // 128 + 1].reshape(-1, 1)[: len(ball.vertices)]
    ball.export(path, **options)


CHECKED = {
    "grey.png": _save("PNG"),
    "palette.png": _save("PNG", mode="P"),
    "wide.png": _save("PNG", mode="I;16"),
    "mask.nii.gz": _nifti,
    "deflated.npz": lambda labels, path: np.savez_compressed(path, labels),
    "stored.npz": lambda labels, path: np.savez(path, labels),
}
"""Formats in which a checksum covers all that a mask is made of."""
PARTLY_CHECKED = {"deflated.tif": _save("TIFF", compression="tiff_adobe_deflate")}
"""Formats with checksums for pixels, but none for the tags that say what these mean."""
UNCHECKED = {
    "lzw.tif": _save("TIFF", compression="tiff_lzw"),
    "packed.tif": _save("TIFF", compression="packbits"),
    "plain.tif": _save("TIFF"),
    "tiled.tif": lambda labels, path: tifffile.imwrite(path, labels, tile=(32, 32)),
    "mask.bmp": _save("BMP"),
    "mask.gif": _save("GIF"),
    "mask.nii": _nifti,
    "mask.npy": lambda labels, path: np.save(path, labels),
    "mesh.stl": _mesh,
    "mesh.ply": _mesh,
    "text.ply": lambda labels, path: _mesh(labels, path, encoding="ascii"),
    "mesh.obj": _mesh,
}
"""Formats without a checksum: only their structure can be checked."""
KINDS = CHECKED | PARTLY_CHECKED | UNCHECKED


def _zero(content: bytearray, start: int, count: int) -> None:
    content[start : start + count] = bytes(len(content[start : start + count]))


def damaged(content: bytes, way: str, rng: np.random.Generator) -> bytes:
    """Return a content with one fault, which is not what it was."""
    spoilt = bytearray(content)
    while spoilt == content:
        place = int(rng.integers(len(content)))
        match way:
            case "zeroed sector":
                _zero(spoilt, place // SECTOR * SECTOR, SECTOR)
            case "zeroed byte":
                _zero(spoilt, place, 1)
            case "flipped bit":
                spoilt[place] ^= 1 << int(rng.integers(8))
            case "random bytes":
                spoilt[place : place + 16] = rng.bytes(len(spoilt[place : place + 16]))
    return bytes(spoilt)


WAYS = ("zeroed sector", "zeroed byte", "flipped bit", "random bytes")


def content_of(path: Path) -> tuple[np.ndarray, ...]:
    """Return what a file means: labels, or vertices and triangles. Raises `ReadError`."""
    side = read(path)
    return (side.labels,) if isinstance(side, LabelMap) else (side.vertices, side.triangles)


def outcomes(kind: str, count: int, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield way and outcome of `count` files damaged in each way: refused, same or wrong."""
    path = folder / kind
    for number in range(count):
        KINDS[kind](blobs(number), path)
        intact, expected = path.read_bytes(), content_of(path)
        for way in WAYS:
            path.write_bytes(damaged(intact, way, np.random.default_rng(number)))
            try:
                came = content_of(path)
            except ReadError:
                yield way, "refused"
                continue
            same = all(map(np.array_equal, came, expected))
            yield way, "same" if same else "wrong"


def main(count: int) -> None:
    """Print a table of outcomes."""
    print(f"{'kind':14}" + "".join(f"{way:>24}" for way in WAYS), "  refused/same/wrong")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            counts = Counter(outcomes(kind, count, Path(folder)))
        cells = [
            "/".join(str(counts[way, o]) for o in ("refused", "same", "wrong")) for way in WAYS
        ]
        print(f"{kind:14}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
