"""The stand-in device itself: it computes what the host computes, and raises where a GPU would."""

from __future__ import annotations

import pytest
import torch
from helpers.standin import GPU

MIXED = "same device"


@pytest.fixture
def gpu():
    with GPU() as device:
        yield device


def numbers(gpu):
    """The same numbers on the host and on the device."""
    host = torch.arange(12.0).reshape(3, 4)
    return host, host.to(gpu.device)


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x + 1,
        lambda x: (x.t() @ x).sum(0),
        lambda x: x[1:, ::2].sort(-1, descending=True).values,
        lambda x: x[x > 3],
        lambda x: torch.cat([x, torch.zeros_like(x)]).unique(),
        lambda x: x.new_zeros(3).scatter_add_(0, x[0].long() % 3, x[0]),
        lambda x: x.clone().view(-1).fill_(2).view(3, 4),
        lambda x: torch.arange(3, device=x.device).repeat_interleave(2),
        lambda x: torch.tensor([1, 2], device=x.device),
        lambda x: torch.where(x > 2, x, torch.tensor(0.5)),
    ],
)
def test_it_computes_what_the_host_computes(gpu, work):
    host, there = numbers(gpu)
    result = work(there)
    assert result.device == gpu.device
    assert result.is_cuda
    assert torch.equal(result.cpu(), work(host))


def test_a_view_shares_its_values(gpu):
    _, there = numbers(gpu)
    there[1].zero_()
    there.view(-1)[0] = 7
    assert there.cpu()[:, 0].tolist() == [7, 0, 8]


@pytest.mark.parametrize(
    "mix",
    [
        lambda host, there: there + host,
        lambda host, there: torch.where(there > 2, there, host),
        lambda host, there: torch.cat([host, there]),
        lambda host, there: there.scatter_add(0, torch.zeros(3, 4, dtype=torch.int64), there),
        lambda host, there: there.index_select(0, torch.tensor([0])),
        lambda host, there: there.take(torch.tensor(0)),
        lambda host, there: host[there[0].long() % 3],
        lambda host, there: there.index_put((torch.tensor([0]),), host[0]),
        lambda host, there: host.add_(there),
        lambda host, there: torch.tensor(1.0).add_(there[0, 0]),
        lambda host, there: torch.searchsorted(there[0], host[0]),
        lambda host, there: torch.bucketize(there, torch.tensor([1.0, 2.0])),
    ],
)
def test_mixing_devices_raises(gpu, mix):
    with pytest.raises(RuntimeError, match=MIXED):
        mix(*numbers(gpu))


def test_copies_host_scalars_and_host_indices_may_mix(gpu):
    host, there = numbers(gpu)
    assert (there + torch.tensor(1.0)).device == gpu.device
    assert there[torch.tensor([2, 0])].cpu().tolist() == host[[2, 0]].tolist()
    host.copy_(there * 2)
    assert host[0].tolist() == [0, 2, 4, 6]
    there.copy_(host)
    assert there.cpu()[0].tolist() == [0, 2, 4, 6]


def test_numpy_takes_host_tensors_only(gpu):
    with pytest.raises(TypeError, match="cpu"):
        numbers(gpu)[1].numpy()


def test_nothing_works_outside_of_the_block():
    with GPU() as gpu:
        there = torch.ones(2, device=gpu.device)
    with pytest.raises(RuntimeError, match="outside"):
        there + 1


def test_moves_to_the_device_are_counted(gpu):
    before = gpu.sent
    there = torch.ones(3).to(gpu.device)
    torch.empty(3, device=gpu.device).copy_(torch.ones(3))
    torch.tensor([1.0], device=gpu.device)
    there.add_(1).clone()
    assert gpu.sent == before + 3


def test_moves_to_the_host_are_noted_and_limited():
    with GPU(most=4) as gpu:
        _, there = numbers(gpu)
        assert there[0].tolist() == [0, 1, 2, 3]
        torch.empty(2).copy_(there[0, :2])
        assert gpu.moved == [4, 2]
        with pytest.raises(AssertionError, match="12 elements"):
            there.cpu()


@pytest.mark.parametrize(
    "work",
    [
        lambda x: x.nonzero(),
        lambda x: x[x > 3],
        lambda x: x.unique(),
        lambda x: int(x.sum()),
        lambda x: bool(x.any()),
        lambda x: torch.equal(x, x),
        lambda x: torch.bincount(x.long().view(-1)),
        lambda x: x.repeat_interleave(x.long().view(-1)[:3], 0),
        lambda x: x.masked_select(x > 3),
    ],
)
def test_what_the_host_has_to_wait_for_is_counted(gpu, work):
    work(numbers(gpu)[1])
    assert gpu.waits.total() == 1


def test_what_is_only_queued_is_not(gpu):
    _, there = numbers(gpu)
    there.index_select(0, torch.arange(2, device=gpu.device)).sort().values.cumsum(0).clamp_(
        max=3
    ).amin(1)
    there.repeat_interleave(torch.ones(3, dtype=torch.int64, device=gpu.device), 0, output_size=3)
    assert gpu.waits.total() == 0
