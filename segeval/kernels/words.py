"""Words of 64 voxels: the few vector instructions that the kernels are built on.

A word is 64 neighbouring voxels, or 64 bits that say something about them, the first voxel in the
lowest bit. The instructions are written in LLVM's terms, and LLVM maps them onto whatever registers
the processor has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import config
from numba.extending import intrinsic

from segeval.arrays import Bits, Labels, Singles
from segeval.errors import UsageError
from segeval.kernels import compiling as compiling  # which listens from the first kernel on

from .store import KernelStore

Word: TypeAlias = Any
"""An np.uint64 inside of a kernel, where Python's rules for mixed integers do not hold."""

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)
ZERO = np.uint64(0)
BACKGROUND = np.int64(0)
"""The label; in kernels labels are int64, whatever masks hold, so that none is compiled for
several.
"""
LANES = 64

numba_config: Any = config  # filled from the environment when Numba starts
if numba_config.DISABLE_JIT:
    raise UsageError(
        "NUMBA_DISABLE_JIT is set, and kernels are instructions that Python cannot run; unset it, "
        "for one command with "
        "env -u NUMBA_DISABLE_JIT"
    )

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function on its first call, keep it on disk, and run it without the GIL.

    Kernels make no arrays: they write into those that they are given, and say where they stopped
    if there was no room for more. So none has to count references, which costs time in many loops,
    and most functions of NumPy, dear to compile, stay outside.
    """
    return _compiled(function, cache=True, nogil=True)


def brief(function: Function) -> Function:
    """Compile a kernel of microseconds.

    It keeps the GIL, which would take longer to come back to than the work takes.
    """
    return _compiled(function, cache=True)


def helper(function: Function) -> Function:
    """Compile a function that only kernels call.

    It is part of the kernels' files, and has none of its own. It is always inlined: what a loop
    needs then stays in registers, so that dividing a kernel into helpers costs nothing. Left to
    itself, LLVM makes calls of the larger ones.
    """
    return _compiled(function, nogil=True, no_cpython_wrapper=True, forceinline=True)


def _compiled(function: Function, *, cache: bool = False, **options: bool) -> Function:
    """Return what Numba makes of a function; with `cache`, its machine code is kept on disk."""
    # `_nrt=False` leaves out Numba's memory management, `no_cfunc_wrapper` an entry for callers in
    # C: kernels need neither
    compiled: Any = njit(_nrt=False, no_cfunc_wrapper=True, **options)(function)  # type: ignore[call-overload]
    if cache:
        compiled._cache = KernelStore(compiled)  # as Numba's `cache=True` would set its own
    return compiled  # type: ignore[no-any-return]


def _instruction(typed: Callable[..., Any]) -> Any:
    """Return a function for kernels, from one that types it and returns the builder of its code."""
    return intrinsic(typed)


def _address(
    context: Any, builder: Any, array_type: Any, array: Any, *, index: Any, element: Any
) -> Any:
    """Return the address of an element, counted in elements of any type from the array's start."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(builder.bitcast(data, element.as_pointer()), [index])


