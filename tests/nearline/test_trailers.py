"""Trailer views in the digest of exposures."""

from shared.clock import HOUR_MS
from shared.events.exposures import Browse
from shared.ids import TitleId
from shared.records.digest import TrailerViews
from tests.nearline.events import T0, SampleEvent, title
from tests.nearline.platform import MemoryPlatform


def trailer(event_id: str, name: str, time_ms: int = T0) -> SampleEvent:
    return SampleEvent(event_id, Browse(kind="trailer", title_id=title(name)), time_ms)


def views_after(*events: SampleEvent) -> dict[TitleId, TrailerViews]:
    platform = MemoryPlatform()
    platform.fold(*events)
    return platform.exposures().trailer_views


def test_trailer_views_are_counted_by_title_with_the_time_of_the_latest() -> None:
    views = views_after(
        trailer("1", "a", T0 + HOUR_MS), trailer("2", "a", T0), trailer("3", "b", T0)
    )
    assert views == {"a": TrailerViews(2, T0 + HOUR_MS), "b": TrailerViews(1, T0)}


def test_a_trailer_view_that_is_sent_twice_is_counted_once() -> None:
    assert views_after(trailer("1", "a"), trailer("1", "a")) == {"a": TrailerViews(1, T0)}


def test_other_looks_are_not_trailer_views() -> None:
    page = SampleEvent("1", Browse(kind="title_page", title_id=title("a")))
    scroll = SampleEvent("2", Browse(kind="scroll"))
    assert views_after(page, scroll) == {}


def test_the_titles_viewed_last_remain_when_there_are_more_than_500() -> None:
    events = [trailer(f"{index}", f"{index:03}", T0 + index) for index in range(501)]
    views = views_after(*events)
    assert len(views) == 500
    assert "000" not in views
