"""Curves of trainings: which lines a panel has, where they run, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segeval.errors import UsageError
from segeval.history import History
from segeval.metrics import parse_metric
from segeval.plots.curves import draw_curves
from segeval.plots.panels import mean, panels_of
from segeval.plots.smoothing import smoothed
from segeval.plots.style import FRAME, PALETTE
from segeval.plots.values import plot_values


@pytest.fixture(autouse=True)
def _windows() -> Iterator[None]:
    with mpl.rc_context():
        mpl.use("agg")
        yield
        plt.close("all")


def logged(**columns: list[float]) -> History:
    """A history of these columns, epoch by epoch from 1."""
    history = History()
    for epoch, row in enumerate(zip(*columns.values(), strict=True), 1):
        history.log(epoch, dict(zip(columns, row, strict=True)))
    return history


def training(epochs: int, regions: int, *, seed: int = 0) -> History:
    """A training with a loss of both splits and the scores of each region."""
    rng, history = np.random.default_rng(seed), History()
    for epoch in range(1, epochs + 1):
        dice = np.clip(1 - np.exp(-epoch / 20) - rng.uniform(0, 0.3, regions), 0, 1)
        history.log(
            epoch,
            {"val": {"dice": dice, "hd95": 30 * (1 - dice)}},
            train_loss=1 / epoch,
            val_loss=2 / epoch,
        )
    return history


def lines(ax: Axes) -> list[Line2D]:
    """The curves of axes, without points, rings and triangles."""
    return [line for line in ax.get_lines() if line.get_linestyle() != "None"]


def rings(ax: Axes) -> list[tuple[float, float]]:
    return [
        tuple(*line.get_xydata()) for line in ax.get_lines() if line.get_markerfacecolor() == "none"
    ]


def entries(ax: Axes) -> list[str]:
    return [text.get_text().lstrip("\u200b") for text in ax.get_legend().get_texts()]


def caption(figure: Figure) -> str:
    return figure.get_supxlabel().replace("\n", " ")


def test_a_metric_by_epoch_with_label_unit_and_best_epoch():
    _, ax = logged(val_hd95=[9.0, 3.0, 4.0]).plot(unit="mm")
    (line,) = lines(ax)
    assert line.get_xydata().tolist() == [[1, 9], [2, 3], [3, 4]]
    assert ax.get_ylabel() == "hd95 [mm]\n(lower is better)"
    assert ax.get_xlabel() == "epoch"
    assert ax.get_ylim()[0] <= 0
    assert rings(ax) == [(2, 3)]
    assert entries(ax) == ["validation: 3.00 at epoch 2"]


def test_best_is_by_the_metrics_direction_and_nowhere_without_one():
    history = logged(dice=[0.5, 0.75, 0.25], loss=[3, 2, 1], lr=[3, 2, 1])
    figure, axes = history.plot()
    assert [rings(ax) for ax in axes] == [[(2, 0.75)], [(3, 1)], []]
    assert [ax.get_ylabel() for ax in axes] == [
        "dice\n(higher is better)",
        "loss\n(lower is better)",
        "lr",
    ]
    assert caption(figure) == "Ring: best value."


def test_splits_differ_in_style_and_the_best_is_of_validation():
    _, ax = logged(train_dice=[0.5, 0.9, 1.0], val_dice=[0.4, 0.8, 0.6]).plot()
    train, val = lines(ax)
    assert train.get_color() == val.get_color()
    assert train.get_linestyle() == "--"
    assert val.get_linestyle() == "-"
    assert rings(ax) == [(2, 0.8)]
    assert entries(ax) == ["validation: 0.800 at epoch 2", "training"]


def test_regions_of_one_run_differ_in_colour():
    history = History(regions=["liver", "spleen"])
    history.log(1, {"val": {"dice": [0.5, 0.25]}})
    history.log(2, {"val": {"dice": [0.75, nan]}})
    _, ax = history.plot("dice")
    assert [line.get_color() for line in lines(ax)] == list(PALETTE[:2])
    assert entries(ax) == ["liver: 0.750 at epoch 2", "spleen: 0.250 at epoch 1"]
    _, ax = history.plot("val/dice/spleen")
    assert ax.get_title(loc="left") == "spleen"
    assert entries(ax) == ["validation: 0.250 at epoch 1"]
    _, ax = history.plot(["val/dice/spleen", "dice", "val/dice"])
    assert len(lines(ax)) == 2


def test_the_mean_is_over_defined_values_and_says_what_it_leaves_out():
    history = logged(
        **{"dice/a": [0.2, nan, nan], "dice/b": [0.4, 0.6, nan], "dice/c": [0.9, nan, nan]}
    )
    figure, ax = history.plot(per_region=False)
    (line,) = lines(ax)
    assert line.get_ydata()[:2] == pytest.approx([(0.2 + 0.4 + 0.9) / 3, 0.6])
    assert np.isnan(line.get_ydata()[2])
    assert "Mean: over the regions' defined values, without 5 undefined ones." in caption(figure)
    assert ax.get_title(loc="left") == "mean over regions"


def test_the_mean_of_something_infinite_is_infinite_and_never_best():
    history = logged(**{"hd95/a": [2.0, 3.0], "hd95/b": [inf, 4.0]})
    _, ax = history.plot(per_region=False)
    assert entries(ax) == ["3.50 at epoch 2"]


def test_the_mean_is_the_one_that_was_logged_if_there_is_one():
    history = logged(**{"dice": [0.3], "dice/a": [0.2], "dice/b": [0.6]})
    figure, ax = history.plot(per_region=False)
    assert lines(ax)[0].get_ydata().tolist() == [0.3]
    assert "Mean" not in caption(figure)


def test_a_mean_of_columns_logged_at_other_epochs():
    history = History()
    history.log(1, {"dice": {"a": 0.2}})
    history.log(3, {"dice": {"a": 0.4, "b": 0.8}})
    whole = mean(history.series())
    assert (whole.x.tolist(), whole.y.tolist()) == ([1, 3], [0.2, pytest.approx(0.6)])


def test_runs_differ_in_colour_in_all_panels_alike():
    runs = {name: training(9, 2, seed=seed).series() for seed, name in enumerate(("a", "b"))}
    dice, hd, loss = panels_of(runs, ["dice", "hd95", "loss"], None)
    assert [panel.keys for panel in (dice, hd, loss)] == [["a", "b"]] * 3
    assert dice.curves[0].series.y == pytest.approx(
        training(9, 2).table[["val/dice/1", "val/dice/2"]].mean(axis=1)
    )
    assert [panel.region for panel in panels_of(runs, ["dice"], True)] == ["1", "2"]
    assert [panel.region for panel in panels_of(runs, ["dice/2"], None)] == ["2"]


def test_many_regions_show_the_worst_and_many_runs_the_best():
    values = np.linspace(0.9, 0.1, 9)
    one = logged(**{f"dice/{k}": [value] for k, value in enumerate(values)})
    (panel,) = panels_of({"": one.series()}, None, None)
    assert panel.shown() == ["8", "7", "6", "5", "4"]
    figure, ax = one.plot()
    assert sum(to_hex(line.get_color()).upper() == FRAME for line in lines(ax)) == 4
    assert entries(ax)[-2:] == ["mean: 0.500 at epoch 1", "the other 4 regions"]
    assert "In colour: the 5 regions whose best value is worst." in caption(figure)
    runs = {str(k): logged(dice=[value]).series() for k, value in enumerate(values)}
    assert panels_of(runs, None, None)[0].shown() == ["0", "1", "2", "3", "4"]


def test_undefined_values_are_gaps_and_infinite_ones_marked_at_the_edge():
    figure, ax = logged(hd95=[inf, 4.0, nan, 3.0, 2.0]).plot()
    (line,) = lines(ax)
    assert np.isnan(line.get_ydata()).tolist() == [True, False, True, False, False]
    (triangle,) = (line for line in ax.get_lines() if line.get_marker() == "^")
    assert triangle.get_xydata().tolist() == [[1, 1]]  # the second in shares of the axes
    assert triangle.get_transform() == ax.get_xaxis_transform()
    assert "Gap: undefined (NaN). Triangle at the edge: infinite." in caption(figure)


def test_what_is_logged_now_and_then_is_one_line():
    history = History()
    for epoch in range(1, 9):
        history.log(epoch, train_dice=0.5)
    for epoch in (4, 8):
        history.log(epoch, val_dice=0.6)
    _, ax = history.plot()
    assert lines(ax)[1].get_xydata().tolist() == [[4, 0.6], [8, 0.6]]


def test_one_epoch_has_no_fractions():
    _, ax = logged(dice=[0.5]).plot()
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]


def test_panels_share_their_epochs():
    history = logged(train_dice=[0.5, 0.6, 0.7])
    history.log(3, test_hd95=4)
    _, axes = history.plot()
    for ax in axes:
        low, high = ax.get_xlim()
        assert low < 1
        assert high > 3


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.99])
def test_exponential_smoothing_is_that_of_pandas(weight: float):
    values = np.random.default_rng(0).normal(size=50)
    assert smoothed(values, weight) == pytest.approx(pd.Series(values).ewm(alpha=1 - weight).mean())


@pytest.mark.parametrize("width", [3, 9, 99])
def test_a_centred_mean_is_that_of_pandas(width: int):
    values = np.random.default_rng(0).normal(size=50)
    assert smoothed(values, width) == pytest.approx(
        pd.Series(values).rolling(width, 1, center=True).mean()
    )


def test_smoothed_lines_have_the_raw_one_behind_them_and_the_caption_says_so():
    values = [0.1, 0.5, 0.2, 0.6, 0.3]
    figure, ax = logged(val_dice=values).plot(smooth=0.6)
    raw, line = lines(ax)
    assert raw.get_ydata().tolist() == values
    assert raw.get_alpha() < 0.5
    assert line.get_ydata() == pytest.approx(smoothed(np.array(values), 0.6))
    assert rings(ax) == [(4, 0.6)]
    assert (
        "Line: exponential moving average, weight 0.6; ring and pale line: values as logged."
        in caption(figure)
    )
    assert "centred mean of 3 values" in caption(logged(dice=values).plot(smooth=3)[0])


@pytest.mark.parametrize("smooth", [-0.1, 1, 1.5, 2.5, nan])
def test_smoothing_that_means_nothing(smooth: float):
    with pytest.raises(UsageError, match="smooth must be a weight from 0 to below 1"):
        logged(dice=[1.0]).plot(smooth=smooth)


@pytest.mark.parametrize(("epochs", "regions"), [(1, 1), (1, 20), (1000, 1), (300, 20)])
@pytest.mark.parametrize("smooth", [0, 0.9])
def test_few_and_many_are_drawn_without_a_warning_of_the_layout(
    epochs: int, regions: int, smooth: float, tmp_path: Path
):
    runs = {"": training(epochs, regions).series()}
    assert [path.name for path in draw_curves(runs, tmp_path, smooth=smooth)] == ["curves.png"]


def test_many_panels_are_several_pages(tmp_path: Path):
    history = logged(**{f"score {k}": [1.0, 2.0] for k in range(9)})
    written = draw_curves({"": history.series()}, tmp_path, formats=["svg", "pdf"])
    assert [path.name for path in written] == [
        f"curves-{k}.{name}" for k in (1, 2, 3) for name in ("svg", "pdf")
    ]


def test_nothing_but_gaps_is_drawn(tmp_path: Path):
    assert draw_curves(
        {"": logged(dice=[nan, nan], hd95=[inf, inf], loss=[nan, inf]).series()}, tmp_path
    )


def test_curves_go_on_axes_that_are_given():
    figure, (left, right) = plt.subplots(1, 2)
    history = logged(dice=[0.5, 0.75], hd95=[4, 3])
    assert history.plot("dice", ax=right) == (figure, right)
    assert history.plot(ax=[left, right])[1] == [left, right]
    assert left.get_ylabel() == "dice (higher is better)"
    with pytest.raises(
        UsageError, match=r"2 panels \(dice, hd95\) need as many axes, not 1; choose metrics"
    ):
        history.plot(ax=left)


def test_what_cannot_be_plotted():
    with pytest.raises(UsageError, match="there is nothing to plot: nothing was logged"):
        History().plot()
    with pytest.raises(UsageError, match="no column holds 'dcie'; did you mean dice"):
        logged(dice=[1.0]).plot("dcie")
    by_step = History(by="step")
    by_step.log(100, dice=0.5)
    with pytest.raises(UsageError, match="run 'a' goes by epoch and 'b' by step"):
        panels_of({"a": logged(dice=[1.0]).series(), "b": by_step.series()}, None, None)


def bars(ax: Axes) -> list[float]:
    return [patch.get_width() for patch in ax.patches]


@pytest.mark.parametrize("value", [0.75, np.float64(0.75), torch.tensor(0.75)])
def test_one_value_is_a_bar_within_the_metrics_range(value: object):
    figure, ax = plot_values(value, parse_metric("dice"))
    assert isinstance(figure, Figure)
    assert figure.number in plt.get_fignums()
    assert bars(ax) == [0.75]
    low, high = ax.get_xlim()
    assert low == 0
    assert high >= 1
    assert ax.get_xlabel() == "dice (higher is better)"
    assert [text.get_text() for text in ax.texts] == ["0.750"]


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor([3.0, inf, nan]),
        {"liver": 3.0, "spleen": np.array(inf), "lung": torch.tensor(nan)},
    ],
)
def test_a_value_for_each_region(values: object):
    names = None if isinstance(values, dict) else ["liver", "spleen", "lung"]
    _, ax = plot_values(values, parse_metric("hd95"), names=names, unit="mm")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["liver", "spleen", "lung"]
    assert [text.get_text() for text in ax.texts] == ["3.00", "∞", "undefined"]
    assert ax.get_xlabel() == "hd95 [mm] (lower is better)"


def test_a_range_below_zero_is_shown_whole():
    _, ax = plot_values([-0.5], parse_metric("mcc"))
    assert len(lines(ax)) == 1
    _, ax = plot_values({"a": -0.5}, parse_metric("mcc"))
    assert bars(ax) == [-0.5]
    assert ax.get_xlim()[0] == -1


@pytest.mark.parametrize(
    ("values", "curves"),
    [
        ([torch.tensor(0.25), torch.tensor(0.5)], [[0.25, 0.5]]),
        ([0.25, 0.5], [[0.25, 0.5]]),
        ([torch.tensor([0.25, 0.75]), torch.tensor([0.5, 1.0])], [[0.25, 0.5], [0.75, 1.0]]),
        ([{"a": 0.25, "b": 0.75}, {"a": 0.5, "b": 1.0}], [[0.25, 0.5], [0.75, 1.0]]),
        (torch.tensor([[0.25, 0.75], [0.5, 1.0]]), [[0.25, 0.5], [0.75, 1.0]]),
    ],
)
def test_a_list_of_results_is_a_curve_for_each_region(values: object, curves: list[list[float]]):
    _, own = plt.subplots()
    for ax in (
        plot_values(values, parse_metric("dice"))[1],
        plot_values(values, parse_metric("dice"), ax=own)[1],
    ):
        assert [line.get_ydata().tolist() for line in lines(ax)] == curves
        assert [line.get_xdata().tolist() for line in lines(ax)] == [[0, 1]] * len(curves)
        assert rings(ax) == [(1, curve[-1]) for curve in curves]
        assert ax.get_xlabel() == "step"
    assert ax is own


def test_values_that_cannot_be_plotted():
    dice = parse_metric("dice")
    with pytest.raises(UsageError, match="there are no values of 'dice' to plot"):
        plot_values([], dice)
    with pytest.raises(UsageError, match=r"'dice' has 2 values for 1 regions \(liver\)"):
        plot_values(torch.zeros(2), dice, names=["liver"])
    with pytest.raises(
        UsageError, match="the results of 'dice' are not of the same regions at every step"
    ):
        plot_values([torch.zeros(2), torch.zeros(3)], dice)
    with pytest.raises(UsageError, match="a mapping of 'dice' has one number for each region"):
        plot_values({"a": [1, 2]}, dice)
    with pytest.raises(UsageError, match="'dice' must be a number, or a vector"):
        plot_values("0.5", dice)
