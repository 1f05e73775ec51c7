"""Validate a record and decide whether it is folded here or sent to another partition."""

from dataclasses import dataclass

from shared.errors import InvalidEvent
from shared.events.accept import AcceptedEvent, accept
from shared.events.codec import key_of
from shared.log.partitioning import partition_of
from shared.log.port import OutgoingRecord, Record

REROUTED = "marquee-rerouted"


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event in the partition of its key."""

    record: Record
    accepted: AcceptedEvent
    profile_id: str


def intake(record: Record, partitions: int) -> Event | OutgoingRecord:
    """Validate a record and compare its partition with its key.

    The result depends on the record alone. A valid event in the wrong partition becomes an outgoing
    record with the same value, and so the same event id, and a header that names its origin.

    Raises:
        InvalidEvent: the record can never be folded.
    """
    topic = record.partition.topic
    accepted = accept(record.value, record.append_time_ms, topic)
    key = key_of(accepted.envelope, accepted.body)
    if record.key == key and record.partition.index == partition_of(key, partitions):
        return Event(record, accepted, key.decode())
    if any(name == REROUTED for name, _ in record.headers):
        raise InvalidEvent(
            "misrouted",
            f"was written to partition {record.partition.index} a second time",
            "profile_id",
        )
    origin = f"{record.partition.index}:{record.offset}".encode()
    return OutgoingRecord(topic, key, record.value, (*record.headers, (REROUTED, origin)))
