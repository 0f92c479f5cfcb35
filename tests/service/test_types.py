"""The types that a checker knows where there are no stubs of pandas, which has none itself.

NumPy and torch have types, which take most of a minute to read: they are left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIG = """
[mypy]
strict = True
[mypy-pandas.*,torch.*,torchmetrics.*,numpy.*,matplotlib.*,scipy.*,PIL.*]
follow_imports = skip
follow_imports_for_stubs = True
[mypy-segeval.*]
ignore_errors = True
"""
CALLS = {
    "score(mask, mask)": "Any",
    "score_folder('a', 'b')": "segeval.results.results.Results",
    "Results.load('a').cases": "Any",
    "Results.load('a').run": "dict[str, Any]",
    "Results.load('a').details": "segeval.results.details.Details | None",
    "Dice(num_classes=2)": "segeval.stateful.Dice",
    "History().best('dice')": "tuple[float, float]",
    "Heard()": "user.Heard",
}
"""Calls and their types; tables alone are `Any`."""
PROGRAM = """
import numpy as np
from segeval import Dice, History, Listener, Results, score, score_folder

mask = np.zeros((4, 4), int)

class Heard(Listener):
    def notice(self, text: str) -> None: ...
"""


def test_all_but_tables_is_typed_and_a_strict_checker_has_no_complaint(tmp_path):
    reveals = "".join(f"reveal_type({call})\n" for call in CALLS)
    (tmp_path / "user.py").write_text(PROGRAM + reveals, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(CONFIG, encoding="utf-8")
    call = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "user.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}  # it does not see editable installs
    done = subprocess.run(
        call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    types = re.findall(r'Revealed type is "(.*)"', done.stdout)
    for revealed, (call, expected) in zip(types, CALLS.items(), strict=True):
        assert revealed.startswith(expected), call
