"""What a module holds for every metric, made when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from segeval.errors.calls import unknown_attribute
from segeval.metrics import REGISTRY, MetricSpec


def made(
    module: str, name: Callable[[MetricSpec], str], make: Callable[[MetricSpec], Any]
) -> tuple[list[str], Any]:
    """`__all__` and `__getattr__` of a module that holds something for every metric, made when it
    is asked for.
    """

    def attribute(asked: str) -> Any:
        for spec in REGISTRY.values():
            if name(spec) == asked:
                found = make(spec)
                setattr(sys.modules[module], asked, found)
                return found
        raise unknown_attribute(module, asked, dir(sys.modules[module]))

    return [name(spec) for spec in REGISTRY.values()], attribute
