"""Metrics by epoch: a panel a metric, with its card's label, unit, direction and range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segeval.errors import UsageError
from segeval.io.files import make_folder
from segeval.results.columns import ALL, MEAN

from .axes import Units, brief, fit, label, shortened
from .panels import LEADING, SHOWN, Curve, Panel, Runs, panels_of
from .smoothing import check_smooth, smoothed, smoothing_words
from .source import counted
from .style import FRAME, GREY, INK, PALETTE, RC, WIDTH, head, page, printables, region_names, save

HEIGHT = 9.0
"""Inches of panels on a page, at most."""
MARKED = 25
"""Values of a curve up to which each has its point."""
STYLES: tuple[Any, ...] = ("-", (0, (4, 1.5)), ":")
UNNAMED = "-."
"""The style of what names no split beside what does."""
WORDS = {"val": "validation", "": "no split named", "test": "test", "train": "training"}
TITLE = "Training curves"


@dataclass(frozen=True, slots=True)
class Look:
    """What panels of one figure have in common: runs have one colour and splits one style in all of
    them.
    """

    runs: tuple[str, ...] = ("",)
    splits: tuple[str, ...] = ()
    smooth: float = 0
    unit: str = ""

    @classmethod
    def of(cls, some: Sequence[Panel], runs: Runs, smooth: float, unit: str) -> Look:
        """The look of these panels."""
        splits = tuple(
            split for split in LEADING if split and any(split in panel.splits for panel in some)
        )
        return cls(tuple(runs), splits, smooth, unit)

    def style(self, split: str, panel: Panel) -> Any:
        """The line style of a split; the leading one is solid, and so is what no panel need tell
        apart.
        """
        return (
            STYLES[self.splits.index(split)]
            if split
            else STYLES[0]
            if panel.splits == [""]
            else UNNAMED
        )

    def colors(self, panel: Panel) -> dict[str, str]:
        """The colours of a panel's keys; grey for those that are too many."""
        shown = panel.shown()
        fixed = not panel.regional and len(self.runs) <= len(PALETTE)
        own = {
            key: PALETTE[self.runs.index(key) if fixed else place]
            for place, key in enumerate(shown)
        }
        whole = {ALL: INK, MEAN: INK} if panel.regional else {}
        return {key: own.get(key, whole.get(key, FRAME)) for key in panel.keys}


def draw_curves(
    runs: Runs,
    directory: str | Path,
    *,
    metrics: Sequence[str] | None = None,
    smooth: float = 0,
    per_region: bool | None = None,
    unit: str = "",
    formats: Sequence[str] = ("png",),
) -> list[Path]:
    """Draws the curves of runs into a folder, several pages if need be, and returns the files
    written.

    Options are those of `History.plot`; unless told, one run is shown by region and several by
    means over regions.
    """
    check_smooth(smooth)
    chosen = panels_of(runs, metrics, per_region)
    look = Look.of(chosen, runs, smooth, unit)
    folder = make_folder(directory)
    written: list[Path] = []
    pages = list(_pages(chosen))
    with mpl.rc_context(RC):
        for number, some in enumerate(pages, 1):
            part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
            figure = page(_height(some), TITLE + part, caption(some, look))
            _fill(figure, some, look)
            for extension in dict.fromkeys(formats):
                written.append(folder / f"curves{f'-{number}' if part else ''}.{extension}")
                save(figure, written[-1])
    return written


def plot_runs(
    runs: Runs,
    metrics: Sequence[str] | None,
    *,
    smooth: float,
    per_region: bool | None,
    unit: str,
    axes: Axes | Sequence[Axes] | None,
) -> tuple[Figure, Axes | list[Axes]]:
    """The curves of runs on axes that exist, or on a new figure of pyplot."""
    check_smooth(smooth)
    chosen = panels_of(runs, metrics, per_region)
    look = Look.of(chosen, runs, smooth, unit)
    if axes is None:
        import matplotlib.pyplot as plt

        with mpl.rc_context(RC):
            figure = plt.figure(figsize=(WIDTH, _height(chosen)), layout="constrained")
            head(figure, TITLE, caption(chosen, look))
            drawn = _fill(figure, chosen, look)
    else:
        drawn = [axes] if isinstance(axes, Axes) else list(axes)
        if len(drawn) != len(chosen):
            names = ", ".join(panel.column.measure for panel in chosen)
            raise UsageError(
                f"{len(chosen)} panels ({names}) need as many axes, not {len(drawn)}; choose "
                f"metrics"
            )
        figure = figure_of(drawn[0])
        for ax, panel in zip(drawn, chosen, strict=True):
            draw_panel(ax, panel, look, outside=False)
            ax.set_xlabel(panel.by)
    return figure, drawn[0] if len(drawn) == 1 else drawn


