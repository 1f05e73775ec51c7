"""Template pages, request plans and the lag of nearline."""

import numpy as np
import pytest

from infra.demo.lag import partition_lags
from infra.demo.template_pages import ranking, template_page
from infra.load import poisson
from infra.world.truth import ShownRow
from shared.ids import ProfileId, TitleId
from shared.models.port import Query, QueryContext, Scores
from shared.vocabulary import Numbers, Vocabulary


def ids(*names: str) -> tuple[TitleId, ...]:
    return tuple(TitleId(name) for name in names)


class FixedScorer:
    """Scores later titles higher, and gives the first no score."""

    vocabulary = Vocabulary(ids("never", "a", "b", "c"))

    def score(self, queries: object, candidates: Numbers | None = None) -> Scores:
        return np.array([[-np.inf, 1.0, 2.0, 3.0]], dtype=np.float32)


def test_a_ranking_has_the_allowed_titles_best_first() -> None:
    query = Query((), QueryContext(0))
    assert ranking(FixedScorer(), query, ids("a", "c", "never", "unknown")) == ["c", "a"]


def test_a_template_page_has_the_live_shape_and_continue_row_without_repeats() -> None:
    live = (
        ShownRow(ids("x"), "billboard"),
        ShownRow(ids("a", "y"), "continue_watching"),
        ShownRow(ids("p", "q"), "popular"),
        ShownRow(ids("r", "s"), "new"),
    )
    page = template_page(live, ids("c", "a", "b", "d"))
    assert [(row.kind, row.title_ids) for row in page] == [
        ("billboard", ("c",)),
        ("continue_watching", ("a", "y")),
        ("popular", ("b", "d")),
        ("new", ()),
    ]


def test_requests_are_planned_at_the_given_rate() -> None:
    rng = np.random.default_rng(1)
    planned = poisson([ProfileId("a"), ProfileId("b")], 4_000, 25.0, rng)
    times = [request.at_s for request in planned]
    assert times == sorted(times)
    assert times[-1] / 4_000 == pytest.approx(1 / 25, rel=0.1)
    assert {request.profile_id for request in planned} == {"a", "b"}


def test_lag_per_partition_is_parsed_from_the_metrics() -> None:
    text = (
        "# TYPE marquee_nearline_lag_records gauge\n"
        'marquee_nearline_lag_records{partition="0",topic="signals"} 7.0\n'
        'marquee_nearline_lag_records{partition="1",topic="signals"} 0.0\n'
        "# TYPE other gauge\nother 3.0\n"
    )
    assert partition_lags(text) == {("signals", "0"): 7.0, ("signals", "1"): 0.0}
