"""Every kernel on a stand-in device: devices are not mixed, no volume comes to the host, the
numbers are the same.
"""

from __future__ import annotations

import pytest
import torch
from helpers.drawn import cases
from helpers.standin import GPU
from hypothesis import given, settings

from segeval.measure.tensors import (
    depths,
    joint_counts,
    moments,
    on_host,
    pair_counts,
    surface_distances,
    volume_distances,
)
from segeval.statistics.distances import SurfaceDistances

SHAPES = [surface_distances, volume_distances, depths, moments]


def flat(result):
    """The tensors of a result, histograms or not."""
    return [
        tensor for part in result for tensor in ([part] if isinstance(part, torch.Tensor) else part)
    ]


@pytest.mark.parametrize("kernel", SHAPES)
@settings(max_examples=15)
@given(case=cases())
def test_shapes_are_measured_where_they_are(kernel, case):
    expected = flat(kernel(*case))
    with GPU() as gpu:
        on_device = flat(
            kernel(case.pred.to(gpu.device), case.gt.to(gpu.device), case.labels, case.spacing)
        )
        assert {tensor.device for tensor in on_device} == {gpu.device}
        assert gpu.moved == []
        assert all(
            torch.equal(tensor.cpu(), reference)
            for tensor, reference in zip(on_device, expected, strict=True)
        )


def blocks(labels):
    """So many blocks in a row and, in the prediction, each one voxel farther."""
    gt = torch.zeros(20, 20, 16 * labels, dtype=torch.uint8)
    for label in range(labels):
        gt[4:16, 4:16, 16 * label : 16 * label + 12] = label + 1
    return gt.roll(1, 2), gt


@pytest.mark.parametrize("kernel", SHAPES)
def test_the_host_waits_no_longer_for_many_labels(kernel):
    waits = {}
    for labels in (1, 12):
        pred, gt = blocks(labels)
        with GPU() as gpu:
            kernel(
                pred.to(gpu.device), gt.to(gpu.device), torch.arange(1, labels + 1), (1.0, 1.0, 1.0)
            )
        waits[labels] = gpu.waits.total()
    assert 0 < waits[12] <= waits[1] + 8


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_a_table_makes_the_host_wait_for_nothing(dtype):
    pred, gt = torch.randint(2, (2, 3, 20, 30)).to(dtype)
    with GPU(most=0) as gpu:
        counts = joint_counts(pred.to(gpu.device), gt.to(gpu.device), 2)
    assert gpu.waits.total() == 0
    with GPU():
        assert torch.equal(counts.cpu(), joint_counts(pred, gt, 2))


def test_pairs_stay_on_the_device():
    pred, gt = torch.randint(2**40, (2, 20, 30))
    with GPU(most=0) as gpu:
        pairs = pair_counts(pred.to(gpu.device), gt.to(gpu.device))
    with GPU():
        assert torch.equal(pairs.cpu(), pair_counts(pred, gt))


def test_only_histograms_come_to_the_host():
    pred, gt = blocks(3)
    with GPU(most=100) as gpu:
        parts = surface_distances(
            pred.to(gpu.device), gt.to(gpu.device), torch.arange(1, 4), (1.0, 1.0, 1.0)
        )
        statistic = on_host(SurfaceDistances, parts)
    assert statistic.pg.value.tolist() == [0, 1] * 3
    assert gpu.moved == [3, 6, 6] * 2
