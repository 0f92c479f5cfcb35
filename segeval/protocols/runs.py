"""The protocols of runs, from the run.json that each has left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.errors import UsageError
from segeval.io.documents import load_json
from segeval.io.files import local_path

from .protocol import Protocol

RUN = "run.json"
"""Name of the file in a results folder."""
WANTED = "the run.json of segeval score"
"""Words for it in an error."""
LARGEST = 2**30
"""Bytes of it, of which each case takes some hundred."""


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
    """Return the content of a run.json. Raises `UsageError` for what is none."""
    if not path.exists():
        raise UsageError(
            f"{path}: there is no such file; is this a results folder of segeval score?"
        )
    return load_json(path, WANTED, "run segeval score again", largest=LARGEST)
