from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
import typing
from socket import gethostname

import numpy as np
import pandas as pd
import pytest
from helpers.calling import CUBE, HALF

from segeval import api
from segeval.errors import UsageError
from segeval.metrics import DEFAULT_METRICS
from segeval.plots import FORMATS as PLOT_FORMATS
from segeval.protocols import convention
from segeval.protocols.protocol import Missing
from segeval.results.exports import EXPORTS
from segeval.run.assemble import Failed
from segeval.run.options import options_of


def test_stdout_is_the_summary_and_nothing_else(segeval, folders):
    folders.add("perfect", pred=CUBE)
    answer = folders.score(segeval, "-m", "dice,precision")
    # dice: 2·32 / (32 + 64) and 1; precision: 1 and 1
    assert answer.out == "region  dice           precision\n1       0.833 ± 0.236  1.000 ± 0.000\n"
    assert answer.code == 0


def test_stderr_says_how_many_cases_and_where_the_tables_are(segeval, folders):
    last, tables = folders.score(segeval).err.splitlines()[-2:]
    assert last.startswith("1 case in ")
    assert tables == f"tables in {folders.out}: cases.csv, summary.csv"
    assert {path.name for path in folders.out.iterdir()} == {
        "cases.csv",
        "summary.csv",
        "run.json",
        "details.npz",
        "journal.jsonl",
    }


