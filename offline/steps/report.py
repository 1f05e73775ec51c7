"""Step `report`: the stored report of the generation, as JSON and as an HTML page."""

import math

import msgspec

from offline.datasets.dataset import StoredDataset
from offline.evaluation.evaluator import ModelFigures
from offline.evaluation.gates import Decision
from offline.evaluation.report import render
from offline.lake.schema import TABLE_NAME
from offline.run import Run
from offline.settings import NightlySettings
from offline.steps.candidates import CandidateCounts
from offline.steps.judge import GateResults
from offline.steps.roles import AssignedRoles
from offline.steps.train import TrainedModel
from offline.training.trainer import Fact
from shared.artifacts.generation import RoleArtifact
from shared.ids import ArtifactId, GenerationId


class StoredReport(msgspec.Struct, frozen=True):
    """The name of the report's document in the artifact store."""

    document: str


class RecipeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe's model of this run, whether it fills a role or not."""

    version: str
    """Version of the recipe's settings."""
    family: str
    artifact: ArtifactId
    bytes: int
    data_end_ms: int
    seconds: float
    metrics: dict[str, dict[str, float]]
    """`value`, `low` and `high` by metric."""
    facts: dict[str, Fact]
    skipped: str = ""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of a generation, its figures and decisions, and the cost of the run."""

    generation_id: GenerationId
    run_id: str
    created_ms: int
    previous: GenerationId | None
    lake_snapshots: dict[str, int]
    settings: NightlySettings
    watching_rules: str
    dataset: StoredDataset
    models: dict[str, RecipeReport]
    queries: int
    figures: dict[str, ModelFigures]
    decisions: dict[str, Decision]
    roles: dict[str, RoleArtifact]
    candidates: CandidateCounts
    seconds: dict[str, float]
    """Duration of each step that has finished."""


def report_name(generation_id: GenerationId) -> str:
    """The name of the document with a generation's report."""
    return f"generations/{generation_id}/report.json"


def write_report(
    run: Run,
    stored: StoredDataset,
    trained: tuple[TrainedModel, ...],
    results: GateResults,
    roles: AssignedRoles,
    candidates: CandidateCounts,
) -> StoredReport:
    """Store the report as JSON and as HTML."""
    start, context = run.start, run.context
    report = ReportDocument(
        generation_id=start.generation_id,
        run_id=start.run_id,
        created_ms=start.created_ms,
        previous=start.live,
        lake_snapshots={TABLE_NAME: start.snapshot_id},
        settings=context.settings,
        watching_rules=start.watching_rules,
        dataset=stored,
        models={model.recipe: _recipe_report(run, model, results) for model in trained},
        queries=results.queries,
        figures={name: _finite_metrics(figures) for name, figures in results.figures.items()},
        decisions={
            role: _finite_verdicts(decision) for role, decision in results.decisions.items()
        },
        roles=roles.roles,
        candidates=candidates,
        seconds=dict(run.seconds),
    )
    name, document = report_name(start.generation_id), msgspec.json.encode(report)
    context.artifacts.put_document(name, document)
    context.artifacts.put_document(name.replace(".json", ".html"), render(document).encode())
    return StoredReport(name)


def _recipe_report(run: Run, model: TrainedModel, results: GateResults) -> RecipeReport:
    versions = {recipe.name: recipe.version for recipe in run.context.recipes}
    figures = results.figures.get(model.recipe)
    metrics = {} if figures is None else _finite_metrics(figures).metrics
    return RecipeReport(
        version=versions[model.recipe],
        family=model.family,
        artifact=model.artifact,
        bytes=model.bytes,
        data_end_ms=model.data_end_ms,
        seconds=run.seconds[f"train:{model.recipe}"],
        metrics={
            metric: {"value": mean, "low": low, "high": high}
            for metric, (mean, low, high) in metrics.items()
        },
        facts=model.facts,
        skipped=model.skipped,
    )


def _finite_metrics(figures: ModelFigures) -> ModelFigures:
    """Without the metrics that could not be measured, because JSON has no NaN."""
    metrics = {
        metric: interval
        for metric, interval in figures.metrics.items()
        if all(map(math.isfinite, interval))
    }
    return msgspec.structs.replace(figures, metrics=metrics)


def _finite_verdicts(decision: Decision) -> Decision:
    """Without the comparisons that could not be measured; the decision's reason stays."""
    verdicts = tuple(verdict for verdict in decision.verdicts if math.isfinite(verdict.difference))
    return msgspec.structs.replace(decision, verdicts=verdicts)
