"""The HTML page of a report."""

from xml.etree import ElementTree as ET

import msgspec

from offline.candidates.compute import WrittenCandidates
from offline.datasets.dataset import StoredDataset
from offline.evaluation.evaluator import ModelFigures
from offline.evaluation.gates import Decision, GateVerdict
from offline.reports.document import RecipeReport, ReportDocument
from offline.reports.page import render
from offline.reports.plots import interval_bars
from offline.settings import NightlySettings
from shared.ids import ArtifactId, GenerationId

NAN = float("nan")
VERDICT = GateVerdict(
    kind="refresh",
    candidate="ease",
    against="live:top_picks",
    passed=False,
    metric="ndcg@10",
    value=0.05,
    against_value=0.08,
    difference=-0.03,
    low=-0.04,
    high=-0.02,
    reasons=("ndcg@10 fell & fell",),
)
EASE = RecipeReport(
    version="abc",
    family="ease",
    artifact=ArtifactId("e"),
    bytes=2_500_000,
    data_end_ms=1,
    seconds=1.5,
    facts={},
)
TWO_TOWER = msgspec.structs.replace(
    EASE, facts={"losses": (6.0, 5.5, 5.0), "input_wait_share": 0.0125, "processes": 2}
)
REPORT = ReportDocument(
    generation_id=GenerationId("g-1<script>"),
    run_id="r",
    created_ms=1_700_000_000_000,
    previous=GenerationId("g-0"),
    lake_snapshots={"raw.records": 42},
    settings=NightlySettings(),
    watching_rules="1",
    dataset=StoredDataset(
        artifact=ArtifactId("d"),
        catalog=ArtifactId("c"),
        catalog_incarnation="i",
        catalog_next_offset=0,
        split_ms=1,
        end_ms=2,
        titles=3,
        profiles=4,
        viewings=5,
    ),
    models={"ease": EASE, "two_tower": TWO_TOWER},
    queries=254,
    figures={
        "ease": ModelFigures(
            metrics={"ndcg@10": (0.05, 0.04, 0.06)},
            guards={"coverage@10": 0.25},
            by_activity=(0.1, NAN),
            seconds=1.0,
        ),
        "live:top_picks": ModelFigures(
            metrics={"ndcg@10": (0.08, 0.07, 0.09)},
            guards={"coverage@10": 0.5},
            by_activity=(0.1, 0.2),
            seconds=1.0,
        ),
    },
    decisions={
        "top_picks": Decision(
            role="top_picks", chosen=None, passed=False, reason="it stays", verdicts=(VERDICT,)
        )
    },
    roles={},
    candidates=WrittenCandidates(4, 8, 80, 640, 1.0),
    seconds={"dataset": 3.0, "train:ease": 1.5},
)


def test_the_page_shows_decisions_and_figures() -> None:
    page = render(REPORT)
    for text in (
        "refused</span> top_picks: the live model stays",
        "it stays",
        "ndcg@10 fell &amp; fell",
        "-0.0300 [-0.0400, -0.0200]",
        "0.0500 [0.0400, 0.0600]",
        "254 queries",
        "2023-11-14 22:13 UTC",
        "losses 6 → 5, input_wait_share 0.0125, processes 2",
        "2.50",
    ):
        assert text in page


def test_the_page_is_self_contained_and_escaped() -> None:
    page = render(REPORT)
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("<svg") == 3


def test_equal_reports_give_equal_pages() -> None:
    assert render(REPORT) == render(REPORT)


def test_a_report_without_models_is_rendered() -> None:
    page = render(msgspec.structs.replace(REPORT, models={}, figures={}, decisions={}, seconds={}))
    assert "Generation g-1" in page


def test_a_missing_figure_is_a_dash_on_the_page_and_null_in_json() -> None:
    unmeasured = ModelFigures(
        metrics={"ndcg@10": (NAN, NAN, NAN)},
        guards={"coverage@10": 0.0},
        by_activity=(NAN,) * 10,
        seconds=1.0,
    )
    verdict = msgspec.structs.replace(VERDICT, value=NAN, difference=NAN, low=NAN, high=NAN)
    decision = Decision(
        role="encoder", chosen="als", passed=True, reason="als serves", verdicts=(verdict,)
    )
    report = msgspec.structs.replace(
        REPORT, figures={"ease": unmeasured}, decisions={"encoder": decision}
    )
    page = render(report)
    assert "<td>–</td>" in page
    assert "nan" not in page.lower()
    document = msgspec.json.decode(msgspec.json.encode(report))
    assert document["figures"]["ease"]["metrics"] == {"ndcg@10": [None] * 3}
    assert document["decisions"]["encoder"]["verdicts"][0]["difference"] is None


def test_a_plot_is_well_formed() -> None:
    assert ET.fromstring(interval_bars("a & b", {"x": (0.1, 0.05, 0.2)})).tag.endswith("svg")
