"""Render the report of a generation as an HTML page."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape

import msgspec

from offline.evaluation.evaluate import PRIMARY
from offline.evaluation.evaluator import ModelFigures
from offline.evaluation.gates import Decision
from offline.reports.document import ReportDocument
from offline.reports.plots import MeanAndBounds, bars, interval_bars, lines
from offline.training.trainer import Fact


def render(report: ReportDocument) -> str:
    """Return a report as a self-contained page, without scripts and external files."""
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


def _decisions(decisions: Mapping[str, Decision]) -> str:
    return "\n".join(_decision(decision) for _, decision in sorted(decisions.items()))


def _decision(decision: Decision) -> str:
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


def _plots(report: ReportDocument) -> str:
    measured = {
        name: figures.metrics[PRIMARY]
        for name, figures in report.figures.items()
        if all(map(math.isfinite, figures.metrics[PRIMARY]))
    }
    activity = {
        name: report.figures[name].by_activity for name in report.models if name in report.figures
    }
    return interval_bars(f"{PRIMARY}, with 95 % intervals over profiles", measured) + lines(
        f"{PRIMARY} by length of history",
        "tenth of the queries, from short histories to long",
        activity,
    )


def _measured(measured: Mapping[str, ModelFigures]) -> str:
    # Every model has the same metrics and guards.
    first = next(iter(measured.values()), None)
    metrics, guards = ([], []) if first is None else (list(first.metrics), list(first.guards))
    rows = [
        (
            name,
            *(_interval(figures.metrics[metric]) for metric in metrics),
            *(_number(figures.guards[guard], ".3f") for guard in guards),
        )
        for name, figures in measured.items()
    ]
    return _table(("model", *metrics, *(f"{guard} (of all lists)" for guard in guards)), rows)


def _cost(report: ReportDocument) -> Iterable[str]:
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


def _brief(facts: Mapping[str, Fact]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in facts.items())


def _short(value: Fact) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        return " → ".join(
            _short(part) for part in (value if len(value) < 3 else (value[0], value[-1]))
        )
    return str(value)


def _number(value: float, form: str = ".4f") -> str:
    """The number; a dash if it could not be measured."""
    return "–" if math.isnan(value) else format(value, form)


def _interval(interval: MeanAndBounds, form: str = ".4f") -> str:
    if math.isnan(interval[0]):
        return "–"
    mean, low, high = (_number(bound, form) for bound in interval)
    return f"{mean} [{low}, {high}]"


def _facts(facts: Mapping[str, object]) -> str:
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
