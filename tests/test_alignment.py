"""Alignment: nibabel turns a volume, and what is turned back must be the volume again."""

from itertools import permutations, product

import nibabel as nib
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, inv_ornt_aff

from segeval.data.case import Case
from segeval.data.geometry import aligned
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.errors import GeometryMismatch

VOXELS = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
AFFINE = np.array([[-0.8, 0, 0, 90], [0, 0.9, 0, -120], [0, 0, 2.5, 30], [0, 0, 0, 1]])
TURNS = [
    np.column_stack([axes, signs])
    for axes in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]
OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = [[np.cos(0.3), -np.sin(0.3), 0], [np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]]


def mask(labels, affine, source="mask.nii.gz"):
    spacing = tuple(np.linalg.norm(affine[:3, : labels.ndim], axis=0).round(6).tolist())
    return LabelMap(labels, Grid(labels.shape, spacing, "mm", affine), source)


def turned(labels, affine, turn, source="turned.nii.gz"):
    """The same voxels in the same places, by nibabel, with the array axes in another order and
    direction.
    """
    return mask(apply_orientation(labels, turn), affine @ inv_ornt_aff(turn, labels.shape), source)


@pytest.mark.parametrize("affine", [AFFINE, OBLIQUE @ AFFINE], ids=["straight", "oblique"])
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: str(turn.astype(int).tolist()))
def test_every_turn_is_undone(turn, affine):
    gt = mask(VOXELS, affine)
    pred, note = aligned(turned(VOXELS, affine, turn), gt)
    assert np.array_equal(pred.labels, VOXELS)
    assert pred.grid.spacing == gt.grid.spacing == (0.8, 0.9, 2.5)
    assert np.array_equal(pred.grid.affine, affine)
    assert (note == "") == (turn.tolist() == [[0, 1], [1, 1], [2, 1]])
    assert Case("a", pred, gt).grid is gt.grid


def test_the_note_names_both_orientations_and_the_labels_are_a_view():
    came = turned(VOXELS, AFFINE, np.array([[1, -1], [0, 1], [2, -1]]))
    codes = "".join(nib.aff2axcodes(came.grid.affine))
    pred, note = aligned(came, mask(VOXELS, AFFINE))
    assert note == f"prediction turned onto the axes of the ground truth ({codes} -> LAS)"
    assert np.shares_memory(pred.labels, came.labels)


@pytest.mark.parametrize(
    "turn", [t for t in TURNS if tuple(t[2]) == (2, 1)], ids=lambda t: str(t.astype(int).tolist())
)
def test_every_turn_of_a_slice_is_undone(turn):
    gt = mask(VOXELS[..., 0], AFFINE)
    came = turned(VOXELS[..., :1], AFFINE, turn)
    flat = LabelMap(
        came.labels[..., 0],
        Grid(came.labels.shape[:2], came.grid.spacing[:2], "mm", came.grid.affine),
    )
    pred, _ = aligned(flat, gt)
    assert np.array_equal(pred.labels, VOXELS[..., 0])
    assert pred.grid.spacing == (0.8, 0.9)


def test_equal_grids_are_left_alone():
    pred, gt = mask(VOXELS, AFFINE), mask(VOXELS, AFFINE)
    assert aligned(pred, gt) == (pred, "")


@pytest.mark.parametrize("unplaced", ["pred", "gt"])
def test_masks_without_an_affine_are_taken_as_they_are(unplaced):
    sides = {"pred": turned(VOXELS, AFFINE, TURNS[7]), "gt": mask(VOXELS, AFFINE)}
    sides[unplaced] = LabelMap(VOXELS, Grid.unspaced(VOXELS.shape))
    assert aligned(**sides) == (sides["pred"], "")


def moved(by, affine=AFFINE):
    shift = np.eye(4)
    shift[:3, 3] = by
    return mask(VOXELS, shift @ affine, "moved.nii.gz")


def test_a_shift_beyond_a_tenth_of_a_voxel_is_an_error():
    message = (
        r"moved.nii.gz: a voxel lies 5 voxels from its place in mask.nii.gz, more than 0.1 \(first "
        r"voxel at "
        r"\(90, -120, 42.5\) mm, wanted \(90, -120, 30\)\); resample .* or pass --spacing"
    )
    with pytest.raises(GeometryMismatch, match=message):
        aligned(moved((0, 0, 12.5)), mask(VOXELS, AFFINE))


def test_the_tolerance_is_in_voxels():
    gt = mask(VOXELS, AFFINE)
    assert aligned(moved((0, 0, 0.09 * 2.5)), gt)[1] == ""
    with pytest.raises(GeometryMismatch, match=r"lies 0.11 voxels from its place"):
        aligned(moved((0, 0, 0.11 * 2.5)), gt)
    assert aligned(moved((0, 0, 0.11 * 2.5)), gt, tolerance=0.2)[1] == ""


def test_a_rotation_shows_at_the_far_corner():
    with pytest.raises(GeometryMismatch, match=r"a voxel lies .* voxels from its place"):
        aligned(mask(VOXELS, OBLIQUE @ AFFINE), mask(VOXELS, AFFINE))


def test_a_turned_prediction_must_still_lie_in_its_place():
    came = moved((0, 2.7, 0), AFFINE @ inv_ornt_aff(TURNS[1], VOXELS.shape))
    with pytest.raises(GeometryMismatch, match="a voxel lies 3 voxels from its place"):
        aligned(LabelMap(VOXELS[..., ::-1], came.grid), mask(VOXELS, AFFINE))


def test_shape_and_spacing_are_left_to_the_case():
    gt = mask(VOXELS, AFFINE)
    for pred, message in (
        (
            mask(VOXELS[:, :, :3], AFFINE),
            r"pred shape \(2, 3, 3\) differs from gt shape \(2, 3, 4\)",
        ),
        (
            mask(VOXELS, AFFINE @ np.diag([2, 1, 1, 1])),
            r"pred spacing \(1.6, 0.9, 2.5\) mm differs from gt spacing \(0.8",
        ),
    ):
        with pytest.raises(GeometryMismatch, match=message):
            Case("a", aligned(pred, gt)[0], gt)


def test_with_a_spacing_by_hand_only_directions_count():
    gt = mask(VOXELS, AFFINE)
    came = turned(VOXELS, AFFINE, TURNS[13])
    far = LabelMap(
        came.labels,
        Grid(came.grid.shape, (1, 2, 3), "mm", moved((50, 0, 0), came.grid.affine).grid.affine),
    )
    by_hand = LabelMap(gt.labels, Grid(gt.grid.shape, (1, 2, 3), "mm", gt.grid.affine))
    pred, note = aligned(far, by_hand, check_position=False)
    assert np.array_equal(pred.labels, VOXELS)
    assert pred.grid.spacing == (1, 2, 3)
    assert note.startswith("prediction turned")
