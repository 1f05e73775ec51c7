"""Where folding begins, and whether stored positions still speak of the log that is there; doubt
stops the worker, it never skips.
"""

from collections.abc import Sequence

from shared.errors import LogGap, LogReplaced
from shared.log.port import Log, Partition
from shared.records.digest import LogPosition
from shared.store.port import Store
from shared.store.tables import INCARNATIONS


class Positions:
    """The incarnation number of each topic, and the bounds of its partitions.

    A topic that nobody has registered yet is registered as number 1. One whose id differs from the
    registered one was deleted and created again: only a person can say what the kept state is worth
    then, by `marquee rebuild`.
    """

    def __init__(self, log: Log, store: Store, topics: Sequence[str]) -> None:
        self._log = log
        self._store = store
        self.topics = tuple(topics)
        self._numbers: dict[str, int] = {}
        self.partitions: dict[str, int] = {}
        self._ends: dict[Partition, int] = {}

    def register(self) -> None:
        """Learn the topics' numbers; called once before anything else.

        Raises:
            LogReplaced: a topic is not the registered one.
        """
        for topic in self.topics:
            info = self._log.topic(topic)
            self.partitions[topic] = info.partitions
            self._numbers[topic] = self._number(topic, info.incarnation)

    def check(self) -> None:
        """See that the topics are still the registered ones; called now and then.

        Raises:
            LogReplaced: one was deleted and created again while the worker ran.
        """
        for topic in self.topics:
            if self._number(topic, self._log.topic(topic).incarnation) != self._numbers[topic]:
                raise LogReplaced(
                    f"another incarnation of topic {topic} was registered while this worker ran; start it again"
                )

    def group(self, name: str) -> str:
        """The consumer group's name: committed offsets of a former incarnation are those of another
        group, and mislead nobody.
        """
        return "-".join((name, *(str(self._numbers[topic]) for topic in self.topics)))

    def number(self, topic: str) -> int:
        """The topic's incarnation number."""
        return self._numbers[topic]

    def start_of(
        self, partition: Partition, committed: int | None, folded: LogPosition | None
    ) -> int:
        """The offset to fold from. `folded` is a place that stored state is known to include, where
        there is one.

        Without a committed offset folding starts at the log's start: whatever state includes
        already is skipped as a replay.

        Raises:
            LogGap: records that were never folded are gone.
            LogReplaced: a position lies beyond the log's end.
        """
        start, end = (
            self._log.start_offset(partition),
            self.note_end(partition, self._log.end_offset(partition)),
        )
        same = folded is not None and folded.incarnation == self.number(partition.topic)
        known = (
            committed
            if committed is not None
            else folded.next_offset
            if folded is not None and same
            else None
        )
        if known is not None and known > end:
            raise LogReplaced(
                f"{partition.topic}/{partition.index} was folded up to {known} and now ends at {end}: it is not the log that was "
                "folded; `marquee rebuild` accepts it"
            )
        if known is not None and known < start:
            raise LogGap(
                f"{partition.topic}/{partition.index} was folded up to {known} and now begins at {start}: {start - known} records are "
                "gone; `marquee rebuild --accept-gap` goes on without them",
                start - known,
            )
        return start if committed is None else committed

    def reaches(self, partition: Partition, position: LogPosition) -> bool:
        """Whether the log has this place, be it of a former incarnation; asks the log only when
        what is known does not settle it.
        """
        number = self.number(partition.topic)
        if position.incarnation != number:
            return position.incarnation < number
        if position.next_offset <= self._ends.get(partition, 0):
            return True
        return position.next_offset <= self.note_end(partition, self._log.end_offset(partition))

    def note_end(self, partition: Partition, end: int) -> int:
        """Remember how far the partition is known to reach; the greatest value seen."""
        self._ends[partition] = max(self._ends.get(partition, 0), end)
        return end

    def known_lag(self, partition: Partition, next_offset: int) -> int:
        """How many records stand after `next_offset`, as far as is known."""
        return self._ends.get(partition, next_offset) - next_offset

    def lag(self, partition: Partition, next_offset: int) -> int:
        """How many records stand after `next_offset`, asked of the log."""
        return self.note_end(partition, self._log.end_offset(partition)) - next_offset

    def _number(self, topic: str, incarnation: str) -> int:
        row = self._store.read(INCARNATIONS, (topic,)).get(())
        if row is None:
            if self._store.compare_and_set(
                INCARNATIONS, (topic,), None, {"incarnation": incarnation, "number": 1}
            ):
                return 1
            return self._number(topic, incarnation)
        if row["incarnation"] != incarnation:
            raise LogReplaced(
                f"topic {topic} was deleted and created again: its id is {incarnation}, stored positions speak of {row['incarnation']!r}; "
                "`marquee rebuild` accepts the new one"
            )
        return int(row["number"])
