"""What the values of options look like on the command line; whether they make sense together is for segeval to say."""

from __future__ import annotations

from collections.abc import Sequence

import click


class Spacing(click.ParamType):
    """Lengths separated by commas, one for each array axis."""

    name = "spacing"

    def convert(
        self, value: str | tuple[float, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """The numbers of a text such as `0.8,0.8,2.5`."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(piece) for piece in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of lengths; write one for each array axis, such as 0.8,0.8,2.5", param, ctx)


class Words(click.ParamType):
    """Words of a fixed list, separated by commas."""

    name = "words"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The words of a text such as `csv,json`."""
        given = value if isinstance(value, tuple) else tuple(word.strip() for word in value.split(","))
        for word in given:
            if word not in self.words:
                self.fail(f"{word!r} is not one of {', '.join(self.words)}", param, ctx)
        return given

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The words, as help shows them."""
        return ",".join(self.words)


def joined(_: click.Context, __: click.Parameter, values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """All words of an option that is given several times."""
    return tuple(dict.fromkeys(word for words in values for word in words))
