"""Targets of machine code: a Numba, a Python, a system and a processor, as the name of a folder."""

from __future__ import annotations

import functools
import hashlib
import platform
import sys
from typing import Any, NamedTuple

import numba
from llvmlite import binding
from numba.core import config as numba_config


class Baseline(NamedTuple):
    """A processor that packed kernels are built for.

    It has its name in LLVM, and the features that it must have.
    """

    processor: str
    features: tuple[str, ...]


_X86_64_V3 = Baseline(
    "x86-64-v3",
    (
        "cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3",
        "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave",
    ),
)  # fmt: skip
"""Every x86-64 processor with AVX2: Intel since Haswell (2013), AMD since Excavator (2015)."""

_BASELINES = {
    # Windows calls the first kind AMD64; the second is aarch64 on Linux, arm64 elsewhere
    "x86_64": _X86_64_V3,
    "amd64": _X86_64_V3,
    # vectors of 128 bits are part of every 64-bit ARM: no feature has to be asked for
    "aarch64": Baseline("generic", ()),
    "arm64": Baseline("generic", ()),
}


def baseline() -> Baseline | None:
    """Return the processor that kernels are packed for on machines like this one, or None.

    None means that none is stated.
    """
    return _BASELINES.get(platform.machine().lower())


def fits(processor: Baseline) -> bool:
    """Return whether this machine runs what was compiled for a processor."""
    host = binding.get_host_cpu_features()
    return all(host.get(feature, False) for feature in processor.features)


def pinned(processor: Baseline) -> dict[str, str]:
    """Return the environment in which Numba compiles for a processor, not the one it runs on."""
    features = ",".join(f"+{feature}" for feature in processor.features)
    return {"NUMBA_CPU_NAME": processor.processor, "NUMBA_CPU_FEATURES": features}


@functools.cache
def folder_name(processor: str) -> str:
    """Return the name of the folder of kernels for a processor.

    Numba, Python and the system, as they are here, are in the name as well.
    """
    python = f"{sys.implementation.cache_tag}{getattr(sys, 'abiflags', '')}"
    system = f"{sys.platform}-{platform.machine().lower()}"
    return f"numba-{numba.__version__}-{python}-{system}-{processor}"


@functools.cache
def host() -> str:
    """Return the name of the processor that Numba compiles for in this process.

    A part of it tells the processor's features apart.
    """
    settings: Any = numba_config  # filled from the environment when Numba starts
    name = settings.CPU_NAME or binding.get_host_cpu_name()
    # a name does not settle the features: a virtual machine may hide some of its processor's
    features = settings.CPU_FEATURES
    if features is None:
        features = binding.get_host_cpu_features().flatten()
    return f"{name}-{hashlib.sha256(features.encode()).hexdigest()[:8]}"
