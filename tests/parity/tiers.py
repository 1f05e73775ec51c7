"""The same plays in each tier, by the product code of that tier."""

from collections.abc import Sequence

from nearline.handlers.plays import TitlePart, fold, summarize
from offline.candidates.inputs import finished_titles
from offline.datasets.playback import finished_parts
from offline.datasets.reward import RewardSettings
from offline.datasets.signals import SignalEvent
from online.page.filters import viewed_titles
from online.page.model import ProfileSignals
from online.published.catalog_view import CatalogView
from shared.catalog.titles import Title
from shared.clock import MINUTE_MS
from shared.events.accept import AcceptedEvent, accept
from shared.events.codec import encode
from shared.events.envelope import order_of
from shared.events.plays import Play
from shared.ids import EventId, ProfileId
from shared.records.digest import Digest, LogPosition, WatchedTitle

T0 = 1_700_000_000_000
ONLY_ABANDONED = RewardSettings(start=0, fraction=0, finished=0, thumb=0, abandoned=1)
"""The reward of a session is 0 unless it was abandoned."""


def accepted(body: Play, minute: int) -> AcceptedEvent:
    """The play as readers of the log receive it."""
    time_ms = T0 + minute * MINUTE_MS
    value = encode(
        body,
        event_id=EventId(f"e{minute}"),
        event_time_ms=time_ms,
        profile_id=ProfileId("p"),
        device="tv",
    )
    return accept(value, time_ms)


def in_nearline(events: Sequence[AcceptedEvent]) -> WatchedTitle:
    """The title in the digest."""
    part: TitlePart | None = None
    for event in events:
        part, _ = fold(part, event)
    assert part is not None
    return summarize(part)


def in_spark(event: AcceptedEvent) -> SignalEvent:
    """The event as an offline job reads it."""
    return SignalEvent(order_of(event.envelope), event.body, event.envelope.device)


def finished_online(title: Title, events: Sequence[AcceptedEvent], now_ms: int) -> bool:
    """Whether the title is finished on the page."""
    digest = Digest(position=LogPosition(0, 0), as_of_ms=now_ms, watched=(in_nearline(events),))
    (viewed,) = viewed_titles(ProfileSignals(digest=digest), CatalogView.of([title]), now_ms)
    return viewed.finished


def finished_offline(title: Title, events: Sequence[AcceptedEvent], now_ms: int) -> bool:
    """Whether the title is finished in the nightly run."""
    entry = {"title_id": title.title_id, "parts": finished_parts(map(in_spark, events))}
    return title.title_id in finished_titles([entry], {title.title_id: title}, now_ms)
