"""The rule mesh against its definition, analytic shapes and MeshMetrics' numbers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from helpers.exposed import brute
from helpers.scenes import spaced_pairs
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.workspace import Workspace
from segeval.measure.crops import Crop
from segeval.measure.mesh.distances import mesh_distances
from segeval.measure.mesh.net import Net
from segeval.measure.mesh.surfaces import Surface, between
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import Distances

WORKSPACE = Workspace()
MESH, EQUAL = Boundary("mesh"), Boundary("mesh", sizes="equal")
GOLDEN = Path(__file__).parents[1] / "golden"
NUMBERS = json.loads((GOLDEN / "meshmetrics.json").read_text())
CASES = json.loads((GOLDEN / "cases.json").read_text())


def measured(pred, gt, spacing, labels=(1,), boundary=MESH, workspace=WORKSPACE):
    return mesh_distances(
        pred, gt, np.array(labels, np.int64), spacing, boundary=boundary, workspace=workspace
    )


def close(ours: Distances, expected: Distances) -> bool:
    """Whether two histograms of one region are the same, but for rounding that splits an entry."""
    grid = np.unique(np.concatenate([ours.value, expected.value]))
    shares = [[d.within(float(t))[0] for t in grid] for d in (ours, expected)]
    return np.allclose(*shares, rtol=1e-9)


def regions(distances: Distances):
    return (distances.select([r]) for r in range(len(distances)))


@given(spaced_pairs(labels=3))
def test_every_region_has_the_distances_of_the_definition(drawn):
    pred, gt, spacing = drawn
    found = measured(pred, gt, spacing, labels=(3, 1, 2))
    for label, pg, gp in zip((3, 1, 2), regions(found.pg), regions(found.gp), strict=True):
        assert close(pg, Distances.of(*brute(pred == label, gt == label, spacing)))
        assert close(gp, Distances.of(*brute(gt == label, pred == label, spacing)))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(150,), (3, 130), (2, 3, 140), (70, 4, 3), (130, 2), (5, 129)]),
)
def test_faces_far_away_and_rows_of_several_words_are_measured_like_all_others(seed, shape):
    rng = np.random.default_rng(seed)
    shape = shape if len(shape) > 1 else (1, *shape)
    density = rng.choice([0.004, 0.02, 0.3])
    pred, gt = (rng.random((2, *shape)) < density).astype(np.uint8)
    spacing = tuple(rng.choice([0.3, 0.8, 1.5, 5.0], len(shape)).tolist())
    found = measured(pred, gt, spacing)
    assert close(found.pg, Distances.of(*brute(pred > 0, gt > 0, spacing)))
    assert close(found.gp, Distances.of(*brute(gt > 0, pred > 0, spacing)))


@given(spaced_pairs())
def test_the_lattice_and_the_triangles_of_the_net_agree(drawn):
    pred, gt, spacing = drawn
    surfaces = [
        Surface.of(Net.of(Crop(mask > 0, (0,) * mask.ndim), spacing)) for mask in (pred, gt)
    ]
    by_triangles, found = between(*surfaces, MESH, WORKSPACE), measured(pred, gt, spacing)
    for ours, theirs in ((found.pg, by_triangles.pg), (found.gp, by_triangles.gp)):
        assert ours.total() == pytest.approx(theirs.total())
        for q in (0.301, 0.701, 1):
            assert ours.quantile(q) == pytest.approx(theirs.quantile(q), nan_ok=True)


def test_equal_sizes_count_every_point_once():
    pred, gt = np.zeros((2, 3, 3, 5), np.uint8)
    pred[1, 1, 1:3] = gt[1, 1, 1:2] = 1
    found = measured(pred, gt, (1.0, 1.0, 1.0), boundary=EQUAL)
    assert found.gp.size.dtype == found.pg.size.dtype == np.int64
    assert found.pg.total() == 2 * 10  # ten faces of two points
    assert found.gp.total() == 2 * 6


def test_a_voxel_and_its_neighbour_but_one():
    pred, gt = np.zeros((2, 3, 3, 5), np.uint8)
    pred[1, 1, 1] = gt[1, 1, 3] = 1
    found = measured(pred, gt, (1.0, 1.0, 3.0))
    across, along = 1.0, 3.0
    assert found.pg.value == pytest.approx(
        [3, 4, 5, 6]
    )  # the near face, points a third away on the sides, the far one
    assert found.pg.size == pytest.approx([across, 4 * along / 2, 4 * along / 2, across])


def test_in_two_dimensions_a_side_is_measured_from_its_middle():
    pred, gt = np.zeros((2, 3, 7), np.uint8)
    pred[1, 1] = gt[1, 4] = 1
    found = measured(pred, gt, (2.0, 1.0))
    assert found.pg.value == pytest.approx([2, 2.5, 3])
    assert found.pg.size == pytest.approx([2, 1 + 1, 2])


def test_a_box_inside_of_a_box():
    pred, gt = np.zeros((2, 20, 20, 20), np.uint8)
    pred[4:16, 4:16, 4:16] = gt[6:14, 6:14, 6:14] = 1
    found = measured(pred, gt, (1.0, 1.0, 1.0))
    assert found.gp.value == pytest.approx([2])
    assert found.gp.total() == pytest.approx(6 * 8**2)
    assert found.pg.value.max() == pytest.approx(
        np.sqrt(2**2 + 2 * (5 / 3) ** 2)
    )  # a third from the outer corner


def test_the_edge_of_the_image_closes_a_mask():
    full = np.ones((2, 3, 4), np.uint8)
    found = measured(full, full, (1.0, 2.0, 3.0))
    assert found.pg.value.tolist() == [0]
    assert found.pg.total() == pytest.approx(2 * (6 * 12 + 2 * 12 + 2 * 6))


def test_what_is_missing_on_one_side_is_infinitely_far_with_its_whole_size():
    pred, gt = np.zeros((2, 4, 4, 4), np.uint8)
    pred[1:3, 1, 1] = 2
    gt[3, 3, 3] = 5
    found = measured(pred, gt, (1.0, 1.0, 1.0), labels=(2, 256, 5, 3))
    assert found.pg.total().tolist() == [10, 0, 0, 0]
    assert found.gp.total().tolist() == [0, 0, 6, 0]
    assert np.isinf(found.pg.value).all()
    assert np.isinf(found.gp.value).all()
    assert found.pg.empty.tolist() == [False, True, True, True]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_neither_order_in_memory_nor_threads_change_a_digit(dtype):
    rng = np.random.default_rng(4)
    pred, gt = np.kron(rng.integers(0, 4, (2, 6, 5, 7)), np.ones((1, 3, 2, 4))).astype(dtype)
    if dtype == np.uint16:
        pred[pred == 3], gt[gt == 3] = 65535, 65535
    labels, spacing = (1, 2, int(gt.max())), (0.7, 1.3, 2.0)
    expected = measured(pred, gt, spacing, labels)
    with Workspace(threads=2) as two:
        for orders in ("CC", "FF", "CF"):
            arrays = [
                np.asarray(mask, order=order)
                for mask, order in zip((pred, gt), orders, strict=True)
            ]
            for workspace in (WORKSPACE, two):
                found = measured(*arrays, spacing, labels, workspace=workspace)
                assert found.pg.value == pytest.approx(expected.pg.value, rel=1e-14)
                assert found.gp.size == pytest.approx(expected.gp.size, rel=1e-14)


def test_one_region_cut_into_jobs_is_measured_the_same_to_the_last_bit():
    pred, gt = (np.random.default_rng(8).random((2, 30, 40, 70)) < 0.01).astype(np.uint8)
    pred[:, :, :35] = 0  # so that some faces are far from all others
    expected = measured(pred, gt, (1.0, 0.7, 0.9))
    with Workspace(threads=2) as two:
        found = measured(pred, gt, (1.0, 0.7, 0.9), workspace=two)
    for ours, theirs in ((found.pg, expected.pg), (found.gp, expected.gp)):
        assert np.array_equal(ours.value, theirs.value)
        assert np.array_equal(ours.size, theirs.size)


def test_no_label_is_no_region():
    nothing = np.zeros((3, 3), np.uint8)
    assert len(measured(nothing, nothing, (1.0, 1.0), labels=()).pg) == 0


@cache
def masks():
    with np.load(GOLDEN / "masks.npz") as stored:
        return dict(stored)


def comparable(pred, gt):
    """Whether both masks have voxels, and in 2-D none at the edge of the image, where MeshMetrics'
    meshes are open.
    """
    inner = (slice(1, -1),) * 2
    return all(
        mask.any() and (mask.ndim == 3 or mask[inner].sum() == mask.sum()) for mask in (pred, gt)
    )


def meshmetrics():
    """MeshMetrics' numbers that can be compared: (case, label, numbers)."""
    for case, by_label in NUMBERS.items():
        for label, numbers in by_label.items():
            if comparable(*(masks()[f"{case}_{side}"] == int(label) for side in ("pred", "gt"))):
                yield case, label, {name: float(number) for name, number in numbers.items()}


