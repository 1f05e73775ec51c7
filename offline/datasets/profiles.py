"""What is known of each profile itself: its facts, what it disliked, which episodes it finished, on
which titles it has spoken.
"""

from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from shared.events.feedback import Thumb
from shared.events.plays import PlayCompleted
from shared.events.profiles import ProfileFacts
from shared.topics import SIGNALS

_BODY: Final = "body struct<maturity_ceiling int, country string, value int, episode_id string>"
_ORDER: Final = ("event_time_ms", "client_seq", "event_id")


def read_profiles(events: DataFrame) -> pa.Table:
    """One row per profile that ever signaled, by id: maturity_ceiling, country (null when it never
    said), `disliked` (titles whose last thumb points down), `completed` (structs of a title and its
    completed episodes; a film is one episode without a name).
    """
    signals = events.where(f.col("topic") == SIGNALS).withColumn(
        "body", f.from_json(f.col("value").cast("string"), _BODY)["body"]
    )
    by_title = signals.groupBy("profile_id", "title_id").agg(
        _last(ProfileFacts.type, f.struct("body.maturity_ceiling", "body.country")).alias("facts"),
        _last(Thumb.type, f.col("body.value")).alias("thumb"),
        f.sort_array(f.collect_set(_completed_episode())).alias("episodes"),
    )
    by_profile = by_title.groupBy("profile_id").agg(
        f.max("facts").alias("facts"),
        f.sort_array(f.collect_list(f.when(f.col("thumb.last") < 0, f.col("title_id")))).alias(
            "disliked"
        ),
        f.sort_array(
            f.collect_list(f.when(f.size("episodes") > 0, f.struct("title_id", "episodes")))
        ).alias("completed"),
    )
    return (
        by_profile.select(
            "profile_id",
            "facts.last.maturity_ceiling",
            "facts.last.country",
            "disliked",
            "completed",
        )
        .toArrow()
        .sort_by("profile_id")
    )


def _last(event_type: str, value: Column) -> Column:
    """The value of the latest event of a type, as the field `last` of a struct that sorts by time;
    null when there is none.
    """
    return f.max(f.when(f.col("type") == event_type, f.struct(*_ORDER, value.alias("last"))))


def _completed_episode() -> Column:
    return f.when(
        f.col("type") == PlayCompleted.type, f.coalesce(f.col("body.episode_id"), f.lit(""))
    )
