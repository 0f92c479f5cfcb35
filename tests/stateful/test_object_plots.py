"""The figures that metric objects draw of their own values."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from segeval.stateful import Dice, HausdorffDistance, SegmentationMetrics

GT = torch.zeros(1, 8, 8, dtype=torch.int64)
GT[0, 2:4, 2:6], GT[0, 5:7, 2:6] = 1, 2
PRED = GT.roll(1, 2)
"""Rows of four voxels, three of which agree: Dice 2 * 3 / (4 + 4), Hausdorff distance 1."""


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def widths(ax: plt.Axes) -> list[float]:
    return [bar.get_width() for bar in ax.patches]


def curves(ax: plt.Axes) -> set[tuple[float, ...]]:
    """The curves of more than a point; each is drawn twice, in white below its colour."""
    return {tuple(line.get_ydata().tolist()) for line in ax.lines if len(line.get_ydata()) > 1}


def test_the_value_of_now_is_drawn_for_each_region():
    metric = Dice(average="none", num_classes=3, include_background=False)
    metric.update(PRED, GT)
    _, ax = metric.plot()
    assert widths(ax) == pytest.approx([2 * 3 / (4 + 4)] * 2)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["region 1", "region 2"]


def test_values_one_after_another_are_a_curve_on_the_axes_that_were_given():
    metric = Dice(num_classes=3)
    figure, given = plt.subplots()
    values = [torch.tensor(value) for value in (0.25, 0.5, 1.0)]
    assert metric.plot(values, ax=given) == (figure, given)
    assert curves(given) == {(0.25, 0.5, 1.0)}


def test_several_metrics_have_axes_each_under_one_unit():
    metrics = SegmentationMetrics(["dice", "hd"], num_classes=3, include_background=False)
    metrics.update(PRED, GT)
    _, (dice, distance) = metrics.plot()
    assert widths(dice) == pytest.approx([0.75])
    assert widths(distance) == [1]
    assert "px" in distance.get_xlabel()


def test_lengths_are_in_mm_where_there_is_a_spacing():
    metric = HausdorffDistance(num_classes=3, include_background=False, spacing=(1, 2))
    metric.update(PRED, GT)
    _, ax = metric.plot()
    assert widths(ax) == [2]
    assert "mm" in ax.get_xlabel()


def test_several_metrics_step_by_step_are_curves():
    metrics = SegmentationMetrics(["dice", "hd"], num_classes=3)
    _, axes = metrics.plot([{"dice": 0.25, "hd": 4.0}, {"dice": 0.5, "hd": 3.0}])
    assert [curves(ax) for ax in axes] == [{(0.25, 0.5)}, {(4, 3)}]
