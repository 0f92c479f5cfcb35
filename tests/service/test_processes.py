"""Scoring in processes and threads of all kinds, after the kernels and threads were at work."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from segeval import Dice, functional, score

METHODS = multiprocessing.get_all_start_methods()
if sys.platform == "darwin":
    METHODS.remove("fork")  # macOS's own libraries do not outlive one
GT = np.zeros((24, 48, 48), np.uint8)
GT[4:18, 8:40, 8:40] = 1
GT[8:12, 12:30, 12:30] = 2
LABELS = torch.as_tensor(GT, dtype=torch.long)
"""Made here: operations of torch itself do not outlive a fork."""
HALVES = LABELS.to(torch.bfloat16)


def of_arrays() -> list[Any]:
    return score(np.roll(GT, 2, 1), GT, metrics="dice,hd95,nsd@1,assd").to_numpy().tolist()


def of_tensors() -> list[Any]:
    return score(LABELS, HALVES, metrics="dice,hd95").to_numpy().tolist()


def of_functions() -> list[Any]:
    return [float(functional.hd(LABELS, HALVES, num_classes=3, input_format="labels"))]


def of_objects() -> list[Any]:
    metric = Dice(num_classes=3)
    metric.update(LABELS, LABELS)
    return [float(metric.compute())]


def everything() -> str:
    return str([of_arrays(), of_tensors(), of_functions(), of_objects()])


def answer(pipe: Any) -> None:
    pipe.send(everything())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_gets_the_numbers_of_its_parent(method):
    expected = everything()
    torch.ones(600, 600) @ torch.ones(600, 600)  # torch has threads by now
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=answer, args=(sender,))
    child.start()
    try:
        assert receiver.poll(120), "the child hangs"
        assert receiver.recv() == expected
    finally:
        child.kill()
        child.join()


def test_threads_get_the_same_numbers_as_one():
    shifts = [(shift, axis) for shift in range(8) for axis in range(3)] * 2

    def shifted(shift: tuple[int, int]) -> str:
        return str(score(np.roll(GT, *shift), GT, metrics="dice,hd95,assd").to_numpy().tolist())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shifted, shifts)) == [shifted(shift) for shift in shifts]
