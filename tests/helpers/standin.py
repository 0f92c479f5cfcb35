"""A stand-in for a GPU: its tensors hold real values, in host memory, and raise where those of a
CUDA device would.

Inside `with GPU() as gpu`, what is made on or moved to `gpu.device` is of that device; operations
on it work, those that mix devices raise. Not as on a GPU: streams, limited memory, which operations
there are, the order of atomic ones.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)


class _Module(_DummyBackendModule):
    def is_available(self) -> bool:
        return False  # so that nobody takes it for an accelerator of this machine


_setup_privateuseone_for_python_backend("standin", backend_module=_Module())
DEVICE = torch.device("standin:0")
HOST = torch.device("cpu")
ATEN = torch.ops.aten
COPIES = {ATEN._to_copy.default, ATEN.copy_.default}
INDEXING = {
    ATEN.index.Tensor,
    ATEN.index_put.default,
    ATEN.index_put_.default,
    ATEN._index_put_impl_.default,
}
WAITING = {torch.Tag.dynamic_output_shape, torch.Tag.data_dependent_output}


class Remote(Tensor):
    """A tensor of the stand-in device; `held` has its values."""

    held: Tensor
    is_cuda = True

    @staticmethod
    def __new__(cls, held: Tensor) -> Remote:
        like = {
            "strides": held.stride(),
            "storage_offset": held.storage_offset(),
            "dtype": held.dtype,
        }
        remote: Remote = Tensor._make_wrapper_subclass(cls, held.size(), device=DEVICE, **like)
        remote.held = held
        return remote

    def __repr__(self) -> str:  # type: ignore[override]
        return f"Remote({self.held!r})"

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def numpy(self, *, force: bool = False) -> Any:
        if not force:
            raise TypeError(
                "can't convert a tensor of the stand-in device to numpy; use Tensor.cpu() first"
            )
        return self.cpu().numpy()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError(f"{func}: a tensor of the stand-in device outside of `with GPU()`")


class GPU(TorchDispatchMode):
    """The stand-in device, in use.

    `moved`: how many elements each copy brought back to the host; one of more than `most` raises.
    `waits`: how often, by operation, the host had to wait for the device. `sent`: how many copies
    went to the device, for which a host that has not pinned their memory waits as well.
    """

    device = DEVICE

    def __init__(self, most: float = float("inf")) -> None:
        super().__init__()
        self.most = most
        self.moved: list[int] = []
        self.sent = 0
        self.waits: Counter[str] = Counter()
        self._literals = _Literals()

    def __enter__(self) -> GPU:
        super().__enter__()
        self._literals.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._literals.__exit__(*error)
        super().__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        remotes = [tensor for tensor in tensors if isinstance(tensor, Remote)]
        _refuse_mixing(func, args, tensors)
        there = _result_is_remote(func, args, kwargs, bool(remotes))
        if remotes:
            self._note(func, args, kwargs, there)
        if (
            func in COPIES
            and there
            and not isinstance(args[-1 if func is ATEN.copy_.default else 0], Remote)
        ):
            self.sent += 1
        if "device" in kwargs:
            kwargs["device"] = HOST
        results = func(*tree_map(_held, args), **tree_map(_held, kwargs))
        if not there:
            return results
        known = {
            id(remote.held): remote for remote in remotes
        }  # in-place operations return what they were given

        def remote(result: Any) -> Any:
            if not isinstance(result, Tensor):
                return result
            return known[id(result)] if id(result) in known else Remote(result)

        return tree_map(remote, results)

    def _note(self, func: Any, args: Any, kwargs: Any, there: bool) -> None:
        if func in COPIES:
            if not there:
                self._note_move(args[-1 if func is ATEN.copy_.default else 0].numel())
        elif func is ATEN.index.Tensor:
            self.waits["index by flags"] += any(
                i is not None and i.dtype in (torch.bool, torch.uint8) for i in args[1]
            )
        elif WAITING & set(func.tags) and kwargs.get("output_size") is None:
            self.waits[func.name()] += 1

    def _note_move(self, elements: int) -> None:
        self.moved.append(elements)
        if elements > self.most:
            raise AssertionError(
                f"{elements} elements were moved to the host, {self.most} are allowed"
            )


class _Literals(TorchFunctionMode):
    """`torch.tensor(numbers, device=...)` makes its tensor where no dispatch mode sees it; here it
    is moved instead.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if (
            func in (torch.tensor, torch.as_tensor, torch.asarray)
            and kwargs.get("device") is not None
        ):
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        return func(*args, **kwargs)


def _held(value: Any) -> Any:
    return value.held if isinstance(value, Remote) else value


def _result_is_remote(func: Any, args: Any, kwargs: Any, any_remote: bool) -> bool:
    if func is ATEN.copy_.default:
        return isinstance(args[0], Remote)
    if kwargs.get("device") is not None:
        return torch.device(kwargs["device"]).type == DEVICE.type
    return any_remote


def _refuse_mixing(func: Any, args: Any, tensors: list[Tensor]) -> None:
    """Raise unless all tensors are on one device, as CUDA does, with its exceptions.

    These are copies, indices on the host, and host scalars in operations that work element by
    element.
    """
    places = {isinstance(tensor, Remote) for tensor in tensors}
    if len(places) < 2 or func in COPIES:
        return
    remote_target = isinstance(args[0], Remote)
    if func in INDEXING:
        hosts = [value for value in args[2:3] if not isinstance(value, Remote) and value.dim()]
        if remote_target and not hosts:
            return
    elif _works_by_element(func):
        writes = func._schema.is_mutable and not remote_target
        if not writes and not any(
            tensor.dim() for tensor in tensors if not isinstance(tensor, Remote)
        ):
            return
    raise RuntimeError(
        f"{func}: Expected all tensors to be on the same device, but found {DEVICE} and cpu"
    )


def _works_by_element(func: Any) -> bool:
    name, overload = func._schema.name.removeprefix("aten::").rstrip("_"), func._overloadname
    plain = getattr(
        getattr(ATEN, name, None), overload, func
    )  # an operation in place lacks the tag of the plain one
    return torch.Tag.pointwise in plain.tags or name == "masked_fill"
