"""Step `roles`: the artifacts that fill the roles of the new generation."""

import msgspec

from offline.datasets.dataset import StoredDataset
from offline.publication.roles import apply_decisions, live_model_roles
from offline.publication.static_page import popularity_page
from offline.run import Run
from offline.steps.judge import GateResults
from offline.steps.train import TrainedModel
from shared.artifacts.generation import CATALOG, POPULARITY, STATIC_PAGE, RoleArtifact
from shared.models.registry import load_model
from shared.records.static_page import static_page_files


class AssignedRoles(msgspec.Struct, frozen=True):
    """The artifact of each role, including the catalog and the static page."""

    roles: dict[str, RoleArtifact]


def assign_roles(
    run: Run, stored: StoredDataset, trained: tuple[TrainedModel, ...], results: GateResults
) -> AssignedRoles:
    """Apply the gates' decisions, and build the static page in order of popularity.

    Raises:
        GateFailed: every gate refused.
    """
    artifacts, start = run.context.artifacts, run.start
    new = {model.recipe: _role_artifact(model) for model in trained if model.artifact}
    roles = apply_decisions(live_model_roles(artifacts, start.live), results.decisions, new)
    popularity = load_model(roles[POPULARITY].family, artifacts.get(roles[POPULARITY].artifact))
    page = popularity_page(run.dataset(stored).titles, popularity, start.created_ms)
    page_artifact = artifacts.put(static_page_files(page))
    return AssignedRoles(
        {
            **roles,
            CATALOG: RoleArtifact("titles", stored.catalog),
            STATIC_PAGE: RoleArtifact("static_page", page_artifact),
        }
    )


def _role_artifact(model: TrainedModel) -> RoleArtifact:
    return RoleArtifact(model.family, model.artifact, model.recipe)
