"""From files to rows, against reading the same files and doing nothing else: each in a process of
its own.

In one process they would disturb each other: nibabel reads a small volume in 14 ms or in 41, as
malloc keeps the pages of the volume before or not. `python benchmarks/files.py segeval|loop|threads
FOLDER RUNS` prints the median of one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import inputs
import numpy as np
from timing import seconds, table, times

CASES = (("brats", 1), ("liver", 1), ("ct", 1), ("brats", 20), ("ct", 4), ("street", 500))


def section(runs: int) -> None:
    """The table of all inputs."""
    rows = []
    for kind, cases in CASES:
        inputs.files(kind, ".png" if kind == "street" else ".nii.gz")
        root = inputs.folder(kind, cases)
        ours, loop, threads = (_apart(what, root, runs) for what in ("segeval", "loop", "threads"))
        reading = (f"{seconds(time)} ({ours / time:.2f})" for time in (loop, threads))
        rows.append((kind, cases, seconds(ours), *reading))
    table(
        ("input", "cases", "files to rows", "reading in a loop (ratio)", "on 2 threads (ratio)"),
        rows,
    )


def _apart(what: str, root: Path, runs: int) -> float:
    return float(subprocess.check_output([sys.executable, __file__, what, str(root), str(runs)]))


def read(path: Path) -> None:
    """Decodes a file, by the library that people use for it."""
    import nibabel as nib
    from PIL import Image

    np.asarray(Image.open(path) if path.suffix == ".png" else nib.load(path).dataobj)


def call(what: str, root: Path) -> Callable[[], object]:
    """Return the call that is timed."""
    paths = sorted(root.glob("*/case*"))
    if what == "loop":
        return lambda: [read(path) for path in paths]
    if what == "threads":
        return lambda: list(ThreadPoolExecutor(2).map(read, paths))
    import segeval

    return partial(segeval.score_folder, root / "pred", root / "gt", jobs=2)


if __name__ == "__main__":
    (median,) = times([call(sys.argv[1], Path(sys.argv[2]))], int(sys.argv[3]))
    print(median)
