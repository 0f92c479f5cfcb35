"""Writes the pages that are generated: docs/metrics.md from the cards, docs/commands.md from every command's --help.

`python docs/make.py` writes them; `python docs/make.py --check` fails when one is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from segeval.citations import CITATIONS
from segeval.cli.app import cli
from segeval.metrics import REGISTRY
from segeval.spec import MetricSpec

DOCS = Path(__file__).parent
SECTIONS = {
    "segeval.overlap.metrics": "Counts of one region",
    "segeval.overlap.partition": "Partitions of the whole image",
    "segeval.surface.metrics": "Boundaries and solid masks",
}


def metrics_page() -> str:
    """The page of all metrics: a table each section, and the card of every metric."""
    return "\n".join(_metrics_lines()) + "\n"


def _metrics_lines() -> Iterator[str]:
    yield "# Metrics\n"
    yield "This page is generated from the metric cards; `segeval metrics NAME` prints one. Lengths are in the unit of the"
    yield "spacing (mm or px), volumes in ml (3-D in mm), mm² (2-D in mm) or px.\n"
    yield "TP, FP, FN and TN are voxels of one region; $D_{pg}$ are the distances from every boundary voxel of the prediction"
    yield "to the boundary of the ground truth, $D_{gp}$ the reverse. *Empty* holds the values when both masks, only the"
    yield "prediction or only the ground truth is empty; a dash means: what the formula gives.\n"
    for module, title in SECTIONS.items():
        specs = [spec for spec in REGISTRY.values() if spec.formula.__module__ == module]
        yield f"## {title}\n"
        yield "| metric | title | written | range | best | unit | empty: both, pred, gt |"
        yield "|---|---|---|---|---|---|---|"
        for spec in specs:
            yield f"| [`{spec.name}`](#{spec.name}) | {spec.title} | {_written(spec)} | {_facts(spec)} |"
        yield ""
        for spec in specs:
            yield from _card(spec)


def _written(spec: MetricSpec) -> str:
    return ", ".join(f"`{name}`" for name in (spec.usage, *spec.aliases))


def _facts(spec: MetricSpec) -> str:
    low, high = spec.range
    empties = (spec.empty.both, spec.empty.pred, spec.empty.gt)
    best = "–" if spec.best is None else _number(spec.best)
    empty = ", ".join("–" if value is None else _number(value) for value in empties)
    return f"[{_number(low)}, {_number(high)}] | {best} | {spec.unit or '–'} | {empty}"


def _number(value: float) -> str:
    return {float("inf"): "∞", float("-inf"): "−∞"}.get(value, "NaN" if value != value else f"{value:g}")


def _card(spec: MetricSpec) -> Iterator[str]:
    yield f"### {spec.name}\n"
    yield f"**{spec.title}** ({spec.symbol}). {' '.join(spec.doc.split())}\n"
    yield f"$${spec.tex}$$\n"
    for parameter in spec.parameters:
        default = "must be given" if parameter.default is None else f"default {parameter.default}"
        domain = " or ".join(parameter.domain) if isinstance(parameter.domain, tuple) else str(parameter.domain)
        yield f"- `{parameter.name}`: {domain}; {default}"
    if spec.scope == "case":
        yield "- one value a case, in the row of region `all`"
    yield f"- source: {CITATIONS[spec.cite]}\n"


def commands_page() -> str:
    """The page of all commands, as their --help prints them."""
    pages = ["# Commands\n\nThis page is generated from `--help`.\n"]
    with click.Context(cli, info_name="segeval") as context:
        names = cli.list_commands(context)
    for arguments in ([], *([name] for name in names)):
        result = CliRunner().invoke(
            cli, [*arguments, "--help"], prog_name="segeval", env={"COLUMNS": "110"}, catch_exceptions=False
        )
        title = " ".join(["segeval", *arguments])
        pages.append(f"## {title}\n\n```text\n{result.output.rstrip()}\n```\n")
    return "\n".join(pages)


def main() -> None:
    """Writes or checks the pages."""
    pages = {"metrics.md": metrics_page(), "commands.md": commands_page()}
    for name, text in pages.items():
        path = DOCS / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                sys.exit(f"{path} is out of date; run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
