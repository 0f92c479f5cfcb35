"""The words of the page on exactness; its numbers are filled in from what was measured."""

HEAD = """\
# Exactness

This page, its tables and its figures are written by `docs/exactness.py`, which measures every number on it.

A mask is a picture of a shape, and a distance between boundaries is meant to say something about the shapes. How far it
is off depends on the rule that says where the boundary is ([conventions](conventions.md#where-the-boundary-is)). Here
the shapes are known, and so are the true numbers.
"""

TRUTH = """\
## What is true
Each of {golden} + {drawn} pairs has two shapes with a smooth or flat surface, known in closed form, and a grid. A voxel
belongs to a mask if its centre lies in the shape. The truth is that of the shapes, before there were voxels:

- HD, HD95, ASSD, MASD and NSD at 1 mm as [metrics](metrics.md) define them, every part of a surface weighing by its
  area, in 2-D by its length. HD95 is the larger of the two directed percentiles.
- Both surfaces are cut into some 50,000 small parts (a fine midpoint rule) whose distances to the other shape are in
  closed form; to an ellipsoid, by bisection. No mesh and no voxel takes part. Tests compare areas with formulas, and
  all numbers with integrals made elsewhere: HD95 agrees to 0.5 %, NSD to 0.5 points, the others to 0.1 %.
- NSD jumps where a finite part of a surface lies at just the tolerance, such as the faces of concentric boxes 1 mm
  apart. There is no true NSD there, and such pairs are left out of its means.

The {golden} *golden* shapes are balls and boxes, 2-D and 3-D, with what each tool said of them when it was run. The
{drawn} *drawn* ones are of seven families, at random sizes, places and turns (one fixed draw, on which no rule was
tuned), 2-D and 3-D, on eight grids up to 10 : 1; there a tool is its [protocol](protocols.md), which equals it.

Errors are in % of the true value, those of NSD in points (1 = 0.01). An area's error is the larger one of its pair's
two. A number is judged by its name: panoptica's ASSD is a mean of two means and DisTorch's HD95 a mean of two
percentiles, and both are compared with what ASSD and HD95 are above. `solid` has no boundary, so nothing but HD is
comparable.
"""

TABLES = """\
## All rules and tools
Mean absolute errors on the golden shapes:

{golden}

On the drawn shapes, which are smaller for their voxels, and harder:

{drawn}

`smooth` against the best tool, which is another one in each column:

{against}

- On the golden balls, the Hausdorff distance of every tool is too large, by {ball_hd} in the mean: corners of voxels
  stand out of round shapes.
- The area of voxel faces (`face`, `mesh`) is {face_area} too large there, that of marching cubes (`surfel`)
  {surfel_area}.
- A plain mesh hardly helps the Hausdorff distance ({mesh_hd} % against {voxel_hd} %), since its nodes stand on the same
  steps. Relaxing it does ({smooth_hd} %).
- MeshMetrics differs from `mesh` in NSD where distances are just 1 mm: there they come out larger by a rounding error.

Such means hide that rules err in opposite directions on different shapes. So:
"""

FAMILY = """\
## By family
Over the shapes of both tables. Anisotropic: a voxel is over half as long again as wide. ↑: too large for every shape of
the family, ↓: too small for every one. Rules and tools with the same numbers share a column.

{tables}

![Mean error of the rules by family](images/exactness-families.png)
"""

SIZE = """\
## Against size
![Error of balls against their radius in voxels](images/exactness-radius.png)

- HD: `voxel`, `surfel` and `face` are off by a part of a voxel at any size, which is {voxel_hd_first} % at a radius of
  {first} voxels and {voxel_hd_last} % at {last}.
- ASSD: `face`, `surfel` and `mesh` are off by {face_assd_middle} %, {surfel_assd_middle} % and {mesh_assd_middle} % at
  {middle} voxels, because a step of one mask is near some step of the other; `smooth` by {smooth_assd_middle} %. That
  `voxel` is better than them on round shapes is a cancellation, which boxes do not have (above).
- Area: finer voxels do not help `face` and `mesh` ({face_area_first} % at {first} voxels, {face_area_last} % at {last})
  nor `surfel` ({surfel_area_first} % and {surfel_area_last} %): a staircase has the area of its steps, however small
  they are. `smooth` falls from {smooth_area_first} % to {smooth_area_last} %.
- At a radius of {first} voxels, the area of `smooth` ({smooth_area_signed} %) is worse than that of `surfel`: what
  makes it smooth also makes it shrink.
- A dip in a line is where errors change sign, not where a rule is exact.

## Against slice spacing
![Error of balls against slice spacing](images/exactness-spacing.png)
"""

FAILS = """\
## Where rules fail
The error of `smooth` in units of the best tool's, again another tool in each place; bold where `smooth` is worse:

{ratios}

Families on which `smooth` is worse than voxel faces (`face`) in the mean; on all others it is as good or better:

{worse}

The worst family of each rule:

{worst}

Why, for `smooth`:
- **Ends beyond the last slice.** A ball's cap that no slice meets leaves no trace in the mask. At slices of 5 times the
  pixel spacing, HD of `smooth` is {smooth_hd_five} % off (`face` {face_hd_five} %), at 10 times, where a ball of the
  figure has four slices, {smooth_hd_ten} % ({face_hd_ten} %). There HD95 of `mesh` is {mesh_hd95_ten} % off, that
  of `smooth` {smooth_hd95_ten} %.
- **Boxes along the grid.** Their voxels' faces are the best guess, and `smooth` keeps them where it finds a flat face;
  its errors are then those of `face`: a true face lies anywhere within half a voxel, and no mask says where.
- **Edges that are not along the grid** are rounded by what a voxel hides, which shows in HD, decided by single points,
  before it shows in ASSD. So do the rims of thin sheets.
- **Few voxels.** Nothing in the mask says whether a few voxels were a cube or a ball. Signed errors of a cube along the
  grid, its copy moved by one voxel:

{cubes}

- **NSD near its tolerance.** Where much of a surface lies at nearly 1 mm, as the side of a tube in a wider one, a rule
  that is off by little is off by much in NSD. That is a matter of the tolerance more than of the rule.

What is not measured here: masks with noise, masks cut by the edge of the image, and structures thinner than a voxel.
"""

CHOICE = """\
## Which rule to use when
| you want | take | because |
|---|---|---|
| a number to compare with a paper's | its tool's `--protocol` | the digits are then the same, errors included |
| NSD with a tolerance from a paper | `--boundary surfel` | surface Dice began with it (DeepMind's surface-distance) |
| to rank models, to follow a training | `voxel`, or any; keep it | one ruler for all, and the default is the fastest |
| lengths in mm | `--boundary smooth` | least mean error in every column of both tables below |
| CT and MR with thick slices | `--boundary smooth` | least in all of the figure up to slices of {thickest} pixels |
| small round structures | `--boundary smooth` | from a radius of {smallest} voxels; below, no rule is exact |
| boxes and the like along the grid | `--boundary mesh` | like `face` and `smooth` there, with the least HD |
| HD of sharp edges, equal spacings | `--boundary mesh` | it rounds nothing off |
| speed | `voxel`, `surfel` or `face` | see the [benchmarks](../benchmarks/README.md) |
"""
