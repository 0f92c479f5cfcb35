"""Kinds of values that users give, told apart where Python itself would take one for another."""

from __future__ import annotations

from numbers import Integral, Real


def is_flag(value: object) -> bool:
    """Return whether a value is True or False, of Python or NumPy.

    >>> is_flag(False), is_flag(0)
    (True, False)
    """
    # by name, as NumPy, which takes long to import, calls its own `bool`, and `bool_` before 2.0
    return type(value).__name__ in ("bool", "bool_")


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, of Python or NumPy; True, an int, is none.

    >>> is_whole(3), is_whole(True), is_whole(3.0)
    (True, False, False)
    """
    return isinstance(value, Integral) and not is_flag(value)


def is_number(value: object) -> bool:
    """Return whether a value is a real number that fits a float, of Python or NumPy; True is none.

    >>> is_number(0.5), is_number(True), is_number(10**400)
    (True, False, False)
    """
    if isinstance(value, Integral):  # Python's whole numbers are endless
        return not is_flag(value) and abs(int(value)) < 2**1023
    return isinstance(value, Real)


def is_text(value: object) -> bool:
    """Return whether a value is a text."""
    return isinstance(value, str)
