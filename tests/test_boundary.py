"""Tests of how a boundary is written, and of what is said of one that there is not."""

from __future__ import annotations

import pytest

from segeval.errors import UsageError
from segeval.statistics.boundary import VOXEL, Boundary


@pytest.mark.parametrize(
    "text",
    [
        "voxel",
        "voxel:connectivity=3,image_edge=no",
        "surfel:sizes=equal",
        "voxel:connectivity=2",
        "solid",
    ],
)
def test_a_boundary_is_written_as_it_is_read(text):
    assert str(Boundary.parse(text)) == text


def test_a_boundary_stands_for_itself():
    assert Boundary.parse(VOXEL) is VOXEL


def test_spaces_capitals_and_defaults_make_no_difference():
    assert Boundary.parse(" voxel : image_edge = TRUE , connectivity=1") == VOXEL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (1, "a boundary is written as a text such as 'surfel', not 1"),
        ("edge", "unknown boundary rule 'edge'; choose one of voxel, "),
        ("voxel:connectivity=4", "connectivity of the boundary must be 1, 2 or 3, not '4'"),
        ("surfel:sizes=odd", "sizes of the boundary must be own or equal, not 'odd'"),
        (
            "surfel:connectivity=2",
            "boundary rule 'surfel' has no setting 'connectivity'; its settings: sizes",
        ),
        (
            "voxel:sizes=equal",
            "boundary rule 'voxel' has no setting 'sizes'; its settings: connectivity, image_edge",
        ),
        (
            "solid:image_edge=no",
            "boundary rule 'solid' has no setting 'image_edge'; its settings: none",
        ),
        (
            "voxel:width=3",
            "boundary 'voxel:width=3': 'width=3' is no setting; write voxel:connectivity=2, ",
        ),
        ("voxel:connectivity", "boundary 'voxel:connectivity': 'connectivity' is no setting"),
        (
            "voxel:image_edge=maybe",
            "boundary 'voxel:image_edge=maybe': image_edge is yes or no, not 'maybe'",
        ),
    ],
)
def test_what_is_no_boundary_is_refused_with_what_to_write(text, message):
    with pytest.raises(UsageError, match=f"^{message}"):
        Boundary.parse(text)


def test_a_setting_is_of_the_type_of_its_values():
    with pytest.raises(UsageError, match=r"must be 1, 2 or 3, not 2\.0"):
        Boundary("voxel", connectivity=2.0)
