"""Inputs that are as they should be, of every format, and the words that belong to them."""

from __future__ import annotations

import atexit
import gzip
import io
import json
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image

from segeval import score_folder
from segeval.protocols.protocol import _hash
from segeval.results.exports import EXPORTS

MASK = np.arange(60, dtype=np.uint8).reshape(3, 4, 5) % 3


def nifti() -> list[bytes]:
    scaled = nib.Nifti1Image(MASK.astype(np.int16), np.diag([-2, 0.5, 0.5, 1]))
    scaled.header.set_slope_inter(2, 0)
    coded = nib.Nifti1Image(MASK, None)
    coded.header.set_qform(np.diag([1, -1, 2, 1]), code=1)
    images = [
        nib.Nifti1Image(MASK, np.eye(4)),
        nib.Nifti1Image(MASK.astype(">f4"), np.eye(4)),
        nib.Nifti2Image(MASK.astype(np.int32), np.diag([1, 2, 3, 1])),
        nib.Nifti1Image(MASK[0], np.eye(4)),
        scaled,
        coded,
    ]
    return [image.to_bytes() for image in images]


def numpy_files() -> list[bytes]:
    arrays = [MASK, np.asfortranarray(MASK), MASK.astype(">i8"), MASK == 1, MASK[0] * 0.5]
    return [saved(lambda file, array=array: np.save(file, array)) for array in arrays]


def numpy_archives() -> list[bytes]:
    return [
        saved(lambda file: np.savez(file, MASK)),
        saved(lambda file: np.savez_compressed(file, mask=MASK)),
        zipped(numpy_files()[0], "a.npy", "b.npy"),
    ]


def images(form: str, **options: object) -> list[bytes]:
    """Return a mask in every mode that a format takes."""
    grey = Image.fromarray(MASK[0])
    palette = grey.convert("P")
    modes = [grey, palette, grey.convert("RGB"), grey.convert("1"), grey.convert("RGBA")]
    modes += [Image.fromarray(MASK[1].astype(np.uint16)), Image.fromarray(MASK[1].astype("<i4"))]
    written = []
    for mode in modes:
        try:
            written.append(saved(lambda file, mode=mode: mode.save(file, form, **options)))
        except OSError:
            continue  # a mode that the format does not have
    return written


def tiffs() -> list[bytes]:
    frames = [Image.fromarray(plane) for plane in MASK]
    stack = saved(
        lambda file: frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    )
    kinds = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")
    return [*(image for kind in kinds for image in images("TIFF", compression=kind)[:4]), stack]


def gifs() -> list[bytes]:
    frames = [Image.fromarray(plane) for plane in MASK]
    stack = saved(lambda file: frames[0].save(file, "GIF", save_all=True, append_images=frames[1:]))
    return [*images("GIF"), stack]


CORNERS = [(0, 0, 0), (4, 0, 0), (0, 3, 0), (0, 0, 2)]
FACES = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]


def stls() -> list[bytes]:
    facets = "".join(
        "facet normal 0 0 0\nouter loop\n"
        + "".join("vertex {} {} {}\n".format(*CORNERS[corner]) for corner in face)
        + "endloop\nendfacet\n"
        for face in FACES
    )
    text = f"solid mesh\n{facets}endsolid mesh\n".encode()
    rows = [
        struct.pack("<12fH", 0, 0, 0, *np.ravel([CORNERS[corner] for corner in face]), 0)
        for face in FACES
    ]
    return [bytes(80) + struct.pack("<I", len(FACES)) + b"".join(rows), text]


