"""The demo reads the report that a nightly run stores."""

import msgspec

from infra.demo.report import GenerationReport
from shared.artifacts.generation import RoleArtifact
from shared.ids import ArtifactId
from shared.metrics.intervals import ConfidenceInterval
from tests.offline.reports.test_page import NAN, REPORT


def test_the_figures_of_a_stored_report_are_read() -> None:
    unmeasured = msgspec.structs.replace(
        REPORT.figures["ease"], metrics={"ndcg@10": (NAN, NAN, NAN)}
    )
    stored = msgspec.structs.replace(
        REPORT,
        figures={**REPORT.figures, "two_tower": unmeasured},
        roles={"top_picks": RoleArtifact("ease", ArtifactId("e"), "ease")},
    )
    report = msgspec.json.decode(msgspec.json.encode(stored), type=GenerationReport)
    assert report.queries == 254
    assert report.held_out("ease", "ndcg@10") == ConfidenceInterval(0.05, 0.04, 0.06)
    assert report.held_out("two_tower", "ndcg@10") is None
    assert report.held_out("ease", "recall@50") is None
    assert report.held_out("popularity", "ndcg@10") is None
    assert report.roles["top_picks"].recipe == "ease"
