"""The HTML page of a report."""

from xml.etree import ElementTree as ET

import msgspec
import pytest

from offline.evaluation.gates import Decision, GateVerdict
from offline.evaluation.plots import interval_bars
from offline.evaluation.report import render

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
REPORT = {
    "generation_id": "g-1<script>",
    "created_ms": 1_700_000_000_000,
    "previous": "g-0",
    "lake_snapshots": {"raw.records": 42},
    "settings": {"seed": 7},
    "models": {
        "ease": {"version": "abc", "bytes": 2_500_000, "seconds": 1.5, "facts": {}},
        "two_tower": {
            "facts": {"losses": [6.0, 5.5, 5.0], "input_wait_share": 0.0125, "processes": 2}
        },
    },
    "queries": 254,
    "figures": {
        "ease": {
            "metrics": {"ndcg@10": [0.05, 0.04, 0.06]},
            "guards": {"coverage@10": 0.25},
            "by_activity": [0.1, None],
        },
        "live:top_picks": {
            "metrics": {"ndcg@10": [0.08, 0.07, 0.09]},
            "guards": {"coverage@10": 0.5},
        },
    },
    "decisions": {
        "top_picks": Decision(
            role="top_picks", chosen=None, passed=False, reason="it stays", verdicts=(VERDICT,)
        )
    },
    "seconds": {"dataset": 3.0, "train:ease": 1.5},
    "something newer": True,
}


def test_the_page_shows_decisions_and_figures() -> None:
    page = render(msgspec.json.encode(REPORT))
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
    page = render(msgspec.json.encode(REPORT))
    assert "<script" not in page
    assert "src=" not in page
    assert page.count("<svg") == 3


def test_equal_reports_give_equal_pages() -> None:
    assert render(msgspec.json.encode(REPORT)) == render(msgspec.json.encode(REPORT))


def test_a_report_without_figures_is_rendered() -> None:
    page = render(msgspec.json.encode({"generation_id": "g", "created_ms": 0}))
    assert "Generation g" in page


def test_a_missing_figure_is_a_dash() -> None:
    unmeasured = {
        "metrics": {"ndcg@10": [float("nan")] * 3},
        "guards": {"coverage@10": 0.0},
        "by_activity": [float("nan")] * 10,
    }
    verdict = msgspec.structs.replace(
        VERDICT, value=float("nan"), difference=float("nan"), low=float("nan"), high=float("nan")
    )
    decision = Decision(
        role="encoder", chosen="als", passed=True, reason="als serves", verdicts=(verdict,)
    )
    page = render(
        msgspec.json.encode(
            {**REPORT, "figures": {"ease": unmeasured}, "decisions": {"encoder": decision}}
        )
    )
    assert "<td>–</td>" in page
    assert "nan" not in page.lower()


def test_other_documents_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        render(b"{}")


def test_a_plot_is_well_formed() -> None:
    assert ET.fromstring(interval_bars("a & b", {"x": (0.1, 0.05, 0.2)})).tag.endswith("svg")
