"""Makes the sample masks: brain tissues from the wheel of nilearn, nuclei from that of stardist;
README.md says how.

Needs nibabel, numpy, pillow, scikit-image and scipy. Neither wheel is installed: files are read
from the archives.
"""

from __future__ import annotations

import argparse
import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import distance_transform_edt
from skimage.feature import peak_local_max
from skimage.filters import gaussian, threshold_multiotsu, threshold_otsu
from skimage.segmentation import relabel_sequential, watershed

Volume = NDArray[np.float64]
Labels = NDArray[np.unsignedinteger]
Bools = NDArray[np.bool_]

HERE = Path(__file__).resolve().parent
WHEELS = {"nilearn": "0.14.1", "stardist": "0.9.2"}
# One platform for everyone: the wheel of stardist is compiled, and the images in it are the same
# everywhere.
PLATFORM = (
    "--python-version=3.11",
    "--platform=manylinux_2_28_x86_64",
    "--only-binary=:all:",
    "--no-deps",
)

ORIGIN = np.array([-98.0, -134.0, -72.0])  # of the template, in mm; its voxels are 1 mm
BRAIN_THRESHOLD = 0.2  # of the brightest voxel: the rule of nilearn's `load_mni152_brain_mask`
# Slab of voxels that one voxel of a case averages. The template is its own mirror image: without
# the thick slices, both hemispheres would have the same scores.
BLOCKS = {"left_hemisphere": (1, 1, 1), "right_hemisphere": (1, 1, 3), "cerebellum": (1, 1, 1)}
# The tentorium, which roofs the cerebellum: height z at these y (rows) and distances from the
# midline (columns), in mm.
ROOF_Y = (-90.0, -75.0, -60.0, -45.0, -32.0)
ROOF_X = (0.0, 12.0, 25.0, 40.0, 54.0)
ROOF_Z = (
    (-34.0, -21.0, -21.0, -22.0, -22.0),
    (-11.0, -14.0, -18.0, -21.0, -19.0),
    (4.0, -8.0, -16.0, -22.0, -25.0),
    (8.0, -9.0, -20.0, -27.0, -31.0),
    (2.0, -15.0, -26.0, -34.0, -42.0),
)
TILE = 128
DESCRIPTION = b"Tissues of the MNI ICBM152 2009a template, (C) 1993-2004 L. Collins, McGill"


@dataclass(frozen=True, slots=True)
class Template:
    """The T1 image, 0 outside the brain; the share of each voxel that is brain, grey matter, white
    matter.
    """

    t1: Volume
    brain: Volume
    grey: Volume
    white: Volume

    def coarsened(self, block: tuple[int, ...]) -> Template:
        """The template with every `block` of voxels averaged into one."""
        return Template(
            *(coarsened(volume, block) for volume in (self.t1, self.brain, self.grey, self.white))
        )

    def tissues(self) -> Labels:
        """Label of the most probable tissue: 1 fluid (what is left of the brain), 2 grey matter, 3
        white matter.
        """
        most_probable = np.argmax([1 - self.grey - self.white, self.grey, self.white], axis=0)
        return np.where(self.brain >= 0.5, most_probable + 1, 0).astype(np.uint8)

    def segmented(self, thresholds: Volume) -> Labels:
        """Label by brightness: 0 below the first of the ascending `thresholds`, then 1, 2, 3."""
        return np.digitize(self.t1, thresholds).astype(np.uint8)


