"""Division without an epsilon: what is undefined is NaN, and never silent."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

Number = TypeVar("Number")


def ratio(numerator: Number, denominator: Any) -> Number:
    """Return the quotient of arrays, without an epsilon.

    0/0 is NaN and anything else over 0 infinite, silently.
    """
    quotient: Number
    if not isinstance(
        numerator, (np.ndarray, np.generic)
    ):  # tensors are silent, and torch.compile knows no errstate
        quotient = numerator / denominator
        return quotient
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = numerator / denominator
        return quotient
