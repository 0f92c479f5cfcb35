"""The surface net of a mask, relaxed.

It is the smoothest surface that keeps to the voxels, with its creases left sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Flags, Floats
from segeval.kernels.words import greatest, helper, kernel, least

from .net import Net

Links = NDArray[np.int32]

_PASSES = 60
"""Steps of relaxation, for equal spacings. More pull in balls and tubes of a few voxels, fewer
leave waves on large ones.
"""

_MOST = 20
"""The ratio of the largest spacing to the smallest from which on passes grow no more in number."""

_HOLD = 0.01
"""Pull of each node to its corner, against a bending energy of 1: keeps small balls from shrinking,
terraces stay free.
"""

_RUN = 3
"""Voxels from a crease to the end of the flat face on either side, at least: a disc shows two such
faces at a right angle only if its radius is below 3.5 voxels.
"""

_FAR = 32
"""Voxels after which the end of a face is not looked for: more would not make it flatter."""

_TURN = np.cos(np.deg2rad(50))
"""Cosine of what the surface turns by at a crease, at least, if both faces are as steep as their
voxels allow.
"""


def relaxed(net: Net, spacing: Sequence[float]) -> Net:
    """Return the net of least bending energy whose nodes stay in their cells.

    A cell reaches half a voxel to each side of its corner. The energy is the squared distance of
    each node from the mean of its neighbours, times their number: a thin plate, after the
    constrained nets of Gibson (1998) and the umbrella operator of Kobbelt et al. (1998). It does
    not count at creases, so that boxes along the grid keep their faces and corners where the
    voxels' are. What is one voxel thick has room to shrink: a sheet to half its thickness, a line
    to almost nothing, but never to nothing.

    >>> from segeval.measure.crops import Crop
    >>> y, x = np.ogrid[-9:10, -9:10]
    >>> disc = Net.of(Crop(y**2 + x**2 <= 64, (-9, -9)), (1.0, 1.0))
    >>> smooth = relaxed(disc, (1.0, 1.0))
    >>> [float(abs(np.hypot(*net.node.T) - 8).max().round(1)) for net in (disc, smooth)]
    [0.6, 0.1]
    """
    step, axes = np.zeros(3), len(spacing)
    step[:axes] = spacing
    # 2-D is a net in 3-D without links along the third axis
    centre = np.pad(net.node, ((0, 0), (0, 3 - axes)))
    link = np.empty((len(net.cell), 6), np.int32)
    _write_links(net.cell, net.face, link)
    sharp, row, free = np.zeros((3, len(link)), np.bool_)
    _mark_creases(link, step, _RUN if axes == 3 else 1, sharp, row, free)
    linked = link != np.arange(len(link))[:, None]
    # without a link along some axis, the net is flat around a node: nothing holds it to its corner
    flat = ~(linked[:, 0 : 2 * axes : 2] | linked[:, 1 : 2 * axes : 2]).all(axis=1)
    # a terrace between two slices is as many nodes longer as the slices are further apart
    ratio = min(step.max() / min(spacing), _MOST)
    hold = np.where(flat | free, 0, _HOLD / ratio**2)
    plate = _Plate(link, free, hold, 1 / linked.sum(1), centre, step / 2)
    motion = _Motion(centre.copy(), centre.copy(), np.zeros_like(centre))
    _relax(plate, round(_PASSES * ratio), motion)
    return net._replace(node=np.ascontiguousarray(motion.node[:, :axes]))


class _Plate(NamedTuple):
    """The thin plate that a net is: N nodes, what links, holds and bounds them."""

    link: Links  # (N, 6): neighbours down and up each axis, the node itself where none is
    free: Flags  # (N,): on a crease, where bending costs nothing
    hold: Floats  # (N,): how strongly each is held to its centre
    share: Floats  # (N,): one over the number of neighbours
    centre: Floats  # (N, 3): of the cells that nodes stay in
    half: Floats  # (3,): of the edges of a cell


class _Motion(NamedTuple):
    """Places of nodes, where they are headed, and how much the plate bends there: (N, 3) each.

    They are headed for Nesterov's point of extrapolation. `ahead` begins as the nodes, `bend` as 0.
    """

    node: Floats
    ahead: Floats
    bend: Floats


@kernel
def _write_links(cell: Any, face: Any, link: Links) -> None:
    """Write the neighbours of each node: down and up each axis along the edges of the faces.

    A node without a neighbour there is linked to itself.
    """
    # each edge is met once for each face that it bounds, which writes the same again
    for i in range(cell.shape[0]):
        link[i] = i
    corners = face.shape[1]
    for f in range(face.shape[0]):
        for corner in range(corners):
            i, j = face[f, corner], face[f, corner - 1]
            for axis in range(cell.shape[1]):
                if cell[j, axis] < cell[i, axis]:
                    link[i, 2 * axis], link[j, 2 * axis + 1] = j, i
                elif cell[j, axis] > cell[i, axis]:
                    link[i, 2 * axis + 1], link[j, 2 * axis] = j, i


@kernel
def _mark_creases(
    link: Links, step: Floats, lasting: int, sharp: Flags, row: Flags, free: Flags
) -> None:
    """Mark the nodes on creases as `free`.

    They are rows of so many sharp edges or more, and the corners and joints between.
    """
    # first what could be part of a crease, then what is long enough to be one, then its ends
    nodes = link.shape[0]
    for i in range(nodes):
        sharp[i] = _sharp(link, step, i)
    for i in range(nodes):
        if sharp[i]:
            along = _edge(link, i)[0]
            length = 1 + _length(link, sharp, i, 2 * along) + _length(link, sharp, i, 2 * along + 1)
            row[i] = free[i] = length >= lasting
    for i in range(nodes):
        # two rows that lead to a node along their own axes make it their corner or their joint
        ends = 0
        for side in range(6):
            j = link[i, side]
            ends += j != i and row[j] and _edge(link, j)[0] == side // 2
        free[i] |= ends >= 2


@helper
def _sharp(link: Links, step: Floats, i: int) -> bool:
    """Return whether node i lies on a straight edge between two flat faces.

    No smooth surface would show such an edge.
    """
    along, first, second = _edge(link, i)
    if along < 0:
        return False
    p, q = first // 2, second // 2
    over, down = _run(link, i, second, p), _run(link, i, first, q)
    if min(over, down) < _RUN:
        return False
    # the steepest that a surface can be whose voxels show so long a face: one voxel up or down from
    # end to end
    dot = over * step[q] ** 2 + down * step[p] ** 2
    return bool(
        dot <= _TURN * np.hypot(over * step[q], step[p]) * np.hypot(step[q], down * step[p])
    )


@helper
def _edge(link: Links, i: int) -> Any:
    """Return the axis of the straight edge that node i lies on, and its only links across the edge.

    The axis is -1 if the node lies on none.
    """
    # across an edge, each axis has one link, down one face; along it, both or none; any other node
    # lies on no straight edge
    along = first = second = -1
    for axis in range(3):
        low, high = link[i, 2 * axis] != i, link[i, 2 * axis + 1] != i
        if low == high:  # linked to both sides, or to none
            if along >= 0:
                return -1, first, second
            along = axis
        elif first < 0:
            first = 2 * axis + int(high)
        else:
            second = 2 * axis + int(high)
    return along, first, second


@helper
def _run(link: Links, i: int, side: int, across: int) -> int:
    """Return how many voxels lie from node i towards a side to the end of a flat face.

    The face is flat across the axis `across`.
    """
    run, j = 1, link[i, side]
    while run < _FAR and link[j, 2 * across] == j and link[j, 2 * across + 1] == j:
        run += 1
        j = link[j, side]
    return run


@helper
def _length(link: Links, sharp: Flags, i: int, side: int) -> int:
    """Return how many nodes in a row behind node i are sharp, two at most."""
    first = link[i, side]
    if first == i or not sharp[first]:
        return 0
    second = link[first, side]
    return 1 + int(second != first and sharp[second])


@kernel
def _relax(plate: _Plate, passes: int, motion: _Motion) -> None:
    """Move the nodes in so many accelerated steps down the energy.

    Each step ends within the cells. Over the number of neighbours, the energy's second derivative
    has no eigenvalue above 4 and the hold: that is the length of a step.
    """
    link, free, hold, share, centre, half = plate
    node, ahead, bend = motion
    for k in range(passes):
        # The energy is the sum of squares of `bend`, so that its slope is the bending of the
        # bending: two passes over the nodes, the second of which moves them. Both read what the
        # other wrote, never what they write, so that the order of nodes does not matter.
        for i in range(link.shape[0]):
            if not free[i]:
                pull = _pull(link, ahead, i)
                for axis in range(3):
                    bend[i, axis] = pull[axis] * share[i]
        momentum = k / (k + 3)  # Nesterov (1983), with the weights of Su, Boyd and Candès (2016)
        for i in range(link.shape[0]):
            pull = _pull(link, bend, i)
            for axis in range(3):
                slope = pull[axis] * share[i] + hold[i] * (ahead[i, axis] - centre[i, axis])
                moved = ahead[i, axis] - slope / (4 + hold[i])
                low, high = centre[i, axis] - half[axis], centre[i, axis] + half[axis]
                # back into the cell; what `ahead` extrapolates from there may lie outside
                moved = greatest(least(moved, high), low)
                ahead[i, axis] = moved + momentum * (moved - node[i, axis])
                node[i, axis] = moved


@helper
def _pull(link: Links, field: Floats, i: int) -> Any:
    """Return the sums of the differences between a node and its neighbours, for each axis.

    Where there is no neighbour, the link to itself adds nothing.
    """
    a, b, c, d, e, f = link[i, 0], link[i, 1], link[i, 2], link[i, 3], link[i, 4], link[i, 5]

    def along(axis: int) -> Any:
        # summed by sides, so that a mirrored net gives the same to the last bit
        low = field[a, axis] + field[c, axis] + field[e, axis]
        high = field[b, axis] + field[d, axis] + field[f, axis]
        return low + high - 6 * field[i, axis]

    return along(0), along(1), along(2)
