"""The results of a run, as they are in memory and in a folder.

They are its tables, how to repeat it, and what its figures need beyond the tables.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import UsageError
from segeval.io.files import local_path, replacing, sha256_of
from segeval.io.nonfinite import spelled
from segeval.protocols.runs import RUN

from . import loading
from .columns import typed
from .content import checked
from .details import Details
from .exports import records_of
from .folder import DETAILS, HASHES, staging, taken
from .formats import check_formats, write_table
from .paths import as_relative

if TYPE_CHECKING:
    from pandas import DataFrame

log = logging.getLogger("segeval")


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The outcome of a run.

    `cases` has one row per case and region, `summary` one per region and metric. `run` is the
    content of run.json: units, regions, inputs, protocol, and whether the run is complete.
    `segeval.results.columns` says what the columns of `cases` mean.
    """

    cases: DataFrame
    summary: DataFrame
    run: dict[str, Any]
    details: Details | None = None

    def __repr__(self) -> str:
        """Return what there is, and not the tables themselves."""
        cases, regions = self.cases["case"].nunique(), self.cases["region"].nunique()
        return f"<Results: cases ({cases} × {regions} regions), summary, run, details>"

    def save(
        self,
        directory: str | Path,
        formats: Sequence[str] = ("csv",),
        *,
        overwrite: bool = False,
        absolute_paths: bool = False,
    ) -> None:
        """Write cases, summary, details.npz and run.json into a folder, which is made if need be.

        They take their place together, when all are complete and on disk; until then the results
        of an earlier run stay, and then its files and plots are deleted. Paths of masks are
        relative to the folder, unless `absolute_paths` says so. Raises `UsageError` when it cannot
        be written, and where it would replace files that are not of segeval, which `overwrite`
        permits.
        """
        # First of all: nothing is written where a package is missing.
        check_formats(formats)
        with (
            taken(local_path(directory), formats, overwrite=overwrite) as folder,
            staging(folder) as staged,
        ):
            for name in formats:
                write_table(self.cases, staged / f"cases.{name}")
                write_table(self.summary, staged / f"summary.{name}")
            if self.details:
                self.details.save(staged / DETAILS)
            run = self.run
            if not absolute_paths:
                run = as_relative(run, folder)
            run = {**run, HASHES: {path.name: sha256_of(path) for path in sorted(staged.iterdir())}}
            text = json.dumps(spelled(run), indent=2, ensure_ascii=False, allow_nan=False)
            with replacing(staged / RUN) as file:
                # a path of bytes that are no UTF-8: written as JSON escapes them
                file.write(f"{text}\n".encode(errors="backslashreplace"))

    @classmethod
    def load(cls, directory: str | Path) -> Results:
        """Return the results in a folder that `save` wrote, of one run and with absolute paths.

        What is missing, was changed since or is older than a run that broke off is told in the log
        `segeval`, as a warning. Raises `UsageError` without a table of cases, and for files that
        hold something else.
        """
        folder = local_path(directory)
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "does not exist"
            raise UsageError(
                f"{folder}: wanted the folder that segeval score wrote, but it {what}; check the "
                f"path"
            )
        loaded = loading.load(folder)
        for text in loaded.notices:
            log.warning("%s", text)
        return cls(loaded.cases, loaded.summary, loaded.run, loaded.details)

    def to_dict(self) -> dict[str, Any]:
        """Return cases and summary, a mapping for each row, and the run, as JSON can hold them.

        Numbers that are not finite are the texts `nan`, `inf` and `-inf`. `from_dict` is the way
        back, but for the details, which are left out.
        """
        return {
            "cases": records_of(self.cases),
            "summary": records_of(self.summary),
            "run": spelled(self.run),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Results:
        """Return the results that `to_dict` wrote, without details.

        Raises `UsageError` for anything else.
        """
        import pandas as pd

        try:
            cases = typed(pd.DataFrame(list(content["cases"])))
            summary = typed(pd.DataFrame(list(content["summary"])))
            return cls(cases, summary, checked(content["run"]))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise UsageError(
                f"wanted what Results.to_dict wrote, with cases, summary and run, but {error!r}; "
                "check where it comes from"
            ) from error
