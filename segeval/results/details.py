"""The details of a run: what figures need beyond the tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.io.files import replacing
from segeval.statistics.curves import Curves


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """Volumes and NSD curves by case and region, whatever metrics were asked for.

    `volume_p` and `volume_g` are (cases, regions) float64, NaN where undefined. `curves` are those
    of all regions of the first case, then of the second, and so on.
    """

    cases: tuple[str, ...]
    regions: tuple[str, ...]
    volume_p: Floats
    volume_g: Floats
    curves: Curves

    def __post_init__(self) -> None:
        table = (len(self.cases), len(self.regions))
        shapes = (self.volume_p.shape, self.volume_g.shape)
        if shapes != (table, table) or len(self.curves) != table[0] * table[1]:
            raise ValueError(
                f"volumes of shapes {shapes} and {len(self.curves)} curves for {table[0]} cases "
                f"and {table[1]} regions"
            )

    def save(self, path: Path) -> None:
        """Write an .npz, uncompressed.

        Compressing saves a fifth of the space and takes forty times as long.
        """
        arrays: dict[str, Any] = {
            # Without a case NumPy would take an empty tuple of texts for one of floats.
            "cases": np.array(self.cases, dtype=np.str_),
            "regions": np.array(self.regions, dtype=np.str_),
            "volume_p": self.volume_p,
            "volume_g": self.volume_g,
            **self.curves.arrays,
        }
        with replacing(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> Details:
        """Return what `save` wrote. Raises `UsageError` for a file that holds something else."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                return cls(
                    # NumPy holds texts as arrays
                    cases=tuple(arrays["cases"].tolist()),
                    regions=tuple(arrays["regions"].tolist()),
                    volume_p=arrays["volume_p"],
                    volume_g=arrays["volume_g"],
                    curves=Curves.of_arrays(arrays),
                )
        except Exception as error:  # zipfile, zlib and NumPy raise anything when the bytes are odd
            raise UsageError(
                f"{path}: cannot read it ({type(error).__name__}: {error}); delete it to plot from "
                f"the tables alone, "
                "or run segeval score again"
            ) from error
