"""The build backend: setuptools, whose wheels carry the compiled kernels too, so that no user waits
for them.

Kernels are compiled for a stated processor (segeval/kernels/targets.py) by the Numba that pip takes
for the build, and serve where Numba, Python and system are those of the build. They are files of
the package as any other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # every hook but the one below
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

NEEDED = ["numba>=0.61,<0.69", "numpy>=1.26,<3", "platformdirs>=4,<5", "scipy>=1.12,<2"]
"""The packages that run the kernels, with the bounds of pyproject.toml, as a test compares."""


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Ask for what setuptools asks for, and for what compiles the kernels."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *NEEDED]


class BuildPy(build_py):
    """Copies the modules, and packs the kernels beside them unless the install is editable."""

    def run(self) -> None:
        """Fill the folder that becomes the wheel."""
        if self.editable_mode:
            super().run()
            return
        root = Path(self.build_lib).resolve()
        shutil.rmtree(
            root, ignore_errors=True
        )  # or modules of an earlier build would become part of the wheel
        super().run()
        paths = filter(
            None, (str(root), os.environ.get("PYTHONPATH"))
        )  # pip names the build's packages there
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "segeval.kernels.packing"]
        subprocess.run(command, cwd=root, env=environment, check=True)


class Wheel(bdist_wheel):
    """A wheel for one Python and one system, as those of extensions are."""

    def finalize_options(self) -> None:
        """Mark what is in it as machine code."""
        super().finalize_options()
        self.root_is_pure = False
