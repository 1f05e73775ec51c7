"""The stored report of a generation: from what it was made, what was measured, what the gates said, how long and how large it all was."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from offline.nightly.dataset import DatasetMade
from offline.nightly.desk import Desk, Trained
from offline.nightly.modelling import Judged
from offline.nightly.publishing import CandidatesMade, Roles
from offline.nightly.run import RunStart, RunStore
from shared.ids import GenerationId


class Reported(msgspec.Struct, frozen=True):
    """Where the report lies among the artefact store's documents."""

    document: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of a generation. `models` holds each recipe's model before the split and, for winners, the published one."""

    generation_id: GenerationId
    run_id: str
    created_ms: int
    previous: GenerationId | None
    lake_snapshots: dict[str, int]
    settings: dict[str, Any]
    recipes: dict[str, str]
    dataset: DatasetMade
    models: list[Trained]
    measured: msgspec.Raw
    verdicts: dict[str, Any]
    roles: Roles
    candidates: CandidatesMade
    seconds: dict[str, float]


def report_name(generation_id: GenerationId) -> str:
    """The document that holds a generation's report."""
    return f"generations/{generation_id}/report.json"


def write_report(desk: Desk, start: RunStart, run: RunStore, *, seconds: Mapping[str, float], models: Sequence[Trained]) -> Reported:
    """Store the report as JSON, and as a page for people."""
    judged = run.output("judge", Judged)
    report = Report(
        generation_id=start.generation_id,
        run_id=start.run_id,
        created_ms=start.created_ms,
        previous=start.live,
        lake_snapshots={"raw.records": start.snapshot_id},
        settings=msgspec.to_builtins(desk.settings),
        recipes={recipe.name: recipe.version for recipe in desk.recipes},
        dataset=run.output("dataset", DatasetMade),
        models=list(models),
        measured=judged.measured,
        verdicts=msgspec.to_builtins(judged.verdicts),
        roles=run.output("roles", Roles),
        candidates=run.output("candidates", CandidatesMade),
        seconds=dict(seconds),
    )
    name = report_name(start.generation_id)
    desk.artifacts.put_document(name, msgspec.json.encode(report))
    return Reported(name)
