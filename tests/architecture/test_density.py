"""Tests of how dense the code is, and of its words: what ruff does not look at."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).parents[2]
Node = TypeVar("Node", bound=ast.AST)
FILES = sorted([*ROOT.glob("segeval/**/*.py"), *ROOT.glob("cli/**/*.py")])
VAGUE = {
    *("found", "own", "one", "other", "some", "at", "of", "made", "told", "kept", "asked"),
    *("bare", "apart", "thing", "things", "given"),
}
"""Words that say nothing of what a variable holds."""
OPENERS = {
    *("The", "A", "An", "What", "Which", "How", "Of", "By", "Whether", "Where", "All", "Every"),
    *("Each", "Both", "Who", "When", "Why"),
}
"""Words that a docstring does not begin with where it should say what is done."""
KINDS = {"What", "Which", "How", "Of", "By"}
"""Words that no docstring begins with, whatever it is about."""
FORMULAS = {"overlap.py", "partition.py", "surface.py"}
"""Files of metrics, whose docstrings say what a metric is."""

KERNELS = ["kernels", "measure/voxels", "measure/mesh", "measure/tensors"]
"""Rooms of kernels."""


def trees() -> Iterator[tuple[Path, ast.Module, str]]:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        yield path, ast.parse(text), text


def nodes(kind: type[Node]) -> Iterator[tuple[Path, Node]]:
    """The nodes of a kind, with the file that each is in."""
    for path, tree, _ in trees():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield path, node


def names(target: ast.expr) -> Iterator[str]:
    """The names that an assignment gives."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from names(element)
    elif isinstance(target, ast.Starred):
        yield from names(target.value)


def assigned(tree: ast.Module) -> Iterator[str]:
    """The names that are given anywhere in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from names(target)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.For, ast.comprehension)):
            yield from names(node.target)


def test_variables_are_named_for_what_they_hold():
    vague = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, tree, _ in trees()
        for name in assigned(tree)
        if name in VAGUE
    ]
    everything = sum(1 for _, tree, _ in trees() for _ in assigned(tree))
    assert len(vague) <= 0.01 * everything, vague


def test_docstrings_of_functions_say_what_they_do():
    odd = []
    for path, tree, _ in trees():
        for node in ast.walk(tree):
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                continue
            first = (ast.get_docstring(node) or "x").split()[0].rstrip(",.:")
            decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
            is_thing = not isinstance(node, ast.FunctionDef) or "property" in decorators
            if path.name in FORMULAS and path.parent.name == "metrics":
                continue
            if first in (KINDS if is_thing else OPENERS):
                odd.append(f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}: {first}")
    assert odd == []


def test_strings_under_constants_say_what_these_are():
    odd = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {text}"
        for path, node in nodes(ast.Expr)
        if isinstance(node.value, ast.Constant)
        and isinstance(text := node.value.value, str)
        and text.split()[0].rstrip(",.:") in KINDS
        and not (path.name in FORMULAS and path.parent.name == "metrics")
    ]
    assert odd == []


def test_decisions_are_seldom_hidden_in_expressions():
    lines = sum(text.count("\n") for _, _, text in trees())
    ternaries = sum(isinstance(n, ast.IfExp) for _, tree, _ in trees() for n in ast.walk(tree))
    assert ternaries <= 9 * lines / 1000


def test_no_generator_is_unpacked_into_several_names():
    odd = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in nodes(ast.Assign)
        if isinstance(node.value, ast.GeneratorExp) and isinstance(node.targets[0], ast.Tuple)
    ]
    assert odd == []


def counted(paths: list[Path]) -> tuple[float, float]:
    """The shares of lines that are docstrings, and comments on lines of their own."""
    lines = doc = comments = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        lines += text.count("\n")
        comments += len(re.findall(r"^\s*#", text, re.MULTILINE))
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                continue
            if isinstance(node.value.value, str):
                doc += (node.end_lineno or node.lineno) - node.lineno + 1
    return doc / lines, comments / lines


def test_a_good_fifth_of_the_lines_says_what_the_others_are_for():
    doc, comments = counted(FILES)
    assert 0.20 <= doc <= 0.28
    assert 0.02 <= comments <= 0.05


@pytest.mark.parametrize("room", KERNELS)
def test_kernels_say_what_their_phases_do(room):
    doc, comments = counted([*(ROOT / "segeval" / room).glob("*.py")])
    assert 0.20 <= doc <= 0.28
    assert 0.05 <= comments <= 0.10


@pytest.mark.parametrize("room", KERNELS)
def test_every_room_of_kernels_has_a_drawing(room):
    page = (ROOT / "segeval" / room / "README.md").read_text(encoding="utf-8")
    assert "```" in page
