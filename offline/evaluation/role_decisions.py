"""Decide for each role which recipe's model fills it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from offline.evaluation.evaluate import Evaluation
from offline.evaluation.gates import Decision, decide
from offline.evaluation.settings import GateSettings
from shared.artifacts.generation import ENCODER, POPULARITY, SIMILARS, TOP_PICKS
from shared.errors import SetupError
from shared.models.als import Als
from shared.models.item_knn import ItemKnn
from shared.models.popularity import Popularity
from shared.models.port import Encoder
from shared.models.registry import Model

FALLBACK_FAMILIES: Final = {
    POPULARITY: Popularity.family,
    TOP_PICKS: Popularity.family,
    ENCODER: Als.family,
    SIMILARS: ItemKnn.family,
}
"""Family that fills a role on the first run if no model beats popularity."""


@dataclass(frozen=True)
class Contender:
    """A recipe's model of this run and its evaluations."""

    recipe: str
    model: Model
    ranking: Evaluation
    similars: Evaluation | None
    """Evaluation of its similar titles; None if the model has none."""


@dataclass(frozen=True)
class LiveModel:
    """The model that fills a role in the live generation."""

    recipe: str
    evaluation: Evaluation


def decide_roles(
    contenders: Sequence[Contender], live: Mapping[str, LiveModel], settings: GateSettings
) -> dict[str, Decision]:
    """A decision for every role that at least one contender can fill.

    A contender of the live model's recipe is a refresh; all others are challengers. If the live
    model's recipe can no longer fill the role, the decision is as without a live model.

    Raises:
        SetupError: no contender is a popularity model, with which all others are compared.
    """
    floor = _popularity(contenders).ranking
    trained, decisions = {contender.recipe for contender in contenders}, {}
    for role, family in FALLBACK_FAMILIES.items():
        evaluations = _evaluations(role, contenders)
        if not evaluations:
            continue
        of_family = (c.recipe for c in contenders if c.model.family == family)
        live_model = live.get(role)
        if live_model is not None and live_model.recipe in trained - evaluations.keys():
            live_model = None
        decisions[role] = decide(
            role,
            evaluations,
            floor=floor,
            fallback=next(of_family, next(iter(evaluations))),
            live=live_model.evaluation if live_model else None,
            live_recipe=live_model.recipe if live_model else None,
            settings=settings,
        )
    return decisions


def refusals(decisions: Mapping[str, Decision]) -> str:
    """The refused roles and the reasons; empty if no gate refused."""
    return "; ".join(
        f"{role}: {decision.reason}"
        for role, decision in sorted(decisions.items())
        if not decision.passed
    )


def _popularity(contenders: Sequence[Contender]) -> Contender:
    for contender in contenders:
        if contender.model.family == Popularity.family:
            return contender
    raise SetupError(
        "No recipe of this run trains a popularity model, with which the gates compare all others: "
        "add `popularity` to offline.recipes."
    )


def _evaluations(role: str, contenders: Sequence[Contender]) -> dict[str, Evaluation]:
    """The evaluations, by recipe, of the contenders that can fill the role."""
    if role == SIMILARS:
        return {c.recipe: c.similars for c in contenders if c.similars is not None}
    suitable = {
        POPULARITY: [c for c in contenders if c.model.family == Popularity.family],
        TOP_PICKS: contenders,
        ENCODER: _encoders(contenders),
    }[role]
    return {contender.recipe: contender.ranking for contender in suitable}


def _encoders(contenders: Sequence[Contender]) -> Sequence[Contender]:
    """The encoders; a popularity model only if the run has no other.

    Nearline encodes new plays with the encoder. Popularity does not read plays, so with it no play
    changes a page before the next generation.
    """
    encoders = [contender for contender in contenders if isinstance(contender.model, Encoder)]
    reading = [contender for contender in encoders if contender.model.family != Popularity.family]
    return reading or encoders
