"""One row per profile: its facts, its opinions, and the titles that it played."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql.types import LongType, StructType

from offline.datasets.playback import PlayedTitle, played_title
from offline.datasets.signals import ORDER, SignalEvent, event_column, is_play, read_event
from offline.lake.event_schema import parsed_body, spark_schema
from shared.events.body import Body
from shared.events.feedback import Rating, Thumb
from shared.events.plays import PLAY_TYPES
from shared.events.profiles import ProfileFacts
from shared.rules.watching import opinion
from shared.topics import SIGNALS

_BODIES: Final[tuple[type[Body], ...]] = (*PLAY_TYPES, Thumb, Rating, ProfileFacts)
# The fields from which PlayedTitle is computed, and the required title_id.
_PLAY_FIELDS: Final = ("title_id", "episode_id", "position_s", "runtime_s", "watched")
_PLAYED: Final = pa.schema(
    [("last_ms", pa.int64()), ("fraction", pa.float64()), ("parts", pa.list_(pa.string()))]
)
"""Columns of a PlayedTitle."""
_GROUP_COLUMNS: Final = ("profile_id", "title_id", "facts")


def read_profiles(events: DataFrame) -> pa.Table:
    """Return one row per profile that has any signal, sorted by id.

    `maturity_ceiling` and `country` are null without facts. `opinions` has a struct (title_id,
    value) for every title with a stated opinion: 2, 1 or −1. `played` has a struct (title_id and
    the fields of PlayedTitle) for every title with a play.
    """
    by_title = _by_title(events.where(f.col("topic") == SIGNALS))
    by_profile = by_title.groupBy("profile_id").agg(
        f.max("facts").alias("facts"),
        _titles_with(
            f.col("opinion") != 0, f.struct("title_id", f.col("opinion").alias("value"))
        ).alias("opinions"),
        _titles_with(
            f.col("played").isNotNull(),
            f.struct("title_id", *(f"played.{name}" for name in _PLAYED.names)),
        ).alias("played"),
    )
    columns = ("profile_id", "facts.last.maturity_ceiling", "facts.last.country")
    return by_profile.select(*columns, "opinions", "played").toArrow().sort_by("profile_id")


def _by_title(signals: DataFrame) -> DataFrame:
    """Return the facts, the opinion and the played state of every profile and title.

    Facts have no title, so they are in the profile's row without a title.
    """
    play = f.struct(*(f"body.{name}" for name in _PLAY_FIELDS))
    grouped = (
        signals.withColumn("body", parsed_body(_BODIES))
        .groupBy("profile_id", "title_id")
        .agg(
            _last(ProfileFacts, f.struct("body.maturity_ceiling", "body.country")).alias("facts"),
            _last(Thumb, f.col("body.value")).alias("thumb"),
            _last(Rating, f.col("body.stars")).alias("rating"),
            f.collect_list(f.when(is_play(), event_column(play))).alias("plays"),
        )
        .select(
            "profile_id",
            "title_id",
            "facts",
            f.coalesce("thumb.last", f.lit(0)).alias("thumb"),
            f.col("rating.last").alias("stars"),
            "plays",
        )
    )
    group_columns = [field for field in grouped.schema.fields if field.name in _GROUP_COLUMNS]
    schema = StructType(group_columns).add("opinion", LongType())
    schema.add("played", spark_schema(_PLAYED))
    return grouped.mapInArrow(_apply_rules, schema)


def _apply_rules(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Replace the feedback by the opinion, and the plays by their outcome; runs in tasks."""
    for batch in batches:
        feedback = zip(batch["thumb"].to_pylist(), batch["stars"].to_pylist(), strict=True)
        opinions = [opinion(thumb, stars) for thumb, stars in feedback]
        played = [_played_row(map(read_event, plays)) for plays in batch["plays"].to_pylist()]
        yield (
            batch.select(_GROUP_COLUMNS)
            .append_column("opinion", pa.array(opinions, pa.int64()))
            .append_column("played", pa.array(played, pa.struct(_PLAYED)))
        )


def _played_row(events: Iterable[SignalEvent]) -> dict[str, object] | None:
    played: PlayedTitle | None = played_title(events)
    return None if played is None else asdict(played)


def _last(body: type[Thumb | Rating | ProfileFacts], value: Column) -> Column:
    """Return the value of the latest event of a type as the field `last` of a struct.

    The struct sorts by time. It is null without such an event.
    """
    return f.max(f.when(f.col("type") == body.type, f.struct(*ORDER, value.alias("last"))))


def _titles_with(condition: Column, entry: Column) -> Column:
    return f.sort_array(f.collect_list(f.when(condition, entry)))
