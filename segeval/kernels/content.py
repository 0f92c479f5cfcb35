"""The digest of all that the machine code of a kernel depends on.

It is the kernel's key in a cache, wherever its source lies.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_CONSTANTS = (bool, int, float, complex, str, bytes, type(None), type(...), np.generic)
_LIBRARIES = ("llvmlite", "math", "numba", "numpy")
"""The modules that kernels may refer to: those of fixed versions. What they take from ours, they
name.
"""


@functools.cache
def digest(function: Any) -> str:
    """Return the digest of a function's code and of all that it refers to.

    It refers to helpers, constants, records and options. Functions of one digest compile to the
    same machine code under one Numba and one Python, so that it does not matter where a package
    lies and how old its files are, and an edited helper is never overlooked. The function, or what
    Numba's decorators made of it, must not call itself. Raises `TypeError` if it refers to what has
    no digest.

    >>> def double(x): return 2 * x
    >>> def triple(x): return 3 * x
    >>> digest(double) == digest(triple)
    False
    """
    # options are part of it: the same code with others becomes other machine code
    sha = hashlib.sha256(repr(sorted(getattr(function, "targetoptions", {}).items())).encode())
    for part in _function_parts(_plain(function)):
        sha.update(b"\0" + part.encode())
    return sha.hexdigest()


def _plain(value: Any) -> Any:
    """Return the Python function of a kernel or of an instruction, anything else as it is."""
    return getattr(value, "py_func", getattr(value, "_defn", value))


def _function_parts(function: FunctionType) -> Iterator[str]:
    """Yield the parts of a function: code, closure and defaults."""
    yield f"{function.__module__}.{function.__qualname__}"
    yield from _code_parts(function.__code__, function.__globals__)
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents)
    for default in function.__defaults__ or ():
        yield from _parts(default)
    for name, default in (function.__kwdefaults__ or {}).items():
        yield name
        yield from _parts(default)


def _code_parts(code: CodeType, names: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of code: what it does, its constants, and the globals that it names."""
    # bytecode names constants and globals by their numbers alone: what these stand for follows
    yield code.co_code.hex()
    yield " ".join(code.co_varnames)
    for constant in code.co_consts:
        # a function inside of a function is a constant of it
        if isinstance(constant, CodeType):
            yield from _code_parts(constant, names)
        else:
            yield from _parts(constant)
    # attributes too: one that bears the name of a global adds that global, harmlessly
    for name in code.co_names:
        yield name
        if name in names:
            yield from _parts(names[name])


def _parts(value: Any) -> Iterator[str]:
    """Yield the parts of what a kernel refers to."""
    # helpers and instructions, by digests of their own: edited ones change that of every caller
    if isinstance(_plain(value), FunctionType):
        yield digest(value)
    elif isinstance(value, _CONSTANTS):
        yield f"{type(value).__name__} {value!r}"
    elif isinstance(value, tuple):
        yield f"tuple of {len(value)}"
        for member in value:
            yield from _parts(member)
    elif isinstance(value, type):
        # a record: machine code knows its fields by their order
        yield f"{value.__module__}.{value.__qualname__} {getattr(value, '_fields', ())}"
    elif isinstance(value, BuiltinFunctionType | np.ufunc) or _is_library(value):
        yield value.__name__
    else:
        raise TypeError(
            f"{value!r} has no digest: a kernel may refer to functions, numbers, texts and records "
            f"alone"
        )


def _is_library(value: Any) -> bool:
    """Return whether it is a module of fixed version, which the name stands for."""
    return isinstance(value, ModuleType) and value.__name__.partition(".")[0] in _LIBRARIES
