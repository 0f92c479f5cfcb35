"""Which rule says where the boundary of a mask is, and how much of it every piece stands for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from segeval.errors import UsageError

Rule: TypeAlias = Literal["voxel", "surfel", "face", "solid", "mesh", "smooth"]
Connectivity: TypeAlias = Literal[1, 2, 3]
Sizes: TypeAlias = Literal["own", "equal"]

RULES: dict[str, str] = {
    "voxel": "the centres of the mask's voxels that touch something else",
    "surfel": "the corners of voxels at which the mask begins, with the area of marching cubes there",
    "face": "the corners of the mask's exposed faces, with the area of faces that each carries",
    "solid": "the centres of all voxels of the mask: no boundary at all",
    "mesh": "points of a mesh of the voxels' faces (2-D: of a contour), as MeshMetrics takes it",
    "smooth": "a mesh of the voxels' faces, relaxed until their steps are gone",
}
"""Every rule, and what the elements are between which it measures distances."""

_LATTICE_OF_VOXELS = ("connectivity", "image_edge")


@dataclass(frozen=True, slots=True)
class Boundary:
    """A rule for boundaries with its settings. Raises `UsageError` for settings that the rule does
    not have.

    `connectivity` (rule voxel): a voxel touches what it shares a face with (1), or an edge too (2),
    or a corner (3); in 2-D an edge (1) or a corner (2, 3). `image_edge` (voxel): whether mask
    voxels at the edge of the image are boundary. `sizes`: "own" weighs every element by the area
    (2-D: length) it stands for, "equal" by one; those of voxels are equal.

    >>> str(Boundary("voxel", connectivity=2))
    'voxel:connectivity=2'
    """

    rule: Rule = "voxel"
    connectivity: Connectivity = 1
    image_edge: bool = True
    sizes: Sizes = "own"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UsageError(
                f"unknown boundary rule {self.rule!r}; choose one of {', '.join(RULES)}"
            )
        if self.connectivity not in get_args(Connectivity):
            raise UsageError(
                f"connectivity of the boundary is 1, 2 or 3, not {self.connectivity!r}"
            )
        if self.sizes not in get_args(Sizes):
            raise UsageError(f"sizes of the boundary are own or equal, not {self.sizes!r}")
        own = (
            ("sizes",)
            if self.rule not in ("voxel", "solid")
            else _LATTICE_OF_VOXELS
            if self.rule == "voxel"
            else ()
        )
        unfit = [name for name in self.settings if name not in own]
        if unfit:
            raise UsageError(
                f"boundary rule {self.rule!r} has no setting {unfit[0]!r}; its settings: "
                f"{', '.join(own) or 'none'}"
            )

    @property
    def weighs(self) -> bool:
        """Whether elements have sizes of their own."""
        return self.rule not in ("voxel", "solid") and self.sizes == "own"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that are not the defaults, by name."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "rule"}
        return {name: value for name, value in given.items() if value != _DEFAULTS[name]}

    @classmethod
    def parse(cls, text: str | Boundary) -> Boundary:
        """The boundary that a written form stands for: `surfel`,
        `voxel:connectivity=3,image_edge=no`.

        >>> Boundary.parse("voxel:connectivity=3,image_edge=no").image_edge
        False
        """
        if isinstance(text, Boundary):
            return text
        if not isinstance(text, str):
            raise UsageError(f"a boundary is written as a text such as 'surfel', not {text!r}")
        rule, _, rest = (part.strip() for part in text.partition(":"))
        settings = [_setting(piece, text) for piece in rest.split(",") if piece.strip()]
        given = [name for name, _ in settings]
        if len(set(given)) < len(given):
            raise UsageError(
                f"boundary {text!r} gives {max(given, key=given.count)} twice; give it once"
            )
        return cls(rule, **dict(settings))  # type: ignore[arg-type]

    def __str__(self) -> str:
        written = [f"{name}={_written(value)}" for name, value in self.settings.items()]
        return self.rule + (f":{','.join(written)}" if written else "")


_DEFAULTS: dict[str, Any] = {"connectivity": 1, "image_edge": True, "sizes": "own"}
VOXEL = Boundary()
"""The rule where none is named."""
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def _setting(piece: str, text: str) -> tuple[str, Any]:
    name, equals, value = (part.strip() for part in piece.partition("="))
    if name not in _DEFAULTS or not equals:
        raise UsageError(
            f"boundary {text!r}: {piece.strip()!r} is no setting; write voxel:connectivity=2, "
            f"voxel:image_edge=no or "
            "surfel:sizes=equal"
        )
    if name == "image_edge":
        if value.lower() not in _WORDS:
            raise UsageError(f"boundary {text!r}: image_edge is yes or no, not {value!r}")
        return name, _WORDS[value.lower()]
    return name, int(value) if value.isdecimal() else value


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
