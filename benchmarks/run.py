"""Runs the benchmarks and prints Markdown tables: `python benchmarks/run.py [SECTION …] [--runs
5]`.

Sections: `kernels` (our measuring, every input and prediction, 1 and 2 threads), `peers` (the same
metrics by other tools), `files` (files to rows against what reading alone costs), `growth` (time
against labels, voxels and cases), `memory`, `start` (the command line), `first` (the first run of a
new install, and one without kernels), `training` (validation steps on tensors, against torchmetrics
and MONAI), `boundaries` (every boundary rule against the default), `losses` (against kornia and
MONAI). What is compared runs in turn, in one process; figures are medians.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import files
import inputs
import losses
import numpy as np
import peers
import starting
import training
from timing import THREADS, seconds, table, times

import segeval

EXTRAPOLATED = {"ct": 4}
"""Labels of an input that the slow tools are timed on; their time is scaled to all."""


def present(pred: np.ndarray, gt: np.ndarray) -> list[int]:
    """The labels above 0 in both masks."""
    return sorted((set(np.unique(pred).tolist()) & set(np.unique(gt).tolist())) - {0})


def kernels(runs: int) -> None:
    """Contingency and all surface distances of all labels, volumes in memory."""
    rows = []
    for kind in inputs.SHAPE:
        for variant in inputs.VARIANTS:
            pred, gt, spacing = inputs.load(kind, variant)
            labels = sorted(set(np.unique(gt).tolist()) - {0})
            medians = times(
                [partial(peers.segeval, pred, gt, spacing, labels, n) for n in THREADS], runs
            )
            rows.append((kind, variant, *map(seconds, medians)))
    table(("input", "prediction", *(f"{n} thread{'s' if n > 1 else ''}" for n in THREADS)), rows)


def against_peers(runs: int, only: Sequence[str], kinds: Sequence[str]) -> None:
    """HD, HD95, ASSD, NSD and Dice of all labels by every tool, on one thread each."""
    rows = []
    for kind in kinds or ("brats", "liver", "ct"):
        pred, gt, spacing = inputs.load(kind)
        labels = present(pred, gt)
        part = labels[: EXTRAPOLATED.get(kind, len(labels))]
        whole = {"segeval", "SciPy EDT, cropped"}
        tools = {
            name: tool
            for name, tool in peers.TOOLS.items()
            if not only or name in only or name == "segeval"
        }
        calls = [
            partial(tool, pred, gt, spacing, labels if name in whole else part, 1)
            for name, tool in tools.items()
        ]
        found = times(calls, runs, limit=20)
        ours = found[0]
        for name, value in zip(tools, found, strict=True):
            scale = 1 if name in whole else len(labels) / len(part)
            mark = " ×" if scale > 1 else ""
            rows.append(
                (
                    kind,
                    len(labels),
                    name,
                    seconds(value * scale) + mark,
                    f"{value * scale / ours:.3g}",
                )
            )
    table(("input", "labels", "tool", "time", "times segeval's"), rows)


def growth(runs: int) -> None:
    """Time growing numbers of labels, voxels and cases; linear means equal figures per unit."""
    rows = []
    rng = np.random.default_rng(0)
    for count in (1, 10, 100, 1000):
        gt = blocks((100, 256, 256), count, rng)
        pred = np.roll(gt, 1, 1)
        median = times(
            [partial(peers.segeval, pred, gt, (1.0, 1.0, 1.0), range(1, count + 1), 1)], runs
        )[0]
        rows.append((f"{count} labels in 100×256×256", seconds(median), "–"))
    for factor in (1, 2, 4, 8):
        gt = blocks((64 * factor, 256, 256), 8 * factor, rng)
        pred = np.roll(gt, 1, 1)
        median = times(
            [partial(peers.segeval, pred, gt, (1.0, 1.0, 1.0), range(1, 8 * factor + 1), 1)], runs
        )[0]
        rows.append(
            (
                f"{gt.size / 1e6:.0f} M voxels",
                seconds(median),
                f"{median / gt.size * 1e9:.2f} ns a voxel",
            )
        )
    inputs.files("brats")
    for cases in (5, 10, 20, 40):
        root = inputs.folder("brats", cases)
        median = times([partial(segeval.score_folder, root / "pred", root / "gt", jobs=2)], runs)[0]
        rows.append((f"{cases} brats cases", seconds(median), f"{seconds(median / cases)} a case"))
    table(("what", "time", "per unit"), rows)


RULES = ("voxel", "voxel:connectivity=3", "surfel", "face", "solid", "mesh", "smooth")


def boundaries(runs: int) -> None:
    """Label pairs and distances of all labels under every boundary rule; NSD at one tolerance and
    at twenty.
    """
    rows = []
    for kind in ("brats", "liver", "ct"):
        pred, gt, spacing = inputs.load(kind)
        medians = [
            times(
                [
                    partial(peers.segeval, pred, gt, spacing, None, threads, rule=rule)
                    for rule in RULES
                ],
                runs,
                limit=20,
            )
            for threads in THREADS
        ]
        for number, rule in enumerate(RULES):
            cells = [
                f"{seconds(by_rule[number])} ({by_rule[number] / by_rule[0]:.2g} ×)"
                for by_rule in medians
            ]
            rows.append((kind, rule, *cells))
    table(("input", "rule", *(f"{n} thread{'s' if n > 1 else ''}" for n in THREADS)), rows)
    single, twenty = (
        [f"nsd@{tolerance:g}" for tolerance in np.linspace(0.5, 10, count)] for count in (1, 20)
    )
    pred, gt, spacing = inputs.load("liver")
    calls = [
        partial(peers.segeval, pred, gt, spacing, None, 2, metrics=forms)
        for forms in (single, twenty)
    ]
    medians = times(calls, runs)
    table(
        ("NSD of liver", "time"),
        [("at one tolerance", seconds(medians[0])), ("at twenty", seconds(medians[1]))],
    )


def blocks(shape: tuple[int, int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """A label map of so many boxes of equal total size, at places of a lattice."""
    per_side = int(np.ceil(count ** (1 / 3)))
    cell = [n // per_side for n in shape]
    labels = np.zeros(shape, np.uint16)
    for label, place in enumerate(rng.permutation(per_side**3)[:count], 1):
        corner = np.array(np.unravel_index(place, (per_side,) * 3)) * cell
        labels[
            tuple(slice(a + c // 4, a + 3 * c // 4 + 1) for a, c in zip(corner, cell, strict=True))
        ] = label
    return labels


def memory() -> None:
    """Peak memory of one ct case, in a process of its own; not `ru_maxrss`, which a process has
    from its parent.
    """
    inputs.files("ct")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import inputs, segeval; pred, gt = "
        "inputs.files('ct');"
        "segeval.score_folder(pred, gt, jobs=2);"
        "print(next(line.split()[1] for line in open('/proc/self/status') if "
        "line.startswith('VmHWM')))"
    )
    peak = (
        int(subprocess.check_output([sys.executable, "-c", code, str(Path(__file__).parent)]))
        / 1024
    )
    arrays = 2 * np.prod(inputs.SHAPE["ct"]) / 2**20
    table(
        ("what", "MiB"),
        [("two arrays of ct", f"{arrays:.0f}"), ("peak of the whole process", f"{peak:.0f}")],
    )


def start(runs: int) -> None:
    """The command line, as whole processes with warm caches."""
    root = inputs.folder("street", 500)
    with tempfile.TemporaryDirectory() as folder:
        for side in ("pred", "gt"):
            (Path(folder) / side).mkdir()
            for name in ("case000.png", "case001.png"):
                (Path(folder) / side / name).symlink_to(root / side / name)
        program = [str(Path(sys.executable).parent / "segeval")]
        score = [
            *program,
            "score",
            f"{folder}/pred",
            f"{folder}/gt",
            "--no-plots",
            "-o",
            f"{folder}/out",
        ]
        commands = [[*program, "--help"], score]
        medians = times(
            [partial(subprocess.run, c, capture_output=True, check=True) for c in commands], runs
        )
    table(
        ("command", "time"),
        [
            ("segeval --help", seconds(medians[0])),
            ("segeval score, two pairs", seconds(medians[1])),
        ],
    )


SECTIONS = (
    "kernels",
    "peers",
    "files",
    "growth",
    "memory",
    "start",
    "first",
    "training",
    "boundaries",
    "losses",
)


def main() -> None:
    """Runs the sections asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all without"
    )
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each")
    parser.add_argument(
        "--tool", action="append", default=[], help="compare with these peers alone"
    )
    parser.add_argument(
        "--input", action="append", default=[], help="compare with peers on these inputs alone"
    )
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {min(unknown)!r}; there are {', '.join(SECTIONS)}")
    warnings.simplefilter("ignore")  # the peers' own
    run = {
        "kernels": lambda: kernels(options.runs),
        "peers": lambda: against_peers(options.runs, options.tool, options.input),
        "files": lambda: files.section(options.runs),
        "growth": lambda: growth(options.runs),
        "memory": memory,
        "start": lambda: start(options.runs),
        "first": lambda: starting.section(min(options.runs, 3)),
        "training": lambda: training.steps(options.runs),
        "boundaries": lambda: boundaries(options.runs),
        "losses": lambda: losses.section(options.runs),
    }
    for section in options.sections or SECTIONS:
        print(f"\n## {section}", flush=True)
        run[section]()


if __name__ == "__main__":
    main()
