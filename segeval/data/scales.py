"""The two scales on which programs store binary masks: the foreground is 1, or 255 as in images.

Only where nobody says which labels are regions do these numbers raise a question: the 255 of one
mask may be the 1 of another.
"""

from __future__ import annotations

from collections.abc import Collection

BRIGHTEST = 255
"""The foreground of a mask that was saved as an image of 8 bits."""
FOREGROUNDS = frozenset({1, BRIGHTEST})
"""The labels that mean foreground on either scale."""


def differ_in_scale(labels_p: Collection[int], labels_g: Collection[int]) -> bool:
    """Return whether one of two masks holds only {0, 1} and the other only {0, 255}.

    Both have foreground: an empty mask is on either scale.

    >>> differ_in_scale({0, 255}, {0, 1}), differ_in_scale({0, 255}, {0})
    (True, False)
    """
    foreground_p = set(labels_p) - {0}
    foreground_g = set(labels_g) - {0}
    alone = len(foreground_p) == len(foreground_g) == 1
    return alone and foreground_p | foreground_g == FOREGROUNDS


def hold_255_for_1(labels: Collection[int]) -> bool:
    """Return whether the labels of a case are those of binary masks of which one is an image.

    255 alone may be a label like any other.

    >>> hold_255_for_1({0, 255}), hold_255_for_1({255}), hold_255_for_1({0, 7, 255})
    (True, False, False)
    """
    occurring = set(labels)
    binary = occurring <= FOREGROUNDS | {0}
    return binary and BRIGHTEST in occurring and len(occurring) > 1
