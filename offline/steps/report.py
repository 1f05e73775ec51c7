"""Step `report`: the stored report of the generation, as JSON and as an HTML page."""

import msgspec

from offline.candidates.compute import WrittenCandidates
from offline.datasets.dataset import StoredDataset
from offline.reports.document import RecipeReport, ReportDocument
from offline.reports.page import render
from offline.run import Run
from offline.steps.judge import GateResults
from offline.steps.roles import AssignedRoles
from offline.steps.train import TrainedModel
from shared.ids import GenerationId


class StoredReport(msgspec.Struct, frozen=True):
    """The name of the report's document in the artifact store."""

    document: str


def report_name(generation_id: GenerationId) -> str:
    """The name of the document with a generation's report."""
    return f"generations/{generation_id}/report.json"


def write_report(
    run: Run,
    stored: StoredDataset,
    trained: tuple[TrainedModel, ...],
    results: GateResults,
    roles: AssignedRoles,
    candidates: WrittenCandidates,
) -> StoredReport:
    """Store the report as JSON and as HTML."""
    start, context = run.start, run.context
    report = ReportDocument(
        generation_id=start.generation_id,
        run_id=start.run_id,
        created_ms=start.created_ms,
        previous=start.live,
        lake_snapshots=start.lake_snapshots,
        settings=context.settings,
        watching_rules=start.watching_rules,
        dataset=stored,
        models={model.recipe: _recipe_report(run, model) for model in trained},
        queries=results.queries,
        figures=results.figures,
        decisions=results.decisions,
        roles=roles.roles,
        candidates=candidates,
        seconds=dict(run.seconds),
    )
    name = report_name(start.generation_id)
    context.artifacts.put_document(name, msgspec.json.encode(report))
    context.artifacts.put_document(name.replace(".json", ".html"), render(report).encode())
    return StoredReport(name)


def _recipe_report(run: Run, model: TrainedModel) -> RecipeReport:
    versions = {recipe.name: recipe.version for recipe in run.context.recipes}
    return RecipeReport(
        version=versions[model.recipe],
        family=model.family,
        artifact=model.artifact,
        bytes=model.bytes,
        data_end_ms=model.data_end_ms,
        seconds=run.seconds[f"train:{model.recipe}"],
        facts=model.facts,
        skipped=model.skipped,
    )
