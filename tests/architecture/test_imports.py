"""Who may import whom, and what an import may cost."""

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
"""The rooms of segeval, packages and the few modules at its top: each may import those before it,
in reading order.
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


def modules() -> dict[str, Path]:
    """Every module by its dotted name below `segeval`, but for the front doors, which lead
    everywhere.
    """
    paths = [*ROOT.glob("segeval/**/*.py"), *ROOT.glob("cli/**/*.py")]
    names = {
        path: path.relative_to(ROOT).with_suffix("").as_posix().removeprefix("segeval/")
        for path in paths
    }
    dotted = {
        name.removesuffix("/__init__").replace("/", "."): path for path, name in names.items()
    }
    return {name: path for name, path in dotted.items() if name not in ("__init__", "__main__")}


class Running(ast.NodeTransformer):
    """Leaves out what is imported for annotations alone."""

    def visit_If(self, node: ast.If) -> ast.AST | None:  # as `ast` calls it
        """Drop the blocks under `if TYPE_CHECKING`."""
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)


def imported(
    name: str, path: Path, known: dict[str, Path], *, running: bool = False
) -> Iterator[str]:
    """The modules of segeval that a module imports, wherever in it and for whatever reason.

    `running`: those alone that are imported when it runs.
    """
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    tree: ast.AST = ast.parse(path.read_text(encoding="utf-8"))
    if running:
        tree = Running().visit(tree)
    for node in ast.walk(tree):
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


def graph(*, running: bool = False) -> dict[str, set[str]]:
    known = modules()
    return {
        name: set(imported(name, path, known, running=running)) - {name, ""}
        for name, path in known.items()
    }


def test_every_room_has_its_place_in_the_order():
    assert {name.partition(".")[0] for name in modules()} == set(ORDER)


def test_imports_point_down_only():
    place = {room: at for at, room in enumerate(ORDER)}

    def height(module: str) -> int:
        return place[module.partition(".")[0]]

    edges = [(name, source) for name, sources in graph().items() for source in sources]
    assert not [
        f"{name} imports {source}" for name, source in edges if height(source) > height(name)
    ]


def test_no_two_modules_import_each_other():
    list(graphlib.TopologicalSorter(graph(running=True)).static_order())


def test_the_scan_sees_imports_of_every_form():
    edges = graph()
    assert "errors" in edges["data.grid"]  # from segeval.errors import
    assert "metrics.overlap" in edges["metrics"]  # from . import
    assert "cli.score" in edges["cli.app"]  # from .score import
    assert "cli.plot" in edges["cli.score"]  # from . import plot
    assert "api" in edges["cli.score"]  # inside a function


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
