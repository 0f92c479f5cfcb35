"""Tests of who may import whom, and of what an import may cost."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FLOORS = """
    errors  version  arrays  kernels
    data
    statistics
    metrics
    io
    measure
    protocols
    results
    summary  losses
    run  api
    report  training  plots  history
    batches  functional  stateful
    cli
"""
"""The rooms of segeval, packages and the few modules at its top, from the ground up: each may
import those before it, in reading order.
"""
ORDER = FLOORS.split()
HEAVY = {
    "numpy",
    "scipy",
    "numba",
    "pandas",
    "nibabel",
    "PIL",
    "matplotlib",
    "rich",
    "torch",
    "torchmetrics",
}


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module by its dotted name below `segeval`, but for the front doors, which lead
    everywhere.
    """
    paths = [*root.glob("segeval/**/*.py"), *root.glob("cli/**/*.py")]
    names = {
        path: path.relative_to(root).with_suffix("").as_posix().removeprefix("segeval/")
        for path in paths
    }
    dotted = {
        name.removesuffix("/__init__").replace("/", "."): path for path, name in names.items()
    }
    return {name: path for name, path in dotted.items() if name not in ("__init__", "__main__")}


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of segeval that a module imports, wherever in it and for whatever reason."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            sources = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            above = package.split(".")[: package.count(".") + 2 - node.level]
            base = ".".join(filter(None, ["segeval", *above, node.module]))
            sources = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            sources = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for source in sources:
            below = source.removeprefix("segeval.")
            if below != source:
                yield below if below in known else below.rpartition(".")[0]


def graph(root: Path = ROOT) -> dict[str, set[str]]:
    """The modules that each module imports."""
    known = modules(root)
    return {name: set(imported(name, path, known)) - {name, ""} for name, path in known.items()}


def test_every_room_has_its_place_in_the_order():
    assert {name.partition(".")[0] for name in modules()} == set(ORDER)


def test_imports_point_down_only():
    place = {room: level for level, room in enumerate(ORDER)}

    def height(module: str) -> int:
        return place[module.partition(".")[0]]

    edges = [(name, source) for name, sources in graph().items() for source in sources]
    assert not [
        f"{name} imports {source}" for name, source in edges if height(source) > height(name)
    ]


def test_no_two_modules_import_each_other():
    list(graphlib.TopologicalSorter(graph()).static_order())


