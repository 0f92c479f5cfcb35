"""Rules for the boundary of a mask: where it is, and how much of it every element stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from segeval.errors import ArgumentTypeError, UsageError

Value: TypeAlias = int | bool | str


@dataclass(frozen=True, slots=True)
class Setting:
    """The card of a setting of a rule.

    `phrases` has the values that it may have, the usual one first, and what each says in the
    sentence of a rule. `sentence` says what the setting is about.
    """

    name: str
    phrases: Mapping[Value, str]
    sentence: str

    @property
    def values(self) -> tuple[Value, ...]:
        """Values that it may have, the usual one first."""
        return tuple(self.phrases)

    @property
    def is_flag(self) -> bool:
        """Whether its values are yes and no."""
        return isinstance(self.values[0], bool)

    def has(self, value: object) -> bool:
        """Return whether this is one of its values, and of their type: 1 is not yes."""
        return value in self.values and type(value) is type(self.values[0])

    def read(self, text: str) -> Value:
        """Return the value that a text stands for, which may be none of its own."""
        if self.is_flag:
            return _YES_AND_NO.get(text.lower(), text)
        return next((value for value in self.values if str(value) == text), text)


_YES_AND_NO: Mapping[str, Value] = {"yes": True, "true": True, "no": False, "false": False}
"""The written forms of a setting that is on or off."""
CONNECTIVITY = Setting(
    "connectivity",
    {
        1: "by a face (in 2-D an edge)",
        2: "by a face or an edge (in 2-D an edge or a corner)",
        3: "by a face, an edge or a corner",
    },
    "A voxel touches what it shares a face with (1), or an edge too (2), or a corner (3); in 2-D "
    "an edge (1) or a corner (2, 3).",
)
IMAGE_EDGE = Setting(
    "image_edge",
    {
        True: "the edge of the image counts",
        False: "the edge of the image does not count",
    },
    "Whether mask voxels at the edge of the image are boundary.",
)
SIZES = Setting(
    "sizes",
    {"own": "each by its size", "equal": "all weigh the same"},
    "Every element weighs the area (2-D: length) that it stands for, or one.",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """The card of a boundary rule.

    `sentence` says between which elements distances are measured and how these weigh, with the name
    of a setting in braces where its phrase belongs. `measurer`, and `device_measurer`
    for tensors on a GPU and the usual settings, name functions of `segeval.measure` as
    `module:function`, so that no kernel is loaded before it is needed; without a
    `device_measurer`, masks are moved to the host. `weighs`: elements have sizes of their own
    unless a setting says otherwise. `meshes`: a surface of triangles can have it too. `surface`:
    the elements are those of a boundary, not of the whole mask.
    """

    sentence: str
    measurer: str
    settings: tuple[Setting, ...] = ()
    device_measurer: str = ""
    weighs: bool = False
    meshes: bool = False
    surface: bool = True

    def setting(self, name: str) -> Setting | None:
        """Return the setting of this name; None where the rule has none."""
        return next((setting for setting in self.settings if setting.name == name), None)


RULES: dict[str, Rule] = {
    "voxel": Rule(
        "the centres of the mask's voxels that touch something else, {connectivity}; {image_edge}. "
        "All weigh the same",
        measurer="host:sweep_distances",
        device_measurer="tensors.distances:surface_distances",
        settings=(CONNECTIVITY, IMAGE_EDGE),
    ),
    "surfel": Rule(
        "the corners of voxels at which the mask begins, with the area of marching cubes there; "
        "{sizes}",
        measurer="host:distances_between_corners",
        settings=(SIZES,),
        weighs=True,
    ),
    "face": Rule(
        "the corners of the mask's exposed faces, with the area of faces that each carries; "
        "{sizes}",
        measurer="host:distances_between_corners",
        settings=(SIZES,),
        weighs=True,
    ),
    "solid": Rule(
        "the centres of all voxels of the mask: no boundary at all; all weigh the same",
        measurer="host:sweep_distances",
        device_measurer="tensors.distances:volume_distances",
        surface=False,
    ),
    "mesh": Rule(
        "points of a mesh of the voxels' faces (2-D: of a contour), as MeshMetrics takes it; "
        "{sizes}",
        measurer="host:distances_between_surfaces",
        settings=(SIZES,),
        weighs=True,
        meshes=True,
    ),
    "smooth": Rule(
        "a mesh of the voxels' faces, relaxed until their steps are gone; {sizes}",
        measurer="host:distances_between_surfaces",
        settings=(SIZES,),
        weighs=True,
        meshes=True,
    ),
}
"""Every rule by name; a new one is an entry here and what measures it."""


@dataclass(frozen=True, slots=True, init=False)
class Boundary:
    """A rule for boundaries with its settings.

    Raises `UsageError` for a rule that does not exist and settings that it does not have.

    >>> boundary = Boundary("voxel", connectivity=2)
    >>> str(boundary), boundary["image_edge"]
    ('voxel:connectivity=2', True)
    """

    rule: str
    settings: tuple[tuple[str, Value], ...] = field(default=())
    """Those that are not the usual ones, in the order of the card."""

    def __init__(self, rule: str = "voxel", **settings: Value) -> None:
        if rule not in RULES:
            raise UsageError(f"unknown boundary rule {rule!r}; choose one of {', '.join(RULES)}")
        card = RULES[rule]
        for name, value in settings.items():
            setting = card.setting(name)
            if setting is None:
                known = ", ".join(setting.name for setting in card.settings) or "none"
                raise UsageError(
                    f"boundary rule {rule!r} has no setting {name!r}; its settings: {known}"
                )
            if not setting.has(value):
                choice = as_choice([_written(value) for value in setting.values])
                raise UsageError(f"{name} of the boundary must be {choice}, not {value!r}")
        unusual = [
            (setting.name, settings[setting.name])
            for setting in card.settings
            if settings.get(setting.name, setting.values[0]) != setting.values[0]
        ]
        # usual settings are left out, so that two ways to write one boundary are equal
        object.__setattr__(self, "rule", rule)
        object.__setattr__(self, "settings", tuple(unusual))

    @property
    def card(self) -> Rule:
        """Everything there is to know about the rule."""
        return RULES[self.rule]

    def __getitem__(self, name: str) -> Any:
        setting = self.card.setting(name)
        if setting is None:
            raise KeyError(name)
        return dict(self.settings).get(name, setting.values[0])

    @property
    def sentence(self) -> str:
        """Words that say where it is and how its elements weigh.

        >>> Boundary("surfel", sizes="equal").sentence.rpartition("; ")[2]
        'all weigh the same'
        """
        phrases = {
            setting.name: setting.phrases[self[setting.name]] for setting in self.card.settings
        }
        return self.card.sentence.format(**phrases)

    @property
    def weighs(self) -> bool:
        """Whether elements have sizes of their own."""
        # Every rule whose elements weigh has the setting `sizes`.
        return self.card.weighs and self["sizes"] == "own"

    @classmethod
    def parse(cls, text: str | Boundary) -> Boundary:
        """Return the boundary that a written form stands for: `surfel`, `voxel:connectivity=3`.

        Raises `UsageError` for anything else.

        >>> Boundary.parse("voxel:connectivity=3,image_edge=no")["image_edge"]
        False
        """
        if isinstance(text, Boundary):
            return text
        if not isinstance(text, str):
            raise ArgumentTypeError(
                f"a boundary is written as a text such as 'surfel', not {text!r}"
            )
        rule, _, written = text.partition(":")
        settings: dict[str, Value] = {}
        for piece in written.split(","):
            # A form without settings gives one empty piece.
            if piece.strip():
                name, value = _parse_setting(piece, text)
                if name in settings:
                    raise UsageError(f"boundary {text!r} gives {name} twice; give it once")
                settings[name] = value
        return cls(rule.strip(), **settings)

    def __str__(self) -> str:
        written = [f"{name}={_written(value)}" for name, value in self.settings]
        return f"{self.rule}:{','.join(written)}" if written else self.rule


VOXEL = Boundary()
"""The boundary where none is named."""
SOLID = Boundary("solid")
"""The boundary of metrics about whole masks: all voxels of them."""


def _parse_setting(piece: str, text: str) -> tuple[str, Value]:
    """Return name and value of a setting in the written form of a boundary."""
    name, equals, value = piece.partition("=")
    name, value = name.strip(), value.strip()
    # of all rules: whether this rule has the setting, `Boundary` says with the rule's own settings
    known = {setting.name: setting for rule in RULES.values() for setting in rule.settings}
    if name not in known or not equals:
        raise UsageError(
            f"boundary {text!r}: {piece.strip()!r} is no setting; write voxel:connectivity=2, "
            "voxel:image_edge=no or surfel:sizes=equal"
        )
    setting = known[name]
    if setting.is_flag and value.lower() not in _YES_AND_NO:
        raise UsageError(f"boundary {text!r}: {name} is yes or no, not {value!r}")
    return name, setting.read(value)


def as_choice(names: Sequence[str]) -> str:
    """Return names as a sentence gives a choice.

    >>> as_choice(["1", "2", "3"])
    '1, 2 or 3'
    """
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _written(value: Value) -> str:
    """Return a value as it is written in a boundary: yes and no for flags."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
