"""Follow the `catalog` topic from the end of a generation's snapshot of the catalog.

A launch or a takedown reaches pages within a second.
"""

import logging
from collections.abc import Iterable
from typing import Final

from online.published.catalog_view import CatalogView
from shared.artifacts.generation import Generation
from shared.catalog.titles import Title
from shared.clock import Clock
from shared.errors import InvalidEvent
from shared.events.accept import accept
from shared.events.catalog import TitlePublished, TitleWithdrawn
from shared.ids import TitleId
from shared.log.port import Log, Partition, Record
from shared.topics import CATALOG

logger = logging.getLogger(__name__)

# Records read at once, so that a long topic is applied in batches of bounded memory.
MAX_RECORDS: Final = 2_000


class CatalogFeed:
    """Updates one generation's catalog; used by one thread, except `age_ms`."""

    def __init__(self, manifest: Generation, view: CatalogView, clock: Clock) -> None:
        self.view = view
        self._manifest = manifest
        self._clock = clock
        self._position: int | None = None
        self._complete_at_ms: int | None = None

    def poll(self, log: Log) -> bool:
        """Apply new records; True when the view changed.

        Raises:
            LogUnavailable: the view is unchanged, and its age grows.
        """
        partition = Partition(CATALOG, 0)
        if self._position is None:
            self._position = self._start(log, partition)
        end_read_ms = self._clock.now_ms()
        end = log.end_offset(partition)
        if end < self._position:
            # The topic was created again: start over.
            self._position = self._start(log, partition)
        changed = False
        while self._position < end:
            stop = min(end, self._position + MAX_RECORDS)
            changed |= self._apply(log.read(partition, self._position, stop))
            self._position = stop
        self._complete_at_ms = end_read_ms
        return changed

    def age_ms(self, now_ms: int) -> int | None:
        """Time since the view contained the whole topic; None before the first time."""
        return None if self._complete_at_ms is None else max(0, now_ms - self._complete_at_ms)

    def _start(self, log: Log, partition: Partition) -> int:
        """The generation's offset, or the topic's start when the topic was created again.

        A topic that was created again contains a whole catalog.
        """
        start = log.start_offset(partition)
        if log.topic(CATALOG).incarnation != self._manifest.catalog_incarnation:
            return start
        return max(start, self._manifest.catalog_next_offset)

    def _apply(self, records: Iterable[Record]) -> bool:
        latest: dict[TitleId, Title | None] = {}
        for record in records:
            change = _change(record)
            if change is not None:
                latest[change[0]] = change[1]
        if not latest:
            return False
        published = [title for title in latest.values() if title is not None]
        self.view = self.view.with_changes(
            published, [title_id for title_id, title in latest.items() if title is None]
        )
        return True


def _change(record: Record) -> tuple[TitleId, Title | None] | None:
    """(title id, the title, or None when it was withdrawn) of a record.

    An invalid record changes nothing; the ingest of the lake writes it to the dead letters.
    """
    if record.value is None:
        return None if record.key is None else (TitleId(record.key.decode(errors="replace")), None)
    try:
        body = accept(record.value, record.append_time_ms, CATALOG).body
    except InvalidEvent as error:
        logger.warning("catalog offset %d is not a catalog change: %s", record.offset, error)
        return None
    if isinstance(body, TitlePublished):
        return body.title.title_id, body.title
    return (body.title_id, None) if isinstance(body, TitleWithdrawn) else None
