"""Calls and names that do not fit: what is wrong with them, in public words, and what was meant.

Python says the same of private names and of bases; these errors say it of what the user wrote.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Concatenate, ParamSpec, TypeVar

from segeval.errors import ArgumentTypeError

P = ParamSpec("P")
Instance = TypeVar("Instance")
Result = TypeVar("Result")
Method = Callable[Concatenate[Instance, P], Result]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the question whether the nearest known name was meant; nothing where none is near.

    >>> suggestion("dise", ["Dice", "IoU"])
    "did you mean 'Dice'?"
    """
    by_lower = {word.lower(): word for word in known}
    nearest = difflib.get_close_matches(name.lower(), by_lower, n=1)
    if not nearest:
        return ""
    return f"did you mean {by_lower[nearest[0]]!r}?"


def unknown_attribute(module: str, name: str, known: Iterable[str]) -> AttributeError:
    """Return the error for a name that a module does not have.

    >>> unknown_attribute("segeval", "Dise", ["Dice", "IoU"])
    AttributeError("module 'segeval' has no attribute 'Dise'; did you mean 'Dice'?")
    """
    text = f"module {module!r} has no attribute {name!r}"
    # Tools ask for names such as `__wrapped__`, and nobody reads the answer.
    if not name.startswith("_") and (question := suggestion(name, known)):
        text = f"{text}; {question}"
    return AttributeError(text)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of something public, `caller`, as the user wrote it, with the arguments that came.

    `passed_on` are further keywords, which somebody else takes.

    >>> def dice(pred, gt, *, average="macro"): ...
    >>> call = Call("dice", inspect.signature(dice), ("p", "g"), {"pred": "p"})
    >>> call.check()
    Traceback (most recent call last):
    segeval.errors.ArgumentTypeError: dice got pred by position and by name; give it once
    """

    caller: str
    signature: inspect.Signature
    args: Sequence[Any]
    named: Mapping[str, Any]
    passed_on: Collection[str] = ()

    def arguments(self, meant: Callable[[Any], Sequence[str]] | None = None) -> dict[str, Any]:
        """Return the arguments by name; `meant` as for `check`, which raises for what is wrong."""
        self.check(meant)
        return dict(self.signature.bind(*self.args, **self.named).arguments)

    def check(self, meant: Callable[[Any], Sequence[str]] | None = None) -> None:
        """Raise `ArgumentTypeError` for arguments that do not fit.

        `meant` gives the keywords that a value by position may have been meant for.
        """
        # The likeliest mistake first: an unknown name explains a missing value, not the other way.
        complaint = (
            self._unknown_keyword()
            or self._surplus_value(meant)
            or self._doubled()
            or self._missing()
        )
        if complaint:
            raise ArgumentTypeError(f"{self.caller} {complaint}") from None

    def _unknown_keyword(self) -> str:
        """Return what is wrong with the first keyword that is not known; nothing if all are."""
        known = [*self._names, *self.passed_on]
        unknown = next((name for name in self.named if name not in known), None)
        if unknown is None:
            return ""
        takes = f"takes {', '.join(self._names) or 'none'}"
        if question := suggestion(unknown, known):
            return f"has no argument {unknown!r}; {question} It {takes}"
        return f"has no argument {unknown!r}; it {takes}"

    def _surplus_value(self, meant: Callable[[Any], Sequence[str]] | None) -> str:
        """Return what is wrong with values by position beyond those that may be, and what to do."""
        surplus = self.args[len(self._positional) :]
        if not surplus:
            return ""
        complaint = self._complaint_of(surplus[0])
        if meant is not None and len(surplus) == 1 and (keywords := meant(surplus[0])):
            calls = [self._with_keyword(keyword, surplus[0]) for keyword in keywords]
            return f"{complaint}; write {' or '.join(calls)}"
        by_name = [name for name in self._names if name not in self._positional]
        if by_name:
            return f"{complaint}; by name it takes {', '.join(by_name)}"
        return complaint

    def _complaint_of(self, value: Any) -> str:
        """Return what is wrong with a value by position, without what to do."""
        came = _shown(value) or f"a {type(value).__name__}"
        if not self._positional:
            return f"takes nothing by position, and {came} came"
        names = " and ".join(self._positional)
        return f"takes {names} alone by position, and {came} came after that"

    def _with_keyword(self, keyword: str, value: Any) -> str:
        """Return the call with its last value given by name; arrays are written as their names."""
        positional = zip(self.args, self._positional, strict=False)
        before = [_shown(argument) or name for argument, name in positional]
        return f"{self.caller}({', '.join([*before, f'{keyword}={_shown(value)}'])})"

    def _doubled(self) -> str:
        """Return what is wrong with an argument that came twice; nothing if none did."""
        doubled = [name for name in self._positional[: len(self.args)] if name in self.named]
        if not doubled:
            return ""
        return f"got {doubled[0]} by position and by name; give it once"

    def _missing(self) -> str:
        """Return what is wrong with a call that lacks arguments; nothing if it has all."""
        # The whole call, as it should be written: "…" stands for what is missing.
        required = [p.name for p in self._parameters if p.default is p.empty]
        came = {*self._positional[: len(self.args)], *self.named}
        missing = [name for name in required if name not in came]
        if not missing:
            return ""
        form = ", ".join(f"{name}=…" if name in missing else name for name in required)
        return f"needs a value for {' and '.join(missing)}; write {self.caller}({form})"

    @property
    def _parameters(self) -> list[inspect.Parameter]:
        """The parameters but for `*args` and `**kwargs`, which take anything."""
        open_ended = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return [p for p in self.signature.parameters.values() if p.kind not in open_ended]

    @property
    def _names(self) -> list[str]:
        return [p.name for p in self._parameters]

    @property
    def _positional(self) -> list[str]:
        """The names of what may be given by position."""
        return [p.name for p in self._parameters if p.kind is not p.KEYWORD_ONLY]


def public(method: Method[Instance, P, Result]) -> Method[Instance, P, Result]:
    """Let a method raise `UsageError` for a call that does not fit, and name its object's class.

    Python would raise a `TypeError` that names the base which the method is written in.
    """
    signature = inspect.signature(method)
    _self, *parameters = signature.parameters.values()
    signature = signature.replace(parameters=parameters)

    @functools.wraps(method)
    def called(self: Instance, /, *args: P.args, **named: P.kwargs) -> Result:
        try:
            return method(self, *args, **named)
        except TypeError:
            # It may come from within the method as well: then the call fits, and it goes on.
            caller = type(self).__name__
            if method.__name__ != "__init__":
                caller = f"{caller}.{method.__name__}"
            Call(caller, signature, args, named).check()
            raise

    return called


def _shown(value: Any) -> str:
    """Return how a number or a word is written; nothing for arrays and all that may be long."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, Number):
        return str(value)
    return ""
