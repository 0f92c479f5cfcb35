"""The overlay: the right slice, the right way up, and the files that it needs."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from helpers.drawing import keys
from hypothesis import assume, given
from hypothesis.extra import numpy as hnp
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy.ndimage import binary_erosion, distance_transform_edt

from segeval.data.grid import Grid
from segeval.plots import draw, slices
from segeval.plots.errors import NothingToDraw
from segeval.plots.kinds import overlay
from segeval.plots.kinds.overlay import BOTH, ONLY_G, ONLY_P, OTHERS, SHADOW
from segeval.plots.slices import cut, farthest
from segeval.plots.source import Source
from segeval.protocols.protocol import Protocol
from segeval.results.details import Details
from segeval.results.results import Results
from segeval.statistics.curves import Curves

SPACING = (1.0, 1.5, 2.5)


def results(
    folder: Path, scores: dict[tuple[str, str], float], suffix: str, **protocol: object
) -> Results:
    """Results of Dice for files `<case>_pred<suffix>` and `<case>_gt<suffix>`; regions are named by
    their label.
    """
    rows = [(case, region, value, "") for (case, region), value in scores.items()]
    cases = pd.DataFrame(rows, columns=["case", "region", "dice", "note"])
    files = {
        case: {side: str(folder / f"{case}_{side}{suffix}") for side in ("pred", "gt")}
        for case in cases["case"].unique()
    }
    regions = {region: [int(region)] for region in cases["region"].unique()}
    run = {
        "units": {"length": "mm", "volume": "ml"},
        "cases": files,
        "regions": regions,
        "protocol": Protocol(**protocol).to_dict(),
    }
    return Results(cases, cases, run)


def save(folder: Path, case: str, pred: np.ndarray, gt: np.ndarray) -> None:
    for side, mask in (("pred", pred), ("gt", gt)):
        np.save(folder / f"{case}_{side}.npy", mask.astype(np.uint8))


def drawn(run: Results, worst: int = 3) -> Figure:
    ((_, figure),) = overlay.figures(Source.of(run, None, worst))
    figure.draw_without_rendering()
    return figure


def square(low: int, high: int, shape: tuple[int, int] = (12, 12)) -> np.ndarray:
    mask = np.zeros(shape, dtype=np.uint8)
    mask[low:high, low:high] = 1
    return mask


@given(hnp.arrays(bool, (5, 6, 4)), hnp.arrays(bool, (5, 6, 4)))
def test_the_farthest_voxel_is_that_of_a_distance_transform(pred: np.ndarray, gt: np.ndarray):
    assume(pred.any() and gt.any())
    place = farthest(pred, gt, SPACING)
    edges = [mask & ~binary_erosion(mask) for mask in (pred, gt)]
    distances = [
        np.where(edge, distance_transform_edt(~opposite, sampling=SPACING), 0)
        for edge, opposite in (edges, edges[::-1])
    ]
    assert place.distance == pytest.approx(max(d.max() for d in distances))
    assert max(d[place.index] for d in distances) == pytest.approx(place.distance)


def test_without_a_prediction_the_fullest_slice_is_shown():
    gt = np.zeros((6, 6, 6), dtype=bool)
    gt[1:5, 1:5, 3] = gt[2, 2, :] = True
    place = farthest(np.zeros_like(gt), gt, SPACING)
    assert place.index[2] == 3
    assert np.isnan(place.distance)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 1.0, 3.0), (3.0, 1.0, 1.0)])
def test_a_volume_looks_the_same_however_it_is_stored(spacing: tuple[float, ...]):
    volume = np.random.default_rng(0).random((4, 5, 6)) < 0.5
    image = nib.Nifti1Image(volume.astype(np.uint8), np.diag([*spacing, 1.0]))
    voxel = (1, 3, 4)
    seen = set()
    for axes, flips in product(permutations(range(3)), product((1, -1), repeat=3)):
        turned = image.as_reoriented(np.column_stack([axes, flips]))
        stored = np.asarray(turned.dataobj).astype(bool)
        index = tuple(
            int(i)
            for i in np.rint(np.linalg.solve(turned.affine, [*np.multiply(voxel, spacing), 1])[:3])
        )
        plane = cut(Grid(stored.shape, turned.header.get_zooms(), "mm", turned.affine), index)
        shown = plane.rows(stored)
        assert shown[plane.locate(index, stored.shape)] == volume[voxel]
        seen.add((shown.shape, shown.tobytes(), plane.locate(index, stored.shape)))
    assert len(seen) == 1


def test_up_is_superior_or_anterior_and_right_is_the_patients_right():
    volume = np.zeros((3, 4, 5), dtype=bool)
    volume[2, 3, 1] = True  # right, anterior
    plane = cut(Grid(volume.shape, (1, 1, 1), "mm", np.eye(4)), (0, 0, 1))
    assert (plane.axis, plane.index) == (2, 1)
    np.testing.assert_array_equal(np.argwhere(plane.rows(volume)), [[0, 2]])
    assert plane.names == ("axis 1: P to A", "axis 0: L to R")


def test_an_image_is_shown_as_it_is():
    image = np.arange(6).reshape(2, 3) > 2
    plane = cut(Grid.unspaced((2, 3)), (1, 0))
    np.testing.assert_array_equal(plane.rows(image), image)
    assert plane.locate((1, 0), (2, 3)) == (1, 0)
    assert plane.names == ("axis 0, downwards", "axis 1")


def test_the_slice_goes_through_the_largest_distance_across_the_coarsest_axis(tmp_path: Path):
    gt = np.zeros((9, 10, 8), dtype=np.uint8)
    gt[2:7, 2:7, 2:6] = 1
    pred = gt.copy()
    pred[2:7, 2:9, 5] = 1
    for side, mask in (("pred", pred), ("gt", gt)):
        nib.Nifti1Image(mask, np.diag([1.0, 1.0, 3.0, 1.0])).to_filename(
            tmp_path / f"a_{side}.nii.gz"
        )
    (ax,) = drawn(results(tmp_path, {("a", "1"): 0.8}, ".nii.gz")).axes
    assert ax.get_title(loc="left") == "a\ndice 0.8\nslice 5 of 8 along axis 2"
    assert "2 mm" in [text.get_text() for text in ax.texts]
    shown = ax.images[0].get_array()
    assert shown.shape == (10, 9, 3)  # rows: axis 1, anterior at the top
    np.testing.assert_allclose(shown[10 - 1 - 8, 3], to_rgb(ONLY_P))
    np.testing.assert_allclose(shown[10 - 1 - 3, 3], to_rgb(BOTH))
    ring = next(line for line in ax.lines if line.get_marker() == "o")
    assert ring.get_ydata()[0] == 10 - 1 - 8


def test_colours_tell_prediction_ground_truth_and_other_regions(tmp_path: Path):
    gt = square(2, 6) + 2 * square(8, 10)
    save(tmp_path, "a", square(4, 8), gt)
    (ax,) = drawn(results(tmp_path, {("a", "1"): 0.3, ("a", "2"): 0.9}, ".npy")).axes
    shown = ax.images[0].get_array()
    for place, color in (
        ((2, 2), ONLY_G),
        ((5, 5), BOTH),
        ((7, 7), ONLY_P),
        ((9, 9), OTHERS),
        ((0, 0), "white"),
    ):
        np.testing.assert_allclose(shown[place], to_rgb(color), err_msg=str(place))
    assert ax.get_title(loc="left") == "a · region 1\ndice 0.3 (case mean 0.6)"


def test_the_window_shows_the_whole_region_around_a_speck_of_it(tmp_path: Path):
    gt = np.zeros((120, 120, 8), dtype=np.uint8)
    gt[10:110, 10:110, 0] = 1
    pred = gt.copy()
    pred[30:32, 40, 7] = 1  # a speck, far from all that is true
    for side, mask in (("pred", pred), ("gt", gt)):
        nib.Nifti1Image(mask, np.diag([1.0, 1.0, 3.0, 1.0])).to_filename(
            tmp_path / f"a_{side}.nii.gz"
        )
    figure = drawn(results(tmp_path, {("a", "1"): 0.8}, ".nii.gz"))
    (ax,) = figure.axes
    assert "slice 7 of 8" in ax.get_title(loc="left")
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert right - left == bottom - top == pytest.approx(1.2 * 100)
    assert ((left + right) / 2, (bottom + top) / 2) == (59.5, 59.5)
    shown = ax.images[0].get_array()
    np.testing.assert_allclose(shown[120 - 1 - 40, 30], to_rgb(ONLY_P))
    np.testing.assert_allclose(shown[60, 60], to_rgb(SHADOW))
    assert "the region in other slices" in keys(figure)


@pytest.mark.parametrize(("low", "high", "edge"), [(2, 10, True), (20, 40, False)])
def test_the_legend_explains_what_there_is_to_be_seen(
    low: int, high: int, edge: bool, tmp_path: Path
):
    save(tmp_path, "a", square(low, high - 1, (60, 60)), square(low, high, (60, 60)))
    figure = drawn(results(tmp_path, {("a", "1"): 0.8}, ".npy"))
    assert ("image edge" in keys(figure)) == edge
    # an image has no other slices, and there is one region
    assert "the region in other slices" not in keys(figure)
    assert "other regions" not in keys(figure)


def test_the_scale_is_not_where_the_ring_is(tmp_path: Path):
    def scale(row: int, column: int) -> float:
        """The middle of the scale, as a share of the window, of a speck at this place."""
        pred = square(10, 30, (40, 40))
        pred[row, column] = 1
        save(tmp_path, "a", pred, square(10, 30, (40, 40)))
        (ax,) = drawn(results(tmp_path, {("a", "1"): 0.8}, ".npy")).axes
        line = next(line for line in ax.lines if line.get_marker() == "None")
        left, right = ax.get_xlim()
        return float((np.mean(line.get_xdata()) - left) / (right - left))

    assert scale(2, 2) < 0.25
    assert scale(37, 37) < 0.25
    assert scale(37, 2) > 0.75


def test_in_a_large_box_the_largest_distance_is_that_of_blocks(monkeypatch: pytest.MonkeyPatch):
    pred, gt = np.zeros((2, 40, 40, 40), dtype=bool)
    gt[:20, :20, :20] = pred[:20, :20, :20] = True
    pred[39, 39, 39] = True
    exact = farthest(pred, gt, (1.0, 1.0, 2.0))
    monkeypatch.setattr(slices, "MOST", 40**3 // 8)
    place = farthest(pred, gt, (1.0, 1.0, 2.0))
    assert (exact.is_exact, place.is_exact) == (True, False)
    assert exact.index == (39, 39, 39)
    assert np.abs(np.subtract(place.index, exact.index)).max() < 2
    assert place.distance == pytest.approx(exact.distance, abs=np.linalg.norm([2, 2, 4]))


def test_a_run_that_is_not_read_any_more_draws_other_figures(tmp_path: Path):
    """What is read on a thread fails there, and is told where its figure would be drawn."""
    save(tmp_path, "a", square(3, 7), square(2, 8))
    run = results(tmp_path, {("a", "1"): 0.9}, ".npy")
    figures = overlay.figures(Source.of(run, None, 3))
    assert len(list(figures)) == 1
    (tmp_path / "a_pred.npy").unlink()
    figures = overlay.figures(Source.of(run, None, 3))
    with pytest.raises(NothingToDraw, match="none of the worst cases' files can be read"):
        list(figures)


def test_the_worst_cases_come_first_and_no_more_than_asked(tmp_path: Path):
    for case in "abc":
        save(tmp_path, case, square(3, 7), square(2, 8))
    figure = drawn(
        results(tmp_path, {("a", "1"): 0.9, ("b", "1"): 0.2, ("c", "1"): 0.5}, ".npy"), worst=2
    )
    assert [ax.get_title(loc="left").split("\n")[0] for ax in figure.axes] == ["b", "c"]
    assert figure.get_suptitle() == "Worst cases by dice: 2 of n = 3 cases"


def test_cases_go_by_the_mean_that_is_written_beside_the_worst_region(tmp_path: Path):
    for case in "ab":
        save(tmp_path, case, square(2, 6) + 2 * square(8, 10), square(2, 6) + 2 * square(7, 10))
    scores = {("a", "1"): 0.9, ("a", "2"): 0.1, ("b", "1"): 0.4, ("b", "2"): 0.2}
    figure = drawn(results(tmp_path, scores, ".npy"))
    assert figure.get_suptitle() == "Worst cases by mean dice over regions: 2 of n = 2 cases"
    assert [ax.get_title(loc="left").split("\n")[:2] for ax in figure.axes] == [
        ["b · region 2", "dice 0.2 (case mean 0.3)"],
        ["a · region 2", "dice 0.1 (case mean 0.5)"],
    ]


def test_of_regions_that_are_equally_bad_the_largest_is_shown(tmp_path: Path):
    speck = np.zeros((12, 12), dtype=np.uint8)
    speck[11, 11] = 1
    save(tmp_path, "a", 0 * speck, speck + 2 * square(2, 6))
    run = results(tmp_path, {("a", "1"): 0.0, ("a", "2"): 0.0}, ".npy")
    gt = np.array([[1.0, 16.0]])
    details = Details(("a",), ("1", "2"), 0 * gt, gt, Curves.absent(2))
    (ax,) = drawn(replace(run, details=details)).axes
    assert ax.get_title(loc="left").startswith("a · region 2")


def test_the_protocol_of_the_run_holds_for_the_picture(tmp_path: Path):
    save(tmp_path, "a", 255 * square(2, 8), square(2, 8))
    (ax,) = drawn(results(tmp_path, {("a", "1"): 0.9}, ".npy", binary=True)).axes
    np.testing.assert_allclose(ax.images[0].get_array()[4, 4], to_rgb(BOTH))
    gt = square(2, 8)
    gt[5:] = 9
    save(tmp_path, "b", square(2, 8), gt)
    protocol = {"ignore_label": 9, "spacing": (2.0, 1.0), "geometry_tolerance": np.inf}
    run = results(tmp_path, {("b", "1"): 0.9}, ".npy", **protocol)
    (ax,) = drawn(run).axes
    np.testing.assert_allclose(ax.images[0].get_array()[6, 4], (1, 1, 1))
    assert ax.get_aspect() == 2


def test_a_missing_prediction_is_an_empty_one(tmp_path: Path):
    save(tmp_path, "a", square(2, 8), square(2, 8))
    run = results(tmp_path, {("a", "1"): 0.0}, ".npy")
    run.run["cases"]["a"]["pred"] = None
    (ax,) = drawn(run).axes
    np.testing.assert_allclose(ax.images[0].get_array()[4, 4], to_rgb(ONLY_G))


def test_cases_whose_files_are_gone_are_left_out_with_a_notice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    for case in "ab":
        save(tmp_path, case, square(3, 7), square(2, 8))
    run = results(tmp_path, {("a", "1"): 0.9, ("b", "1"): 0.2}, ".npy")
    (tmp_path / "b_pred.npy").unlink()
    (ax,) = drawn(run).axes
    assert ax.get_title(loc="left").startswith("a\n")
    assert "no overlay of case 'b'" in caplog.text
    assert "there is no such file" in caplog.text
    (tmp_path / "a_gt.npy").unlink()
    with pytest.raises(NothingToDraw, match="none of the worst cases' files can be read"):
        drawn(run)


def test_many_cases_are_spread_over_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(overlay, "PER_PAGE", 2)
    for name in "abc":
        save(tmp_path, name, square(3, 7), square(2, 8))
    run = results(tmp_path, {(name, "1"): 0.5 for name in "abc"}, ".npy")
    written = draw(run, tmp_path / "plots", kinds=["overlay"])
    assert [path.name for path in written] == ["overlay-1.png", "overlay-2.png"]
