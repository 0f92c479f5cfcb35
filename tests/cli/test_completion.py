"""The shell completes what the pages say it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/commands.md"
ASKS = "COMP_WORDS=({}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _segeval_completion segeval\n"


@pytest.fixture
def complete(tmp_path):
    """A function that gives what Bash offers for the last word of a line, after the page's line."""
    command = tmp_path / "segeval"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m segeval "$@"\n')
    command.chmod(0o755)
    (line,) = [line for line in PAGE.read_text().splitlines() if "bash_source" in line]

    def offered(words):
        script = f"PATH={tmp_path}:$PATH\n{line}\n{ASKS.format(words)}echo ${{COMPREPLY[@]}}\n"
        called = ["bash", "--norc", "-c", script]
        # without a terminal, Bash says that it knows no `compopt`, or sets none
        return subprocess.run(called, capture_output=True, text=True).stdout.split()

    return offered


@pytest.mark.skipif(
    sys.platform != "linux", reason="Bash is 3.2 on macOS, Click wants 4.4; on Windows a guest"
)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("segeval pl", ["plot"]),
        ("segeval score --miss", ["--missing"]),
        ("segeval score --missing ''", ["error", "skip", "empty"]),
    ],
)
def test_bash_completes_commands_options_and_choices(complete, words, offered):
    assert complete(words) == offered
