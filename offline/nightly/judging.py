"""The step that decides: every new model and every live one answers the same questions, and the
gates say who fills which role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from offline.evaluation.evaluate import Evaluation, evaluate
from offline.evaluation.gates import Decision, decide
from offline.evaluation.protocol import EvaluationSet, evaluation_set
from offline.evaluation.settings import ProtocolSettings
from offline.evaluation.similars import ByLatestTitle
from offline.nightly.context import Dataset, RunContext
from offline.nightly.dataset import DatasetMade, load_dataset
from offline.nightly.run import RunStart
from offline.nightly.training import Trained
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    STATIC_PAGE,
    TOP_PICKS,
    RoleArtifact,
    load_generation,
)
from shared.artifacts.port import Artifacts
from shared.errors import GateFailed
from shared.features.titles import TitleFeatures, title_features
from shared.ids import GenerationId
from shared.models.als import Als
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.port import Encoder, Scorer, SimilarTitles
from shared.models.registry import Model, load_model

FLOOR: Final = Popularity.family
FALLBACKS: Final = {
    POPULARITY: FLOOR,
    TOP_PICKS: FLOOR,
    ENCODER: Als.family,
    SIMILARS: ItemKnn.family,
}
"""Who serves a role for the first time when nothing beats popularity beyond doubt. Freshness needs
an encoder that reads histories.
"""

LIVE: Final = "live"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One model's figures: mean and interval per metric, guards, and the primary metric by tenths
    of activity.
    """

    metrics: dict[str, tuple[float, float, float]]
    guards: dict[str, float]
    by_activity: tuple[float, ...]
    seconds: float


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, by model (`similars:<recipe>` for the answers about single titles,
    `live:<role>` for live models), and decided.
    """

    asked: int
    test_from_ms: int
    measured: dict[str, Measured]
    decisions: dict[str, Decision]


def judge_models(
    context: RunContext, start: RunStart, made: DatasetMade, trained: Mapping[str, Trained]
) -> Judged:
    """Measure every model of this run, and the live ones, on what came after the split; then let
    the gates decide for each role.
    """
    dataset = load_dataset(context, made)
    panel = Panel.of(dataset, context.settings.protocol)
    models = {
        name: load_model(made.family, context.artifacts.get(made.artifact))
        for name, made in trained.items()
        if made.artifact
    }
    live = live_roles(context.artifacts, start.live)
    evaluations = {name: panel.evaluate(name, model) for name, model in models.items()}
    similars = {
        name: panel.evaluate(name, ByLatestTitle(model))
        for name, model in models.items()
        if isinstance(model, SimilarTitles)
    }
    asked_live = {
        role: _evaluate_live(context, panel, role, filled) for role, filled in live.items()
    }
    decisions = {}
    for role, fallback in FALLBACKS.items():
        contenders = (
            similars
            if role == SIMILARS
            else {name: evaluations[name] for name in models if _can_fill(role, name, models[name])}
        )
        if not contenders:
            continue
        decisions[role] = decide(
            role,
            contenders,
            floor=evaluations[FLOOR],
            fallback=fallback if fallback in contenders else next(iter(contenders)),
            live=asked_live.get(role),
            live_recipe=live[role].family if role in live else None,
            settings=context.settings.gates,
        )
    everything = {
        **evaluations,
        **{f"{SIMILARS}:{name}": evaluation for name, evaluation in similars.items()},
        **{f"{LIVE}:{role}": evaluation for role, evaluation in asked_live.items()},
    }
    rng = np.random.default_rng(context.settings.seed)
    return Judged(
        asked=len(panel.asked),
        test_from_ms=dataset.split_ms,
        measured={name: measured(evaluation, rng) for name, evaluation in everything.items()},
        decisions=decisions,
    )


def fill_roles(
    artifacts: Artifacts, live: GenerationId | None, judged: Judged, trained: Mapping[str, Trained]
) -> dict[str, RoleArtifact]:
    """The chosen models by role; a role without a chosen one keeps its live model.

    Raises:
        GateFailed: every gate refused, so that a generation would be the live one again.
    """
    decisions = judged.decisions
    if all(decision.chosen is None and not decision.passed for decision in decisions.values()):
        raise GateFailed(f"No gate was passed, so nothing was published: {refusals(judged)}")
    roles = live_roles(artifacts, live)
    for role, decision in decisions.items():
        if decision.chosen is not None:
            model = trained[decision.chosen]
            roles[role] = RoleArtifact(model.family, model.artifact, model.data_end_ms)
    return roles


def live_roles(artifacts: Artifacts, live: GenerationId | None) -> dict[str, RoleArtifact]:
    """The roles that models of the live generation fill."""
    if live is None:
        return {}
    roles = load_generation(artifacts, live).roles
    return {role: filled for role, filled in roles.items() if role not in (CATALOG, STATIC_PAGE)}


def refusals(judged: Judged) -> str:
    """Which gates refused and why; empty when none did."""
    return "; ".join(
        f"{role}: {decision.reason}"
        for role, decision in sorted(judged.decisions.items())
        if not decision.passed
    )


@dataclass(frozen=True)
class Panel:
    """The questions, and what measuring answers takes beside them."""

    asked: EvaluationSet
    features: TitleFeatures
    plays: "np.ndarray[tuple[int], np.dtype[np.int64]]"

    @classmethod
    def of(cls, dataset: Dataset, settings: ProtocolSettings) -> "Panel":
        """Every first liked watching since the split is a question."""
        everything, vocabulary = dataset.everything, dataset.everything.vocabulary
        last_ms = int(everything.time_ms[-1]) + 1 if len(everything) else dataset.split_ms
        return cls(
            asked=evaluation_set(everything, dataset.split_ms, last_ms, settings),
            features=title_features(
                vocabulary, {title.title_id: title for title in dataset.titles}
            ),
            plays=np.bincount(dataset.known.items, minlength=len(vocabulary)),
        )

    def evaluate(self, name: str, model: Scorer) -> Evaluation:
        """Ask the model everything."""
        return evaluate(name, model, self.asked, self.features, self.plays)


def measured(evaluation: Evaluation, rng: np.random.Generator) -> Measured:
    """An evaluation as the report holds it."""
    intervals = {metric: evaluation.interval(metric, rng) for metric in evaluation.values}
    return Measured(
        metrics={
            metric: (interval.mean, interval.low, interval.high)
            for metric, interval in intervals.items()
        },
        guards=evaluation.guards,
        by_activity=evaluation.by_activity,
        seconds=evaluation.seconds,
    )


def _evaluate_live(
    context: RunContext, panel: Panel, role: str, filled: RoleArtifact
) -> Evaluation:
    model = load_model(filled.family, context.artifacts.get(filled.artifact))
    scorer: Scorer = (
        ByLatestTitle(model) if role == SIMILARS and isinstance(model, SimilarTitles) else model
    )
    return panel.evaluate(f"{LIVE}:{role}", scorer)


def _can_fill(role: str, name: str, model: Model) -> bool:
    if role == POPULARITY:
        return name == FLOOR
    return role == TOP_PICKS or isinstance(model, Encoder)