def plys() -> list[bytes]:
    header = (
        "ply\nformat {} 1.0\ncomment made by hand\nelement vertex 4\nproperty float x\n"
        "property float y\nproperty float z\nelement face 4\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    rows = [*CORNERS, *((3, *face) for face in FACES)]
    text = "".join(f"{' '.join(map(str, row))}\n" for row in rows)
    return [
        (header.format("ascii") + text).encode(),
        *(
            header.format(f"binary_{name}_endian").encode()
            + b"".join(struct.pack(f"{order}3f", *corner) for corner in CORNERS)
            + b"".join(struct.pack(f"{order}B3i", 3, *face) for face in FACES)
            for name, order in (("little", "<"), ("big", ">"))
        ),
    ]


def objs() -> list[bytes]:
    corners = "".join("v {} {} {}\n".format(*corner) for corner in CORNERS)
    faces = "".join("f {} {} {}\n".format(*(c + 1 for c in face)) for face in FACES)
    groups = "# mesh\no a\nvn 0 0 1\nvt 0 0\ng b\nusemtl m\ns off\n"
    return [f"{corners}{faces}".encode(), f"{groups}{corners}f 1/1/1 2//1 -1\n{faces}".encode()]


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """Return what is saved to a file."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def zipped(data: bytes, *names: str) -> bytes:
    """Return an archive of bytes under one name or more."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("arr_0.npy",):
            archive.writestr(name, data)
    return file.getvalue()


def with_crcs(data: bytes) -> bytes:
    """Return a PNG with checksums that fit its chunks, as far as there are chunks."""
    place = 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            break
        crc = zlib.crc32(data[place + 4 : end]).to_bytes(4, "big")
        data = data[:end] + crc + data[end + 4 :]
        place = end + 4
    return data


def with_checksums(data: bytes) -> bytes:
    """Return the lines of a journal with checksums that fit."""
    texts = [line.rpartition(b"\t")[0] or line for line in data.splitlines()]
    return b"".join(b"%s\t%08x\n" % (text, zlib.crc32(text)) for text in texts)


def with_hash(data: bytes) -> bytes:
    """Return a run.json with the hash of the protocol in it, if there is one."""
    try:
        content = json.loads(data)
        content["protocol"]["hash"] = _hash(content["protocol"])
        return json.dumps(content).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return data


FILES: dict[str, Callable[[], list[bytes]]] = {
    ".nii": nifti,
    ".nii.gz": lambda: [gzip.compress(image, mtime=0) for image in nifti()],
    ".npy": numpy_files,
    ".npz": numpy_archives,
    ".png": lambda: images("PNG"),
    ".tif": tiffs,
    ".tiff": tiffs,
    ".bmp": lambda: images("BMP"),
    ".gif": gifs,
    ".stl": stls,
    ".ply": plys,
    ".obj": objs,
}
"""Files by suffix."""
PACKED: dict[str, Callable[[], list[bytes]]] = {".nii.gz": nifti, ".npz": numpy_files}
"""The content of files that are compressed."""
PACKS = {
    ".nii.gz": lambda data: gzip.compress(data, 1, mtime=0),
    ".npz": zipped,
    ".png": with_crcs,
}
"""Ways from content to a file that is whole."""
WORDS = {
    ".npy": ("<f8", "|O", "|S9", "<U3", ">i8", "True", "(", ")", ",", "'shape': (1000000000,)"),
    ".npz": ("<f8", "|O", "|S9", "<U3", ">i8", "True", "(", ")", ",", "'shape': (1000000000,)"),
    ".png": ("IHDR", "IDAT", "PLTE", "tRNS", "IEND", "acTL", "fcTL", "iCCP", "zTXt", "eXIf"),
    ".ply": ("ascii", "list", "uchar", "double", "int", "-1", "element", "property", "vertex 99"),
    ".obj": ("v ", "f ", "vt", "vn", "mtllib /etc/passwd", "usemtl", "-1", "1/2/3", "99999", "\\"),
    ".stl": ("solid", "facet", "vertex", "endsolid", "nan", "1e308", "outer loop"),
}
"""Words by suffix."""
TEXT_SUFFIXES = (".csv", ".json", ".jsonl")


TEXTS: dict[str, tuple[str, ...]] = {
    "metrics": (
        "dice,hd95",
        "nsd@2",
        "hd@95, tversky:alpha=0.3,beta=0.7",
        "generalized_dice@square",
        "nsd_auc@4, boundary_iou@2, hd, assd, tversky:alpha=1,beta=2",
    ),
    "regions": ("1,2", "liver=1,tumour=2", "whole=1+2+4, core=1+4", "tissue=0,liver=1"),
    "boundary": ("voxel:connectivity=2,image_edge=no", "surfel:sizes=equal", "mesh", "solid"),
    "spacing": ("0.8,0.8,2.5", "1", "2,2"),
    "regions.json": (
        '{"liver": 1, "tumour": [2, 3]}',
        '{"1": "liver", "2": "tumour"}',
        '{"labels": {"background": 0, "liver": [1, 2], "ignore": 3}, "modality": {"0": "CT"}}',
    ),
    "colors.json": ('{"#ff0000": 1, "0,255,0": 2, "blue": 3, "hsl(60,100%,50%)": 4}',),
    "protocol.toml": (
        """\
title = "Ours"
source = "a paper"
boundary = "surfel"
mean = "cases"
report = ["dice", "hd95", "nsd"]
notes = ["A note."]
ignore_label = 255
binary = false
spacing = [1, 1.5, 2]
geometry_tolerance = 0.01
missing = "empty"

[colors]
"#ff0000" = 1

[regions]
liver = 1
whole = [1, 2]

[metrics]
dice = {empty = [1, 0, nan]}
"hd@percentile" = {is = "hd_pooled", boundary = "voxel"}
nsd = {tolerance = {liver = 2, whole = 1.5}}
""",
        'base = "monai"\nreport = ["dice"]\nothers = true\nbackground = true\n',
        'base = "input.toml"\n',
    ),
    "config.toml": (
        """\
metric = ["dice", "nsd@2"]
[score]
pred = "a"
regions = {liver = 1, whole = [1, 2]}
jobs = 2
spacing = [1, 1]
format = "csv"
plots = false
ignore-label = 255
protocol = "monai"
no-binary = true
[plot]
kind = "heatmap"
""",
    ),
    "log.csv": (
        "epoch,val/dice,val/dice/liver,train_loss\n0,0.5,0.4,1.5\n1,0.75,nan,1\n2,0.8,0.6,\n",
        "epoch,step,train_loss_step,train_loss_epoch,lr\n0,0,1.5,,0.1\n0,1,1,,0.1\n0,1,,1.25,\n",
    ),
}
"""Texts by the name of their target."""


def texts(name: str) -> list[bytes]:
    """Return the texts of a target."""
    return [text.encode() for text in TEXTS[name]]


def words_of(name: str) -> list[str]:
    """Return the words in the texts of a target."""
    return sorted({word for text in TEXTS[name] for word in re.findall(r"\w+", text)})


def results() -> Path:
    """Return a folder of results in all formats, with its masks beside it."""
    folder = Path(tempfile.mkdtemp(prefix="segeval-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    masks = folder / "masks"
    masks.mkdir()
    for case in "ab":
        np.save(masks / f"{case}.npy", MASK)
    out = folder / "out"
    score_folder(masks, masks, metrics="dice,hd95", output=out, formats=tuple(EXPORTS))
    return out
