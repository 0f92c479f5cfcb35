"""The step of a build that puts compiled kernels into the package.

It is run as `python -m segeval.kernels.packing`. The processor is the baseline of this kind of
machine, not the one that builds. Where no baseline is stated nothing is packed, and every user
compiles.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory

from segeval.kernels import store, targets

WARM_UP = (
    "import sys, numpy; from segeval.run.warming import warm_up; "
    "warm_up([numpy.dtype(sys.argv[1])])"
)
"""A program for a process of its own: Numba takes the processor from the environment, once."""


def pack() -> None:
    """Run the warm-up for the baseline processor, and move what it compiled into the package."""
    baseline = targets.baseline()
    # kernels of an earlier build would be found there, and so not be compiled into the new folder
    shutil.rmtree(store.PACKED, ignore_errors=True)
    if baseline is None or not targets.fits(baseline):  # compiling kernels runs them, too
        print(
            "no kernels are packed: this machine is none that they are packed for", file=sys.stderr
        )
        return
    with TemporaryDirectory() as folder:
        environment = {**os.environ, **targets.pinned(baseline), store.VARIABLE: folder}
        # a process for each dtype of masks, at the same time; files appear as a whole, so that both
        # can write to one cache
        warm_ups = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", WARM_UP, dtype], env=environment
            )
            for dtype in ("uint8", "uint16")
        ]
        codes = [warm_up.wait() for warm_up in warm_ups]
        if any(codes):
            sys.exit(
                f"the kernels could not be compiled: the warm-ups ended with {codes}; see the "
                f"lines above"
            )
        # the only folder there: its name has the processor and a digest of its features; in the
        # package it is named for the processor alone
        (compiled,) = os.scandir(folder)
        shutil.copytree(compiled, store.PACKED / targets.folder_name(baseline.processor))


if __name__ == "__main__":
    pack()