def _lanes(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Load 64 elements of an array from an index on, as one vector; LLVM cuts it into registers."""
    element = context.get_data_type(array_type.dtype)
    address = _address(context, builder, array_type, array, index=index, element=element)
    # align=1: voxels begin anywhere, and an aligned load would be an illegal instruction there
    return builder.load(
        builder.bitcast(address, ir.VectorType(element, LANES).as_pointer()), align=1
    )


def _spread(builder: Any, value: Any, lanes: int) -> Any:
    """Return a vector whose lanes all hold a value."""
    vector = ir.VectorType(value.type, lanes)
    unset = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(unset, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(first, unset, zeros)


def _load64(_: Any, bits: Any, _byte: Any) -> Any:
    """Type and build `load64`."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # the address of a byte read as that of a word; as the lowest byte comes first in memory,
        # bit k of the word is the k-th bit behind that address
        word, byte = ir.IntType(64), ir.IntType(8)
        address = _address(
            context, builder, signature.args[0], args[0], index=args[1], element=byte
        )
        return builder.load(builder.bitcast(address, word.as_pointer()), align=1)

    return types.uint64(bits, types.int64), build


def _differ64(_: Any, a: Any, _i: Any, b: Any, _j: Any) -> Any:
    """Type and build `differ64`."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left = _lanes(context, builder, signature.args[0], args[0], args[1])
        right = _lanes(context, builder, signature.args[2], args[2], args[3])
        # a vector of 64 bits, lane 0 in the lowest: the word itself
        return builder.bitcast(builder.icmp_unsigned("!=", left, right), ir.IntType(64))

    return types.uint64(a, types.int64, b, types.int64), build


def _against(compare: str, operator: str) -> Any:
    """Return the typing of a comparison of 64 elements with one value."""

    def typed(_: Any, a: Any, _i: Any, _value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            left = _lanes(context, builder, signature.args[0], args[0], args[1])
            right = _spread(builder, args[2], LANES)
            # 64 lanes of one bit are a word as they are; on x86 this becomes a movemask
            return builder.bitcast(getattr(builder, compare)(operator, left, right), ir.IntType(64))

        return types.uint64(a, types.int64, a.dtype), build

    return typed


def _counted(name: str, *flags: int) -> Any:
    """Return the typing of an LLVM instruction that counts bits; `flags` follow the word."""

    def typed(_: Any, _word: Any) -> Any:
        def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            constants = (ir.Constant(ir.IntType(1), flag) for flag in flags)
            return getattr(builder, name)(args[0], *constants)

        return types.int64(types.uint64), build

    return typed


def _across64(_: Any, words: Any, _bit: Any) -> Any:
    """Type and build `across64`."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        eight, zero = ir.VectorType(word, 8), ir.Constant(word, 0)
        address = _address(context, builder, signature.args[0], args[0], index=zero, element=word)
        words = builder.load(builder.bitcast(address, eight.as_pointer()), align=8)
        # eight words against one bit, in one vector; their answers are the bits of a byte
        bits = builder.and_(words, _spread(builder, args[1], 8))
        is_set = builder.icmp_unsigned("!=", bits, ir.Constant(eight, [0] * 8))
        return builder.bitcast(is_set, ir.IntType(8))

    return types.uint8(words, types.uint64), build


def _preferred(operator: str) -> Any:
    """Return the typing of a choice between two numbers: the first, if the operator holds."""

    def typed(_: Any, a: Any, _b: Any) -> Any:
        # a number that is written in a kernel has a type of its own; the result is of the plain one
        number = types.unliteral(a)  # type: ignore[no-untyped-call]

        def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            if isinstance(number, types.Integer):
                return builder.select(
                    builder.icmp_signed(operator, args[0], args[1]), args[0], args[1]
                )
            flags = ("nnan", "nsz")  # without these, NaN and -0 would keep LLVM from a vector's min
            first = builder.fcmp_ordered(operator, args[0], args[1], flags=flags)
            return builder.select(first, args[0], args[1], flags=flags)

        return number(number, number), build

    return typed


load64: Callable[[Bits, int], Word] = _instruction(_load64)
"""The 64 bits that begin at a byte of an array of words."""

differ64: Callable[[Labels, int, Labels, int], Word] = _instruction(_differ64)
"""Bit k: `a[i + k] != b[j + k]`; all 64 must lie in the arrays."""

equal64: Callable[[Labels, int, Any], Word] = _instruction(_against("icmp_unsigned", "=="))
"""Bit k: `a[i + k] == value`, of integers; all 64 must lie in the array."""

at_most64: Callable[[Singles, int, Any], Word] = _instruction(_against("fcmp_ordered", "<="))
"""Bit k: `a[i + k] <= value`, of floats; all 64 must lie in the array."""

across64: Callable[[Bits, Word], Any] = _instruction(_across64)
"""Bit j: `words[j] & bit != 0`, of the first 8 words of an array."""

ctz: Callable[[Word], int] = _instruction(_counted("cttz", 0))  # 0: zero is no undefined case
"""Number of zero bits below the lowest set one; 64 for zero."""

clz: Callable[[Word], int] = _instruction(_counted("ctlz", 0))
"""Number of zero bits above the highest set one; 64 for zero."""

popcount: Callable[[Word], int] = _instruction(_counted("ctpop"))
"""Number of set bits."""

least: Callable[[Any, Any], Any] = _instruction(_preferred("<"))
"""The smaller of two numbers, of the type of the first, signed if whole.

It knows nothing of NaN, so that LLVM vectorises loops over it; and `min` would be one more function
to compile.
"""

greatest: Callable[[Any, Any], Any] = _instruction(_preferred(">"))
"""The larger of two numbers, of the type of the first, signed if whole; neither of them NaN."""


@helper
def ones(n: int) -> Word:
    """Return a word whose `n` lowest bits are set; all of them from 64 on."""
    # a shift by all 64 bits is undefined in LLVM, so that a full word is a case by itself
    return ALL if n >= LANES else (ONE << np.uint64(n)) - ONE


@helper
def differ(a: Labels, i: int, b: Labels, j: int) -> Word:
    """Return, as bit k, whether `a[i + k] != b[j + k]`; 0 where either lies outside.

    Both arrays have the same size, 64 or more, and at least one k lies inside of both.
    """
    # where the 64 hang over an end of the arrays, they are read where they still fit, and the bits
    # are shifted to where they belong: zeros come in for what lies outside
    first, last = (i, j) if i < j else (j, i)
    beyond = last - (a.size - LANES)
    if first < 0 or beyond > 0:
        if last - first > a.size - LANES:  # they hang over both ends, and fit nowhere
            return _differ_within(a, i, b, j)
        if first < 0:
            return differ64(a, i - first, b, j - first) << np.uint64(-first)
        return differ64(a, i - beyond, b, j - beyond) >> np.uint64(beyond)
    return differ64(a, i, b, j)


@helper
def _differ_within(a: Labels, i: int, b: Labels, j: int) -> Word:
    """Return what `differ` does, one element at a time."""
    word = ZERO
    for k in range(LANES):
        within = 0 <= i + k < a.size and 0 <= j + k < b.size
        if within and a[i + k] != b[j + k]:
            word |= ONE << np.uint64(k)
    return word


@helper
def equal(a: Labels, i: int, value: Any) -> Word:
    """Return, as bit k, whether `a[i + k] == value`.

    It is 0 outside of the array, which holds 64 elements or more and at least one such k.
    """
    if i < 0:
        # as in `differ`: read where it fits, and shifted back
        return equal64(a, 0, value) << np.uint64(-i)
    beyond = i - (a.size - LANES)
    if beyond > 0:
        return equal64(a, a.size - LANES, value) >> np.uint64(beyond)
    return equal64(a, i, value)
