"""The artifacts that fill a generation's roles."""

from collections.abc import Mapping

from offline.evaluation.gates import Decision
from offline.evaluation.role_decisions import refusals
from shared.artifacts.generation import (
    CATALOG,
    STATIC_PAGE,
    RoleArtifact,
    load_generation,
)
from shared.artifacts.port import Artifacts
from shared.errors import GateFailed
from shared.ids import GenerationId

FILE_ROLES = (CATALOG, STATIC_PAGE)


def live_model_roles(artifacts: Artifacts, live: GenerationId | None) -> dict[str, RoleArtifact]:
    """The models of the live generation by role; empty if nothing is live."""
    if live is None:
        return {}
    roles = load_generation(artifacts, live).roles
    return {role: artifact for role, artifact in roles.items() if role not in FILE_ROLES}


def apply_decisions(
    live: Mapping[str, RoleArtifact],
    decisions: Mapping[str, Decision],
    new: Mapping[str, RoleArtifact],
) -> dict[str, RoleArtifact]:
    """The models of the next generation by role: the chosen recipe's new model, else the live one.

    Raises:
        GateFailed: every gate refused, so the next generation would equal the live one.
    """
    if all(decision.chosen is None and not decision.passed for decision in decisions.values()):
        raise GateFailed(
            "Every gate refused, so nothing was published and the live generation stays: "
            f"{refusals(decisions)}"
        )
    chosen = {
        role: new[decision.chosen]
        for role, decision in decisions.items()
        if decision.chosen is not None
    }
    return {**live, **chosen}
