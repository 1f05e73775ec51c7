"""The report of a generation: its inputs, its figures and decisions, and the cost of the run."""

import msgspec

from offline.candidates.compute import WrittenCandidates
from offline.datasets.dataset import StoredDataset
from offline.evaluation.evaluator import ModelFigures
from offline.evaluation.gates import Decision
from offline.settings import NightlySettings
from offline.training.trainer import Fact
from shared.artifacts.generation import RoleArtifact
from shared.ids import ArtifactId, GenerationId


class RecipeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe's model of this run, whether it fills a role or not."""

    version: str
    """Version of the recipe's settings."""
    family: str
    artifact: ArtifactId
    bytes: int
    data_end_ms: int
    seconds: float
    facts: dict[str, Fact]
    skipped: str = ""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a report. A figure that could not be measured is NaN; in JSON it is null."""

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
    candidates: WrittenCandidates
    seconds: dict[str, float]
    """Duration of each step that has finished."""
