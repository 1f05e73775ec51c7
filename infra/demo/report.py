"""What the stored report of the live generation says of its models, and the models themselves."""

import msgspec

from offline.publication.pointer import read_pointer
from shared.artifacts.generation import load_generation
from shared.artifacts.port import Artifacts
from shared.errors import SetupError
from shared.ids import ArtifactId
from shared.metrics.intervals import ConfidenceInterval
from shared.models.registry import Model, load_model
from shared.store.port import Store


class Figure(msgspec.Struct, frozen=True):
    """A held-out measure with its interval."""

    value: float
    low: float
    high: float


class ModelReport(msgspec.Struct, frozen=True):
    """A recipe's model, whether it won a role or not; it has no artifact where there was nothing to
    learn from.
    """

    family: str
    artifact: ArtifactId
    metrics: dict[str, Figure]


class RoleReport(msgspec.Struct, frozen=True):
    """What fills a role."""

    family: str


class Report(msgspec.Struct, frozen=True):
    """A generation's report, as far as the demo reads it."""

    generation_id: str
    asked: int
    models: dict[str, ModelReport]
    roles: dict[str, RoleReport]
    seconds: dict[str, float]

    def held_out(self, name: str, metric: str) -> ConfidenceInterval | None:
        """The measure of a model, None where it was not taken."""
        figure = self.models[name].metrics.get(metric) if name in self.models else None
        return None if figure is None else ConfidenceInterval(figure.value, figure.low, figure.high)


def read_report(store: Store, artifacts: Artifacts) -> Report:
    """The report of the live generation.

    Raises:
        SetupError: nothing is published.
    """
    current = read_pointer(store).current
    if current is None:
        raise SetupError("No generation is published; the nightly's log says why.")
    name = load_generation(artifacts, current).report
    return msgspec.json.decode(artifacts.get_document(name), type=Report)


def load_models(report: Report, artifacts: Artifacts) -> dict[str, Model]:
    """The models back from their artifacts."""
    return {
        name: load_model(model.family, artifacts.get(model.artifact))
        for name, model in report.models.items()
        if model.artifact
    }
