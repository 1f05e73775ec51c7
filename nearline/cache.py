"""The profiles in memory: those used last stay, the others are read from the store when an event of
theirs comes.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from nearline.profiles import ProfileState, from_rows, table_of
from shared.errors import LogReplaced
from shared.log.port import Partition
from shared.records.digest import LogPosition
from shared.store.port import Store
from shared.store.tables import VALUE

Owner = tuple[Partition, str]
_READERS = 16


class ProfileCache:
    """States by partition and profile. What is in memory may be ahead of the store only between a
    fold and its write.
    """

    def __init__(
        self, store: Store, limit: int, reaches: Callable[[Partition, LogPosition], bool]
    ) -> None:
        self._store = store
        self._limit = limit
        self._reaches = reaches
        self._states: OrderedDict[Owner, ProfileState] = OrderedDict()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="nearline-read")

    def __len__(self) -> int:
        return len(self._states)

    def load(self, owners: Iterable[Owner]) -> None:
        """Make sure that these states are in memory, reading many at once.

        Raises:
            StoreUnavailable: some could not be read.
            LogReplaced: a row speaks of a place that the log does not have.
            SchemaMismatch: a row was written by a later version.
        """
        missing = [owner for owner in dict.fromkeys(owners) if owner not in self._states]
        for owner, state in zip(missing, self._readers.map(self._read, missing), strict=True):
            self._states[owner] = state

    def get(self, owner: Owner) -> ProfileState:
        """A loaded state, which now counts as used last."""
        self._states.move_to_end(owner)
        return self._states[owner]

    def trim(self) -> None:
        """Let go of what was used longest ago; called only when the store has everything."""
        while len(self._states) > self._limit:
            self._states.popitem(last=False)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Drop the states of partitions that are another's now, or that may be ahead of the store."""
        gone = set(partitions)
        for owner in [owner for owner in self._states if owner[0] in gone]:
            del self._states[owner]

    def close(self) -> None:
        """Stop the reading threads."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _read(self, owner: Owner) -> ProfileState:
        partition, profile_id = owner
        found = self._store.read(table_of(partition.topic), (profile_id,))
        rows = {
            str(name): blob
            for (name,), cells in found.items()
            if isinstance(blob := cells[VALUE], bytes)
        }
        state = from_rows(partition, profile_id, rows)
        if not self._reaches(partition, state.fold.position):
            raise LogReplaced(
                f"profile {profile_id} includes {partition.topic}/{partition.index} up to {state.fold.position}, beyond its end: the log "
                "is not the one that was folded; `marquee rebuild` accepts the new one"
            )
        return state
