"""Page of protocols, made from their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isnan

from segeval.protocols import Convention, convention, names
from segeval.protocols.conventions import Entry
from segeval.protocols.files import Group

HEAD = """\
# Protocols

This page is generated from the files in `segeval/protocols/tools` and
`segeval/protocols/challenges`.

A protocol says what a tool or a challenge means by the names of metrics: whose formula, on which
boundary, with which values for empty masks, and which mean first. `--protocol NAME` (in Python
`protocol="NAME"`) makes segeval give that tool's number; `segeval explain NAME` tells the same as
this page, `segeval explain NAME OTHER` what parts two of them, and `--protocol all` puts every
tool's number side by side. How this was checked: [conventions](conventions.md).

`--protocol OUT/run.json` takes the protocol of an earlier run, with its metrics, regions and all
other options that can change a number, and so repeats it; what is given beside it goes before. A
metric object or function takes it too.

A metric that a protocol does not name is an error under it. Where a tool raises an error, the value
here is the one that is documented below. What the columns of the tables mean: *is*, segeval's own
name of the formula where it is another; *boundary*, where it is not that of the protocol; *empty*,
the values where both masks, only the prediction or only the ground truth is empty, where these are
not the metric's own.

## A protocol of your own
A TOML file, given by its path. It may begin with another protocol, and states what is to differ:

```toml
# a name, or a path from this file's folder; without it, the file stands alone
base = "monai"
title = "Our study"
source = "https://example.org/plan" # where it is laid down
notes = ["Agreed in March."]        # what else there is to know; `segeval explain` tells it
boundary = "surfel"                 # rule of all metrics that have none of their own
background = false                  # whether the background, label 0, is scored
# a mean over all: first over the cases of a region ("cases"), or over regions
mean = "cases"
report = ["dice", "nsd", "hd95"]    # what a run computes unless it is asked for others
# true: a metric without an entry is that of its card; false: it is an error
others = false
# options of a run, unless it is given others: this one; binary = true or false; missing;
# threshold = 0.5;
# geometry_tolerance = 0.001; spacing = [2.5, 0.8, 0.8]; and a table colors
ignore_label = 255
missing = "empty"

[regions]
liver = [1]
lesions = [2, 3]

[metrics]
iou = {}                                 # the metric as its card has it
# values where both, only pred, only gt is empty; or nan, inf
dice = {empty = [1, 0, 0]}
"hd@percentile" = {is = "hd_pooled"}     # any percentile is that of both directions together
hd = {boundary = "voxel:connectivity=2"} # a boundary for this metric alone
# a tolerance for each region; the metric is plain `nsd`
nsd = {tolerance = {liver = 3.0, lesions = 1.5}}
```

An exact form goes before an open one (`hd95` before `"hd@percentile"`), and what your own file says
of a form before what the base says of the same form. *is* names a formula of the same unit. A base
that is a path is looked up beside the file, then in the working folder. Whatever a file says that
cannot be meant is told when it is read.
"""


def protocols_page() -> str:
    """Return the page of all protocols."""
    sections = [line for name in names() for line in _section(convention(name))]
    return "\n".join(
        [
            HEAD,
            *_table("Tools", "tools"),
            "",
            *_table("Challenges", "challenges"),
            "",
            *sections,
        ]
    )


def _table(heading: str, group: Group) -> Iterator[str]:
    """Yield the lines of a table of the protocols of one folder."""
    yield f"## {heading}"
    yield "| protocol | whose | boundary | mean first over | reports |"
    yield "|---|---|---|---|---|"
    for name in names(group):
        protocol = convention(name)
        anchor = name.replace(".", "")
        reports = ", ".join(f"`{form}`" for form in protocol.report)
        yield (
            f"| [`{name}`](#{anchor}) | {protocol.title} | `{protocol.boundary}` | "
            f"{protocol.mean_first} | {reports} |"
        )


def _section(protocol: Convention) -> Iterator[str]:
    """Yield the lines about one protocol."""
    yield f"## {protocol.name}\n"
    yield f"{protocol.title}. {protocol.source}.\n"
    yield from (f"- {note}" for note in protocol.notes)
    if protocol.regions:
        regions = [f"{name} ({_sum(labels)})" for name, labels in protocol.regions.items()]
        yield f"- Regions: {', '.join(regions)}."
    if protocol.others:
        yield "- Every metric is the one of its [card](metrics.md).\n"
        return
    yield "\n| metric | is | boundary | empty |\n|---|---|---|---|"
    yield from (_row(protocol, entry) for entry in protocol.entries)
    yield ""


def _row(protocol: Convention, entry: Entry) -> str:
    """Return the line about one metric."""
    formula, boundary, empties = "", "", ""
    if entry.formula:
        formula = f"`{entry.formula}`"
    if entry.by_region:
        values = ", ".join(f"{region} {value:.4g}" for region, value in entry.by_region.items())
        formula = f"{entry.spec.parameters[0].name}: {values}"
    if entry.boundary not in (None, protocol.boundary):
        boundary = f"`{entry.boundary}`"
    if entry.empty:
        values_of_empty = (entry.empty.both, entry.empty.pred, entry.empty.gt)
        empties = ", ".join(map(_number, values_of_empty))
    return f"| [`{entry.key}`](metrics.md#{entry.spec.name}) | {formula} | {boundary} | {empties} |"


def _sum(labels: Sequence[int]) -> str:
    return " + ".join(map(str, labels))


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if isnan(value):
        return "NaN"
    return {inf: "∞", -inf: "−∞"}.get(value, f"{value:g}")
