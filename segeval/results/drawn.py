"""The plots in a folder of results: how they are told from files of somebody else."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote

PLOTS = "plots"
"""Name of the folder of plots in a folder of results."""
FORMATS = ("png", "svg", "pdf")
"""Formats of plots, the suffixes of their files."""

log = logging.getLogger("segeval")


def delete_drawn(folder: Path) -> None:
    """Delete the plots that segeval drew into a folder, where there is one, and nothing else.

    A plot bears its mark and its own name, so neither a file of somebody else nor a plot that was
    renamed to keep it is taken for one.
    """
    from segeval.io.files import delete_parts

    delete_parts(folder)
    # Listed first, since files vanish from the folder on the way.
    for path in [path for name in FORMATS for path in folder.glob(f"*.{name}")]:
        if not is_drawn(path):
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s is of the run before, and stays: %s", path, error.strerror or error)


def is_drawn(path: Path) -> bool:
    """Return whether segeval drew a file."""
    try:
        return mark_of(path.name).encode() in path.read_bytes()
    except OSError:  # unreadable: not ours, or not ours to judge
        return False


def mark_of(file_name: str) -> str:
    """Return the title that a plot of this name bears within, in characters that no format escapes.

    >>> mark_of("heatmap-nsd@1.png")
    'segeval plot heatmap-nsd%401.png'
    """
    return f"segeval plot {quote(file_name, safe='')}"
