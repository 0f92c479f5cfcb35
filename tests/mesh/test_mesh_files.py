"""Meshes from files: what is read, what is refused and why, and what the distances between spheres
are.
"""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data.mesh import Mesh
from segeval.errors import ReadError, UsageError
from segeval.io import read
from segeval.kernels.workspace import Workspace
from segeval.measure.mesh.surfaces import distances_between
from segeval.statistics.boundary import Boundary

TETRAHEDRON = """\
v 0 0 0
v 3 0 0
v 0 3 0
v 0 0 3
f 1 3 2
f 1 2 4
f 1 4 3
f 2 3 4
"""


def sphere(radius, path):
    import trimesh

    trimesh.creation.icosphere(subdivisions=4, radius=radius).export(path)
    return read(path)


@pytest.mark.parametrize("suffix", [".stl", ".ply", ".obj", ".STL"])
def test_a_sphere_is_read_from_every_format(tmp_path, suffix):
    mesh = sphere(5, tmp_path / f"sphere{suffix}")
    assert mesh.triangles.shape == (20 * 4**4, 3)
    assert mesh.vertices.shape == (10 * 4**4 + 2, 3)  # each once, also from STL, which repeats them
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(5, rel=1e-6)


@pytest.mark.parametrize("rule", ["mesh", "smooth"])
def test_concentric_spheres_are_as_far_apart_as_their_radii(tmp_path, rule):
    small, large = sphere(5, tmp_path / "small.stl"), sphere(7, tmp_path / "large.ply")
    found = distances_between(small, large, boundary=Boundary(rule), workspace=Workspace())
    assert found.pg.mean() == pytest.approx(2, abs=0.01)
    assert found.gp.quantile(1) == pytest.approx(2, abs=0.02)
    assert found.pg.total() == pytest.approx(4 * np.pi * 5**2, rel=0.01)
    assert found.gp.total() == pytest.approx(4 * np.pi * 7**2, rel=0.01)


def test_a_unit_is_turned_into_millimetres(tmp_path):
    (tmp_path / "t.obj").write_text(TETRAHEDRON)
    assert read(tmp_path / "t.obj").vertices.max() == 3
    assert read(tmp_path / "t.obj", unit="cm").vertices.max() == 30
    assert read(str(tmp_path / "t.obj"), unit="m").vertices.max() == 3000


def test_quads_become_triangles(tmp_path):
    (tmp_path / "quad.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n")
    mesh = read(tmp_path / "quad.obj")
    assert mesh.triangles.shape == (2, 3)
    found = distances_between(mesh, mesh, boundary=Boundary("mesh"), workspace=Workspace())
    assert found.pg.total().tolist() == [1]


def test_an_unknown_unit_is_refused(tmp_path):
    (tmp_path / "t.obj").write_text(TETRAHEDRON)
    with pytest.raises(
        UsageError, match=r"t\.obj: the unit of a mesh is one of um, mm, cm, m, not 'inch'"
    ):
        read(tmp_path / "t.obj", unit="inch")


def test_another_format_is_refused(tmp_path):
    with pytest.raises(
        ReadError,
        match=r"t\.vtk: .* files of the kind '\.vtk' are not read; .* \.obj, \.ply, .*\.stl",
    ):
        read(tmp_path / "t.vtk")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        ReadError,
        match=r"gone\.stl: wanted a \.stl mesh, but there is no such file; check the path",
    ):
        read(tmp_path / "gone.stl")


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("points.obj", "v 0 0 0\nv 1 1 1\n", 2),
        ("line.obj", "v 0 0 0\nv 1 1 1\nl 1 2\n", 2),
        ("nothing.stl", "solid nothing\nendsolid nothing\n", 0),
        ("twice.obj", "v 0 0 0\nv 1 0 0\nv 1 0 0\nf 1 2 3\n", 3),
    ],
)
def test_a_file_without_triangles_is_refused(tmp_path, name, content, count):
    (tmp_path / name).write_text(content)
    with pytest.raises(
        ReadError, match=rf"{name}: holds no triangles, only {count} vertices.*with its faces"
    ):
        read(tmp_path / name)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.stl").touch()
    with pytest.raises(
        ReadError, match=r"empty\.stl: wanted a \.stl mesh, but the file is empty \(0 bytes\)"
    ):
        read(tmp_path / "empty.stl")


