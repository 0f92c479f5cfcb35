"""The settings in the state of a metric object: what its masks were, and how they were measured.

They tell whether states that were brought together, by processes, `merge_state` or a checkpoint,
belong together. Processes reduce a state with an operation on tensors, and of those the maximum is
the one that leaves equal settings as they are. Alone it would hide a difference: of the digests 3
and 5 it keeps 5, which is one of them. So each number is kept a second time, negated: its maximum
is the smallest, and the two agree only where all states did.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from segeval.errors import UsageError

from .form import Kind
from .reading import Reading, Spacing

KINDS: tuple[Kind, ...] = get_args(Kind)


def digest_of(reading: Reading, spacing: Spacing) -> bytes:
    """Return four bytes that tell options apart: states of other ones must not be merged."""
    return zlib.crc32(repr((reading, spacing)).encode()).to_bytes(4, "big")


def unmeasured(digest: bytes) -> Tensor:
    """Return the settings before the first batch: [kind, *digest] and the same negated, (2, 5).

    No kind is yet known, which is −1 in the first row and less than any other in the second, so
    that a process without a batch does not decide.
    """
    return torch.tensor([[-1, *digest], [-len(KINDS), *(-byte for byte in digest)]])


def with_kind(settings: Tensor, kind: Kind) -> Tensor:
    """Return the settings after a batch of this kind of masks, without waiting for a device."""
    # Anew, not in place: what inference mode has reset could not be written to outside of it.
    settings, code = settings.clone(), KINDS.index(kind)
    settings[0, 0].clamp_(min=code)
    settings[1, 0].clamp_(min=-code)
    return settings


def agreed_kind(settings: Sequence[Sequence[int]], digest: bytes) -> Kind:
    """Return the kind of masks that the whole state is of.

    Raises `UsageError` for states that do not belong together, or not to an object with this
    digest.

    >>> settings = with_kind(unmeasured(bytes(4)), "binary")
    >>> agreed_kind(settings.tolist(), bytes(4))
    'binary'
    """
    # Reduced by the maximum, the first row has the highest number of all states, the second row the
    # lowest one negated.
    (highest, *digest_highest), (lowest_negated, *digest_lowest_negated) = settings
    lowest = -lowest_negated
    if highest < 0:
        return KINDS[0]  # nothing was measured
    if highest != lowest:
        raise UsageError(
            f"the batches since the last reset hold {KINDS[lowest]} and {KINDS[highest]} masks; "
            "use an object for each"
        )
    digest_lowest = [-byte for byte in digest_lowest_negated]
    if digest_highest != digest_lowest or digest_highest != list(digest):
        raise UsageError(
            "objects with different options (num_classes, ignore_index, threshold, spacing, …) "
            "measured what was merged or loaded; make all of them with the same"
        )
    return KINDS[highest]
