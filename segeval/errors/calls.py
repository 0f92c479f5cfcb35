"""Calls and names that do not fit: what is wrong with them, in public words, and what was meant."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Concatenate, ParamSpec, TypeVar

from segeval.errors import UsageError

P = ParamSpec("P")
Instance = TypeVar("Instance")
Result = TypeVar("Result")
Method = Callable[Concatenate[Instance, P], Result]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the question whether the nearest known name was meant; nothing where none is near.

    >>> suggestion("dise", ["Dice", "IoU"])
    "did you mean 'Dice'?"
    """
    by_lower = {one.lower(): one for one in known}
    nearest = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f"did you mean {by_lower[nearest[0]]!r}?" if nearest else ""


def unknown_attribute(module: str, name: str, known: Iterable[str]) -> AttributeError:
    """Return the error for a name that a module does not have.

    >>> unknown_attribute("segeval", "Dise", ["Dice", "IoU"])
    AttributeError("module 'segeval' has no attribute 'Dise'; did you mean 'Dice'?")
    """
    question = "" if name.startswith("_") else suggestion(name, known)
    text = f"module {module!r} has no attribute {name!r}"
    return AttributeError(f"{text}; {question}" if question else text)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of something public, `caller`, as the user wrote it, with the arguments that came.

    `passed_on` are further keywords, which somebody else takes.

    >>> def dice(pred, gt, *, average="macro"): ...
    >>> call = Call("dice", inspect.signature(dice), ("p", "g"), {"pred": "p"})
    >>> call.check()
    Traceback (most recent call last):
    segeval.errors.UsageError: dice got pred by position and by name; give it once
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
        """Raise `UsageError` for arguments that do not fit.

        `meant` gives the keywords that a value by position may have been meant for.
        """
        keywords = [] if meant is None or not self._surplus else meant(self._surplus[0])
        complaint = self._of_unknown() or self._of_surplus(keywords)
        complaint = complaint or self._of_doubles() or self._of_missing()
        if complaint:
            raise UsageError(f"{self.caller} {complaint}") from None

    def _of_unknown(self) -> str:
        known = [*self._names, *self.passed_on]
        unknown = next((name for name in self.named if name not in known), None)
        if unknown is None:
            return ""
        takes = f"takes {', '.join(self._names)}" if self._names else "takes none"
        question = suggestion(unknown, known)
        answer = f"{question} It {takes}" if question else f"it {takes}"
        return f"has no argument {unknown!r}; {answer}"

    def _of_surplus(self, keywords: Sequence[str]) -> str:
        if not self._surplus:
            return ""
        value, places = self._surplus[0], self._places
        takes = f"takes {' and '.join(places)} alone" if places else "takes nothing"
        came = _shown(value) or f"a {type(value).__name__}"
        complaint = f"{takes} by position, and {came} came{' after that' if places else ''}"
        if keywords and len(self._surplus) == 1:
            before = [_shown(given) or name for given, name in zip(self.args, places, strict=False)]
            forms = [", ".join([*before, f"{keyword}={_shown(value)}"]) for keyword in keywords]
            calls = [f"{self.caller}({form})" for form in forms]
            return f"{complaint}; write {' or '.join(calls)}"
        by_name = [name for name in self._names if name not in places]
        return f"{complaint}; by name it takes {', '.join(by_name)}" if by_name else complaint

    def _of_doubles(self) -> str:
        doubles = [name for name in self._places[: len(self.args)] if name in self.named]
        return f"got {doubles[0]} by position and by name; give it once" if doubles else ""

    def _of_missing(self) -> str:
        required = [p.name for p in self._parameters if p.default is p.empty]
        given = {*self._places[: len(self.args)], *self.named}
        missing = [name for name in required if name not in given]
        if not missing:
            return ""
        form = ", ".join(f"{name}=…" if name in missing else name for name in required)
        return f"needs a value for {' and '.join(missing)}; write {self.caller}({form})"

    @property
    def _parameters(self) -> list[inspect.Parameter]:
        rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return [p for p in self.signature.parameters.values() if p.kind not in rest]

    @property
    def _names(self) -> list[str]:
        return [p.name for p in self._parameters]

    @property
    def _places(self) -> list[str]:
        """The names of what may be given by position."""
        return [p.name for p in self._parameters if p.kind is not p.KEYWORD_ONLY]

    @property
    def _surplus(self) -> Sequence[Any]:
        return self.args[len(self._places) :]


def public(method: Method[Instance, P, Result]) -> Method[Instance, P, Result]:
    """Let a method raise `UsageError` for a call that does not fit, and name its object's class.

    Python would raise a `TypeError` that names the base which the method is written in.
    """
    whole = inspect.signature(method)
    signature = whole.replace(parameters=list(whole.parameters.values())[1:])

    @functools.wraps(method)
    def called(self: Instance, /, *args: P.args, **named: P.kwargs) -> Result:
        try:
            return method(self, *args, **named)
        except TypeError:
            name = type(self).__name__
            caller = name if method.__name__ == "__init__" else f"{name}.{method.__name__}"
            Call(caller, signature, args, named).check()
            raise

    return called


def _shown(value: Any) -> str:
    """Return how a number or a word is written; nothing for arrays and all that may be long."""
    if isinstance(value, str):
        return repr(value)
    return str(value) if isinstance(value, Number) else ""
