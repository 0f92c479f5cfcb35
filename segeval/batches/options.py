"""The options that functions and metric objects share, one card each, and those of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from segeval.metrics.card import Metric, MetricSpec
from segeval.metrics.parameters import Value
from segeval.protocols import Convention, convention

from .averages import Averaging
from .inputs import Inputs
from .reading import Reading

User: TypeAlias = Literal["inputs", "reading", "averaging", "protocol", "spacing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option: its annotation, its default, what it means, and who uses it.

    `user` is the part of `Options` that has it under its name, or "spacing" for that of voxels,
    which comes with each batch.
    """

    annotation: str
    default: Any
    user: User
    text: str


OPTIONS = {
    "num_classes": Option(
        annotation="int | None",
        default=None,
        user="inputs",
        text="Number of classes, the background included; None: those seen so far.",
    ),
    "include_background": Option(
        annotation="bool | None",
        default=None,
        user="reading",
        text="Whether class 0 is a region; None: {background} for this metric.",
    ),
    "average": Option(
        annotation='Literal["none", "macro", "micro", "weighted"] | None',
        default="macro",
        user="averaging",
        text="Over the regions of a case: none, their mean, added up before scoring, or their mean "
        "by true size.",
    ),
    "per_case": Option(
        annotation="bool",
        default=False,
        user="averaging",
        text="Keep a value for each case instead of the mean over cases.",
    ),
    "pooled": Option(
        annotation='bool | Literal["voxels"]',
        default=False,
        user="averaging",
        text="Add the cases up before scoring instead of taking the mean of their scores: voxels "
        'weigh their volume, with "voxels" all alike.',
    ),
    "ignore_index": Option(
        annotation="int | None",
        default=None,
        user="inputs",
        text="Voxels whose true label is this count for nothing; it is no region.",
    ),
    "input_format": Option(
        annotation='Literal["auto", "labels", "one-hot", "logits", "probabilities"]',
        default="auto",
        user="inputs",
        text="What the arrays hold; auto takes integers for labels and floats for scores, by dtype "
        "and shape.",
    ),
    "threshold": Option(
        annotation="float",
        default=0.5,
        user="inputs",
        text="Binary and multilabel scores above this probability are foreground.",
    ),
    "multilabel": Option(
        annotation="bool",
        default=False,
        user="inputs",
        text="Every channel is a region of its own; they may overlap.",
    ),
    "spacing": Option(
        annotation="Sequence[float] | Sequence[Sequence[float]] | None",
        default=None,
        user="spacing",
        text="Size of a voxel along each axis in mm, for all cases or for each; None: 1 px.",
    ),
    "protocol": Option(
        annotation="str | Path",
        default="segeval",
        user="protocol",
        text="Whose definition the metric follows: a tool's, such as monai, or a TOML file's.",
    ),
    "boundary": Option(
        annotation="str | None",
        default=None,
        user="protocol",
        text="Rule for boundaries, such as surfel or voxel:connectivity=2; None: the protocol's.",
    ),
}
"""Every option, in the order of signatures."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a call, sorted by who uses them.

    `boundary` is the written form of the rule that was given; None: that of the convention. The
    spacing is none of them: metric objects keep it, and each batch may have its own.

    >>> options = Options.of({"average": None, "num_classes": 3})
    >>> options.unusual
    {'num_classes': 3, 'average': 'none'}
    >>> options.reading.inputs.num_classes
    3
    """

    reading: Reading
    averaging: Averaging
    convention: Convention
    boundary: str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Options:
        """Return the options among the arguments of a call; those left out have their default.

        Raises `UsageError` for values outside their domain.
        """
        values = {name: arguments.get(name, option.default) for name, option in OPTIONS.items()}
        followed = convention(values["protocol"], values["boundary"])
        if values["ignore_index"] is None:
            values["ignore_index"] = followed.policies.get("ignore_label")
        # Numbers of NumPy too, so that equal options look equal.
        for name in ("num_classes", "ignore_index"):
            if isinstance(values[name], np.integer):
                values[name] = int(values[name])
        # For torchmetrics None is an average: none at all.
        if values["average"] is None:
            values["average"] = "none"
        inputs = Inputs(**_used_by("inputs", values))
        # A protocol says whether the background counts, but channels that overlap have none.
        background = values["include_background"]
        is_usual = values["protocol"] == OPTIONS["protocol"].default
        if background is None and not is_usual and not inputs.multilabel:
            background = followed.background
        return cls(
            Reading(inputs, background, followed.names(multilabel=inputs.multilabel)),
            Averaging(**_used_by("averaging", values)),
            followed,
            None if values["boundary"] is None else str(followed.boundary),
        )

    def bound(self, spec: MetricSpec, arguments: Mapping[str, Any]) -> Metric:
        """Return the metric with its parameters from a call, as the protocol means it."""
        parameters: dict[str, Value] = {
            parameter.name: arguments[parameter.name]
            for parameter in spec.parameters
            if arguments.get(parameter.name) is not None
        }
        return self.convention.meant(spec.bind(parameters))

    @property
    def unusual(self) -> dict[str, Any]:
        """Options that are not the defaults, by name, but for the spacing."""
        parts = {
            "inputs": self.reading.inputs,
            "reading": self.reading,
            "averaging": self.averaging,
            "protocol": self,
        }
        values = {
            name: getattr(parts[option.user], name)
            for name, option in OPTIONS.items()
            if option.user in parts
        }
        return {name: value for name, value in values.items() if value != OPTIONS[name].default}

    @property
    def protocol(self) -> str:
        """Name of the protocol that definitions follow."""
        return self.convention.name


def _used_by(user: User, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of those options that a part of `Options` has, by name."""
    return {name: values[name] for name, option in OPTIONS.items() if option.user == user}
