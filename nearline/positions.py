"""The offsets at which folding starts, and whether stored positions match the log.

A mismatch stops the worker; records are never skipped silently.
"""

from collections.abc import Sequence

from nearline.incarnations import registered_incarnation
from shared.errors import LogGap, LogReplaced
from shared.log.port import Log, Partition
from shared.records.digest import LogPosition
from shared.store.port import Store


class Positions:
    """The incarnation number of each topic, and the bounds of its partitions.

    A topic is registered as number 1 when it is first seen. A topic with another id than the
    registered one was deleted and created again. Then an operator decides, with `marquee rebuild`,
    whether the stored state remains valid.
    """

    def __init__(self, log: Log, store: Store, topics: Sequence[str]) -> None:
        self._log = log
        self._store = store
        self.topics = tuple(topics)
        self._numbers: dict[str, int] = {}
        self.partitions: dict[str, int] = {}
        self._ends: dict[Partition, int] = {}

    def register(self) -> None:
        """Read the topics' numbers, or register the topics; call it first.

        Raises:
            LogReplaced: a topic is not the registered one.
        """
        for topic in self.topics:
            info = self._log.topic(topic)
            self.partitions[topic] = info.partitions
            self._numbers[topic] = self._registered_number(topic, info.incarnation)

    def check(self) -> None:
        """Check that the topics are still the registered ones; called periodically.

        Raises:
            LogReplaced: a topic was deleted and created again while the worker ran.
        """
        for topic in self.topics:
            incarnation = self._log.topic(topic).incarnation
            if self._registered_number(topic, incarnation) != self._numbers[topic]:
                raise LogReplaced(
                    f"another incarnation of topic {topic} was registered while this worker ran; "
                    "start it again"
                )

    def group(self, name: str) -> str:
        """The consumer group's name, with the topics' incarnation numbers.

        Offsets that were committed for a former incarnation belong to another group.
        """
        return "-".join((name, *(str(self._numbers[topic]) for topic in self.topics)))

    def number(self, topic: str) -> int:
        """The topic's incarnation number."""
        return self._numbers[topic]

    def start_of(
        self, partition: Partition, committed: int | None, folded: LogPosition | None
    ) -> int:
        """The offset to fold from: the committed one, or the start of the log if there is none.

        `folded` is a position that stored state includes, or None. Records that the state includes
        are skipped as replays.

        Raises:
            LogGap: records were deleted before they were folded.
            LogReplaced: a position is beyond the log's end.
        """
        start = self._log.start_offset(partition)
        end = self.note_end(partition, self._log.end_offset(partition))
        next_offset = committed
        if committed is None and folded is not None:
            is_current = folded.incarnation == self.number(partition.topic)
            next_offset = folded.next_offset if is_current else None
        if next_offset is not None and next_offset > end:
            raise LogReplaced(
                f"{partition.topic}/{partition.index} was folded up to {next_offset} and now ends "
                f"at {end}: it is not the log that was folded; `marquee rebuild` accepts it"
            )
        if next_offset is not None and next_offset < start:
            raise LogGap(
                f"{partition.topic}/{partition.index} was folded up to {next_offset} and now "
                f"begins at {start}: {start - next_offset} records were deleted; "
                "`marquee rebuild --accept-gap` continues without them",
                start - next_offset,
            )
        return start if committed is None else committed

    def reaches(self, partition: Partition, position: LogPosition) -> bool:
        """Whether the log has this position, or had it in a former incarnation.

        Reads the end offset from the log only if the greatest known one is smaller.
        """
        number = self.number(partition.topic)
        if position.incarnation != number:
            return position.incarnation < number
        if position.next_offset <= self._ends.get(partition, 0):
            return True
        return position.next_offset <= self.note_end(partition, self._log.end_offset(partition))

    def note_end(self, partition: Partition, end: int) -> int:
        """Record that the partition has all offsets before `end`; return `end`."""
        self._ends[partition] = max(self._ends.get(partition, 0), end)
        return end

    def known_lag(self, partition: Partition, next_offset: int) -> int:
        """The number of records from `next_offset` on, by the greatest known end offset."""
        return self._ends.get(partition, next_offset) - next_offset

    def lag(self, partition: Partition, next_offset: int) -> int:
        """The number of records from `next_offset` on, by the log's end offset."""
        return self.note_end(partition, self._log.end_offset(partition)) - next_offset

    def _registered_number(self, topic: str, incarnation: str) -> int:
        registered = registered_incarnation(self._store, topic, incarnation)
        if registered.incarnation_id != incarnation:
            raise LogReplaced(
                f"topic {topic} was deleted and created again: its id is {incarnation}, stored "
                f"positions are of {registered.incarnation_id!r}; `marquee rebuild` accepts the "
                "new one"
            )
        return registered.number
