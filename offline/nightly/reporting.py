"""The stored report of a generation: from what it was made, what was measured, what the gates said,
how long and how large it all was.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from offline.evaluation.gates import Decision
from offline.evaluation.report import render
from offline.nightly.context import RunContext
from offline.nightly.dataset import DatasetMade
from offline.nightly.judging import Judged, Measured
from offline.nightly.publishing import CandidatesMade, Roles
from offline.nightly.run import RunStart, RunStore
from offline.nightly.training import Trained, version_of
from shared.artifacts.generation import RoleArtifact
from shared.ids import ArtifactId, GenerationId


class Reported(msgspec.Struct, frozen=True):
    """Where the report lies among the artifact store's documents."""

    document: str


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe's model of this run, whether it won a role or not: where it is, what was measured,
    what its trainer said.
    """

    version: str
    family: str
    artifact: ArtifactId
    bytes: int
    data_end_ms: int
    seconds: float
    metrics: dict[str, dict[str, float]]
    facts: dict[str, Any]
    skipped: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a generation; `lake_snapshots` and `settings` are what it can be
    made from again.
    """

    generation_id: GenerationId
    run_id: str
    created_ms: int
    previous: GenerationId | None
    lake_snapshots: dict[str, int]
    settings: dict[str, Any]
    dataset: DatasetMade
    models: dict[str, ModelReport]
    asked: int
    measured: dict[str, Measured]
    decisions: dict[str, Decision]
    roles: dict[str, RoleArtifact]
    candidates: CandidatesMade
    seconds: dict[str, float]


def report_name(generation_id: GenerationId) -> str:
    """The document that holds a generation's report."""
    return f"generations/{generation_id}/report.json"


def write_report(
    context: RunContext,
    start: RunStart,
    run: RunStore,
    *,
    seconds: Mapping[str, float],
    trained: Mapping[str, Trained],
) -> Reported:
    """Store the report as JSON, and as a page for people."""
    judged = run.output("judge", Judged)
    report = Report(
        generation_id=start.generation_id,
        run_id=start.run_id,
        created_ms=start.created_ms,
        previous=start.live,
        lake_snapshots={"raw.records": start.snapshot_id},
        settings=msgspec.to_builtins(context.settings),
        dataset=run.output("dataset", DatasetMade),
        models={
            recipe.name: _model(
                trained[recipe.name],
                version_of(recipe),
                seconds[f"train:{recipe.name}"],
                judged.measured,
            )
            for recipe in context.recipes
        },
        asked=judged.asked,
        measured={name: _finite(figures) for name, figures in judged.measured.items()},
        decisions={role: _measurable(decision) for role, decision in judged.decisions.items()},
        roles=run.output("roles", Roles).roles,
        candidates=run.output("candidates", CandidatesMade),
        seconds=dict(seconds),
    )
    name, document = report_name(start.generation_id), msgspec.json.encode(report)
    context.artifacts.put_document(name, document)
    context.artifacts.put_document(name.replace(".json", ".html"), render(document).encode())
    return Reported(name)


def _finite(figures: Measured) -> Measured:
    """Without the metrics that could not be measured: JSON has no NaN, and a missing figure
    misleads nobody.
    """
    metrics = {
        metric: interval
        for metric, interval in figures.metrics.items()
        if all(map(math.isfinite, interval))
    }
    return msgspec.structs.replace(figures, metrics=metrics)


def _measurable(decision: Decision) -> Decision:
    """Likewise without comparisons of which nothing could be measured; the decision's reason
    stands.
    """
    verdicts = tuple(verdict for verdict in decision.verdicts if math.isfinite(verdict.difference))
    return msgspec.structs.replace(decision, verdicts=verdicts)


def _model(
    trained: Trained, version: str, seconds: float, measured: Mapping[str, Measured]
) -> ModelReport:
    figures = _finite(measured[trained.recipe]).metrics if trained.recipe in measured else {}
    return ModelReport(
        version=version,
        family=trained.family,
        artifact=trained.artifact,
        bytes=trained.bytes,
        data_end_ms=trained.data_end_ms,
        seconds=seconds,
        metrics={
            metric: {"value": mean, "low": low, "high": high}
            for metric, (mean, low, high) in figures.items()
        },
        facts=trained.facts,
        skipped=trained.skipped,
    )
