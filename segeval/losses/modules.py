"""Losses as modules: made from the functions, whose parameters they keep."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec

from torch import Tensor, nn

P = ParamSpec("P")


class LossModule(nn.Module, Generic[P]):
    """A loss function with its parameters given; `forward` takes what the function takes first, the tensors.

    Tensors among the parameters, such as `weight`, move with the module and stay out of its `state_dict`.
    """

    function: ClassVar[Callable[..., Tensor]]
    options: ClassVar[inspect.Signature]
    names: ClassVar[tuple[str, ...]]

    def __init__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        super().__init__()
        given = self.options.bind(*args, **kwargs)
        given.apply_defaults()
        for name, value in given.arguments.items():
            if value is None or (isinstance(value, Tensor) and not isinstance(value, nn.Parameter)):
                self.register_buffer(name, value, persistent=False)
            else:
                setattr(self, name, value)

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """The loss of these tensors; one that is named, such as `distances`, goes before that of the module."""
        return self.function(*tensors, **({name: getattr(self, name) for name in self.names} | named))

    def extra_repr(self) -> str:
        """The parameters, as `print` shows them."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.names)


def module(name: str, function: Callable[Concatenate[Tensor, Tensor, P], Tensor]) -> type[LossModule[P]]:
    """The module of a function of two tensors."""
    made: type[LossModule[P]] = _module(name, function, 2)
    return made


def module_of_one(name: str, function: Callable[Concatenate[Tensor, P], Tensor]) -> type[LossModule[P]]:
    """The module of a function of one tensor."""
    made: type[LossModule[P]] = _module(name, function, 1)
    return made


def _module(name: str, function: Callable[..., Tensor], tensors: int) -> Any:
    whole = inspect.signature(function)
    tensor_names = list(whole.parameters)[:tensors]
    options = whole.replace(parameters=list(whole.parameters.values())[tensors:])
    members = {
        "__doc__": f"`{function.__name__}` as a module: `{name}(…)({', '.join(tensor_names)})`.",
        "__module__": function.__module__,
        "__signature__": options.replace(return_annotation=inspect.Signature.empty),
        "function": staticmethod(function),
        "options": options,
        "names": tuple(options.parameters),
    }
    return type(name, (LossModule,), members)
