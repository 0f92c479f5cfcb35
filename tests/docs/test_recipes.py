"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the package: each touches the
files that it names and no other, and what it adds appears everywhere by itself.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers.clones import COMMAND, run_in_clone
from helpers.pages import ROOT, blocks

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PATH = re.compile(r"`(segeval/[\w/-]+\.py)`")


def follow(clone: Path, title: str) -> list[str]:
    """Do what the recipe of this title says; the files that it touches."""
    page = CONTRIBUTING.read_text(encoding="utf-8")
    start = page.index(f"## {title}\n")
    first = page.count("\n", 0, start)
    last = page.count("\n", 0, page.find("\n## ", start) + 1)
    touched = []
    for block in blocks(CONTRIBUTING):
        if first < block.line <= last:
            path = clone / PATH.findall(block.before)[-1]
            goes_into = re.search(r"goes into\s+`[^`]+`:\s*$", block.before)
            assert path.exists() == bool(goes_into), path
            with path.open("a", encoding="utf-8") as file:
                file.write(f"\n{block.text}")
            touched.append(str(path.relative_to(clone)))
    return touched


def laws(clone: Path, chosen: str) -> subprocess.CompletedProcess[str]:
    """The laws of metrics, as far as they are about something, by the copy of the package."""
    code = "import pytest, sys; sys.exit(pytest.main(sys.argv[1:]))"
    tests = [str(ROOT / "tests" / "registry" / name) for name in ("test_laws.py", "test_cards.py")]
    options = ["-q", "-k", chosen, "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    return run_in_clone(clone, code, *tests, *options)


def test_a_statistic_with_what_measures_it(clone):
    assert follow(clone, "Add a statistic") == [
        "segeval/statistics/boxes.py",
        "segeval/measure/boxes.py",
        "segeval/metrics/boxes.py",
        "segeval/metrics/__init__.py",
    ]
    listed = run_in_clone(clone, COMMAND, "metrics", "box_iou")
    assert listed.stdout.startswith("box_iou: Intersection over union of boxes"), listed.stderr

    gt = np.zeros((8, 10), np.uint8)
    gt[1:4, 2:6] = 1
    gt[2, 3] = 0
    np.save(clone / "gt.npy", gt)
    np.save(clone / "pred.npy", np.roll(gt, 1, axis=1))
    code = """
import numpy as np, segeval, torch
from segeval import functional, stateful
pred, gt = np.load("pred.npy"), np.load("gt.npy")
print(segeval.score(pred, gt, metrics="box_iou").box_iou[0])
print(functional.box_iou(pred[None], gt[None]))
print(functional.box_iou(pred[None], gt[None], average="micro", pooled=True))
several = stateful.SegmentationMetrics(["box_iou", "dice"])
for _ in range(2):
    several.update(torch.from_numpy(pred)[None], torch.from_numpy(gt)[None])
print(float(several.compute()["box_iou"]), float(stateful.BoxIoU().forward(pred[None], gt[None])))
"""
    overlap = 3 * 3 / (3 * 5)
    printed = run_in_clone(clone, code)
    numbers = [float(word) for word in printed.stdout.split()]
    assert numbers == pytest.approx([overlap] * 5), printed.stderr

    call = ["score", "pred.npy", "gt.npy", "-m", "box_iou,hd", "--no-plots", "-o", "out"]
    assert run_in_clone(clone, COMMAND, *call).returncode == 0
    again = run_in_clone(clone, COMMAND, *call, "--resume")
    assert "1 of 1 cases were scored before" in again.stderr
    assert f",{overlap}," in (clone / "out" / "cases.csv").read_text()

    pages = run_in_clone(clone, "import make; print(make.metrics_page(), make.reference_page())")
    assert pages.stdout.count("box_iou") >= 3, pages.stderr
    followed = laws(clone, "box_iou")
    assert re.search(r"^\d\d+ passed", followed.stdout, re.MULTILINE), followed.stdout


def test_a_boundary_rule(clone):
    assert follow(clone, "Add a boundary rule") == [
        "segeval/statistics/boundary.py",
        "segeval/measure/centres.py",
    ]
    gt = np.zeros((8, 10), np.uint8)
    gt[1:4, 2:6] = 1
    np.save(clone / "gt.npy", gt)
    np.save(clone / "pred.npy", np.roll(gt, (1, 2), axis=(0, 1)))
    call = ["score", "pred.npy", "gt.npy", "-m", "hd,assd,centroid_distance", "--no-plots"]
    scored = run_in_clone(clone, COMMAND, *call, "--boundary", "centre", "-o", "out")
    assert scored.returncode == 0, scored.stderr
    (row,) = (clone / "out" / "cases.csv").read_text().splitlines()[1:]
    values = [float(value) for value in row.split(",")[2:5]]
    assert values == pytest.approx([5**0.5] * 3)

    explained = run_in_clone(clone, COMMAND, "explain", "out")
    assert "Boundary centre: the centre of mass of the mask alone" in explained.stdout
    helped = run_in_clone(clone, COMMAND, "score", "--help").stdout
    assert "smooth or centre" in " ".join(helped.split())
    code = """
import torch
from segeval import functional
mask = torch.zeros(1, 8, 8, dtype=torch.int64)
mask[0, 2:4, 2:4] = 1
print(float(functional.hd(mask.roll(1, 1), mask, boundary="centre")))
"""
    assert float(run_in_clone(clone, code).stdout) == 1


def test_every_recipe_is_followed_by_a_test():
    titles = re.findall(r"^## Add (.+)$", CONTRIBUTING.read_text(encoding="utf-8"), re.MULTILINE)
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "docs").glob("test_*.py")
    )
    followed = {
        "a metric": "test_recipe_adds_a_metric_everywhere",
        "a statistic": "test_a_statistic_with_what_measures_it",
        "a boundary rule": "test_a_boundary_rule",
        "a reader": "test_recipe_adds_a_reader_everywhere",
        "an export": "test_recipe_adds_an_export_everywhere",
        "a plot kind": "test_recipe_adds_a_kind_of_plot_everywhere",
        "a protocol": "test_recipe_adds_a_protocol_everywhere",
        "an option of a run": "",  # tests/test_options.py holds its callers to the card
    }
    assert set(titles) == set(followed)
    assert [name for name in followed.values() if f"{name}(" not in tests and name] == []
