"""Costs of a first run, in CPU seconds of whole processes: with kernels at hand, from a new
install, with none.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, gettempdir

import nibabel as nib
import numpy as np
from timing import table

ROOT = Path(__file__).parents[1]
METRICS = "dice,iou,precision,recall,volume_similarity,hd95,assd,nsd@1"
BRAIN = [str(ROOT / "sample_data/brain/pred"), str(ROOT / "sample_data/brain/gt"), "-m", METRICS]
BRAIN += ["--regions", "fluid=1,grey=2,white=3"]


def cpu_seconds(command: Sequence[str], **variables: str) -> float:
    """User and system time of a process, and of those it starts."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    } | variables
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, env=environment, cwd=gettempdir(), stdout=subprocess.DEVNULL, check=True
    )  # not in a clone
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def section(runs: int) -> None:
    """Each in turn, so that a busy machine is as busy for all; medians."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        tiny = _tiny_pairs(folder)
        wheel = _wheel(folder)
        costs: dict[str, list[float]] = {}

        def take(what: str, *command: str, **variables: str) -> None:
            costs.setdefault(what, []).append(cpu_seconds(command, **variables))

        for run in range(runs + 1):
            python = _installed(folder / f"venv{run}", wheel)
            options = ["-m", "segeval", "score", "--no-plots", "-q", "-o", str(folder / "out")]
            score = [python, *options]
            unused = str(folder / f"unused{run}")
            take("installed: first run, two tiny pairs", *score, *tiny, SEGEVAL_CACHE=unused)
            take("installed: second run", *score, *tiny, SEGEVAL_CACHE=unused)
            take("`import numba, pandas`", python, "-c", "import numba, pandas")
            take("installed: brains", *score, *BRAIN, SEGEVAL_CACHE=unused)
            assert not Path(unused).exists(), "kernels of the wheel were not enough"
            for what, masks in {
                "two tiny pairs": tiny,
                "brains": BRAIN,
            }.items():  # from the clone, which has no kernels
                take(
                    f"no kernels: {what}",
                    sys.executable,
                    *options,
                    *masks,
                    SEGEVAL_CACHE=str(folder / f"{what} {run}"),
                )
    table(
        ("process", "CPU seconds", "of `import numba, pandas`"),
        _rows({what: median(found[1:]) for what, found in costs.items()}),
    )


def _rows(costs: dict[str, float]) -> list[tuple[str, str, str]]:
    base = costs["`import numba, pandas`"]
    return [(what, f"{cost:.2f}", f"{cost / base:.2f} ×") for what, cost in costs.items()]


def _tiny_pairs(folder: Path) -> list[str]:
    mask = np.zeros((12, 12, 12), np.uint8)
    mask[3:9, 3:9, 3:9] = 1
    for side, labels in {"pred": np.roll(mask, 1, axis=0), "gt": mask}.items():
        (folder / side).mkdir()
        for case in ("a", "b"):
            nib.save(nib.Nifti1Image(labels, np.eye(4)), folder / side / f"{case}.nii.gz")
    return [str(folder / "pred"), str(folder / "gt")]


def _wheel(folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def _installed(folder: Path, wheel: Path) -> str:
    """A new environment with the wheel, which takes all else from the present one; its Python."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()
    Path(packages, "present.pth").write_text(f"{Path(np.__file__).parents[1]}\n")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", str(wheel)], check=True)
    return python
