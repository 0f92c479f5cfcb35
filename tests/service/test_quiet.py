"""The library prints nothing: what it has to say goes to the logger `segeval`."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

from helpers.calling import CUBE, Folders

ROOT = Path(__file__).parents[2]
EVERYTHING = """
import json, logging, sys, warnings

class Kept(logging.Handler):
    def emit(self, record):
        names.append(record.name)

names = []
logging.getLogger().addHandler(Kept())
logging.getLogger().setLevel("INFO")
warnings.simplefilter("ignore")  # warnings are Python's to print

import numpy as np
import torch
import segeval
from segeval import functional, losses
from segeval.plots import draw
from segeval.report.explain import Explained

pred, gt, out = sys.argv[1:]
mask = np.zeros((6, 6), np.uint8)
mask[1:4, 1:4] = 1
segeval.score(mask, mask, regions="a=1,b=5")
options = {"output": out, "missing": "skip", "formats": ["csv", "json", "xlsx"]}
results = segeval.score_folder(pred, gt, **options)
draw(results, out + "/plots")
list(Explained.of(out).sentences())
segeval.Results.load(out)
segeval.score_folder(pred, gt, **options, resume=True)
functional.dice(mask[None] * 0.5, mask[None], input_format="probabilities")
metric = segeval.SegmentationMetrics(["dice", "hd95"], num_classes=2)
metric.update(torch.as_tensor(mask)[None], torch.as_tensor(mask)[None])
history = segeval.History()
history.log(0, metric)
history.plot()
losses.dice_loss(torch.zeros(1, 2, 6, 6), torch.as_tensor(mask)[None].long())
with open(out + "/logged.json", "w") as file:
    json.dump(sorted(set(names)), file)
"""


def test_no_module_calls_print():
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "segeval").glob("**/*.py")
        if path.name != "packing.py"  # the step of a build, which nobody imports
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write")
    ]
    assert calls == []


def test_nothing_is_printed_whatever_is_done(tmp_path):
    folders = Folders(tmp_path / "pred", tmp_path / "gt", tmp_path / "out")
    for case in ("a", "b", "c"):
        folders.add(case)
    (folders.pred / "b.nii.gz").write_bytes(b"damaged")
    folders.add("alone", gt=CUBE).unlink()
    call = [sys.executable, "-c", EVERYTHING, folders.pred, folders.gt, folders.out]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    logged = json.loads((folders.out / "logged.json").read_text())
    assert logged
    assert [name for name in logged if name.partition(".")[0] != "segeval"] == []
