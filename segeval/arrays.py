"""Kinds of arrays, by what they hold; shapes are said where they are used."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Labels: TypeAlias = NDArray[np.integer[Any]]
"""Label maps, and labels by themselves: unsigned integers of any width."""
Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Bytes: TypeAlias = NDArray[np.uint8]
Bits: TypeAlias = NDArray[np.uint64]
"""Words of 64 voxels, the first in the lowest bit."""
