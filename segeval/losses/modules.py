"""Losses as modules: made from the functions, whose parameters they keep."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar

import torch
from torch import Tensor, nn

from segeval.errors.calls import Call

P = ParamSpec("P")
Result = TypeVar("Result")
_DEFAULTS = {
    "none": '\n\nUnreduced by default: `reduction="mean"` gives the number that `backward` needs.',
    "sum": '\n\nThe sum by default: `reduction="mean"` does not grow with the image.',
}
"""What the docstring of a module says of a default that is not the mean."""


def checked(function: Callable[P, Result]) -> Callable[P, Result]:
    """Let a function raise `UsageError` for arguments that do not fit, and say what it takes."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **named: P.kwargs) -> Result:
        if torch.compiler.is_compiling():  # a call that does not fit fails in torch's words
            return function(*args, **named)
        try:
            return function(*args, **named)
        except TypeError:
            Call(function.__name__, signature, args, named).check()
            raise

    return called


class LossModule(nn.Module, Generic[P]):
    """A loss function with its parameters given; `forward` takes what the function takes first, the
    tensors.

    Tensors among the parameters, such as `weight`, move with the module and stay out of its
    `state_dict`.
    """

    function: ClassVar[Callable[..., Tensor]]
    options: ClassVar[inspect.Signature]
    call: ClassVar[inspect.Signature]
    names: ClassVar[tuple[str, ...]]

    def __init__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        super().__init__()
        Call(type(self).__name__, self.options, args, kwargs).check()
        given = self.options.bind(*args, **kwargs)
        given.apply_defaults()
        for name, value in given.arguments.items():
            if value is None or (isinstance(value, Tensor) and not isinstance(value, nn.Parameter)):
                self.register_buffer(name, value, persistent=False)
            else:
                setattr(self, name, value)

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """The loss of these tensors; one that is named, such as `distances`, goes before that of
        the module.
        """
        given = {name: getattr(self, name) for name in self.names} | named
        if torch.compiler.is_compiling():
            return self.function(*tensors, **given)
        try:
            return self.function(*tensors, **given)
        except TypeError:
            Call(f"{type(self).__name__}.forward", self.call, tensors, named).check()
            raise

    def extra_repr(self) -> str:
        """The parameters, as `print` shows them."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.names)


def module(
    name: str,
    function: Callable[Concatenate[Tensor, Tensor, P], Tensor],
    *,
    public: str = "",
) -> type[LossModule[P]]:
    """Return the module of a function of two tensors; `public` is its name in help and errors."""
    made: type[LossModule[P]] = _module(name, inspect.unwrap(function), 2, public)
    return made


def module_of_one(
    name: str, function: Callable[Concatenate[Tensor, P], Tensor]
) -> type[LossModule[P]]:
    """Return the module of a function of one tensor."""
    made: type[LossModule[P]] = _module(name, inspect.unwrap(function), 1)
    return made


def _module(name: str, function: Callable[..., Tensor], tensors: int, public: str = "") -> Any:
    function.__name__ = function.__qualname__ = public or function.__name__
    whole = inspect.signature(function)
    parameters = list(whole.parameters.values())
    tensor_names = list(whole.parameters)[:tensors]
    options = whole.replace(parameters=parameters[tensors:])
    by_name = [p.replace(kind=p.KEYWORD_ONLY, default=None) for p in parameters[tensors:]]
    doc = f"`{function.__name__}` as a module: `{name}(…)({', '.join(tensor_names)})`."
    members = {
        "__doc__": doc + _DEFAULTS.get(_default(options, "reduction"), ""),
        "__module__": function.__module__,
        "__signature__": options.replace(return_annotation=inspect.Signature.empty),
        "function": staticmethod(function),
        "options": options,
        "call": whole.replace(parameters=[*parameters[:tensors], *by_name]),
        "names": tuple(options.parameters),
    }
    return type(name, (LossModule,), members)


def _default(signature: inspect.Signature, name: str) -> Any:
    parameter = signature.parameters.get(name)
    return None if parameter is None else parameter.default