def test_coordinates_that_are_no_numbers_are_refused(tmp_path):
    (tmp_path / "nan.obj").write_text(TETRAHEDRON.replace("v 3 0 0", "v nan 0 0"))
    with pytest.raises(ReadError, match=r"nan\.obj: has coordinates that are infinite or NaN"):
        read(tmp_path / "nan.obj")


@pytest.mark.filterwarnings("error")
def test_a_signalling_nan_is_an_error_and_no_warning(tmp_path):
    path = tmp_path / "nan.stl"
    sphere(5, path)
    content = bytearray(path.read_bytes())
    content[96:100] = (0x7FA00000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"nan\.stl: has coordinates that are infinite or NaN"):
        read(path)


@pytest.mark.parametrize("coordinate", ["1e308", "-1e31"])
def test_coordinates_that_no_distance_can_be_computed_with_are_refused(tmp_path, coordinate):
    path = tmp_path / "far.obj"
    path.write_text(TETRAHEDRON.replace("v 3 0 0", f"v {coordinate} 0 0"))
    with pytest.raises(ReadError, match=r"far\.obj: wanted a mesh .* within 1e\+30 mm, but coord"):
        read(path)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "cut.ply").write_text("ply\nformat ascii 1.0\nelement vertex")
    with pytest.raises(ReadError, match=r"cut\.ply: cannot be read as a mesh .*export it again"):
        read(tmp_path / "cut.ply")


PLY = (
    "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
    "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    "0 0 0\n3 0 0\n0 3 0\n0 0 3\n3 0 1 2\n"
)
STL = (
    "solid my_part\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 3 0 0\nvertex 0 3 0\n"
    "endloop\nendfacet\nendsolid my_part\n"
)


@pytest.mark.parametrize(
    ("name", "content", "number", "shown"),
    [
        ("a.obj", TETRAHEDRON, "v 3 0 0", "v 3_0 0 0"),
        ("a.obj", TETRAHEDRON, "f 2 3 4", "f 2 3 0_4"),
        ("a.ply", PLY, "\n3 0 0", "\n3_0 0 0"),
        ("a.ply", PLY, "3 0 1 2", "3 0 1 0_2"),
        ("a.ply", PLY, "vertex 4", "vertex 0_4"),
        ("a.stl", STL, "vertex 3 0 0", "vertex 3_0 0 0"),
    ],
)
def test_numbers_with_underscores_are_none(tmp_path, name, content, number, shown):
    """Python takes 3_0 for 30; a name may have them."""
    (tmp_path / name).write_text(f"usemtl a_b\n{content}" if name == "a.obj" else content)
    read(tmp_path / name)
    (tmp_path / name).write_text(content.replace(number, shown))
    word = next(word for word in shown.split() if "_" in word)
    with pytest.raises(
        ReadError, match=rf"{name}: cannot be read .* \(a number is b'{word}'\); exp"
    ):
        read(tmp_path / name)


@pytest.mark.parametrize("version", ["1.1", "2.0", "1"])
def test_a_ply_of_another_version(tmp_path, version):
    (tmp_path / "a.ply").write_text(PLY.replace("ascii 1.0", f"ascii {version}"))
    with pytest.raises(ReadError, match=rf"a.ply: .*its header says b'format ascii {version}'"):
        read(tmp_path / "a.ply")


def test_meshes_are_compared_where_they_lie():
    corners, sides = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1.0]]), np.array([[0, 1, 2]])
    pred, gt = Mesh(corners, sides), Mesh(corners + np.array([3, 0, 0]), sides)
    found = distances_between(pred, gt, boundary=Boundary("smooth"), workspace=Workspace())
    assert found.pg.value.tolist() == [3]


@pytest.mark.parametrize("corner", ["1.5", "1e38", "nan", "inf"])
@pytest.mark.parametrize("others", ["", "4 0 1 2 3\n"])
def test_corners_that_are_no_whole_numbers_are_refused(tmp_path, corner, others):
    """A text has them as numbers of any kind; a vertex 1.5 would be vertex 1."""
    (tmp_path / "odd.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
        f"property float z\nelement face {1 + bool(others)}\n"
        "property list uchar int vertex_indices\nend_header\n"
        f"0 0 0\n3 0 0\n0 3 0\n0 0 3\n3 0 {corner} 2\n{others}"
    )
    with pytest.raises(ReadError, match=r"odd\.ply: .*the corners of a face are no whole numbers"):
        read(tmp_path / "odd.ply")
