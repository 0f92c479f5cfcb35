"""Modules that hold something for every metric, made when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from segeval.errors.calls import unknown_attribute
from segeval.metrics import REGISTRY, MetricSpec


def lazy_members(
    module: str, name: Callable[[MetricSpec], str], make: Callable[[MetricSpec], Any]
) -> tuple[list[str], Callable[[str], Any]]:
    """Return `__all__` and `__getattr__` of a module, which makes its members when they are needed.

    The module writes `__all__, __getattr__ = lazy_members(__name__, …)`. Python asks `__getattr__`
    for names that a module lacks, once for each: a member that was made stays in the module.

    `name` is that of a metric's member and `make` makes it. Importing all functions at once would
    cost time that a call of one of them should not take.
    """

    def member(attribute: str) -> Any:
        for spec in REGISTRY.values():
            if name(spec) == attribute:
                value = make(spec)
                setattr(sys.modules[module], attribute, value)
                return value
        raise unknown_attribute(module, attribute, dir(sys.modules[module]))

    return [name(spec) for spec in REGISTRY.values()], member
