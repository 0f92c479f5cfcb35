"""`python -m fuzz --seconds 3600`: fuzz every target, or those that are named, for so long."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

from .engine import CORPUS, Worker, fuzz
from .targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all by default")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of what is found")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    print(f"seed {options.seed}, {options.seconds:g} s, {len(names)} targets", flush=True)
    end = time.monotonic() + options.seconds
    findings = []
    with Worker() as worker:
        for place, name in enumerate(names):
            rng = Random(f"{options.seed} {name}")
            seconds = (end - time.monotonic()) / (len(names) - place)
            report = fuzz(worker, TARGETS[name], rng, seconds=seconds, corpus=options.corpus)
            print(f"{name}: {report.tried:,} inputs, {len(report.findings)} findings", flush=True)
            for finding in report.findings:
                print(f"  {finding}", flush=True)
            findings += report.findings
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
