from __future__ import annotations

import pytest
from helpers.calling import CUBE

from segeval import plots
from segeval.history import History


@pytest.fixture
def results(segeval, folders):
    folders.add("perfect", pred=CUBE)
    folders.score(segeval, "-m", "dice,hd95")
    return folders.out


def test_the_help_has_the_kinds_and_formats_of_the_library(segeval):
    answer = segeval("plot", "--help")
    assert f"--kind {','.join(plots.KINDS)}" in answer.out
    assert f"--format {','.join(plots.FORMATS)}" in answer.out


def test_plots_are_drawn_from_the_tables_and_named_on_stdout(segeval, folders, results):
    for mask in folders.pred.iterdir():
        mask.unlink()
    answer = segeval(
        "plot", results, "--kind", "heatmap", "--metric", "dice", "--format", "svg,pdf"
    )
    assert answer.code == 0
    assert answer.out.split() == [
        str(results / "plots" / f"heatmap-dice.{name}") for name in ("svg", "pdf")
    ]
    assert sorted(path.name for path in (results / "plots").iterdir()) == [
        "heatmap-dice.pdf",
        "heatmap-dice.svg",
    ]


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
        (["--kind", "pie"], "'pie' is not one of distribution, heatmap, nsd"),
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
    assert answer.err.startswith(
        f"error: {tmp_path / 'nowhere'}: wanted the folder that segeval score wrote"
    )


@pytest.fixture
def trainings(tmp_path):
    """Two runs of Lightning, in folders of their own."""
    for name, dice in (("unet", 0.5), ("swin", 0.75)):
        folder = tmp_path / "logs" / name / "version_0"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(
            f"epoch,step,train_loss_step,val_dice\n0,9,2.0,\n0,9,,{dice}\n1,19,1.0,\n1,19,,nan\n"
        )
    return tmp_path / "logs"


def test_curves_are_drawn_beside_the_table_and_named_on_stdout(segeval, trainings):
    folder = trainings / "unet" / "version_0"
    for given in (folder, folder / "metrics.csv"):
        answer = segeval("plot", given, "--format", "svg", "--smooth", "0.6", "--mean")
        assert (answer.code, answer.out.split()) == (0, [str(folder / "plots" / "curves.svg")])


def test_runs_are_drawn_together(segeval, trainings, tmp_path):
    paths = sorted(trainings.glob("*/version_0"))
    answer = segeval("plot", *paths, "-m", "val/dice,loss", "-o", tmp_path / "figures")
    assert (answer.code, answer.out.split()) == (0, [str(tmp_path / "figures" / "curves.png")])


def test_the_history_of_a_loop_is_drawn(segeval, tmp_path):
    history = History()
    history.log(1, {"val": {"nsd@2": [0.5, 0.75], "hd95": [4.0, 3.0]}})
    history.to_csv(tmp_path / "history.csv")
    answer = segeval("plot", tmp_path, "-m", "nsd@2", "-m", "hd95", "--unit", "mm", "--by", "epoch")
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "dcie"], "no column holds 'dcie'; did you mean dice?"),
        (["--smooth", "1.5"], "smooth must be a weight"),
        (["--kind", "nsd"], "'--kind': means nothing for trainings; leave it out"),
        (["--worst", "3"], "'--worst': means nothing for trainings; leave it out"),
        (["nowhere"], "nowhere: does not exist"),
        (["nowhere.csv"], "nowhere.csv: cannot read it (No such file or directory)"),
    ],
)
def test_bad_options_of_curves_are_one_line(segeval, trainings, arguments, message):
    answer = segeval("plot", trainings / "unet" / "version_0", *arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert message in answer.err


def test_folders_of_results_are_drawn_one_at_a_time_and_without_curves(segeval, results, trainings):
    table = trainings / "unet" / "version_0" / "metrics.csv"
    for others in ([table], [results]):
        answer = segeval("plot", results, *others)
        assert answer.code == 2
        assert f"{results}: is a folder of results; plot such folders one at a time" in answer.err
    answer = segeval("plot", results, "--smooth", "0.5")
    assert "'--smooth': means nothing for results; leave it out" in answer.err
    answer = segeval("plot", results / "cases.csv")
    assert "give the folder of the results, not its table" in answer.err


def test_a_folder_of_runs_names_one(segeval, trainings):
    answer = segeval("plot", trainings)
    assert answer.err.count("\n") == 1
    assert f"did you mean {trainings / 'swin' / 'version_0'}?" in answer.err


@pytest.mark.parametrize("arguments", [("plot", "s3://x/run"), ("explain", "s3://x/run")])
def test_results_elsewhere_are_refused_as_they_were_given(segeval, arguments):
    answer = segeval(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: s3://x/run: wanted a path on this machine")
