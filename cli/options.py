"""The options of `segeval score`, made from their cards.

A card says what an option is in Python. What click has to know follows from it: its flags from the
name, its type from the annotation, and whether it may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from segeval.run.options import Option, options_of

from .types import Labels, Lengths, words

Function = TypeVar("Function", bound=Callable[..., Any])

SETTINGS: dict[str, dict[str, Any]] = {
    "bool": {"is_flag": True},
    "bool | None": {"is_flag": True},
    "int | None": {"type": int},
    "float | None": {"type": float},
    "str | Sequence[str] | None": {"multiple": True},
    "Sequence[str]": {"multiple": True},
    "Sequence[float] | None": {"type": Lengths()},
    "RegionsLike | None": {"type": Labels()},
    "Colors | str | Path | None": {"type": click.Path(readable=False)},
}
"""Types that click is told for an annotation; all other options are texts."""


def run_options(function: Function) -> Function:
    """Give a command the options of a run, in the order of their cards.

    The command gets them as keyword arguments by the names of the cards.
    """
    # as stacked decorators: click lists the option first that is applied last
    for option in reversed(options_of("command").values()):
        function = click.option(*flags_of(option), option.name, **settings_of(option))(function)
    return function


def flags_of(option: Option) -> tuple[str, ...]:
    """Return the flags of an option: those of its card, or its name.

    >>> flags_of(options_of("command")["gt_suffix"])
    ('--gt-suffix',)
    """
    return option.flags or (f"--{option.name.replace('_', '-')}",)


def settings_of(option: Option) -> dict[str, Any]:
    """Return the arguments of `click.option` for an option.

    >>> settings_of(options_of("command")["jobs"])["help"]
    'Threads.  [default: one a core]'
    """
    default = option.default if option.command_default is None else option.command_default
    settings = {
        "default": default,
        "show_default": default not in (None, False, ""),
        "metavar": option.metavar,
        "help": option.sentence,
        **SETTINGS.get(option.annotation, {}),
    }
    if option.unless_given and default is None:
        settings["help"] += f"  [default: {option.unless_given}]"
    if option.choices and settings.get("multiple"):
        # click.Choice would refuse words with commas between them
        settings |= {"callback": words(*option.choices), "metavar": ",".join(option.choices)}
    elif option.choices:
        settings["type"] = click.Choice(option.choices)
    return settings