def test_json_is_valid_and_what_the_file_holds(segeval, folders):
    answer = folders.score(
        segeval, "--json", "--format", "json", "--regions", "1,7", "-m", "dice,hd95"
    )
    rows = json.loads(answer.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert rows == json.loads((folders.out / "summary.json").read_text(encoding="utf-8"))
    found = {(row["region"], row["metric"]): row["mean"] for row in rows}
    assert found["1", "hd95"] == 2  # the far face of the cube is two voxels from the half
    assert found["7", "dice"] == "nan"


def test_quiet_says_nothing_of_a_run_that_goes_well(segeval, folders):
    assert folders.score(segeval, "--quiet").err == ""


def test_quiet_still_warns(segeval, folders):
    answer = folders.score(segeval, "--quiet", "--regions", "1,9")
    assert (
        answer.err
        == "note: 1 of 2 regions occur in no mask: 9; the masks hold labels 1; check --regions\n"
    )
    assert answer.code == 0


def test_quiet_still_tells_of_failures(segeval, folders):
    folders.add("bad").write_bytes(b"")
    answer = folders.score(segeval, "--quiet")
    assert answer.err.startswith("failed: ")
    assert answer.err.count("\n") == 1
    assert answer.code == 1


@pytest.mark.parametrize(
    ("failed", "code", "mean"),
    [("error", 1, "0.667"), ("skip", 0, "0.667"), ("worst", 1, "0.333")],  # ⅔, or ⅔ and 0
)
def test_what_a_failed_case_means_is_said_and_decides_the_exit_code(
    segeval, folders, failed, code, mean
):
    folders.add("bad").write_bytes(b"")
    answer = folders.score(segeval, "--failed", failed)
    assert answer.code == code
    assert answer.err.startswith("failed: ")
    assert answer.out.splitlines()[1].split()[1] == mean


def test_a_run_is_resumed(segeval, folders):
    folders.score(segeval)
    folders.add("perfect", pred=CUBE)
    answer = folders.score(segeval, "--resume")
    assert "note: 1 of 2 cases were scored before" in answer.err
    assert answer.out == "region  dice\n1       0.833 ± 0.236\n"


def test_formats_may_be_listed_or_repeated(segeval, folders):
    folders.score(segeval, "--format", "csv,json", "--format", "parquet")
    assert {path.suffix for path in folders.out.glob("cases.*")} == {".csv", ".json", ".parquet"}


def test_plots_are_drawn_and_counted(segeval, folders):
    folders.add("perfect", pred=CUBE)
    answer = segeval(
        "score", folders.pred, folders.gt, "-o", folders.out, "-m", "dice", "--plot-format", "svg"
    )
    drawn = list((folders.out / "plots").iterdir())
    assert drawn
    assert {path.suffix for path in drawn} == {".svg"}
    assert answer.err.splitlines()[-2] == "drawing plots"
    assert answer.err.splitlines()[-1] == f"plots in {folders.out / 'plots'}: {len(drawn)} files"


def test_the_folder_belongs_to_a_run_until_its_plots_are_drawn(segeval, folders, monkeypatch):
    folders.add("perfect", pred=CUBE)

    def second(*args, **options):
        command = [sys.executable, "-m", "segeval", "score", folders.pred, folders.gt]
        ended = subprocess.run(
            [*command, "-o", folders.out], capture_output=True, text=True, check=False
        )
        answers.append(f"{ended.returncode} {ended.stderr}")
        return ["drawn"]

    answers = []
    monkeypatch.setattr("segeval.plots.draw", second)
    answer = segeval("score", folders.pred, folders.gt, "-o", folders.out)
    assert answer.err.endswith(f"plots in {folders.out / 'plots'}: 1 files\n")
    holder = f"process {os.getpid()} on {gethostname()} writes"
    assert answers[0].startswith(f"2 error: {folders.out}: {holder}")


def test_plots_of_an_earlier_run_do_not_stay_beside_new_tables(segeval, folders):
    folders.add("perfect", pred=CUBE)
    metrics = ("-m", "hd95,nsd@1,tversky:alpha=0.3,beta=0.7")
    formats = ("--plot-format", "png,svg,pdf")
    segeval("score", folders.pred, folders.gt, "-o", folders.out, *metrics, *formats)
    plots = folders.out / "plots"
    segeval("plot", folders.out, "--kind", "heatmap", *metrics, "--format", "png,svg,pdf")
    drawn = {path.name for path in plots.iterdir()}
    assert {"nsd.png", "heatmap-nsd@1.svg", "heatmap-tversky-alpha=0.3,beta=0.7.pdf"} <= drawn
    shutil.copy(plots / "nsd.svg", plots / "nsd-final.svg")
    shutil.copy(plots / "nsd.pdf", plots / "nsd.old.pdf")
    foreign = {"notes.png", "heatmap-iou.png", "nsd.txt", "overlay-1.svg"}
    for name in foreign:
        (plots / name).write_text("drawn by somebody else")
    (plots / "folder.png").mkdir()
    folders.score(segeval)
    left = {path.name for path in plots.iterdir()}
    assert left == {*foreign, "nsd-final.svg", "nsd.old.pdf", "folder.png"}


@pytest.mark.parametrize(
    ("regions", "reason"),
    [
        ([], "the table of cases is empty"),
        (["--regions", "1"], "none of the 1 regions occurs in any mask"),
    ],
)
def test_masks_without_a_region_are_tables_without_plots(segeval, folders, regions, reason):
    folders.add("good", 0 * CUBE, 0 * CUBE)
    answer = segeval("score", folders.pred, folders.gt, "-o", folders.out, "-m", "dice", *regions)
    assert answer.code == 0
    assert answer.err.count("no plots: ") == 1
    assert reason in answer.err
    assert (folders.out / "cases.csv").exists()
    assert not (folders.out / "plots").exists()


def test_two_files_are_a_run(segeval, folders):
    answer = segeval(
        "score",
        folders.pred / "good.nii.gz",
        folders.gt / "good.nii.gz",
        "-o",
        folders.out,
        "-m",
        "dice",
        "--no-plots",
    )
    assert answer.out == "region  dice\n1       0.667\n"


def test_options_change_what_is_scored(segeval, folders):
    folders.add("far", pred=CUBE * 255, gt=HALF)
    options = ("--binary", "--include-background", "--spacing", "2,1,1", "--jobs", 1)
    answer = folders.score(segeval, *options, "-m", "hd", "-m", "tn")
    table = pd.read_csv(folders.out / "cases.csv").set_index(["case", "region"])
    assert answer.code == 0
    assert table.hd["far", "1"] == 4  # two voxels of 2 mm
    assert table.tn["far", "background"] == 32


def test_options_are_those_of_python_with_the_same_defaults(segeval, monkeypatch):
    taken: dict[str, object] = {}

    def score_folder(pred: str, gt: str, **options: object) -> None:
        taken.update(options)
        raise UsageError("that is enough")

    parameters = inspect.signature(api.score_folder).parameters.values()
    python = {
        parameter.name: parameter.default
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    monkeypatch.setattr(api, "score_folder", score_folder)
    segeval("score", "pred", "gt")
    assert taken.keys() == python.keys()
    own = {"output": "segeval-results", "listener": taken["listener"]}
    assert taken == python | own


def test_words_of_the_help_are_those_of_the_library(segeval):
    cards = options_of("command")
    reported = f"those that the protocol reports; {', '.join(DEFAULT_METRICS)}"
    assert cards["metrics"].unless_given == reported
    assert f"[default: {reported}]" in " ".join(segeval("score", "--help").out.split())
    assert convention().report == DEFAULT_METRICS
    assert cards["formats"].choices == tuple(EXPORTS)
    assert cards["plot_formats"].choices == PLOT_FORMATS
    assert cards["missing"].choices == typing.get_args(Missing)
    assert cards["failed"].choices == typing.get_args(Failed)


def test_many_regions_are_all_there_when_piped(segeval, folders):
    labels = np.arange(216, dtype=np.uint8).reshape(6, 6, 6)
    folders.add("good", labels, labels)
    assert len(folders.score(segeval).out.splitlines()) == 1 + 215 + 1


def test_a_failed_case_is_told_once(folders):
    """In a process of its own, where nothing but the command line decides what logging prints."""
    folders.add("bad").write_bytes(b"")
    called = ["score", str(folders.pred), str(folders.gt), "-m", "dice", "--no-plots"]
    done = subprocess.run(
        [sys.executable, "-m", "segeval", *called, "--regions", "1,9", "-o", str(folders.out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("failed: ") == 1
    assert done.stderr.count("occur in no mask") == 1


def test_a_background_that_is_left_out_is_noted(segeval, folders, tmp_path):
    path = tmp_path / "dataset.json"
    path.write_text('{"labels": {"background": 0, "liver": 1}}')
    answer = folders.score(segeval, "--regions", path)
    assert answer.err.count("note: region 'background' (label 0) is the background and not") == 1
    assert answer.out == "region  dice\nliver   0.667\n"
    answer = folders.score(segeval, "--regions", path, "--include-background")
    assert "note: region" not in answer.err
    # background: 2·152 / (184 + 152)
    assert "background  0.905\nliver       0.667\n" in answer.out


def test_the_summary_on_stdout_is_strict_json(segeval, folders):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    folders.add("missed", pred=0 * CUBE)
    answer = folders.score(segeval, "-m", "hd95", "--regions", "1,9", "--json", "--quiet")
    records = json.loads(answer.out, parse_constant=refuse)
    assert [record["mean"] for record in records] == [2, "nan", 2]
    assert [record["n_infinite"] for record in records] == [1, 0, 1]


def test_an_empty_name_is_no_folder_for_results(segeval, folders, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    answer = segeval("score", folders.pred, folders.gt, "-o", "")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "error: output is empty; name a folder for the results\n"
    assert sorted(tmp_path.rglob("*")) == before


def test_files_of_somebody_else_are_replaced_when_that_is_asked_for(segeval, folders):
    folders.out.mkdir()
    (folders.out / "run.json").write_text("{}")
    answer = segeval("score", folders.pred, folders.gt, "-o", folders.out, "--no-plots")
    assert answer.code == 2
    assert "holds run.json, which segeval has not written" in answer.err
    assert (folders.out / "run.json").read_text() == "{}"
    options = ("--no-plots", "--overwrite", "--absolute-paths")
    assert segeval("score", folders.pred, folders.gt, "-o", folders.out, *options).code == 0
    case = next(iter(json.loads((folders.out / "run.json").read_text())["cases"].values()))
    assert case["gt"].startswith(str(folders.gt))
