"""Grids, label maps, regions and cases: what they accept, what they say to the rest, and what they
count.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region, disjoint_layers
from segeval.errors import GeometryMismatch, ReadError, UsageError


def scene(*rows):
    return LabelMap.of(np.array([[int(cell) for cell in row.split()] for row in rows]))


class TestGrid:
    def test_sizes_follow_from_shape_and_spacing(self):
        grid = Grid((2, 3, 4), (0.5, 2.0, 3.0), "mm")
        assert (grid.ndim, grid.size) == (3, 2 * 3 * 4)
        assert grid.element == 0.5 * 2 * 3
        assert str(grid) == "2×3×4 at 0.5×2×3 mm"

    @pytest.mark.parametrize(
        ("spacing", "unit", "volume_unit", "voxel"),
        [((1, 2, 5), "mm", "ml", 10 / 1000), ((2, 5), "mm", "mm²", 10), ((2, 5), "px", "px", 10)],
    )
    def test_a_volume_has_the_unit_of_its_rank(self, spacing, unit, volume_unit, voxel):
        grid = Grid((4,) * len(spacing), spacing, unit)
        assert (grid.volume_unit, grid.voxel_volume) == (volume_unit, voxel)

    def test_an_image_has_pixels_of_one(self):
        assert Grid.unspaced((5, 6)).spacing == (1, 1)
        assert Grid.unspaced((5, 6)).unit == "px"

    def test_spacing_has_one_value_per_axis(self):
        with pytest.raises(
            UsageError,
            match=r"spacing \(1.0, 1.0\) has 2 values for a mask of shape \(2, 2, 2\); give one",
        ):
            Grid((2, 2, 2), (1.0, 1.0))

    @pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), 1e-320, 1e31])
    def test_spacing_is_positive_and_finite(self, value):
        with pytest.raises(
            UsageError, match=r"not positive and finite, from 1e-30 to 1e\+30; give lengths above 0"
        ):
            Grid((2, 2), (1.0, value))


class TestLabelMap:
    def test_of_an_array_has_the_smallest_dtype(self):
        assert LabelMap.of(np.array([[0.0, 255.0]])).labels.dtype == np.uint8
        assert LabelMap.of(np.array([[0, 256]])).labels.dtype == np.uint16

    def test_holds_integers(self):
        with pytest.raises(
            ReadError,
            match=r"a.npy: a label map holds integers, not float64; convert it with `LabelMap.of`",
        ):
            LabelMap(np.zeros((2, 2)), Grid.unspaced((2, 2)), "a.npy")

    def test_lies_on_its_grid(self):
        with pytest.raises(
            ReadError, match=r"array: labels of shape \(2, 2\) on a grid of shape \(2, 3\)"
        ):
            LabelMap(np.zeros((2, 2), np.uint8), Grid.unspaced((2, 3)))


class TestRegion:
    def test_of_a_number_is_that_label(self):
        assert Region.of(3) == Region("3", frozenset({3}))
        assert Region.of("whole", 1, 2, 4) == Region("whole", frozenset({1, 2, 4}))

    def test_holds_a_label(self):
        with pytest.raises(
            UsageError, match="region 'core' holds no label; give at least one, such as core=1"
        ):
            Region("core", frozenset())

    def test_holds_no_negative_label(self):
        with pytest.raises(
            UsageError, match="region 'core' holds the label -1; labels are from 0 to"
        ):
            Region.of("core", -1)

    @given(st.lists(st.sets(st.integers(0, 6), min_size=1), max_size=8))
    def test_layers_hold_every_region_once_and_no_label_twice(self, unions):
        regions = [Region(str(i), frozenset(labels)) for i, labels in enumerate(unions)]
        layers = disjoint_layers(regions)
        assert sorted(position for layer in layers for position in layer) == list(
            range(len(regions))
        )
        for layer in layers:
            members = [label for position in layer for label in regions[position].labels]
            assert len(members) == len(set(members))

    def test_disjoint_regions_need_one_layer(self):
        assert disjoint_layers([Region.of(label) for label in range(1, 100)]) == [list(range(99))]


class TestCase:
    def test_its_masks_have_one_shape(self):
        message = (
            r"case 'a': pred shape \(1, 3\) differs from gt shape \(1, 2\) "
            r"\(array against array\); resample"
        )
        with pytest.raises(GeometryMismatch, match=message):
            Case("a", scene("0 1 1"), scene("0 1"))

    def test_its_masks_have_one_spacing_within_a_tolerance(self):
        gt = LabelMap(np.zeros((2, 2), np.uint8), Grid((2, 2), (1.0, 2.0), "mm"))
        near = LabelMap(gt.labels, Grid((2, 2), (1.0, 2.0 * 1.0009), "mm"))
        far = LabelMap(gt.labels, Grid((2, 2), (1.0, 2.0 * 1.0011), "mm"))
        assert Case("a", near, gt).grid is gt.grid
        message = (
            r"case 'a': pred spacing \(1, 2.0022\) mm differs from gt spacing \(1, 2\) mm "
            r".* pass --spacing"
        )
        with pytest.raises(GeometryMismatch, match=message):
            Case("a", far, gt)
        assert Case("a", far, gt, tolerance=2e-3).grid is gt.grid

    def test_its_masks_have_one_unit(self):
        pixels = scene("0 1")
        millimetres = LabelMap(pixels.labels, Grid((1, 2), (1.0, 1.0), "mm"))
        with pytest.raises(
            GeometryMismatch, match=r"pred spacing \(1, 1\) px differs from gt spacing \(1, 1\) mm"
        ):
            Case("a", pixels, millimetres)

    def test_ignored_voxels_are_background_in_both_masks_and_not_counted(self):
        case = Case("a", scene("1 1 2 2"), scene("1 9 9 2")).ignoring(9)
        assert case.pred.labels.tolist() == [[1, 0, 0, 2]]
        assert case.gt.labels.tolist() == [[1, 0, 0, 2]]
        assert case.ignored.tolist() == [[False, True, True, False]]
        assert case.pred.labels.dtype == np.uint8

    def test_a_label_is_ignored_where_the_ground_truth_has_it_only(self):
        case = Case("a", scene("9 1"), scene("1 1"))
        assert case.ignoring(9) is case

    def test_a_label_beyond_the_dtype_is_nowhere(self):
        case = Case("a", scene("1"), scene("1"))
        assert case.ignoring(300) is case

    def test_two_labels_can_be_ignored(self):
        case = Case("a", scene("1 1 1"), scene("8 9 1")).ignoring(8).ignoring(9)
        assert case.ignored.tolist() == [[True, True, False]]
