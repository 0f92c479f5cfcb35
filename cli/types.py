"""What the values of options look like on the command line; what they mean is for segeval to say."""

from __future__ import annotations

from collections.abc import Callable

import click


def spacing(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[float, ...] | None:
    """The lengths of a text such as `0.8,0.8,2.5`."""
    if value is None:
        return None
    try:
        return tuple(float(length) for length in value.split(","))
    except ValueError:
        message = f"{value!r} is not a list of lengths; write one for each array axis, such as 0.8,0.8,2.5"
        raise click.BadParameter(message, ctx, param) from None


def words(
    *known: str,
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]:
    """A reader of options that may be repeated and may hold several of the known words, separated
    by commas.
    """

    def read(
        ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
    ) -> tuple[str, ...]:
        given = tuple(dict.fromkeys(word.strip() for value in values for word in value.split(",")))
        for word in given:
            if word not in known:
                raise click.BadParameter(f"{word!r} is not one of {', '.join(known)}", ctx, param)
        return given

    return read
