"""The device that measures, a choice of `--device`, and what tensors of the host hold.

Where there is no GPU anyway, the choice is made without importing torch.
"""

from __future__ import annotations

import ctypes
import re
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import UsageError

_DRIVERS = {"win32": "nvcuda.dll"}
"""NVIDIA's driver where it is not `libcuda.so.1`."""


def chosen_device(name: str) -> str:
    """Return the device that a name stands for: "auto" is the GPU if there is one, else "cpu".

    Raises `UsageError` for an unknown name, and for a GPU that is not there.

    >>> chosen_device("cpu")
    'cpu'
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(?P<number>\d+))?", name)
    if not match:
        raise UsageError(f"unknown device {name!r}; it is auto, cpu, cuda or one such as cuda:1")
    if name == "cpu" or (name == "auto" and not _has_driver()):
        return "cpu"
    import torch

    count = 0
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
    if name == "auto":
        return "cuda" if count else "cpu"
    if int(match["number"] or 0) >= count:
        raise UsageError(
            f"device {name!r}: there is no such GPU, {_gpus(count)}; pass --device cpu, or auto"
        )
    return name


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the memory of a GPU was not enough."""
    # torch is not imported to ask: without it, the error cannot be its own
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.cuda.OutOfMemoryError)


def as_array(tensor: Any) -> NDArray[Any]:
    """Return a tensor of the host as NumPy sees it, without a copy but for bfloat16.

    No operation of torch does that: after a fork, the first one would wait for threads that only
    the parent has.
    """
    if str(tensor.dtype) != "torch.bfloat16":
        return np.asarray(tensor.numpy())
    # NumPy has no bfloat16, which is the upper half of a float32
    bits = tensor.view(sys.modules["torch"].int16).numpy().view(np.uint16)
    upper: NDArray[np.uint32] = bits.astype(np.uint32) << np.uint32(16)
    return upper.view(np.float32)


def _gpus(count: int) -> str:
    """Return the words for how many GPUs there are, and for a torch that was built for none."""
    import torch

    words = "none that torch can use"
    if count:
        words = f"{count} there"
    if not torch.version.cuda:
        words += f" (torch {torch.__version__} is built without CUDA)"
    return words


def _has_driver() -> bool:
    """Return whether NVIDIA's driver is installed: without it there is no need to ask torch."""
    # Tried by its own name: importing torch to ask takes seconds, on machines without a GPU too.
    try:
        ctypes.CDLL(_DRIVERS.get(sys.platform, "libcuda.so.1"))
    except OSError:
        return False
    return True
