"""Accepting a log that is not the one that was folded: on a person's word only, with what it costs
said.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nearline.positions import Positions
from shared.errors import SetupError
from shared.log.port import Log, Partition
from shared.store.port import Store
from shared.store.tables import INCARNATIONS

JOIN_TIMEOUT_POLLS = 60


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """A topic whose new incarnation was registered under the next number."""

    topic: str
    incarnation: str
    number: int


def accept_incarnations(log: Log, store: Store, topics: tuple[str, ...]) -> list[AcceptedEvent]:
    """Register the topics that were deleted and created again; the worker folds them from their
    start on top of the state kept.

    State of the former incarnation stays: positions and write timestamps of the new one are greater
    than all of its. Offsets that were committed stay behind too, for they belong to another group.

    Raises:
        SetupError: somebody else registered a topic at the same time.
    """
    accepted = []
    for topic in topics:
        incarnation = log.topic(topic).incarnation
        known = store.read(INCARNATIONS, (topic,)).get(())
        if known is not None and known["incarnation"] == incarnation:
            continue
        number = int(known["number"]) + 1 if known is not None else 1
        if not store.compare_and_set(
            INCARNATIONS, (topic,), known, {"incarnation": incarnation, "number": number}
        ):
            raise SetupError(
                f"topic {topic} was registered by somebody else at this moment: look again with `marquee status`"
            )
        accepted.append(AcceptedEvent(topic, incarnation, number))
    return accepted


def accept_gap(
    log: Log, store: Store, group: str, topics: tuple[str, ...], poll_s: float = 0.5
) -> Mapping[Partition, int]:
    """Move the group to the log's start where records it never read are gone; returns how many each
    partition lost.

    Raises:
        SetupError: a worker is running: stop all of them first.
    """
    positions = Positions(log, store, topics)
    positions.register()
    lost: dict[Partition, int] = {}
    wanted = {
        Partition(topic, index)
        for topic, count in positions.partitions.items()
        for index in range(count)
    }

    def move(partitions: frozenset[Partition]) -> None:
        for partition in partitions:
            committed, start = consumer.committed(partition), log.start_offset(partition)
            if committed is not None and committed < start:
                lost[partition] = start - committed
            consumer.seek(partition, start if committed is None else max(committed, start))

    consumer = log.consumer(positions.group(group), topics, move, lambda _partitions: None)
    try:
        for _ in range(JOIN_TIMEOUT_POLLS):
            consumer.poll(poll_s, 1)
            if consumer.assignment() >= wanted:
                consumer.commit({partition: log.start_offset(partition) for partition in lost})
                return lost
    finally:
        consumer.close()
    raise SetupError(
        f"only {len(consumer.assignment())} of {len(wanted)} partitions are free: stop every `marquee nearline` first"
    )
