"""Which device measures: what `--device` names, looked up without importing torch where there is no
GPU anyway.
"""

from __future__ import annotations

import ctypes
import re
import sys

from segeval.errors import UsageError


def chosen_device(name: str) -> str:
    """The device that a name stands for: "auto" is the GPU if there is one, "cpu" otherwise.

    Raises `UsageError` for an unknown name, and for a GPU that is not there.

    >>> chosen_device("cpu")
    'cpu'
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d+))?", name)
    if not match:
        raise UsageError(f"unknown device {name!r}; it is auto, cpu, cuda or one such as cuda:1")
    if name == "cpu" or (name == "auto" and not _has_driver()):
        return "cpu"
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return "cuda" if count else "cpu"
    if int(match[1] or 0) >= count:
        found = f"{count} there" if count else "none that torch can use"
        built = "" if torch.version.cuda else f" (torch {torch.__version__} is built without CUDA)"
        raise UsageError(
            f"device {name!r}: there is no such GPU, {found}{built}; pass --device cpu, or auto"
        )
    return name


def out_of_memory(error: BaseException) -> bool:
    """Whether it says that the memory of a GPU was not enough."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.cuda.OutOfMemoryError)


def _has_driver() -> bool:
    """Whether NVIDIA's driver is installed: without it there is no need to ask torch."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
