"""Follow the `catalog` topic from where a generation's snapshot ends, so that a launch or a
takedown reaches pages within a second.
"""

import logging
from collections.abc import Iterable

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

MOST_RECORDS = 2_000


class CatalogFeed:
    """One generation's catalog, kept up to date; used by one thread, except `age_ms`."""

    def __init__(self, manifest: Generation, view: CatalogView, clock: Clock) -> None:
        self.view = view
        self._manifest = manifest
        self._clock = clock
        self._position: int | None = None
        self._current_at_ms: int | None = None

    def poll(self, log: Log) -> bool:
        """Take in what has come; True when the view changed.

        Raises:
            LogUnavailable: the view stands as it was, and its age grows.
        """
        partition = Partition(CATALOG, 0)
        if self._position is None:
            self._position = self._start(log, partition)
        asked_ms = self._clock.now_ms()
        end = log.end_offset(partition)
        if end < self._position:
            # The topic was made anew under our feet: start over, as at the beginning.
            self._position = self._start(log, partition)
        changed = False
        while self._position < end:
            upto = min(end, self._position + MOST_RECORDS)
            changed |= self._apply(log.read(partition, self._position, upto))
            self._position = upto
        self._current_at_ms = asked_ms
        return changed

    def age_ms(self, now_ms: int) -> int | None:
        """How long ago the view held all that the topic held; None when it never did since this
        process started.
        """
        return None if self._current_at_ms is None else max(0, now_ms - self._current_at_ms)

    def _start(self, log: Log, partition: Partition) -> int:
        """The generation's offset, or the topic's start when the topic was made anew: it then holds
        a whole catalog again.
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
    """(title, what it is now): None for gone. A broken record changes nothing; its writer is told
    by the lake's dead letters.
    """
    if record.value is None:
        return None if record.key is None else (TitleId(record.key.decode(errors="replace")), None)
    try:
        body = accept(record.value, record.append_time_ms, CATALOG).body
    except InvalidEvent as error:
        logger.warning("catalog offset %d is no catalog change: %s", record.offset, error)
        return None
    if isinstance(body, TitlePublished):
        return body.title.title_id, body.title
    return (body.title_id, None) if isinstance(body, TitleWithdrawn) else None
