"""Two processes that each saw a part of the cases compute what one process computes of all."""

from __future__ import annotations

import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from helpers.stacks import MAKERS, Batch, fed, kept, plain, same, stack
from torchmetrics import MetricCollection

from segeval.errors import UsageError
from segeval.stateful import ASSD, Dice, IoU

SHARES: dict[str, tuple[list[Batch], list[Batch]]] = {
    "one batch each": ([stack(2, seed=1)], [stack(2, seed=2)]),
    "unequal batches": ([stack(1, seed=1), stack(3, seed=2), stack(2, seed=3)], [stack(2, seed=4)]),
    "other shapes": (
        [stack(2, seed=1, shape=(5, 9))],
        [stack(1, seed=2, shape=(8, 4)), stack(2, seed=3)],
    ),
    "no batch here": ([], [stack(2, seed=1), stack(1, seed=2)]),
    "no batch there": ([stack(2, seed=1), stack(1, seed=2)], []),
    "fewer classes here": ([stack(2, seed=1, classes=2)], [stack(2, seed=2, classes=5)]),
    "no batch at all": ([], []),
    "label vectors": (
        [stack(1, seed=1, shape=(9,)), stack(1, seed=2, shape=(5,))],
        [stack(1, seed=3, shape=(30,))],
    ),
}
"""The batches of the first process and of the second."""


def own(share: str, rank: int) -> list[Batch]:
    """The batches of a process; label vectors (1, n) without their first axis: one case then."""
    batches = SHARES[share][rank]
    return [(pred[0], gt[0]) for pred, gt in batches] if share == "label vectors" else batches


def kinds(share: str) -> list[str]:
    return ["counts", "partition"] if share == "label vectors" else list(MAKERS)


def worker(rank: int, folder: str) -> None:
    """Save what a process computes of its share, and whether its own state is as before after
    that.
    """
    warnings.filterwarnings("ignore", "The ``compute`` method of metric")
    torch.set_num_threads(1)
    store = dist.FileStore(str(Path(folder, "store")), 2)
    dist.init_process_group(
        "gloo", store=store, rank=rank, world_size=2, timeout=timedelta(seconds=60)
    )
    found: dict[str, Any] = {}
    for share in SHARES:
        for kind in kinds(share):
            metric = fed(MAKERS[kind](), *own(share, rank))
            before = [tensor.clone() for tensor in kept(metric)]
            together = plain(metric.compute())
            restored = all(map(torch.equal, kept(metric), before))
            found[f"{share}, {kind}"] = together, restored
    collection = MetricCollection([Dice(), IoU(), ASSD()])
    fed(collection, *own("unequal batches", rank))
    found["collection"] = plain(collection.compute())
    stepping = Dice(dist_sync_on_step=True)
    found["step"] = plain(stepping(*own("one batch each", rank)[0])), plain(stepping.compute())
    other = fed(Dice(ignore_index=rank), *own("one batch each", rank))
    try:
        other.compute()
    except UsageError as error:
        found["other options"] = str(error)
    torch.save(found, Path(folder, f"{rank}.pt"))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return what each of the two processes computed."""
    folder = tmp_path_factory.mktemp("processes")
    torch.multiprocessing.spawn(worker, (str(folder),), nprocs=2)
    return [torch.load(Path(folder, f"{rank}.pt")) for rank in (0, 1)]


@pytest.mark.parametrize(
    ("share", "kind"), [(share, kind) for share in SHARES for kind in kinds(share)]
)
@pytest.mark.filterwarnings("ignore:The ``compute`` method of metric:UserWarning")
def test_both_processes_compute_what_one_computes_of_all(
    share: str, kind: str, computed: list[dict[str, Any]]
) -> None:
    make = MAKERS[kind]
    whole = fed(make(), *own(share, 0), *own(share, 1)).compute()
    for values in computed:
        together, restored = values[f"{share}, {kind}"]
        assert together == same(whole)
        assert restored


def test_a_collection_with_shared_states(computed: list[dict[str, Any]]) -> None:
    batches = own("unequal batches", 0) + own("unequal batches", 1)
    whole = fed(MetricCollection([Dice(), IoU(), ASSD()]), *batches).compute()
    assert [values["collection"] for values in computed] == [same(whole), same(whole)]


def test_synchronising_every_step_gives_the_value_of_both_batches(
    computed: list[dict[str, Any]],
) -> None:
    whole = same(fed(Dice(), *own("one batch each", 0), *own("one batch each", 1)).compute())
    assert [values["step"] for values in computed] == [(whole, whole), (whole, whole)]


def test_processes_with_other_options_are_refused_by_both(computed: list[dict[str, Any]]) -> None:
    for values in computed:
        assert "make all of them with the same" in values["other options"]
