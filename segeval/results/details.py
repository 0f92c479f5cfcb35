"""The details of a run: what figures need beyond the tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segeval.arrays import Floats, Singles
from segeval.errors import UsageError
from segeval.io.files import replacing


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """Volumes and NSD curves by case and region, whatever metrics were asked for.

    `volume_p` and `volume_g` are (cases, regions) float64; `nsd` is (cases, regions, T) float32 at
    the T values of `tolerance`, NaN where undefined. T is 0 when no surface was measured.
    """

    cases: tuple[str, ...]
    regions: tuple[str, ...]
    volume_p: Floats
    volume_g: Floats
    tolerance: Floats
    nsd: Singles

    def __post_init__(self) -> None:
        table = (len(self.cases), len(self.regions))
        shapes = (self.volume_p.shape, self.volume_g.shape, self.nsd.shape)
        if shapes != (table, table, (*table, len(self.tolerance))):
            raise ValueError(
                f"volumes and NSD of shapes {shapes} for {table[0]} cases and {table[1]} regions"
            )

    def save(self, path: Path) -> None:
        """Write an .npz, uncompressed.

        Compressing saves a fifth of the space and takes forty times as long.
        """
        arrays = {name: getattr(self, name) for name in self.__slots__}
        # Without a case NumPy would take an empty tuple of texts for one of floats.
        arrays |= {name: np.array(arrays[name], dtype=np.str_) for name in ("cases", "regions")}
        with replacing(path) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> Details:
        """Return what `save` wrote. Raises `UsageError` for a file that holds something else."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                fields = {name: arrays[name] for name in cls.__slots__}
            # NumPy holds texts as arrays
            fields |= {name: tuple(fields[name].tolist()) for name in ("cases", "regions")}
            return cls(**fields)
        except Exception as error:  # zipfile, zlib and NumPy raise anything when the bytes are odd
            raise UsageError(
                f"{path}: cannot read it ({type(error).__name__}: {error}); delete it to plot from "
                f"the tables alone, "
                "or run segeval score again"
            ) from error
