"""Render the stored report of a generation as an HTML page."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec

from offline.evaluation.evaluate import PRIMARY
from offline.evaluation.plots import bars, interval_bars, lines

Number = float | None
"""A figure; None (null in JSON) if it could not be measured."""


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict as `offline.evaluation.gates.GateVerdict` is stored."""

    kind: str
    candidate: str
    against: str
    passed: bool
    value: Number
    against_value: Number
    difference: Number
    low: Number
    high: Number
    reasons: tuple[str, ...]


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as `offline.evaluation.gates.Decision` is stored."""

    role: str
    chosen: str | None
    passed: bool
    reason: str
    verdicts: tuple[VerdictView, ...] = ()


class FiguresView(msgspec.Struct, frozen=True):
    """The figures of one model. A metric is (mean, low, high)."""

    metrics: dict[str, tuple[Number, Number, Number]]
    guards: dict[str, Number]
    by_activity: tuple[Number, ...] = ()


class ModelView(msgspec.Struct, frozen=True):
    """A recipe's model of this run. `facts` is the trainer's report."""

    version: str = ""
    bytes: int = 0
    seconds: float = 0.0
    facts: dict[str, Any] = {}
    skipped: str = ""


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a report that the page shows. Other fields of the document are ignored."""

    generation_id: str
    created_ms: int
    previous: str | None = None
    lake_snapshots: dict[str, int] = {}
    settings: dict[str, Any] = {}
    models: dict[str, ModelView] = {}
    queries: int = 0
    figures: dict[str, FiguresView] = {}
    decisions: dict[str, DecisionView] = {}
    seconds: dict[str, float] = {}


def render(document: bytes) -> str:
    """Return a self-contained page, without scripts and external files, from a report's JSON.

    Raises:
        msgspec.ValidationError: the document is not a report.
    """
    report = msgspec.json.decode(document, type=ReportView)
    created = datetime.fromtimestamp(report.created_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    sections = [
        f"<h1>Generation {escape(report.generation_id)}</h1>",
        f"<p>Created {created}. Previous generation: {escape(report.previous or 'none')}.</p>",
        _section("Roles", _decisions(report.decisions)),
        _section(
            "Figures",
            f"<p>Every model was evaluated on {report.queries} queries.</p>",
            _plots(report),
            _measured(report.figures),
        ),
        _section("Times and sizes", *_cost(report)),
        _section(
            "Inputs",
            _facts({"lake snapshots": report.lake_snapshots, "settings": report.settings}),
        ),
    ]
    return _PAGE.format(title=escape(report.generation_id), body="\n".join(sections))


def _section(title: str, *parts: str) -> str:
    return "\n".join([f"<section><h2>{escape(title)}</h2>", *parts, "</section>"])


def _decisions(decisions: Mapping[str, DecisionView]) -> str:
    return "\n".join(_decision(decision) for _, decision in sorted(decisions.items()))


def _decision(decision: DecisionView) -> str:
    mark = "passed" if decision.passed else "refused"
    chosen = escape(decision.chosen or "the live model stays")
    head = f'<h3><span class="{mark}">{mark}</span> {escape(decision.role)}: {chosen}</h3>'
    rows = [
        (
            verdict.kind,
            verdict.candidate,
            verdict.against,
            "yes" if verdict.passed else "no",
            _number(verdict.value),
            _number(verdict.against_value),
            _interval((verdict.difference, verdict.low, verdict.high), "+.4f"),
            "; ".join(verdict.reasons),
        )
        for verdict in decision.verdicts
    ]
    names = (
        "gate",
        "candidate",
        "against",
        "passed",
        PRIMARY,
        f"{PRIMARY} of the other",
        "difference",
        "reasons",
    )
    return f"{head}<p>{escape(decision.reason)}</p>" + (_table(names, rows) if rows else "")


def _plots(report: ReportView) -> str:
    figures_of = {
        name: figures.metrics.get(PRIMARY, (None, None, None))
        for name, figures in report.figures.items()
    }
    measured = {
        name: (mean, low, high)
        for name, (mean, low, high) in figures_of.items()
        if mean is not None and low is not None and high is not None
    }
    recipes = {name: report.figures[name] for name in report.models if name in report.figures}
    activity = {
        name: [float("nan") if value is None else value for value in figures.by_activity]
        for name, figures in recipes.items()
    }
    return interval_bars(f"{PRIMARY}, with 95 % intervals over profiles", measured) + lines(
        f"{PRIMARY} by length of history",
        "tenth of the queries, from short histories to long",
        activity,
    )


def _measured(measured: Mapping[str, FiguresView]) -> str:
    metrics = list(
        dict.fromkeys(metric for figures in measured.values() for metric in figures.metrics)
    )
    guards = list(dict.fromkeys(guard for figures in measured.values() for guard in figures.guards))
    rows = [
        (
            name,
            *(_interval(figures.metrics.get(metric)) for metric in metrics),
            *(_number(figures.guards.get(guard), ".3f") for guard in guards),
        )
        for name, figures in measured.items()
    ]
    return _table(("model", *metrics, *(f"{guard} (of all lists)" for guard in guards)), rows)


def _cost(report: ReportView) -> Iterable[str]:
    yield bars("Seconds by step", "seconds", report.seconds)
    rows = [
        (
            name,
            model.version,
            f"{model.bytes / 1e6:.2f}",
            f"{model.seconds:.1f}",
            model.skipped or _brief(model.facts),
        )
        for name, model in report.models.items()
    ]
    yield _table(("recipe", "version", "MB", "seconds", "facts"), rows)


def _brief(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in facts.items())


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return " → ".join(
            _short(part) for part in (value if len(value) < 3 else (value[0], value[-1]))
        )
    return str(value)


def _number(value: Number, form: str = ".4f") -> str:
    return "–" if value is None else format(value, form)


def _interval(interval: tuple[Number, Number, Number] | None, form: str = ".4f") -> str:
    if interval is None or interval[0] is None:
        return "–"
    mean, low, high = (_number(bound, form) for bound in interval)
    return f"{mean} [{low}, {high}]"


def _facts(facts: Mapping[str, Any]) -> str:
    text = msgspec.json.format(msgspec.json.encode(facts), indent=2).decode()
    return f"<pre>{escape(text)}</pre>"


def _table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Generation {title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: #222; }}
body {{ max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; font-size: 13px; }}
th, td {{ border-bottom: 1px solid #ddd; padding: .3rem .6rem; }}
th, td {{ text-align: left; vertical-align: top; }}
.wide {{ overflow-x: auto; }}
svg {{ max-width: 100%; height: auto; display: block; margin: 1rem 0; }}
pre {{ background: #f6f6f6; padding: 1rem; overflow-x: auto; }}
.passed {{ color: #17742c; }} .refused {{ color: #b3261e; }}
</style></head><body>
{body}
</body></html>
"""
