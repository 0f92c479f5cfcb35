"""Tests of where a run measures: what `--device` chooses, and that torch's kernels give the rows of
the compiled ones.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.scenes import examples, folders
from pandas.testing import assert_frame_equal

import segeval.api
import segeval.measure.devices
from segeval import Listener, UsageError, score, score_folder
from segeval.measure.devices import chosen_device, out_of_memory
from segeval.measure.tensors.engine import DeviceEngine
from segeval.metrics import REGISTRY

EVERYTHING = [spec.bind(examples(spec)).column for spec in REGISTRY.values()]
ON_TORCH = "cpu:0"
"""A device that torch knows and that is not the host's engine: its kernels, on tensors of the CPU.
"""


@pytest.fixture
def gpus(monkeypatch):
    """Sets how many GPUs torch says there are."""

    def are(count, driver=True):
        monkeypatch.setattr(segeval.measure.devices, "_has_driver", lambda: driver)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return are


@pytest.fixture
def on_torch(monkeypatch):
    """Every run measures with torch's kernels."""
    monkeypatch.setattr(segeval.api, "chosen_device", lambda name: ON_TORCH)


def test_auto_takes_a_gpu_that_is_there(gpus):
    gpus(2)
    assert [chosen_device(name) for name in ("auto", "cpu", "cuda", "cuda:1")] == [
        "cuda",
        "cpu",
        "cuda",
        "cuda:1",
    ]
    gpus(0)
    assert chosen_device("auto") == "cpu"
    gpus(1, driver=False)
    assert chosen_device("auto") == "cpu"


def test_a_gpu_that_is_not_there_is_an_error(gpus):
    gpus(1)
    with pytest.raises(
        UsageError,
        match=r"device .cuda:1.: there is no such GPU, 1 there.*; pass --device cpu, or auto",
    ):
        chosen_device("cuda:1")
    gpus(0)
    with pytest.raises(
        UsageError, match="device 'cuda': there is no such GPU, none that torch can use"
    ):
        chosen_device("cuda")
    with pytest.raises(
        UsageError, match="unknown device 'gpu'; it is auto, cpu, cuda or one such as cuda:1"
    ):
        chosen_device("gpu")


def masks(dtype, order="C"):
    rng = np.random.default_rng(7)
    gt = np.kron(rng.integers(0, 5, (3, 3, 4)), np.ones((3, 3, 3))).astype(dtype)
    pred = np.where(rng.random(gt.shape) < 0.1, rng.integers(0, 5, gt.shape), gt).astype(dtype)
    return tuple(
        np.asarray(np.where(mask == 4, 255, mask), dtype, order=order) for mask in (pred, gt)
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_torch_gives_the_rows_of_the_compiled_kernels(dtype, order, monkeypatch):
    pred, gt = masks(dtype, order)
    options = {
        "metrics": EVERYTHING, "spacing": (2.0, 0.7, 1.1), "ignore_label": 3,
        "regions": {"whole": [1, 2], "one": 1, "last": 255, "rest": [0, 2], "none": 9},
    }  # fmt: skip
    wanted = score(pred, gt, **options)
    monkeypatch.setattr(segeval.api, "chosen_device", lambda name: ON_TORCH)
    assert_frame_equal(score(pred, gt, **options), wanted, rtol=1e-12, atol=1e-12)


def test_a_run_measures_on_its_device(three, on_torch, monkeypatch):
    entered = []
    enter = DeviceEngine.enter
    monkeypatch.setattr(
        DeviceEngine, "enter", lambda self, layer: entered.append(layer) or enter(self, layer)
    )
    results = score_folder(*three, metrics="dice,hd95")
    assert len(entered) == 2  # the third case holds no label
    assert results.run["device"] == ON_TORCH
    monkeypatch.undo()
    assert_frame_equal(results.cases, score_folder(*three, metrics="dice,hd95").cases)


def test_a_case_too_large_for_the_device_is_measured_on_the_cpu(tmp_path, on_torch, monkeypatch):
    small, large = np.ones((4, 4), np.uint8), np.ones((40, 40), np.uint8)

    def table(self):
        if self._pred.numel() > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return found(self)

    found = DeviceEngine.table
    monkeypatch.setattr(DeviceEngine, "table", table)
    heard = []

    class Ears(Listener):
        def notice(self, text):
            heard.append(text)

    pair = folders(tmp_path, {"a": small, "b": large}, {"a": small, "b": large})
    results = score_folder(*pair, metrics="dice,hd95", listener=Ears())
    assert results.cases.dice.tolist() == [1, 1]
    note = "measured on the CPU: the memory of the GPU was not enough"
    assert results.cases.note.tolist() == ["", note]
    assert heard == [f"1 of 2 cases {note}; their rows say so"]


def test_other_errors_of_torch_stop_their_case_alone(three, on_torch, monkeypatch):
    def table(self):
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr(DeviceEngine, "table", table)
    results = score_folder(*three, metrics="dice")
    assert results.cases.note.str.contains("RuntimeError: the driver is gone").all()
    assert not out_of_memory(RuntimeError("CUDA error"))
    assert out_of_memory(torch.OutOfMemoryError("no room"))
