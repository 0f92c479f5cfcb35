"""Files that are not of segeval stay, links are not followed, and one run has a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import segeval
from segeval import plots
from segeval.errors import UsageError
from segeval.results.folder import JOURNAL, LOCK, NEW, STAGED
from segeval.results.results import Results

FOREIGN = {
    "cases.csv": "patient,age\n1,40\n",
    "summary.csv": "n\n3\n",
    "run.json": '{"name": "experiment 7"}',
    "details.npz": "mine",
    "journal.jsonl": '{"mine": 1}\n',
}


def score(three, out, **options):
    return segeval.score_folder(*three, metrics="dice", output=out, **options)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_somebody_else_is_neither_replaced_nor_deleted(name, three, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text(FOREIGN[name])
    with pytest.raises(
        UsageError, match=rf"but it holds {name}, which segeval .* replace them with --overwrite"
    ):
        score(three, out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {name: FOREIGN[name]}
    with pytest.raises(UsageError, match="which segeval has not written"):
        Results.from_dict(score(three, None).to_dict()).save(out)
    score(three, out, overwrite=True)
    assert Results.load(out).run["complete"]
    assert score(three, out, resume=True).run["cases_resumed"] == 3


def test_a_folder_with_other_files_is_as_good_as_an_empty_one(three, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "paper.tex").write_text("mine")
    (out / "cases.json").write_text("mine, and of a format that is not asked for")
    score(three, out)
    score(three, out)
    assert (out / "paper.tex").read_text() == "mine"
    assert (out / "cases.json").read_text().startswith("mine")
    with pytest.raises(UsageError, match=r"holds cases\.json, which segeval"):
        score(three, out, formats=("csv", "json"))


def test_a_folder_of_ours_is_replaced(three, tmp_path):
    out = tmp_path / "out"
    score(three, out, formats=("csv", "json"))
    score(three, out)
    assert not (out / "cases.json").exists()
    run = json.loads((out / "run.json").read_text())
    del run["sha256"]  # as an earlier version wrote it
    (out / "run.json").write_text(json.dumps(run))
    score(three, out, formats=("json",))
    assert not (out / "cases.csv").exists()


def test_a_run_that_was_killed_before_its_first_results_is_ours(three, tmp_path):
    out = tmp_path / "out"
    score(three, out)
    for path in out.iterdir():
        if path.name != JOURNAL:
            path.unlink()
    assert score(three, out, resume=True).run["cases_resumed"] == 3


def test_a_folder_under_the_name_of_a_table_is_an_error(three, tmp_path):
    out = tmp_path / "out"
    (out / "cases.csv").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"cases\.csv: wanted to write a file, but a folder has"):
        score(three, out, overwrite=True)


def test_a_hash_of_another_name_leads_nowhere(three, tmp_path):
    """A run.json of somebody else could name any file as one of its own, to be deleted."""
    out = tmp_path / "out"
    score(three, out)
    (tmp_path / "precious").write_text("mine")
    run = json.loads((out / "run.json").read_text())
    run["sha256"] |= {"../precious": "0", str(tmp_path / "precious"): "0"}
    (out / "run.json").write_text(json.dumps(run))
    score(three, out)
    assert (tmp_path / "precious").read_text() == "mine"


LINKS = ["cases.csv", "summary.csv", "run.json", "details.npz", JOURNAL, ".running.json"]


@pytest.mark.parametrize("name", LINKS)
def test_a_link_under_the_name_of_a_result_is_not_followed(name, three, tmp_path):
    out, precious = tmp_path / "out", tmp_path / "precious"
    score(three, out)
    precious.write_text("mine")
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(precious)
    if name in FOREIGN:
        with pytest.raises(UsageError, match=rf"holds .*{name}.*, which segeval"):
            score(three, out)
    score(three, out, overwrite=True)
    assert precious.read_text() == "mine"
    assert not (out / name).is_symlink()
    assert Results.load(out).run["complete"]


def test_a_link_under_the_name_of_the_lock_is_refused(three, tmp_path):
    out, precious = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    precious.write_text("mine")
    (out / LOCK).symlink_to(precious)
    with pytest.raises(UsageError, match="out: cannot write the results there"):
        score(three, out)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("name", [".results.part", ".results.new"])
def test_a_link_under_the_name_of_a_folder_of_ours_is_not_followed(name, three, tmp_path):
    out, precious = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    precious.mkdir()
    (precious / "run.json").write_text(FOREIGN["run.json"])
    (out / name).symlink_to(precious)
    with pytest.raises(UsageError, match=rf"{name}: .* that segeval has not written; move it, or"):
        score(three, out)
    assert (precious / "run.json").read_text() == FOREIGN["run.json"]


def test_a_link_under_the_name_of_an_incomplete_file_is_not_followed(three, tmp_path, monkeypatch):
    """Whoever knows the number of the process can know that name, and lay a link there."""
    out, precious = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    precious.write_text("mine")
    opening = Path.open

    def after_a_link_was_laid(path, mode="r", *arguments, **options):
        if path.name.endswith(".part") and "x" in mode:
            path.symlink_to(precious)
        return opening(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", after_a_link_was_laid)
    with pytest.raises(UsageError, match=r"cannot write it \(File exists\)"):
        score(three, out)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("output", ["", b""])
def test_an_empty_name_is_no_folder(output, three):
    with pytest.raises(UsageError, match="output"):
        score(three, output)
    assert not Path("cases.csv").exists()


def test_who_holds_a_folder_may_take_it_again(three, tmp_path):
    class Saves(segeval.Listener):
        def saved(self):
            """Save other results into the folder that the run still holds."""
            taken.append((tmp_path / "out" / LOCK).exists())
            Results.load(tmp_path / "out").save(tmp_path / "out")
            taken.append((tmp_path / "out" / LOCK).exists())

    taken: list[bool] = []
    score(three, tmp_path / "out", listener=Saves())
    assert taken == [True, True]
    assert not (tmp_path / "out" / LOCK).exists()


@pytest.mark.parametrize("name", [STAGED, NEW])
def test_a_folder_of_somebody_else_under_a_name_of_ours_stays(name, three, tmp_path):
    out = tmp_path / "out"
    (out / name).mkdir(parents=True)
    (out / name / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match=rf"{name}: .* that segeval has not written; move it, or"):
        score(three, out)
    assert (out / name / "precious.txt").read_text() == "mine"


def test_plots_that_are_a_link_are_not_followed(three, tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "plots").symlink_to(elsewhere)
    with pytest.raises(UsageError, match=r"plots: .* it is a link, which is not followed; remove"):
        score(three, out)


def test_a_figure_of_somebody_else_stays(three, tmp_path):
    results = score(three, tmp_path / "out")
    folder = tmp_path / "out" / "plots"
    folder.mkdir()
    (folder / "distribution.png").write_text("mine")
    with pytest.raises(UsageError, match=r"distribution.png: .* that segeval has not drawn; move"):
        plots.draw(results, folder)
    assert (folder / "distribution.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("protocol", 3),
        ("protocol", {"name": "x", "hash": None}),
        ("cases", [1, 2]),
        ("cases", {"a": 3}),
        ("units", {"length": 3}),
        ("regions", {"1": ["1"]}),
        ("complete", "yes"),
    ],
)
def test_a_run_of_another_shape_is_refused(key, value, three, tmp_path):
    out = tmp_path / "out"
    score(three, out)
    run = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(run | {key: value}))
    with pytest.raises(UsageError, match=rf"run.json: wanted .*, but \.{key}.* is .*; run segeval"):
        Results.load(out)
