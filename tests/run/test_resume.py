"""A run that was stopped goes on where it was, and a folder belongs to one run at a time."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import segeval
from segeval.errors import UsageError
from segeval.results.folder import HOLDER, taken
from segeval.results.folder import JOURNAL as NAME
from segeval.run import cases

CASES = 40
SCORE = """
import sys, time, segeval
class Slow(segeval.Listener):
    def finished(self, record):
        print(record.pair.id, flush=True)
        time.sleep(0.01)
pred, gt, out = sys.argv[1:]
segeval.score_folder(
    pred, gt, metrics="dice,hd95,nsd@1,rand", output=out, resume=True, listener=Slow(), jobs=2
)
"""


@pytest.fixture
def masks(tmp_path) -> tuple[Path, Path]:
    """Two folders of masks; the first case differs from the others in its labels."""
    rng = np.random.default_rng(0)
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    for number in range(CASES):
        gt = np.zeros((24, 24), np.uint8)
        row, column = rng.integers(2, 12, 2)
        gt[row : row + 9, column : column + 7] = 1 + (number % 3)
        pred = np.roll(gt, rng.integers(-3, 4, 2), axis=(0, 1))
        np.save(tmp_path / "gt" / f"{number:02}.npy", gt)
        np.save(tmp_path / "pred" / f"{number:02}.npy", pred)
    return tmp_path / "pred", tmp_path / "gt"


def score(masks, out, **options):
    return segeval.score_folder(*masks, metrics="dice,hd95,nsd@1,rand", output=out, **options)


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("cases.csv", "summary.csv", "details.npz")}


def test_cases_whose_files_have_not_changed_are_taken_from_the_journal(masks, tmp_path):
    out = tmp_path / "out"
    before = score(masks, out)
    changed = masks[0] / "07.npy"
    shutil.copy(masks[0] / "08.npy", changed)
    os.utime(masks[0] / "09.npy")  # another time, the same content
    results = score(masks, out, resume=True)
    assert results.run["cases_resumed"] == CASES - 1
    told, about_labels = results.run["warnings"]
    assert told == f"{CASES - 1} of {CASES} cases were scored before and are taken from the journal"
    assert about_labels.startswith(f"in 1 of {CASES} cases no label is in both masks")
    rows = results.cases.case == "07"
    assert not results.cases[rows].equals(before.cases[rows])
    assert results.cases[~rows].equals(before.cases[~rows])
    assert results.cases.equals(score(masks, tmp_path / "anew").cases)


def test_a_run_under_another_protocol_begins_anew_and_forgets_nothing(masks, tmp_path):
    out = tmp_path / "out"
    first = score(masks, out)
    results = score(masks, out, resume=True, include_background=True)
    assert results.run["cases_resumed"] == 0
    (notice,) = results.run["warnings"]
    assert notice.startswith("the journal is of other metrics, regions or options, or of another")
    assert score(masks, out, resume=True, include_background=True).run["cases_resumed"] == CASES
    again = score(masks, out, resume=True)
    assert again.run["cases_resumed"] == CASES
    assert again.cases.equals(first.cases)


def test_a_run_of_which_every_case_failed_is_no_other_run(masks, tmp_path):
    out = tmp_path / "out"
    whole = {path: path.read_bytes() for path in masks[0].iterdir()}
    for path in whole:
        path.write_bytes(b"damaged")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", segeval.FailedCasesWarning)
        score(masks, out)
    for path, content in whole.items():
        path.write_bytes(content)
    results = score(masks, out, resume=True)
    assert results.run["warnings"] == []
    assert results.cases.equals(score(masks, tmp_path / "anew").cases)
    assert not list(out.glob("journal.earlier*"))


def test_without_resume_nothing_is_taken(masks, tmp_path):
    out = tmp_path / "out"
    score(masks, out)
    assert score(masks, out).run["cases_resumed"] == 0


def test_a_line_that_was_cut_off_or_changed_is_scored_again(masks, tmp_path):
    out = tmp_path / "out"
    whole = score(masks, out)
    journal = out / NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"seconds": ', b'"seconds": 1')
    journal.write_bytes(b"".join(lines)[:-20])
    results = score(masks, out, resume=True)
    assert results.run["cases_resumed"] == CASES - 2
    assert results.cases.equals(whole.cases)


def test_cases_that_failed_are_tried_again(masks, tmp_path):
    out = tmp_path / "out"
    good = (masks[0] / "05.npy").read_bytes()
    (masks[0] / "05.npy").write_bytes(good[:-40])
    with pytest.warns(segeval.FailedCasesWarning, match=r"1 of 40 cases failed .*\n.*05\.npy"):
        score(masks, out)
    (masks[0] / "05.npy").write_bytes(good)
    results = score(masks, out, resume=True)
    assert results.run["cases_resumed"] == CASES - 1
    assert results.run["cases_failed"] == 0


def test_a_second_run_into_one_folder_is_refused_with_the_first_named(masks, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-c", SCORE, *map(str, masks), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(
            UsageError, match=rf"out: process {first.pid} on \S+ writes its results"
        ):
            score(masks, out)
        assert first.wait() == 0
    assert set(segeval.Results.load(out).cases.case) == {f"{number:02}" for number in range(CASES)}
    score(masks, out)


def test_a_line_holds_a_record_and_its_checksum(masks, tmp_path):
    score(masks, tmp_path / "out")
    first, second, *_ = (tmp_path / "out" / NAME).read_text().splitlines()
    header = json.loads(first.partition("\t")[0])
    assert header["header"]["segeval"] == segeval.__version__
    assert json.loads(second.partition("\t")[0])["record"]["error"] == ""
    assert len(second.partition("\t")[2]) == 8


def test_resume_needs_a_folder_to_go_on_with(masks):
    with pytest.raises(UsageError, match=r"^resume goes on with the results in a folder; give it"):
        segeval.score_folder(*masks, resume=True)


def test_metrics_in_another_order_are_not_taken_for_one_another(masks, tmp_path):
    out = tmp_path / "out"
    segeval.score_folder(*masks, metrics="dice,iou", output=out)
    results = segeval.score_folder(*masks, metrics="iou,dice", output=out, resume=True)
    assert results.cases.equals(segeval.score_folder(*masks, metrics="iou,dice").cases)


def test_curves_of_other_folders_are_not_mixed_in(tmp_path):
    def folder(name, spacing):
        for side, shift in (("pred", 1), ("gt", 0)):
            (tmp_path / name / side).mkdir(parents=True)
            mask = np.zeros((12, 12, 12), np.uint8)
            mask[3 + shift : 8 + shift, 3:8, 3:8] = 1
            image = nib.Nifti1Image(mask, np.diag([spacing, spacing, spacing, 1]))
            nib.save(image, tmp_path / name / side / f"{name}.nii.gz")
        return tmp_path / name / "pred", tmp_path / name / "gt"

    fine, coarse = folder("fine", 1.0), folder("coarse", 4.0)
    out = tmp_path / "out"
    score(fine, out)
    score(coarse, out, resume=True)
    for side in range(2):
        (file,) = fine[side].iterdir()
        shutil.copy(file, coarse[side])
    score(coarse, out, resume=True)
    score(coarse, tmp_path / "anew")
    assert tables(out) == tables(tmp_path / "anew")


def test_a_file_that_changes_while_it_is_scored_is_scored_again(masks, tmp_path, monkeypatch):
    """What was scored is what was hashed, not what lies there when the case is done."""
    read = cases.read

    def changing(path, **options):
        mask = read(path, **options)
        if path == masks[0] / "07.npy":
            np.save(path, 1 - np.load(path))
        return mask

    with monkeypatch.context() as patched:
        patched.setattr(cases, "read", changing)
        score(masks, tmp_path / "out")
    assert score(masks, tmp_path / "out", resume=True).run["cases_resumed"] == CASES - 1


def test_a_listener_that_fails_is_not_said_to_be_the_output(masks, tmp_path):
    class Broken(segeval.Listener):
        def finished(self, record):
            raise BrokenPipeError("nobody reads")

    with pytest.raises(BrokenPipeError, match="nobody reads"):
        score(masks, tmp_path / "out", listener=Broken())


@pytest.mark.parametrize("content", ["[1]", '{"a": 1}', '{"record": {"id": "00"}}', "\xff"])
def test_whole_lines_of_something_else_are_passed_over(masks, tmp_path, content):
    score(masks, tmp_path / "out")
    text = content.encode("latin-1")
    with (tmp_path / "out" / NAME).open("ab") as file:
        file.write(text + f"\t{zlib.crc32(text):08x}\n".encode())
    assert score(masks, tmp_path / "out", resume=True).run["cases_resumed"] == CASES


def test_a_copy_of_the_same_size_and_time_in_another_folder_is_looked_into(masks, tmp_path):
    score(masks, tmp_path / "out")
    copied = tmp_path / "other"
    shutil.copytree(masks[0], copied)
    changed = copied / "07.npy"
    times = changed.stat()
    shutil.copy(masks[0] / "08.npy", changed)
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    results = score((copied, masks[1]), tmp_path / "out", resume=True)
    assert results.run["cases_resumed"] == CASES - 1
    assert results.run["cases"]["08"]["pred"] == str(copied / "08.npy")


def test_files_are_the_same_by_their_place_not_by_what_was_typed(tmp_path, monkeypatch):
    """The same words in another folder are other files, though of one size and time."""
    for name, moved in (("one", 0), ("two", 3)):
        for side in ("pred", "gt"):
            (tmp_path / name / side).mkdir(parents=True)
            mask = np.zeros((24, 24), np.uint8)
            mask[4:9, 4:9] = 1
            file = tmp_path / name / side / "a.npy"
            np.save(file, np.roll(mask, moved * (side == "pred"), 0))
            os.utime(file, (1e9, 1e9))
        monkeypatch.chdir(tmp_path / name)
        results = segeval.score_folder(
            "pred", "gt", metrics="dice", output=tmp_path / "out", resume=True
        )
    assert results.run["cases_resumed"] == 0
    assert results.cases.dice.tolist() == [2 * 10 / (25 + 25)]


def test_a_journal_with_other_ends_of_lines_is_read(masks, tmp_path):
    out = tmp_path / "out"
    whole = score(masks, out)
    journal = out / NAME
    journal.write_bytes(journal.read_bytes().replace(b"\n", b"\r\n"))
    results = score(masks, out, resume=True)
    assert results.run["cases_resumed"] == CASES
    assert results.cases.equals(whole.cases)


def number_of_a_dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    return dead.pid


def elsewhere(function):
    """Run a function in another thread, which is another one to a lock, and return its error."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).exception()


