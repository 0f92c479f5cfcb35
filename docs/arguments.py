"""The arguments in the docstrings of segeval/api.py, from the cards of the options."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from segeval import api
from segeval.run.options import Option, options_of

WIDTH = 100


def api_module(path: Path) -> str:
    """Return the text of segeval/api.py with the arguments in its docstrings listed anew.

    The list stands between the headings `Args:` and `Raises:`.
    """
    text = path.read_text(encoding="utf-8")
    for function in (api.score, api.score_folder):
        section = re.compile(rf"(?<=\n)def {function.__name__}\(.*?\n    Args:\n", re.DOTALL)
        start = section.search(text).end()
        end = text.index("\n    Raises:", start)
        text = text[:start] + "\n".join(arguments(function)) + "\n" + text[end:]
    return text


def arguments(function: Callable[..., Any]) -> Iterator[str]:
    """Yield the lines that say what the parameters of `score` or `score_folder` are."""
    cards = options_of(function.__name__)
    for name in inspect.signature(function).parameters:
        yield textwrap.fill(
            f"{name}: {described(cards[name])}",
            WIDTH,
            initial_indent=" " * 8,
            subsequent_indent=" " * 12,
            break_long_words=False,
            break_on_hyphens=False,
        )


def described(option: Option) -> str:
    """Return what an option does in Python, with its choices and what it is unless it is given."""
    sentences = [option.in_python or option.sentence]
    if option.choices:
        sentences.append(f"One of {', '.join(option.choices)}.")
    if option.unless_given:
        sentences.append(f"Default: {option.unless_given}.")
    return " ".join(sentences)
