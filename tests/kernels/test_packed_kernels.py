"""Tests that what a build packs serves without compiling: with two toy kernels, in place of a
warm-up of minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from segeval.kernels import packing, store, targets

KERNELS = """
from segeval.kernels.words import kernel

@kernel
def doubled(x):
    return 2 * x

@kernel
def tripled(x):
    return 3 * x
"""
USED = (
    "import sys, pathlib; from segeval.kernels import compiling, store; store.PACKED = "
    "pathlib.Path(sys.argv[1]); "
    "from toys import doubled, tripled; "
    "print(doubled(2), tripled(2.0), len(compiling.compiled_kernels()), store.packed_folder())"
)

pytestmark = pytest.mark.skipif(
    targets.baseline() is None or not targets.fits(targets.baseline()),
    reason="no kernels are packed for this machine",
)


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that takes the place of the package's; in toys.py are kernels to pack."""
    (tmp_path / "toys.py").write_text(KERNELS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(store, "PACKED", tmp_path / "packed")
    warm_up = "import sys, toys; toys.doubled(2) if sys.argv[1] == 'uint8' else toys.tripled(2.0)"
    monkeypatch.setattr(packing, "WARM_UP", warm_up)
    return tmp_path / "packed"


def use(packed: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process that uses the kernels, with a cache of its own."""
    environment = os.environ | {"SEGEVAL_CACHE": str(packed.parent / "cache")} | variables
    called = [sys.executable, "-c", USED, str(packed)]
    return subprocess.run(called, env=environment, capture_output=True, text=True, check=True)


def test_what_was_packed_is_found_and_nothing_compiled(packed):
    packing.pack()
    (folder,) = packed.iterdir()
    assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == [
        "doubled",
        "tripled",
    ]
    done = use(packed)
    assert (done.stdout, done.stderr) == (f"4 6.0 0 {folder}\n", "")
    assert not (packed.parent / "cache").exists()


def test_a_kernel_that_the_package_lacks_is_compiled_and_said(packed):
    packing.pack()
    next(packed.glob("*/tripled-*")).unlink()
    done = use(packed)
    assert done.stdout.startswith("4 6.0 1 ")
    assert "compiling kernels for this machine (the installation lacks some)" in done.stderr


def test_kernels_of_another_numba_are_left_alone_and_said(packed):
    packing.pack()
    (folder,) = packed.iterdir()
    folder.rename(folder.with_name("numba-0.1"))
    done = use(packed)
    assert done.stdout.startswith("4 6.0 2 ")
    assert "(those of the installation are for numba-0.1, this is numba-" in done.stderr


def test_a_build_replaces_what_an_earlier_one_packed(packed):
    (packed / "earlier").mkdir(parents=True)
    packing.pack()
    assert not (packed / "earlier").exists()


def test_a_build_fails_where_a_kernel_does_not_compile(packed, monkeypatch):
    monkeypatch.setattr(packing, "WARM_UP", "raise SystemExit(3)")
    with pytest.raises(SystemExit, match="the kernels could not be compiled"):
        packing.pack()
    assert not packed.exists()


def test_nothing_is_packed_where_no_processor_is_stated(packed, monkeypatch):
    monkeypatch.setattr(targets.platform, "machine", lambda: "riscv64")
    packing.pack()
    assert not packed.exists()
