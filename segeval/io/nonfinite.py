"""NaN and the infinities as texts, for JSON, which has no word for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def spelled(value: Any) -> Any:
    """Return a value with the texts `nan`, `inf` and `-inf` for floats that are not finite.

    Most languages turn these texts into numbers. Mappings, lists and tuples are gone through.

    >>> spelled({"mean": 0.5, "range": [0, math.inf]})
    {'mean': 0.5, 'range': [0, 'inf']}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, Mapping):
        return {key: spelled(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [spelled(item) for item in value]
    return value


def read_spelled(value: Any) -> Any:
    """Return a value with the floats that the texts `nan`, `inf` and `-inf` stand for.

    >>> read_spelled({"range": [0, "inf"]})
    {'range': [0, inf]}
    """
    if isinstance(value, str):
        return float(value) if value in ("nan", "inf", "-inf") else value
    if isinstance(value, Mapping):
        return {key: read_spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [read_spelled(item) for item in value]
    return value
