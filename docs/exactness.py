"""Measures how far boundary rules and tools are from the truth, and writes docs/exactness.md and
its figures.

`python docs/exactness.py` measures anew, in some two minutes, into docs/exactness.json; with
`--stored` the page and its figures are made from what that file holds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from accuracy import COLUMNS as TITLES
from accuracy import CUBES, RADII, RULES, SHOWN, SLICES, Mean, Record, load, mean, measure, save
from families import FAMILIES

HERE = Path(__file__).parent
STORE, PAGE = HERE / "exactness.json", HERE / "exactness.md"
WORDS = HERE / "exactness.txt"
"""The words of the page: sections, each below a line `%% NAME`, with places for numbers in {}."""
GROUPS = [(family, far) for family in FAMILIES for far in (False, True)]
ARROWS = {1: " ↑", 0: "", -1: " ↓"}
SPLIT = ("hd", "hd95", "assd", "nsd", "area")
"""The columns that are split by family: MASD goes with ASSD."""


def page(records: Sequence[Record]) -> str:
    """The text of the page."""
    golden, drawn = (_group(records, name) for name in ("golden", "drawn"))
    both = [*golden, *drawn]
    words = _words()
    sections = [
        words["HEAD"],
        words["CHOICE"].format(**_limits(records)),
        words["TRUTH"].format(golden=len(golden), drawn=len(drawn)),
        words["TABLES"].format(
            golden="\n".join(overall(golden)),
            drawn="\n".join(overall(drawn)),
            against="\n".join(against({"golden": golden, "drawn": drawn})),
            **_balls(golden),
            **{
                f"{rule}_hd": _percent(mean(golden, rule, "hd").value)
                for rule in ("voxel", "mesh", "smooth")
            },
        ),
        words["FAMILY"].format(
            tables="\n\n".join("\n".join(split(both, column)) for column in SPLIT)
        ),
        words["SIZE"].format(**_by_size(records)),
        words["FAILS"].format(
            ratios="\n".join(ratios(both)),
            worse="\n".join(worse(both)),
            worst="\n".join(worst(both)),
            cubes="\n".join(cubes(records)),
            **_far(records),
        ),
    ]
    return "\n".join(sections)


def _words() -> dict[str, str]:
    """Return the sections of the page's words, by their names."""
    sections = re.split(r"^%% ", WORDS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(section.split("\n", 1) for section in sections)


def overall(records: Sequence[Record]) -> Iterator[str]:
    """The lines of the table of mean errors of rules and tools; the least of a column is bold."""
    names = (*RULES, *_tools(records))
    means = {name: [mean(records, name, column).value for column in TITLES] for name in names}
    least = np.nanmin([np.round(values, 3) for values in means.values()], axis=0)
    yield f"| | {' | '.join(TITLES.values())} |"
    yield "|---" * (1 + len(TITLES)) + "|"
    for name, values in means.items():
        cells = [
            f"**{_percent(value)}**" if round(value, 3) == low else _percent(value)
            for value, low in zip(values, least, strict=True)
        ]
        yield f"| {f'`{name}`' if name in RULES else name} | {' | '.join(cells)} |"


def against(groups: dict[str, Sequence[Record]]) -> Iterator[str]:
    """The lines of the table of `smooth` against, column by column, the best of all tools."""
    yield f"| | {' | '.join(TITLES.values())} |"
    yield "|---" * (1 + len(TITLES)) + "|"
    for name, records in groups.items():
        best = [best_tool(records, column) for column in TITLES]
        own = [mean(records, "smooth", column).value for column in TITLES]
        yield f"| {name}: best tool | {' | '.join(map(_percent, best))} |"
        yield f"| {name}: `smooth` | {' | '.join(map(_percent, own))} |"
        ratios = [f"{a / b:.2f}" for a, b in zip(own, best, strict=True)]
        yield f"| {name}: ratio | {' | '.join(ratios)} |"


def best_tool(records: Sequence[Record], column: str) -> float:
    """The least mean error that a tool has in a column."""
    return float(np.nanmin([mean(records, tool, column).value for tool in _tools(records)]))


def split(records: Sequence[Record], column: str) -> Iterator[str]:
    """The lines of the table of a column by family; rules and tools with the same numbers share a
    column.
    """
    cells: dict[tuple[str, ...], list[str]] = {}
    for name in (*RULES, *_tools(records)):
        own = tuple(_cell(mean(_family(records, *group), name, column)) for group in GROUPS)
        if any(own):
            cells.setdefault(own, []).append(f"`{name}`" if name in RULES else name)
    yield f"**{TITLES[column]}**\n"
    yield f"| | n | {' | '.join(', '.join(names) for names in cells.values())} |"
    yield "|---" * (2 + len(cells)) + "|"
    for at, group in enumerate(GROUPS):
        count = mean(_family(records, *group), "smooth", column).count
        yield f"| {_named(*group)} | {count} | {' | '.join(own[at] for own in cells)} |"


def ratios(records: Sequence[Record]) -> Iterator[str]:
    """The lines of the table of `smooth` in units of the best tool's error, by family; more than 1
    is bold.
    """
    yield f"| | {' | '.join(TITLES[column] for column in SPLIT)} |"
    yield "|---" * (1 + len(SPLIT)) + "|"
    for group in GROUPS:
        own = _family(records, *group)
        shares = [mean(own, "smooth", column).value / best_tool(own, column) for column in SPLIT]
        cells = [f"**{share:.2f}**" if round(share, 2) > 1 else f"{share:.2f}" for share in shares]
        yield f"| {_named(*group)} | {' | '.join(cells)} |"


def worse(records: Sequence[Record]) -> Iterator[str]:
    """The lines of the table of families on which `smooth` is worse than voxel faces."""
    yield "| family | metric | `smooth` | `face` | shapes on which it is worse |"
    yield "|---|---|---|---|---|"
    for group in GROUPS:
        own = _family(records, *group)
        for column in SPLIT:
            smooth, face = (mean(own, rule, column) for rule in ("smooth", "face"))
            if _percent(smooth.value) != _percent(face.value) and smooth.value > face.value:
                single = [
                    abs(r.errors["smooth"][column]) > abs(r.errors["face"][column])
                    for r in own
                    if _has(r, column)
                ]
                shares = f"{sum(single)} of {len(single)}"
                errors = f"{_cell(smooth)} | {_cell(face)}"
                yield f"| {_named(*group)} | {TITLES[column]} | {errors} | {shares} |"


def worst(records: Sequence[Record]) -> Iterator[str]:
    """The lines of the table of each rule's worst family, column by column."""
    yield f"| | {' | '.join(TITLES[column] for column in SPLIT)} |"
    yield "|---" * (1 + len(SPLIT)) + "|"
    for rule in SHOWN:
        cells = []
        for column in SPLIT:
            means = {group: mean(_family(records, *group), rule, column) for group in GROUPS}
            found = {group: own for group, own in means.items() if own.count}
            group = max(found, key=lambda group: found[group].value) if found else None
            cells.append(f"{_named(*group)}: {_cell(found[group])}" if group else "")
        yield f"| `{rule}` | {' | '.join(cells)} |"


def cubes(records: Sequence[Record]) -> Iterator[str]:
    """The lines of the table of cubes by their edge."""
    own = _group(records, "cubes")
    yield f"| edge in voxels | {' | '.join(map(str, CUBES))} |"
    yield "|---" * (1 + len(CUBES)) + "|"
    for rule in ("surfel", "face", "smooth"):
        for column in ("assd", "area"):
            cells = [_signed(r.errors[rule][column]) for r in own]
            yield f"| `{rule}`, {TITLES[column]} | {' | '.join(cells)} |"


def _balls(records: Sequence[Record]) -> dict[str, str]:
    balls = [r for r in records if r.family == "balls"]
    hausdorff = [100 * np.mean([r.errors[tool]["hd"] for r in balls]) for tool in _tools(balls)]
    areas = [100 * np.mean([r.errors[rule]["area"] for r in balls]) for rule in ("surfel", "face")]
    return {
        "ball_hd": f"{min(hausdorff):.0f} to {max(hausdorff):.0f} %",
        "surfel_area": f"{areas[0]:.0f} %",
        "face_area": f"{areas[1]:.0f} %",
    }


def _by_size(records: Sequence[Record]) -> dict[str, str]:
    """The numbers of the text on size: mean errors of the smallest, a middling and the largest
    balls.
    """
    found = {"first": str(RADII[0]), "last": str(RADII[-1]), "middle": str(RADII[3])}
    own = _group(records, "radius")
    least = [r.errors["smooth"]["area"] for r in own if r.size == RADII[0]]
    found["smooth_area_signed"] = _signed(float(np.mean(least)))
    for rule in SHOWN:
        for column in TITLES:
            for name, size in (("first", RADII[0]), ("middle", RADII[3]), ("last", RADII[-1])):
                at_size = [r for r in own if r.size == size]
                found[f"{rule}_{column}_{name}"] = _percent(mean(at_size, rule, column).value)
    return found


def _far(records: Sequence[Record]) -> dict[str, str]:
    """The numbers of the text on slices: errors of `smooth` at the spacings of the figure's end."""
    own = _group(records, "slices")
    sizes = {"five": SLICES[-3], "ten": SLICES[-1]}
    return {
        f"{rule}_{column}_{name}": _percent(
            mean([r for r in own if r.size == size], rule, column).value
        )
        for rule in ("face", "mesh", "smooth")
        for column in TITLES
        for name, size in sizes.items()
    }


def _limits(records: Sequence[Record]) -> dict[str, str]:
    """Up to which slice spacing `smooth` is the best rule in every column, and from which radius
    its area is.
    """

    def best(group: str, size: float, columns: Iterable[str]) -> bool:
        own = [r for r in _group(records, group) if r.size == size]
        errors = {rule: [mean(own, rule, column).value for column in columns] for rule in SHOWN}
        return bool(np.all(np.nanmin(list(errors.values()), axis=0) == errors["smooth"]))

    thick = [size for size in SLICES if not best("slices", size, ("hd", "hd95", "assd", "area"))]
    small = [size for size in RADII if not best("radius", size, ("area",))]
    return {
        "thickest": f"{max(size for size in SLICES if size < min(thick)):g}",
        "smallest": f"{min(size for size in RADII if size > max(small)):g}",
    }


def _group(records: Iterable[Record], name: str) -> list[Record]:
    return [r for r in records if r.group == name]


def _family(records: Iterable[Record], family: str, anisotropic: bool) -> list[Record]:
    return [r for r in records if r.family == family and r.anisotropic == anisotropic]


def _has(r: Record, column: str) -> bool:
    return column in r.errors["smooth"]


def _named(family: str, anisotropic: bool) -> str:
    return f"{family}, {'anisotropic' if anisotropic else 'isotropic'}"


def _tools(records: Sequence[Record]) -> list[str]:
    return [name for name in records[0].errors if name not in RULES]


def _cell(own: Mean) -> str:
    return f"{_percent(own.value)}{ARROWS[own.side]}" if own.count else ""


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.1f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def main() -> None:
    """Measures, unless told to take what is stored, and writes the page and its figures."""
    from exactness_figures import draw

    if "--stored" not in sys.argv:
        save(list(measure()), STORE)
    records = load(STORE)
    PAGE.write_text(page(records), encoding="utf-8")
    draw(records)


if __name__ == "__main__":
    main()
