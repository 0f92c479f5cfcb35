"""Scatters, volumes and NSD curves: how well both sides agree, along an axis of numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from helpers.drawing import INF, NAN, drawn, keys, panels, with_scores, words
from helpers.synthetic import TOLERANCE, curves_of, results
from matplotlib.collections import PolyCollection
from matplotlib.text import Text

from segeval.plots.errors import NothingToDraw


def test_the_scatter_names_outliers_and_shows_infinite_distances_at_the_margin():
    run = results(30, 2, gaps=False)
    hd95 = np.random.default_rng(0).uniform(1, 2, 60)
    hd95[[7, 20, 33]] = 40, INF, NAN
    (figure,) = drawn(
        "scatter", with_scores(run, hd95=hd95, dice=np.linspace(0.8, 0.9, 60))
    ).values()
    margin, ax = panels(figure)
    assert "dice against hd95, n = 59 (30 cases × 2 regions)" in words(figure)
    assert [text.get_text() for text in ax.texts] == ["case_0004 · spleen"]
    assert margin.get_title(loc="right") == "n = 1: case_0011 · liver"
    assert len(ax.collections[0].get_offsets()) == 58
    assert ax.get_xlabel() == "dice (higher is better)"
    assert ax.get_ylabel() == "hd95 [mm] (lower is better)"
    assert "Left out: 1 undefined" in words(figure)


def test_the_scatter_shows_infinite_distances_at_their_overlaps():
    run = with_scores(results(4, 1, gaps=False), dice=[0.9, 0.95, 0.85, 0], hd95=[1, 2, 3, INF])
    (figure,) = drawn("scatter", run).values()
    margin, ax = panels(figure)
    np.testing.assert_array_equal(margin.collections[0].get_offsets(), [[0, 0]])
    assert margin.get_xlim() == ax.get_xlim()
    assert ax.get_xlim()[0] < 0


def test_infinite_distances_that_lie_on_one_another_are_counted():
    run = results(40, 1, gaps=False)
    hd95 = np.where(np.arange(40) < 35, INF, 2.0)
    dice = np.where(np.arange(40) < 34, 0, 0.9)
    (figure,) = drawn("scatter", with_scores(run, dice=dice, hd95=hd95)).values()
    margin, _ = panels(figure)
    assert [text.get_text() for text in margin.texts if text.get_text()] == ["× 34"]


def test_a_scatter_of_no_point_is_not_drawn():
    run = with_scores(results(2, 1, gaps=False), dice=[NAN, 1], hd95=[INF, NAN])
    with pytest.raises(
        NothingToDraw, match="dice and hd95 are defined together in no case and region"
    ):
        drawn("scatter", run)


def test_names_of_crowded_outliers_lie_apart_and_their_lines_end_at_them():
    run = results(60, 1, gaps=False)
    hd95 = np.random.default_rng(0).uniform(1, 2, 60)
    hd95[:6] = 30 + np.arange(6) / 10
    (figure,) = drawn(
        "scatter", with_scores(run, hd95=hd95, dice=np.where(hd95 > 2, 0.2, 0.9))
    ).values()
    names = panels(figure)[0].texts
    boxes = [Text.get_window_extent(name) for name in names]
    assert len(names) == 6
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    for name, box in zip(names, boxes, strict=True):
        line = name.arrow_patch.get_window_extent()
        assert min(abs(box.x0 - line.x1), abs(box.x1 - line.x0)) < 2 * figure.dpi / 72
        assert not any(
            neighbour.contains(*end)
            for neighbour in boxes
            if neighbour is not box
            for end in line.corners()
        )


def test_the_volume_plot_draws_bias_and_limits_of_agreement():
    run = results(5, 1, gaps=False)
    pred, gt = np.array([[11.0], [19], [33], [0], [7]]), np.array([[10.0], [20], [30], [0], [7]])
    details = replace(run.details, volume_p=pred, volume_g=gt)
    (figure,) = drawn("volume", replace(run, details=details)).values()
    (ax,) = panels(figure)
    difference = [1, -1, 3, 0]  # the case that is empty in both masks is left out
    bias, spread = np.mean(difference), np.std(difference, ddof=1)
    points, *lines = sorted(ax.lines, key=lambda line: line.get_marker() != "o")
    heights = [line.get_ydata()[0] for line in lines]
    assert heights == pytest.approx([0, bias, bias - 1.96 * spread, bias + 1.96 * spread])
    np.testing.assert_array_equal(points.get_xdata(), [10.5, 19.5, 31.5, NAN, 7])
    assert "liver (n = 4)" in words(figure)
    assert "Left out: 1 where both masks are empty." in words(figure)
    assert ax.get_ylabel() == "pred − gt [ml]"


@pytest.mark.parametrize(("cases", "lines"), [(2, 2), (3, 4)])
def test_limits_of_agreement_are_drawn_and_explained_from_three_cases_on(cases: int, lines: int):
    (figure,) = drawn("volume", results(cases, 1, gaps=False)).values()
    assert len(panels(figure)[0].lines) == 1 + lines
    assert ("limits" in words(figure)) == (lines == 4)


def test_equal_volumes_do_not_blow_up_the_axis():
    run = results(5, 1, gaps=False)
    volumes = np.full((5, 1), 1000.0)
    details = replace(run.details, volume_p=volumes, volume_g=volumes + 1e-13)
    (figure,) = drawn("volume", replace(run, details=details)).values()
    assert panels(figure)[0].get_ylim() == pytest.approx((-5, 5))
    assert "bias 0.000, limits 0.000 to 0.000 ml" in words(figure)


def test_the_volumes_of_one_case_share_a_panel():
    run = results(1, 40, gaps=False)
    (figure,) = drawn("volume", run).values()
    (ax,) = panels(figure)
    pred, gt = run.details.volume_p[0], run.details.volume_g[0]
    np.testing.assert_allclose(
        ax.collections[0].get_offsets(), np.column_stack([(pred + gt) / 2, pred - gt])
    )
    worst = np.argsort(-abs(pred - gt) / (pred + gt))[:8]
    assert {text.get_text() for text in ax.texts} == {run.details.regions[k] for k in worst}
    assert "limits" not in words(figure)


def test_the_volume_plot_of_many_regions_shows_those_that_agree_worst():
    run = results(8, 40, gaps=False)
    scale = np.ones(40)
    scale[[3, 17]] = 2
    details = replace(run.details, volume_g=run.details.volume_p * scale)
    (figure,) = drawn("volume", replace(run, details=details)).values()
    assert len(panels(figure)) == 9
    assert "the 9 regions that agree worst of n = 8 cases × 40 regions" in words(figure)
    assert {"organ_004 (n = 8)", "organ_018 (n = 8)"} <= set(words(figure).splitlines())


def test_regions_that_occur_nowhere_are_not_among_those_that_agree():
    run = results(8, 3, gaps=False)
    nowhere = {name: getattr(run.details, name) * [1, 0, 1] for name in ("volume_p", "volume_g")}
    details = replace(run.details, **nowhere)
    (figure,) = drawn("volume", replace(run, details=details)).values()
    assert len(panels(figure)) == 2
    assert "agree worst" not in words(figure)


def test_the_nsd_plot_draws_the_median_and_the_quartiles():
    run = results(3, 1, gaps=False)
    curves = curves_of([0, 2.0], [[[0.2, 0.4]], [[0.3, 0.8]], [[0.9, 0.9]]])
    (figure,) = drawn("nsd", replace(run, details=replace(run.details, curves=curves))).values()
    (ax,) = panels(figure)
    tolerance, median = ax.lines[0].get_data()
    np.testing.assert_allclose(median, np.where(tolerance < 2, 0.3, 0.8), rtol=1e-12)
    assert 2 in tolerance
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.25, 0.85))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tolerance [mm]", "nsd (higher is better)")
    assert keys(figure) == ["liver (n = 3)"]
    assert "Band: quartiles" in words(figure)


@pytest.mark.parametrize(("regions", "bands"), [(3, 3), (4, 0), (40, 0)])
def test_the_nsd_plot_has_bands_for_few_regions_only(regions: int, bands: int):
    (figure,) = drawn("nsd", results(10, regions)).values()
    (ax,) = panels(figure)
    assert len([band for band in ax.collections if isinstance(band, PolyCollection)]) == bands
    assert ("Band: quartiles" in words(figure)) == (bands > 0)


def test_the_nsd_plot_leaves_out_and_counts_cases_with_an_empty_mask():
    run = results(5, 2, gaps=False)
    curves = np.tile(np.float32([0.25, 0.75]), (5, 2, 1))
    curves[1] = [0.5, 1]
    curves[2:4, 0] = 0  # missed, and invented: stored as what the metric gives
    curves[4, 0] = np.nan
    volume_p, volume_g = np.ones((2, 5, 2))
    volume_p[[2, 4], 0] = volume_g[[3, 4], 0] = 0
    details = replace(
        run.details, curves=curves_of([0, 2.0], curves), volume_p=volume_p, volume_g=volume_g
    )
    (figure,) = drawn("nsd", replace(run, details=details)).values()
    (ax,) = panels(figure)
    assert set(ax.lines[0].get_ydata()) == {(0.25 + 0.5) / 2, (0.75 + 1) / 2}
    assert keys(figure) == ["liver (n = 2 of 5)", "spleen (n = 5)"]
    caption = " ".join(words(figure).split())
    assert "2 with one mask empty (missed or invented: NSD 0), 1 with both." in caption
    assert ax.get_ylim()[0] == pytest.approx(0.25 - 0.02)


def test_there_is_no_nsd_plot_where_every_case_lacks_a_mask():
    run = results(3, 1, gaps=False)
    missed = replace(run.details, volume_p=np.zeros((3, 1)))
    with pytest.raises(NothingToDraw, match="no case has a region in both of its masks"):
        drawn("nsd", replace(run, details=missed))


def test_the_nsd_plot_of_many_regions_colours_the_lowest():
    (figure,) = drawn("nsd", results(10, 40)).values()
    (ax,) = panels(figure)
    assert len(ax.lines) == len(keys(figure)) == 5
    (others,) = ax.collections
    assert len(others.get_segments()) == 35
    assert "Grey: the other 35 regions." in words(figure)


def test_the_lowest_of_equal_medians_have_the_lowest_means():
    run = results(3, 8, gaps=False)
    curves = np.zeros((3, 8, 41), dtype=np.float32)
    curves[0, :3] = 0.5
    (figure,) = drawn(
        "nsd", replace(run, details=replace(run.details, curves=curves_of(TOLERANCE, curves)))
    ).values()
    assert keys(figure) == [f"organ_{k:03d} (n = 3)" for k in (4, 5, 6, 7, 8)]


def test_the_nsd_axis_ends_where_the_medians_have_risen():
    run = results(1, 2, gaps=False)
    curves = np.ones((1, 2, 41), dtype=np.float32)
    curves[0, 0, :10], curves[0, 0, 10:40] = 0.5, 0.995  # risen at 2.5 of 10 mm
    curves[0, 1] = 0
    (figure,) = drawn(
        "nsd", replace(run, details=replace(run.details, curves=curves_of(TOLERANCE, curves)))
    ).values()
    (ax,) = panels(figure)
    assert ax.get_xlim() == (0, 20 * 10 / 64)  # a fifth more, in 64 steps
    assert "Farther on, no median rises by more than 1 %." in words(figure)
    assert "Band" not in words(figure)
    curves[0, 0, :38] = 0
    (figure,) = drawn(
        "nsd", replace(run, details=replace(run.details, curves=curves_of(TOLERANCE, curves)))
    ).values()
    assert panels(figure)[0].get_xlim() == (0, 10)
    assert "Farther on" not in words(figure)


def test_no_legend_lies_over_the_nsd_curves():
    (figure,) = drawn("nsd", results(10, 40)).values()
    (ax,), (legend,) = panels(figure), figure.legends
    assert not ax.get_window_extent().overlaps(legend.get_window_extent())
