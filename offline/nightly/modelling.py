"""The steps about models: train each recipe on what was known at the split, measure and gate, then train the winners on everything."""

from collections.abc import Callable, Mapping

import msgspec

from offline.nightly.dataset import DatasetMade, load_dataset
from offline.nightly.desk import Dataset, Desk, LiveModel, Recipe, Trained, Verdict, Workbench
from offline.nightly.run import RunStart
from shared.artifacts.generation import CATALOGUE, STATIC_PAGE, RoleArtifact, load_generation
from shared.errors import GateFailed
from shared.models.interactions import Interactions
from shared.models.registry import Model, load_model


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What evaluation measured (as the judge wrote it, for the report), and what it means for each role."""

    measured: msgspec.Raw
    verdicts: dict[str, Verdict]


class Refitted(msgspec.Struct, frozen=True):
    """The model trained on everything; None for a recipe that won no role."""

    trained: Trained | None


def train_recipe(desk: Desk, start: RunStart, made: DatasetMade, recipe: Recipe) -> Trained:
    """Train on what was known at the split."""
    dataset = load_dataset(desk, made)
    return _train(desk, start, dataset, recipe, dataset.known, made.split_ms)


def refit_recipe(desk: Desk, start: RunStart, made: DatasetMade, judged: Judged, recipe: Recipe) -> Refitted:
    """Train on everything, if the recipe won a role: what members get should know yesterday, too."""
    if all(verdict.winner != recipe.name for verdict in judged.verdicts.values()):
        return Refitted(None)
    dataset = load_dataset(desk, made)
    return Refitted(_train(desk, start, dataset, recipe, dataset.everything, made.end_ms))


def judge_models(desk: Desk, start: RunStart, made: DatasetMade, trained: Mapping[str, Trained]) -> Judged:
    """Measure every trained model and the live ones on the held-out days, and decide for each role."""
    dataset = load_dataset(desk, made)
    models = {name: _load(desk, model.family, model) for name, model in trained.items()}
    measured, verdicts = desk.judge(desk, dataset, models, _live_models(desk, start))
    return Judged(measured=msgspec.Raw(measured), verdicts=verdicts)


def require_something(judged: Judged) -> None:
    """Stop a run that may publish nothing.

    Raises:
        GateFailed: no role has a model that passed.
    """
    if all(verdict.winner is None for verdict in judged.verdicts.values()):
        raise GateFailed(f"No gate was passed, so nothing was published: {reasons(judged)}")


def reasons(judged: Judged) -> str:
    """Why roles were refused, in one sentence each."""
    return "; ".join(f"{role}: {verdict.reason}" for role, verdict in sorted(judged.verdicts.items()) if verdict.refused)


def fill_roles(desk: Desk, start: RunStart, judged: Judged, refitted: Mapping[str, Trained]) -> dict[str, RoleArtifact]:
    """The winners' models by role; a role without a winner keeps its live model, if it has one."""
    live = {} if start.live is None else load_generation(desk.artifacts, start.live).roles
    roles = {role: filled for role, filled in live.items() if role not in (CATALOGUE, STATIC_PAGE)}
    for role, verdict in judged.verdicts.items():
        if verdict.winner is not None:
            model = refitted[verdict.winner]
            roles[role] = RoleArtifact(model.family, model.artifact, model.data_end_ms)
    return roles


def _train(desk: Desk, start: RunStart, dataset: Dataset, recipe: Recipe, interactions: Interactions, end_ms: int) -> Trained:
    folder = desk.work_folder / start.run_id / f"{recipe.name}-{end_ms}"
    bench = Workbench(desk.spark, folder, desk.settings.seed, _teller(desk, recipe.name))
    model = recipe.train(interactions, dataset.titles, bench)
    files = model.to_files()
    return Trained(
        recipe=recipe.name,
        family=model.family,
        artifact=desk.artifacts.put(files),
        bytes=sum(map(len, files.values())),
        data_end_ms=end_ms,
    )


def _live_models(desk: Desk, start: RunStart) -> dict[str, LiveModel]:
    if start.live is None:
        return {}
    roles = load_generation(desk.artifacts, start.live).roles
    return {
        role: LiveModel(_load(desk, filled.family, filled), filled.family, filled.trained_ms)
        for role, filled in roles.items()
        if role not in (CATALOGUE, STATIC_PAGE)
    }


def _load(desk: Desk, family: str, where: Trained | RoleArtifact) -> Model:
    return load_model(family, desk.artifacts.get(where.artifact))


def _teller(desk: Desk, name: str) -> Callable[[str], None]:
    return lambda line: desk.tell(f"{name}: {line}")
