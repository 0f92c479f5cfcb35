"""Every metric as a function of a prediction and a ground truth, on NumPy arrays or torch tensors.

The functions are made from the metrics' cards when they are first used; `functional.pyi` shows them
to editors.

>>> import numpy as np
>>> from segeval.functional import dice
>>> float(dice(np.array([2, 0, 2, 1]), np.array([1, 1, 2, 0]), average="micro"))
0.25
"""

from __future__ import annotations

from segeval.batches.functions import function_of
from segeval.batches.members import lazy_members

__all__, __getattr__ = lazy_members(__name__, lambda spec: spec.formula.__name__, function_of)


def __dir__() -> list[str]:
    return __all__
