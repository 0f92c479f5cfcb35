"""`segeval warm-up` where all is warm already; tests/wheel looks for kernels that it leaves out."""

from __future__ import annotations

from segeval.kernels import compiling


def test_what_is_warm_is_not_compiled_again(segeval):
    before = compiling.compiled_kernels()
    answer = segeval("warm-up")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "nothing to compile: all kernels are at hand\n"
    assert compiling.compiled_kernels() == before
