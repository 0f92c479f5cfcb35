"""PNG, TIFF and BMP files written byte by byte, as their standards lay them out."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of PNG with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(labels: np.ndarray, bits: int) -> list[bytes]:
    """Return rows of numbers of 1, 2, 4, 8 or 16 bits, the first in the highest bits."""
    if bits >= 8:
        return [row.astype(f">u{bits // 8}").tobytes() for row in labels]
    digits = (labels[..., None] >> np.arange(bits)[::-1]) & 1
    return [np.packbits(row.reshape(-1)).tobytes() for row in digits]


def png(
    labels: np.ndarray, bits: int = 8, color: int = 0, extra: bytes = b"", data: bytes | None = None
) -> bytes:
    """Return a PNG file; `extra` are chunks before the data, `data` stands for other data."""
    head = struct.pack(">IIBBBBB", labels.shape[1], labels.shape[0], bits, color, 0, 0, 0)
    if data is None:
        data = zlib.compress(b"".join(b"\0" + row for row in packed(labels, bits)))
    chunks = [chunk(b"IHDR", head), extra, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(chunks)


def tiff(labels: np.ndarray, bits: int = 8, data: bytes | None = None, **over: int) -> bytes:
    """Return a TIFF file of one strip; `over` are tags by name, `data` stands for other data."""
    names = {
        **{"width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262},
        **{"place": 273, "orientation": 274, "samples": 277, "rows": 278, "size": 279},
        **{"predictor": 317, "kind": 339},
    }
    if data is None:
        data = b"".join(packed(labels, bits))
        if bits == 16:
            data = labels.astype("<u2").tobytes()
    values = {
        **{"width": labels.shape[1], "height": labels.shape[0], "bits": bits, "compression": 1},
        **{"photometric": 1, "place": 8, "samples": 1, "rows": labels.shape[0], "size": len(data)},
    } | over
    entries = sorted((names[name], value) for name, value in values.items())
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + bytes(4)


def bmp(labels: np.ndarray, bits: int, palette: Sequence[int], **over: int) -> bytes:
    """Return a BMP file of indices, upside down as most are; `over` is another `start`."""
    rows = [row.ljust(-(-len(row) // 4) * 4, b"\0") for row in packed(labels, bits)]
    colors = b"".join(bytes([grey] * 3 + [0]) for grey in palette)
    start = over.get("start", 54 + len(colors))
    size = (labels.shape[1], labels.shape[0], 1, bits)
    header = struct.pack("<IiiHHIIiiII", 40, *size, 0, 0, 0, 0, len(palette), 0)
    content = colors + b"".join(rows[::-1])
    return b"BM" + struct.pack("<IHHI", 54 + len(content), 0, 0, start) + header + content
