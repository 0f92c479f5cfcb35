"""Lines of JSON with a checksum, which tells those that were cut off or changed from the others."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def line_of(content: Mapping[str, Any]) -> str:
    r"""Return a line: JSON, a tab and the checksum (CRC-32) of the JSON.

    >>> line_of({"a": 1})
    '{"a": 1}\tfba18e97\n'
    """
    # strict JSON, in which records have NaN spelt out or in the bytes of arrays
    text = json.dumps(content, ensure_ascii=True, allow_nan=False)
    return f"{text}\t{zlib.crc32(text.encode()):08x}\n"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the content of the lines that are whole; nothing where there is no file.

    A line is whole if its checksum fits.
    """
    if not path.is_file():
        return
    # as bytes: a line that was cut off or changed need not be text
    with path.open("rb") as file:
        for line in file:
            # editors may have changed the end of the line
            text, tab, checksum = line.rstrip(b"\r\n").rpartition(b"\t")
            if not tab or checksum != f"{zlib.crc32(text):08x}".encode():
                continue
            with suppress(ValueError, RecursionError):  # whole, and yet nothing that we wrote
                content = json.loads(text)
                if isinstance(content, dict):
                    yield content
