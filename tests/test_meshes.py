"""Files of meshes are cases too: their surfaces are compared, with each other or with that of a
mask.
"""

from __future__ import annotations

from math import pi

import nibabel as nib
import numpy as np
import pytest
import trimesh

import segeval
from segeval.errors import ReadError, UsageError
from segeval.measure.meshes import BY_AFFINE, BY_SPACING

OPTIONS = {"metrics": "hd,assd,nsd@1.5,nsd@2.5", "boundary": "mesh"}


def ball(path, radius, centre=(0, 0, 0)):
    mesh = trimesh.creation.icosphere(4, radius=radius)
    mesh.apply_translation(centre)
    mesh.export(path)
    return path


@pytest.fixture
def two(tmp_path):
    """Folders of predictions and ground truths, of one ball in another: 2 mm apart everywhere."""
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    ball(tmp_path / "pred/a.stl", 10)
    ball(tmp_path / "gt/a.ply", 12)
    return tmp_path / "pred", tmp_path / "gt"


def check(row):
    assert row[["hd", "assd"]].tolist() == pytest.approx([2, 2], rel=0.002)
    assert row[["nsd@1.5", "nsd@2.5"]].tolist() == [0, 1]


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj"])
def test_two_meshes(tmp_path, suffix):
    pair = ball(tmp_path / f"p{suffix}", 10), ball(tmp_path / f"g{suffix}", 12)
    table = segeval.score(*pair, **OPTIONS)
    assert table.region.tolist() == ["1"]
    check(table.iloc[0])


def test_folders_of_meshes(two, tmp_path):
    results = segeval.score_folder(*two, **OPTIONS, output=tmp_path / "out")
    check(results.cases.iloc[0])
    assert results.run["units"]["length"] == "mm"
    assert results.run["warnings"] == []


def test_a_mesh_against_a_mask(two, tmp_path):
    """The mask's affine leads to the mesh: flipped, of 0.5 mm voxels, and away from the origin."""
    affine = np.diag([-0.5, 0.5, 1, 1])
    affine[:3, 3] = 20, -10, -16
    index = np.indices((60, 60, 32)).reshape(3, -1)
    world = affine[:3, :3] @ index + affine[:3, 3:]
    inside = (np.linalg.norm(world - [[5], [5], [0]], axis=0) <= 8).reshape(60, 60, 32)
    nib.save(nib.Nifti1Image(3 * inside.astype(np.uint8), affine), tmp_path / "mask.nii.gz")
    mesh = ball(tmp_path / "p.stl", 8, (5, 5, 0))
    table = segeval.score(
        mesh, tmp_path / "mask.nii.gz", regions="liver=3", metrics="assd,hd", boundary="mesh"
    )
    assert table.region.tolist() == ["liver"]
    assert table.assd[0] < 0.3
    assert table.hd[0] < 0.9
    (two[0] / "a.stl").unlink()
    nib.save(nib.Nifti1Image(inside.astype(np.uint8), affine), two[0] / "a.nii.gz")
    cases = segeval.score_folder(*two, metrics="assd", boundary="mesh").cases
    assert cases.note.tolist() == [BY_AFFINE] == table.note.tolist()


@pytest.fixture
def box(tmp_path):
    """A function that writes a mask of 3 x 3 x 3 voxels, beside a mesh of the same box in mm."""
    (tmp_path / "box").mkdir()
    labels = np.zeros((8, 8, 8), np.uint8)
    labels[2:5, 2:5, 2:5] = 1
    mesh = trimesh.creation.box(bounds=[[1.5] * 3, [4.5] * 3])  # voxel 2 reaches from 1.5 to 2.5
    mesh.export(tmp_path / "box.stl")

    def write(kind):
        path = tmp_path / f"box{kind}"
        if kind == ".npy":
            np.save(path, labels)
        else:
            image = nib.Nifti1Image(labels, np.eye(4) if kind == ".nii" else None)
            nib.save(image, path)
        return tmp_path / "box.stl", path

    return write


@pytest.mark.parametrize(
    ("kind", "options", "note"),
    [
        (".nii", {}, BY_AFFINE),
        (".nii.gz", {}, BY_SPACING),  # without a coded qform or sform there is no affine
        (".npy", {"spacing": (1, 1, 1)}, BY_SPACING),
    ],
)
def test_the_note_of_a_mask_says_how_it_was_placed_through_both_doors(box, kind, options, note):
    mesh, mask = box(kind)
    options |= {"metrics": "hd", "boundary": "mesh"}
    for pair in ((mesh, mask), (mask, mesh)):
        table = segeval.score(*pair, **options)
        assert table.note.tolist() == [note]
        assert (
            table.hd[0] < 1
        )  # in its place; the triangles of the mesh are larger than the voxels'
        assert segeval.score_folder(*pair, **options).cases.note.tolist() == [note]


