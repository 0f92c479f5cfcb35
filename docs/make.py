"""Writes what is generated: from the cards docs/metrics.md, docs/reference.md and the stubs of the
functions and metric objects, docs/protocols.md from the protocols' files, and docs/commands.md from
every command's --help.

`python docs/make.py` writes them; `python docs/make.py --check` fails when one is out of date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import protocols
import stubs
from click.testing import CliRunner

from segeval.cli.app import app
from segeval.metrics import REGISTRY
from segeval.metrics.card import MetricSpec
from segeval.metrics.citations import CITATIONS
from segeval.metrics.parameters import Choice, Parameter

ROOT = Path(__file__).parents[1]
METRICS = """\
# Metrics

This page is generated from the metric cards; `segeval metrics NAME` prints one. How metrics are chosen and written:
[concepts](concepts.md#metrics). Why they are defined so: [conventions](conventions.md).

TP, FP, FN and TN are voxels of one region, $V_p$ and $V_g$ the sizes of prediction and ground truth. $D_{pg}$ are the
distances from every boundary voxel of the prediction to the boundary of the ground truth, $D_{gp}$ the reverse.
Lengths are in the unit of the spacing (mm or px), volumes in ml (3-D in mm), mm² (2-D in mm) or px. *Empty* holds the
values where both masks, only the prediction or only the ground truth is empty; a dash there means: what the formula
gives.
"""
REFERENCE = """\
# Functions and metric objects

This page is generated from the metric cards.

`segeval.functional.NAME(pred, gt, *, …)` computes a metric of arrays or tensors; `segeval.NAME(…)` is the object that
does it over many batches, and `segeval.SegmentationMetrics([…], …)` the object of several.

Parameters of the metric itself that are shown without a default must be given: to functions by
name, to objects by position or by name, `SurfaceDice(2)` or `SurfaceDice(tolerance=2)`. Those with
a default are given by name alone, `HausdorffDistance(percentile=95)`: elsewhere
`HausdorffDistance(3)` means three classes, which must not become a percentile. Any other value by
position is an error that says what to write.
"""
OPTIONS_HEAD = """\
## Options
All are given by name. `average` is not for metrics of whole cases, `include_background` and
`multilabel` not for partitions; `spacing` is for what has a length or a volume, `boundary` for
distances between boundaries.
"""
COMMANDS = """\
# Commands

This page is generated from `--help`. What the commands read is told in [formats](formats.md), what they write in
[results](results.md).

## Completion
The shell completes commands, options, their choices and paths once it is told so: in Bash (4.4 or later) by this line
in `~/.bashrc`,

```sh
eval "$(_SEGEVAL_COMPLETE=bash_source segeval)"
```

in Zsh by the same with `zsh_source` in `~/.zshrc`, and in fish by `_SEGEVAL_COMPLETE=fish_source segeval | source` in
`~/.config/fish/completions/segeval.fish`. Where a new shell shall not wait for Python, keep what the command prints in
a file and source that.
"""


def pages() -> dict[str, str]:
    """The text of every generated file, by its path."""
    return {
        "docs/metrics.md": metrics_page(),
        "docs/protocols.md": protocols.protocols_page(),
        "docs/commands.md": commands_page(),
        "docs/reference.md": reference_page(),
        "segeval/functional.pyi": stubs.functional(),
        "segeval/stateful.pyi": stubs.stateful(),
    }


def metrics_page() -> str:
    """The page of all metrics: for each module of formulas a table, and the card of every metric."""
    modules = dict.fromkeys(spec.formula.__module__ for spec in REGISTRY.values())
    return "\n".join([METRICS, *(line for module in modules for line in _section(module))])


def _section(module: str) -> Iterator[str]:
    specs = [spec for spec in REGISTRY.values() if spec.formula.__module__ == module]
    summary = (inspect.getdoc(sys.modules[module]) or module).splitlines()[0]
    yield f"## {summary.partition(':')[0].rstrip('.')}\n"
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
    best = "–" if spec.best is None else _number(spec.best)
    empties = (spec.empty.both, spec.empty.pred, spec.empty.gt)
    empty = ", ".join("–" if value is None else _number(value) for value in empties)
    return f"{_number(low)} to {_number(high)} | {best} | {spec.unit or '–'} | {empty}"


def _number(value: float) -> str:
    return {float("inf"): "∞", float("-inf"): "−∞"}.get(
        value, "NaN" if value != value else f"{value:g}"
    )


def _card(spec: MetricSpec) -> Iterator[str]:
    yield f"### {spec.name}\n"
    yield f"**{spec.title}** ({spec.symbol}). {spec.doc}\n"
    yield f"```math\n{spec.tex}\n```\n"
    yield from (f"- `{parameter.name}`: {_domain(parameter)}" for parameter in spec.parameters)
    if spec.scope == "case":
        yield "- One value a case, in the row of region `all`."
    yield f"- Source: {CITATIONS[spec.cite]}\n"


def _domain(parameter: Parameter) -> str:
    words = str(parameter.domain)
    if isinstance(parameter.domain, Choice):
        words = " or ".join(parameter.domain.words)
    default = parameter.default
    return f"{words}; {'must be given' if default is None else f'{default} unless given'}."


def reference_page() -> str:
    """The page of all functions and metric objects."""
    lines = ["| metric | function | object | of its own |", "|---|---|---|---|"]
    for spec in REGISTRY.values():
        own = ", ".join(
            f"`{p.name}`" if p.default is None else f"`{p.name}={p.default!r}`"
            for p in spec.parameters
        )
        lines.append(
            f"| [{spec.title}](metrics.md#{spec.name}) | `functional.{spec.formula.__name__}` | "
            f"`{spec.class_name}` "
            f"| {own or '–'} |"
        )
    return "\n".join([REFERENCE, *lines, "", OPTIONS_HEAD, *stubs.options_table(), ""])


def commands_page() -> str:
    """The page of all commands, as their --help prints them."""
    names = app.list_commands(click.Context(app))
    return "\n".join(
        [COMMANDS, *(_help(arguments) for arguments in ([], *([name] for name in names)))]
    )


def _help(arguments: list[str]) -> str:
    called = [*arguments, "--help"]
    # 100 columns are the widest that the commands use
    result = CliRunner().invoke(
        app, called, prog_name="segeval", env={"COLUMNS": "110"}, catch_exceptions=False
    )
    return f"## {' '.join(['segeval', *arguments])}\n\n```text\n{result.output.rstrip()}\n```\n"


def main() -> None:
    """Writes or checks the pages."""
    for name, text in pages().items():
        path = ROOT / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is out of date; run `make docs`")


if __name__ == "__main__":
    main()
