"""The command line as a process of its own, and small folders of masks that it is fed with."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEGEVAL = [sys.executable, "-m", "segeval"]


@dataclass(frozen=True)
class Case:
    """Folders of predictions and ground truths, and one for the results."""

    pred: Path
    gt: Path
    out: Path

    def command(self, *options: object) -> list[str]:
        """`segeval score` of both: dice alone, without plots, unless options say otherwise."""
        metrics = () if "-m" in options else ("-m", "dice")
        plots = () if "--plots" in options else ("--no-plots",)
        called = ["score", self.pred, self.gt, "-o", self.out, *metrics, *plots, *options]
        return [*SEGEVAL, *map(str, called)]

    def run(self) -> dict[str, Any]:
        """The content of run.json."""
        return json.loads((self.out / "run.json").read_text())

    def tables(self) -> dict[str, bytes]:
        """What a run that was disturbed must have in common with one that was not."""
        names = ("cases.csv", "summary.csv", "details.npz")
        return {name: (self.out / name).read_bytes() for name in names}

    def into(self, out: Path) -> Case:
        """The same masks with another folder for results."""
        return Case(self.pred, self.gt, out)


def cases(folder: Path, count: int) -> Case:
    """So many cases of 12 × 12 pixels, of three labels, of which each is a little off."""
    rng = np.random.default_rng(0)
    for side in ("pred", "gt"):
        (folder / side).mkdir(parents=True)
    for number in range(count):
        gt = np.zeros((12, 12), np.uint8)
        row, column = rng.integers(1, 5, 2)
        gt[row : row + 6, column : column + 5] = 1 + number % 3
        np.save(folder / "gt" / f"case{number:03}.npy", gt)
        np.save(
            folder / "pred" / f"case{number:03}.npy", np.roll(gt, rng.integers(-2, 3, 2), (0, 1))
        )
    return Case(folder / "pred", folder / "gt", folder / "out")


def with_python(command: list[str], before: str) -> list[str]:
    """The same command in a process that runs some Python first."""
    arguments = command[command.index("segeval") + 1 :]
    script = f"import sys\nsys.argv = ['segeval', *sys.argv[1:]]\n{before}\n"
    script += "from segeval.cli.app import main\nmain()\n"
    return [sys.executable, "-c", script, *arguments]


def ended(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """The end of a command."""
    return subprocess.run(
        command, text=True, check=False, timeout=120, **{"capture_output": True, **options}
    )