def test_a_dead_process_is_not_named_as_the_holder(masks, tmp_path):
    out = tmp_path / "out"
    with taken(out, ["csv"]):
        holder = {"process": number_of_a_dead_process(), "host": socket.gethostname()}
        (out / HOLDER).write_text(json.dumps(holder))
        error = elsewhere(lambda: score(masks, out))
    assert isinstance(error, UsageError)
    assert "out: another run writes its results there; wait until it is done" in str(error)


def test_what_a_killed_run_left_half_written_goes(masks, tmp_path):
    out = tmp_path / "out"
    (out / "plots").mkdir(parents=True)
    part = f"{number_of_a_dead_process()}-1@{socket.gethostname()}.part"
    alive = f".nsd.png.{os.getpid()}-1@{socket.gethostname()}.part"
    elsewhere_ = f".nsd.png.{number_of_a_dead_process()}-1@elsewhere.part"
    for name in (f".{NAME}.{part}", f"plots/.nsd.png.{part}", f"plots/{alive}", ".mine.part"):
        (out / name).write_text("half")
    (out / "plots" / elsewhere_).write_text("half")
    (out / ".results.part").mkdir()
    (out / ".results.part" / "cases.csv").write_text("half")
    score(masks, out)
    left = {path.name for path in out.rglob(".*")}
    assert left == {alive, elsewhere_, ".mine.part"}
