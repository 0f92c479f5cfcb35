"""Streams that are closed or full: what is scored is kept, and the exit code says what was lost."""

from __future__ import annotations

import json
import shlex
import sys

import pytest
from helpers.processes import SEGEVAL, ended, with_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX and /dev/full")


def through_shell(command, redirection):
    return ended(["bash", "-c", f"{shlex.join(command)} {redirection}"])


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">&-", "it is closed"), (">/dev/full", "No space left on device")],
)
def test_a_lost_stdout_is_told_on_stderr_when_all_is_done(three_cases, redirection, reason):
    answer = through_shell(three_cases.command(), redirection)
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == (
        f"error: stdout cannot be written ({reason}): what was printed there is incomplete, files "
        "are not"
    )
    assert "Traceback" not in answer.stderr
    assert three_cases.run()["complete"] is True


def test_a_reader_that_goes_away_costs_no_table(three_cases):
    command = three_cases.command("--json", "-m", "dice,iou,precision,recall,hd95,assd,fpr")
    answer = through_shell(command, "| true; exit ${PIPESTATUS[0]}")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1].startswith("error: stdout cannot be written (Broken pipe")
    assert three_cases.run()["complete"] is True


@pytest.mark.parametrize("called", [["metrics"], ["explain", "monai"]])
def test_a_reader_that_has_enough_is_no_error(called):
    answer = through_shell([*SEGEVAL, *called], "| true; exit ${PIPESTATUS[0]}")
    assert (answer.returncode, answer.stderr) == (141, "")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_without_stderr_a_run_scores_all_the_same(three_cases, redirection):
    answer = through_shell(three_cases.command(), redirection)
    assert answer.returncode == 1
    *summary, last = answer.stdout.splitlines()
    assert summary[0] == "region  dice"
    assert last.startswith("error: stderr cannot be written (")
    assert three_cases.run()["complete"] is True


def test_json_on_stdout_stays_json_where_stderr_is_lost(three_cases):
    answer = through_shell(three_cases.command("--json"), "2>&-")
    assert answer.returncode == 1
    assert len(json.loads(answer.stdout)) == 4  # three regions and their mean


def test_a_stderr_that_is_not_needed_is_not_missed(three_cases):
    answer = through_shell(three_cases.command("--quiet"), "2>&-")
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "region  dice")


def test_without_any_stream_the_tables_are_written(three_cases):
    answer = through_shell(three_cases.command(), "<&- >&- 2>&-")
    assert answer.returncode == 1
    assert three_cases.run()["complete"] is True


def test_closed_streams_do_not_give_their_numbers_to_files(three_cases):
    """What a library writes to stderr, past Python, would go into the journal."""
    noise = "import os, segeval.run.workers as w\nscore = w.score_measured\n"
    noise += (
        "def loud(*a):\n    os.write(2, b'noise')\n    return score(*a)\nw.score_measured = loud"
    )
    command = three_cases.command()
    script = f"import sys\nsys.argv = ['segeval', *sys.argv[1:]]\n{noise}\n"
    script += "from segeval.cli.app import main\nmain()"
    through_shell([sys.executable, "-c", script, *command[3:]], "2>&-")
    journal = (three_cases.out / "journal.jsonl").read_bytes()
    assert journal.count(b"\n") == 1 + 3
    assert b"noise" not in journal


def test_a_process_without_streams_in_python_scores(three_cases):
    answer = ended(with_python(three_cases.command(), "sys.stdout = sys.stderr = None"))
    assert answer.returncode == 1
    assert three_cases.run()["complete"] is True


@pytest.mark.parametrize("called", [["metrics"], ["metrics", "hd95"], ["explain", "monai"], []])
def test_no_command_calls_a_full_stdout_its_own_fault(called):
    answer = through_shell([*SEGEVAL, *called], ">/dev/full")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: stdout cannot be written (No space left on device)")
    assert answer.stderr.count("\n") == 1


def test_a_pipe_that_is_full_for_a_while_is_waited_for():
    """A pipe that others have set not to block: what does not fit is not lost."""
    # blanks before JSON mean nothing, and so many are all that a pipe holds
    unblocked = "import os\nos.set_blocking(1, False)\nos.write(1, b' ' * (1 << 20))"
    command = with_python([*SEGEVAL, "metrics", "--json"], unblocked)
    answer = through_shell(command, "| (sleep 2; cat); exit ${PIPESTATUS[0]}")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(json.loads(answer.stdout)) > 60
