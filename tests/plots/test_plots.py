"""What figures hold: axes, words, counts, and that every kind draws whatever comes."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from synthetic import results

from segeval.errors import UsageError
from segeval.metrics import parse_metric
from segeval.plots import FORMATS, KINDS, distribution, draw, heatmap, nsd, scatter, volume
from segeval.plots.axes import direction, label, symbol
from segeval.plots.distribution import jitter
from segeval.plots.source import NothingToDraw, Source, badness, worst_first
from segeval.plots.style import RC, page, printable
from segeval.results import Results

NAN, INF = float("nan"), float("inf")
TABLES = [kind for kind in KINDS if kind != "overlay"]
MODULES = {"distribution": distribution, "heatmap": heatmap, "scatter": scatter, "volume": volume, "nsd": nsd}


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context(RC):
        yield


def drawn(kind: str, run: Results, *metrics: str) -> dict[str, Figure]:
    """The figures of a kind, laid out, so that a warning of the layout fails the test."""
    figures = dict(MODULES[kind].figures(Source.of(run, metrics, 3)))
    for figure in figures.values():
        figure.draw_without_rendering()
    return figures


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_visible())


def with_scores(run: Results, **columns: object) -> Results:
    """The results with other numbers in the table; None takes a column out."""
    gone = [name for name, values in columns.items() if values is None]
    kept = {name: values for name, values in columns.items() if values is not None}
    return replace(run, cases=run.cases.drop(columns=gone).assign(**kept))


@pytest.mark.parametrize(("cases", "regions"), [(1, 1), (30, 3), (3000, 3), (30, 100)])
@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_draws_few_and_many(kind: str, cases: int, regions: int):
    figures = drawn(kind, results(cases, regions, gaps=cases > 1), "dice", "hd95")
    assert figures
    for figure in figures.values():
        assert f"{cases:,} case" in words(figure)
        assert max(figure.get_size_inches()) <= 14


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_draws_nothing_but_gaps(kind: str):
    run = results(4, 2)
    run = with_scores(run, dice=NAN, hd95=INF, assd=NAN, iou=0.5)
    run = replace(run, details=replace(run.details, volume_p=np.ones((4, 2)), volume_g=np.ones((4, 2))))
    assert drawn(kind, run)


def test_files_are_written_in_every_format_and_are_the_same_each_time(tmp_path: Path):
    run = results(6, 2)
    first, again = (
        draw(run, tmp_path / name, kinds=["heatmap", "nsd"], metrics=["dice"], formats=FORMATS)
        for name in ("first", "again")
    )
    names = ["heatmap-dice", "nsd"]
    assert [path.name for path in first] == [f"{name}.{format_}" for name in names for format_ in FORMATS]
    heads = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for path, other in zip(first, again, strict=True):
        assert path.read_bytes().startswith(heads[path.suffix[1:]])
        assert path.read_bytes() == other.read_bytes()
    assert sorted(tmp_path.glob("first/*")) == sorted(first)


def test_kinds_without_data_are_left_out_with_a_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    run = replace(with_scores(results(5, 2), hd95=None, assd=None), details=None)
    with caplog.at_level(logging.INFO, "segeval"):
        written = draw(run, tmp_path, metrics=["dice"])
    assert [path.name for path in written] == ["distribution.png", "heatmap-dice.png"]
    reasons = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "no scatter plot", "no volume plot", "no nsd plot", "no overlay plot",
    ]  # fmt: skip
    assert "score with a surface metric, such as hd95" in reasons[2]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("scatter", "needs an overlap in .* and a distance"),
        ("volume", "hold no volumes"),
        ("nsd", "no surface distances were measured"),
        ("overlay", "none of the worst cases' files can be read"),
    ],
)
def test_a_kind_that_was_asked_for_and_has_no_data_is_an_error(kind: str, reason: str, tmp_path: Path):
    run = replace(with_scores(results(5, 2), hd95=None, assd=None), details=None)
    with pytest.raises(NothingToDraw, match=reason):
        draw(run, tmp_path, kinds=[kind])


def test_what_cannot_be_asked_for(tmp_path: Path):
    run = results(3, 1)
    with pytest.raises(UsageError, match="unknown kind of plots 'heatmaps'; did you mean heatmap"):
        draw(run, tmp_path, kinds=["heatmaps"])
    with pytest.raises(UsageError, match="unknown format of plots 'docx'; there are png, svg, pdf"):
        draw(run, tmp_path, formats=["docx"])
    with pytest.raises(
        UsageError, match=r"metric 'mcc' is not in the table, which has dice, iou, .*; score again with -m mcc"
    ):
        draw(run, tmp_path, metrics=["mcc"])
    failed = replace(run, cases=run.cases.assign(region=""))
    with pytest.raises(UsageError, match="no scored case in the table"):
        draw(failed, tmp_path)


def test_the_distribution_has_a_panel_for_each_metric_and_a_row_for_each_region():
    (figure,) = drawn("distribution", results(20, 3)).values()
    assert [ax.get_xlabel().replace("\n", " ") for ax in panels(figure)] == [
        "DSC (higher is better)",
        "IoU (higher is better)",
        "PPV (higher is better)",
        "TPR (higher is better)",
        "VS (higher is better)",
        "HD95 [mm] (lower is better)",
        "ASSD [mm] (lower is better)",
    ]
    assert [tick.get_text() for tick in panels(figure)[0].get_yticklabels()] == ["liver", "spleen", "left kidney"]
    assert "n = 20 cases" in words(figure)


def test_the_distribution_shows_every_finite_case_and_counts_the_others():
    run = with_scores(results(6, 1, gaps=False), hd95=[1, 2, 3, INF, INF, NAN])
    (figure,) = drawn("distribution", run, "hd95").values()
    (ax,) = panels(figure)
    assert sorted(ax.lines[0].get_xdata()) == [1, 2, 3]
    assert "1 NaN\n2 ∞" in words(figure)


def test_boxes_start_where_quartiles_mean_something():
    caption = {n: words(*drawn("distribution", results(n, 1, gaps=False), "dice").values()) for n in (1, 4, 5)}
    assert ["Box: quartiles" in caption[n] for n in (1, 4, 5)] == [False, False, True]


def test_many_regions_are_spread_over_pages():
    figures = drawn("distribution", results(5, 120), "dice", "hd95")
    assert list(figures) == ["distribution-1", "distribution-2", "distribution-3"]
    rows = [[tick.get_text() for tick in panels(f)[0].get_yticklabels()] for f in figures.values()]
    assert [len(names) for names in rows] == [40, 40, 40]
    assert [name for names in rows for name in names] == [f"organ_{k:03d}" for k in range(1, 121)]


def test_case_metrics_get_a_page_of_their_own():
    run = results(5, 2)
    own = pd.DataFrame({"case": run.cases["case"].unique(), "region": "all", "rand": 0.5, "note": ""})
    run = replace(run, cases=pd.concat([run.cases, own], ignore_index=True))
    first, second = drawn("distribution", run, "dice", "rand").values()
    assert "RI" not in words(first)
    assert [ax.get_xlabel() for ax in panels(second)] == ["RI\n(higher is better)"]
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
        names = [tick.get_text() for tick in panels(figure)[0].get_yticklabels()]
        assert names == ["case_0002", "case_0003", "case_0001"]


def test_a_heat_map_of_too_many_cases_says_that_it_shows_the_worst():
    run = results(3000, 2)
    (figure,) = drawn("heatmap", run, "dice").values()
    assert "DSC: 50 worst cases of n = 3,000 cases × 2 regions" in words(figure)
    assert len(panels(figure)[0].get_yticklabels()) == 50
    per_case = run.cases.groupby("case")["dice"].mean()
    assert panels(figure)[0].get_yticklabels()[0].get_text() == per_case.idxmin()


def test_the_heat_map_tells_undefined_from_infinite_and_writes_the_numbers():
    run = with_scores(results(4, 1, gaps=False), hd95=[NAN, INF, 2.5, 12345.678])
    (figure,) = drawn("heatmap", run, "hd95").values()
    text = words(figure)
    assert "2.50" in text
    assert "12.345678k" not in text
    assert "Grey, −: undefined. Orange, ∞: infinite." in text


def test_metrics_without_a_best_value_have_no_worst_case():
    run = with_scores(results(3, 1), volume_p=[1.0, 2, 3])
    with pytest.raises(NothingToDraw, match="volume_p has no best value, so no case is the worst"):
        drawn("heatmap", run, "volume_p")


def test_worst_first():
    dice, error = parse_metric("dice"), parse_metric("volume_error")
    scores = np.array([[0.9, 0.9], [0.1, NAN], [NAN, NAN], [0.5, 0.7]])
    assert worst_first(badness(scores, dice)).tolist() == [1, 3, 0, 2]
    assert worst_first(badness(np.array([[1.0], [-5.0], [3.0]]), error)).tolist() == [1, 2, 0]
    hd = np.array([[1.0, INF], [9.0, 9.0], [INF, INF], [2.0, INF]])
    assert worst_first(badness(hd, parse_metric("hd95"))).tolist() == [2, 3, 0, 1]


def test_the_scatter_names_outliers_and_shows_infinite_distances_at_the_margin():
    run = results(30, 2, gaps=False)
    hd95 = np.random.default_rng(0).uniform(1, 2, 60)
    hd95[[7, 20, 33]] = 40, INF, NAN
    (figure,) = drawn("scatter", with_scores(run, hd95=hd95, dice=np.linspace(0.8, 0.9, 60))).values()
    margin, ax = panels(figure)
    assert "DSC against HD95, n = 59 (30 cases × 2 regions)" in words(figure)
    assert [text.get_text() for text in ax.texts] == ["case_0004 · spleen"]
    assert margin.get_title(loc="right") == "n = 1: case_0011 · liver"
    assert len(ax.collections[0].get_offsets()) == 58
    assert ax.get_xlabel() == "DSC (higher is better)"
    assert ax.get_ylabel() == "HD95 [mm] (lower is better)"
    assert "Left out: 1 undefined" in words(figure)


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


def test_the_volume_plot_of_many_regions_shows_those_that_agree_worst():
    run = results(8, 40, gaps=False)
    scale = np.ones(40)
    scale[[3, 17]] = 2
    details = replace(run.details, volume_g=run.details.volume_p * scale)
    (figure,) = drawn("volume", replace(run, details=details)).values()
    assert len(panels(figure)) == 12
    assert "the 12 regions that agree worst of n = 8 cases × 40 regions" in words(figure)
    assert {"organ_004 (n = 8)", "organ_018 (n = 8)"} <= set(words(figure).splitlines())


def test_the_nsd_plot_draws_the_median_and_the_quartiles():
    run = results(3, 1, gaps=False)
    curves = np.array([[[0.2, 0.4]], [[0.3, 0.8]], [[0.9, 0.9]]], dtype=np.float32)
    (figure,) = drawn(
        "nsd", replace(run, details=replace(run.details, tolerance=np.array([0, 2.0]), nsd=curves))
    ).values()
    (ax,) = panels(figure)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.3, 0.8], rtol=1e-6)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.25, 0.85))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tolerance [mm]", "NSD (higher is better)")
    assert [text.get_text().lstrip("\u200b") for text in ax.get_legend().get_texts()] == ["liver (n = 3)"]


def test_the_nsd_plot_of_many_regions_colours_the_lowest():
    (figure,) = drawn("nsd", results(10, 40)).values()
    (ax,) = panels(figure)
    assert len(ax.lines) == 40
    assert len(ax.get_legend().get_texts()) == 5
    assert "Grey: the other 35 regions." in words(figure)


@pytest.mark.parametrize(
    ("form", "words_"),
    [
        ("hd95", "HD95 [mm] (lower is better)"),
        ("volume_error", "VE [ml] (best: 0)"),
        ("volume_p", r"V$_{\mathrm{p}}$ [ml]"),
        ("tp", "TP [voxel]"),
        ("lr_plus", "LR+ (higher is better)"),
    ],
)
def test_axes_say_symbol_unit_and_direction(form: str, words_: str):
    assert label(parse_metric(form), Source.of(results(1, 1), None, 1)) == words_


def test_every_metric_can_be_labelled_and_drawn():
    from segeval.metrics import REGISTRY

    figure = page(2, "all")
    for spec in REGISTRY.values():
        metric = spec.bind({p.name: 2 for p in spec.parameters if p.default is None})
        figure.text(0, 0, f"{symbol(metric)} {direction(metric)}")
    figure.draw_without_rendering()


def test_names_that_fonts_and_mathematics_would_spoil():
    assert printable("肝臓 $x$") == r"□□ \$x\$"
    assert printable("short") == "short"
    assert len(printable("x" * 100)) == 24
    run = results(4, 2)
    odd = {"liver": "_肝臓$x_1$", "spleen": "$"}
    run = replace(
        run,
        cases=run.cases.replace({"region": odd}),
        details=replace(run.details, regions=tuple(odd[name] for name in run.details.regions)),
    )
    for kind in TABLES:
        assert drawn(kind, run, "dice", "hd95")


def test_skewed_sizes_get_a_logarithmic_axis():
    run = with_scores(results(50, 1, gaps=False), hd95=np.geomspace(0.01, 1e6, 50))
    (figure,) = drawn("distribution", run, "hd95").values()
    (ax,) = panels(figure)
    assert ax.get_xscale() == "symlog"
    run = with_scores(run, hd95=np.linspace(1, 3, 50))
    (figure,) = drawn("distribution", run, "hd95").values()
    assert panels(figure)[0].get_xscale() == "linear"


def test_no_window_system_is_loaded():
    code = "import sys; from segeval.plots import distribution, overlay; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