def test_most_of_meshmetrics_numbers_are_compared():
    assert len(list(meshmetrics())) == 34


@pytest.mark.parametrize(("case", "label", "numbers"), list(meshmetrics()))
def test_meshmetrics_numbers_are_ours(case, label, numbers):
    pred, gt = (masks()[f"{case}_{side}"] for side in ("pred", "gt"))
    spacing = CASES[case]["spacing"]
    found = measured(pred, gt, tuple(spacing), (int(label),))
    total = found.both.total()[0]
    ours = {
        "hd_100": max(found.pg.quantile(1)[0], found.gp.quantile(1)[0]),
        "hd_95": max(found.pg.quantile(0.95)[0], found.gp.quantile(0.95)[0]),
        "assd": found.both.mean()[0],
        "masd": (found.pg.mean()[0] + found.gp.mean()[0]) / 2,
        "area_pred": found.pg.total()[0],
        "area_gt": found.gp.total()[0],
    }
    # VTK keeps coordinates in single precision
    rounding = float(np.finfo(np.float32).eps) * max(
        n * step for n, step in zip(pred.shape, spacing, strict=True)
    )
    for name, value in ours.items():
        assert value == pytest.approx(numbers[name], rel=1e-6, abs=rounding), name
    for name in numbers:
        if name.startswith(
            "nsd_"
        ):  # of points at the tolerance exactly, rounding lets MeshMetrics count some
            tolerance = float(name.removeprefix("nsd_"))
            least, most = (
                found.both.below(tolerance)[0] / total,
                found.both.within(tolerance)[0] / total,
            )
            assert least - 1e-7 <= numbers[name] <= most + 1e-7, name
