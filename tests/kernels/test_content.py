from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest

import segeval
from segeval.kernels.content import digest

SOURCE = """
STEP = 2
def helper(x):
    return x + STEP
def kernel(x):
    return helper(x) * 3
"""


def kernel_of(source: str, path: str = "here.py") -> FunctionType:
    names: dict[str, Any] = {}
    exec(compile(source, path, "exec"), names)
    return names["kernel"]


def test_a_copy_elsewhere_is_the_same():
    assert digest(kernel_of(SOURCE)) == digest(kernel_of("\n\n" + SOURCE, "there.py"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* 3", "* 4"),
        ("STEP = 2", "STEP = 3"),
        ("STEP = 2", "STEP = 2.0"),
        ("x + STEP", "x - STEP"),
        ("helper", "aid"),
    ],
)
def test_what_a_kernel_refers_to_is_part_of_it(old, new):
    assert digest(kernel_of(SOURCE)) != digest(kernel_of(SOURCE.replace(old, new)))


def test_what_closures_and_defaults_hold_is_part_of_it():
    def adding(step, start=0):
        def kernel(x, first=start):
            return x + step + first

        return kernel

    assert len({digest(adding(*given)) for given in [(1,), (2,), (1, 1)]}) == 3


def test_a_record_is_known_by_its_fields():
    def of(fields: tuple[str, ...]) -> str:
        names: dict[str, Any] = {"Record": type("Record", (tuple,), {"_fields": fields})}
        exec("def kernel(x):\n    return Record(x)", names)
        return digest(names["kernel"])

    assert of(("a", "b")) != of(("a", "c"))


def test_what_has_no_digest_is_an_error():
    names = {"state": SimpleNamespace(count=1)}
    exec("def kernel(x):\n    return x + state.count", names)
    with pytest.raises(TypeError, match=r"namespace\(count=1\) has no digest"):
        digest(names["kernel"])


def kernels() -> Iterator[Any]:
    for module in pkgutil.walk_packages(segeval.__path__, "segeval."):
        if (
            not module.name.startswith(("segeval.cli", "segeval.kernels.packing"))
            and "__main__" not in module.name
        ):
            members = vars(importlib.import_module(module.name)).values()
            yield from (member for member in members if hasattr(member, "py_func"))


def test_every_kernel_of_the_package_has_one():
    names = {kernel.__name__ for kernel in kernels() if digest(kernel)}
    assert {"_sweep", "_search", "_squared_distances", "_relax"} <= names
