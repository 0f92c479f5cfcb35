"""segeval: scores segmentation masks, exactly and fast.

The public names load what they need when they are first used, so that `import segeval` costs
nothing.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from segeval.version import __version__ as __version__

if TYPE_CHECKING:
    from segeval import functional as functional
    from segeval import losses as losses
    from segeval import stateful as stateful
    from segeval.api import score as score
    from segeval.api import score_folder as score_folder
    from segeval.errors import FailedCasesWarning as FailedCasesWarning
    from segeval.errors import GeometryMismatch as GeometryMismatch
    from segeval.errors import ReadError as ReadError
    from segeval.errors import SegevalError as SegevalError
    from segeval.errors import UnsavedWarning as UnsavedWarning
    from segeval.errors import UsageError as UsageError
    from segeval.history import History as History
    from segeval.results.results import Results as Results
    from segeval.run.run import Listener as Listener
    from segeval.stateful import *  # noqa: F403  # the stub lists them

_HOMES = {
    "segeval.api": ("score", "score_folder"),
    "segeval.errors": (
        "FailedCasesWarning",
        "GeometryMismatch",
        "ReadError",
        "SegevalError",
        "UnsavedWarning",
        "UsageError",
    ),
    "segeval.history": ("History",),
    "segeval.results.results": ("Results",),
    "segeval.run.run": ("Listener",),
}
_ROOMS = ("functional", "losses", "stateful")
__all__ = sorted(["__version__", *(name for names in _HOMES.values() for name in names)])


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    if name in _ROOMS:
        return importlib.import_module(f"segeval.{name}")
    # Python asks for submodules too before it imports them, and that must cost nothing
    known = [] if name.startswith("_") or find_spec(f"segeval.{name}") else __dir__()
    if name in known:  # the metric objects, of which the cards alone know the names
        return getattr(importlib.import_module("segeval.stateful"), name)
    from segeval.errors.calls import unknown_attribute

    raise unknown_attribute(__name__, name, known)


def __dir__() -> list[str]:
    from segeval.metrics import REGISTRY

    objects = ["SegmentationMetrics", *(spec.class_name for spec in REGISTRY.values())]
    return sorted([*__all__, *_ROOMS, *objects])
