"""`--config FILE`: what a file says is as if it were typed; a mistake in it is one line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import CUBE

from segeval.cli.app import command_line
from segeval.cli.config import keys_of

VARYING = ("started", "seconds")


@pytest.fixture
def config(tmp_path):
    """A function that writes a file of options and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "study.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def run_record(folder: Path):
    """The content of run.json without times, which no two runs share."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for case in record["cases"].values():
        case.pop("seconds")
    return {key: value for key, value in record.items() if key not in VARYING}


EVERY_KIND = """
metric = ["dice", "hd95"]
plots = false
binary = true
geometry-tolerance = 1
jobs = 1

[score]
regions = {cube = 1, both = [1, 2]}
ignore_label = 7
spacing = [1, 1, 2.5]
format = "csv,json"
missing = "skip"
"""
TYPED = (
    "-m dice -m hd95 --no-plots --binary --geometry-tolerance 1 --jobs 1 --regions cube=1,both=1+2 "
    "--ignore-label 7 --spacing 1,1,2.5 --format csv,json --missing skip"
)


def test_a_file_is_as_if_it_were_typed(segeval, folders, config):
    folders.add("perfect", pred=CUBE)
    called = ["score", folders.pred, folders.gt, "-o", folders.out]
    typed = segeval(*called, *TYPED.split())
    record = run_record(folders.out)
    filed = segeval(*called, "--config", config(EVERY_KIND))
    assert (filed.code, filed.out) == (typed.code, typed.out) == (0, typed.out)
    assert run_record(folders.out) == record
    assert (folders.out / "cases.json").exists()


def test_the_folders_may_stand_in_the_file(segeval, folders, config):
    path = config(
        f'pred = "{folders.pred.as_posix()}"\ngt = "{folders.gt.as_posix()}"\n'
        f'output = "{folders.out.as_posix()}"\nmetric = "dice"\nplots = false\n'
    )
    answer = segeval("score", "--config", path)
    assert (answer.code, answer.out) == (0, "region  dice\n1       0.667\n")
    assert "missing argument 'GT'" in segeval("score", "--config", config('pred = "pred"')).err


def test_what_is_typed_goes_before_the_file(segeval, folders, config):
    path = config('metric = ["iou", "hd"]\nplots = true\nformat = ["json"]\nquiet = true\n')
    answer = folders.score(segeval, "-m", "dice", "--format", "csv", "--config", path)
    assert answer.out == "region  dice\n1       0.667\n"
    assert answer.err == ""  # quiet, which nothing typed contradicts
    assert not (folders.out / "plots").exists()
    assert not (folders.out / "cases.json").exists()


def test_the_table_of_a_command_goes_before_what_all_commands_share(segeval, folders, config):
    path = config('metric = "iou"\n[score]\nmetric = "precision"\n[plot]\nmetric = "recall"\n')
    answer = segeval(
        "score", folders.pred, folders.gt, "-o", folders.out, "--no-plots", "--config", path
    )
    assert answer.out == "region  precision\n1       1.000\n"


def test_a_flag_has_both_of_its_names(segeval, folders, config):
    path = config("include-background = true\nno-plots = true\n")
    assert "background" in folders.score(segeval, "--config", path).out
    path = config("no-background = false\n")
    assert "background" in folders.score(segeval, "--config", path).out


def test_other_commands_take_files_too(segeval, folders, config):
    folders.score(segeval, "-m", "dice")
    folders.add("perfect", pred=CUBE)
    folders.score(segeval, "-m", "dice")
    path = config(
        f'[plot]\npaths = "{folders.out.as_posix()}"\nkind = "heatmap"\n'
        f'[explain]\nwhat = "medpy"\n[metrics]\nname = "dice"\njson = true\n'
    )
    drawn = segeval("plot", "--config", path)
    assert drawn.out.split() == [str(folders.out / "plots" / "heatmap-dice.png")]
    assert segeval("explain", "--config", path).out == segeval("explain", "medpy").out
    assert segeval("metrics", "--config", path).out == segeval("metrics", "dice", "--json").out


@pytest.mark.parametrize("name", ["explain", "metrics", "plot", "score"])
def test_every_command_with_options_or_arguments_has_the_option(name):
    command = command_line.commands[name]
    assert "config" in [param.name for param in command.params]
    long = {flag[2:] for param in command.params for flag in param.opts if flag.startswith("--")}
    assert long - {"config"} <= set(keys_of(command))


def test_a_file_beside_the_working_folder_is_not_read_unless_it_is_named(
    segeval, folders, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("segeval.toml").write_text("nonsense = 1")
    assert folders.score(segeval).code == 0


def test_paths_in_a_file_are_those_of_the_working_folder(
    segeval, folders, config, tmp_path, monkeypatch
):
    path = config('pred = "pred"\ngt = "gt"\nmetric = "dice"\nplots = false\noutput = "made/out"')
    (tmp_path / "elsewhere").mkdir()
    moved = path.rename(tmp_path / "elsewhere" / "study.toml")
    monkeypatch.chdir(tmp_path)
    assert segeval("score", "--config", moved).code == 0
    assert Path("made/out/cases.csv").exists()


def test_a_tilde_is_the_home_folder(segeval, folders, config, tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    config('pred = "~/pred"\ngt = "~/gt"\noutput = "~/out"\nmetric = "dice"\nplots = false\n')
    answer = segeval("score", "--config", "~/study.toml")
    assert (answer.code, answer.out) == (0, "region  dice\n1       0.667\n")
    assert (tmp_path / "out/cases.csv").exists()
    typed = segeval("score", "~/pred", "~/gt", "-o", "~/typed", "-m", "dice", "--no-plots")
    assert typed.out == answer.out
    assert len(pd.read_csv(tmp_path / "typed/cases.csv")) == 1
    assert not (tmp_path / "~").exists()


WRONG = {
    "an unknown option": (
        'metrik = "dice"',
        "metrik: is no option of segeval score; did you mean 'metric'\\?",
    ),
    "an unknown option in a table": (
        "[plot]\nwurst = 3",
        r"\[plot\] wurst: is no option of segeval plot; did you mean 'worst'\?",
    ),
    "an option like no other": (
        "zzz = 1",
        "zzz: is no option of segeval score; choose one of pred, gt, output, metric, .*, quiet",
    ),
    "an unknown table": (
        "[scor]\njobs = 1",
        "scor: is no command of segeval; did you mean 'score'\\?",
    ),
    "an option of another command": (
        "worst = 3",
        r"worst: is no option of segeval score; write it under \[plot\]",
    ),
    "a command that is no table": (
        "plot = true",
        r"plot: is no option .*; options of segeval plot go into a table, \[plot\]",
    ),
    "the file itself": ('config = "more.toml"', "config: is no option of segeval score; .*"),
    "an option under two names": (
        "ignore-label = 1\nignore_label = 2",
        "ignore_label: stands there under another name, too; give it once",
    ),
    "a flag and its opposite": (
        "plots = true\nno-plots = true",
        "no-plots: stands there under another name, too; give it once",
    ),
    "a text for a number": ('jobs = "many"', "jobs: wanted a whole number, came 'many'"),
    "a fraction for a whole number": ("jobs = 1.5", "jobs: wanted a whole number, came 1.5"),
    "a flag for a number": ("jobs = true", "jobs: wanted a whole number, came True"),
    "a number for a text": ("pred = 5", "pred: wanted a text, came 5"),
    "a zero within a text": (r'pred = "a\u0000"', r"pred: wanted a text, came 'a\\x00'"),
    "a text for a flag": ('quiet = "yes"', "quiet: wanted true or false, came 'yes'"),
    "a number among texts": (
        'metric = ["dice", 95]',
        r"metric: wanted a text or a list of texts, came \['dice', 95\]",
    ),
    "no texts": ("metric = []", r"metric: wanted a text or a list of texts, came \[\]"),
    "one length": ("spacing = 1.5", r"spacing: wanted a list of lengths such as \[.*\], came 1.5"),
    "regions of regions": (
        "[regions]\na.b = 1",
        r"regions: wanted a text, a label, a list or a table .*, came \{'a': \{'b': 1\}\}",
    ),
    "an unknown choice": (
        'missing = "guess"',
        "missing: 'guess' is not one of 'error', 'skip', 'empty'",
    ),
    "an unknown word": ('[plot]\nkind = "pie"', r"\[plot\] kind: 'pie' is not one of .*"),
    "no TOML": (
        "jobs 1",
        r"wanted options in TOML, but .* as such \(.*line 1.*\); see docs/commands.md",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_file_is_one_line_that_names_it(
    segeval, folders, config, text, message
):
    path = config(text)
    answer = folders.score(segeval, "--config", path)
    assert (answer.code, answer.out) == (2, "")
    assert re.fullmatch(rf"error: {re.escape(str(path))}: {message}\n", answer.err)


def test_an_option_in_a_file_that_means_nothing_is_refused_as_if_it_were_typed(
    segeval, folders, config
):
    folders.score(segeval)
    answer = segeval("plot", folders.out, "--config", config("smooth = 0.5"))
    assert "'--smooth': means nothing for results; leave it out" in answer.err


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_one_line(segeval, folders, name):
    answer = folders.score(segeval, "--config", name)
    assert answer.code == 2
    assert re.fullmatch(
        rf"error: {re.escape(name)}: wanted options in TOML, but it cannot be read: .*\n",
        answer.err,
    )


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("jobs = 0", "jobs must be at least 1, not 0; leave it out to use every core"),
        ('metric = "dcie"', "unknown metric 'dcie'; did you mean dice?"),
    ],
)
def test_a_value_that_means_nothing_is_said_to_be_from_the_file(
    segeval, folders, config, option, complaint
):
    path = config(option)
    answer = segeval("score", folders.pred, folders.gt, "--config", path)
    assert answer.code == 2
    assert answer.err == f"error: {complaint} (options are from {path}, too)\n"
