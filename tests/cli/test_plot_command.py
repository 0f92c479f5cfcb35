from __future__ import annotations

import pytest
from calling import CUBE

from segeval import plots
from segeval.cli.plot import FORMATS, KINDS


@pytest.fixture
def results(segeval, folders):
    folders.add("perfect", pred=CUBE)
    folders.score(segeval, "-m", "dice,hd95")
    return folders.out


def test_words_of_the_help_are_those_of_the_library():
    assert plots.KINDS == KINDS
    assert plots.FORMATS == FORMATS


def test_plots_are_drawn_from_the_tables_and_named_on_stdout(segeval, folders, results):
    for mask in folders.pred.iterdir():
        mask.unlink()
    answer = segeval("plot", results, "--kind", "heatmap", "--metric", "dice", "--format", "svg,pdf")
    assert answer.code == 0
    assert answer.out.split() == [str(results / "plots" / f"heatmap-dice.{name}") for name in ("svg", "pdf")]
    assert sorted(path.name for path in (results / "plots").iterdir()) == ["heatmap-dice.pdf", "heatmap-dice.svg"]


def test_plots_go_where_they_shall(segeval, results, tmp_path):
    segeval("plot", results, "--kind", "scatter", "-o", tmp_path / "figures")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["scatter.png"]
    assert not (results / "plots").exists()


def test_plots_that_cannot_be_drawn_are_remarked_upon(segeval, folders, results):
    (results / "details.npz").unlink()
    answer = segeval("plot", results)
    assert answer.code == 0
    assert "note: no nsd plot: " in answer.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kind", "pie"], "'pie' is not one of distribution, heatmap, scatter"),
        (["--format", "jpg"], "'jpg' is not one of png, svg, pdf"),
        (["-m", "iou"], "metric 'iou' is not in the table, which has dice, hd95"),
        (["--worst", "-1"], "-1 is not in the range"),
    ],
)
def test_bad_options_are_one_line(segeval, results, options, message):
    answer = segeval("plot", results, *options)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert message in answer.err


def test_a_folder_that_is_no_run_is_one_line(segeval, tmp_path):
    answer = segeval("plot", tmp_path / "nowhere")
    assert answer.code == 2
    assert answer.err.startswith(f"error: {tmp_path / 'nowhere'}: wanted the folder that segeval score wrote")