def figure_of(ax: Axes) -> Figure:
    """The figure that axes are on, be it by way of a subfigure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def draw_panel(ax: Axes, panel: Panel, look: Look, *, outside: bool = True) -> None:
    """Draws the curves of a panel with its label and limits, and the legend `outside` where the
    layout makes room.
    """
    colors = look.colors(panel)
    ax.grid(True)
    for curve in sorted(panel.curves, key=lambda c: (colors[c.key] != FRAME, colors[c.key] == INK)):
        _draw_curve(ax, curve, colors[curve.key], look.style(curve.split, panel), look.smooth)
    marked = {
        key: _mark_best(ax, panel, key, colors[key]) for key in panel.keys if colors[key] != FRAME
    }
    _scale(ax, panel, look.unit)
    if not outside:  # where the layout is another's
        ax.set_ylabel(ax.get_ylabel().replace("\n", " "))
    entries = list(_entries(panel, look, colors, marked))
    if entries:
        place: Any = (
            {"loc": "upper left", "bbox_to_anchor": (1.01, 1.02), "borderaxespad": 0}
            if outside
            else {}
        )
        split = WORDS[panel.splits[0]] if panel.splits[0] and panel.keys != [""] else ""
        heading = ", ".join(filter(None, ("best", split))) if any(marked.values()) else None
        size = mpl.rcParams["legend.fontsize"]
        ax.legend(handles=entries, title=heading, title_fontsize=size, alignment="left", **place)


def caption(some: Sequence[Panel], look: Look) -> str:
    """What a reader must know of the panels to read them."""
    series = [curve.series for panel in some for curve in panel.curves]
    omitted = [panel.omitted for panel in some if panel.omitted is not None]
    left = f", without {sum(omitted):,} undefined ones" if any(omitted) else ""
    averaged = sorted({s.column.name for s in series if s.averaged})
    many = {
        panel.regional for panel in some if len(panel.shown()) < len(set(panel.keys) - {ALL, MEAN})
    }
    of = f": {', '.join(printables(averaged[:4]))}{' …' * (len(averaged) > 4)}"
    notes = [
        (any(panel.column.goal is not None for panel in some), "Ring: best value."),
        (
            look.smooth,
            f"Line: {smoothing_words(look.smooth)}; ring and pale line: values as logged.",
        ),
        (omitted, f"Mean: over the regions' defined values{left}."),
        (True in many, f"In colour: the {SHOWN} regions whose best value is worst."),
        (False in many, f"In colour: the {SHOWN} runs with the best values."),
        (any(np.isnan(s.y).any() for s in series), "Gap: undefined (NaN)."),
        (any(np.isinf(s.y).any() for s in series), "Triangle at the edge: infinite."),
        (averaged, f"Means over the logged steps of an epoch{of}."),
    ]
    return " ".join(text for holds, text in notes if holds)


def _pages(chosen: Sequence[Panel]) -> Iterator[list[Panel]]:
    """The panels in pages that are not too high."""
    some: list[Panel] = []
    for panel in chosen:
        if some and _height([*some, panel]) > HEIGHT:
            yield some
            some = []
        some.append(panel)
    yield some


def _height(some: Sequence[Panel]) -> float:
    return 0.9 + sum(map(_panel_height, some))


def _panel_height(panel: Panel) -> float:
    """Inches: room for the legend, which has a line for each key and split."""
    return max(1.9, 0.5 + 0.15 * (len(panel.shown()) + len(panel.splits)))


def _fill(figure: Figure, some: Sequence[Panel], look: Look) -> list[Axes]:
    heights = [_panel_height(panel) for panel in some]
    grid = figure.subplots(
        len(some), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for ax, panel in zip(grid.flat, some, strict=True):
        draw_panel(ax, panel, look)
    grid[-1, 0].set_xlabel(some[-1].by)
    figure.align_ylabels()
    return list(grid.flat)


def _draw_curve(ax: Axes, curve: Curve, color: str, style: Any, smooth: float) -> None:
    x, y = curve.series.x, curve.series.y
    finite, line = np.where(np.isfinite(y), y, np.nan), smoothed(y, smooth)
    pale = color == FRAME
    width = 0.6 if pale else 1.8 if color == INK else 1.2
    if smooth and not pale:
        ax.plot(x, finite, color=color, linewidth=0.7, alpha=0.3)
    ax.plot(x, line, color=color, linewidth=width, linestyle=style)
    hole = np.isnan(np.concatenate([[np.nan], finite, [np.nan]]))
    alone = ~hole[1:-1] & ((hole[:-2] & hole[2:]) | (len(x) <= MARKED and not pale))
    ax.plot(
        x[alone],
        line[alone],
        color=color,
        linestyle="none",
        marker="o",
        markersize=2.5,
        markeredgewidth=0,
    )
    for sign, edge, marker in ((1, 1, "^"), (-1, 0, "v")):
        if (at := x[y == sign * np.inf]).size:
            below = sum(
                line.get_marker() == marker for line in ax.lines
            )  # a smaller one on top leaves both visible
            ax.plot(
                at, np.full(len(at), edge), transform=ax.get_xaxis_transform(), color=color, linestyle="none",
                marker=marker, markersize=max(2.5, 7 - 2.5 * below), markeredgewidth=0, clip_on=False,
            )  # fmt: skip


def _mark_best(ax: Axes, panel: Panel, key: str, color: str) -> str:
    """Draws a ring around the best value of a key, and returns what the legend says of it."""
    series = panel.leading(key).series
    at = series.best(panel.column.goal)
    if at is None or not np.isfinite(series.y[at]):
        return ""
    ax.plot(
        series.x[at], series.y[at], color=color, linestyle="none", marker="o", markersize=6, markerfacecolor="none",
        markeredgewidth=1.2, zorder=5, clip_on=False,
    )  # fmt: skip
    return f"{brief(series.y[at])} at {series.by} {series.x[at]:,g}"


def _scale(ax: Axes, panel: Panel, unit: str) -> None:
    metric, values = panel.column.metric, np.concatenate([curve.series.y for curve in panel.curves])
    if metric:
        fit(ax, "y", metric, values)
        ax.set_ylabel(label(metric, Units(unit)).replace(" (", "\n("))
    else:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shortened(value)))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
        (name,) = printables([panel.column.measure])
        ax.set_ylabel(name + "\n(lower is better)" * (panel.column.goal is not None))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: shortened(value)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    if panel.region:
        ax.set_title(
            "mean over regions" if panel.region == MEAN else region_names([panel.region])[0],
            loc="left",
        )


def _entries(
    panel: Panel, look: Look, colors: dict[str, str], best: dict[str, str]
) -> Iterator[Line2D]:
    """Of the legend: the keys in their colours with their best values, then the splits in their
    styles.
    """
    several = len(look.splits) > 1 and panel.splits != [""]
    if panel.keys == [""]:
        for split in panel.splits:
            value = best[""] if split == panel.splits[0] else ""
            if text := ": ".join(filter(None, (WORDS[split] if several or split else "", value))):
                yield _entry(text, colors[""], look.style(split, panel))
        return
    shown = [key for key in [*panel.shown(), ALL, MEAN] if colors.get(key, FRAME) != FRAME]
    names = region_names(shown) if panel.regional else printables(shown)
    for key, name in zip(shown, names, strict=True):
        split = panel.leading(key).split
        aside = f" ({WORDS[split]})" if best[key] and split != panel.splits[0] else ""
        yield _entry(": ".join(filter(None, (name, best[key]))) + aside, colors[key], "-")
    if hidden := len(panel.keys) - len(shown):
        yield _entry(
            f"the other {counted(hidden, 'region' if panel.regional else 'run')}", FRAME, "-"
        )
    if several:
        yield from (_entry(WORDS[split], GREY, look.style(split, panel)) for split in panel.splits)


def _entry(text: str, color: str, style: Any) -> Line2D:
    return Line2D([], [], color=color, linestyle=style, linewidth=1.2, label=f"\u200b{text}")
