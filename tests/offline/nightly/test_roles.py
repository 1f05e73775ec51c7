"""The artifacts that fill the roles after the gates' decisions."""

import numpy as np
import pytest

from offline.evaluation.evaluate import PRIMARY, Evaluation
from offline.evaluation.gates import Decision
from offline.evaluation.role_decisions import Contender, LiveModel, decide_roles, refusals
from offline.evaluation.settings import GateSettings
from offline.publication.roles import apply_decisions, live_model_roles
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    SIMILARS,
    TOP_PICKS,
    Generation,
    RoleArtifact,
    save_generation,
)
from shared.artifacts.memory import MemoryArtifacts
from shared.errors import GateFailed, SetupError
from shared.features.titles import title_features
from shared.ids import ArtifactId, GenerationId
from shared.models.ease import Ease
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.registry import Model
from tests.models.data import checkerboard
from tests.models.trainers import train_als

OLD = RoleArtifact("als", ArtifactId("old"), recipe="als")
NEW = {"ease": RoleArtifact("ease", ArtifactId("new"), recipe="ease")}
DATA = checkerboard(12)
POPULAR = Popularity.train(DATA)
NEIGHBORS = ItemKnn.train(DATA)
SETTINGS = GateSettings(draws=200)


def _decision(role: str, chosen: str | None, *, passed: bool = True) -> Decision:
    return Decision(
        role=role, chosen=chosen, passed=passed, reason=f"{role} got worse", verdicts=()
    )


def _evaluation(name: str, value: float) -> Evaluation:
    profiles = np.arange(50)
    values = np.full(50, value) + np.linspace(-0.01, 0.01, 50)
    return Evaluation(name, {PRIMARY: values}, {}, (value,) * 10, profiles, 0.0)


def _contender(recipe: str, model: Model, value: float, *, similars: bool = False) -> Contender:
    evaluation = _evaluation(recipe, value)
    return Contender(recipe, model, evaluation, evaluation if similars else None)


def test_files_are_not_models_of_the_live_generation() -> None:
    artifacts = MemoryArtifacts()
    generation = Generation(
        generation_id=GenerationId("g1"),
        created_ms=1,
        roles={ENCODER: OLD, CATALOG: RoleArtifact("titles", ArtifactId("c"))},
        catalog_incarnation="i",
        catalog_next_offset=0,
    )
    save_generation(artifacts, generation)
    assert live_model_roles(artifacts, GenerationId("g1")) == {ENCODER: OLD}
    assert live_model_roles(artifacts, None) == {}


def test_a_chosen_recipe_fills_its_role_and_a_refused_role_keeps_its_live_model() -> None:
    decisions = {
        TOP_PICKS: _decision(TOP_PICKS, "ease"),
        ENCODER: _decision(ENCODER, None, passed=False),
    }
    roles = apply_decisions({ENCODER: OLD, TOP_PICKS: OLD}, decisions, NEW)
    assert roles == {TOP_PICKS: NEW["ease"], ENCODER: OLD}
    assert refusals(decisions) == "encoder: encoder got worse"


def test_a_role_without_a_better_model_keeps_its_live_model_without_a_refusal() -> None:
    decisions = {ENCODER: _decision(ENCODER, None)}
    assert apply_decisions({ENCODER: OLD}, decisions, NEW) == {ENCODER: OLD}
    assert refusals(decisions) == ""


def test_nothing_is_published_when_every_gate_refuses() -> None:
    decisions = {role: _decision(role, None, passed=False) for role in (POPULARITY, ENCODER)}
    with pytest.raises(GateFailed, match="popularity got worse"):
        apply_decisions({ENCODER: OLD}, decisions, NEW)


def test_the_first_generation_has_only_the_chosen_models() -> None:
    roles = apply_decisions({}, {POPULARITY: _decision(POPULARITY, "ease")}, NEW)
    assert set(roles) == {POPULARITY}


def test_a_recipe_named_unlike_its_family_is_refreshed_and_not_treated_as_a_challenger() -> None:
    live = {SIMILARS: LiveModel("neighbors_v2", _evaluation("live:similars", 0.3))}
    contenders = [
        _contender("popularity", POPULAR, 0.1),
        _contender("neighbors_v2", NEIGHBORS, 0.3, similars=True),
    ]
    decision = decide_roles(contenders, live, SETTINGS)[SIMILARS]
    assert (decision.chosen, decision.passed) == ("neighbors_v2", True)
    assert [verdict.kind for verdict in decision.verdicts] == ["refresh"]


def test_two_recipes_of_one_family_are_a_refresh_and_a_challenger() -> None:
    live = {SIMILARS: LiveModel("neighbors_v2", _evaluation("live:similars", 0.3))}
    contenders = [
        _contender("popularity", POPULAR, 0.1),
        _contender("item_knn", NEIGHBORS, 0.2, similars=True),
        _contender("neighbors_v2", NEIGHBORS, 0.3, similars=True),
    ]
    decision = decide_roles(contenders, live, SETTINGS)[SIMILARS]
    kinds = {verdict.candidate: verdict.kind for verdict in decision.verdicts}
    assert kinds == {"neighbors_v2": "refresh", "item_knn": "challenger"}
    assert decision.chosen == "neighbors_v2"


def test_only_popularity_models_contend_for_the_role_popularity() -> None:
    contenders = [
        _contender("popularity", POPULAR, 0.1),
        _contender("ease", Ease.train(DATA), 0.9),
    ]
    decisions = decide_roles(contenders, {}, SETTINGS)
    assert decisions[POPULARITY].chosen == "popularity"
    assert decisions[TOP_PICKS].chosen == "ease"
    assert SIMILARS not in decisions, "no contender has similar titles"


@pytest.mark.parametrize("live_recipe", [None, "als", "popularity"])
def test_popularity_is_the_encoder_only_without_another_encoder(live_recipe: str | None) -> None:
    als = train_als(DATA, title_features(DATA.vocabulary, {}), 1)
    live = (
        {} if live_recipe is None else {ENCODER: LiveModel(live_recipe, _evaluation("live", 0.1))}
    )
    popularity = _contender("popularity", POPULAR, 0.9)
    decision = decide_roles([popularity, _contender("als", als, 0.1)], live, SETTINGS)[ENCODER]
    assert decision.chosen == "als"
    assert decide_roles([popularity], {}, SETTINGS)[ENCODER].chosen == "popularity"


def test_a_run_without_a_popularity_model_is_refused() -> None:
    with pytest.raises(SetupError, match=r"add `popularity` to offline\.recipes"):
        decide_roles([_contender("ease", Ease.train(DATA), 0.9)], {}, SETTINGS)
