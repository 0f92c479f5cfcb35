"""Division without an epsilon: what is undefined is NaN, and never silent."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

Number = TypeVar("Number")


def ratio(numerator: Number, denominator: Any) -> Number:
    """Return the quotient of arrays, without an epsilon.

    0/0 is NaN and anything else over 0 infinite, silently. Tensors are divided as they are.

    >>> ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    array([0.5, nan])
    """
    quotient: Number
    # tensors are silent anyway, and torch.compile knows no errstate
    if not isinstance(numerator, (np.ndarray, np.generic)):
        quotient = numerator / denominator
        return quotient
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = numerator / denominator
        return quotient
