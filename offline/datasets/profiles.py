"""What is known of each profile itself: its facts, what it disliked, which episodes it finished, on which titles it has spoken."""

from typing import Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from shared.events.feedback import Thumb
from shared.events.plays import PlayCompleted
from shared.events.profiles import ProfileFacts
from shared.log.topics import SIGNALS

_BODY: Final = "body struct<maturity_ceiling int, country string, value int, episode_id string>"
_LATEST: Final = ("event_time_ms", "client_seq", "event_id")


def read_profiles(events: DataFrame) -> pa.Table:
    """One row per profile that ever signalled, by id: maturity_ceiling, country (null when it never said), `disliked` (title ids whose
    last thumb points down), `completed` (structs of title id and its completed episodes, null for a film).
    """
    signals = events.where(f.col("topic") == SIGNALS).withColumn("body", f.from_json(f.col("value").cast("string"), _BODY)["body"])
    everyone = signals.select("profile_id").distinct()
    together = (
        everyone.join(_facts(signals), on="profile_id", how="left")
        .join(_disliked(signals), on="profile_id", how="left")
        .join(_completed(signals), on="profile_id", how="left")
    )
    return together.select("profile_id", "maturity_ceiling", "country", "disliked", "completed").toArrow().sort_by("profile_id")


def _latest(value: Column) -> Column:
    return f.max_by(value, f.struct(*_LATEST))


def _facts(signals: DataFrame) -> DataFrame:
    facts = signals.where(f.col("type") == ProfileFacts.type)
    return facts.groupBy("profile_id").agg(
        _latest(f.col("body.maturity_ceiling")).alias("maturity_ceiling"),
        _latest(f.col("body.country")).alias("country"),
    )


def _disliked(signals: DataFrame) -> DataFrame:
    thumbs = signals.where(f.col("type") == Thumb.type)
    last_word = thumbs.groupBy("profile_id", "title_id").agg(_latest(f.col("body.value")).alias("thumb"))
    return last_word.where("thumb < 0").groupBy("profile_id").agg(f.sort_array(f.collect_list("title_id")).alias("disliked"))


def _completed(signals: DataFrame) -> DataFrame:
    ends = signals.where(f.col("type") == PlayCompleted.type)
    pairs = ends.select("profile_id", f.struct("title_id", f.col("body.episode_id").alias("episode_id")).alias("what")).distinct()
    return pairs.groupBy("profile_id").agg(f.sort_array(f.collect_list("what")).alias("completed"))
