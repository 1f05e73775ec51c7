"""The plots of a report as inline SVG. Equal figures give equal text."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MeanAndBounds = tuple[float, float, float]
"""(mean, low, high)."""


def interval_bars(title: str, figures: Mapping[str, MeanAndBounds]) -> str:
    """Return horizontal bars of means with their intervals, the best on top."""
    ordered = sorted(figures.items(), key=lambda figure: figure[1][0])
    figure, axes = _canvas(title, rows=len(ordered))
    means = [mean for _, (mean, _, _) in ordered]
    errors_below = [max(mean - low, 0.0) for _, (mean, low, _) in ordered]
    errors_above = [max(high - mean, 0.0) for _, (mean, _, high) in ordered]
    axes.barh(
        [name for name, _ in ordered],
        means,
        xerr=[errors_below, errors_above],
        color="#4c78a8",
        ecolor="#333333",
        capsize=3,
    )
    return _svg(figure)


def bars(title: str, unit: str, amounts: Mapping[str, float]) -> str:
    """Return horizontal bars of amounts, in the given order from top to bottom."""
    figure, axes = _canvas(title, rows=len(amounts))
    axes.barh(list(amounts)[::-1], list(amounts.values())[::-1], color="#72b7b2")
    axes.set_xlabel(unit)
    return _svg(figure)


def lines(title: str, x_label: str, series: Mapping[str, Sequence[float]]) -> str:
    """Return one line per name over 1, 2, 3, …; `x_label` names that axis."""
    figure, axes = _canvas(title, rows=9)
    for name, values in series.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", markersize=3, label=name)
    axes.set_xlabel(x_label)
    if series:
        axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {
            "svg.hashsalt": "marquee",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 9,
        }
    )


def _canvas(title: str, rows: int) -> tuple[Figure, Axes]:
    with _style():
        figure = Figure(figsize=(7, 1 + 0.32 * max(rows, 1)), layout="constrained")
        axes = figure.subplots()
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    with _style():
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
