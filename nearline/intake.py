"""What a record is to the worker: an event to fold, a record in the wrong partition, or one to give
up; decided by the record alone.
"""

from dataclasses import dataclass

from shared.errors import InvalidEvent
from shared.events.accept import AcceptedEvent, accept
from shared.events.codec import key_of
from shared.log.partitioning import partition_of
from shared.log.port import OutgoingRecord, Record

REROUTED = "marquee-rerouted"


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event in the partition where it belongs."""

    record: Record
    accepted: AcceptedEvent
    profile_id: str


@dataclass(frozen=True, slots=True)
class Misrouted:
    """A valid event whose record stands elsewhere than its profile's key says."""

    event_type: str
    outgoing: OutgoingRecord


def intake(record: Record, partitions: int) -> Event | Misrouted:
    """Judge a record by its bytes, its append time and its place.

    Raises:
        InvalidEvent: it can never be folded.
    """
    topic = record.partition.topic
    accepted = accept(record.value, record.append_time_ms, topic)
    key = key_of(accepted.envelope, accepted.body)
    if record.key == key and record.partition.index == partition_of(key, partitions):
        return Event(record, accepted, key.decode())
    if any(name == REROUTED for name, _ in record.headers):
        raise InvalidEvent(
            "misrouted",
            f"was put into partition {record.partition.index} a second time",
            "profile_id",
        )
    headers = (*record.headers, (REROUTED, f"{record.partition.index}:{record.offset}".encode()))
    return Misrouted(accepted.envelope.type, OutgoingRecord(topic, key, record.value, headers))
