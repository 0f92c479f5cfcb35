"""Helpers with which tests draw figures and read what is on them."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segeval.plots import KINDS
from segeval.plots.card import card_of
from segeval.plots.drawing import stem_of
from segeval.plots.source import Source
from segeval.plots.words import Words
from segeval.results.results import Results

NAN, INF = float("nan"), float("inf")
TABLES = [kind for kind in KINDS if kind != "overlay"]


def drawn(kind: str, run: Results, *metrics: str) -> dict[str, Figure]:
    """The figures of a kind, laid out, so that a warning of the layout fails the test."""
    source = Source.of(run, metrics, 3)
    figures = {stem_of(kind, part): figure for part, figure in card_of(kind).figures(source)}
    for figure in figures.values():
        figure.draw_without_rendering()
    return figures


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def words(figure: Figure) -> str:
    texts = [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_visible()]
    return "\n".join(texts + [text for words in figure.findobj(Words) for text in words.texts])


def named(ax: Axes, what: str) -> list[str]:
    """The names of "rows" or "columns" of axes, or what stands in the "cells"."""
    return [
        text for words in ax.findobj(Words) if words.get_label() == what for text in words.texts
    ]


def with_scores(run: Results, **columns: object) -> Results:
    """The results with other numbers in the table; None takes a column out."""
    gone = [name for name, values in columns.items() if values is None]
    kept = {name: values for name, values in columns.items() if values is not None}
    return replace(run, cases=run.cases.drop(columns=gone).assign(**kept))


def keys(figure: Figure) -> list[str]:
    return [
        text.get_text().lstrip("\u200b") for legend in figure.legends for text in legend.get_texts()
    ]


def without(run: Results, *regions: str) -> Results:
    """The results as they would be if these regions occurred in no mask."""
    table, at = run.cases.copy(), [run.details.regions.index(region) for region in regions]
    gone = table["region"].isin(regions)
    table.loc[gone, "note"] = "region in neither mask"
    table.loc[gone, [c for c in table if c not in ("case", "region", "note")]] = NAN
    curves = np.arange(len(run.details.curves)).reshape(run.details.volume_p.shape)
    volume_p, volume_g = run.details.volume_p.copy(), run.details.volume_g.copy()
    curves[:, at], volume_p[:, at], volume_g[:, at] = -1, 0, 0
    return replace(
        run,
        cases=table,
        details=replace(
            run.details,
            curves=run.details.curves.select(curves.ravel()),
            volume_p=volume_p,
            volume_g=volume_g,
        ),
    )
