"""The file that a mask or mesh was read from, told apart from any other by its content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read: enough to tell later whether it is still the same."""

    bytes: int
    """Size of the file."""
    modified: int
    """Time of its modification in nanoseconds."""
    sha256: str
    """Hash of its content in hexadecimal."""
