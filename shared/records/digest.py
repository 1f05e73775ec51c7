"""Digests: the summaries of a profile that pages read, one blob per topic, without catalog data."""

import msgspec

from shared.ids import EncoderId, EpisodeId, TitleId
from shared.store.port import Key

DIGEST_PART = "digest"
VECTOR_PREFIX = "vector:"


class LogPosition(msgspec.Struct, frozen=True, array_like=True, order=True):
    """The part of a partition that a stored row includes: all records before `next_offset`.

    Positions are ordered by the topic's incarnation number, then by offset.
    """

    incarnation: int
    next_offset: int


class WatchedTitle(msgspec.Struct, frozen=True, array_like=True):
    """A profile's progress in a title. A part is an episode, or the film itself.

    `episode_id` to `seen_s`, `completed` and `device` describe the part that was watched last:
    `seen_s` is the length of the union of its watched intervals, `completed` whether its playback
    is finished. `total_seen_s` is the sum of such lengths over all parts. `finished_parts` holds
    the ids of the finished parts in ascending order (FILM_PART for a film), up to a limit of
    nearline those that were watched last. It is an argument of `is_title_finished`.
    """

    title_id: TitleId
    episode_id: EpisodeId | None
    position_s: int
    runtime_s: int
    seen_s: int
    total_seen_s: int
    completed: bool
    last_ms: int
    device: str
    utc_offset_min: int = 0
    finished_parts: tuple[str, ...] = ()


class RecentPlay(msgspec.Struct, frozen=True, array_like=True):
    """A watched title for models: the last time, and the share of its runtime seen, in 0..1.

    `utc_offset_min` is the member's local time minus UTC at that time, 0 if unknown.
    """

    title_id: TitleId
    time_ms: int
    fraction: float
    device: str
    utc_offset_min: int = 0


class RecentSearch(msgspec.Struct, frozen=True, array_like=True):
    """A query and the titles selected or played from it, in order of time."""

    query: str
    time_ms: int
    led_to: tuple[TitleId, ...]


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """The profile's own facts; the maturity ceiling is an age."""

    maturity_ceiling: int
    country: str
    languages: tuple[str, ...]
    name: str | None


class TopicDigest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A summary of all events of a profile on one topic, up to `position`.

    `as_of_ms` is the greatest event time, `received_ms` the greatest append time, from which
    freshness is measured; `events` is the number of events.
    """

    position: LogPosition
    as_of_ms: int
    received_ms: int = 0
    events: int = 0


class Digest(TopicDigest, frozen=True, kw_only=True, omit_defaults=True):
    """The summary of a profile's signals.

    `watched` is ordered from the latest to the oldest, `plays` from the oldest to the latest (the
    order of model histories), `my_list` from the newest addition on.
    """

    facts: Facts | None = None
    watched: tuple[WatchedTitle, ...] = ()
    plays: tuple[RecentPlay, ...] = ()
    thumbs: dict[TitleId, int] = {}
    ratings: dict[TitleId, float] = {}
    my_list: tuple[TitleId, ...] = ()
    searches: tuple[RecentSearch, ...] = ()
    picks: tuple[TitleId, ...] = ()


class ProfileVector(msgspec.Struct, frozen=True, array_like=True):
    """An embedding as little-endian float32 bytes: encoder `encoder_id`, digest at `position`."""

    encoder_id: EncoderId
    position: LogPosition
    vector: bytes


def vector_key(encoder_id: EncoderId) -> Key:
    """The clustering key of the cached vector of one encoder, in the table of the digest."""
    return (VECTOR_PREFIX + encoder_id,)


class TrailerViews(msgspec.Struct, frozen=True, array_like=True):
    """The number of views of a title's trailer, and the time of the last one."""

    count: int
    last_ms: int


class ExposureDigest(TopicDigest, frozen=True, kw_only=True, omit_defaults=True):
    """The summary of a profile's exposures, by title.

    `seen` counts impressions and `last_seen_ms` is the time of the last one; `billboard_seen`
    counts those on the billboard. `looks` counts looks (title page, trailer or hover), and
    `trailer_views` those at the trailer.
    """

    seen: dict[TitleId, int] = {}
    last_seen_ms: dict[TitleId, int] = {}
    looks: dict[TitleId, int] = {}
    billboard_seen: dict[TitleId, int] = {}
    trailer_views: dict[TitleId, TrailerViews] = {}
