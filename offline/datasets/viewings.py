"""One row per watching: a profile's plays of a title without a long silence, taken together with
what it said about it after.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from offline.datasets.reward import RewardSettings, reward
from shared.events.feedback import Rating, Thumb
from shared.events.plays import PLAY_TYPES, PlayCompleted
from shared.rules.intervals import covered_seconds, union
from shared.rules.watching import (
    SESSION_GAP_MS,
    is_playback_finished,
    is_started,
    thumb_of_stars,
    watched_fraction,
)

Event = Mapping[str, Any]

_BODY: Final = "body struct<runtime_s int, position_s int, episode_id string, watched array<array<int>>, value int, stars double>"
_PLAYS: Final = tuple(play.type for play in PLAY_TYPES)
_FEEDBACK: Final = (Thumb.type, Rating.type)
_ORDER: Final = ("event_time_ms", "client_seq", "event_id")
_WATCHED_MS: Final = "coalesce(aggregate(body.watched, 0L, (sum, stretch) -> sum + stretch[1] - stretch[0]), 0L) * 1000"

SCHEMA: Final = pa.schema(
    [
        ("profile_id", pa.string()),
        ("title_id", pa.string()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("fraction", pa.float32()),
        ("seen_s", pa.int32()),
        ("completed", pa.bool_()),
        ("reward", pa.float32()),
        ("device", pa.string()),
        ("country", pa.string()),
        ("utc_offset_min", pa.int32()),
        ("origin_kind", pa.string()),
        ("known_at_ms", pa.int64()),
    ]
)
_SPARK_SCHEMA: Final = (
    "profile_id string, title_id string, start_ms bigint, end_ms bigint, fraction float, seen_s int, completed boolean, reward float,"
    " device string, country string, utc_offset_min int, origin_kind string, known_at_ms bigint"
)


@dataclass(frozen=True, slots=True)
class PlayTimes:
    """When plays happened: the latest event, and the moment before which a given share of them
    lies.
    """

    latest_ms: int
    quantile_ms: int


def play_times(events: DataFrame, share: float) -> PlayTimes | None:
    """The times of all play events; None when there is none."""
    times = f.col("event_time_ms")
    plays = events.where(f.col("type").isin(*_PLAYS))
    row = plays.agg(
        f.max(times).alias("latest"), f.percentile(times, share).cast("bigint").alias("quantile")
    ).first()
    return (
        None if row is None or row.latest is None else PlayTimes(int(row.latest), int(row.quantile))
    )


def read_viewings(events: DataFrame, settings: RewardSettings, as_of: tuple[int, ...]) -> pa.Table:
    """Every watching as it was known at each moment of `as_of`, sorted, so that equal events give
    equal bytes.

    `known_at_ms` names the moment: its rows are what the same computation would have found then,
    from events strictly before it (R9). A watching under way at a moment stands there as far as it
    had come, and no later thumb counts.
    """
    rows = _sessions(events).mapInArrow(Summarize(settings, as_of), _SPARK_SCHEMA).toArrow()
    return rows.cast(SCHEMA).sort_by(
        [(name, "ascending") for name in ("known_at_ms", "start_ms", "profile_id", "title_id")]
    )


def _sessions(events: DataFrame) -> DataFrame:
    """One row per session with its events in order. A session's events before a moment are what the
    session was at that moment.
    """
    title = Window.partitionBy("profile_id", "title_id").orderBy(*_ORDER)
    before = title.rowsBetween(Window.unboundedPreceding, -1)
    so_far = title.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    is_play = f.col("type").isin(*_PLAYS)
    previous_play = f.last(f.when(is_play, f.col("event_time_ms")), ignorenulls=True).over(before)
    # What an event says was watched since the one before it was no silence: a player may report
    # once, at the end.
    silence = f.col("event_time_ms") - previous_play - f.expr(_WATCHED_MS)
    begins = is_play & (previous_play.isNull() | (silence > SESSION_GAP_MS))
    return (
        events.where(f.col("type").isin(*_PLAYS, *_FEEDBACK))
        .withColumn("body", f.from_json(f.col("value").cast("string"), _BODY)["body"])
        .withColumn("session", f.sum(begins.cast("int")).over(so_far))
        .where("session > 0")
        .groupBy("profile_id", "title_id", "session")
        .agg(f.sort_array(f.collect_list(_event())).alias("events"))
        .select("profile_id", "title_id", "events")
    )


def _event() -> Column:
    return f.struct(
        *_ORDER,
        "type",
        "device",
        "country",
        "utc_offset_min",
        "origin_kind",
        *(
            f.col(f"body.{name}").alias(name)
            for name in ("runtime_s", "position_s", "episode_id", "watched", "value", "stars")
        ),
    )


@dataclass(frozen=True)
class Summarize:
    """The function that Spark runs over batches of sessions."""

    settings: RewardSettings
    as_of: tuple[int, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.RecordBatch.from_pylist(
                list(chain.from_iterable(map(self._rows, batch.to_pylist()))), schema=SCHEMA
            )

    def _rows(self, session: Event) -> Iterator[dict[str, object]]:
        for moment in self.as_of:
            known = [event for event in session["events"] if event["event_time_ms"] < moment]
            if known:
                watching = summarize(known, self.settings)
                yield {
                    "profile_id": session["profile_id"],
                    "title_id": session["title_id"],
                    "known_at_ms": moment,
                    **asdict(watching),
                }


@dataclass(frozen=True, slots=True)
class Watching:
    """What one session amounted to; times are those of its first and last play event."""

    start_ms: int
    end_ms: int
    fraction: float
    seen_s: int
    completed: bool
    reward: float
    device: str
    country: str | None
    utc_offset_min: int | None
    origin_kind: str | None


def summarize(events: list[Event], settings: RewardSettings) -> Watching:
    """A session's events, in order, as one watching; its first event is a play."""
    plays = [event for event in events if event["type"] in _PLAYS]
    first, runtime_s, seen_s = plays[0], max(event["runtime_s"] for event in plays), _seen_s(plays)
    share, completed = watched_fraction(seen_s, runtime_s), any(map(_reaches_credits, plays))
    started = completed or is_started(seen_s, runtime_s)
    return Watching(
        start_ms=first["event_time_ms"],
        end_ms=plays[-1]["event_time_ms"],
        fraction=share,
        seen_s=seen_s,
        completed=completed,
        reward=reward(
            settings,
            fraction=share,
            started=started,
            completed=completed,
            thumb=_last_thumb(events),
        ),
        device=first["device"],
        country=first["country"],
        utc_offset_min=first["utc_offset_min"],
        origin_kind=first["origin_kind"],
    )


def _seen_s(plays: list[Event]) -> int:
    """Seconds seen: within an episode what was seen twice counts once, different episodes add up."""
    by_episode: dict[str | None, list[Event]] = {}
    for event in plays:
        by_episode.setdefault(event["episode_id"], []).append(event)
    return sum(
        covered_seconds(
            union(*([(start, end) for start, end in event["watched"] or ()] for event in of_one)),
            of_one[-1]["runtime_s"],
        )
        for of_one in by_episode.values()
    )


def _reaches_credits(event: Event) -> bool:
    return is_playback_finished(
        event["position_s"] or 0, event["runtime_s"], completed=event["type"] == PlayCompleted.type
    )


def _last_thumb(events: list[Event]) -> int:
    thumb = 0
    for event in events:
        if event["type"] == Thumb.type:
            thumb = event["value"]
        elif event["type"] == Rating.type:
            thumb = thumb_of_stars(event["stars"])
    return thumb
