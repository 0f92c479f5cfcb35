"""`--config FILE`: options and arguments of any command, in a TOML file.

What a file says is handed to click as the defaults of the command, so that the same types read it
as what is typed, and what is typed goes before it. Beyond texts, it may hold what Python takes:
numbers, lists, and a table of regions.

    metric = ["dice", "nsd@2"]      # for whichever command is run

    [score]                         # for one command; goes before what stands above
    pred = "predictions"
    regions = {liver = 1, tumour = 2}

Every key and value is checked, also those of other commands, and an error names the file and the
key. Paths mean what they mean when they are typed: they begin at the working folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from segeval.errors import UsageError
from segeval.errors.calls import suggestion
from segeval.errors.values import is_flag, is_number, is_whole

from .types import Labels, Lengths

Function = TypeVar("Function", bound=Callable[..., Any])

FILE = "segeval.config"
"""Key of the path of the file of options in what click keeps for all contexts of a call."""


def config_option(function: Function) -> Function:
    """Give a command the option `--config`."""
    return click.option(
        "--config",
        # unchecked by click: errors of segeval say more of a file that cannot be read
        type=click.Path(readable=False),
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=_take_defaults,
        help="TOML file of options by their long names, such as ignore-label = 255, for all "
        "commands or in a table of one, such as [score]. What is typed goes first.",
    )(function)


def _take_defaults(ctx: click.Context, _param: click.Parameter, path: str | None) -> None:
    """Make what a file says the defaults of the command that is run, as a callback of click.

    It is eager: click calls it before it reads any other option, in whatever order these are typed.
    """
    # shells that complete a command have click parse half of it, which must not fail
    if path is None or ctx.resilient_parsing:
        return
    ctx.meta[FILE] = path
    content = _content(path)
    commands = _commands(ctx)
    tables = {name: content.pop(name) for name in commands if isinstance(content.get(name), dict)}
    # what is left stands for every command; a table among it is the value of an option
    defaults = Table(path, ctx.command, commands).defaults(content, ctx)
    for name, table in tables.items():
        values = Table(path, commands[name], commands, f"[{name}] ").defaults(table, ctx)
        if commands[name] is ctx.command:
            defaults |= values
    ctx.default_map = defaults


def _content(path: str) -> dict[str, Any]:
    """Return the content of a TOML file. Raises `UsageError` where there is none."""
    from segeval.io.documents import load_toml

    return load_toml(path, "options in TOML", "see docs/commands.md")


def _commands(ctx: click.Context) -> Mapping[str, click.Command]:
    """Return the commands that a file may have tables for, by name."""
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    return group.commands


@dataclass(frozen=True, slots=True)
class Key:
    """A parameter of a command under one of the names that a file may use."""

    param: click.Parameter
    on: bool = True
    """False under the name that turns a flag off."""


def keys_of(command: click.Command) -> dict[str, Key]:
    """Return what a file may say of a command, by the keys that it is said under.

    These are the names of arguments and the long names of options, both of a flag that has two:
    `plots = false` and `no-plots = true` are the same.
    """
    keys: dict[str, Key] = {}
    for param in command.params:
        if isinstance(param, click.Argument):
            keys[str(param.name)] = Key(param)
        # `--config` itself, which no command is handed, cannot stand in a file
        elif param.expose_value:
            keys |= {name: Key(param) for name in _long_names(param.opts)}
            keys |= {name: Key(param, on=False) for name in _long_names(param.secondary_opts)}
    return keys


def _long_names(flags: Sequence[str]) -> list[str]:
    """Return the names of an option that a file may use.

    >>> _long_names(["-o", "--output"])
    ['output']
    """
    return [flag.removeprefix("--") for flag in flags if flag.startswith("--")]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a file of options, or what stands above all tables."""

    path: str
    """Path of the file, as it was typed."""
    command: click.Command
    """Command whose options the table holds."""
    commands: Mapping[str, click.Command]
    """Commands that the file may have tables for, by name."""
    place: str = ""
    """Words in front of a key in errors: `[score] ` in the table of that name."""

    def defaults(self, table: Mapping[str, Any], ctx: click.Context) -> dict[str, Any]:
        """Return the values of a table by the names of click's parameters.

        Raises `UsageError` for what is no option of the command, and for values that it refuses.
        """
        keys = keys_of(self.command)
        values: dict[str, Any] = {}
        for name, value in table.items():
            key = keys.get(name.replace("_", "-"))
            if key is None:
                raise self.error(name, self._of_unknown(name, value))
            param = str(key.param.name)
            if param in values:
                raise self.error(name, "stands there under another name, too; give it once")
            values[param] = self._value(name, value, key, ctx)
        return values

    def error(self, name: str, complaint: str) -> UsageError:
        """Return the error that names the file, the table and the key."""
        return UsageError(f"{self.path}: {self.place}{name}: {complaint}")

    def _of_unknown(self, name: str, value: Any) -> str:
        """Return what is wrong with a key that the command does not know, and what may be meant."""
        key = name.replace("_", "-")
        complaint = f"is no option of segeval {self.command.name}"
        if name in self.commands:
            return f"{complaint}; options of segeval {name} go into a table, [{name}]"
        if isinstance(value, dict) and (question := suggestion(name, self.commands)):
            return f"is no command of segeval; {question}"
        homes = [f"[{name}]" for name, command in self.commands.items() if key in keys_of(command)]
        if homes:
            return f"{complaint}; write it under {' or '.join(homes)}"
        known = list(keys_of(self.command))
        question = suggestion(key, known) or f"choose one of {', '.join(known)}"
        return f"{complaint}; {question}"

    def _value(self, name: str, value: Any, key: Key, ctx: click.Context) -> Any:
        """Return a value as click takes it, after click has tried it once.

        Otherwise click would find out later, and call it a value of the command line.
        """
        form = form_of(key.param)
        if not form.takes(value):
            raise self.error(name, f"wanted {form.wanted}, came {value!r}")
        if is_several(key.param) and isinstance(value, str):
            # click would take a text for the list of its characters
            value = [value]
        if not key.on:
            # click knows a flag by one name: `no-plots = true` says that `plots` is False
            value = not value
        try:
            key.param.process_value(ctx, value)
        except click.BadParameter as error:
            raise self.error(name, error.message.rstrip(".")) from error
        return value


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of values in a file, and how errors call it."""

    wanted: str
    """Words for it in an error: "wanted a text, came 3"."""
    takes: Callable[[Any], bool]
    """Test of a value as TOML gives it."""


def form_of(param: click.Parameter) -> Form:
    """Return the kind of values that a parameter has in a file."""
    if isinstance(param, click.Option) and param.is_flag:
        return FLAG
    if is_several(param):
        return TEXTS
    # by `isinstance`, as ranges of numbers are subclasses of the types of numbers
    return next((form for kind, form in FORMS.items() if isinstance(param.type, kind)), TEXT)


def is_several(param: click.Parameter) -> bool:
    """Return whether a parameter holds several values."""
    return param.nargs == -1 or (isinstance(param, click.Option) and param.multiple)


def _is_text(value: Any) -> bool:
    """Return whether a value is a text; one with a zero, which no path may hold, is none."""
    return isinstance(value, str) and "\0" not in value


def _is_list_of(value: Any, test: Callable[[Any], bool]) -> bool:
    """Return whether a value is a list, not an empty one, of what passes the test."""
    return isinstance(value, list) and value != [] and all(map(test, value))


def _are_regions(value: Any) -> bool:
    """Return whether a value names regions: labels, words, or a table of names and labels."""
    if isinstance(value, dict):
        return all(is_whole(labels) or _is_list_of(labels, is_whole) for labels in value.values())
    return _is_word(value) or _is_list_of(value, _is_word)


def _is_word(value: Any) -> bool:
    """Return whether a value is a label or a text."""
    return is_whole(value) or _is_text(value)


FLAG = Form("true or false", is_flag)
"""Form of flags, which have no text beside them on the command line."""
TEXT = Form("a text", _is_text)
"""Form of options whose type is none of `FORMS`."""
TEXTS = Form(
    "a text or a list of texts", lambda value: _is_text(value) or _is_list_of(value, _is_text)
)
"""Form of options that may be repeated, and of arguments that take several values."""
FORMS: dict[type[Any], Form] = {
    click.types.IntParamType: Form("a whole number", is_whole),
    click.types.FloatParamType: Form("a number", is_number),
    Lengths: Form(
        "a list of lengths such as [0.8, 0.8, 2.5]",
        lambda value: _is_text(value) or _is_list_of(value, is_number),
    ),
    Labels: Form(
        "a text, a label, a list or a table such as {liver = 1, whole = [1, 2]}", _are_regions
    ),
}
"""The kinds of values by the types of options; others are texts."""
