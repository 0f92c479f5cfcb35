"""A copy of the package, which recipes change, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_in_clone(clone: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a process that imports the clone's package."""
    start = f"import segeval; assert segeval.__file__.startswith({str(clone)!r})\n"
    return subprocess.run(
        [sys.executable, "-c", start + code, *arguments],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": f"{clone}{os.pathsep}{clone / 'docs'}"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


COMMAND = "from segeval.cli.app import main; main()"
