"""Tests of the names that modules may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("segeval", "cli")
LEFT = {
    "cli.plot.plot",
    "segeval.measure.voxels.sweep.sweep",
    "segeval.measure.tensors.histogram.histogram",
    "segeval.measure.tensors.moments",
    "segeval.measure.tensors.moments.moments",
}
"""Names that break the rule and are left to rename: take out what was renamed, put nothing in."""


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """The names that a module makes or imports at its top."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def modules_imported(body: list[ast.stmt], package: str) -> set[str]:
    """The modules of a package that its front door imports as what they are."""
    doors = [node for node in body if isinstance(node, ast.ImportFrom)]
    imports = [
        node for node in doors if node.module == package or (node.level == 1 and not node.module)
    ]
    return {alias.name for node in imports for alias in node.names}


def shadows(path: Path, root: Path = ROOT) -> Iterator[str]:
    """The names in a module that are its own, or in a front door those of a module behind it."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    dotted = ".".join(path.relative_to(root).with_suffix("").parts)
    if path.stem != "__init__":
        yield from (f"{dotted}.{name}" for name in set(defined(body)) if name == path.stem)
        return
    package = dotted.removesuffix(".__init__")
    behind = {module.stem for module in path.parent.glob("*.py")}
    behind |= {folder.parent.name for folder in path.parent.glob("*/__init__.py")}
    exported = set(defined(body)) - modules_imported(body, package)
    yield from (f"{package}.{name}" for name in exported & behind)


def test_no_module_bears_the_name_of_what_it_exports():
    """`import segeval.plots.draw as d` would give the function that hides the module."""
    paths = [path for package in PACKAGES for path in ROOT.glob(f"{package}/**/*.py")]
    assert {name for path in paths for name in shadows(path)} == LEFT


def test_the_scan_sees_names_of_every_form(tmp_path):
    room = tmp_path / "room"
    room.mkdir()
    (room / "draw.py").write_text("def draw(): ...\n")
    (room / "kinds.py").write_text("kinds: tuple = ()\n")
    (room / "array.py").write_text("import numpy\n\n\nclass Array: ...\n")
    front = room / "__init__.py"
    front.write_text("from . import array as array\nfrom .draw import draw as draw\n")
    found = {name for path in room.glob("*.py") for name in shadows(path, tmp_path)}
    assert found == {"room.draw", "room.draw.draw", "room.kinds.kinds"}