def test_the_whole_area_counts(tmp_path):
    """Assert that of a ball and the same ball with a far small one, as much is far as the small
    one's share of area.
    """
    small = trimesh.creation.icosphere(4, radius=3)
    small.apply_translation((50, 0, 0))
    both = trimesh.util.concatenate([trimesh.creation.icosphere(4, radius=9), small])
    both.export(tmp_path / "p.stl")
    table = segeval.score(
        tmp_path / "p.stl", ball(tmp_path / "g.stl", 9), metrics="overlap_pg@1", boundary="mesh"
    )
    assert table["overlap_pg@1"][0] == pytest.approx(4 * pi * 81 / (4 * pi * (81 + 9)), rel=1e-3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"metrics": "hd,dice", "boundary": "mesh"},
            "has a surface and no voxels, which dice is about unless",
        ),
        (
            {"metrics": "hd"},
            "which hd is about unless it is a distance under the rule mesh or smooth; ask",
        ),
        (
            {"metrics": "hd", "boundary": "mesh", "regions": "1,2"},
            "the surface of one region, but 2 are to be scored",
        ),
    ],
)
def test_what_cannot_be_measured_of_meshes_is_an_error(two, options, told):
    with pytest.raises(UsageError, match=told):
        segeval.score(two[0] / "a.stl", two[1] / "a.ply", **options)
    assert told in segeval.score_folder(*two, **options).cases.note[0]


def test_a_mask_without_the_region_is_empty(two, tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4)), tmp_path / "empty.nii")
    table = segeval.score(tmp_path / "empty.nii", two[1] / "a.ply", **OPTIONS)
    assert table[["hd", "assd", "nsd@1.5"]].values.tolist() == [[np.inf, np.inf, 0]]
    assert table.note[0] == "region not in the prediction"


@pytest.mark.parametrize(("option", "value"), [("ignore_label", 1), ("include_background", True)])
def test_options_about_voxels_are_not_for_meshes(two, option, value):
    with pytest.raises(
        UsageError, match=f"{option} is about voxels, and a mesh has none; leave it out"
    ):
        segeval.score(two[0] / "a.stl", two[1] / "a.ply", **OPTIONS, **{option: value})


def test_a_mesh_without_a_prediction_is_not_scored_as_empty(two):
    ball(two[1] / "b.stl", 5)
    cases = segeval.score_folder(*two, **OPTIONS, missing="empty").cases.set_index("case")
    assert "cannot be scored as empty; pass --missing skip" in cases.note["b"]


def test_the_affine_says_how_large_voxels_are(two, tmp_path):
    nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), tmp_path / "mask.nii")
    with pytest.raises(
        UsageError, match=r"its affine places its voxels beside the mesh; leave --spacing out"
    ):
        segeval.score(two[0] / "a.stl", tmp_path / "mask.nii", **OPTIONS, spacing=(2, 2, 2))


def test_a_mask_of_several_labels_needs_a_region(two, tmp_path):
    labels = np.zeros((8, 8, 8), np.uint8)
    labels[2:6, 2:6, 2:4], labels[2:6, 2:6, 4:6] = 1, 2
    nib.save(nib.Nifti1Image(labels, np.eye(4)), tmp_path / "two.nii")
    pair = two[0] / "a.stl", tmp_path / "two.nii"
    with pytest.raises(
        UsageError, match=r"two.nii: holds 2 labels \(1, 2, …\) and a mesh is one region; name it"
    ):
        segeval.score(*pair, **OPTIONS)
    single, union = (
        segeval.score(*pair, **OPTIONS, **o).assd[0] for o in ({"regions": 1}, {"binary": True})
    )
    assert union == segeval.score(*pair, **OPTIONS, regions="all_of=1+2").assd[0] != single


def test_what_a_mesh_cannot_be_compared_with(two, tmp_path):
    np.save(tmp_path / "mask.npy", np.ones((3, 3, 3), np.uint8))
    with pytest.raises(
        UsageError, match=r"mask.npy: counts in pixels and a mesh in mm; pass --spacing"
    ):
        segeval.score(two[0] / "a.stl", tmp_path / "mask.npy", **OPTIONS)
    assert (
        segeval.score(two[0] / "a.stl", tmp_path / "mask.npy", spacing=(1, 1, 1), **OPTIONS).hd[0]
        > 5
    )
    with pytest.raises(UsageError, match="gt: counts in pixels and a mesh in mm; pass --spacing"):
        segeval.score(two[0] / "a.stl", np.ones((3, 3, 3)), **OPTIONS)
    from_file, from_array = (
        segeval.score(two[0] / "a.stl", mask, spacing=(1, 1, 1), **OPTIONS).hd[0]
        for mask in (tmp_path / "mask.npy", np.ones((3, 3, 3)))
    )
    assert from_array == from_file


def test_a_mesh_is_no_mask(two):
    with pytest.raises(
        ReadError,
        match=r"a.stl: wanted a mask, but this is a mesh; score it .* with --boundary mesh",
    ):
        segeval.io.read_labels(two[0] / "a.stl")


def test_a_damaged_mesh_fails_alone(two):
    for side in two:
        (side / "b.stl").write_bytes(b"solid nothing")
    cases = segeval.score_folder(*two, **OPTIONS).cases
    check(cases.iloc[0])
    assert cases.note[1].startswith("failed: ")
    assert "b.stl" in cases.note[1]


def test_the_volume_of_a_mask_without_the_region_is_known_and_that_of_a_mesh_is_not(two):
    nib.save(nib.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4)), two[0] / "a.nii")
    (two[0] / "a.stl").unlink()
    details = segeval.score_folder(*two, **OPTIONS).details
    assert details.volume_p.tolist() == [[0]]
    assert np.isnan(details.volume_g).all()
