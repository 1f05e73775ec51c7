"""Filters: named masks that agree with the mask a page uses, and explain a missing title."""

from collections.abc import Callable
from typing import Any

import pytest

from online.page.context import RequestContext
from online.page.filters import SAFETY_FILTERS, excluding_filters
from shared.catalog.titles import Window
from shared.events.catalog import TitleWithdrawn
from shared.ids import TitleId
from tests.online.harness import ReplicaHarness
from tests.online.samples import DAY, NOW, digest_of, title_of, watched

Capture = Callable[..., RequestContext]


@pytest.fixture
def context_of(harness: ReplicaHarness, monkeypatch: pytest.MonkeyPatch) -> Capture:
    """The context that sources receive for a request."""
    contexts: list[RequestContext] = []

    def capture(context: RequestContext) -> list[object]:
        contexts.append(context)
        return []

    def request(**changes: Any) -> RequestContext:
        with monkeypatch.context() as patch:
            patch.setattr("online.page.planner.SOURCES", {"capture": capture})
            harness.page(**changes)
        return contexts[0]

    return request


def names(context: RequestContext, title_id: str) -> tuple[str, ...]:
    return excluding_filters(context, context.view.number_of(TitleId(title_id)))


def test_every_filter_names_what_it_excludes(harness: ReplicaHarness, context_of: Capture) -> None:
    harness.launch(title_of(901, launch_ms=NOW + 1))
    harness.launch(title_of(902, windows=(Window("FR", 0),)))
    harness.announce(TitleWithdrawn(title_id=TitleId("t10")), "w")
    harness.poll()
    harness.put_digest(
        digest_of(
            thumbs={TitleId("t0"): -1},
            watched=(watched(1), watched(5, completed=True)),
            my_list=(TitleId("t6"),),
        )
    )
    context = context_of(ceiling=12)
    assert names(context, "t10")[0] == "withdrawn"
    assert names(context, "t3") == ("maturity",)
    assert "not_launched" in names(context, "t901")
    assert names(context, "t902") == ("not_licensed",)
    assert names(context, "t0") == ("disliked",)
    assert names(context, "t5") == ("finished",)
    assert names(context, "t1") == ("started",)
    assert names(context, "t6") == ("on_my_list",)
    assert names(context, "t2") == ()


def test_a_title_may_be_excluded_by_several_filters(
    harness: ReplicaHarness, context_of: Capture
) -> None:
    harness.put_digest(digest_of(thumbs={TitleId("t3"): -1}, my_list=(TitleId("t3"),)))
    assert names(context_of(ceiling=12), "t3") == ("maturity", "disliked", "on_my_list")


@pytest.mark.parametrize("ceiling", [0, 7, 18])
@pytest.mark.parametrize("country", ["US", "FR", None])
def test_the_masks_of_a_page_are_those_of_its_named_filters(
    harness: ReplicaHarness, context_of: Capture, ceiling: int, country: str | None
) -> None:
    harness.launch(title_of(901, launch_ms=NOW + DAY))
    harness.launch(title_of(902, windows=(Window("FR", 0),)))
    harness.poll()
    harness.put_digest(digest_of(watched=(watched(4),), my_list=(TitleId("t8"),)))
    context = context_of(ceiling=ceiling, country=country)
    for number in range(len(context.view)):
        excluding = set(excluding_filters(context, number))
        assert context.discoverable[number] == (not excluding)
        assert context.safe[number] == (not excluding & SAFETY_FILTERS.keys())
