"""Writes smp.json: what segmentation-models-pytorch says about the arrays of inputs.npz.

Its losses need nothing but torch, the package around them much more, which no test here needs; so
they are asked once. `python tests/golden/losses/ask_smp.py`, where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
CALLS = {
    "jaccard": ("JaccardLoss", {"smooth": 1.0}),
    "dice": ("DiceLoss", {"smooth": 1.0}),
    "tversky": ("TverskyLoss", {"smooth": 1.0, "alpha": 0.3, "beta": 0.7}),
    "tversky_gamma2": ("TverskyLoss", {"smooth": 1.0, "alpha": 0.3, "beta": 0.7, "gamma": 2.0}),
    "jaccard_ignore255": ("JaccardLoss", {"smooth": 1.0, "ignore_index": 255}),
    "focal": ("FocalLoss", {"gamma": 2.0}),
}


def main() -> None:
    """Asks for the value and the gradient of every loss, in double precision."""
    import numpy as np
    import torch

    found = importlib.util.find_spec("segmentation_models_pytorch")
    if found is None:
        sys.exit("segmentation-models-pytorch is not installed")
    package = ModuleType(found.name)  # without running its __init__, which loads every model
    package.__path__ = list(found.submodule_search_locations or [])
    sys.modules[found.name] = package
    losses = importlib.import_module(f"{found.name}.losses")
    with np.load(HERE / "inputs.npz") as arrays:
        inputs = {name: torch.from_numpy(values) for name, values in arrays.items()}
    stored = {}
    for name, (loss, options) in CALLS.items():
        target = "target2d_ignore255" if "ignore255" in name else "target2d"
        pred = inputs["logits2d"].double().requires_grad_()
        value = getattr(losses, loss)("multiclass", **options)(pred, inputs[target])
        (grad,) = torch.autograd.grad(value, pred)
        result = {"value": value.item(), "grad_l2": grad.norm().item()}
        stored[name] = {"call": loss, "arguments": options, "target": target, "f64": result}
    (HERE / "smp.json").write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
