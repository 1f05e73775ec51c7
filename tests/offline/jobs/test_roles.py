"""Who fills which role after the gates have spoken."""

import pytest

from offline.evaluation.gates import Decision
from offline.nightly.judging import Judged, fill_roles, refusals
from offline.nightly.training import Trained
from shared.artifacts.generation import (
    CATALOG,
    ENCODER,
    POPULARITY,
    TOP_PICKS,
    Generation,
    RoleArtifact,
    save_generation,
)
from shared.artifacts.memory import MemoryArtifacts
from shared.errors import GateFailed
from shared.ids import ArtifactId, GenerationId

LIVE = GenerationId("g1")
OLD = RoleArtifact("als", ArtifactId("old"), 5)
TRAINED = {"ease": Trained(recipe="ease", family="ease", artifact=ArtifactId("new"), data_end_ms=9)}


@pytest.fixture
def artifacts() -> MemoryArtifacts:
    made = MemoryArtifacts()
    roles = {ENCODER: OLD, TOP_PICKS: OLD, CATALOG: RoleArtifact("titles", ArtifactId("c"))}
    save_generation(
        made,
        Generation(
            generation_id=LIVE,
            created_ms=1,
            roles=roles,
            catalog_incarnation="i",
            catalog_next_offset=0,
        ),
    )
    return made


def judged(**decisions: Decision) -> Judged:
    return Judged(asked=1, test_from_ms=0, measured={}, decisions=decisions)


def refused(role: str) -> Decision:
    return Decision(role=role, chosen=None, passed=False, reason=f"{role} got worse", verdicts=())


def test_a_winner_takes_its_role_and_a_refused_role_keeps_its_live_model(
    artifacts: MemoryArtifacts,
) -> None:
    won = Decision(role=TOP_PICKS, chosen="ease", passed=True, reason="better", verdicts=())
    verdicts = judged(top_picks=won, encoder=refused(ENCODER))
    assert fill_roles(artifacts, LIVE, verdicts, TRAINED) == {
        TOP_PICKS: RoleArtifact("ease", ArtifactId("new"), 9),
        ENCODER: OLD,
    }
    assert refusals(verdicts) == "encoder: encoder got worse"


def test_a_role_for_which_nothing_was_better_keeps_its_live_model_without_complaint(
    artifacts: MemoryArtifacts,
) -> None:
    kept = Decision(role=ENCODER, chosen=None, passed=True, reason="nothing better", verdicts=())
    assert fill_roles(artifacts, LIVE, judged(encoder=kept), TRAINED)[ENCODER] == OLD
    assert refusals(judged(encoder=kept)) == ""


def test_when_every_gate_refuses_there_is_no_generation(artifacts: MemoryArtifacts) -> None:
    with pytest.raises(GateFailed, match="popularity got worse"):
        fill_roles(
            artifacts,
            LIVE,
            judged(popularity=refused(POPULARITY), encoder=refused(ENCODER)),
            TRAINED,
        )


def test_the_first_generation_has_only_what_was_chosen(artifacts: MemoryArtifacts) -> None:
    first = Decision(role=POPULARITY, chosen="ease", passed=True, reason="the floor", verdicts=())
    assert set(fill_roles(artifacts, None, judged(popularity=first), TRAINED)) == {POPULARITY}
