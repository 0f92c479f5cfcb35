"""Random masks against tools that do not run beside these tests: stored masks, stored numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import segeval
from segeval.metrics import parse_metric

DRAWN = json.loads((Path(__file__).parents[1] / "golden" / "random.json").read_text())
TOLERANCES = {"metrics-reloaded": 1e-6, "seg-metrics": 5e-6, "meshmetrics": 1e-6, "distorch": 1e-4}
"""Tolerances for tools that compute, wholly or in part, in single precision."""


def mask(packed: str, shape: list[int]) -> np.ndarray:
    """A mask of one bit a voxel, written in hexadecimal digits.

    >>> mask("a8", [1, 5]).astype(int).tolist()
    [[1, 0, 1, 0, 1]]
    """
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8), count=int(np.prod(shape)))
    return bits.reshape(shape).astype(bool)


@pytest.mark.parametrize(
    "protocol", sorted({protocol for drawn in DRAWN for protocol in drawn["tools"]})
)
def test_a_protocol_gives_the_numbers_of_its_tool_for_random_masks(protocol):
    assert len(DRAWN) == 48
    for at, drawn in enumerate(DRAWN):
        numbers = drawn["tools"][protocol]
        pair = [mask(drawn[side], drawn["shape"]) for side in ("pred", "gt")]
        options = {"spacing": drawn["spacing"], "regions": [1], "protocol": protocol}
        row = segeval.score(*pair, metrics=list(numbers), **options).iloc[0]
        for form, number in numbers.items():
            exact = 1e-6 if parse_metric(form).spec.unit == "length" else 1e-9
            within = 1e-5 if form == "kappa" else TOLERANCES.get(protocol, exact)
            wanted = pytest.approx(float(number), rel=within, abs=within, nan_ok=True)
            assert row[form] == wanted, (
                f"{form} of masks {at}, {drawn['shape']}, spacing {drawn['spacing']}"
            )
