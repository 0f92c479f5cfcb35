"""The build backend and the package agree."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

from segeval.kernels import packing, store, targets

ROOT = Path(__file__).parents[2]


def test_what_compiles_the_kernels_has_the_bounds_of_the_package():
    spec = importlib.util.spec_from_file_location("backend", ROOT / "packaging" / "backend.py")
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(backend.NEEDED) <= set(project["dependencies"])


def test_nothing_is_packed_for_a_processor_that_the_builder_lacks(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(store, "PACKED", tmp_path / "packed")
    monkeypatch.setattr(
        targets, "baseline", lambda: targets.Baseline("future", ("no-such-feature",))
    )
    packing.pack()
    assert not store.PACKED.exists()
    assert "no kernels are packed" in capsys.readouterr().err


@pytest.mark.parametrize("feature", [(), ("sse2",)])
def test_a_machine_fits_where_it_has_all_features(feature):
    if targets.baseline() is None or "avx2" not in targets.baseline().features:
        feature = ()
    assert targets.fits(targets.Baseline("any", feature))
    assert not targets.fits(targets.Baseline("any", (*feature, "no-such-feature")))
