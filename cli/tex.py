"""Formulas for the terminal: the TeX of metric cards as a line of plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_TOKEN = re.compile(r"\\[a-zA-Z]+ ?|\\.|.")
"""Pattern of tokens: a command with the blank behind it, an escaped character, or any other one."""
_SYMBOLS = {
    "alpha": "α", "beta": "β", "tau": "τ", "sum": "\0Σ", "int": "\0∫", "cdot": "·",
    "cup": " ∪ ", "cap": " ∩ ", "le": " ≤ ", "in": "∈", "mid": " | ", "top": "ᵀ", "|": "‖",
    ",": " ", " ": " ", "left": "", "right": "", "mathrm": "",
}  # fmt: skip
"""Commands that take no group, and the text for each; \\0 marks that a factor begins."""
_SIGNS = {"+": " + ", "-": " − ", "=": " = ", ",": ", "}
"""Signs with the blanks that they are written with."""
_BUILDERS: dict[str, tuple[int, Callable[..., str]]] = {
    "frac": (2, lambda top, bottom: _quotient(top, bottom)),
    "binom": (2, "C({}, {})".format),
    "tbinom": (2, "C({}, {})".format),
    "sqrt": (1, "√({})".format),
    "overline": (1, "mean({})".format),
    "bar": (1, "{}\N{COMBINING MACRON}".format),
}
"""Commands that take groups: how many, and what is written for them."""
_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
"""Characters that Unicode has as superscripts."""
_JOINT = re.compile(r"(?<=[\w)])\0+(?=[^\W_⁰¹²³⁴-⁹]|[(√Σ∫])")
"""Places where two factors meet (\\0) that would read as one."""


def plain(tex: str) -> str:
    """Return the formula as text; a command that is not known here is written as its name.

    >>> plain(r"\\frac{2\\,TP}{2\\,TP+FP+FN}")
    '2 TP / (2 TP + FP + FN)'
    """
    return _until_end(iter(_TOKEN.findall(tex)))


def _until_end(tokens: Iterator[str]) -> str:
    """Return the text up to the end of the group, or of the formula."""
    text = ""
    for token in tokens:
        if token == "}":
            break
        if token == "-" and not text:
            text = "−"
        else:
            text += _SIGNS.get(token) or _piece(token, tokens)
    # a mark becomes a blank where two factors would run together, and nothing elsewhere
    text = _JOINT.sub(" ", text).replace("\0", "")
    return re.sub(r"(?<=\() | (?=[),])", "", " ".join(text.split()))


def _piece(token: str, tokens: Iterator[str]) -> str:
    """Return the text of one token, and of the groups that it takes."""
    if token == "{":
        return _until_end(tokens)
    if token in "^_":
        return _script(token, _group(tokens)) + "\0"
    if not token.startswith("\\"):
        return token
    command = token[1:].rstrip() or " "
    if command in _BUILDERS:
        groups, write = _BUILDERS[command]
        return f"\0{write(*(_group(tokens) for _ in range(groups)))}\0"
    return _SYMBOLS.get(command, f"\0{command}")


def _group(tokens: Iterator[str]) -> str:
    """Return the next piece as text: a token, or all that stands in braces."""
    return _piece(next((token for token in tokens if token != " "), ""), tokens).strip("\0")


def _script(mark: str, text: str) -> str:
    """Return an index or an exponent; letters that stand raised in Unicode need no mark.

    >>> _script("^", "2"), _script("_", "P"), _script("_", "P,G")
    ('²', '_P', '_{P,G}')
    """
    if mark == "_":
        return f"_{text}" if text.isalnum() else f"_{{{text}}}"
    raised = text.translate(_RAISED)
    return raised if raised != text or text == "ᵀ" else f"^{text}"


def _quotient(top: str, bottom: str) -> str:
    """Return a fraction in one line, with parentheses where they are needed.

    Below the line a product needs them as well: a / b c would read as (a / b) c.

    >>> _quotient("a", "2"), _quotient("a + b", "c d")
    ('a/2', '(a + b) / (c d)')
    """
    if len(top) == len(bottom) == 1:
        return f"{top}/{bottom}"
    return f"{_enclosed(top, '+−/∪∩')} / {_enclosed(bottom, '+−/∪∩ ')}"


def _enclosed(text: str, loose: str) -> str:
    """Return the text, in parentheses if a `loose` sign stands outside of those that it has.

    >>> _enclosed("a + b", "+"), _enclosed("(a + b)", "+")
    ('(a + b)', '(a + b)')
    """
    outside, inner = text, re.compile(r"\([^()]*\)|\|[^|]*\|")
    # from the innermost parentheses outwards, as the pattern knows no nesting
    while inner.search(outside):
        outside = inner.sub("", outside)
    return f"({text})" if set(loose).intersection(outside.strip()) else text
