"""Viewing sessions: plays of one title by one profile without a long gap, with later feedback."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as f

from offline.datasets.playback import finishes, seen_s
from offline.datasets.reward import RewardSettings, reward
from offline.datasets.signals import (
    ORDER,
    SignalEvent,
    event_column,
    is_play,
    read_event,
    with_bodies,
)
from offline.lake.event_schema import spark_schema
from shared.events.feedback import Rating, Thumb
from shared.events.plays import PLAY_TYPES, Play
from shared.rules.watching import (
    SESSION_GAP_MS,
    is_abandoned,
    is_qualified,
    opinion,
    watched_fraction,
)

VIEWINGS: Final = pa.schema(
    [
        ("profile_id", pa.string()),
        ("title_id", pa.string()),
        ("known_at_ms", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("fraction", pa.float32()),
        ("seen_s", pa.int32()),
        ("qualified", pa.bool_()),
        ("finished", pa.bool_()),
        ("reward", pa.float32()),
        ("device", pa.string()),
        ("country", pa.string()),
        ("utc_offset_min", pa.int32()),
        ("origin_kind", pa.string()),
    ]
)
"""Columns of the table of viewing sessions; see `read_viewings` and ViewingSession.

The table is the fact table of plays. Trainers read only the start, the fraction, the reward and the
context; the end, the watched seconds, `finished` and the origin are for analyses and new rewards.
"""


@dataclass(frozen=True, slots=True)
class PlayTimes:
    """The time of the latest play event, and a quantile of the times of all."""

    latest_ms: int
    quantile_ms: int


def play_times(events: DataFrame, share: float) -> PlayTimes | None:
    """Return the times of the play events with the quantile at `share`, or None without plays."""
    times = f.col("event_time_ms")
    plays = events.where(is_play())
    row = plays.agg(
        f.max(times).alias("latest"), f.percentile(times, share).cast("bigint").alias("quantile")
    ).first()
    if row is None or row.latest is None:
        return None
    return PlayTimes(int(row.latest), int(row.quantile))


def read_viewings(events: DataFrame, settings: RewardSettings, as_of: tuple[int, ...]) -> pa.Table:
    """Return every viewing session as of each time in `as_of`, in columns of VIEWINGS.

    `known_at_ms` is the time. Its rows depend only on events strictly before it: an unfinished
    session has the extent of that time, and a later thumb does not count. Rows are sorted, so that
    equal events give equal bytes.
    """
    summarize_batches = SummarizeSessions(settings, as_of)
    rows = _sessions(events).mapInArrow(summarize_batches, spark_schema(VIEWINGS)).toArrow()
    return rows.cast(VIEWINGS).sort_by(
        [(name, "ascending") for name in ("known_at_ms", "start_ms", "profile_id", "title_id")]
    )


def _sessions(events: DataFrame) -> DataFrame:
    """Return one row per session with its events in order.

    The events of a session before a time are the session as it was at that time.
    """
    by_title = Window.partitionBy("profile_id", "title_id").orderBy(*ORDER)
    previous_rows = by_title.rowsBetween(Window.unboundedPreceding, -1)
    rows_so_far = by_title.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    play_time = f.when(is_play(), f.col("event_time_ms"))
    previous_play = f.last(play_time, ignorenulls=True).over(previous_rows)
    # The watched time that the event reports is not a gap, because a player may report once, at the
    # end.
    gap_ms = f.col("event_time_ms") - previous_play - _watched_ms()
    begins = is_play() & (previous_play.isNull() | (gap_ms > SESSION_GAP_MS))
    return (
        with_bodies(events, (*PLAY_TYPES, Thumb, Rating))
        .withColumn("session", f.sum(begins.cast("int")).over(rows_so_far))
        .where("session > 0")
        .groupBy("profile_id", "title_id", "session")
        .agg(f.sort_array(f.collect_list(event_column(f.col("body")))).alias("events"))
        .select("profile_id", "title_id", "events")
    )


def _watched_ms() -> Column:
    """The sum of the lengths of an event's watched intervals; 0 without one."""
    watched_s = f.aggregate(
        "body.watched", f.lit(0).cast("bigint"), lambda total, part: total + part[1] - part[0]
    )
    return f.coalesce(watched_s, f.lit(0)) * 1_000


@dataclass(frozen=True)
class SummarizeSessions:
    """The function that Spark runs over batches of sessions: one row per session and time."""

    settings: RewardSettings
    as_of: tuple[int, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = chain.from_iterable(map(self._rows, batch.to_pylist()))
            yield pa.RecordBatch.from_pylist(list(rows), schema=VIEWINGS)

    def _rows(self, row: dict[str, Any]) -> Iterator[dict[str, object]]:
        events = [read_event(event) for event in row["events"]]
        for time_ms in self.as_of:
            earlier = [event for event in events if event.time_ms < time_ms]
            if earlier:
                yield {
                    "profile_id": row["profile_id"],
                    "title_id": row["title_id"],
                    "known_at_ms": time_ms,
                    **asdict(summarize(earlier, self.settings)),
                }


@dataclass(frozen=True, slots=True)
class ViewingSession:
    """A viewing session. Its times are those of its first and its last play event.

    `fraction` is the share of the runtime that was watched, 0..1, and `seen_s` the seconds of it.
    `qualified` is whether that is enough to be evidence of taste (`is_qualified`).
    `finished` is whether a playback was finished. The device, the country and the origin are those
    of its start.
    """

    start_ms: int
    end_ms: int
    fraction: float
    seen_s: int
    qualified: bool
    finished: bool
    reward: float
    device: str
    country: str | None
    utc_offset_min: int | None
    origin_kind: str | None


def summarize(events: Sequence[SignalEvent], settings: RewardSettings) -> ViewingSession:
    """Return the session of plays and feedback in their order. The first event is a play."""
    plays = [event.body for event in events if isinstance(event.body, Play)]
    play_times_ms = [event.time_ms for event in events if isinstance(event.body, Play)]
    watched_s, runtime_s = seen_s(plays), max(play.runtime_s for play in plays)
    fraction = watched_fraction(watched_s, runtime_s)
    finished = any(map(finishes, plays))
    start = events[0]
    return ViewingSession(
        start_ms=play_times_ms[0],
        end_ms=play_times_ms[-1],
        fraction=fraction,
        seen_s=watched_s,
        qualified=is_qualified(watched_s, runtime_s),
        finished=finished,
        reward=reward(
            settings,
            fraction=fraction,
            finished=finished,
            thumb=_last_opinion(events),
            abandoned=is_abandoned(watched_s, runtime_s, finished=finished),
        ),
        device=start.device,
        country=start.country,
        utc_offset_min=start.utc_offset_min,
        origin_kind=start.origin_kind,
    )


def _last_opinion(events: Sequence[SignalEvent]) -> int:
    thumb, stars = 0, None
    for event in events:
        match event.body:
            case Thumb():
                thumb = event.body.value
            case Rating():
                stars = event.body.stars
    return opinion(thumb, stars)
