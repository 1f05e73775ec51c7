"""The plots of a report, as SVG text that stands inside a page; equal figures give equal text."""

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Interval = tuple[float, float, float]


def interval_bars(title: str, figures: Mapping[str, Interval]) -> str:
    """Horizontal bars of (mean, low, high) by name, with their intervals, best on top."""
    ordered = sorted(figures.items(), key=lambda entry: entry[1][0])
    figure, axes = _canvas(title, rows=len(ordered))
    means = [mean for _, (mean, _, _) in ordered]
    below = [max(mean - low, 0.0) for _, (mean, low, _) in ordered]
    above = [max(high - mean, 0.0) for _, (mean, _, high) in ordered]
    axes.barh(
        [name for name, _ in ordered],
        means,
        xerr=[below, above],
        color="#4c78a8",
        ecolor="#333333",
        capsize=3,
    )
    return _svg(figure)


def bars(title: str, unit: str, amounts: Mapping[str, float]) -> str:
    """Horizontal bars of plain amounts, in the order given from top to bottom."""
    figure, axes = _canvas(title, rows=len(amounts))
    axes.barh(list(amounts)[::-1], list(amounts.values())[::-1], color="#72b7b2")
    axes.set_xlabel(unit)
    return _svg(figure)


def lines(title: str, across: str, series: Mapping[str, Sequence[float]]) -> str:
    """One line a name, over 1, 2, 3 and on."""
    figure, axes = _canvas(title, rows=9)
    for name, values in series.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", markersize=3, label=name)
    axes.set_xlabel(across)
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
