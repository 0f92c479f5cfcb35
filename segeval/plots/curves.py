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
from matplotlib.ticker import MaxNLocator

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.io.files import make_folder
from segeval.results.columns import ALL, MEAN
from segeval.training.series import Series

from .axes import LINE_BREAK, TickFormatter, Units, brief, figure_of, fit, label, set_ticks
from .panels import LEADING, SHOWN, Panel, Runs, panels_of
from .smoothing import check_smooth, smoothed, smoothing_words
from .source import counted
from .style import (
    FRAME,
    GREY,
    INK,
    PAGE_HEIGHT,
    PALETTE,
    RC,
    WIDTH,
    head,
    page,
    page_numbers,
    printables,
    region_names,
    save,
    sentences,
)

MARKED = 25
"""Values of a curve up to which each has its point."""
STYLES: tuple[Any, ...] = ("-", (0, (4, 1.5)), ":")
"""Line styles of the splits that have a name, in the order of `LEADING`: three are the most."""
UNNAMED = "-."
"""The style of what names no split beside what does."""
WORDS = {"val": "validation", "": "no split named", "test": "test", "train": "training"}
"""Names of the splits in legends."""
TITLE = "Training curves"
BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.02), "borderaxespad": 0}
"""The place of a legend to the right of its panel."""
POINT: dict[str, Any] = {"linestyle": "none", "marker": "o"}
"""The look of points and rings without a line."""


@dataclass(frozen=True, slots=True)
class Look:
    """The look that panels of one figure share: a colour for each run, a style for each split."""

    runs: tuple[str, ...] = ("",)
    """Names of all runs, in the order of their colours."""
    splits: tuple[str, ...] = ()
    """Splits that have a name, in the order of their styles."""
    smooth: float = 0
    """Weight or width, as `smoothed` takes it; 0 for curves as they are."""
    unit: str = ""
    """Unit of lengths; empty where nobody tells."""

    @classmethod
    def of(cls, panels: Sequence[Panel], runs: Runs, *, smooth: float, unit: str) -> Look:
        """Return the look of these panels, the same for all of them."""
        present = {split for panel in panels for split in panel.splits}
        splits = tuple(split for split in LEADING if split and split in present)
        return cls(tuple(runs), splits, smooth, unit)

    def style(self, split: str, panel: Panel) -> Any:
        """Return the line style of a split.

        The leading one is solid, and so is what no panel need tell apart.
        """
        if split:
            return STYLES[self.splits.index(split)]
        return STYLES[0] if panel.splits == [""] else UNNAMED

    def colors(self, panel: Panel) -> dict[str, str]:
        """Return the colours of a panel's keys: grey for those that are too many.

        Runs keep their colours from panel to panel, unless there are more runs than colours.
        """
        colors = dict.fromkeys(panel.keys, FRAME)
        shown = panel.shown()
        if panel.regional:
            colors.update({key: INK for key in (ALL, MEAN) if key in colors})
            colors.update(zip(shown, PALETTE, strict=False))
        elif len(self.runs) <= len(PALETTE):
            color_of_run = dict(zip(self.runs, PALETTE, strict=False))
            colors.update({key: color_of_run[key] for key in shown})
        else:
            colors.update(zip(shown, PALETTE, strict=False))
        return colors


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
    """Draw the curves of runs into a folder, and return the files written.

    They take several pages if need be. Raises `UsageError` for names that no run has. Options are
    those of `History.plot`; unless told, one run is shown by region and several by means over
    regions.
    """
    check_smooth(smooth)
    panels = panels_of(runs, metrics, per_region)
    look = Look.of(panels, runs, smooth=smooth, unit=unit)
    folder = make_folder(directory)
    written: list[Path] = []
    pages = _pages(panels)
    with mpl.rc_context(RC):
        for content, (number, words) in zip(pages, page_numbers(len(pages)), strict=True):
            figure = page(_height(content), TITLE + words, caption(content, look))
            _fill(figure, content, look)
            stem = "-".join(filter(None, ("curves", number)))
            for extension in dict.fromkeys(formats):
                written.append(folder / f"{stem}.{extension}")
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
    """Draw the curves of runs on axes, and return figure and axes.

    The axes exist, or are those of a new figure of pyplot. Raises `UsageError` for axes that are
    not as many as the panels.
    """
    check_smooth(smooth)
    panels = panels_of(runs, metrics, per_region)
    look = Look.of(panels, runs, smooth=smooth, unit=unit)
    if axes is None:
        # Only pyplot shows figures in notebooks and windows; figures in files do without.
        import matplotlib.pyplot as plt

        with mpl.rc_context(RC):
            figure = plt.figure(figsize=(WIDTH, _height(panels)), layout="constrained")
            head(figure, TITLE, caption(panels, look))
            drawn = _fill(figure, panels, look)
    else:
        drawn = [axes] if isinstance(axes, Axes) else list(axes)
        if len(drawn) != len(panels):
            names = ", ".join(panel.column.measure for panel in panels)
            raise UsageError(
                f"{len(panels)} panels ({names}) need as many axes, not {len(drawn)}; choose "
                f"metrics"
            )
        # Axes of the user keep their own look, and get no title or caption of ours.
        figure = figure_of(drawn[0])
        for ax, panel in zip(drawn, panels, strict=True):
            draw_panel(ax, panel, look, outside=False)
            ax.set_xlabel(panel.by)
    return figure, drawn[0] if len(drawn) == 1 else drawn


