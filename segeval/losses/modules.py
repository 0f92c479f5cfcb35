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
"""Words in the docstring of a module for a default that is not the mean."""


def checked(function: Callable[P, Result]) -> Callable[P, Result]:
    """Let a function raise `UsageError` for arguments that do not fit, and say what it takes.

    Python's own `TypeError` is looked into only once it is there, so that a call that fits costs
    nothing more.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **named: P.kwargs) -> Result:
        if torch.compiler.is_compiling():  # a call that does not fit fails in torch's words
            return function(*args, **named)
        try:
            return function(*args, **named)
        except TypeError:
            # It may come from within the function as well: then the call fits, and it goes on.
            Call(function.__name__, signature, args, named).check()
            raise

    return called


class LossModule(nn.Module, Generic[P]):
    """A loss function with its parameters given; `forward` takes the tensors, in the same order.

    Tensors among the parameters, such as `weight`, move with the module and stay out of its
    `state_dict`. `options` is the signature of the constructor and `call` that of `forward`.
    """

    function: ClassVar[Callable[..., Tensor]]
    options: ClassVar[inspect.Signature]
    call: ClassVar[inspect.Signature]
    names: ClassVar[tuple[str, ...]]

    def __init__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        super().__init__()
        Call(type(self).__name__, self.options, args, kwargs).check()
        bound = self.options.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            # None is a buffer too, so that a tensor may take its place later on. A Parameter is
            # learnt, and `setattr` registers it as one.
            is_constant = isinstance(value, Tensor) and not isinstance(value, nn.Parameter)
            if value is None or is_constant:
                self.register_buffer(name, value, persistent=False)
            else:
                setattr(self, name, value)

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """Return the loss of these tensors.

        One that is named, such as `distances`, goes before that of the module.
        """
        arguments = {name: getattr(self, name) for name in self.names} | named
        if torch.compiler.is_compiling():
            return self.function(*tensors, **arguments)
        try:
            return self.function(*tensors, **arguments)
        except TypeError:
            Call(f"{type(self).__name__}.forward", self.call, tensors, named).check()
            raise

    def extra_repr(self) -> str:
        """Return the parameters, as `print` shows them."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.names)


def module(
    name: str,
    function: Callable[Concatenate[Tensor, Tensor, P], Tensor],
    *,
    public: str = "",
) -> type[LossModule[P]]:
    """Return the module of a function of two tensors; `public` is its name in help and errors."""
    cls: type[LossModule[P]] = _module(name, inspect.unwrap(function), tensors=2, public=public)
    return cls


def module_of_one(
    name: str, function: Callable[Concatenate[Tensor, P], Tensor]
) -> type[LossModule[P]]:
    """Return the module of a function of one tensor."""
    cls: type[LossModule[P]] = _module(name, inspect.unwrap(function), tensors=1)
    return cls


def _module(name: str, function: Callable[..., Tensor], *, tensors: int, public: str = "") -> Any:
    """Return the module of a function whose first parameters are so many tensors."""
    # The function comes without its `checked`: `forward` looks itself, under the module's name.
    function.__name__ = function.__qualname__ = public or function.__name__
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    tensor_names = [parameter.name for parameter in parameters[:tensors]]
    options = signature.replace(parameters=parameters[tensors:])
    # Beside the tensors `forward` may be given any option by name, and need not be given one.
    by_name = [p.replace(kind=p.KEYWORD_ONLY, default=None) for p in parameters[tensors:]]
    doc = f"`{function.__name__}` as a module: `{name}(…)({', '.join(tensor_names)})`."
    if "reduction" in options.parameters:
        doc += _DEFAULTS.get(options.parameters["reduction"].default, "")
    members = {
        "__doc__": doc,
        "__module__": function.__module__,
        "__signature__": options.replace(return_annotation=inspect.Signature.empty),
        "function": staticmethod(function),
        "options": options,
        "call": signature.replace(parameters=[*parameters[:tensors], *by_name]),
        "names": tuple(options.parameters),
    }
    return type(name, (LossModule,), members)
