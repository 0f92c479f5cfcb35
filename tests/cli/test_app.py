from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from segeval import __version__
from segeval.cli import app as application
from segeval.cli.app import command_line

COMMANDS = sorted(command_line.commands)


def test_the_commands_are_these():
    assert COMMANDS == ["explain", "metrics", "plot", "score", "warm-up"]


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS)], ids=["segeval", *COMMANDS]
)
def test_help_has_an_example_that_calls_segeval(segeval, command):
    answer = segeval(*command, "--help")
    assert answer.code == 0
    assert "Example:\n    segeval " in answer.out


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name not in ("explain", "warm-up")]
)
def test_every_option_says_what_it_does(command):
    options = [
        parameter
        for parameter in command_line.commands[command].params
        if isinstance(parameter, click.Option)
    ]
    assert options
    assert [option.name for option in options if not option.help] == []


def test_without_a_command_there_is_help(segeval):
    assert segeval() == segeval("--help")


def test_version(segeval):
    assert segeval("--version").out == f"segeval {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--zzz"], r"error: no such option.*--zzz.* \(see segeval --help\)"),
        (["scor"], r"error: no such command 'scor'.* \(see segeval --help\)"),
        (["score", "--zzz"], r"error: no such option.*--zzz.* \(see segeval score --help\)"),
        (["score", "pred"], r"error: missing argument 'GT' \(see segeval score --help\)"),
        (
            ["score", "a", "b", "--jobs", "x"],
            r"error: invalid value for '--jobs'.*'x'.* \(see segeval score --help\)",
        ),
        (["metrics", "dise"], r"error: unknown metric 'dise'; did you mean dice\?"),
    ],
)
def test_wrong_usage_is_one_line_on_stderr(segeval, arguments, line):
    answer = segeval(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert re.fullmatch(f"{line}\n", answer.err)


def test_a_fault_shows_its_traceback_and_asks_for_a_report(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["segeval", "metrics"])
    monkeypatch.setattr("segeval.cli.metrics._list", lambda specs: 1 / 0)
    with pytest.raises(SystemExit, match=str(application.FAULT)):
        application.main()
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert err.endswith(
        "error: this is a fault of segeval itself; please report it with the lines above\n"
    )


def test_an_interruption_is_no_traceback(segeval, monkeypatch):
    def interrupted(specs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("segeval.cli.metrics._list", interrupted)
    answer = segeval("metrics")
    assert (answer.code, answer.out, answer.err) == (130, "", "stopped\n")


def test_a_file_that_the_system_refuses_is_no_traceback(segeval, monkeypatch):
    def refused(specs: object) -> None:
        raise PermissionError(13, "Permission denied", "masks/locked")

    monkeypatch.setattr("segeval.cli.metrics._list", refused)
    assert segeval("metrics").err == "error: masks/locked: Permission denied\n"


def test_it_runs_as_a_process():
    command = [sys.executable, "-m", "segeval", "metrics", "nope"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown metric 'nope'")
    assert done.stderr.count("\n") == 1
