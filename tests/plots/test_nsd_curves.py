"""The NSD plot draws what the metric gives, whatever the spacings of the cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from helpers.drawing import drawn, keys, panels, words
from helpers.synthetic import results

import segeval
from segeval.results.details import Details
from segeval.statistics.curves import EXACT, PARTS, Curves
from segeval.statistics.distances import Distances, SurfaceDistances

SPACINGS = {"a": (1.0, 1.0, 1.0), "b": (0.7, 0.7, 2.5), "c": (0.78125, 0.78125, 3.0)}


def ellipsoid(spacing: tuple[float, ...], centre: tuple[float, ...], radius: float) -> np.ndarray:
    shape = [round(40 / length) for length in spacing]
    axes = np.meshgrid(
        *(np.arange(n) * s for n, s in zip(shape, spacing, strict=True)), indexing="ij"
    )
    squares = sum((axis - c) ** 2 for axis, c in zip(axes, centre, strict=True))
    return (squares < radius**2).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """Three cases of other spacings; label 2 is in the ground truths alone."""
    folder = tmp_path_factory.mktemp("masks")
    for name, spacing in SPACINGS.items():
        gt = ellipsoid(spacing, (20, 20, 20), 12)
        pred = ellipsoid(spacing, (21, 20.5, 19), 11)
        gt[:3, :3, :3] = 2
        for side, mask in (("pred", pred), ("gt", gt)):
            (folder / side).mkdir(exist_ok=True)
            affine = np.diag([*spacing, 1])
            nib.save(nib.Nifti1Image(mask, affine), folder / side / f"{name}.nii.gz")
    return folder / "pred", folder / "gt"


def test_every_point_of_the_line_is_the_median_of_nsd_at_that_tolerance(folders):
    (figure,) = drawn("nsd", segeval.score_folder(*folders, metrics="hd95")).values()
    (ax,) = panels(figure)
    tolerance, median = ax.lines[0].get_data()
    forms = [f"nsd@{value:.6g}" for value in tolerance]
    assert {"nsd@0.5", "nsd@1", "nsd@2"} <= set(forms)
    cases = segeval.score_folder(*folders, metrics=forms, regions=[1]).cases
    # in single precision, as sizes and distances are kept
    np.testing.assert_allclose(median, cases[forms].median(), rtol=1e-6)


def test_curves_of_each_case_are_those_of_its_own_spacing(folders):
    details = segeval.score_folder(*folders, metrics="hd95", regions=[1]).details
    assert details is not None
    forms = ["nsd@0.7", "nsd@0.78125", "nsd@1", "nsd@2.1"]
    cases = segeval.score_folder(*folders, metrics=forms, regions=[1]).cases
    np.testing.assert_allclose(details.curves.at([0.7, 0.78125, 1, 2.1]), cases[forms], rtol=1e-6)


def test_a_region_that_every_prediction_misses_has_no_line(folders):
    (figure,) = drawn("nsd", segeval.score_folder(*folders, metrics="hd95")).values()
    assert keys(figure) == ["region 1 (n = 3)"]
    assert len(panels(figure)[0].lines) == 1
    text = " ".join(words(figure).split())
    assert "3 with one mask empty (missed or invented: NSD 0), 0 with both." in text
    assert "Without a curve: region 2." in text


def test_cases_that_failed_before_leave_no_trace_in_what_is_drawn(folders, tmp_path):
    """Of a first case that could not be read, tolerances used to stay after it was mended."""
    pred, gt = tmp_path / "pred", tmp_path / "gt"
    for source, copy in zip(folders, (pred, gt), strict=True):
        copy.mkdir()
        for path in source.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
    first = (pred / "a.nii.gz").read_bytes()
    (pred / "a.nii.gz").write_bytes(b"damaged")
    with pytest.warns(segeval.FailedCasesWarning, match="1 of 3 cases failed"):
        segeval.score_folder(pred, gt, metrics="hd95", output=tmp_path / "out")
    (pred / "a.nii.gz").write_bytes(first)
    segeval.score_folder(pred, gt, metrics="hd95", output=tmp_path / "out", resume=True)
    segeval.score_folder(pred, gt, metrics="hd95", output=tmp_path / "anew")
    details = [(tmp_path / name / "details.npz").read_bytes() for name in ("out", "anew")]
    assert details[0] == details[1]


def test_of_very_many_distances_the_near_ones_are_exact_and_the_others_nearly():
    rng = np.random.default_rng(0)
    few, many = (Distances.of(9 * rng.random(count) ** 2) for count in (50, 20_000))
    pair = SurfaceDistances(Distances.stacked([few, many]), Distances.stacked([few, few]))
    curves = Curves.of(pair, limit=8)
    assert np.diff(curves.near.start).max() <= EXACT + PARTS
    total = (pair.pg.total() + pair.gp.total())[:, None]

    def lacking(tolerance):
        """How much too low the kept curves are."""
        exact = pair.pg.within_each(tolerance) + pair.gp.within_each(tolerance)
        return exact / total - curves.at(tolerance)

    near = curves.near.value[np.diff(curves.near.start)[0] :][:EXACT].astype(float)
    np.testing.assert_allclose(lacking(near), 0, atol=1e-7)
    anywhere = lacking(np.linspace(0, 8, 500))
    np.testing.assert_allclose(anywhere[0], 0, atol=1e-7)
    assert -1e-7 < anywhere[1].min() <= anywhere[1].max() < 1 / PARTS


def test_a_curve_may_end_before_that_of_another_case():
    """The axis ends at the smallest limit: farther on, one of the curves is not known."""
    near, far = (
        Curves.of(SurfaceDistances(Distances.of(values), Distances.of(values)), limit)
        for values, limit in (([0, 2], 3.0), ([0, 5], 30.0))
    )
    volumes = np.ones((2, 1))
    details = Details(("a", "b"), ("liver",), volumes, volumes, Curves.stacked([near, far]))
    assert details.curves.at([3]).ravel().tolist() == [1, 0.5]
    figure = drawn("nsd", replace(results(2, 1, gaps=False), details=details))["nsd"]
    assert panels(figure)[0].get_xlim()[1] <= 3
