"""Types of options: their values as words of the command line and as values of a TOML file.

Only the form is read here; what a value means is for segeval to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


class Lengths(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """Lengths by array axis: a text such as `0.8,0.8,2.5`, or a list of numbers."""

    name = "lengths"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return the lengths; click tells where the value came from if they are none."""
        parts = value
        if isinstance(value, str):
            parts = value.split(",")
        try:
            return tuple(float(length) for length in parts)
        except ValueError:
            self.fail(
                f"{value!r} is not a list of lengths; write one for each array axis, such as "
                f"0.8,0.8,2.5",
                param,
                ctx,
            )


class Labels(click.types.UnprocessedParamType):
    """Regions: a text such as `liver=1,tumour=2`; in a file also a list or a table of labels.

    Values stay as they are: `segeval.score_folder` takes all of these.
    """


def words(
    *known: str,
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]:
    """Return a callback for options that may be repeated and may list words, with commas between.

    It gives every word once, in the order of the first time, and refuses words that are not known:
    `--format csv,json --format csv` is `("csv", "json")`.
    """

    def read(
        ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
    ) -> tuple[str, ...]:
        # a dict keeps the order in which words came first, and each once
        listed = tuple(dict.fromkeys(word.strip() for value in values for word in value.split(",")))
        for word in listed:
            if word not in known:
                raise click.BadParameter(f"{word!r} is not one of {', '.join(known)}", ctx, param)
        return listed

    return read
