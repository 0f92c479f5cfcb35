"""Labels of any array: NumPy's plain conversion of the same values says what must come out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from segeval.data.labels import as_labels, narrowed
from segeval.errors import ReadError

WHOLE = st.integers(0, 3) | st.sampled_from([254, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53])


@given(
    values=arrays.arrays(np.int64, arrays.array_shapes(max_dims=3, max_side=4), elements=WHOLE),
    dtype=st.sampled_from([np.int64, np.uint64, np.float64, ">i8"]),
    axes=st.permutations(range(3)),
    step=st.sampled_from([1, -1]),
)
def test_any_array_keeps_its_values_in_the_smallest_dtype(values, dtype, axes, step):
    array = values.astype(dtype).transpose([axis for axis in axes if axis < values.ndim])[::step]
    labels = as_labels(array, "array")
    smallest = next(
        d for d in (np.uint8, np.uint16, np.uint32, np.uint64) if values.max() <= np.iinfo(d).max
    )
    assert labels.dtype == smallest
    assert labels.shape == array.shape
    assert np.array_equal(labels, array)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_memory_order_stays(order):
    labels = as_labels(np.ones((3, 4, 5), order=order), "array")
    assert labels.flags[f"{order}_CONTIGUOUS"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.bool_])
def test_what_is_small_already_is_not_copied(dtype):
    array = np.array([[0, 1], [1, np.iinfo(dtype).max if dtype != np.bool_ else 1]], dtype)
    assert np.shares_memory(as_labels(array, "array"), array)


def test_pillows_booleans_of_255_are_ones():
    array = np.asarray(Image.fromarray(np.eye(2, dtype=bool)))
    assert array.view(np.uint8).max() == 255
    assert as_labels(array, "array").tolist() == [[1, 0], [0, 1]]


def test_a_label_that_needs_a_wider_dtype_may_come_in_a_later_chunk():
    chunks = (np.array([value], np.int64) for value in (7, 300, 5, 70_000, 255))
    assert narrowed(chunks, 5, "array").tolist() == [7, 300, 5, 70_000, 255]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            np.nan,
            "array: holds NaN or infinite values; labels are whole numbers: replace them with a "
            "label",
        ),
        (-np.inf, "array: holds NaN or infinite values"),
        (-2.0, "array: holds the negative value -2; labels start at 0: shift or remap them"),
        (
            0.5,
            "array: holds 0.5, which is not a whole number; .* pass --threshold .* or take the "
            "argmax of class probabilities first",
        ),
        (1e20, r"array: holds 1e\+20, beyond the largest label 2\*\*63 - 1; remap the labels"),
        (
            1j,
            "array: labels must be whole numbers, but the dtype is complex128; save them as "
            "integers",
        ),
    ],
)
def test_other_values_are_refused(value, message):
    with pytest.raises(ReadError, match=message):
        as_labels(np.array([[0, value]]), "array")
