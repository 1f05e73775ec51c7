"""Step `judge`: evaluate new and live models on the same queries, and decide by the gates which
model fills which role.
"""

from typing import Final

import msgspec
import numpy as np

from offline.context import RunContext
from offline.datasets.dataset import StoredDataset
from offline.evaluation.evaluate import Evaluation
from offline.evaluation.evaluator import Evaluator, ModelFigures, figures_of
from offline.evaluation.gates import Decision
from offline.evaluation.role_decisions import Contender, LiveModel, decide_roles
from offline.evaluation.similars import ByLatestTitle
from offline.publication.roles import live_model_roles
from offline.run import Run
from offline.steps.train import TrainedModel
from shared.artifacts.generation import SIMILARS, RoleArtifact
from shared.models.port import SimilarTitles
from shared.models.registry import load_model

LIVE: Final = "live"


class GateResults(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of all evaluated models, and the gates' decisions by role.

    Keys of `figures` are a recipe, `similars:RECIPE` for its similar titles, or `live:ROLE` for the
    live model of a role.
    """

    queries: int
    figures: dict[str, ModelFigures]
    decisions: dict[str, Decision]


def judge_models(run: Run, stored: StoredDataset, trained: tuple[TrainedModel, ...]) -> GateResults:
    """Evaluate the models of this run and the live ones, then decide for every role."""
    context, dataset = run.context, run.dataset(stored)
    evaluator = Evaluator.for_dataset(dataset, context.settings.protocol)
    contenders = [_contender(context, evaluator, model) for model in trained if model.artifact]
    live = {
        role: LiveModel(artifact.recipe, _evaluate_live(context, evaluator, role, artifact))
        for role, artifact in live_model_roles(context.artifacts, run.start.live).items()
    }
    decisions = decide_roles(contenders, live, context.settings.gates)
    rng = np.random.default_rng(context.settings.seed)
    return GateResults(
        queries=len(evaluator.queries),
        figures={
            name: figures_of(evaluation, rng)
            for name, evaluation in _by_name(contenders, live).items()
        },
        decisions=decisions,
    )


def _contender(context: RunContext, evaluator: Evaluator, trained: TrainedModel) -> Contender:
    model = load_model(trained.family, context.artifacts.get(trained.artifact))
    similars = (
        evaluator.evaluate(trained.recipe, ByLatestTitle(model))
        if isinstance(model, SimilarTitles)
        else None
    )
    return Contender(trained.recipe, model, evaluator.evaluate(trained.recipe, model), similars)


def _evaluate_live(
    context: RunContext, evaluator: Evaluator, role: str, artifact: RoleArtifact
) -> Evaluation:
    model = load_model(artifact.family, context.artifacts.get(artifact.artifact))
    name = f"{LIVE}:{role}"
    if role == SIMILARS and isinstance(model, SimilarTitles):
        return evaluator.evaluate(name, ByLatestTitle(model))
    return evaluator.evaluate(name, model)


def _by_name(contenders: list[Contender], live: dict[str, LiveModel]) -> dict[str, Evaluation]:
    rankings = {contender.recipe: contender.ranking for contender in contenders}
    similars = {
        f"{SIMILARS}:{contender.recipe}": contender.similars
        for contender in contenders
        if contender.similars is not None
    }
    return {**rankings, **similars, **{f"{LIVE}:{role}": m.evaluation for role, m in live.items()}}
