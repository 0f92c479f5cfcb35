"""The options of a run, one card each, which every door to a run reads.

The command line makes its options of these cards, and a file of options its keys; `make docs`
writes them into the docstrings of `segeval.score` and `segeval.score_folder`. The signatures of the
two functions are written out, so that editors and type checkers read them, and a test holds them to
the cards. To add an option, add its card here, a parameter where it is used, and run `make docs`.

This module imports nothing heavy: the command line reads it for every `--help`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from os import PathLike
from typing import Any, Literal, TypeAlias

from segeval.data.limits import MAX_VOXELS
from segeval.errors import ArgumentTypeError
from segeval.errors.values import is_flag, is_number, is_text, is_whole
from segeval.results.exports import EXPORTS
from segeval.statistics.boundary import RULES, as_choice

Caller: TypeAlias = Literal["score", "score_folder", "command"]
"""Takers of options: the two functions of that name, and the command `segeval score`."""

EVERYWHERE: tuple[Caller, ...] = ("score", "score_folder", "command")
"""All callers."""
FOLDERS: tuple[Caller, ...] = ("score_folder", "command")
"""The callers that score whole folders, and so pair files and write results."""
COMMAND: tuple[Caller, ...] = ("command",)
"""The command alone, which prints a summary and draws plots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of a run, and what its callers say of it.

    The command line derives its own type and flags from the name and the annotation.
    """

    name: str
    """Name of the parameter in Python."""
    annotation: str
    """Annotation of the parameter, as the signature writes it."""
    sentence: str
    """Sentence that says what the option does."""
    default: Any = Parameter.empty
    """Default in Python; without one the parameter is required."""
    command_default: Any = None
    """Default of the command line, None where it is that of Python."""
    callers: tuple[Caller, ...] = EVERYWHERE
    """Callers that take the option."""
    in_python: str = ""
    """Sentence in place of `sentence` where values are written in another way in Python."""
    unless_given: str = ""
    """Words for what a default of None stands for."""
    flags: tuple[str, ...] = ()
    """Flags of an option whose flag is not its name."""
    metavar: str | None = None
    """Word for the value in the help of the command line."""
    choices: tuple[str, ...] = ()
    """Values that the command line takes; without any, it takes all of the type."""


OPTIONS = (
    Option(
        name="pred",
        annotation="Any",
        callers=("score",),
        sentence="Label map of the prediction: an array, a tensor or the path of a mask file.",
    ),
    Option(
        name="gt",
        annotation="Any",
        callers=("score",),
        sentence="Label map of the ground truth, of the same shape.",
    ),
    Option(
        name="pred_dir",
        annotation="str | os.PathLike[str]",
        callers=("score_folder",),
        sentence="Folder of the predictions, or one file.",
    ),
    Option(
        name="gt_dir",
        annotation="str | os.PathLike[str]",
        callers=("score_folder",),
        sentence="Folder of the ground truths, or one file. Masks of the same name, sub-folders "
        "included, are a case.",
    ),
    Option(
        name="output",
        annotation="str | os.PathLike[str] | None",
        default=None,
        command_default="segeval-results",
        callers=FOLDERS,
        flags=("-o", "--output"),
        metavar="OUT",
        sentence="Folder for tables and plots.",
        in_python="Folder for the tables, which are written there as rows come.",
        unless_given="nothing is written",
    ),
    Option(
        name="metrics",
        annotation="str | Sequence[str] | None",
        default=None,
        flags=("-m", "--metric"),
        sentence="Metrics, repeated or separated by commas: dice, hd95, nsd@2 (tolerance 2 mm). "
        "`segeval metrics` lists them.",
        in_python="Metrics, in a list or separated by commas: dice, hd95, nsd@2 (tolerance 2 mm). "
        "`segeval metrics` lists them.",
        unless_given="those that the protocol reports; dice, iou, precision, recall, "
        "volume_similarity, hd95, assd",
    ),
    Option(
        name="protocol",
        annotation="ProtocolLike",
        default="segeval",
        metavar="NAME|FILE",
        sentence="Whose definitions the metrics follow: segeval, medpy, monai, deepmind, kits23, "
        "…, a TOML file, or all for every tool's number side by side; or the run.json of an "
        "earlier run, whose regions and policies hold too. `segeval explain NAME` tells what "
        "one means.",
    ),
    Option(
        name="boundary",
        annotation="Boundary | str | None",
        default=None,
        metavar="RULE",
        sentence="Where the boundary of a mask is, in place of the protocol's rule: "
        f"{as_choice([*[*RULES][:1], 'voxel:connectivity=2', *[*RULES][1:]])}.",
    ),
    Option(
        name="regions",
        annotation="RegionsLike | None",
        default=None,
        metavar="SPEC|FILE",
        sentence="Labels to score: 1,2 or liver=1,tumour=2 or whole=1+2+4,core=1+4; or a JSON file "
        "of names and labels, such as an nnU-Net dataset.json.",
        in_python='Labels to score: a list such as [1, 2], a mapping such as {"whole": [1, 2, 4], '
        '"core": [1, 4]} or the same as a text, "whole=1+2+4,core=1+4"; or a JSON file of names '
        "and labels, such as an nnU-Net dataset.json.",
        unless_given="every label above 0",
    ),
    Option(
        name="include_background",
        annotation="bool | None",
        default=None,
        flags=("--include-background/--no-background",),
        sentence="Score the background (label 0) too, or not.",
        unless_given="the protocol's",
    ),
    Option(
        name="ignore_label",
        annotation="int | None",
        default=None,
        metavar="N",
        sentence="Leave voxels out whose ground truth is N.",
        in_python="Leave voxels out whose ground truth is this label.",
    ),
    Option(
        name="binary",
        annotation="bool | None",
        default=None,
        flags=("--binary/--no-binary",),
        sentence="Take every value above 0 as 1, or not.",
        unless_given="the protocol's; not",
    ),
    Option(
        name="threshold",
        annotation="float | None",
        default=None,
        metavar="X",
        sentence="Take predictions for scores, such as probabilities: above X they are foreground, "
        "and ground truths above 0.",
    ),
    Option(
        name="spacing",
        annotation="Sequence[float] | None",
        default=None,
        metavar="0.8,0.8,2.5",
        sentence="Voxel size in mm by array axis, in place of what the files say.",
        in_python="Voxel size in mm by array axis, in place of what the files say. Without it, "
        "arrays count in pixels.",
    ),
    Option(
        name="geometry_tolerance",
        annotation="float | None",
        default=None,
        metavar="X",
        sentence="How far the grids of a pair may differ: spacings by X, relative; positions by "
        "100 X voxels.",
        in_python="How far the grids of a pair may differ: spacings by this share, positions by "
        "100 times as many voxels.",
        unless_given="the protocol's; 0.001",
    ),
    Option(
        name="colors",
        annotation="Colors | str | Path | None",
        default=None,
        metavar="FILE",
        sentence='JSON file of the labels of colour images: {"#ff0000": 1, "0,255,0": 2}.',
        in_python="Labels of colour images: a mapping such as {(255, 0, 0): 1}, or a JSON file "
        'such as {"#ff0000": 1, "0,255,0": 2}.',
    ),
    Option(
        name="max_voxels",
        annotation="int",
        default=MAX_VOXELS,
        metavar="N",
        sentence="Voxels of a mask at most: a file whose header says more is not read.",
    ),
    Option(
        name="pred_prefix",
        annotation="str",
        default="",
        callers=FOLDERS,
        metavar="S",
        sentence="Beginning of the predictions' names that is no part of the case, such as pred_.",
    ),
    Option(
        name="gt_prefix",
        annotation="str",
        default="",
        callers=FOLDERS,
        metavar="S",
        sentence="The same for the ground truths.",
    ),
    Option(
        name="pred_suffix",
        annotation="str",
        default="",
        callers=FOLDERS,
        metavar="S",
        sentence="End of the predictions' names that is no part of the case, such as _seg.",
    ),
    Option(
        name="gt_suffix",
        annotation="str",
        default="",
        callers=FOLDERS,
        metavar="S",
        sentence="The same for the ground truths.",
    ),
    Option(
        name="stack",
        annotation="bool",
        default=False,
        callers=FOLDERS,
        sentence="Take a folder of slice images for one volume, of the axes slice, row, column.",
    ),
    Option(
        name="roi",
        annotation="str | os.PathLike[str] | None",
        default=None,
        callers=FOLDERS,
        metavar="DIR",
        sentence="Folder of masks of the region of interest, named as the ground truths: what is 0 "
        "there is left out.",
    ),
    Option(
        name="missing",
        annotation="Missing | None",
        default=None,
        callers=FOLDERS,
        choices=("error", "skip", "empty"),
        sentence="A ground truth without a prediction: stop, leave it out, or score an empty "
        "prediction.",
        unless_given="the protocol's; error",
    ),
    Option(
        name="failed",
        annotation="Failed",
        default="error",
        callers=FOLDERS,
        choices=("error", "skip", "worst"),
        sentence="A case that fails: leave it out of means and exit with 1, leave it out and exit "
        "with 0, or score it as the worst.",
        in_python="A case that fails: leave it out of means and warn of it, leave it out, or score "
        "it as the worst and warn of it.",
    ),
    Option(
        name="resume",
        annotation="bool",
        default=False,
        callers=FOLDERS,
        sentence="Go on with the run in OUT: cases that it has, of files that are still the same, "
        "are not scored again.",
        in_python="Go on with the run in `output`: cases that it has, of files that are still the "
        "same, are not scored again.",
    ),
    Option(
        name="overwrite",
        annotation="bool",
        default=False,
        callers=FOLDERS,
        sentence="Replace files in OUT that are not of segeval.",
        in_python="Replace files in `output` that are not of segeval.",
    ),
    Option(
        name="absolute_paths",
        annotation="bool",
        default=False,
        callers=FOLDERS,
        sentence="Write absolute paths of masks into run.json, in place of those relative to OUT.",
        in_python="Write absolute paths of masks into run.json, in place of those relative to "
        "`output`.",
    ),
    Option(
        name="device",
        annotation="str",
        default="auto",
        metavar="auto|cpu|cuda|cuda:1",
        sentence="Where to compute.",
        in_python="Where to compute: auto, cpu, cuda or one such as cuda:1.",
    ),
    Option(
        name="jobs",
        annotation="int | None",
        default=None,
        callers=FOLDERS,
        metavar="N",
        sentence="Threads.",
        unless_given="one a core",
    ),
    Option(
        name="formats",
        annotation="Sequence[str]",
        default=("csv",),
        callers=FOLDERS,
        flags=("--format",),
        choices=tuple(EXPORTS),
        sentence="Formats of the tables.",
    ),
    Option(
        name="listener",
        annotation="Listener | None",
        default=None,
        callers=("score_folder",),
        sentence="An object that hears of notices and of every case that is done.",
    ),
    Option(
        name="plots",
        annotation="bool",
        default=True,
        callers=COMMAND,
        flags=("--plots/--no-plots",),
        sentence="Draw plots into OUT/plots.",
    ),
    Option(
        name="plot_formats",
        annotation="Sequence[str]",
        default=("png",),
        callers=COMMAND,
        flags=("--plot-format",),
        choices=("png", "svg", "pdf"),
        sentence="Formats of the plots.",
    ),
    Option(
        name="as_json",
        annotation="bool",
        default=False,
        callers=COMMAND,
        flags=("--json",),
        sentence="Print the summary as JSON.",
    ),
    Option(
        name="quiet",
        annotation="bool",
        default=False,
        callers=COMMAND,
        flags=("-q", "--quiet"),
        sentence="Tell of warnings, failures and errors alone.",
    ),
)
"""The cards, in the order of `segeval score --help`."""


def options_of(caller: Caller) -> dict[str, Option]:
    """Return the cards of a caller's options by their names, in the order of the cards.

    >>> list(options_of("command"))[:3]
    ['output', 'metrics', 'protocol']
    """
    return {option.name: option for option in OPTIONS if caller in option.callers}


def _are_texts(value: Any) -> bool:
    """Return whether a value is a list of texts, which one text alone is not.

    >>> _are_texts(["dice", "iou"]), _are_texts("dice")
    (True, False)
    """
    return isinstance(value, Sequence) and not isinstance(value, str) and all(map(is_text, value))


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("True or False", is_flag),
    "int": ("a whole number", is_whole),
    "float": ("a number", is_number),
    "str": ("a text", is_text),
    "str | os.PathLike[str]": ("a path", lambda value: isinstance(value, (str, PathLike))),
    "Sequence[str]": ("a list of texts", _are_texts),
}
"""Kinds of values by annotation: the name that errors call one by, and the test of it.

Options of other annotations are read by functions of their own, which say themselves what is wrong.
"""


def check_kinds(arguments: Mapping[str, Any]) -> None:
    """Raise `ArgumentTypeError` for arguments that are not of the kind that their options take.

    `arguments` are those of a call, by the names of options. Python itself would take `binary="no"`
    for True.

    >>> check_kinds({"jobs": 2, "binary": None})
    """
    for option in OPTIONS:
        kind = KINDS.get(option.annotation.removesuffix(" | None"))
        if kind is None or option.name not in arguments:
            continue
        wanted, is_of_kind = kind
        value = arguments[option.name]
        if value is None and option.annotation.endswith(" | None"):
            continue
        if not is_of_kind(value):
            raise ArgumentTypeError(f"{option.name} must be {wanted}, not {value!r}")