def draw_panel(ax: Axes, panel: Panel, look: Look, *, outside: bool = True) -> None:
    """Draw the curves of a panel with its label and limits.

    The legend is `outside` where the layout makes room.
    """
    colors = look.colors(panel)
    ax.grid(visible=True)
    # What is drawn later lies on top: coloured curves over pale ones, and means over all.
    pale_first = sorted(panel.curves, key=lambda c: (colors[c.key] != FRAME, colors[c.key] == INK))
    for curve in pale_first:
        style = look.style(curve.split, panel)
        _draw_curve(ax, curve.series, color=colors[curve.key], style=style, smooth=look.smooth)
    best = {
        key: _mark_best(ax, panel, key, colors[key]) for key in panel.keys if colors[key] != FRAME
    }
    _scale(ax, panel, look.unit, lines=2 if outside else 1)
    entries = list(_entries(panel, look, colors, best))
    if entries:
        ax.legend(
            handles=entries,
            title=_legend_title(panel, best),
            title_fontsize=mpl.rcParams["legend.fontsize"],
            alignment="left",
            **(BESIDE if outside else {}),
        )


def caption(panels: Sequence[Panel], look: Look) -> str:
    """Return what a reader must know of the panels to read them.

    Sentences that do not apply are left out.
    """
    series = [curve.series for panel in panels for curve in panel.curves]
    omitted = [panel.omitted for panel in panels if panel.omitted is not None]
    without = f", without {sum(omitted):,} undefined ones" if any(omitted) else ""
    crowded = [
        panel.regional for panel in panels if len(panel.shown()) < len({*panel.keys} - {ALL, MEAN})
    ]
    averaged = sorted({s.column.name for s in series if s.averaged})
    names = ", ".join(printables(averaged[:4]))
    more = " …" if len(averaged) > 4 else ""
    return sentences(
        (any(panel.column.goal is not None for panel in panels), "Ring: best value."),
        (
            look.smooth,
            f"Line: {smoothing_words(look.smooth)}; ring and pale line: values as logged.",
        ),
        (omitted, f"Mean: over the regions' defined values{without}."),
        (True in crowded, f"In colour: the {SHOWN} regions whose best value is worst."),
        (False in crowded, f"In colour: the {SHOWN} runs with the best values."),
        (any(np.isnan(s.y).any() for s in series), "Gap: undefined (NaN)."),
        (any(np.isinf(s.y).any() for s in series), "Triangle at the edge: infinite."),
        (averaged, f"Means over the logged steps of an epoch: {names}{more}."),
    )


