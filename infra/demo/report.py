"""The fields of a generation's report that the demo prints, and the generation's models."""

import msgspec

from offline.publication.pointer import read_pointer
from shared.artifacts.generation import load_generation
from shared.artifacts.port import Artifacts
from shared.errors import SetupError
from shared.ids import ArtifactId
from shared.metrics.intervals import ConfidenceInterval
from shared.models.registry import Model, load_model
from shared.store.port import Store


class ReportedMetric(msgspec.Struct, frozen=True):
    """A held-out metric with its confidence interval."""

    value: float
    low: float
    high: float


class ReportedModel(msgspec.Struct, frozen=True):
    """The model of one recipe; `artifact` is empty when there was no training data."""

    family: str
    artifact: ArtifactId
    metrics: dict[str, ReportedMetric]


class ReportedRole(msgspec.Struct, frozen=True):
    """The model family that fills a role, and the recipe that made the model."""

    family: str
    recipe: str = ""


class GenerationReport(msgspec.Struct, frozen=True):
    """The report of a generation; `queries` is the number of held-out queries."""

    generation_id: str
    queries: int
    models: dict[str, ReportedModel]
    roles: dict[str, ReportedRole]

    def held_out(self, name: str, metric: str) -> ConfidenceInterval | None:
        """A model's metric with its interval, or None when it was not computed."""
        value = self.models[name].metrics.get(metric) if name in self.models else None
        return None if value is None else ConfidenceInterval(value.value, value.low, value.high)


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
