"""An LRU cache of profile states in front of the store."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from nearline.handlers.registry import HandlerRegistry
from nearline.profiles.recent import RecentPart
from nearline.profiles.state import ProfileState, from_rows
from nearline.rows import PROFILE_TOPICS, FoldPart, blobs_by_row, handler_and_version
from nearline.telemetry import WorkerMetrics
from shared.errors import LogReplaced
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.store.port import Store

Owner = tuple[Partition, str]
# A guess: concurrent reads of one worker.
_READERS = 16


class ProfileCache:
    """States by partition and profile; the least recently used ones are evicted.

    A state is ahead of the store only between a fold and its write.
    """

    def __init__(
        self,
        store: Store,
        handlers: HandlerRegistry,
        metrics: WorkerMetrics,
        limit: int,
        reaches: Callable[[Partition, LogPosition], bool],
    ) -> None:
        self._store = store
        self._handlers = handlers
        self._metrics = metrics
        self._limit = limit
        self._reaches = reaches
        self._states: OrderedDict[Owner, ProfileState] = OrderedDict()
        # msgspec builds a type's decoder on first use, which is not safe in several threads.
        for part_type in (FoldPart, RecentPart, *handlers.part_types):
            msgspec.msgpack.Decoder(part_type)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="nearline-read")

    def __len__(self) -> int:
        return len(self._states)

    def load(self, owners: Iterable[Owner]) -> None:
        """Read the states that are not in memory, several at once.

        Raises:
            StoreUnavailable: some could not be read.
            LogReplaced: a row includes a position that the log does not have.
            SchemaMismatch: a row was written by a newer version.
        """
        missing = [owner for owner in dict.fromkeys(owners) if owner not in self._states]
        for owner, state in zip(missing, self._readers.map(self._read, missing), strict=True):
            self._states[owner] = state
            for row in state.skipped:
                self._metrics.skipped_parts.labels(handler_and_version(row)[0]).inc()

    def get(self, owner: Owner) -> ProfileState:
        """A loaded state, which becomes the most recently used."""
        self._states.move_to_end(owner)
        return self._states[owner]

    def trim(self) -> None:
        """Evict states above the limit; call it only when the store has every state."""
        while len(self._states) > self._limit:
            self._states.popitem(last=False)

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Drop the states of partitions that were revoked or may be ahead of the store."""
        dropped = set(partitions)
        for owner in [owner for owner in self._states if owner[0] in dropped]:
            del self._states[owner]

    def close(self) -> None:
        """Stop the reading threads."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _read(self, owner: Owner) -> ProfileState:
        partition, profile_id = owner
        rows = self._store.read(PROFILE_TOPICS[partition.topic].table, (profile_id,))
        state = from_rows(partition, profile_id, self._handlers, blobs_by_row(rows))
        if not self._reaches(partition, state.fold.position):
            raise LogReplaced(
                f"profile {profile_id} includes {partition.topic}/{partition.index} up to "
                f"{state.fold.position}, beyond its end: the log is not the one that was folded; "
                "`marquee rebuild` accepts the new one"
            )
        return state
