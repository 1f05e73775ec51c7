"""Events of the `signals` topic as Spark tasks read them: typed bodies in the order of a fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from offline.lake.event_schema import parsed_body, read_body
from shared.events.body import Body
from shared.events.envelope import Order
from shared.events.plays import PLAY_TYPES

ORDER: Final = ("event_time_ms", "client_seq", "event_id")
"""The columns that order events, as `order_of` does."""

_ENVELOPE: Final = ("device", "country", "utc_offset_min", "origin_kind")


_PLAY_NAMES: Final = tuple(play.type for play in PLAY_TYPES)


@dataclass(frozen=True, slots=True)
class SignalEvent:
    """One event: its order, the envelope fields that data sets need, and its body."""

    order: Order
    body: Body
    device: str = "unknown"
    country: str | None = None
    utc_offset_min: int | None = None
    origin_kind: str | None = None

    @property
    def time_ms(self) -> int:
        """The event time."""
        return self.order[0]


def with_bodies(events: DataFrame, bodies: Sequence[type[Body]]) -> DataFrame:
    """Return the events of the given types with their parsed bodies in the column `body`."""
    types = [body.type for body in bodies]
    return events.where(f.col("type").isin(*types)).withColumn("body", parsed_body(bodies))


def is_play() -> Column:
    """Return the condition that an event is a play event."""
    return f.col("type").isin(*_PLAY_NAMES)


def event_column(body: Column) -> Column:
    """Return an event with its parsed body as one struct. Structs sort by the order of events."""
    return f.struct(*ORDER, "type", *_ENVELOPE, body.alias("body"))


def read_event(row: Mapping[str, Any]) -> SignalEvent:
    """Return the event of a struct that `event_column` made."""
    return SignalEvent(
        order=(row["event_time_ms"], row["client_seq"], row["event_id"]),
        body=read_body(row["type"], row["body"]),
        device=row["device"],
        country=row["country"],
        utc_offset_min=row["utc_offset_min"],
        origin_kind=row["origin_kind"],
    )
