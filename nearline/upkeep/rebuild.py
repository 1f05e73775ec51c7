"""Accept a replaced log or lost records, by decision of an operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nearline.positions import Positions
from shared.errors import SetupError
from shared.log.port import Log, Partition
from shared.store.port import Store
from shared.store.tables import INCARNATIONS

# A guess: half a minute at the default poll time, longer than a session timeout.
JOIN_TIMEOUT_POLLS: Final = 60


@dataclass(frozen=True, slots=True)
class AcceptedTopic:
    """A new incarnation of a topic, registered under the next number."""

    topic: str
    incarnation: str
    number: int


def accept_incarnations(log: Log, store: Store, topics: tuple[str, ...]) -> list[AcceptedTopic]:
    """Register the topics that were deleted and created again.

    The worker then folds them from their start into the stored state. State of the former
    incarnation stays, because all positions and write timestamps of the new one are greater.
    Offsets that were committed for the former one belong to another group.

    Raises:
        SetupError: another process registered a topic at the same time.
    """
    accepted = []
    for topic in topics:
        incarnation = log.topic(topic).incarnation
        registered = store.read(INCARNATIONS, (topic,)).get(())
        if registered is not None and registered["incarnation"] == incarnation:
            continue
        number = int(registered["number"]) + 1 if registered is not None else 1
        if not store.compare_and_set(
            INCARNATIONS, (topic,), registered, {"incarnation": incarnation, "number": number}
        ):
            raise SetupError(
                f"topic {topic} was registered by another process at the same time: check it with "
                "`marquee status`"
            )
        accepted.append(AcceptedTopic(topic, incarnation, number))
    return accepted


def accept_gap(
    log: Log, store: Store, group: str, topics: tuple[str, ...], poll_s: float = 0.5
) -> Mapping[Partition, int]:
    """Commit the log's start wherever records were deleted before they were folded.

    Returns the number of lost records by partition.

    Raises:
        SetupError: a worker is running: stop all of them first.
    """
    positions = Positions(log, store, topics)
    positions.register()
    lost: dict[Partition, int] = {}
    all_partitions = {
        Partition(topic, index)
        for topic, count in positions.partitions.items()
        for index in range(count)
    }

    def seek_past_gap(partitions: frozenset[Partition]) -> None:
        for partition in partitions:
            committed, start = consumer.committed(partition), log.start_offset(partition)
            if committed is not None and committed < start:
                lost[partition] = start - committed
            consumer.seek(partition, start if committed is None else max(committed, start))

    consumer = log.consumer(positions.group(group), topics, seek_past_gap, lambda _partitions: None)
    try:
        for _ in range(JOIN_TIMEOUT_POLLS):
            consumer.poll(poll_s, 1)
            if consumer.assignment() >= all_partitions:
                consumer.commit({partition: log.start_offset(partition) for partition in lost})
                return lost
    finally:
        consumer.close()
    raise SetupError(
        f"only {len(consumer.assignment())} of {len(all_partitions)} partitions are free: stop "
        "every `marquee nearline` first"
    )
