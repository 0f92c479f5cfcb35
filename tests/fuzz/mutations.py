"""Ways to damage a file or a text: by chance, and where it hurts."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

LONGEST = 2**14
"""Bytes of an input; what is longer is cut off."""
NUMBERS = (0, 1, 2, 3, 5, 127, 128, 255, 256, 348, 352, 540, 32767, 32768, 65535, 65536)
NUMBERS = (*NUMBERS, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1, 2**64 - 1)
"""Numbers at which sizes and counts of headers turn over."""
FLOATS = (0.0, -0.0, -1.0, 1e-45, 1e-320, 1e38, 1e308, float("nan"), float("inf"), float("-inf"))
WORDS = (
    *("", " ", "\n", "\r", "\r\n", "\t", "\0", "\x1b[31m", "\u2028", "\u202e", "\ufeff", "\x85"),
    *("²", "٣", "½", "é", "\udc80", "\\ud800", "\\u0000", "\\u001b", "\\n", "\\", '"', "'", "`"),
    *("nan", "inf", "-inf", "NaN", "Infinity", "1e308", "1e309", "1e-320", "-0", "-1", "1_000"),
    *("0x10", "1.5", "0", "9" * 26, "9" * 400, "9" * 5000, "1e400", str(2**63), str(2**64)),
    *("null", "None", "true", "false", "[]", "{}", "[[]]", '""', "all", "mean", "ignore"),
    *(",", "=", "+", ":", "@", ";", "#", "/", "..", "[", "]", "{", "}", "%", "*", "~"),
    *("[" * 3000, '{"a":' * 3000, "[[" * 40 + "]]" * 40, "a=" + "{a=" * 500, "a." * 2000 + "a=1"),
)
"""Pieces of text that parsers stumble over."""
VALUES = ("null", "true", "3", "-1.5", "NaN", "1e400", '""', '"x"')
VALUES = (*VALUES, "[]", "[3]", "[[1, 2]]", "{}", '{"a": 3}')
"""Values of every kind that JSON has."""
Change = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _span(data: bytes, rng: Random, longest: int = 64) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 8, rng.randint(1, longest))))


def flip(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    return put(data, place := _place(data, rng), bytes([data[place] ^ 1 << rng.randrange(8)]))


def overwrite(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng)
    return put(data, start, rng.randbytes(end - start))


def zero_sector(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng, 512)
    return put(data, start, bytes(end - start))


def truncate(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def insert(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + rng.randbytes(end - start) + data[start:]


def delete(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng, 512)
    return data[:start] + data[end:]


def repeat(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, end = _span(data, rng, 512)
    return data[:end] + data[start:end] * rng.choice((1, 2, 50)) + data[end:]


def splice(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    start, _ = _span(data, rng)
    tail = rng.choice(pool)
    return data[:start] + tail[_place(tail, rng) :]


def set_integer(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    size = rng.choice((1, 2, 4, 8))
    number = rng.choice((*NUMBERS, len(data), rng.getrandbits(64))) + rng.choice((-1, 0, 0, 1))
    written = (number % 256**size).to_bytes(size, rng.choice(("little", "big")))
    return put(data, _place(data, rng), written)


def set_float(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    kind = rng.choice(("<f", ">f", "<d", ">d"))
    number = rng.choice(FLOATS)
    if abs(number) > 1e38 and kind[1] == "f":
        number = float("inf")
    return put(data, _place(data, rng), struct.pack(kind, number))


def set_number(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    """Write another number for one that is written out."""
    numbers = list(re.finditer(rb"-?\d+(\.\d+)?", data[:LONGEST]))
    if not numbers:
        return data
    number = rng.choice(numbers)
    written = rng.choice((*map(str, NUMBERS), *map(str, FLOATS), "9" * 26, "-1", "1.5", ""))
    return data[: number.start()] + written.encode() + data[number.end() :]


def put_word(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    return _worded(data, rng, WORDS)


def swap(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    """Write a value, name or sign for another one."""
    pieces = list(re.finditer(rb"[\w.]+|[^\w\s]", data[:LONGEST]))
    if not pieces:
        return data
    piece, written = rng.choice(pieces), rng.choice(pieces)[0]
    return data[: piece.start()] + written + data[piece.end() :]


def set_value(data: bytes, rng: Random, pool: Sequence[bytes]) -> bytes:
    """Write a value of another kind into JSON, or into a line of it."""
    lines = data.split(b"\n")
    place = rng.randrange(len(lines))
    for text in (data, lines[place]):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            continue
        holders = [content]
        for holder in holders:  # grows on the way
            holders += [inner for _, inner in _items(holder) if _items(inner)]
        keys = [(holder, key) for holder in holders for key, _ in _items(holder)]
        if not keys:
            continue
        holder, key = rng.choice(keys)
        holder[key] = json.loads(rng.choice(VALUES))
        written = json.dumps(content).encode("utf-8", "surrogatepass")
        if text is data:
            return written
        return b"\n".join((*lines[:place], written, *lines[place + 1 :]))
    return data


def _items(holder: Any) -> list[tuple[Any, Any]]:
    """Return the keys and values of an object or a list; none of anything else."""
    if isinstance(holder, dict):
        return list(holder.items())
    return list(enumerate(holder)) if isinstance(holder, list) else []


BINARY: tuple[Change, ...] = (flip, overwrite, zero_sector, truncate, insert, delete, repeat)
BINARY = (*BINARY, splice, set_integer, set_integer, set_integer, set_float)
TEXT: tuple[Change, ...] = (set_value, set_value, set_number, put_word, put_word, swap, swap)
TEXT = (*TEXT, delete, repeat, splice, truncate, flip, overwrite)


def mutated(
    data: bytes, rng: Random, pool: Sequence[bytes], words: Sequence[str], *, is_text: bool
) -> bytes:
    """Return bytes with one or several changes; `words` are those that their format knows."""
    changes = TEXT if is_text else (*BINARY, set_number)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if words and rng.random() < 0.2:
            data = _worded(data, rng, words)
        elif data:
            data = rng.choice(changes)(data, rng, pool)
    return data[:LONGEST]


def put(data: bytes, place: int, piece: bytes) -> bytes:
    """Return bytes with others in their place."""
    return data[:place] + piece + data[place + len(piece) :]


def _place(data: bytes, rng: Random) -> int:
    """Return a place, more often than not in the header."""
    return rng.randrange(max(1, min(len(data), rng.choice((64, 400, LONGEST)))))


def _worded(data: bytes, rng: Random, words: Sequence[str]) -> bytes:
    start, end = _span(data, rng)
    word = rng.choice(words).encode("utf-8", "surrogateescape")
    return data[:start] + word + data[rng.choice((start, end)) :]