def coarsened(volume: Volume, block: tuple[int, ...]) -> Volume:
    """Mean of every `block` of voxels; the sides of the volume are multiples of the block's."""
    sides = [
        side
        for size, step in zip(volume.shape, block, strict=True)
        for side in (size // step, step)
    ]
    return volume.reshape(sides).mean(axis=(1, 3, 5))


def brain_parts(shape: tuple[int, ...]) -> dict[str, Bools]:
    """Voxels of each case: hemispheres, each with its half of the brain stem, and the cerebellum
    behind the stem.
    """
    x, y, z = np.ix_(*(first + np.arange(size) for first, size in zip(ORIGIN, shape, strict=True)))
    roof = RegularGridInterpolator((ROOF_Y, ROOF_X), ROOF_Z, bounds_error=False, fill_value=None)
    front = np.minimum(-28, -28 + z / 3 + abs(x) / 2)
    cerebellum = (z < roof(np.broadcast_arrays(y, abs(x)))) & (y < front)
    cerebrum = ~cerebellum
    return {
        "left_hemisphere": cerebrum & (x < 0),
        "right_hemisphere": cerebrum & (x >= 0),
        "cerebellum": cerebellum,
    }


def write_brain(template: Template) -> None:
    """Writes each case, cut out of the template, with the thresholds that multi-Otsu finds in the
    whole brain.
    """
    darkest = BRAIN_THRESHOLD * template.t1.max()
    thresholds = np.array(
        [darkest, *threshold_multiotsu(template.t1[template.t1 > darkest], classes=3)]
    )
    for case, part in brain_parts(template.t1.shape).items():
        block = BLOCKS[case]
        here = coarsened(part.astype(float), block) >= 0.5
        coarse = template.coarsened(block)
        masks = {"pred": coarse.segmented(thresholds) * here, "gt": coarse.tissues() * here}
        box = bounding_box((masks["pred"] | masks["gt"]) > 0)
        first = ORIGIN + (np.array(block) - 1) / 2 + np.array([side.start for side in box]) * block
        affine = nib.affines.from_matvec(np.diag(block), first)
        for role, mask in masks.items():
            write_nifti(HERE / "brain" / role / f"{case}.nii.gz", mask[box], affine)


def bounding_box(mask: Bools) -> tuple[slice, ...]:
    """Smallest box around `mask`, and one voxel more on each side where the image goes on."""
    indices = np.nonzero(mask)
    return tuple(slice(max(int(i.min()) - 1, 0), int(i.max()) + 2) for i in indices)


def write_nifti(path: Path, mask: Labels, affine: Volume) -> None:
    """Writes a mask in MNI space, in mm, without a time stamp."""
    image = nib.Nifti1Image(mask, affine)
    image.set_sform(affine, code="mni")
    image.set_qform(affine, code="mni")
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = DESCRIPTION
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(image.to_bytes(), mtime=0))


def write_nuclei(image: Volume, nuclei: Labels) -> None:
    """Writes each tile twice: every nucleus 1 in a PNG of one bit, and nuclei numbered in a PNG of
    16 bits.
    """
    rows, columns = (range(0, size, TILE) for size in nuclei.shape)
    for row, column in product(rows, columns):
        tile = np.s_[row : row + TILE, column : column + TILE]
        name = f"row{row // TILE}_column{column // TILE}.png"
        masks = {"pred": found_nuclei(image[tile]), "gt": relabel_sequential(nuclei[tile])[0]}
        for role, mask in masks.items():
            write_png(HERE / "nuclei" / role / name, mask > 0)
            write_png(HERE / "nuclei_instances" / role / name, mask.astype(np.uint16))


def found_nuclei(image: Volume) -> NDArray[np.int32]:
    """Nuclei by Otsu's threshold of this image, touching ones parted by a watershed of their
    distance transform.
    """
    smooth = gaussian(image, sigma=1)
    bright = smooth > threshold_otsu(smooth)
    depth = gaussian(distance_transform_edt(bright), sigma=1) * bright
    centres = peak_local_max(depth, min_distance=6, exclude_border=False)
    seeds = np.zeros(image.shape, np.int32)
    seeds[tuple(centres.T)] = np.arange(len(centres)) + 1
    return watershed(-depth, seeds, mask=bright)


def write_png(path: Path, mask: NDArray[np.generic]) -> None:
    """Writes booleans as a PNG of one bit, uint16 as one of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path, optimize=True)


def member(wheels: Path, project: str, path: str) -> bytes:
    """One file out of the wheel of a project."""
    wheel = next(wheels.glob(f"{project}-{WHEELS[project]}-*.whl"), None)
    if wheel is None:
        sys.exit(
            f"{wheels}: holds no wheel of {project} {WHEELS[project]}; leave --wheels out to "
            f"download it"
        )
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"{project}/{path}")


def read_template(wheels: Path) -> Template:
    """The template of nilearn; its maps are stored as 0 to 255."""

    def volume(name: str) -> Volume:
        packed = member(
            wheels, "nilearn", f"datasets/data/mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"
        )
        return np.asarray(nib.Nifti1Image.from_bytes(gzip.decompress(packed)).dataobj, dtype=float)

    t1 = volume("t1")
    return Template(t1, (t1 > 0).astype(float), volume("gm") / 255, volume("wm") / 255)


def download(folder: Path) -> None:
    """Gets the two wheels from the package index."""
    pins = [f"{project}=={version}" for project, version in WHEELS.items()]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", *PLATFORM, "--dest", folder, *pins],
        check=True,
    )


def main() -> None:
    """Writes every sample next to this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--wheels", type=Path, help="folder that holds the two wheels; otherwise pip downloads them"
    )
    wheels = parser.parse_args().wheels
    with tempfile.TemporaryDirectory() as scratch:
        if wheels is None:
            wheels = Path(scratch)
            download(wheels)
        write_brain(read_template(wheels))
        files = (
            member(wheels, "stardist", f"data/images/{name}.tif") for name in ("img2d", "mask2d")
        )
        image, nuclei = (np.asarray(Image.open(io.BytesIO(file))) for file in files)
        write_nuclei(image.astype(float), nuclei)


if __name__ == "__main__":
    main()
