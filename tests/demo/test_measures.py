"""What the demo measures and how: template pages, plans of requests, lag."""

import numpy as np
import pytest

from infra.demo.lag import partition_lags
from infra.demo.template_pages import ranking, template_page
from infra.load import poisson
from infra.world import ShownRow
from shared.ids import ProfileId, TitleId
from shared.models.port import Query, QueryContext, Scores
from shared.vocabulary import Numbers, Vocabulary


def ids(*names: str) -> tuple[TitleId, ...]:
    return tuple(TitleId(name) for name in names)


class Fixed:
    """A scorer that likes later titles more, and never the first."""

    vocabulary = Vocabulary(ids("never", "a", "b", "c"))

    def score(self, queries: object, candidates: Numbers | None = None) -> Scores:
        return np.array([[-np.inf, 1.0, 2.0, 3.0]], dtype=np.float32)


def test_a_ranking_holds_allowed_titles_best_first() -> None:
    query = Query((), QueryContext(0))
    assert ranking(Fixed(), query, ids("a", "c", "never", "unknown")) == ["c", "a"]


def test_a_template_page_keeps_shape_and_continue_watching_and_repeats_nothing() -> None:
    live = (
        ShownRow(ids("x"), "billboard"),
        ShownRow(ids("a", "y"), "continue_watching"),
        ShownRow(ids("p", "q"), "popular"),
        ShownRow(ids("r", "s"), "new"),
    )
    made = template_page(live, ids("c", "a", "b", "d"))
    assert [(row.kind, row.title_ids) for row in made] == [
        ("billboard", ("c",)),
        ("continue_watching", ("a", "y")),
        ("popular", ("b", "d")),
        ("new", ()),
    ]


def test_requests_are_planned_at_the_rate_whoever_answers() -> None:
    rng = np.random.default_rng(1)
    planned = poisson([ProfileId("a"), ProfileId("b")], 4_000, 25.0, rng)
    times = [request.at_s for request in planned]
    assert times == sorted(times)
    assert times[-1] / 4_000 == pytest.approx(1 / 25, rel=0.1)
    assert {request.profile_id for request in planned} == {"a", "b"}


def test_lag_is_read_per_partition_from_the_metrics() -> None:
    text = (
        "# TYPE marquee_nearline_lag_records gauge\n"
        'marquee_nearline_lag_records{partition="0",topic="signals"} 7.0\n'
        'marquee_nearline_lag_records{partition="1",topic="signals"} 0.0\n'
        "# TYPE other gauge\nother 3.0\n"
    )
    assert partition_lags(text) == {("signals", "0"): 7.0, ("signals", "1"): 0.0}
