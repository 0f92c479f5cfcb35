"""Depths inside a mask: the distances that SciPy's transform finds to the boundary voxels of the
mask.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from segeval.measure.crops import Crop
from segeval.measure.depths import measure_depths

SPACINGS = st.tuples(*[st.sampled_from([0.5, 0.8, 1.0, 2.5])] * 3)


def scipy_depths(mask, spacing):
    """Distance of each voxel of the mask to the nearest one with a face neighbour outside, as SciPy
    has it.
    """
    boundary = mask & ~ndimage.binary_erosion(mask)
    return ndimage.distance_transform_edt(~boundary, sampling=spacing)


@pytest.mark.parametrize("order", ["C", "F"])
@given(
    data=st.data(),
    spacing=SPACINGS,
    ndim=st.integers(2, 3),
    holes=st.sampled_from([0.0, 0.01, 0.2, 0.6]),
)
def test_depths_are_those_of_scipy(order, data, spacing, ndim, holes):
    shape = data.draw(arrays.array_shapes(min_dims=ndim, max_dims=ndim, min_side=1, max_side=14))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    pred, gt = (np.asarray(rng.random(shape) >= holes, order=order) for _ in range(2))
    spacing = spacing[:ndim]
    depths = measure_depths([(Crop(pred, (0,) * ndim), Crop(gt, (0,) * ndim))], spacing)
    p, g = scipy_depths(pred, spacing), scipy_depths(gt, spacing)
    for histogram, expected in (
        (depths.p, p[pred]),
        (depths.g, g[gt]),
        (depths.shared, np.maximum(p, g)[pred & gt]),
    ):
        assert np.allclose(
            np.repeat(histogram.value, histogram.size), np.sort(expected), rtol=1e-12
        )
        assert histogram.start.tolist() == [0, len(histogram.value)]