FORMS = {
    "from segeval.errors import UsageError": "errors",
    "from segeval.data.grid import Grid as Lattice": "data.grid",
    "from segeval.data import grid": "data.grid",
    "from segeval.data import Case": "data",
    "from segeval import api": "api",
    "import segeval.data.grid": "data.grid",
    "import segeval.data.grid as lattice": "data.grid",
    "import numpy, segeval.errors": "errors",
    "from . import host": "measure.host",
    "from . import engine as this, host": "measure.host",
    "from .host import Host": "measure.host",
    "from .mesh import Net": "measure.mesh",
    "from .mesh.net import Net": "measure.mesh.net",
    "from .mesh import net": "measure.mesh.net",
    "from .. import errors": "errors",
    "from ..data import grid": "data.grid",
    "from ..data.grid import Grid": "data.grid",
    "def late():\n    from segeval.data import grid": "data.grid",
    "class Late:\n    def late(self):\n        import segeval.errors": "errors",
    "if TYPE_CHECKING:\n    from segeval.errors import UsageError": "errors",
    "try:\n    import numpy\nexcept ImportError:\n    from .host import Host": "measure.host",
}
"""Forms of an import, in a module `segeval/measure/engine.py`, and what is imported."""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The root of a package of some empty modules."""
    for name in [
        "errors",
        "api",
        "data/__init__",
        "data/grid",
        "measure/__init__",
        "measure/engine",
        "measure/host",
        "measure/mesh/__init__",
        "measure/mesh/net",
        "measure/mesh/distances",
    ]:
        path = tmp_path / "segeval" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "cli").mkdir()
    return tmp_path


@pytest.mark.parametrize(("code", "source"), FORMS.items())
def test_the_scan_sees_imports_of_every_form(code: str, source: str, package: Path):
    (package / "segeval/measure/engine.py").write_text(f"{code}\n", encoding="utf-8")
    assert source in graph(package)["measure.engine"]


MESH = "measure/mesh/distances"


@pytest.mark.parametrize(
    ("file", "name", "code", "source"),
    [
        (f"segeval/{MESH}.py", "measure.mesh.distances", "from ..host import A", "measure.host"),
        (f"segeval/{MESH}.py", "measure.mesh.distances", "from ...data import grid", "data.grid"),
        (f"segeval/{MESH}.py", "measure.mesh.distances", "from . import net", "measure.mesh.net"),
        ("segeval/measure/__init__.py", "measure", "from . import host", "measure.host"),
        ("segeval/measure/__init__.py", "measure", "from .mesh import net", "measure.mesh.net"),
        ("segeval/measure/__init__.py", "measure", "from ..errors import A", "errors"),
        ("segeval/api.py", "api", "from .data import grid", "data.grid"),
        ("cli/app.py", "cli.app", "from .score import score", "cli.score"),
        ("cli/app.py", "cli.app", "from . import score", "cli.score"),
        ("cli/app.py", "cli.app", "from segeval import api", "api"),
    ],
)  # fmt: skip
def test_the_scan_knows_where_an_import_starts_from(
    file: str, name: str, code: str, source: str, package: Path
):
    (package / "cli/score.py").touch()
    (package / file).write_text(f"{code}\n", encoding="utf-8")
    assert graph(package)[name] == {source}


def test_the_scan_takes_no_other_package_for_this_one(package: Path):
    code = "import numpy.data\nfrom data import grid\nfrom segevaluate.errors import A\n"
    (package / "segeval/measure/engine.py").write_text(code, encoding="utf-8")
    assert graph(package)["measure.engine"] == set()


def test_the_command_line_knows_no_arrays():
    for path in ROOT.glob("cli/*.py"):
        assert not re.search(
            r"^\s*(import|from) (numpy|numba|scipy|torch)\b", path.read_text(), re.MULTILINE
        ), path


CALL = "from segeval.cli.app import command_line; command_line({}, standalone_mode=False)"


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import segeval", HEAVY),
        ("import segeval.api", {"torch", "torchmetrics", "matplotlib", "rich"}),
        (
            "from segeval.functional import dice",
            {"torch", "torchmetrics", "matplotlib", "pandas", "nibabel", "PIL"},
        ),
        ("import segeval.plots", {"torch", "torchmetrics", "matplotlib"}),
        (CALL.format(["--help"]), HEAVY),
        (CALL.format(["score", "--help"]), HEAVY),
        (CALL.format(["plot", "--help"]), HEAVY),
    ],
)
def test_nothing_is_imported_before_it_is_needed(code: str, unwanted: set[str]):
    report = "import sys; print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, check=True
    )
    assert unwanted.isdisjoint(loaded.stderr.decode().split())


SCORING = """
import sys
from segeval.cli.app import command_line
call = ["score", "pred", "gt", "-m", "dice,hd95,nsd@1", "--device", "cpu", "-o", "out"]
command_line([*call, *sys.argv[1:]], standalone_mode=False)
print(*sys.modules, file=sys.stderr)
"""


OPTIONS = ["", "--no-plots", "--no-plots --protocol=monai"]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_command_line_scores_without_torch(options: str, tmp_path: Path):
    mask = np.zeros((12, 12), np.uint8)
    mask[3:9, 3:9] = 1
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        for case in range(2):
            np.save(tmp_path / side / f"{case}.npy", np.roll(mask, case * (side == "pred"), axis=0))
    called = [sys.executable, "-c", SCORING, *options.split()]
    done = subprocess.run(called, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "out" / "cases.csv").exists()
    assert (tmp_path / "out" / "plots").exists() == ("--no-plots" not in options)
    loaded = set(done.stderr.decode().split())
    assert "numba" in loaded  # it did score
    assert {"torch", "torchmetrics"}.isdisjoint(loaded)
