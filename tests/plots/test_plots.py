"""Tests of what figures hold: axes, words, counts, and that every kind draws whatever comes."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.drawing import INF, NAN, TABLES, drawn, panels, with_scores, without, words
from helpers.synthetic import results

from segeval.errors import UsageError
from segeval.metrics import parse_metric
from segeval.plots import FORMATS, draw
from segeval.plots.axes import Units, direction, label, shortened, with_unit
from segeval.plots.errors import NothingToDraw
from segeval.plots.source import Source, badness_of, worst_first
from segeval.plots.style import page, printable, printables


@pytest.mark.parametrize("cases", [2, 6])
@pytest.mark.parametrize("kind", TABLES)
def test_regions_that_occur_nowhere_are_left_out(kind: str, cases: int):
    run = without(results(cases, 4, gaps=False), "spleen", "pancreas")
    for figure in drawn(kind, run).values():
        text = words(figure).replace("\n", " ")
        assert "2 regions that occur nowhere are left out." in text
        assert "spleen" not in text
        assert "pancreas" not in text
        assert "4 regions" not in text


def test_results_without_a_region_that_occurs_are_not_drawn(tmp_path: Path):
    run = without(results(3, 1, gaps=False), "liver")
    with pytest.raises(NothingToDraw, match="none of the 1 regions occurs in any mask"):
        draw(run, tmp_path)
    with pytest.raises(NothingToDraw, match="the table of cases is empty"):
        draw(replace(run, cases=run.cases[:0]), tmp_path)


@pytest.mark.parametrize(("cases", "regions"), [(2, 1), (30, 3), (3000, 3), (30, 100)])
@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_draws_few_and_many(kind: str, cases: int, regions: int):
    figures = drawn(kind, results(cases, regions, gaps=cases > 2), "dice", "hd95")
    assert figures
    for figure in figures.values():
        assert f"{cases:,} case" in words(figure)
        assert max(figure.get_size_inches()) <= 14


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_draws_nothing_but_gaps(kind: str):
    run = results(4, 2)
    run = with_scores(run, dice=NAN if kind != "scatter" else 0.0, hd95=INF, assd=NAN, iou=0.5)
    run = replace(
        run, details=replace(run.details, volume_p=np.ones((4, 2)), volume_g=np.ones((4, 2)))
    )
    assert drawn(kind, run)


def test_single_points_are_not_drawn_and_one_line_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    written = draw(results(1, 1, gaps=False), tmp_path)
    assert [path.name for path in written] == ["nsd.png"]
    (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert line.startswith("no distribution, heatmap, volume, scatter plot: a single point is no")
    with pytest.raises(NothingToDraw, match="a single point is no picture"):
        draw(results(1, 1, gaps=False), tmp_path, kinds=["scatter"])


def test_of_one_case_regions_are_compared(tmp_path: Path):
    written = draw(results(1, 5, gaps=False), tmp_path)
    names = ["heatmap-dice", "heatmap-hd95", "nsd", "scatter", "volume"]
    assert [path.stem for path in written] == names


@pytest.mark.parametrize("kind", TABLES)
def test_captions_count_the_cases_that_failed(kind: str):
    run = results(5, 2, gaps=False)
    failed = {"a": {"error": "case 'a': damaged"}, "b": {"error": "case 'b': damaged"}, "c": {}}
    run = replace(run, run={**run.run, "cases": failed, "cases_asked": 9, "cases_done": 7})
    for figure in drawn(kind, run).values():
        caption = words(figure).replace("\n", " ")
        assert "2 failed cases are missing." in caption
        assert "The run was interrupted: 2 cases not scored." in caption
    run.run["failed"] = "worst"
    expected = {"nsd": "are missing", "volume": "are missing"}.get(kind, "counted as the worst")
    for figure in drawn(kind, run).values():
        assert f"2 failed cases {expected}." in words(figure).replace("\n", " ")


def test_dice_speaks_for_a_table_whatever_was_named_first():
    run = results(3, 1)
    columns = ["case", "region", "precision", "recall", "iou", "dice", "assd", "hd95", "note"]
    leading = Source.of(replace(run, cases=run.cases[columns]), None, 3).leading()
    assert [metric.column for metric in leading if metric] == ["dice", "assd"]
    columns.remove("dice")
    leading = Source.of(replace(run, cases=run.cases[columns]), None, 3).leading()
    assert [metric.column for metric in leading if metric] == ["iou", "assd"]


def test_files_are_written_in_every_format_and_are_the_same_each_time(tmp_path: Path):
    run = results(6, 2)
    options = {"kinds": ["heatmap", "nsd"], "metrics": ["dice"], "formats": FORMATS}
    first = draw(run, tmp_path / "first", **options)
    again = draw(run, tmp_path / "again", **options)
    names = ["heatmap-dice", "nsd"]
    assert [path.name for path in first] == [
        f"{name}.{format_}" for name in names for format_ in FORMATS
    ]
    heads = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for path, other in zip(first, again, strict=True):
        assert path.read_bytes().startswith(heads[path.suffix[1:]])
        assert path.read_bytes() == other.read_bytes()
    assert sorted(tmp_path.glob("first/*")) == sorted(first)


def test_kinds_without_data_are_left_out_with_a_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    run = replace(with_scores(results(5, 2), hd95=None, assd=None), details=None)
    with caplog.at_level(logging.INFO, "segeval"):
        written = draw(run, tmp_path, metrics=["dice"])
    assert [path.name for path in written] == ["distribution.png", "heatmap-dice.png"]
    reasons = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "no nsd plot", "no overlay plot", "no scatter plot", "no volume plot",
    ]  # fmt: skip
    assert "score with a surface metric, such as hd95" in reasons[0]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("scatter", "needs an overlap in .* and a distance"),
        ("volume", "hold no volumes"),
        ("nsd", "there are no NSD curves"),
        ("overlay", "the results name no files of masks"),
    ],
)
def test_a_kind_that_was_asked_for_and_has_no_data_is_an_error(
    kind: str, reason: str, tmp_path: Path
):
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
        UsageError,
        match=r"metric 'mcc' is not in the table, which has dice, iou, .*; score again with -m mcc",
    ):
        draw(run, tmp_path, metrics=["mcc"])
    failed = replace(run, cases=run.cases.assign(region=""))
    with pytest.raises(UsageError, match="no scored case in the table"):
        draw(failed, tmp_path)


def test_worst_first():
    dice, error = parse_metric("dice"), parse_metric("volume_error")
    scores = np.array([[0.9, 0.9], [0.1, NAN], [NAN, NAN], [0.5, 0.7]])
    assert worst_first(badness_of(scores, dice)).tolist() == [1, 3, 0, 2]
    assert worst_first(badness_of(np.array([[1.0], [-5.0], [3.0]]), error)).tolist() == [1, 2, 0]
    hd = np.array([[1.0, INF], [9.0, 9.0], [INF, INF], [2.0, INF]])
    assert worst_first(badness_of(hd, parse_metric("hd95"))).tolist() == [2, 3, 0, 1]


@pytest.mark.parametrize(
    ("form", "words_"),
    [
        ("hd95", "hd95 [mm] (lower is better)"),
        ("precision", "precision (higher is better)"),
        ("volume_error", "volume_error [ml] (best: 0)"),
        ("volume_p", "volume_p [ml]"),
        ("tp", "tp [voxel]"),
        ("lr_plus", "lr_plus (higher is better)"),
    ],
)
def test_axes_say_the_name_of_the_table_unit_and_direction(form: str, words_: str):
    assert label(parse_metric(form), Source.of(results(1, 1), None, 1)) == words_


def test_every_metric_can_be_labelled_and_drawn():
    from segeval.metrics import REGISTRY

    figure = page(2, "all")
    for spec in REGISTRY.values():
        metric = spec.bind({p.name: 2 for p in spec.parameters if p.default is None})
        figure.text(0, 0, f"{with_unit(metric, Units())} {direction(metric)}")
    figure.draw_without_rendering()


def test_names_that_fonts_and_mathematics_would_spoil():
    assert printable("肝臓 $x$") == r"□□ \$x\$"
    assert printable("short") == "short"
    assert printable("a\nb\tc\x1b[1m\u202ed\u2028") == "a□b□c□[1m□d□"
    assert printable(r"\frac{1}{2} a_b \$") == r"\frac{1}{2} a_b \\$"
    assert len(printable("x" * 100)) == 24
    alike = [f"{side}_{'x' * 40}_{end}" for side in ("left", "right") for end in (1, 2)]
    assert len(set(printables(alike))) == 4
    assert printables(["a" * 60 + "1" + "a" * 60, "a" * 121], 8) == ["aaaa…aaa (1)", "aaaa…aaa (2)"]
    run = results(4, 2)
    odd = {"liver": "_肝臓$x_1$", "spleen": r"$\frac"}
    ids = {f"case_000{k}": name for k, name in enumerate(["$", "a\nb", "\x1b[2J", "x" * 5000], 1)}
    run = replace(
        run,
        cases=run.cases.replace({"region": odd, "case": ids}),
        details=replace(run.details, regions=tuple(odd[name] for name in run.details.regions)),
    )
    for kind in TABLES:
        for figure in drawn(kind, run, "dice", "hd95").values():
            assert "\x1b" not in words(figure)


def test_skewed_sizes_get_a_logarithmic_axis():
    run = with_scores(results(50, 1, gaps=False), hd95=np.geomspace(0.01, 1e6, 50))
    (figure,) = drawn("distribution", run, "hd95").values()
    (ax,) = panels(figure)
    assert ax.get_xscale() == "symlog"
    run = with_scores(run, hd95=np.linspace(1, 3, 50))
    (figure,) = drawn("distribution", run, "hd95").values()
    assert panels(figure)[0].get_xscale() == "linear"


def test_numbers_of_an_axis_are_written_alike():
    """No axis has both 5000 and 10k."""
    run = results(6, 1, gaps=False)
    volumes = np.array([[1000.0], [4000], [8000], [12000], [16000], [20000]])
    details = replace(run.details, volume_p=volumes + 5, volume_g=volumes)
    (ax,) = panels(drawn("volume", replace(run, details=details))["volume"])
    low, high = ax.get_xlim()
    shown = [x for x in ax.get_xticks() if low <= x <= high]
    labels = [ax.xaxis.get_major_formatter()(x) for x in shown]
    assert max(shown) >= 10_000
    assert all(text == "0" or text.endswith("k") for text in labels)
    assert shortened(12_500) == "12.5k"


def test_no_title_is_cut_off():
    figures = drawn("heatmap", results(300, 3), "hd95", "dice")
    assert len(figures) == 2
    for figure in figures.values():
        assert figure._suptitle.get_window_extent().x1 <= figure.bbox.x1


def test_no_window_system_is_loaded():
    kinds = "from segeval.plots.kinds import distribution, overlay"
    code = f"import sys; {kinds}; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_region_that_every_case_misses_is_named_beside_the_curves():
    run = results(5, 2, gaps=False)
    volume_p = run.details.volume_p.copy()
    volume_p[:, 1] = 0
    missed = replace(run, details=replace(run.details, volume_p=volume_p))
    text = words(drawn("nsd", missed)["nsd"]).replace("\n", " ")
    assert (
        "Left out, as n says: 5 with one mask empty (missed or invented: NSD 0), 0 with both."
        in text
    )
    assert f"Without a curve: {run.details.regions[1]}." in text
