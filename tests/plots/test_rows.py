"""Distributions and heat maps: a row for each region or case."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from helpers.drawing import INF, NAN, drawn, named, panels, with_scores, words
from helpers.synthetic import results

from segeval.plots.errors import NothingToDraw
from segeval.plots.kinds.distribution import jitter


def test_the_distribution_has_a_panel_for_each_metric_and_a_row_for_each_region():
    (figure,) = drawn("distribution", results(20, 3)).values()
    assert [ax.get_xlabel().replace("\n", " ") for ax in panels(figure)] == [
        "dice (higher is better)",
        "iou (higher is better)",
        "precision (higher is better)",
        "recall (higher is better)",
        "volume_similarity (higher is better)",
        "hd95 [mm] (lower is better)",
        "assd [mm] (lower is better)",
    ]
    assert named(panels(figure)[0], "rows") == ["liver", "spleen", "left kidney"]
    assert named(panels(figure)[1], "rows") == []
    assert "n = 20 cases" in words(figure)


def test_the_distribution_shows_every_finite_case_and_counts_the_others():
    run = with_scores(results(6, 1, gaps=False), hd95=[1, 2, 3, INF, INF, NAN])
    (figure,) = drawn("distribution", run, "hd95").values()
    (ax,) = panels(figure)
    assert sorted(ax.lines[0].get_xdata()) == [1, 2, 3]
    assert "1 NaN\n2 ∞" in words(figure)


def test_counts_of_gaps_stand_on_a_strip_of_their_own_panel():
    run = with_scores(results(3, 1, gaps=False), hd95=[INF, INF, 7], dice=[0.5, NAN, 0.7])
    (figure,) = drawn("distribution", run, "dice", "hd95").values()
    for ax, after in pairwise([*panels(figure), None]):
        strip, _ = ax.patches
        (count,) = ax.texts
        box = strip.get_window_extent()
        assert box.x0 == pytest.approx(ax.get_window_extent().x1)
        # farther from the next panel than from its own, so that nobody takes it for that one's
        assert after is None or box.x1 + 0.1 * figure.dpi < after.get_window_extent().x0
        assert box.x0 < count.get_window_extent().x0
        assert count.get_window_extent().x1 < box.x1


def test_boxes_start_where_quartiles_mean_something():
    caption = {
        n: words(*drawn("distribution", results(n, 1, gaps=False), "dice").values())
        for n in (2, 4, 5)
    }
    assert ["Box: quartiles" in caption[n] for n in (2, 4, 5)] == [False, False, True]


@pytest.mark.parametrize(
    ("metric", "title"),
    [("dice", "those with the lowest mean dice"), ("hd95", "those with the highest mean hd95")],
)
def test_of_many_regions_the_worst_are_shown_in_the_order_of_the_table(metric: str, title: str):
    run = results(5, 120, gaps=False)
    (figure,) = drawn("distribution", run, metric).values()
    means = run.cases.groupby("region")[metric].mean()
    worst = means.nsmallest(20) if metric == "dice" else means.nlargest(20)
    assert named(panels(figure)[0], "rows") == sorted(worst.index)
    assert f"n = 5 cases: 20 of 120 regions, {title}" in words(figure).replace("\n", " ")


@pytest.mark.parametrize(("values", "limits"), [((0.9045, 0.905), 0.1), ((0.2, 0.9), 0.7)])
def test_values_that_hardly_differ_do_not_fill_an_axis(values: tuple[float, float], limits: float):
    run = with_scores(results(2, 1, gaps=False), dice=values)
    (figure,) = drawn("distribution", run, "dice").values()
    low, high = panels(figure)[0].get_xlim()
    assert low < values[0] < values[1] < high
    assert high - low == pytest.approx(1.1 * limits)


@pytest.mark.parametrize("low", [0.0, 0.861, 0.99713])
def test_labels_of_ticks_do_not_collide(low: float):
    run = results(5, 3, gaps=False)
    run = with_scores(
        run, **{name: np.linspace(low, 1, 15) for name in ("dice", "iou", "precision", "recall")}
    )
    (figure,) = drawn("distribution", run).values()
    for ax in panels(figure):
        low, high = ax.get_xlim()
        boxes = [
            label.get_window_extent()
            for at, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
            if low <= at <= high
        ]
        assert len(boxes) >= 2
        assert all(a.x1 + 3 < b.x0 for a, b in pairwise(boxes))


def test_case_metrics_get_a_page_of_their_own():
    run = results(5, 2)
    case_scores = pd.DataFrame(
        {"case": run.cases["case"].unique(), "region": "all", "rand": 0.5, "note": ""}
    )
    run = replace(run, cases=pd.concat([run.cases, case_scores], ignore_index=True))
    first, second = drawn("distribution", run, "dice", "rand").values()
    assert "rand" not in words(first)
    assert [ax.get_xlabel() for ax in panels(second)] == ["rand\n(higher is better)"]
    assert "NaN" not in words(second)


def test_jitter_stays_in_its_row_and_follows_the_density():
    values = np.concatenate([np.full(200, 0.9), np.linspace(0, 0.8, 20)])
    offsets = jitter(values)
    assert abs(offsets).max() <= 0.38
    assert abs(offsets[:200]).max() > 3 * abs(offsets[200:]).max()
    np.testing.assert_array_equal(offsets, jitter(values))


def test_the_heat_map_has_the_worst_case_at_the_top():
    run = with_scores(results(3, 1, gaps=False), dice=[0.9, 0.2, 0.6], hd95=[1, INF, 7])
    for figure in drawn("heatmap", run).values():
        assert named(panels(figure)[0], "rows") == ["case_0002", "case_0003", "case_0001"]


def test_a_heat_map_of_too_many_cases_says_that_it_shows_the_worst():
    run = results(3000, 2)
    (figure,) = drawn("heatmap", run, "dice").values()
    assert "dice: 50 worst cases of n = 3,000 cases × 2 regions" in words(figure).replace("\n", " ")
    names = named(panels(figure)[0], "rows")
    assert len(names) == 50
    assert names[0] == run.cases.groupby("case")["dice"].mean().idxmin()


def test_the_heat_map_tells_undefined_from_infinite_and_writes_the_numbers():
    run = with_scores(results(4, 1, gaps=False), hd95=[NAN, INF, 2.5, 12345.678])
    (figure,) = drawn("heatmap", run, "hd95").values()
    text = words(figure)
    assert "2.50" in text
    assert "12.345678k" not in text
    assert "Grey, −: undefined. Orange, ∞: infinite." in text


def test_the_heat_map_says_where_its_colours_end():
    values = np.linspace(0.8, 1, 60)
    (figure,) = drawn(
        "heatmap", with_scores(results(60, 1, gaps=False), dice=values), "dice"
    ).values()
    assert "Colours end" not in words(figure)
    values[0] = 0.1
    run = with_scores(results(60, 1, gaps=False), dice=values)
    (figure,) = drawn("heatmap", run, "dice").values()
    assert "Colours end at 0.804; values reach from 0.100 to 0.966." in words(figure).replace(
        "\n", " "
    )
    (bar,) = (ax for ax in figure.axes if ax.get_label() == "<colorbar>")
    assert bar._colorbar.extend == "min"


@pytest.mark.parametrize(("cases", "regions", "written"), [(40, 16, 640), (2, 41, 82), (40, 41, 0)])
def test_numbers_stand_in_the_cells_of_a_heat_map_where_they_fit(
    cases: int, regions: int, written: int
):
    (figure,) = drawn("heatmap", results(cases, regions, gaps=False), "dice").values()
    ax = panels(figure)[0]
    numbers = named(ax, "cells")
    assert len(numbers) == written
    (x, y), (right, above) = ax.transData.transform([(0, 0), (1, -1)])
    sides = sorted(
        ax.text(0, 0, max([*numbers, ""], key=len), size=5.5).get_window_extent().size,
        reverse=regions <= 16,
    )
    assert np.all(sides <= 1.1 * np.array([right - x, above - y]))


def test_metrics_without_a_best_value_have_no_worst_case():
    run = with_scores(results(3, 1), volume_p=[1.0, 2, 3])
    with pytest.raises(NothingToDraw, match="volume_p has no best value, so no case is the worst"):
        drawn("heatmap", run, "volume_p")