def _pages(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Return the panels in pages that are not too high; a page has one panel at least."""
    pages: list[list[Panel]] = [[]]
    for panel in panels:
        if pages[-1] and _height([*pages[-1], panel]) > PAGE_HEIGHT:
            pages.append([])
        pages[-1].append(panel)
    return pages


def _height(panels: Sequence[Panel]) -> float:
    """Return the inches of a page of panels, title and caption included."""
    return 0.9 + sum(map(_panel_height, panels))


def _panel_height(panel: Panel) -> float:
    """Return inches with room for the legend, which has a line for each key and split."""
    return max(1.9, 0.5 + 0.15 * (len(panel.shown()) + len(panel.splits)))


def _fill(figure: Figure, panels: Sequence[Panel], look: Look) -> list[Axes]:
    """Draw panels below each other on an empty figure, and return their axes."""
    heights = [_panel_height(panel) for panel in panels]
    grid = figure.subplots(
        len(panels), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for ax, panel in zip(grid.flat, panels, strict=True):
        draw_panel(ax, panel, look)
    grid[-1, 0].set_xlabel(panels[-1].by)
    figure.align_ylabels()
    return list(grid.flat)


def _draw_curve(ax: Axes, series: Series, *, color: str, style: Any, smooth: float) -> None:
    """Draw a line with gaps where it is undefined.

    There are points where a line would not be seen, and triangles for infinite values.
    """
    x, line = series.x, smoothed(series.y, smooth)
    finite = np.where(np.isfinite(series.y), series.y, np.nan)
    pale = color == FRAME
    width = {FRAME: 0.6, INK: 1.8}.get(color, 1.2)
    if smooth and not pale:
        # Behind a smoothed line is what was logged.
        ax.plot(x, finite, color=color, linewidth=0.7, alpha=0.3)
    ax.plot(x, line, color=color, linewidth=width, linestyle=style)
    # A value between two gaps makes no line.
    hole = np.isnan(np.concatenate([[np.nan], finite, [np.nan]]))
    alone = hole[:-2] & hole[2:]
    if len(x) <= MARKED and not pale:
        alone[:] = True
    alone &= ~hole[1:-1]
    ax.plot(x[alone], line[alone], color=color, **POINT, markersize=2.5, markeredgewidth=0)
    _mark_infinite(ax, x[series.y == np.inf], edge=1, marker="^", color=color)
    _mark_infinite(ax, x[series.y == -np.inf], edge=0, marker="v", color=color)


def _mark_infinite(ax: Axes, x: Floats, *, edge: float, marker: str, color: str) -> None:
    """Draw triangles at an edge of the axes; the later, the smaller, so that all can be seen."""
    if not len(x):
        return
    below = sum(line.get_marker() == marker for line in ax.lines)
    ax.plot(
        x,
        np.full(len(x), edge),
        # x in epochs, y as a share of the height: the edge, whatever the limits are.
        transform=ax.get_xaxis_transform(),
        color=color,
        linestyle="none",
        marker=marker,
        markersize=max(2.5, 7 - 2.5 * below),
        markeredgewidth=0,
        clip_on=False,
    )


def _mark_best(ax: Axes, panel: Panel, key: str, color: str) -> str:
    """Draw a ring around the best value of a key, and return what the legend says of it."""
    series = panel.leading(key).series
    best = series.best(panel.column.goal)
    if best is None or not np.isfinite(series.y[best]):
        return ""
    ax.plot(
        series.x[best],
        series.y[best],
        color=color,
        **POINT,
        markersize=6,
        markerfacecolor="none",
        markeredgewidth=1.2,
        zorder=5,
        # The best value often lies at the end of the axis, where a ring would be cut off.
        clip_on=False,
    )
    return f"{brief(series.y[best])} at {series.by} {series.x[best]:,g}"


def _scale(ax: Axes, panel: Panel, unit: str, *, lines: int) -> None:
    """Set limits and ticks, a label of so many lines, and a title if the panel is of one region."""
    column = panel.column
    if column.metric:
        fit(ax, "y", column.metric, np.concatenate([curve.series.y for curve in panel.curves]))
        ax.set_ylabel(label(column.metric, Units(unit), lines=lines))
    else:
        set_ticks(ax.yaxis, 6)
        words = printables([column.measure])
        if column.goal is not None:
            words.append("(lower is better)")
        ax.set_ylabel(LINE_BREAK[lines].join(words))
    ax.xaxis.set_major_formatter(TickFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    if panel.region == MEAN:
        ax.set_title("mean over regions", loc="left")
    elif panel.region:
        ax.set_title(region_names([panel.region])[0], loc="left")


def _legend_title(panel: Panel, best: dict[str, str]) -> str | None:
    """Return what stands above the best values, with their split where the keys do not name it."""
    if not any(best.values()):
        return None
    split = panel.splits[0]
    return f"best, {WORDS[split]}" if split and panel.keys != [""] else "best"


def _entries(
    panel: Panel, look: Look, colors: dict[str, str], best: dict[str, str]
) -> Iterator[Line2D]:
    """Yield the keys in their colours with their best values, then the splits in their styles."""
    several = len(look.splits) > 1 and panel.splits != [""]
    if panel.keys == [""]:
        yield from _split_entries(panel, look, colors[""], best[""])
        return
    shown = [key for key in [*panel.shown(), ALL, MEAN] if colors.get(key, FRAME) != FRAME]
    names = region_names(shown) if panel.regional else printables(shown)
    for key, name in zip(shown, names, strict=True):
        split = panel.leading(key).split
        value = best[key]
        if value and split != panel.splits[0]:
            value = f"{value} ({WORDS[split]})"
        yield _entry(name, value, color=colors[key])
    # All that is grey shares one entry.
    if hidden := len(panel.keys) - len(shown):
        what = "region" if panel.regional else "run"
        yield _entry(f"the other {counted(hidden, what)}", "", color=FRAME)
    if several:
        for split in panel.splits:
            yield _entry(WORDS[split], "", color=GREY, style=look.style(split, panel))


def _split_entries(panel: Panel, look: Look, color: str, best: str) -> Iterator[Line2D]:
    """Yield the splits of a panel without keys; the first has the best value."""
    several = len(look.splits) > 1 and panel.splits != [""]
    for split in panel.splits:
        words = WORDS[split] if several or split else ""
        value = best if split == panel.splits[0] else ""
        if words or value:
            yield _entry(words, value, color=color, style=look.style(split, panel))


def _entry(name: str, value: str, *, color: str, style: Any = "-") -> Line2D:
    """Return the entry of a legend: a line, and `name: value` or the one of them that there is."""
    text = ": ".join(filter(None, (name, value)))
    # A label that begins with an underscore would be left out: hence the space of no width.
    return Line2D([], [], color=color, linestyle=style, linewidth=1.2, label=f"\u200b{text}")
