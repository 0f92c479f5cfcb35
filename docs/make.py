"""Writes what is generated.

From the cards: docs/metrics.md, docs/reference.md, the tables in docs/formats.md and
docs/results.md, the stubs of the functions and metric objects, and the arguments in segeval/api.py.
From the protocols' files: docs/protocols.md. From every command's --help: docs/commands.md.

`python docs/make.py` writes them; `python docs/make.py --check` fails when one is out of date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import arguments
import click
import protocols
import stubs
from click.testing import CliRunner

from segeval.cli.app import command_line
from segeval.io.registry import FORMATS, Format
from segeval.metrics import REGISTRY
from segeval.metrics.card import MetricSpec
from segeval.metrics.citations import CITATIONS
from segeval.metrics.parameters import Choice, Parameter
from segeval.plots import KINDS
from segeval.plots.card import card_of

ROOT = Path(__file__).parents[1]
METRICS = """\
# Metrics

This page is generated from the metric cards; `segeval metrics NAME` prints one. How metrics are
chosen and written: [concepts](concepts.md#metrics). Why they are defined so:
[conventions](conventions.md).

TP, FP, FN and TN are voxels of one region, $V_p$ and $V_g$ the sizes of prediction and ground
truth. $D_{pg}$ are the distances from every boundary voxel of the prediction to the boundary of the
ground truth, $D_{gp}$ the reverse. Lengths are in the unit of the spacing (mm or px), volumes in ml
(3-D in mm), mm² (2-D in mm) or px. *Empty* holds the values where both masks, only the prediction
or only the ground truth is empty; a dash there means: what the formula gives.
"""
REFERENCE = """\
# Functions and metric objects

This page is generated from the metric cards.

`segeval.functional.NAME(pred, gt, *, …)` computes a metric of arrays or tensors; `segeval.NAME(…)`
is the object that does it over many batches, and `segeval.SegmentationMetrics([…], …)` the object
of several.

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

This page is generated from `--help`. What the commands read is told in [formats](formats.md), what
they write in [results](results.md).

## Options in a file
`--config FILE` reads options from a TOML file. Keys are the long names of options, with `-` or `_`,
and the names of arguments, such as `pred` and `gt`. What stands above all tables is for whichever
command is run. A table, such as `[score]`, is for one command and goes before that; what is typed
goes before both.

```toml
# study.toml
metric = ["dice", "nsd@1"]

[score]
pred = "predictions"
gt = "labels"
output = "study"
regions = {grey = 2, white = 3, tissue = [2, 3]}
plots = false

[plot]
paths = "study"
kind = "heatmap"
```

```console
$ segeval score --config study.toml --quiet
note: labels that no region takes are not scored: 1 (in 3) of predictions; 1 (in 3) of ground truths
region  dice           nsd@1
grey    0.898 ± 0.022  0.863 ± 0.055
white   0.902 ± 0.037  0.901 ± 0.067
tissue  0.966 ± 0.006  0.830 ± 0.010
mean    0.922 ± 0.007  0.865 ± 0.043
$ segeval plot --config study.toml -m dice --format svg
study/plots/heatmap-dice.svg
```

- Texts, numbers, `true` and `false` are written as in TOML. An option that may be repeated takes a
  text or a list; `spacing` a list of lengths, `regions` also a label, a list of labels, or a table
  of names and labels as above.
- The run is the same as if all was typed, and so is its `run.json`.
- Paths begin at the working folder, as they do when they are typed, wherever the file lies. `~` is
  the home folder.
- A key that no command knows, and a value of the wrong kind, is an error that names the file and
  the key.
- No file is read unless it is named: a `segeval.toml` that happens to lie there changes nothing.

## Exit codes
| exit code | |
|---|---|
| 0 | done |
| 1 | a case failed, or something could not be written: what could be kept is kept |
| 2 | wrong usage: one line on stderr, nothing was scored |
| 70 | a fault of segeval: please report it |
| 130, 143, 129 | stopped by Ctrl-C (SIGINT), SIGTERM or SIGHUP: what was scored is in the tables |
| 141 | of commands other than `score`: who read the output has gone, as `head` has |

## Completion
The shell completes commands, options, their choices and paths once it is told so: in Bash (4.4 or
later) by this line in `~/.bashrc`,

```sh
eval "$(_SEGEVAL_COMPLETE=bash_source segeval)"
```

in Zsh by the same with `zsh_source` in `~/.zshrc`, and in fish by
`_SEGEVAL_COMPLETE=fish_source segeval | source` in `~/.config/fish/completions/segeval.fish`. Where
a new shell shall not wait for Python, keep what the command prints in a file and source that.
"""


def pages() -> dict[str, str]:
    """The text of every generated file, by its path."""
    return {
        "docs/metrics.md": metrics_page(),
        "docs/protocols.md": protocols.protocols_page(),
        "docs/commands.md": commands_page(),
        "docs/formats.md": formats_page(),
        "docs/reference.md": reference_page(),
        "docs/results.md": results_page(),
        "segeval/api.py": arguments.api_module(ROOT / "segeval/api.py"),
        "segeval/functional.pyi": stubs.functional(),
        "segeval/stateful.pyi": stubs.stateful(),
    }


def metrics_page() -> str:
    """The page of all metrics: for each module of formulas a table, and the card of each metric."""
    modules = dict.fromkeys(spec.formula.__module__ for spec in REGISTRY.values())
    return "\n".join([METRICS, *(line for module in modules for line in _section(module))])


def _section(module: str) -> Iterator[str]:
    specs = [spec for spec in REGISTRY.values() if spec.formula.__module__ == module]
    summary = (inspect.getdoc(sys.modules[module]) or module).splitlines()[0]
    yield f"## {summary.partition(':')[0].rstrip('.')}\n"
    yield "| metric | title | written | range | best | unit | empty: both, pred, gt |"
    yield "|---|---|---|---|---|---|---|"
    for spec in specs:
        name = f"[`{spec.name}`](#{spec.name})"
        yield f"| {name} | {spec.title} | {_written(spec)} | {_facts(spec)} |"
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
        parameters = ", ".join(
            f"`{p.name}`" if p.default is None else f"`{p.name}={p.default!r}`"
            for p in spec.parameters
        )
        lines.append(
            f"| [{spec.title}](metrics.md#{spec.name}) | `functional.{spec.formula.__name__}` | "
            f"`{spec.class_name}` "
            f"| {parameters or '–'} |"
        )
    return "\n".join([REFERENCE, *lines, "", OPTIONS_HEAD, *stubs.options_table(), ""])


def commands_page() -> str:
    """The page of all commands, as their --help prints them."""
    names = command_line.list_commands(click.Context(command_line))
    return "\n".join(
        [COMMANDS, *(_help(arguments) for arguments in ([], *([name] for name in names)))]
    )


def formats_page() -> str:
    """Return docs/formats.md with its table of formats made anew; the rest is written by hand."""
    rows = map(_format_row, dict.fromkeys(FORMATS.values()))
    table = ["| suffix | gives | how it is read | needs |", "|---|---|---|---|", *rows]
    return _with_table(
        "formats.md", "formats: generated from their cards in segeval/io/formats", table
    )


def results_page() -> str:
    """Return docs/results.md with its table of plots made anew; the rest is written by hand."""
    table = ["| kind | shows | needs |", "|---|---|---|"]
    for card in map(card_of, KINDS):
        needs = "; ".join(need.words for need in card.needs) or "–"
        table.append(f"| `{card.name}` | {card.shows} | {needs} |")
    return _with_table("results.md", "plots: generated from their cards in segeval/plots", table)


def _with_table(page: str, mark: str, table: list[str]) -> str:
    """Return a page of docs with a table in place of what is between its mark and its end."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    before, start, after = text.partition(f"<!-- {mark} -->\n")
    end = f"<!-- /{mark.partition(':')[0]}"
    return "".join([before, start, "\n".join(table), "\n", end, after.partition(end)[2]])


def _format_row(card: Format) -> str:
    suffixes = ", ".join(f"`{suffix}`" for suffix in card.suffixes)
    return f"| {suffixes} | {card.gives} | {card.sentence} | {card.package or '–'} |"


def _help(arguments: list[str]) -> str:
    called = [*arguments, "--help"]
    # 100 columns are the widest that the commands use
    result = CliRunner().invoke(
        command_line, called, prog_name="segeval", env={"COLUMNS": "110"}, catch_exceptions=False
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
