"""The protocols of runs, from the run.json that each has left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.errors import UsageError
from segeval.io.files import local_path

from .protocol import Protocol

RUN = "run.json"
"""Name of the file in a results folder."""


def is_run(path: str | Path) -> bool:
    """Return whether a path names a run: a JSON file, or a folder."""
    return str(path).endswith(".json") or local_path(path).is_dir()


def protocol_of_run(path: str | Path) -> Protocol:
    """Return the protocol of a run from its results folder, or from its run.json."""
    file = local_path(path)
    if file.is_dir():
        file = file / RUN
    return read_protocol(load_run(file), file)


def read_protocol(run: Mapping[str, Any], path: Path) -> Protocol:
    """Return the protocol in the content of a run.json.

    Raises `UsageError`, which names the `path`, where there is none.
    """
    try:
        return Protocol.from_dict(run.get("protocol", {}))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def load_run(path: Path) -> dict[str, Any]:
    """Return the content of a run.json.

    Raises `UsageError` for a file that holds something else.
    """
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read it ({error.strerror}); is this a results folder of segeval score?"
        ) from error
    except ValueError as error:
        raise UsageError(f"{path}: is not JSON ({error}); run segeval score again") from error
    if not isinstance(run, dict):
        raise UsageError(
            f"{path}: wanted a JSON object, came a {type(run).__name__}; run segeval score again"
        )
    return run
