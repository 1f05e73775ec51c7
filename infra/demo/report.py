"""The fields of a generation's report that the demo prints, and the generation's models."""

import msgspec

from offline.publication.pointer import read_pointer
from shared.artifacts.generation import RoleArtifact, load_generation
from shared.artifacts.port import Artifacts
from shared.errors import SetupError
from shared.ids import ArtifactId
from shared.metrics.intervals import ConfidenceInterval
from shared.models.registry import Model, load_model
from shared.store.port import Store


class ReportedFigures(msgspec.Struct, frozen=True):
    """Per metric, the mean and the bounds of its interval; null where it was not measured."""

    metrics: dict[str, tuple[float | None, float | None, float | None]]


class ReportedModel(msgspec.Struct, frozen=True):
    """The model of one recipe; `artifact` is empty when there was no training data."""

    family: str
    artifact: ArtifactId


class GenerationReport(msgspec.Struct, frozen=True):
    """A part of `offline.reports.document`; `queries` is the number of held-out queries."""

    generation_id: str
    queries: int
    models: dict[str, ReportedModel]
    figures: dict[str, ReportedFigures]
    roles: dict[str, RoleArtifact]

    def held_out(self, name: str, metric: str) -> ConfidenceInterval | None:
        """A model's metric with its interval, or None when it was not measured."""
        if name not in self.figures:
            return None
        mean, low, high = self.figures[name].metrics.get(metric, (None, None, None))
        if mean is None or low is None or high is None:
            return None
        return ConfidenceInterval(mean, low, high)


def read_report(store: Store, artifacts: Artifacts) -> GenerationReport:
    """The report of the published generation.

    Raises:
        SetupError: no generation is published.
    """
    current = read_pointer(store).current
    if current is None:
        raise SetupError("No generation is published; the log of the nightly run has the reason.")
    name = load_generation(artifacts, current).report
    return msgspec.json.decode(artifacts.get_document(name), type=GenerationReport)


def load_models(report: GenerationReport, artifacts: Artifacts) -> dict[str, Model]:
    """The models of the report that have an artifact."""
    return {
        name: load_model(model.family, artifacts.get(model.artifact))
        for name, model in report.models.items()
        if model.artifact
    }
